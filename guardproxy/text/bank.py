"""Many patterns searched at once: the compiled set, shared by all requests.

Most rules have a *head*, a fixed beginning: one hyperscan scan over new text finds heads, and only a rule whose head was
seen is followed from there. For the others, cheapest first: (1) *Hold*: one RE2 match over the reversed tail says from
where on the text could still be the beginning of a match. (2) *Gate*: one hyperscan scan over what was just decided says
which rules can have a match there, usually none. (3) *Truth*: those rules are searched with RE2, for exact spans.
Why exact: a start before the held tail has no continuation that is a match, so the future can't change its result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import re2

from guardproxy.text import gates, heads, syntax
from guardproxy.text.compiled import Gates, compile_gates
from guardproxy.text.rules import NONE, SEAM, SEAMS_REVERSED, START, Bound, Compiled, Judge, Rule, options, said
from guardproxy.text.scan import BankScan
from guardproxy.text.syntax import PatternError

__all__ = ["Bank", "Bound", "Judge", "Rule"]

Match = Callable[..., list[tuple[int, int]]]


class Group:
    """Rules with the same head and the same left boundary: followed together from where the head was seen."""

    __slots__ = ("_ahead", "before", "members", "rules", "width")

    def __init__(self, width: int, before: frozenset[int]) -> None:
        self.width, self.before = width, before
        self.rules: list[int] = []
        self.members: list[Compiled] = []
        self._ahead: Match | None = None

    def viable(self, data: bytes, start: int) -> bool:
        """Whether everything from `start` on could still be the beginning of a match."""
        if self._ahead is None:
            self._ahead = _follower(tuple(self.members))
        return self._ahead(START, data, start, len(data))[0] != NONE


@lru_cache(maxsize=8192)
def _compiled(bound: Bound) -> Compiled:
    """A rule ready to search; banks that share it share this."""
    try:
        tree = syntax.parse(bound.rule.pattern, ignore_case=bound.rule.ignore_case)
    except PatternError as e:
        raise PatternError(f"{bound.rule.id}: {e}", e.position) from None
    return Compiled(bound, tree)


@lru_cache(maxsize=4096)
def _prefixes(head: str) -> str:
    return syntax.prefix(syntax.parse(head))


@lru_cache(maxsize=4096)
def _follower(rules: tuple[Compiled, ...]) -> Match:
    """What tells whether a text is a prefix of a match of one of them: made once for all banks that group them so."""
    wanted = options(64 << 20)
    wanted.never_capture = True
    match: Match = re2.compile(f"(?:{heads.ahead(rule.tree for rule in rules)})\\z", wanted)._regexp.Match
    return match


class Bank:
    """A compiled set of rules, immutable. Raises PatternError naming the rule at fault."""

    def __init__(self, bounds: Iterable[Bound]) -> None:
        self.bounds = tuple(bounds)
        self.rules = [_compiled(b) for b in self.bounds]
        self.width = max((r.width for r in self.rules), default=0)
        self.groups: list[Group] = []
        self._loose: list[int] = []  # rules without a head
        fixed = self._group()
        self._hold = self._compile_hold(fixed)
        self.openers = frozenset(b for b in range(256) if self._held(bytes([b])) == 1)
        """Bytes that a match can begin with."""
        self._compile_gates(fixed)

    def _group(self) -> list[heads.Head]:
        """Sort the rules into groups by head; the heads, in the order of the groups."""
        places: dict[tuple[str, frozenset[int]], int] = {}
        fixed: list[heads.Head] = []
        for index, rule in enumerate(self.rules):
            head = heads.head(rule.tree)
            if head is None:
                self._loose.append(index)
                continue
            place = places.setdefault((head.expression, rule.before), len(fixed))
            if place == len(fixed):
                fixed.append(head)
                self.groups.append(Group(head.width, rule.before))
            self.groups[place].rules.append(index)
            self.groups[place].members.append(rule)
        return fixed

    def _compile_gates(self, fixed: Sequence[heads.Head]) -> None:
        loose: Gates = compile_gates([gates.gate(self.rules[i].tree) for i in self._loose])
        self._ungated = tuple(self._loose[i] for i in loose.ungated)
        self._hits: list[int] = []
        self._scan = loose.scanner(self._hits)
        found: Gates = compile_gates([(h.expression.encode(), False) for h in fixed], every=True)
        if found.ungated:
            raise PatternError("hyperscan refused the beginnings of some patterns")
        self._head_hits: list[tuple[int, int]] = []
        self._scan_heads = found.placer(self._head_hits)

    def _compile_hold(self, fixed: Sequence[heads.Head]) -> Match | None:
        """One automaton of the reversed prefixes of all loose rules and of all heads."""
        wanted = [(self.rules[i].prefixes, self.rules[i].before) for i in self._loose]
        for head, group in zip(fixed, self.groups, strict=True):
            wanted.append((_prefixes(head.expression), group.before))
        if not wanted:
            return None
        parts: dict[str, None] = {}
        seams = "|" + SEAMS_REVERSED
        for part, before in wanted:
            # every alternative takes one byte of left context, or the segment's start: `pending` gives it back
            left = frozenset(chr(i) for i in range(128) if i not in before)
            parts[f"(?:(?:{part})(?:{syntax.byte_class(left, wide=True)}|\\z{seams if before else ''}))"] = None
        how = options(64 << 20)
        how.encoding, how.never_capture = re2.Options.Encoding.LATIN1, True
        try:
            self._keep = re2.compile("|".join(parts).encode("latin-1"), how)
        except re2.error as e:
            raise PatternError(f"the patterns are too large together: {said(e)}") from None
        match: Match = self._keep._regexp.Match
        return match

    def open(self) -> BankScan:
        """A scan of one segment."""
        return BankScan(self)

    def _held(self, data: bytes) -> int:
        """Length of the longest tail of `data` that could begin a match of a loose rule or a head; -1 for none."""
        if self._hold is None:
            return -1
        return self._hold(START, data[::-1], 0, len(data))[0][1]

    def pending(self, data: bytes, start: int) -> int:
        """Offset (at least `start`) from which on `data` could still be the beginning of a match, heads seen apart."""
        left = max(0, start - SEAM)
        back = data[left:] if left else data
        end = self._held(back)
        if end < 0:
            return len(data)
        # at the very start of a segment it can't be told from here whether the last byte was context
        at = left if end == len(back) else len(data) - end + 1
        while at > start and at < len(data) and 0x80 <= data[at] < 0xC0:  # never inside a character
            at -= 1
        return max(at, start)

    def warm(self) -> None:
        """Compile what is otherwise compiled when its head is first seen: some take a fifth of a second."""
        for group in self.groups:
            group.viable(b"", 0)

    def viable(self, data: bytes) -> bool:
        """Whether all of `data`, standing behind a replacement, could still be the beginning of a match."""
        if not 0 < len(data) <= 4 * self.width:
            return False
        return self._held(data) == len(data) or any(g.viable(data, 0) for g in self._groups_at(data))

    def _groups_at(self, data: bytes) -> list[Group]:
        """Groups whose head stands at the very beginning of `data`."""
        found = list(self.heads(data[: heads.MOST]))
        return [self.groups[i] for i, end in found if end == self.groups[i].width]

    def heads(self, data: bytes) -> Sequence[tuple[int, int]]:
        """(group, end) of every head in `data`. The list is the bank's own: it lasts until the next call."""
        hits = self._head_hits
        hits.clear()
        self._scan_heads(data)
        return hits

    def candidates(self, data: bytes) -> Sequence[int]:
        """Indexes of the loose rules that may match somewhere in `data`, ascending."""
        hits = self._hits
        hits.clear()
        self._scan(data)
        if not hits:
            return self._ungated
        return sorted({*(self._loose[i] for i in hits), *self._ungated})

    def leaning(self, data: bytes, start: int) -> Iterable[Compiled]:
        """Rules that look at the character before a match and may match at `start`."""
        for group in self._groups_at(data[start : start + heads.MOST]):
            yield from (r for i in group.rules if (r := self.rules[i]).leaning)
        yield from (r for i in self._loose if (r := self.rules[i]).leaning)
