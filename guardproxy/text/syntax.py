"""Regular expressions as trees: what an author wrote, checked, and rewritten for three engines.

One tree, three texts: the *truth* (RE2, gives spans), the *gate* (hyperscan, says quickly that nothing can match) and
the *prefix* expression (RE2 on reversed bytes, says how much of a stream's tail could still become a match). All three
come from the same tree, so they can't disagree on syntax. Truth is exact; gate and prefix may only say "maybe" too often.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as C  # type: ignore[attr-defined]  # noqa: N812
from re import _parser as P  # type: ignore[attr-defined]  # noqa: N812
from typing import Any, TypeAlias

from guardproxy.types import GuardproxyError

Node: TypeAlias = tuple[Any, Any]
MAX_WIDTH = 16_384
"""No pattern may match more characters than this: it bounds what a stream can be made to hold."""
_PIECE = 1000  # RE2 refuses a repetition count above this

_REFUSED = {
    C.ASSERT: "look-ahead or look-behind",
    C.ASSERT_NOT: "look-ahead or look-behind",
    C.GROUPREF: "a back-reference",
    C.GROUPREF_EXISTS: "a conditional group",
    C.ATOMIC_GROUP: "an atomic group",
    C.POSSESSIVE_REPEAT: "a possessive quantifier",
}
_CATEGORY = {
    C.CATEGORY_DIGIT: r"\d",
    C.CATEGORY_NOT_DIGIT: r"\D",
    C.CATEGORY_SPACE: r"\x09-\x0d\x20",  # the engines disagree on whether \s holds the vertical tab: spell it out
    C.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1f\x21-\x{10ffff}",
    C.CATEGORY_WORD: r"\w",
    C.CATEGORY_NOT_WORD: r"\W",
}
_FOLDS_TO_ASCII = {0x17F: "s", 0x212A: "k"}  # the long s and the Kelvin sign
_NEGATED = {C.CATEGORY_NOT_DIGIT, C.CATEGORY_NOT_SPACE, C.CATEGORY_NOT_WORD}
_ASCII = [chr(i) for i in range(128)]
_SPACES = frozenset("\t\n\v\f\r ")
_MEMBERS = {
    c: frozenset(_ASCII) - _SPACES
    if c is C.CATEGORY_NOT_SPACE
    else _SPACES
    if c is C.CATEGORY_SPACE
    else frozenset(ch for ch in _ASCII if re.match(t, ch, re.ASCII))
    for c, t in _CATEGORY.items()
}


class PatternError(GuardproxyError, ValueError):
    """A pattern that can't be used. `position` is the offset in the pattern, or None."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed pattern. `width` is the most characters that a match can have."""

    nodes: tuple[Node, ...]
    fold: bool
    dot_all: bool
    multiline: bool
    width: int
    groups: int
    asserts: bool
    """It has `\\b`, `^` or `$`: it looks at characters outside the match."""


@lru_cache(maxsize=4096)
def width_of(pattern: str, *, ignore_case: bool = False) -> int:
    """The most characters that a match can have. Raises like `parse`; remembered, since many policies share a pattern."""
    return parse(pattern, ignore_case=ignore_case).width


