"""Heads: the fixed beginning that tells most patterns apart (`ghp_`, `AKIA`, `-----BEGIN`).

A pattern with a head costs nothing until its head is seen: only then is it followed through the text. Two texts are made
from a tree: the *head*, an expression of fixed width over ASCII, and *ahead*, an expression of every prefix of a match.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants as C  # type: ignore[attr-defined]  # noqa: N812
from typing import Any

from guardproxy.text import syntax
from guardproxy.text.syntax import Node, Tree

PLENTY = 24.0
"""Bits at which a head is long enough: about four certain characters."""
MOST = 12
"""Characters of a head at most."""
ENOUGH = 15.0
"""Bits that a head must have (seven for a certain character): fewer would be seen everywhere."""


@dataclass(frozen=True, slots=True)
class Head:
    """`expression` matches exactly `width` bytes, and every match of the pattern begins with a match of it."""

    expression: str
    width: int
    bits: float
    open: bool = True
    """What follows may be added: the nodes so far are wholly in it."""


_EMPTY = Head("", 0, 0.0)


def head(tree: Tree) -> Head | None:
    """The pattern's head, or None where it has no beginning that tells enough."""
    found = _sequence(tree.nodes, syntax._flags(tree), MOST)
    return found if found.bits >= ENOUGH else None


def _sequence(nodes: Iterable[Node], flags: syntax._Flags, most: int) -> Head:
    out = _EMPTY
    for op, value in nodes:
        if out.width >= most or out.bits >= PLENTY:
            return _closed(out)
        one = _node(op, value, flags, most - out.width)
        out = Head(out.expression + one.expression, out.width + one.width, out.bits + one.bits, one.open)
        if not one.open:
            return out
    return out


def _closed(one: Head) -> Head:
    return Head(one.expression, one.width, one.bits, False)


def _node(op: Any, value: Any, flags: syntax._Flags, most: int) -> Head:
    if op is C.AT:
        return _EMPTY
    if op in (C.LITERAL, C.NOT_LITERAL, C.ANY, C.IN):
        members, wide = syntax._set(op, value, flags)
        if wide or not members:
            return _closed(_EMPTY)
        return Head(syntax.byte_class(members, wide=False), 1, 7 - math.log2(len(members)))
    if op is C.SUBPATTERN:
        return _sequence(value[3], flags.within(value[1], value[2]), most)
    if op is C.BRANCH:
        return _branch(value[1], flags, most)
    if op in (C.MAX_REPEAT, C.MIN_REPEAT):
        low, high, nodes = value
        return _repeated(low, high, nodes, flags, most)
    return _closed(_EMPTY)


def _branch(branches: Sequence[Sequence[Node]], flags: syntax._Flags, most: int) -> Head:
    """Alternatives, cut to the width of the shortest."""
    width = min(_sequence(b, flags, most).width for b in branches)
    if not width:
        return _closed(_EMPTY)
    heads = [_sequence(b, flags, width) for b in branches]
    expression = "(?:" + "|".join(dict.fromkeys(h.expression for h in heads)) + ")"
    bits = max(0.0, min(h.bits for h in heads) - math.log2(len(heads)))
    # open only where every alternative ends exactly here
    whole = all((full := _sequence(b, flags, most)).open and full.width == width for b in branches)
    return Head(expression, width, bits, whole and width < most)


def _repeated(low: int, high: int, nodes: Sequence[Node], flags: syntax._Flags, most: int) -> Head:
    if not low:
        return _closed(_EMPTY)
    one = _sequence(nodes, flags, most)
    if not one.open or not one.width:
        return _closed(one)
    enough = math.ceil(PLENTY / one.bits) if one.bits else low  # more would only keep more text in mind
    times = min(low, most // one.width, enough)
    return Head(f"(?:{one.expression}){{{times}}}", one.width * times, one.bits * times, times == low == high)


def ahead(trees: Iterable[Tree]) -> str:
    """An RE2 expression that matches a whole text where it is a prefix of a match of one of the trees, or a match.

    Assertions are dropped: it may match more, never less.
    """
    parts = []
    for tree in trees:
        body = _ahead(tree.nodes, syntax._flags(tree))
        parts.append(f"(?i:{body})" if tree.fold else f"(?:{body})")
    return "|".join(parts)


def _ahead(nodes: Iterable[Node], flags: syntax._Flags) -> str:
    """Prefixes of n1…nk: those of n1, or n1 and those of n2, …: nested, so that the size stays linear."""
    out = ""
    for op, value in reversed([n for n in nodes if n[0] is not C.AT]):
        own = _ahead_node(op, value, flags)
        out = f"(?:{_plain_node(op, value, flags)}(?:{out})|{own})" if out else own
    return out


def _ahead_node(op: Any, value: Any, flags: syntax._Flags) -> str:
    if op is C.BRANCH:
        return "(?:" + "|".join(p for b in value[1] if (p := _ahead(b, flags))) + ")"
    if op is C.SUBPATTERN:
        return syntax.scoped(value, _ahead(value[3], flags.within(value[1], value[2])))
    if op in (C.MAX_REPEAT, C.MIN_REPEAT):
        _, high, nodes = value
        if syntax._single(nodes, flags) is not None:
            return syntax._repeat(f"(?:{_plain(nodes, flags)})", 1, high)
        before = syntax._repeat(f"(?:{_plain(nodes, flags)})", 0, high - 1) if high > 1 else ""
        return f"(?:{before}{_ahead(nodes, flags)})"
    return _plain_node(op, value, flags)


def _plain(nodes: Iterable[Node], flags: syntax._Flags) -> str:
    return "".join(_plain_node(op, value, flags) for op, value in nodes)


def _plain_node(op: Any, value: Any, flags: syntax._Flags) -> str:
    """The node without assertions and groups."""
    if op is C.AT:
        return ""
    if op is C.BRANCH:
        return "(?:" + "|".join(_plain(b, flags) for b in value[1]) + ")"
    if op is C.SUBPATTERN:
        return syntax.scoped(value, _plain(value[3], flags.within(value[1], value[2])))
    if op in (C.MAX_REPEAT, C.MIN_REPEAT):
        low, high, nodes = value
        return syntax._repeat(f"(?:{_plain(nodes, flags)})", low, high)
    return syntax._truth_node(op, value, flags)
