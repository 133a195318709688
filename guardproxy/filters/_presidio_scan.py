"""Cuts a text into the pieces that Presidio reads. Where it is cut depends on the text alone, never on its arrival.

An *island* is a stretch with something hot in it (see `_presidio_gate`): from the beginning of the word that holds it to
the end of the last such word that is near enough. With a language model the whole text is one island. An island is read
in windows: its own text up to the cut, some text before it (words of context, left boundaries) and some behind it. Of a
window's findings those count that start in it; a match that is longer than what windows share is reported from the cut
on. Text waits from the beginning of an island to the point where nothing behind it can change what was found.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from guardproxy.filters._presidio_gate import ENTITIES, HOT, HOT_WIDTH, REST, TOKEN, Gate
from guardproxy.types import Finding, Report

Found = tuple[str, int, int, float]
"""Entity, start, end, score."""
Read = Callable[[Sequence[tuple[str, tuple[str, ...]]]], Awaitable[list[list[Found]]]]
"""Gives (text, entities) pairs to Presidio."""

_SPACE = re.compile(r"\s")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Sizes:
    """In characters."""

    step: int
    """Of a window itself; the cut moves to the next space within `slack`."""
    after: int
    """Behind the cut: the longest match that is found whole wherever it stands."""
    before: int
    slack: int = 64

    @property
    def most(self) -> int:
        return self.step + self.slack + self.after


FORMS = Sizes(step=400, after=256, before=160)
NAMES = Sizes(step=600, after=160, before=120)


@dataclass(frozen=True, slots=True)
class Window:
    """A piece for Presidio: findings that start in [start, stop) count."""

    start: int
    stop: int
    offset: int
    """Of `text` in the segment."""
    text: str
    entities: tuple[str, ...]


class PresidioScan:
    """One segment being read."""

    __slots__ = ("_base", "_buffer", "_gate", "_hot", "_island", "_name", "_read", "_recent", "_settled", "_sizes")

    def __init__(self, name: str, gate: Gate, read: Read) -> None:
        self._name, self._gate, self._read = name, gate, read
        self._sizes = NAMES if gate.named else FORMS
        self._buffer, self._base = "", 0  # the buffer starts `before` characters before what is not settled
        self._settled = 0
        self._island = gate.named  # the island is open; it starts at `settled`
        self._hot = 0  # end of the last hot word of the island, as far as it is known
        self._recent: list[Finding] = []

    def feed(self, text: str, *, last: bool) -> Report | Awaitable[Report]:
        self._buffer += text
        windows = self._advance(last)
        asked = [w for w in windows if w.entities]
        if asked:
            return self._ask(windows, asked)
        if windows:
            self._recent = []
        return Report((), self._settled)

    # -------------------------------------------------------------------------------------------- cutting

    def _advance(self, last: bool) -> list[Window]:
        """Cut what can be cut; move `settled`."""
        windows = []
        while self._island or self._find(last):
            window = self._cut(last)
            if window is None:
                break
            windows.append(window)
        keep = self._settled - self._sizes.before
        if keep > self._base:
            self._buffer, self._base = self._buffer[keep - self._base :], keep
        return windows

    def _find(self, last: bool) -> bool:
        """Open the next island; without one, settle what can't be the beginning of one."""
        at, length = self._settled - self._base, len(self._buffer)
        hot = HOT.search(self._buffer, at)
        if hot is not None and (last or hot.start() + HOT_WIDTH <= length):
            self._settled = self._base + self._head(at, hot.start(), TOKEN)
            self._hot = self._base + hot.end()
            self._island = True
            return True
        if last:
            self._settled = self._base + length
        else:  # something hot may begin a little earlier than it seems now
            self._settled = self._base + self._head(at, hot.start() if hot else length, TOKEN + HOT_WIDTH)
        return False

    def _head(self, low: int, high: int, most: int) -> int:
        """Where the word begins that ends at `high`, in the buffer; `most` characters before it at the farthest."""
        back = REST.match(self._buffer[max(low, high - most) : high][::-1])
        assert back is not None
        return high - back.end()

    def _cut(self, last: bool) -> Window | None:
        """The next window of the open island, or None when that depends on text to come."""
        start, length = self._settled, self._base + len(self._buffer)
        limit = start + self._sizes.most
        if self._gate.named:
            end, sure, gap = length, last, 0
        else:
            end, sure, gap = self._end(last)
        if sure and end <= limit:
            self._island = self._gate.named
            if self._gate.named and start == end:
                return None
            return self._window(start, end, min(end + gap, length))
        if end <= limit:
            return None
        nominal = start + self._sizes.step
        space = _SPACE.search(self._buffer, nominal - self._base, nominal + self._sizes.slack - self._base)
        cut = self._base + space.start() if space else nominal + self._sizes.slack
        return self._window(start, cut, cut + self._sizes.after)

    def _end(self, last: bool) -> tuple[int, bool, int]:
        """The end of the island as far as it is known, whether that is certain, and how far beyond it was looked."""
        buffer, base, start = self._buffer, self._base, self._settled
        length, limit = len(buffer), start + self._sizes.most
        end = max(self._hot, start)
        while end <= limit:
            rest = REST.match(buffer, end - base)
            assert rest is not None
            end = base + rest.end()
            if rest.end() == length and not last:
                return end, False, 0
            if end > limit:
                break
            self._hot = end
            gap = self._gate.gap(buffer[start - base : end - base])
            known = last or length >= rest.end() + gap + HOT_WIDTH
            hot = HOT.search(buffer, rest.end(), min(length, rest.end() + gap + HOT_WIDTH))
            if hot is not None and hot.start() < rest.end() + gap:
                end = self._hot = base + hot.end()
                continue
            return end, known, gap
        return end, False, 0

    def _window(self, start: int, stop: int, right: int) -> Window:
        left = max(start - self._sizes.before, self._base)
        space = _SPACE.search(self._buffer, left - self._base, start - self._base) if left else None
        offset = self._base + space.end() if space else left
        text = self._buffer[offset - self._base : right - self._base]
        self._settled = stop
        return Window(start, stop, offset, _SURROGATE.sub("\ufffd", text), self._gate.candidates(text))

    # -------------------------------------------------------------------------------------------- reading

    async def _ask(self, windows: list[Window], asked: list[Window]) -> Report:
        settled = self._settled
        answers = dict(zip(map(id, asked), await self._read([(w.text, w.entities) for w in asked]), strict=True))
        findings: list[Finding] = []
        for window in windows:
            self._recent = self._said(window, answers.get(id(window), ()))
            findings += self._recent
        return Report(tuple(findings), settled)

    def _said(self, window: Window, found: Sequence[Found]) -> list[Finding]:
        """The findings of a window in the segment; what the window before told already is not told again."""
        out = []
        for entity, low, high, score in found:
            start, end = low + window.offset, high + window.offset
            label, shape = ENTITIES[entity].label, ENTITIES[entity].shape
            if start >= window.stop or end <= window.start:
                continue
            if shape is not None and not shape.search(window.text, low, high):
                continue  # it would be found or not for what stands beside it
            if start < window.start and any(
                f.label == label and f.span is not None and f.span[1] >= end for f in self._recent
            ):
                continue
            out.append(Finding(self._name, label, score, (max(start, window.start), end)))
        return out
