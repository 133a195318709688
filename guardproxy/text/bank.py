"""Many patterns searched at once, in whole texts and in streams, with the same findings however the text is cut.

Three steps, cheapest first. (1) *Hold*: one RE2 match over the reversed tail says from where on the text could still be
the beginning of a match; everything before is decided. (2) *Gate*: one hyperscan scan over what was just decided says
which rules can have a match there, usually none. (3) *Truth*: only those rules are searched with RE2, for exact spans.
Why exact: a start before the held tail has no continuation that is still a match, so the future can't change its result.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import re2

from guardproxy.text import syntax
from guardproxy.text.compiled import Gates, compile_gates
from guardproxy.text.syntax import PatternError
from guardproxy.types import Finding, Report

Judge = Callable[[str], float | None]
"""Given the matched value, its score, or None when it is no such thing (a checksum fails)."""

_ANY, _START = re2._re2.RE2.Anchor.UNANCHORED, re2._re2.RE2.Anchor.ANCHOR_START
_NONE = (-1, -1)
_Raw = tuple[int, int, str, str, float]  # bytes of the buffer, filter, label, score
_CLASS_CHARS = {"": frozenset[int]()}


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look for. The span reported is the first group's if there is one, else the whole match."""

    id: str
    label: str
    pattern: str
    score: float = 1.0
    before: str = ""
    """Inside of an ASCII character class that must not stand just before the match: `A-Za-z0-9`."""
    after: str = ""
    """Likewise just after it. Leave it empty where a following character must not hide the match."""
    judge: Judge | None = None
    """Asked about every candidate end, longest first; the first that it accepts is the match."""
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule in the service of one filter instance."""

    filter: str
    rule: Rule


def _ascii_class(inside: str) -> frozenset[int]:
    if inside not in _CLASS_CHARS:
        tree = syntax.parse(f"[{inside}]")
        op, value = tree.nodes[0]
        members, _ = syntax._set(op, value, syntax._flags(tree))
        _CLASS_CHARS[inside] = frozenset(map(ord, members))
    return _CLASS_CHARS[inside]


class _Compiled:
    """A bound rule, ready to search."""

    __slots__ = ("after", "before", "filter", "group", "label", "leaning", "match", "regexp", "rule", "width")

    def __init__(self, bound: Bound, tree: syntax.Tree) -> None:
        rule = bound.rule
        self.rule, self.filter, self.label = rule, bound.filter, rule.label
        self.width, self.group = tree.width, 1 if tree.groups else 0
        self.before, self.after = _ascii_class(rule.before), _ascii_class(rule.after)
        self.leaning = bool(self.before) or tree.asserts
        options = re2.Options()
        options.longest_match, options.log_errors, options.max_mem = True, False, 16 << 20
        try:
            self.regexp = re2.compile(syntax.truth(tree), options)
        except re2.error as e:
            raise PatternError(f"the pattern can't be compiled: {_said(e)}") from None
        self.match = self.regexp._regexp.Match

    def at(self, data: bytes, start: int, stop: int) -> tuple[int, int, int, float] | None:
        """The match starting exactly at `start`: its end, the value's span and the score. Longest accepted wins."""
        if start and data[start - 1] in self.before:
            return None
        while stop > start:
            spans = self.match(_START, data, start, stop)
            if spans[0] == _NONE:
                return None
            end = spans[0][1]
            if end == len(data) or data[end] not in self.after:
                low, high = spans[self.group] if self.group and spans[self.group] != _NONE else spans[0]
                judge = self.rule.judge
                score = self.rule.score if judge is None else judge(data[low:high].decode("utf-8", "replace"))
                if score is not None:
                    return end, low, high, score
            stop = end - 1
        return None


def _said(e: Exception) -> str:
    text = e.args[0] if e.args else str(e)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


class Bank:
    """A compiled set of rules, immutable and shared by all requests. Raises PatternError naming the rule at fault."""

    def __init__(self, bounds: Iterable[Bound]) -> None:
        self.bounds = tuple(bounds)
        trees = [self._parse(b) for b in self.bounds]
        self.rules = [_Compiled(b, t) for b, t in zip(self.bounds, trees, strict=True)]
        self.leaning = [r for r in self.rules if r.leaning]
        """Rules that look at the character before a match."""
        self.width = max((t.width for t in trees), default=0)
        self._hold = self._compile_hold(trees)
        self.openers = frozenset(b for b in range(256) if self.viable(bytes([b])))
        """Bytes that a match can begin with."""
        self._gates: Gates = compile_gates([syntax.gate(t) for t in trees])
        self._ungated = self._gates.ungated
        self._hits: list[int] = []
        self._scan = self._gates.scanner(self._hits)

    @staticmethod
    def _parse(bound: Bound) -> syntax.Tree:
        try:
            return syntax.parse(bound.rule.pattern, ignore_case=bound.rule.ignore_case)
        except PatternError as e:
            raise PatternError(f"{bound.rule.id}: {e}", e.position) from None

    def _compile_hold(self, trees: Sequence[syntax.Tree]) -> Callable[..., list[tuple[int, int]]] | None:
        if not trees:
            return None
        parts = []
        for rule, tree in zip(self.rules, trees, strict=True):
            part = syntax.prefix(tree)
            # every alternative takes one byte of left context, or the segment's start: `pending` gives it back
            left = frozenset(chr(i) for i in range(128) if i not in rule.before)
            part = f"(?:{part})(?:{syntax.byte_class(left, wide=True)}|\\z)"
            parts.append(part)
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.longest_match, options.never_capture, options.log_errors = True, True, False
        options.max_mem = 256 << 20
        try:
            compiled = re2.compile("|".join(f"(?:{p})" for p in dict.fromkeys(parts)).encode("latin-1"), options)
        except re2.error as e:
            raise PatternError(f"the patterns are too large together: {_said(e)}") from None
        self._keep = compiled
        match: Callable[..., list[tuple[int, int]]] = compiled._regexp.Match
        return match

    def open(self) -> BankScan:
        return BankScan(self)

    def pending(self, data: bytes, start: int) -> int:
        """Offset (at least `start`) from which on `data` could still be the beginning of a match."""
        if self._hold is None:
            return len(data)
        left = start - 1 if start else 0
        back = data[: left - 1 : -1] if left else data[::-1]
        end = self._hold(_START, back, 0, len(back))[0][1]
        if end < 0:
            return len(data)
        # at the very start of a segment it can't be told from here whether the last byte was context
        at = left if end == len(back) else len(data) - end + 1
        while at > start and at < len(data) and 0x80 <= data[at] < 0xC0:  # never inside a character
            at -= 1
        return max(at, start)

    def viable(self, data: bytes) -> bool:
        """Whether all of `data`, standing behind a replacement, could still be the beginning of a match."""
        if self._hold is None or not data:
            return False
        return self._hold(_START, data[::-1], 0, len(data))[0][1] == len(data)

    def candidates(self, data: bytes) -> Sequence[int]:
        """Indexes of the rules that may match somewhere in `data`, ascending."""
        hits = self._hits
        hits.clear()
        self._scan(data)
        if not hits:
            return self._ungated
        return sorted({*hits, *self._ungated})