def parse(pattern: str, *, ignore_case: bool = False) -> Tree:
    """Parse Python's regular expression syntax less what can't run in linear time.

    Raises PatternError for bad syntax, an unbounded or too wide pattern, and one that matches the empty text.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = P.parse(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError, Warning, ValueError) as e:
        raise PatternError(f"not a regular expression: {e}", getattr(e, "pos", None)) from None
    _refuse(parsed)
    low, high = parsed.getwidth()
    if high > MAX_WIDTH:
        raise PatternError(
            f"the pattern can match more than {MAX_WIDTH:,} characters; bound it: write {{1,64}} instead of + or *"
        )
    if low == 0:
        raise PatternError("the pattern matches the empty text, so it would match everywhere")
    flags = parsed.state.flags
    return Tree(
        tuple(parsed),
        bool(flags & re.IGNORECASE),
        bool(flags & re.DOTALL),
        bool(flags & re.MULTILINE),
        int(high),
        parsed.state.groups - 1,
        _asserts(parsed),
    )


def _asserts(nodes: Iterable[Node]) -> bool:
    for op, value in nodes:
        if op is C.AT:
            return True
        inner = value[1] if op is C.BRANCH else [value[3]] if op is C.SUBPATTERN else []
        if op in (C.MAX_REPEAT, C.MIN_REPEAT):
            inner = [value[2]]
        if any(_asserts(i) for i in inner):
            return True
    return False


def _refuse(nodes: Iterable[Node], room: int = _PIECE) -> None:
    """Raise for what can't run. `room`: how often one more repetition may repeat, as RE2 counts it."""
    for op, value in nodes:
        if op in _REFUSED:
            raise PatternError(f"{_REFUSED[op]} can't run in linear time; rewrite the pattern without it")
        if op is C.BRANCH:
            for branch in value[1]:
                _refuse(branch, room)
        elif op is C.SUBPATTERN:
            if value[1] & ~(re.I | re.S | re.M) or value[2] & ~(re.I | re.S | re.M):
                raise PatternError("only the flags i, s and m may be set inside a pattern")
            _refuse(value[3], room)
        elif op in (C.MAX_REPEAT, C.MIN_REPEAT):
            _refuse(value[2], _room(value, room))


