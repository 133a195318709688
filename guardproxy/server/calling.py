"""Calls of a reply's choices on their way to the client: collected, decided, and written whole; a few by name as they come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from guardproxy.engine import Gate, Held, Vault
from guardproxy.server.calls import MAX_CALL, MAX_CALLS, Collected, Conduct
from guardproxy.server.choice import Choice
from guardproxy.server.flow import Flow, flows
from guardproxy.server.output import Output
from guardproxy.types import Origin, WireError
from guardproxy.wire.base import Call, CallStreamWriter, Codec, ReplyWriter, called_in, inferred


@dataclass(slots=True)
class Calling:
    """The calls of one reply."""

    codec: Codec
    writer: ReplyWriter
    gate: Callable[[Origin], Gate]
    held: Held
    conduct: Conduct
    out: Output
    vault: Vault | None
    stream_tools: tuple[str, ...]
    """Tools (globs) whose calls go out as they come."""
    say: Callable[[int, str, str], Awaitable[None]]
    """Gives a text of a choice's field to its gate, as what goes on behind the text before it."""
    tools: frozenset[str] | None
    """Tools that the request offered; only these are called by what is found in text. None: whatever it names."""

    async def take(self, item: Call, choice: Choice) -> None:
        """A fragment of a call. Raises Cut."""
        if await self._flowed(item, choice):
            return
        self._collect(choice, item)
        if flows(self.stream_tools, self.writer, choice.calls[item.index]):
            await self._flow(item, choice)
        elif item.whole and (not self.conduct.together or self._in_text(choice.calls[item.index])):
            await self.decide(item.choice, choice, item.index)

    def _in_text(self, one: Collected) -> bool:
        """Whether it stays where it stands in a text: it goes out in its place, whatever waits for the end."""
        return bool(one.field) or self._spoken(one)

    def _spoken(self, one: Collected) -> bool:
        """Whether the text only speaks of a call: what was found in a text calls tools that the request offers."""
        return one.inferred and not one.field and self.tools is not None and one.name not in self.tools

    def _collect(self, choice: Choice, item: Call) -> None:
        call = choice.calls.get(item.index)
        if call is None:
            call = choice.calls[item.index] = Collected(item.kind, inferred=item.inferred, field=item.field)
        call.id += item.id
        call.name += item.name
        call.arguments.append(item.arguments)
        choice.kept += len(item.arguments)
        self.held.now += len(item.arguments)
        if choice.kept > MAX_CALL or len(call.name) + len(call.id) > 1024 or len(choice.calls) > MAX_CALLS:
            raise WireError("the upstream sent more or larger tool calls than guardproxy keeps")

    # ------------------------------------------------------------------------------------------------ whole

    async def decide(self, index: int, choice: Choice, only: int | None = None) -> None:
        """Every call is complete, since its choice ends (fragments of several may be interleaved) or the upstream says so.

        Out they go, or one cuts. `only`: the number of the one that is complete. Raises Cut.
        """
        if not choice.calls:
            return
        calls = [self._complete(index, choice, n) for n in ([only] if only is not None else list(choice.calls))]
        decided = await self.conduct.decide(calls, choice.turn)
        self.out.ask([held for _, held in decided if held is not None], self.writer)
        for guarded, _ in decided:
            if guarded.field:
                await self.say(index, guarded.field, guarded.arguments)
                if choice.ended:  # it was cut
                    return
                continue
            call = self._restored(guarded, self.vault) if self.vault is not None else guarded
            self.out.append(self.writer.call(index, choice.called, call))
            choice.called += 1
        if not choice.calls:
            self.drop(choice)

    def _restored(self, call: Call, vault: Vault) -> Call:
        """The call with the values that its tool may have."""
        return replace(call, arguments=vault.arguments(call.arguments, call.name, plain=call.kind == "custom"))

    def _complete(self, index: int, choice: Choice, number: int) -> Call:
        """A collected call. What was found in a text and calls no tool of the request is only spoken of: it stays text."""
        one = choice.calls.pop(number)
        text = "".join(one.arguments)
        call = Call(index, number, one.id, one.name, text, one.kind, inferred=one.inferred, field=one.field)
        if self._spoken(one):
            choice.quoted = True
            return replace(call, field=inferred(self.codec.message_field), spoken=True)
        return replace(call, field=called_in(one.field)) if one.field else call

    def drop(self, choice: Choice) -> None:
        """Keep nothing of the calls any more."""
        choice.calls.clear()
        self.held.now -= choice.kept
        choice.kept = 0

    # ------------------------------------------------------------------------------------------------ as they come

    async def _flow(self, item: Call, choice: Choice) -> None:
        """A call begins to go out: what was collected of it is the first piece."""
        assert isinstance(self.writer, CallStreamWriter)
        one = choice.calls.pop(item.index)
        if not choice.calls:
            self.drop(choice)
        call, origin = Call(item.choice, item.index, one.id, one.name), self.codec.origin("call", one.name)
        self.conduct.check(one.name)
        choice.flow = await Flow.begin(call, choice.called, origin, self.gate, self.writer, self.out)
        choice.called += 1
        await self._flowed(replace(item, arguments="".join(one.arguments)), choice)

    async def _flowed(self, item: Call, choice: Choice) -> bool:
        """Whether the piece is of the call that is going out. The first piece of another one ends that."""
        if choice.flow is None or choice.flow.index != item.index:
            await self.end_flow(choice)
            if item.index in choice.flowed:
                raise WireError("the upstream went on with a call that was over")
            return False
        await choice.flow.feed(item.arguments, self.out, last=item.whole)
        if item.whole:
            choice.flowed.add(item.index)
            choice.flow = None
        return True

    async def end_flow(self, choice: Choice) -> None:
        """Something else begins: the call that was going out is complete. Raises Cut."""
        if choice.flow is not None:
            await choice.flow.feed("", self.out, last=True)
            choice.flowed.add(choice.flow.index)
            choice.flow = None
