"""Readings of one text besides the plain one, so that a disguise hides nothing: folded, unescaped, decoded.

The plain text is always searched. A *view* is searched only while it differs: where it begins to, the search so far is forked,
and once both searches would find the same in whatever comes, the second one is dropped. What is found in a view is mapped to
the characters of the source that it is written in, and text is settled when it is settled in every view.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from guardproxy.text.encodings import Stretches, starts
from guardproxy.text.escapes import ESCAPED, Unescaped, escaped
from guardproxy.text.folding import Change, Folded, open_ends, tables
from guardproxy.text.scan import BankScan
from guardproxy.text.seen import seen
from guardproxy.types import Direction, Finding, Report, Span, View

if TYPE_CHECKING:
    from guardproxy.text.bank import Bank

LEAST = {Direction.REQUEST: 16, Direction.RESPONSE: 24}
"""Characters of the shortest stretch that is decoded."""
_SHORT = 12  # characters of a piece that is cheaper to look at than to scan
_STEP = 64  # characters after which a view is compared with the plain reading
_PLAIN = frozenset(map(chr, range(128))) - set("%&\\")
_RECENT = 256


class Lens(Protocol):
    """How one view reads a text, piece by piece."""

    def undecided(self, text: str) -> int: ...

    def differs(self, text: str) -> bool: ...

    def changes(self, text: str, cut: int) -> list[Change]: ...

    def skip(self, text: str, cut: int) -> None: ...


class _Stretch(NamedTuple):
    """A stretch of a view and what it is written in; `even`: character by character."""

    low: int
    high: int
    start: int
    end: int
    even: bool


def _low(stretch: _Stretch) -> int:
    return stretch.low


class _View:
    """A reading that differs from the plain one, being searched. Offsets of the source are absolute."""

    def __init__(self, plain: BankScan, at: int, settled: int) -> None:
        self.scan = plain.fork()
        self._map = [_Stretch(settled, at, settled, at, True)] if at > settled else []
        self._read, self._source = at, at
        self.settled = settled
        self._since = 0  # characters read since it last differed

    def read(self, text: str, changes: Sequence[Change], *, last: bool) -> list[Finding]:
        """Read on, with these changes (offsets in `text`); what was found, mapped."""
        out: list[str] = []
        at = 0
        for change in changes:
            self._add(text[at : change.start], at, change.start, even=True)
            self._add(change.text, change.start, change.end, even=False)
            out += (text[at : change.start], change.text)
            at = change.end
        self._add(text[at:], at, len(text), even=True)
        self._since = len(text) - at if changes else self._since + len(text)
        self._source += len(text)
        report = self.scan.feed("".join(out) + text[at:], last=last)
        found = [Finding(f.filter, f.label, f.score, self._place(f.span)) for f in report.findings if f.span]
        self._settle(report.settled)
        return found

    def _add(self, text: str, start: int, end: int, *, even: bool) -> None:
        if text:
            low, start, end = self._read, self._source + start, self._source + end
            self._read += len(text)
            if even and self._map and self._map[-1].even and self._map[-1].end == start:
                before = self._map.pop()
                low, start = before.low, before.start
            self._map.append(_Stretch(low, self._read, start, end, even))

    def _place(self, span: Span) -> Span:
        first, last = self._map[self._at(span[0])], self._map[self._at(span[1] - 1)]
        start = first.start + span[0] - first.low if first.even else first.start
        return start, last.start + span[1] - last.low if last.even else last.end

    def _at(self, offset: int) -> int:
        """Which entry of the map an offset of the view is in."""
        return bisect_right(self._map, offset, key=_low) - 1

    def _settle(self, settled: int) -> None:
        if settled >= self._read:
            self._map.clear()
            self.settled = self._source
            return
        del self._map[: self._at(settled)]
        first = self._map[0]
        self.settled = first.start + settled - first.low if first.even else first.start

    def same(self, plain: BankScan) -> bool:
        """Whether the plain reading alone finds the same from here on, at the same places."""
        return self._since >= self.scan.unsettled and self.scan.same(plain)


class ViewScan:
    """One segment, searched in all its views. The same findings however it is cut."""

    def __init__(self, bank: Bank, views: frozenset[View], direction: Direction) -> None:
        self._plain = bank.open()
        self._folded, self._folds = Folded(), "folded" in views
        self._lenses: list[Lens] = [self._folded] if self._folds else []
        if "encoded" in views:
            self._lenses.append(Unescaped())
        self._views: list[_View | None] = [None] * len(self._lenses)
        self._encoded = encoded(LEAST[direction])
        self._stretches = Stretches(bank, LEAST[direction]) if "encoded" in views else None
        self._tail = ""  # what can't be read yet in one of the views
        self._read = 0  # characters before it
        self._recent: list[str] = []  # plain pieces that the lenses have not passed yet
        self._settled = 0  # of the plain reading
        self._said: set[Finding] = set()
        self._busy = self._differing = False

    def feed(self, text: str, *, last: bool) -> Report:
        """Read more; findings and what is settled, in characters of the source."""
        if len(text) > _SHORT or last or self._busy or not _PLAIN.issuperset(text):
            return self._feed(text, last)
        stretches = self._stretches
        if stretches is not None and not stretches.skip(text):
            return self._feed(text, last)
        self._read += len(text)
        if text:
            self._recent.append(text)
        if len(self._recent) > _RECENT:
            self._catch_up()
        report = self._plain.feed(text, last=False)
        settled = self._settled = report.settled
        if stretches is None or stretches.hold >= settled:
            return report
        return Report(report.findings, stretches.hold)

    def _feed(self, text: str, last: bool) -> Report:
        text = self._tail + text
        narrow = text.isascii()
        cut = len(text) if last else self._undecided(text, narrow)
        if self._differing or not self._quiet(text, narrow):
            return self._all(text, cut, narrow, last)
        return self._alone(text, cut, last)

    def _undecided(self, text: str, narrow: bool) -> int:
        """From where on what the text reads as depends on what comes next."""
        cut = len(text)
        end = text[-11:]
        if self._stretches is not None and ("%" in end or "&" in end or "\\" in end):
            cut = self._lenses[-1].undecided(text)
        if self._folds and not narrow and end[-1] in open_ends():
            self._catch_up()
            cut = min(cut, self._folded.undecided(text))
        return cut

    def _quiet(self, text: str, narrow: bool) -> bool:
        """Whether every view surely reads this as it stands; "no" too often."""
        stretches = self._stretches
        if stretches is not None and stretches.busy:
            return False
        if narrow and stretches is None:
            return True
        before = stretches.run if stretches is not None else ""
        if not narrow:
            if self._recent and self._recent[-1][-1] not in "0123456789_":
                before = before or self._recent[-1][-1]
            else:
                self._catch_up()
                if self._folded.alert:
                    return False
                before = before or self._folded.previous
        data = (before + text).encode("utf-8", "replace")
        if narrow:
            return not self._encoded(data)
        known = tables()
        if not known.any(data):
            return True
        return not (known.some(data) or (stretches is not None and self._encoded(data)))

    def _alone(self, text: str, cut: int, last: bool) -> Report:
        """Read what is plain in every view."""
        stretches, self._tail = self._stretches, text[cut:]
        text = text[:cut]
        self._busy = bool(self._tail)
        self._read += cut
        if text:
            self._recent.append(text)
        report = self._plain.feed(text, last=last)
        settled = self._settled = report.settled
        if stretches is None or last:
            return report
        stretches.go_past(text)
        if stretches.hold >= settled:
            return report
        return Report(report.findings, stretches.hold)

    def _all(self, text: str, cut: int, narrow: bool, last: bool) -> Report:
        changes = [self._changes(i, text, cut, narrow) for i in range(len(self._lenses))]
        piece, self._tail = text[:cut], text[cut:]
        found: list[Finding] = []
        if self._stretches is not None:
            found += self._stretches.read(piece, last=last)
        if any(changes) or any(self._views):
            self._through(piece, changes, last, found)
        else:
            report = self._plain.feed(piece, last=last)
            found += report.findings
            self._settled = report.settled
        self._read += len(piece)
        return self._report(found)

    def _changes(self, index: int, text: str, cut: int, narrow: bool) -> list[Change]:
        lens = self._lenses[index]
        if narrow and lens is self._folded:
            if cut:
                self._recent.append(text[:cut])
            return []
        self._catch_up()
        if lens.differs(text):
            return lens.changes(text, cut)
        lens.skip(text, cut)
        return []

    def _catch_up(self) -> None:
        """Let the lenses pass what was plainly ASCII."""
        if self._recent:
            text = "".join(self._recent)
            self._recent.clear()
            self._folded.skip(text, len(text))

    def _report(self, found: list[Finding]) -> Report:
        settled = min((v.settled for v in self._views if v), default=self._read)
        settled = min(settled, self._settled, self._read if self._stretches is None else self._stretches.hold)
        self._differing = any(self._views) or bool(self._said)
        self._busy = bool(self._tail) or self._differing
        if not found and not self._said:
            return Report((), settled)
        new = tuple(f for f in dict.fromkeys(found) if f not in self._said)
        self._said = {f for f in (*self._said, *new) if f.span and f.span[0] >= settled}
        return Report(new, settled)

    # ------------------------------------------------------------------------------------------------ in step

    def _through(self, piece: str, changes: list[list[Change]], last: bool, found: list[Finding]) -> None:
        """Read a piece in step: the plain reading alone where nothing differs, all readings where something does."""
        at, next_change = 0, [0] * len(changes)
        while True:
            starts_ = [c[n].start if n < len(c) else len(piece) for c, n in zip(changes, next_change, strict=True)]
            if any(self._views):
                shut = [s for s, view in zip(starts_, self._views, strict=True) if view is None]
                end = min(at + _STEP, len(piece), *shut)
                end = self._whole_changes(end, changes, next_change)
            else:
                end = min(starts_)
            done = last and end == len(piece)
            self._step(piece, at, end, changes, next_change, done, found)
            at = end
            if at >= len(piece):
                return
            for i, view in enumerate(self._views):
                c, n = changes[i], next_change[i]
                if view is None and n < len(c) and c[n].start == at:
                    self._views[i] = _View(self._plain, self._read + at, self._settled)

    def _whole_changes(self, end: int, changes: list[list[Change]], next_change: list[int]) -> int:
        """`end`, moved behind every change that begins before it in a view that is read."""
        moved = True
        while moved:
            moved = False
            for c, n, view in zip(changes, next_change, self._views, strict=True):
                while view and n < len(c) and c[n].start < end:
                    if c[n].end > end:
                        end, moved = c[n].end, True
                    n += 1
        return end

    def _step(
        self,
        piece: str,
        at: int,
        end: int,
        changes: list[list[Change]],
        next_change: list[int],
        last: bool,
        found: list[Finding],
    ) -> None:
        text = piece[at:end]
        report = self._plain.feed(text, last=last)
        self._settled = report.settled
        found += report.findings
        for i, view in enumerate(self._views):
            if view is None:
                continue
            own = []
            while next_change[i] < len(changes[i]) and changes[i][next_change[i]].start < end:
                one = changes[i][next_change[i]]
                own.append(Change(one.start - at, one.end - at, one.text))
                next_change[i] += 1
            found += view.read(text, own, last=last)
            if not own and view.same(self._plain):
                self._views[i] = None


@cache
def encoded(least: int) -> Callable[[bytes], bool]:
    """Says whether something of a text may be encoded."""
    return seen(f"{ESCAPED}|{starts(least).expression}", wide=False)


def warm() -> None:
    """Compile what views need before the first text asks."""
    tables()
    escaped()
    for least in LEAST.values():
        starts(least)
        encoded(least)
