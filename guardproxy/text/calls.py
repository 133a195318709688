"""Arguments of tool calls as JSON: read strictly, since what two parsers read differently can't be judged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from guardproxy.types import Json, ToolCall

_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([/\"\\]))")
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
    level: list[dict[str, Json] | list[Json]] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        inside = [one for container in level for one in (*container, *_values(container))]
        if not all(_whole(one) for one in inside if isinstance(one, str)):
            return False
        level = [one for one in inside if isinstance(one, dict | list)]
        if not level:
            return True
    return False


def _values(container: Json) -> Iterable[Json]:
    return container.values() if isinstance(container, dict) else ()


def _whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def unescaped(text: str) -> str:
    """Text that should be JSON and is none, with the escapes that a lenient parser would decode."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)


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
