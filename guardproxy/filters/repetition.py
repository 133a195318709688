"""Finds replies that run away: the same stretch of text over and over, or more text than any answer should have.

    filters:
      runaway: {use: repetition, repeats: 12, min_chars: 600, max_chars: 100000}

`output.repetition` is what follows `repeats` copies of a character, word, line or paragraph (up to 2,048 characters), one
behind the other, and at least `min_chars` characters. The copies up to there are left: they are out already. What follows
`max_chars` characters of one text is `output.runaway`. Nothing is held until something is found. Only replies are read.

Misses: copies that differ (numbered lines), and longer ones. Wrongly found: what somebody wants to be repeated; tables of
zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from guardproxy.types import Context, Direction, FilterConfig, Finding, Origin, Report

LABELS = ("output.repetition", "output.runaway")
EXAMPLES: dict[str, str | None] = {
    "no " * 300: LABELS[0],
    "Well: " + "ha" * 400 + "!": LABELS[0],
    "I can't do that.\nLet me try again.\n" * 20: LABELS[0],
    "=" * 700: LABELS[0],
    "=" * 80 + "\n" + "| a | b |\n" * 20: None,
    " ".join(f"{n}. item" for n in range(200)): None,
    "Again: " + "no " * 100: None,
}

UNIT: Final = 2048
"""Characters of the longest copy."""
STEP: Final = 64
"""At every so many characters it is looked whether the last ones have been there before."""
_KEPT = 2 * UNIT + STEP
_FIRST, _PART = 64, 4096
"""Characters of the first part of what is too much, and of later ones: the first comes at once, the others keep edits few."""


class Config(FilterConfig):
    """How much is too much."""

    repeats: int = Field(default=12, ge=3, le=10_000, description="Copies that may stand one behind the other.")
    min_chars: int = Field(
        default=600,
        ge=128,
        le=1_000_000,
        description="Characters that copies may have together, however many they are.",
    )
    max_chars: int | None = Field(
        default=None, ge=128, le=100_000_000, description="Characters of one text; no limit if it is left out."
    )


class Filter:
    """Counts; it needs no view of a text."""

    def __init__(self, name: str, config: Config) -> None:
        config.refuse_views(name)
        self.name, self.hold, self._config = name, config.hold, config

    def says_at(self, label: str, origin: Origin) -> bool:
        """Only replies are read, and only with `max_chars` they can be too long."""
        return origin.direction is Direction.RESPONSE and (label != LABELS[1] or self._config.max_chars is not None)

    def open(self, origin: Origin, context: Context) -> RepetitionScan:
        return RepetitionScan(self.name, self._config, reads=origin.direction is Direction.RESPONSE)

    async def start(self) -> None:
        """Nothing to load."""

    async def aclose(self) -> None:
        """Nothing to close."""


class _Excess:
    """A stretch that is too much, as findings that don't wait for its end."""

    __slots__ = ("_at", "_label", "_name", "_size")

    def __init__(self, name: str, label: str, start: int) -> None:
        self._name, self._label, self._at, self._size = name, label, start, _FIRST

    @property
    def settled(self) -> int:
        return self._at

    def reach(self, end: int, *, last: bool) -> Iterator[Finding]:
        """It goes on to here; `last`: and no further."""
        while end - self._at >= self._size:
            yield self._part(self._at + self._size)
            self._size = _PART
        if last and self._at < end:
            yield self._part(end)

    def _part(self, end: int) -> Finding:
        start, self._at = self._at, end
        return Finding(self._name, self._label, 1.0, (start, end))


class RepetitionScan:
    """One text being read; it keeps the last few thousand characters."""

    def __init__(self, name: str, config: Config, *, reads: bool) -> None:
        self._name, self._config, self._reads = name, config, reads
        self._text, self._base, self._read = "", 0, 0
        self._pieces: list[str] = []  # behind the text, not looked at yet
        self._next = min(STEP, config.max_chars or STEP)  # before it there is nothing to look at
        self._looked = 0  # where it was last looked for something to repeat
        self._period = 0  # of the copies that go on now
        self._most = 0  # up to here they may
        self._copies: _Excess | None = None
        self._rest: _Excess | None = None

    def feed(self, text: str, *, last: bool) -> Report:
        """Read on. Everything is settled but the latest part of what is too much."""
        at, self._read = self._read, self._read + len(text)
        if not self._reads:
            return Report((), self._read)
        self._pieces.append(text)
        if not self._period and self._read < self._next:
            return Report((), self._read)
        self._text += "".join(self._pieces)
        self._pieces.clear()
        found = [*self._follow(at, last), *self._count(last)]
        settled = min(one.settled if one else self._read for one in (self._copies, self._rest))
        if len(self._text) > 2 * _KEPT:
            self._base, self._text = self._read - _KEPT, self._text[-_KEPT:]
        self._next = min(self._looked + STEP, (self._config.max_chars or self._read + STEP) + 1)
        return Report(tuple(found), self._read if last else settled)

    def _count(self, last: bool) -> Iterator[Finding]:
        most = self._config.max_chars
        if most is not None and self._read > most:
            self._rest = self._rest or _Excess(self._name, LABELS[1], most)
            yield from self._rest.reach(self._read, last=last)

    def _follow(self, at: int, last: bool) -> Iterator[Finding]:
        """Read from `at` to the end: along the copies, or in steps to where some begin."""
        while True:
            if self._period:
                base = self._base
                same = _common(self._text[at - base :], self._text[at - base - self._period : -self._period])
                at += same
                ended = last or at < self._read
                if at > self._most:
                    self._copies = self._copies or _Excess(self._name, LABELS[0], self._most)
                    yield from self._copies.reach(at, last=ended)
                if not ended:
                    return
                self._period, self._copies = 0, None
                self._looked = at // STEP * STEP
            if self._looked + STEP > self._read:
                return
            at = self._looked = self._looked + STEP
            self._look(at)

    def _look(self, at: int) -> None:
        """Whether what stands before `at` has stood there before: then that may be copies, from some place before."""
        text, base = self._text, self._base
        seed = text[at - STEP - base : at - base]
        seen = text.rfind(seed, max(0, at - STEP - UNIT - base), at - 1 - base)
        if seen < 0:
            return
        period = at - STEP - base - seen
        low = max(0, at - _KEPT - base)
        behind = text[low + period : at - base][::-1]
        same = _common(behind, text[low : at - base - period][::-1])
        start = at - same - period
        allowed = max(self._config.repeats * period, self._config.min_chars)
        self._period, self._most = period, max(start + allowed, at)


def _common(one: str, other: str) -> int:
    """Length of the common beginning of two texts."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle)
    return low