def _room(value: Any, room: int) -> int:
    """What is left of `room` inside this repetition."""
    _, high, nodes = value
    if high == 0 or (high > 1 and nodes.getwidth()[1] == 0):
        raise PatternError("a part of the pattern is repeated zero times or is empty each time; leave it out")
    left = int(room // min(high, _PIECE))
    if not left and high is not C.MAXREPEAT:
        raise PatternError(f"repetitions inside repetitions multiply to more than {_PIECE:,}; make the counts smaller")
    return left


@dataclass(frozen=True, slots=True)
class _Flags:
    fold: bool
    dot_all: bool
    multiline: bool

    def within(self, add: int, drop: int) -> _Flags:
        def on(now: bool, flag: int) -> bool:
            return (now or bool(add & flag)) and not drop & flag

        return _Flags(on(self.fold, re.I), on(self.dot_all, re.S), on(self.multiline, re.M))


def _flags(tree: Tree) -> _Flags:
    return _Flags(tree.fold, tree.dot_all, tree.multiline)


def _char(code: int) -> str:
    char = chr(code)
    return (char if char.isalnum() else f"\\x{code:02x}") if char.isascii() else f"\\x{{{code:x}}}"


def _class(items: Sequence[Node]) -> str:
    out, negate = [], ""
    for op, value in items:
        if op is C.NEGATE:
            negate = "^"
        elif op is C.LITERAL:
            out.append(_char(value))
        elif op is C.RANGE:
            out.append(f"{_char(value[0])}-{_char(value[1])}")
        else:
            out.append(_CATEGORY[value])
    return f"[{negate}{''.join(out)}]"


def _count(low: int, high: int) -> str:
    return f"{{{low},{'' if high is C.MAXREPEAT else high}}}"


# ---------------------------------------------------------------------------------------------------- truth


def truth(tree: Tree) -> str:
    """The pattern in RE2's syntax. Classes and `\\b` are ASCII, as everywhere in RE2."""
    return ("(?i)" if tree.fold else "") + _truth(tree.nodes, _flags(tree))


def _truth(nodes: Iterable[Node], flags: _Flags) -> str:
    return "".join(_truth_node(op, value, flags) for op, value in nodes)


def _truth_node(op: Any, value: Any, flags: _Flags) -> str:
    if op is C.LITERAL:
        return _char(value)
    if op is C.NOT_LITERAL:
        return f"[^{_char(value)}]"
    if op is C.ANY:
        return "(?s:.)" if flags.dot_all else "[^\\n]"
    if op is C.IN:
        return _class(value)
    if op is C.BRANCH:
        return "(?:" + "|".join(_truth(b, flags) for b in value[1]) + ")"
    if op is C.AT:
        return _anchor(value, flags)
    if op is C.SUBPATTERN:
        group, add, drop, nodes = value
        inner = _truth(nodes, flags.within(add, drop))
        return scoped(value, inner) if group is None else f"({inner})"
    low, high, nodes = value
    return _repeat("(?:" + _truth(nodes, flags) + ")", low, high) + ("?" if op is C.MIN_REPEAT else "")


def scoped(value: Any, inner: str) -> str:
    """`inner` in a group that doesn't capture, under what a subpattern says of case; `value` is that of its node."""
    _, add, drop, _ = value
    mark = ("i" if add & re.I else "") + ("-i" if drop & re.I else "")
    return f"(?{mark}:{inner})"


def _anchor(value: Any, flags: _Flags) -> str:
    if value is C.AT_BEGINNING:
        return "(?m:^)" if flags.multiline else r"\A"
    if value is C.AT_END:
        return "(?m:$)" if flags.multiline else r"\z"
    return {C.AT_BEGINNING_STRING: r"\A", C.AT_END_STRING: r"\z", C.AT_BOUNDARY: r"\b"}.get(value, r"\B")


def _repeat(atom: str, low: int, high: int) -> str:
    """`atom{low,high}` in pieces that RE2 takes."""
    if high <= _PIECE:
        return atom + _count(low, high)
    out = []
    while high > 0:
        most = min(high, _PIECE)
        least = min(low, most)
        out.append(atom + _count(least, most))
        low, high = low - least, high - most
    return "(?:" + "".join(out) + ")"


# ---------------------------------------------------------------------------------------------------- prefix


def prefix(tree: Tree) -> str:
    """An RE2 expression (Latin-1) of the reversed UTF-8 bytes of every non-empty prefix of a match, whole ones too.

    Assertions are dropped and characters beyond ASCII stand for each other: it may match more, never less.
    """
    return _prefix(tree.nodes, _flags(tree))


def _prefix(nodes: Iterable[Node], flags: _Flags) -> str:
    return _prefix_of([n for n in nodes if n[0] is not C.AT], flags)


def _prefix_of(nodes: list[Node], flags: _Flags) -> str:
    """Prefixes of a sequence: those of its first half, or the first half and then those of its second half."""
    if len(nodes) < 2:
        return "".join(_prefix_node(op, value, flags) for op, value in nodes)
    first, second = nodes[: len(nodes) // 2], nodes[len(nodes) // 2 :]
    head, tail = _prefix_of(first, flags), _prefix_of(second, flags)
    return f"(?:(?:{tail}){_back(first, flags)}|{head})"


def _prefix_node(op: Any, value: Any, flags: _Flags) -> str:
    if op is C.BRANCH:
        return "(?:" + "|".join(p for b in value[1] if (p := _prefix(b, flags))) + ")"
    if op is C.SUBPATTERN:
        return _prefix(value[3], flags.within(value[1], value[2]))
    if op in (C.MAX_REPEAT, C.MIN_REPEAT):
        _, high, nodes = value
        if (single := _single(nodes, flags)) is not None:
            return _bytes(single, 1, high)
        inner = _prefix(nodes, flags)
        return f"(?:{inner}){_repeat('(?:' + _back(nodes, flags) + ')', 0, high - 1)}" if high > 1 else inner
    return _back_node(op, value, flags)


def _back(nodes: Iterable[Node], flags: _Flags) -> str:
    return "".join(_back_node(op, value, flags) for op, value in reversed(list(nodes)))


def _back_node(op: Any, value: Any, flags: _Flags) -> str:
    """The node itself, on reversed bytes."""
    if op is C.AT:
        return ""
    if op is C.BRANCH:
        return "(?:" + "|".join(_back(b, flags) for b in value[1]) + ")"
    if op is C.SUBPATTERN:
        return "(?:" + _back(value[3], flags.within(value[1], value[2])) + ")"
    if op in (C.MAX_REPEAT, C.MIN_REPEAT):
        low, high, nodes = value
        if (single := _single(nodes, flags)) is not None:
            return _bytes(single, low, high)
        return _repeat("(?:" + _back(nodes, flags) + ")", low, high)
    if op is C.LITERAL and value > 127 and not flags.fold:
        return "".join(f"\\x{b:02x}" for b in reversed(chr(value).encode("utf-8", "replace")))
    return _bytes(_set(op, value, flags), 1, 1)


def _single(nodes: Sequence[Node], flags: _Flags) -> tuple[frozenset[str], bool] | None:
    """The set of a node that is exactly one character, or None."""
    if len(nodes) != 1:
        return None
    op, value = nodes[0]
    if op is C.SUBPATTERN:
        return _single(value[3], flags.within(value[1], value[2]))
    return _set(op, value, flags) if op in (C.LITERAL, C.NOT_LITERAL, C.ANY, C.IN) else None


def _set(op: Any, value: Any, flags: _Flags) -> tuple[frozenset[str], bool]:
    """The ASCII members of a one-character node, and whether it has members beyond ASCII."""
    if op is C.ANY:
        return frozenset(_ASCII) - (frozenset() if flags.dot_all else {"\n"}), True
    items = value if op is C.IN else [(C.LITERAL, value)]
    if op is C.NOT_LITERAL:
        items = [(C.NEGATE, None), *items]
    return _members(items, fold=flags.fold)


def _members(items: Sequence[Node], *, fold: bool) -> tuple[frozenset[str], bool]:
    ascii_members: set[str] = set()
    wide = False
    for op, value in items:
        if op is C.CATEGORY:
            ascii_members |= _MEMBERS[value]
            wide = wide or value in _NEGATED
        elif op in (C.LITERAL, C.RANGE):
            low, high = (value, value) if op is C.LITERAL else value
            ascii_members |= {chr(i) for i in range(low, min(high, 127) + 1)}
            wide = wide or high > 127
            if fold:
                ascii_members |= {a for code, a in _FOLDS_TO_ASCII.items() if low <= code <= high}
    if fold:
        wide = wide or bool(ascii_members & set("kKsS"))  # the Kelvin sign and the long s fold to these
        ascii_members |= {v for c in ascii_members for v in (c.lower(), c.upper())}
    if any(op is C.NEGATE for op, _ in items):
        return frozenset(_ASCII) - ascii_members, True
    return frozenset(ascii_members), wide


def byte_class(members: frozenset[str], *, wide: bool) -> str:
    """An RE2 class of these ASCII characters and, where `wide`, of every byte of a character beyond ASCII."""
    if len(members) == 128:
        return r"[\x00-\xff]" if wide else r"[\x00-\x7f]"
    out, codes = [], sorted(ord(c) for c in members)
    while codes:
        start = end = codes.pop(0)
        while codes and codes[0] == end + 1:
            end = codes.pop(0)
        out.append(f"\\x{start:02x}" + (f"-\\x{end:02x}" if end > start else ""))
    return "[" + "".join(out) + (r"\x80-\xff" if wide else "") + "]"


def _bytes(single: tuple[frozenset[str], bool], low: int, high: int) -> str:
    """`low` to `high` characters of a set, in bytes of reversed UTF-8."""
    members, wide = single
    cls = byte_class(members, wide=wide)
    if not wide:
        return cls if low == high == 1 else _repeat(cls, low, high)
    # any run of continuation bytes and a lead byte: in valid text that is one character
    ascii_part = byte_class(members, wide=False) + "|" if members else ""
    char = f"(?:{ascii_part}[\\x80-\\xbf]+[\\xc2-\\xf4])"
    return char if low == high == 1 else _repeat(char, low, high)
