"""Rules: one thing to look for each, and the exact search for one.

A rule's pattern is bounded and runs in linear time; its judge may refuse what only looks like a match.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import re2

from guardproxy.text import syntax
from guardproxy.text.syntax import PatternError

Judge = Callable[[str], float | None]
"""Given the matched value, its score, or None when it is no such thing (a checksum fails)."""

ANY, START = re2._re2.RE2.Anchor.UNANCHORED, re2._re2.RE2.Anchor.ANCHOR_START
NONE = (-1, -1)
"""The span that RE2 gives where there is none."""
_CLASS_CHARS = {"": frozenset[int]()}

# Letters that stand before a value and are no part of its text: an escape of a JSON document that is itself a text
# (`\n4111…`, `\u306f4111…`), and the channels' names where a server leaves out Harmony's tokens (`assistantfinal4111…`).
_SEAM = re.compile(rb"(?=(\\(?:[bfnrtv0]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})|sistantfinal|commentary|analysis))")
_NO_SEAMS = frozenset[int]()
_NAMES = (b"sistantfinal", b"commentary", b"analysis")
SEAMS_REVERSED = r"[bfnrtv0]\\|[0-9A-Fa-f]{4}u\\|[0-9A-Fa-f]{2}x\\|laniftnatsis|yratnemmoc|sisylana"
"""Seams for an expression that reads backwards."""
SEAM = 12
"""Bytes of the longest seam: as many as a scan keeps of what is settled."""


def may_begin(data: bytes, start: int, before: frozenset[int]) -> bool:
    """Whether what stands before `start` lets a match begin there."""
    if not start or data[start - 1] not in before:
        return True
    near = data[max(0, start - SEAM) : start]
    return len(near) in seams(near)


def seams(data: bytes) -> frozenset[int]:
    """Where seams end. Nearly every digit of a list of numbers or hashes asks, and hardly ever is there one."""
    if b"\\" not in data and not any(name in data for name in _NAMES):
        return _NO_SEAMS
    return frozenset(m.end(1) for m in _SEAM.finditer(data))


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


class Compiled:
    """A bound rule, ready to search."""

    __slots__ = (
        "_prefixes",
        "after",
        "before",
        "filter",
        "group",
        "label",
        "leaning",
        "match",
        "regexp",
        "rule",
        "shut",
        "tree",
        "width",
    )

    def __init__(self, bound: Bound, tree: syntax.Tree) -> None:
        rule = bound.rule
        self.rule, self.filter, self.label, self.tree = rule, bound.filter, rule.label, tree
        self.width, self.group = tree.width, 1 if tree.groups else 0
        self.before, self.after = _ascii_class(rule.before), _ascii_class(rule.after)
        self.shut = (
            re.compile(b"[^" + b"".join(b"\\x%02x" % c for c in sorted(self.before)) + b"]") if self.before else None
        )
        """Finds the next byte that a match may stand behind."""
        self.leaning = bool(self.before) or tree.asserts
        try:
            self.regexp = re2.compile(syntax.truth(tree), options(16 << 20))
        except re2.error as e:
            raise PatternError(f"{rule.id}: the pattern can't be compiled: {said(e)}") from None
        self.match = self.regexp._regexp.Match
        self._prefixes: str | None = None

    @property
    def prefixes(self) -> str:
        """`syntax.prefix` of it, worked out once for all banks: it is most of what a bank takes to make, at each reload."""
        if self._prefixes is None:
            self._prefixes = syntax.prefix(self.tree)
        return self._prefixes

    def next_start(self, data: bytes, after: int) -> int:
        """The first offset beyond `after` where a match may begin, for all that stands before it."""
        if self.shut is None:
            return after + 1
        found = self.shut.search(data, after)
        end = found.end() if found else len(data)
        return next((m.end(1) for m in _SEAM.finditer(data, max(0, after - SEAM), end) if after < m.end(1) <= end), end)

    def at(self, data: bytes, start: int, stop: int) -> tuple[int, int, int, float] | None:
        """The match starting exactly at `start`: its end, the value's span and the score. Longest accepted wins."""
        if not may_begin(data, start, self.before):
            return None
        while stop > start:
            spans = self.match(START, data, start, stop)
            if spans[0] == NONE:
                return None
            end = spans[0][1]
            if end == len(data) or data[end] not in self.after:
                low, high = spans[self.group] if self.group else spans[0]
                if low >= high:  # the group took no part, or matched nothing
                    low, high = spans[0]
                judge = self.rule.judge
                score = self.rule.score if judge is None else judge(data[low:high].decode("utf-8", "replace"))
                if score is not None:
                    return end, low, high, score
            stop = end - 1
        return None


def said(e: Exception) -> str:
    text = e.args[0] if e.args else str(e)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def options(memory: int) -> re2.Options:
    """RE2's options for everything here: longest match, silent, so many bytes at most."""
    out = re2.Options()
    out.longest_match, out.log_errors, out.max_mem = True, False, memory
    return out
