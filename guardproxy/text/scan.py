"""One segment being searched, in whole or as a stream, with the same findings however the text is cut."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from guardproxy.text import heads
from guardproxy.text.rules import ANY, NONE, Compiled, seams
from guardproxy.types import Finding, Report

if TYPE_CHECKING:
    from guardproxy.text.bank import Bank

_Raw = tuple[int, int, str, str, float]  # bytes of the buffer, filter, label, score


class BankScan:
    """`feed` may be called with any chunking. State of one segment; the bank is shared."""

    __slots__ = ("_at", "_bank", "_chars", "_data", "_ends", "_from", "_last_end", "_offset", "_seen")

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._data = b""  # a little of what is settled, as context, then all that is not
        self._offset = 0  # bytes of the segment before _data
        self._from = 0  # where the unsettled part starts in _data
        self._chars = 0  # characters of the segment before the unsettled part
        self._seen: list[tuple[int, int]] = []  # (absolute start, group) of heads that may begin a match, sorted
        self._at: dict[int, int] = {}  # rule -> absolute byte offset to search from, where it is past _from
        self._last_end: dict[int, int] = {}  # judged rule -> absolute end of its last finding
        self._ends: frozenset[int] = frozenset()  # absolute ends of findings, at or after the settled part's end

    def fork(self) -> BankScan:
        """A second scan that has read the same text and goes its own way from here."""
        other = BankScan(self._bank)
        other._data, other._offset, other._from, other._chars = self._data, self._offset, self._from, self._chars
        other._seen, other._at, other._last_end = list(self._seen), dict(self._at), dict(self._last_end)
        other._ends = self._ends
        return other

    def same(self, other: BankScan) -> bool:
        """Whether both find the same in whatever comes, counted from here: then one of them is enough."""
        return self._data == other._data and self._from == other._from and self._open() == other._open()

    @property
    def unsettled(self) -> int:
        """Bytes that it still looks at, a little of what is settled included."""
        return len(self._data)

    def _open(self) -> tuple[object, ...]:
        """What it remembers besides its text, as far as that still matters, counted from the text it holds."""
        at, here = self._offset, self._offset + self._from
        return (
            [(start - at, group) for start, group in self._seen],
            {rule: end - at for rule, end in self._at.items() if end > here},
            {rule: end - at for rule, end in self._last_end.items() if end > here},
            {end - at for end in self._ends if end >= here},
        )

    def feed(self, text: str, *, last: bool) -> Report:
        bank, start = self._bank, self._from
        old = len(self._data)
        data = self._data = self._data + text.encode("utf-8", "replace")
        since = old - heads.MOST + 1 if old >= heads.MOST else 0
        if found_heads := bank.heads(data[since:] if since else data):
            self._note_heads(found_heads, data, old, since)
        settled = len(data) if last else bank.pending(data, start)
        if self._seen and not last:
            settled = self._follow(data, settled)
        if settled == start:
            return Report((), self._chars)
        found: tuple[Finding, ...] = ()
        rules = bank.candidates(data[start:] if start else data)
        if rules or self._ends or (self._seen and self._seen[0][0] - self._offset < settled):
            found, settled = self._find(rules, data, start, settled, last)
        self._settle(data, start, settled)
        return Report(found, self._chars)

    def _note_heads(self, found: Iterable[tuple[int, int]], data: bytes, old: int, since: int) -> None:
        """Note the heads that end in the new text, where a match could really begin."""
        behind = seams(data)
        for index, end in found:
            group = self._bank.groups[index]
            start = end + since - group.width
            if end + since <= old or start < self._from:
                continue
            if not start or data[start - 1] not in group.before or start in behind:
                insort(self._seen, (start + self._offset, index))

    def _follow(self, data: bytes, settled: int) -> int:
        """`settled`, lowered to the first head whose rules could still match to the end and beyond."""
        for start, index in self._seen:
            if start - self._offset >= settled:
                break
            if self._bank.groups[index].viable(data, start - self._offset):
                return start - self._offset
        return settled

    def _settle(self, data: bytes, start: int, settled: int) -> None:
        done = data[start:settled]
        self._chars += len(done) if done.isascii() else len(done.decode("utf-8", "replace"))
        cut = max(0, settled - heads.MOST)
        self._data, self._from = data[cut:], settled - cut
        self._offset += cut
        if self._seen:
            self._seen = [s for s in self._seen if s[0] >= self._offset + self._from]

    # ------------------------------------------------------------------------------------------------ searching

    def _find(
        self, rules: Sequence[int], data: bytes, start: int, settled: int, last: bool
    ) -> tuple[tuple[Finding, ...], int]:
        """Findings that start in [start, settled), and `settled`, lowered where what follows one is still open.

        What is taken out of a text no longer stands before what follows it: `a@b.com0c@d.org` must not become
        `[pii.email]0c@d.org`. So a match may also begin right where another ended, whatever character that was.
        """
        most = 4 * self._bank.width + 1
        while True:
            at, last_end = dict(self._at), dict(self._last_end)
            raw = {r for i in rules for r in self._search_rule(i, self._bank.rules[i], data, start, settled)}
            self._search_heads(raw, data, settled)
            ends = self._behind(raw, data, start, settled)
            open_ends = [e for e in ends if start <= e < settled and self._bank.viable(data[e : e + most])]
            if last or not open_ends:
                break
            self._at, self._last_end, settled = at, last_end, min(open_ends)
        self._ends = frozenset(e + self._offset for e in ends if e >= settled)
        place = _Places(data, start, self._chars)
        found = (Finding(f, label, score, (place(low), place(high))) for low, high, f, label, score in sorted(raw))
        return tuple(found), settled

    def _search_heads(self, raw: set[_Raw], data: bytes, settled: int) -> None:
        """Add the matches of rules whose head was seen before `settled`, left to right."""
        for absolute, index in self._seen:
            if absolute - self._offset >= settled:
                break
            for number in self._bank.groups[index].rules:
                if absolute >= self._at.get(number, 0):
                    self._match_at(number, data, absolute - self._offset, raw)

    def _match_at(self, number: int, data: bytes, start: int, raw: set[_Raw]) -> None:
        rule = self._bank.rules[number]
        if (got := rule.at(data, start, len(data))) is None:
            return
        end, low, high, score = got
        if high + self._offset > self._last_end.get(number, -1):
            raw.add((low, high, rule.filter, rule.label, score))
        if rule.rule.judge is None:
            self._at[number] = end + self._offset
        else:  # it may be an accident that covers the head of a real one: look on inside it
            self._last_end[number] = max(high + self._offset, self._last_end.get(number, -1))

    def _behind(self, raw: set[_Raw], data: bytes, start: int, settled: int) -> set[int]:
        """Add to `raw` the matches that begin right behind another; return where all matches end."""
        ends = {e - self._offset for e in self._ends} | {r[1] for r in raw}
        wanted = [e for e in ends if start <= e < settled]
        while wanted:
            end = wanted.pop()
            if end >= len(data) or data[end] not in self._bank.openers:
                continue
            for rule in self._bank.leaning(data, end):
                # as it will stand behind a replacement; no more than a match can reach, or long texts cost the square
                alone = b"]" + data[end : end + 4 * rule.width + 4]
                if (got := rule.at(alone, 1, len(alone))) is not None:
                    _, low, high, score = got
                    raw.add((low + end - 1, high + end - 1, rule.filter, rule.label, score))
                    if (new := high + end - 1) not in ends:
                        ends.add(new)
                        if new < settled:
                            wanted.append(new)
        return ends

    def _search_rule(self, index: int, rule: Compiled, data: bytes, start: int, settled: int) -> Iterable[_Raw]:
        """Matches of one rule that start in [start, settled), left to right."""
        at = max(start, self._at.pop(index, 0) - self._offset)
        judged = rule.rule.judge is not None
        last_end = self._last_end.get(index, -1) - self._offset
        while at < settled:
            spans = rule.match(ANY, data, at, len(data))
            if spans[0] == NONE or spans[0][0] >= settled:
                break
            begin = spans[0][0]
            got = rule.at(data, begin, len(data))
            if got is None:
                at = rule.next_start(data, begin)
                continue
            end, low, high, score = got
            if high > last_end:
                yield low, high, rule.filter, rule.label, score
                last_end = high
            # a judged match may be an accident that covers the head of a real one: look on inside it
            at = begin + 1 if judged else end
        if judged and last_end > 0:
            self._last_end[index] = last_end + self._offset
        if at > settled:
            self._at[index] = at + self._offset


class _Places:
    """Byte offsets of the buffer as absolute character offsets."""

    def __init__(self, data: bytes, start: int, chars: int) -> None:
        self._start, self._chars = start, chars
        self._starts: list[int] | None = None
        if not data.isascii():
            self._starts = [i for i in range(start, len(data)) if not 0x80 <= data[i] < 0xC0]

    def __call__(self, offset: int) -> int:
        if self._starts is None:
            return self._chars + offset - self._start
        return self._chars + bisect_left(self._starts, offset)
