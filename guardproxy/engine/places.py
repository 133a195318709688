"""Where the characters of a decoded text stand in the text that it was decoded from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from guardproxy.engine.gate import Gate
from guardproxy.engine.json_lexer import Said
from guardproxy.types import Edit


class Places:
    """Offsets of a text that grows, decoded ↔ source. Runs without escapes are one entry."""

    __slots__ = ("_decoded", "_source", "length")

    def __init__(self, start: int) -> None:
        """`start`: where the first character stands."""
        self._decoded, self._source = [0], [start]
        self.length = 0
        """Decoded characters."""

    def add(self, said: Said) -> None:
        self.length += len(said.text)
        if len(said.text) != said.end - said.start:
            self._decoded.append(self.length)
            self._source.append(said.end)

    def source(self, decoded: int) -> int:
        """Where a character begins: the end of the one before it."""
        at = bisect_right(self._decoded, decoded) - 1
        return self._source[at] + decoded - self._decoded[at]

    def decoded(self, source: int) -> int:
        """The character whose place holds this one of the source."""
        at = bisect_right(self._source, source) - 1
        found = self._decoded[at] + source - self._source[at]
        if at + 1 < len(self._decoded):
            return min(found, self._decoded[at + 1] - 1)
        return min(found, self.length)

    def outward(self, edit: Edit) -> Edit:
        """An edit of the decoded text as one of the source."""
        return replace(edit, start=self.source(edit.start), end=self.source(edit.end))

    def inward(self, edit: Edit) -> Edit:
        """An edit of the source as one of the decoded text: whole characters only."""
        last = self.decoded(edit.end - 1)
        return replace(edit, start=self.decoded(edit.start), end=min(last + 1, self.length))


class View:
    """A decoded reading of a text, by a gate of its own."""

    __slots__ = ("_pieces", "gate", "places")

    def __init__(self, gate: Gate, start: int) -> None:
        self.gate, self.places = gate, Places(start)
        self._pieces: list[str] = []  # decoded, not read yet: what comes at once is read at once

    def take(self, said: Said) -> None:
        self._pieces.append(said.text)
        self.places.add(said)

    async def read(self, *, last: bool = False) -> None:
        """Let the gate read what was taken. Raises Cut."""
        if self._pieces or last:
            text = "".join(self._pieces)
            self._pieces.clear()
            await self.gate.look(text, last=last)

    @property
    def sure(self) -> int:
        """Up to where, in the source, the gate is sure."""
        return self.places.source(self.gate.released)