class BankScan:
    """One segment being searched. `feed` may be called with any chunking; the findings are the same."""

    __slots__ = ("_at", "_bank", "_chars", "_data", "_ends", "_from", "_last_end", "_offset")

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._data = b""  # one character of context, then all that is not settled
        self._offset = 0  # bytes of the segment before _data
        self._from = 0  # where the unsettled part starts in _data
        self._chars = 0  # characters of the segment before the unsettled part
        self._at: dict[int, int] = {}  # rule -> absolute byte offset to search from, where it is past _from
        self._last_end: dict[int, int] = {}  # judged rule -> absolute end of its last finding
        self._ends: frozenset[int] = frozenset()  # absolute ends of findings, at or after the settled part's end

    def feed(self, text: str, *, last: bool) -> Report:
        bank, start = self._bank, self._from
        data = self._data = self._data + text.encode("utf-8", "replace")
        settled = len(data) if last else bank.pending(data, start)
        if settled == start:
            return Report((), self._chars)
        found: tuple[Finding, ...] = ()
        rules = bank.candidates(data[start:] if start else data)
        if rules or self._ends:
            found, settled = self._find(rules, data, start, settled, last)
        self._settle(data, start, settled)
        return Report(found, self._chars)

    def _settle(self, data: bytes, start: int, settled: int) -> None:
        done = data[start:settled]
        self._chars += len(done) if done.isascii() else len(done.decode("utf-8", "replace"))
        cut = max(0, settled - 4)
        self._data, self._from = data[cut:], settled - cut
        self._offset += cut

    def _find(
        self, rules: Sequence[int], data: bytes, start: int, settled: int, last: bool
    ) -> tuple[tuple[Finding, ...], int]:
        """Findings that start in [start, settled), and `settled`, lowered where what follows one is still open.

        What is taken out of a text no longer stands before what follows it: `a@b.com0c@d.org` must not become
        `[pii.email]0c@d.org`. So a match may also begin right where another ended, whatever character that was.
        """
        while True:
            at, last_end = dict(self._at), dict(self._last_end)
            raw = {r for i in rules for r in self._search_rule(i, self._bank.rules[i], data, start, settled)}
            ends = self._behind(raw, data, start, settled)
            open_ends = [] if last else [e for e in ends if start <= e < settled and self._bank.viable(data[e:])]
            if not open_ends:
                break
            self._at, self._last_end, settled = at, last_end, min(open_ends)
        self._ends = frozenset(e + self._offset for e in ends if e >= settled)
        place = _Places(data, start, self._chars)
        return tuple(
            Finding(f, label, score, (place(low), place(high))) for low, high, f, label, score in sorted(raw)
        ), settled

    def _behind(self, raw: set[_Raw], data: bytes, start: int, settled: int) -> set[int]:
        """Add to `raw` the matches that begin right behind another; return where all matches end."""
        ends = {e - self._offset for e in self._ends} | {r[1] for r in raw}
        wanted = [e for e in ends if start <= e < settled]
        while wanted:
            end = wanted.pop()
            if end >= len(data) or data[end] not in self._bank.openers:
                continue
            alone = b"]" + data[end:]  # as it will stand behind a replacement
            for rule in self._bank.leaning:
                if (got := rule.at(alone, 1, len(alone))) is not None:
                    _, low, high, score = got
                    raw.add((low + end - 1, high + end - 1, rule.filter, rule.label, score))
                    if (new := high + end - 1) not in ends:
                        ends.add(new)
                        if new < settled:
                            wanted.append(new)
        return ends

    def _search_rule(self, index: int, rule: _Compiled, data: bytes, start: int, settled: int) -> Iterable[_Raw]:
        """Matches of one rule that start in [start, settled), left to right."""
        at = max(start, self._at.pop(index, 0) - self._offset)
        judged = rule.rule.judge is not None
        last_end = self._last_end.get(index, -1) - self._offset
        while at < settled:
            spans = rule.match(_ANY, data, at, len(data))
            if spans[0] == _NONE or spans[0][0] >= settled:
                break
            begin = spans[0][0]
            got = rule.at(data, begin, len(data))
            if got is None:
                at = begin + 1
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
