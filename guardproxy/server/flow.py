"""A tool call whose arguments go out as they come: for tools that policy names, and patterns only.

What goes out is sure as any streamed text is, and both readings of the JSON are guarded. But a call that is cut in the
middle has begun: who runs half a call runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from guardproxy.engine import Gate, JsonStream
from guardproxy.server.calls import Collected, guard_call
from guardproxy.server.output import Output
from guardproxy.text.globs import any_matches
from guardproxy.types import Origin
from guardproxy.wire.base import Call, CallStreamWriter, ReplyWriter


@dataclass(slots=True)
class Flow:
    """One call on its way."""

    index: int
    """Of the upstream's call."""
    place: int
    """Of the call in the reply."""
    choice: int
    gate: JsonStream
    writer: CallStreamWriter

    @classmethod
    async def begin(
        cls,
        call: Call,
        place: int,
        origin: Origin,
        gate: Callable[[Origin], Gate],
        writer: CallStreamWriter,
        out: Output,
    ) -> Flow:
        """Its name and id are read before anything of it goes out. Raises Cut."""
        named = await guard_call(call, origin, gate)
        out.append(writer.call_begin(call.choice, place, named))
        return cls(call.index, place, call.choice, JsonStream(lambda: gate(origin)), writer)

    async def feed(self, text: str, out: Output, *, last: bool) -> None:
        """More of its arguments. Raises Cut."""
        if released := await self.gate.feed(text, last=last):
            out.append(self.writer.call_piece(self.choice, self.place, released))
        if last:
            out.append(self.writer.call_end(self.choice, self.place))

    def give_up(self) -> bytes:
        """The reply is cut: what of the call is out stays unfinished."""
        self.gate.end()
        return self.writer.call_end(self.choice, self.place, cut=True)


def flows(tools: tuple[str, ...], writer: ReplyWriter, one: Collected) -> bool:
    """Whether a call, as far as it has come, may go out now: its name is known, and policy lets its tool's calls flow."""
    return (
        bool(tools)
        and one.kind == "function"
        and not one.inferred
        and any(one.arguments)
        and any_matches(tools, one.name)
        and isinstance(writer, CallStreamWriter)
    )
