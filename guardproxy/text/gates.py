"""Gates: expressions that say quickly that a pattern can't match. They may say "maybe" too often, never wrongly "no"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from re import _constants as C  # type: ignore[attr-defined]  # noqa: N812
from re import _parser as P  # type: ignore[attr-defined]  # noqa: N812
from typing import Any

from guardproxy.text import syntax
from guardproxy.text.syntax import Node, Tree

_PIECE = 16  # hyperscan counts dearly: a gate repeats without end above this
_FREQUENT = {**dict.fromkeys("etaoinshrdlu", 0.05), **dict.fromkeys("-_./,:;'\"()", 0.02), " ": 0.15}
_RARE = {**dict.fromkeys("0123456789", 0.004), "@": 0.0002}
_BETTER = 4.0
"""A later beginning must be so many times rarer."""
_TELLING = 4.0
"""Bits of a beginning that says something by itself (a word, the code of a country is not): it stays."""
_LEAST = 3
"""Characters that what is left of a gate must match at least."""


def gate(tree: Tree) -> tuple[bytes, bool] | None:
    """A hyperscan expression that matches wherever the truth does, and whether it needs UTF-8 mode.

    Assertions are dropped, optional tails cut and common beginnings left out, so it may match more. None: no useful gate.
    """
    nodes = list(tree.nodes)
    while nodes and nodes[-1][0] is C.AT:
        nodes.pop()
    cut = _cut_head(_cut_tail(nodes), syntax._flags(tree))
    text = ("(?i)" if tree.fold else "") + _gate(cut, syntax._flags(tree))
    probe = P.SubPattern(P.State(), list(cut))
    if probe.getwidth()[0] == 0:
        return None
    wide = tree.fold or _wide(cut)
    return text.encode(), wide


def _cut_tail(nodes: Sequence[Node]) -> list[Node]:
    """The shortest form of the end: a match holds a match of this."""
    out = list(nodes)
    while out and out[-1][0] in (C.MAX_REPEAT, C.MIN_REPEAT, C.AT):
        op, value = out.pop()
        if op is not C.AT and value[0]:
            out.append((C.MAX_REPEAT, (value[0], value[0], value[2])))
            break
    return out


def _cut_head(nodes: list[Node], flags: syntax._Flags) -> list[Node]:
    """The end of a sequence from where its first character is a rare one (`@`, a digit): a match holds a match of it.

    Hyperscan looks closer wherever a pattern could begin. One that begins with any letter makes it look everywhere; one
    that begins with a word it finds by the word.
    """
    if not nodes or nodes[0][0] is C.LITERAL:
        return nodes
    best, rarest = 0, _frequency(nodes[0], flags) / _BETTER
    told = 0.0
    for at in range(1, len(nodes)):
        told += _bits(nodes[at - 1 : at], flags)
        if told > _TELLING:
            break
        if P.SubPattern(P.State(), nodes[at:]).getwidth()[0] >= _LEAST:
            frequency = _frequency(nodes[at], flags)
            if frequency < rarest:
                best, rarest = at, frequency / _BETTER
    return nodes[best:]


def _bits(nodes: Sequence[Node], flags: syntax._Flags) -> float:
    """How much the nodes tell: minus the logarithm of how often text has something that they match, at least."""
    total = 0.0
    for op, value in nodes:
        if op is C.SUBPATTERN:
            total += _bits(value[3], flags.within(value[1], value[2]))
        elif op is C.BRANCH:
            total -= math.log2(min(1.0, sum(2 ** -_bits(b, flags) for b in value[1])))
        elif op in (C.MAX_REPEAT, C.MIN_REPEAT):
            total += value[0] * _bits(value[2], flags)
        elif op is not C.AT:
            total -= math.log2(max(_frequency((op, value), flags), 1e-6))
    return total


def _frequency(node: Node, flags: syntax._Flags) -> float:
    """About how often text has a character that the node can begin with; 1 where that can't be told."""
    op, value = node
    if op is C.SUBPATTERN:
        return _frequency(value[3][0], flags.within(value[1], value[2])) if len(value[3]) else 1.0
    if op is C.BRANCH:
        return min(1.0, sum(_frequency(b[0], flags) if len(b) else 1.0 for b in value[1]))
    if op in (C.MAX_REPEAT, C.MIN_REPEAT):
        return _frequency(value[2][0], flags) if value[0] and len(value[2]) else 1.0
    if op not in (C.LITERAL, C.NOT_LITERAL, C.ANY, C.IN):
        return 1.0
    members, wide = syntax._set(op, value, flags)
    if op is C.LITERAL and not members:
        return 0.02
    # one beyond ASCII is as likely as a letter: it may be any script's
    return min(1.0, sum(_FREQUENT.get(c.lower(), _RARE.get(c, 0.01)) for c in members) + (0.3 if wide else 0.0))


def _gate(nodes: Iterable[Node], flags: syntax._Flags) -> str:
    return "".join(_gate_node(op, value, flags) for op, value in nodes)


def _gate_node(op: Any, value: Any, flags: syntax._Flags) -> str:
    if op is C.AT:
        return ""
    if op is C.BRANCH:
        return "(?:" + "|".join(_gate(b, flags) for b in value[1]) + ")"
    if op is C.SUBPATTERN:
        return syntax.scoped(value, _gate(value[3], flags.within(value[1], value[2])))
    if op in (C.MAX_REPEAT, C.MIN_REPEAT):
        low, high, nodes = value
        inner = _gate(nodes, flags)
        return f"(?:{inner}){syntax._count(low, high if high <= _PIECE else C.MAXREPEAT)}" if inner else ""
    text = syntax._truth_node(op, value, flags)
    # RE2's `\w` takes in what folds to a letter, where case does not count; hyperscan's does not
    return text.replace("\\w", "\\w\\x{17f}\\x{212a}") if flags.fold and op is C.IN else text


def _wide(nodes: Iterable[Node]) -> bool:
    """Whether a match could hold a character beyond ASCII."""
    for op, value in nodes:
        if (op is C.LITERAL and value > 127) or op in (C.NOT_LITERAL, C.ANY):
            return True
        if op is C.IN and syntax._members(value, fold=False)[1]:
            return True
        if op is C.BRANCH and any(_wide(b) for b in value[1]):
            return True
        if op is C.SUBPATTERN and (value[1] & re.I or _wide(value[3])):
            return True
        if op in (C.MAX_REPEAT, C.MIN_REPEAT) and _wide(value[2]):
            return True
    return False
