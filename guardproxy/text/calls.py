"""Arguments of tool calls as JSON: read strictly, since what two parsers read differently can't be judged."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from guardproxy.types import Json, ToolCall

MAX_DEPTH: Final = 64
"""Nested objects and lists of a call's arguments."""


def read_call(name: str, arguments: str, *, plain: bool = False) -> ToolCall:
    """A complete call with its arguments read.

    Not parsed are: what is no JSON, several documents, a key that stands twice in an object (parsers keep the first or
    the last), NaN and infinities, half of a surrogate pair, and nesting beyond `MAX_DEPTH`. No text at all means no
    arguments.
    """
    if plain:
        return ToolCall(name, arguments, plain=True)
    if not arguments.strip(" \t\r\n"):
        return ToolCall(name, arguments, parsed=True, value={})
    try:
        value = json.loads(arguments, object_pairs_hook=_object, parse_constant=_refused)
        arguments.encode()
    except (ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        return ToolCall(name, arguments)
    if not _fine(value):
        return ToolCall(name, arguments)
    return ToolCall(name, arguments, parsed=True, value=value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _fine(value: Json) -> bool:
    """No deeper than the limit, and every string whole characters."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Json] = []
        for one in level:
            if isinstance(one, dict):
                if not all(map(_whole, one)):
                    return False
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and not _whole(one):
                return False
        if not below:
            return True
        level = below
    return False


def _whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def strings(value: Json) -> list[str]:
    """Every string of a JSON value, keys included, in order."""
    out: list[str] = []
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            out.append(one)
        elif isinstance(one, dict):
            for key, inner in reversed(one.items()):
                stack += (inner, key)
        elif isinstance(one, list):
            stack += reversed(one)
    return out
