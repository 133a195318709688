"""One text field of a reply on its way to the client: what its gate releases, with logprobs, notes and placeholders.

Logprobs and notes are about ranges of the upstream's text: they go out with their range, and are lost with an edit in it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from guardproxy.engine import Gate, JsonStream, Restorer
from guardproxy.server.output import Output
from guardproxy.types import Json, Origin
from guardproxy.wire.base import Note, ReplyWriter

MAX_NOTES = 1000
"""Notes of one field that are kept until their text is out."""


@dataclass(slots=True)
class Field:
    """One text field of one choice."""

    choice: int
    name: str
    gate: Gate | JsonStream
    origin: Origin
    restorer: Restorer | None = None
    dropped: bool = False
    """Nothing of it goes to the client: it is read and left out."""
    pieces: deque[tuple[int, str, Json]] = field(
        default_factory=deque
    )  # end in the source, text, logprobs: not out yet
    notes: list[Note] = field(default_factory=list)  # guarded, waiting for their range
    fed: int = 0
    said: list[str] | None = None
    """What its gate released, where other fields' filters read that."""
    _carry: str = ""  # released, but its logprobs' piece is not wholly so

    def follow(self, other: Field) -> None:
        """What comes is what goes on behind the other's text: to the client both are one."""
        gate, before = self.gate, other.gate
        if isinstance(gate, JsonStream):
            gate.follow(before)
        else:
            gate.follow(before.raw if isinstance(before, JsonStream) else before)

    def keep(self, text: str, logprobs: Json | None) -> None:
        """Remember a piece that is fed now, if its field has logprobs."""
        self.fed += len(text)
        if self.restorer is None and (logprobs is not None or self.pieces):
            self.pieces.append((self.fed, text, logprobs))

    def write(self, writer: ReplyWriter, out: Output, released: str, *, last: bool) -> None:
        """What the gate released. `last`: nothing goes on behind it, so what only began like a placeholder is none."""
        if self.said is not None and released:
            self.said.append(released)
        if self.dropped:
            return
        if self.restorer is not None:  # the last thing that happens to a text: what it gives back is not read again
            released = self.restorer.feed(released, last=last)
        if self.pieces:
            released = self._write_pieces(writer, out, released)
        if released:
            out.append(writer.text(self.choice, self.name, released, None))
        if self.notes:
            self._write_notes(writer, out)

    def _write_pieces(self, writer: ReplyWriter, out: Output, released: str) -> str:
        """Release whole pieces with their logprobs; once the field was edited its logprobs are gone for good."""
        gate = self.gate
        if gate.edited:
            self.pieces.clear()
            released, self._carry = self._carry + released, ""
            return released
        self._carry += released
        before, at = gate.released - len(self._carry), 0  # where the carry begins in the source; what is out of it
        while self.pieces:
            end, text, logprobs = self.pieces[0]
            start = min(end - len(text) - before, len(self._carry))
            if start > at:  # it came without logprobs, and waited
                out.append(writer.text(self.choice, self.name, self._carry[at:start], None))
                at = start
            if end > gate.released:
                break
            self.pieces.popleft()
            out.append(writer.text(self.choice, self.name, text, logprobs))
            at = end - before
        released, self._carry = ("", self._carry[at:]) if self.pieces else (self._carry[at:], "")
        return released

    def _write_notes(self, writer: ReplyWriter, out: Output) -> None:
        """Notes whose range is out, moved by the edits before it; one with an edit inside its range is left out."""
        waiting = []
        for note in self.notes:
            if note.end > self.gate.released:
                waiting.append(note)
            elif (range := moved(note.start, note.end, self.gate.placed)) is not None:
                out.append(writer.note(self.choice, self.name, *range, note.value))
        self.notes = waiting


def moved(start: int, end: int, placed: list[tuple[int, int, int]]) -> tuple[int, int] | None:
    """Where a range of the source lies in what went out; None where an edit touches it.

    `placed`: (start, end, length of what stands there now) of each edit, in order.
    """
    shift = 0
    for first, last, length in placed:
        if last <= start:
            shift += length - (last - first)
        elif first < end or first <= start:
            return None
    return start + shift, end + shift
