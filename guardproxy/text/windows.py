"""Cuts a text into overlapping windows. Where it is cut depends on the text alone, never on how it arrives.

The next window begins `step` characters behind the beginning of the one before it, at the end of the word there. A window
ends `width` characters behind its beginning, at the end of the word there; the last one is what is left, when that is not
more than `slack` longer. Words longer than `slack` are cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Sizes:
    """In characters."""

    width: int = 600
    step: int = 400
    slack: int = 64
    """How far behind its place a cut looks for white space. Windows that lie side by side share at least
    `width - step - slack` characters."""

    def __post_init__(self) -> None:
        if not 0 < self.step + self.slack < self.width:
            raise ValueError(f"windows of {self.width} characters can't follow each other every {self.step}")

    @classmethod
    def of(cls, width: int, step: int) -> Sizes:
        """With the slack that fits."""
        return cls(width, step, max(0, min(64, width // 6, width - step - 1)))

    @property
    def most(self) -> int:
        """Characters of the longest window."""
        return self.width + self.slack


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a text."""

    start: int
    end: int
    text: str


class Windows:
    """The windows of one text that arrives in pieces."""

    __slots__ = ("_base", "_buffer", "settled", "sizes")

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._buffer, self._base = "", 0  # the buffer begins where the next window does
        self.settled = 0
        """Where the next window begins; at the end, the length of the text."""

    def add(self, text: str, *, last: bool) -> list[Window]:
        """More of the text; the windows that nothing behind it can change, in order."""
        out = []
        buffer = self._buffer + text
        at, length = 0, len(buffer)
        while (end := self._end(buffer, at, last)) >= 0:
            if end > at:
                out.append(Window(self._base + at, self._base + end, buffer[at:end]))
            if end == length:
                at = length
                break
            at = self._next(buffer, at)
        self._buffer = buffer[at:]
        self._base += at
        self.settled = self._base
        return out

    def _end(self, buffer: str, at: int, last: bool) -> int:
        """Where the window ends that begins here, in the buffer; -1 where text to come decides. The end of the buffer
        stands for the end of the text."""
        length, nominal = len(buffer), at + self.sizes.width
        if length <= nominal + self.sizes.slack:
            return length if last else -1
        space = _SPACE.search(buffer, nominal, nominal + self.sizes.slack)
        return space.start() if space is not None else nominal

    def _next(self, buffer: str, at: int) -> int:
        """Where the window begins that follows the one which begins here."""
        nominal = at + self.sizes.step
        space = _SPACE.search(buffer, nominal, nominal + self.sizes.slack)
        return space.end() if space is not None else nominal


def windows(text: str, sizes: Sizes) -> list[Window]:
    """The windows of a whole text."""
    return Windows(sizes).add(text, last=True)
