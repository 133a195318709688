"""Whether some characters stand in a text at all: one hyperscan scan, so that a text without them costs next to nothing."""

from __future__ import annotations

from collections.abc import Callable

from guardproxy.text.compiled import compile_gates
from guardproxy.text.syntax import PatternError


def seen(expression: str, *, wide: bool) -> Callable[[bytes], bool]:
    """A function that says whether UTF-8 text holds a match. `wide`: the expression has characters beyond ASCII."""
    gates = compile_gates([(expression.encode(), wide)])
    if gates.ungated:
        raise PatternError(f"hyperscan refused {expression!r}")
    hits: list[int] = []
    scan = gates.scanner(hits)

    def look(data: bytes) -> bool:
        hits.clear()
        scan(data)
        return bool(hits)

    return look


def spelled(inside: str) -> str:
    """The inside of a class with every character beyond ASCII written as its number."""
    return "".join(c if c.isascii() else f"\\x{{{ord(c):x}}}" for c in inside)
