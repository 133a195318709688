"""A reply on its way to the client: each item goes to its gate, what a gate releases goes to the writer.

Text of a field flows as its gate lets it; a tool call goes out whole, once decided (a truncated call is still
executable). A choice that is cut ends with `content_filter`, and nothing of it follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from guardproxy.engine import Cut, Fitting, Gate, Held, JsonStream, Vault
from guardproxy.engine.guard import Said
from guardproxy.server.calling import Calling
from guardproxy.server.calls import MAX_CALLS, Conduct, guard_message, guard_object, strings
from guardproxy.server.choice import Choice, OpenGate
from guardproxy.server.fields import MAX_NOTES, Field
from guardproxy.server.output import Output
from guardproxy.types import Channel, Decision, Json, Origin, WireError
from guardproxy.wire import errors, sse
from guardproxy.wire.base import (
    PART,
    Block,
    Call,
    Codec,
    End,
    Fault,
    Item,
    ModerationWriter,
    Note,
    ReplyReader,
    ReplyWriter,
    Text,
    Unknown,
    Usage,
    is_called,
    is_inferred,
    item_of,
    share,
)

MAX_FIELDS = 512
"""Text fields of one choice."""


@dataclass(slots=True)
class Reply:
    """The gates of one reply and its writer."""

    codec: Codec
    writer: ReplyWriter
    gate: OpenGate
    conduct: Conduct
    choices: int
    include_usage: bool
    refusal: Callable[[Decision], tuple[str, Literal["error", "refusal"]]]
    held: Held
    keep_alive: bytes
    """What tells the client that the upstream is alive."""
    drop_reasoning: bool = False
    vault: Vault | None = None
    """What the request masked reversibly, if anything."""
    json_reply: bool = False
    """The client asked for an answer that is a JSON document, perhaps one that keeps to a JSON `schema`."""
    schema: Json = None
    moderation: Callable[[], tuple[Json, Json]] | None = None
    """Results for the request and for the reply, where the client asked for them."""
    stream_tools: tuple[str, ...] = ()
    """Tools (globs) whose calls go out as they come."""
    tools: frozenset[str] | None = None
    """Tools that the request offered; only these are called by what is found in text. None: whatever it names."""
    remembers: bool = False
    """Some filter reads what other fields of its choice say."""
    out: Output = field(default_factory=Output)
    whole: bool = False
    """Each text comes in one piece."""
    fault: str = ""
    failure: str = ""
    """Code of the error that ended the reply."""
    _state: dict[int, Choice] = field(default_factory=dict)
    _pending: list[str] = field(default_factory=list)  # text of one field not fed yet: one read's deltas go as one
    _where: tuple[int, str] = (-1, "")
    _together: set[tuple[int, str]] = field(default_factory=set)
    _calling: Calling = field(init=False)

    def __post_init__(self) -> None:
        self._calling = Calling(
            self.codec,
            self.writer,
            self.gate,
            self.held,
            self.conduct,
            self.out,
            self.vault,
            self.stream_tools,
            self._say,
            self.tools,
        )

    @property
    def over(self) -> bool:
        """Nothing more can reach the client: the upstream may be told to stop."""
        if self.fault:
            return True
        return self.complete and any(s.cut for s in self._state.values())

    @property
    def complete(self) -> bool:
        """Every choice that was asked for has ended."""
        return len(self._state) >= self.choices and all(s.ended for s in self._state.values())

    # ------------------------------------------------------------------------------------------------ items

    async def event(self, reader: ReplyReader, event: sse.Event) -> None:
        """Take one event of a stream."""
        if event.data:
            items = list(reader.event(event.data))
            # fields that come in one event run side by side (some servers say everything twice): none ends the other;
            # what was told apart from one text comes one after another
            beside = (i for i in items if isinstance(i, Text) and not is_inferred(i.field))
            self._together = {(i.choice, i.field) for i in beside} if len(items) > 1 else set()
            for item in items:
                await self.take(item)
                if self.fault:
                    break
        elif (
            event.comment and not self.out and not self.out.waiting
        ):  # a word in one direction is enough, however many comments came
            self.out.append(self.keep_alive)

    async def take(self, item: Item, *, alone: bool = False) -> None:
        """Take one item. `alone`: it is all of its field."""
        if type(item) is Text:
            await self._text(item, alone)
            return
        await self._feed_pending()
        if isinstance(item, Call):
            await self._call(item)
        elif isinstance(item, Block):
            await self._block(item)
        elif isinstance(item, Note):
            await self._note(item)
        elif isinstance(item, Unknown):
            await self._unknown(item)
        elif isinstance(item, End):
            await self._end(item.choice, item.reason, item.uncalled)
        elif self.whole and isinstance(item, Usage) and self.over:
            self.out.spent.cut = item.value
        elif self.over:  # it depends on the reads whether we still hear what follows
            return
        elif isinstance(item, Usage):
            self.out.spent.usage = item.value
        elif isinstance(item, Fault):
            self.fault = await guard_message(item.message, self.gate(self.codec.origin(self.codec.message_field)))

    async def flush(self) -> bytes:
        """What may go to the client now."""
        if self._pending:
            await self._feed_pending()
        return self.out.take()

    # ------------------------------------------------------------------------------------------------ text

    async def _text(self, item: Text, alone: bool) -> None:
        if not item.text:
            return
        self.out.spent.characters += len(item.text)
        if item.field in self._choice(item.choice).closed:  # a client would put it behind what it has of that part
            await self._feed_pending()
            await self._unknown(Unknown(item.choice, "text of a part that had ended"))
            return
        where = (item.choice, item.field)
        if where != self._where:
            await self._feed_pending()
            self._where = where
            await self._switch(item.choice, item.field)
        if item.logprobs is None and not alone:
            self._pending.append(item.text)
            return
        await self._feed_pending()
        await self._feed(item.choice, item.field, item.text, item.logprobs, last=alone)

    async def _say(self, index: int, field: str, text: str) -> None:
        """A text that was decided about is still one to its gate: it may end, or begin, what stands beside it."""
        if text:
            self._where = (index, field)
            await self._switch(index, field)
            await self._feed(index, field, text, None, last=False)

    async def _feed_pending(self) -> None:
        if self._pending:
            text = "".join(self._pending)
            self._pending.clear()
            await self._feed(*self._where, text, None, last=False)

    async def _feed(self, index: int, name: str, text: str, logprobs: Json | None, *, last: bool) -> None:
        choice = self._choice(index)
        if choice.ended:
            return
        try:
            one = self._field(index, choice, name)
            one.keep(text, await self._checked(logprobs, one.origin))
            if self.whole and len(text) > one.gate.plan.policy.defaults.max_whole:
                one.gate.overflow()
            self._write(one, await one.gate.feed(text, last=last), last=last)
        except Cut as cut:
            await self._cut(index, choice, cut.decision)

    def _field(self, index: int, choice: Choice, name: str) -> Field:
        one = choice.fields.get(name)
        if one is None:
            if len(choice.fields) >= MAX_FIELDS:
                raise WireError("the upstream sent more parts of a reply than guardproxy keeps")
            origin = self.codec.origin(name)
            dropped = self.drop_reasoning and origin.channel is Channel.ANALYSIS and not origin.inferred
            gate = self._gate_of(name, origin, choice.said if self.remembers else None)
            one = choice.fields[name] = Field(index, name, gate, origin, dropped=dropped)
            one.said = [] if self.remembers else None
            if self.vault is not None and not is_called(name):
                in_json = self.json_reply and origin.channel is not Channel.ANALYSIS
                one.restorer = self.vault.restorer(in_json=in_json)
        return one

    def _gate_of(self, name: str, origin: Origin, beside: Said | None) -> Gate | JsonStream:
        """What reads a field: an answer that should be a JSON document is read as one."""
        if not self.json_reply or not share(name, self.codec.message_field):
            return self.gate(origin, beside)
        schema = None if self.schema is None else Fitting(self.schema)
        return JsonStream(lambda: self.gate(origin, beside), schema=schema, whole=self.whole)

    async def _switch(self, index: int, name: str) -> None:
        """Another field begins: parts of other channels are over, unless they run beside it."""
        choice = self._choice(index)
        if choice.ended:
            return
        channel = self.codec.origin(name).channel
        over = [
            f
            for f in choice.open
            if (self.codec.origin(f).channel is not channel and (index, f) not in self._together)
            or (f != name and (share(f, name) or item_of(f) != item_of(name)))
        ]
        try:
            await self._calling.end_flow(choice)
            await self._part_ended(choice, over)
        except Cut as cut:
            await self._cut(index, choice, cut.decision)
            return
        self._follow(index, choice, name)
        choice.open.add(name)

    def _follow(self, index: int, choice: Choice, name: str) -> None:
        """What a server says under several names, and then under one of them, is one text to who reads that name."""
        before = next((f for f in reversed(choice.fields) if share(f, name)), name)
        one = self._field(index, choice, name)
        if before != name:
            self._write(choice.fields[before], "", last=True)
            one.follow(choice.fields[before])
        choice.fields[name] = choice.fields.pop(name)

    async def _part_ended(self, choice: Choice, names: Iterable[str]) -> None:
        for name in list(names):
            choice.open.discard(name)
            if PART in name and not is_inferred(name):
                choice.closed.add(name)
            if one := choice.fields.get(name):
                # what has a place of its own never goes on: others come behind it, and what it held back would too
                self._write(one, await one.gate.part_ended(), last=PART in name)

    def _write(self, one: Field, released: str, *, last: bool) -> None:
        one.write(self.writer, self.out, released, last=last)

    async def _checked(self, logprobs: Json | None, origin: Origin) -> Json | None:
        """Alternatives that the model did not choose are text too: a finding in one takes the object away."""
        if logprobs is None:
            return None
        try:
            edits = await self.gate(origin).judge("\n".join(strings(logprobs)))
        except Cut:
            return None
        return None if edits else logprobs

    # ------------------------------------------------------------------------------------------------ calls

    async def _call(self, item: Call) -> None:
        choice = self._choice(item.choice)
        self.out.spent.characters += len(item.arguments)
        if choice.ended:
            return
        try:
            await self._part_ended(choice, choice.open)
            self._where = (-1, "")
            await self._calling.take(item, choice)
        except Cut as cut:
            await self._cut(item.choice, choice, cut.decision)

    async def _block(self, item: Block) -> None:
        """A call that the upstream ran itself: what the model said, and what the tool said."""
        choice = self._choice(item.choice)
        if choice.ended:
            return
        try:
            await self._part_ended(choice, choice.open)
            self._where = (-1, "")
            if choice.calls and not self.conduct.together:  # they came before it
                await self._calling.decide(item.choice, choice)
            if choice.called >= MAX_CALLS:
                raise WireError("the upstream sent more tool calls than guardproxy keeps")
            self.conduct.check(item.tool)
            call = await guard_object(item.call, self.codec.origin("call", item.tool), self.gate)
            result = await guard_object(item.result, self.codec.origin("result", item.tool), self.gate)
            held = [await self.conduct.decide_block(item.tool, item.call, call, choice.turn)] if item.call else []
        except Cut as cut:
            await self._cut(item.choice, choice, cut.decision)
            return
        choice.called += 1
        self.out.ask(held, self.writer)
        self.out.append(self.writer.block(item.choice, replace(item, call=call, result=result)))

    async def _unknown(self, item: Unknown) -> None:
        """Something that no filter can read was left out: a finding like any failure. Raises nothing; may cut."""
        choice = self._choice(item.choice)
        if choice.ended:
            return
        gate = self.gate(self.codec.origin(self.codec.message_field))
        try:
            gate.unread()
            gate.end()
        except Cut as cut:
            await self._cut(item.choice, choice, cut.decision)

    async def _note(self, item: Note) -> None:
        """A note waits for its range to be out. Text that placeholders are restored in has other ranges: no notes."""
        choice = self._choice(item.choice)
        one = choice.fields.get(item.field)
        if choice.ended or one is None or one.restorer is not None or len(one.notes) >= MAX_NOTES:
            return
        if not 0 <= item.start <= item.end <= one.fed:
            return
        try:
            one.notes.append(replace(item, value=await guard_object(item.value, one.origin, self.gate)))
            self._write(one, "", last=False)
        except Cut as cut:
            await self._cut(item.choice, choice, cut.decision)

    # ------------------------------------------------------------------------------------------------ endings

    def _choice(self, index: int) -> Choice:
        if index not in self._state:
            if not 0 <= index < self.choices:
                raise WireError(f"the upstream sent choice {index} of {self.choices}")
            self._state[index] = Choice()
        return self._state[index]

    async def _end(self, index: int, reason: str, uncalled: str = "") -> None:
        choice = self._choice(index)
        if choice.ended:
            return
        try:
            await self._part_ended(choice, choice.open)
            for one in choice.fields.values():
                self._write(one, "", last=True)
            await self._calling.end_flow(choice)
            await self._calling.decide(index, choice)
            if choice.ended:  # it was cut
                return
            await self._part_ended(choice, choice.open)
            for one in choice.fields.values():
                one.gate.end()
        except Cut as cut:
            await self._cut(index, choice, cut.decision)
            return
        choice.ended = True
        self.out.append(self.writer.end(index, uncalled or reason if choice.quoted and not choice.called else reason))

    async def _cut(self, index: int, choice: Choice, decision: Decision) -> None:
        choice.ended = choice.cut = True
        if choice.flow is not None:
            self.out.append(choice.flow.give_up())
        self._calling.drop(choice)
        for one in choice.fields.values():
            one.gate.end()
        message, _ = self.refusal(decision)
        if message:
            name = next((f for f in reversed(choice.fields) if share(f, self.codec.message_field)), None)
            behind = name is not None and choice.fields[name].gate.released
            name = name or self.codec.message_field
            self.out.append(self.writer.text(index, name, f"\n\n{message}" if behind else message, None))
        self.out.append(self.writer.end(index, "content_filter", cut=True))

    async def finish(self, *, complete: bool) -> bytes:
        """The end of the upstream's reply. A choice that never ended was broken off: its held text is not released."""
        await self._feed_pending()
        self.out.spent.ended = complete and not self.fault
        if complete and not self.fault:  # `[DONE]` came: a server that sends no finish_reason meant "stop"
            for index, choice in self._state.items():
                if not choice.ended:
                    await self._end(index, "stop")
        broken = not self._state or any(not s.ended for s in self._state.values())
        if self.fault or broken:
            return await self.fail(self.fault or "the upstream's reply broke off before its end", "upstream_error")
        if self.moderation is not None and isinstance(self.writer, ModerationWriter):
            self.out.append(self.writer.moderation(*self.moderation()))
        if (usage := self._usage_of_reply()) is not None:
            self.out.append(self.writer.usage(usage))
        self.out.append(self.writer.done())
        return await self.flush()

    def _usage_of_reply(self) -> Json | None:
        """The upstream's counts, or ours after a cut."""
        if self.out.spent.usage is not None or not any(s.cut for s in self._state.values()):
            return self.out.spent.usage
        tokens = self.out.spent.tokens
        return {"prompt_tokens": 0, "completion_tokens": tokens, "total_tokens": tokens}

    async def fail(self, message: str, code: str) -> bytes:
        """End the reply with an error event. What was held stays held."""
        self._pending.clear()
        self.abandon()
        self.out.give_up()
        self.failure = code
        writer, message = self.out.herald or self.writer, errors.sentence(message)
        self.out.append(writer.error({"message": message, "type": "server_error", "param": None, "code": code}))
        self.out.append(writer.done())
        return await self.flush()

    def abandon(self) -> None:
        """Release nothing more; tell what was decided."""
        for choice in self._state.values():
            choice.ended = True
            if choice.flow is not None:
                choice.flow.gate.end()
            self._calling.drop(choice)
            for one in choice.fields.values():
                one.gate.end()
