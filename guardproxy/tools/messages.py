"""The messages of one HTTP exchange with a tool server through the guard, in both directions.

What goes to a tool is the model's own output; what a tool says is untrusted input of the model, its descriptions and its
errors too. Every string is guarded: what nothing is known about is read as free-form JSON. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace

from guardproxy.engine import Cut, Gate, Guard, Observer
from guardproxy.engine.json_text import guard_json
from guardproxy.governance.caller import ANYBODY, Caller
from guardproxy.server.authentication import check_call
from guardproxy.text.calls import read_call
from guardproxy.types import Channel, Decision, Direction, Json, Origin, Outcome, Role, Turn
from guardproxy.wire import mcp
from guardproxy.wire.json import dump, parse_reply
from guardproxy.wire.mcp import Message


@dataclass(slots=True)
class Messages:
    """Guards the messages of one exchange. Close it: what only shadow rules need runs then."""

    guard: Guard
    observer: Observer
    request_id: str
    route: str
    server: str
    """Name of the tool server: who speaks, or is spoken to, where no tool does."""
    tool: str | None = None
    """The tool that was called. All that comes with its answer is its own."""
    asked: str = ""
    """The method that is answered."""
    caller: Caller = ANYBODY
    refused: Callable[[str], None] = lambda reason: None
    """Told for what the caller has no right to."""
    _gates: list[Gate] = field(default_factory=list)

    async def outgoing(self, message: Message) -> Message:
        """A client's message as it may go to the server. Raises Cut."""
        self.tool = message.tool
        if message.kind == "request":
            self.asked = message.method
        origin = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.COMMENTARY, self.tool or self.server)
        if message.tool is not None:
            check_call(self.caller, self.refused, message.tool)
            await self._conduct(origin, message.tool, message.body.get("arguments"))
        return await self._message(message, origin)

    async def _conduct(self, origin: Origin, tool: str, arguments: Json) -> None:
        """What monitors say of a call. Nobody can be asked here, so a call that needs a person is cut. Raises Cut."""
        if not self.guard.watches:
            return
        watch = self.guard.watch(
            origin, request=self.request_id, tenant=self.caller.tenant, route=self.route, observer=self.observer
        )
        call = read_call(tool, "" if arguments is None else dump(arguments).decode())
        decision = await watch.judge(call, Turn((), None))
        if decision.outcome is Outcome.REQUIRE_APPROVAL:
            raise Cut(decision)

    async def incoming(self, message: Message) -> Message:
        """A server's message as it may go to the client. Raises Cut."""
        origin = self._said()
        if message.kind == "result" and (listed := mcp.entries(self.asked, message.body)) is not None:
            key, entries = listed
            rest = replace(message, body={name: one for name, one in message.body.items() if name != key})
            guarded = await self._message(rest, origin)
            return replace(guarded, body={**guarded.body, key: await self._entries(entries)})
        return await self._message(message, origin)

    async def document(self, value: Json, *, outgoing: bool) -> Json:
        """The arguments or the result of a tool that is no MCP server. Raises Cut."""
        self.tool = self.server
        if outgoing:
            check_call(self.caller, self.refused, self.server)
        said = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.COMMENTARY, self.server)
        if outgoing:
            await self._conduct(said, self.server, value)
        return await self._json(value, said if outgoing else self._said())

    async def text(self, text: str) -> str:
        """Something a server said that is no message (an error page). Raises Cut."""
        return await self.gate(self._said()).feed(text, last=True)

    async def close(self) -> None:
        """Run what only shadow rules need, now that everything is out."""
        for gate in self._gates:
            await gate.shadow()
        self._gates.clear()

    def gate(self, origin: Origin) -> Gate:
        gate = self.guard.gate(
            origin, request=self.request_id, tenant=self.caller.tenant, route=self.route, observer=self.observer
        )
        if gate.plan.behind:
            self._gates.append(gate)
        return gate

    # ------------------------------------------------------------------------------------------------ one message

    def _said(self) -> Origin:
        return Origin(Direction.REQUEST, Role.TOOL, None, self.tool or self.server)

    async def _message(self, message: Message, origin: Origin) -> Message:
        names = mcp.names(message)
        for name in names:
            await self._name(name, origin)
        if message.body is None:
            return message
        opaque = {path: mcp.at(message.body, path) for path in mcp.unread(message)}
        body = message.body
        if opaque:
            gate = self.gate(origin)
            gate.unread()
            gate.end()
            body = deepcopy(body)
        for path in opaque:
            mcp.put(body, path, "")
        body = await self._json(body, origin)
        for path, text in opaque.items():
            mcp.put(body, path, text)
        guarded = replace(message, body=body)
        if mcp.names(guarded) != names:  # seen only beside its neighbours, but a name all the same
            raise Cut(Decision(Outcome.BLOCK))
        return guarded

    async def _name(self, name: str, origin: Origin) -> None:
        gate = self.gate(origin)
        if edits := await gate.judge(name):
            gate.refuse(edits[0])

    async def _entries(self, entries: list[Json]) -> list[Json]:
        """The entries of a list, without those that policy blocks: one poisoned description takes no other tool away."""
        kept = []
        for entry in entries:
            name = mcp.entry_name(self.asked, entry)
            if name is None:
                self.observer.dropped(("entry",))
                continue
            tool = name if self.asked == mcp.TOOLS else self.server
            if self.asked == mcp.TOOLS and not self.caller.grants.tool(name):
                continue
            origin = Origin(Direction.REQUEST, Role.TOOL, None, tool)
            try:
                await self._name(name, origin)
                guarded = await self._json(entry, origin)
            except Cut:
                self.observer.dropped(("entry",))
                continue
            if mcp.entry_name(self.asked, guarded) == name:
                kept.append(guarded)
            else:
                self.observer.dropped(("entry",))
        return kept

    async def _json(self, value: Json, origin: Origin) -> Json:
        """A value with all its strings guarded. Raises Cut."""
        value = parse_reply((await guard_json(dump(value).decode(), lambda: self.gate(origin))).encode())
        for parts in mcp.joined(value):
            await self._check_joined(parts, origin)
        return value

    async def _check_joined(self, parts: list[str], origin: Origin) -> None:
        """Refuse a value that goes on over a seam between parts. They are guarded already: what is left in them is not
        to be found in any one of them."""
        gate = self.gate(origin)
        crossing = await gate.judge("".join(parts))
        end = 0
        for part in parts[:-1]:
            end += len(part)
            for edit in crossing:
                if edit.start < end < edit.end:
                    gate.refuse(edit)


def labels(decision: Decision) -> list[str]:
    """What was seen, for whoever is told that it is blocked."""
    return sorted({f.label for v in decision.verdicts if not v.shadow for f in v.findings})
