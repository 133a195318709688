"""The strings of a JSON document, with their places in its text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

MAX_DEPTH = 4
"""JSON in strings in JSON: read this deep; beyond it the raw text has to do."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_COLON = re.compile(r"\s*:")


@dataclass(frozen=True, slots=True)
class JsonString:
    """A string of the document: its place with the quotes, and its value."""

    start: int
    end: int
    key: bool
    value: str


def is_json(text: str) -> bool:
    """Whether the text is one JSON value, numbers of any length included."""
    try:
        json.loads(text, parse_int=len, parse_float=len)
    except (ValueError, RecursionError):
        return False
    return True


def strings_of(text: str) -> list[JsonString]:
    """Every string of a JSON text, keys included, in order."""
    return [
        JsonString(m.start(), m.end(), bool(_COLON.match(text, m.end())), json.loads(m[0], strict=False))
        for m in _STRING.finditer(text)
    ]
