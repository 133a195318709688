"""Text that is itself a JSON document (arguments of tool calls): read raw and decoded, edited inside strings only.

Both views are scanned, since each sees what the other hides: the raw text has keys beside values and numbers, the
decoded strings have no escapes. An edit is made on the decoded string and escaped again, so that the document stays
one. What would have to change outside a string value (a key, a number, punctuation) can't be taken out: it blocks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from guardproxy.engine.gate import Gate
from guardproxy.policy.decide import unite
from guardproxy.types import Edit

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_COLON = re.compile(r"\s*:")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_DEPTH = 4
"""JSON in strings in JSON: read this deep; beyond it the raw views have to do."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A string of the document: its place with the quotes, and its value."""

    start: int
    end: int
    key: bool
    value: str


def is_json(text: str) -> bool:
    """Whether the text is one JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


async def guard_json(text: str, open_gate: Callable[[], Gate], *, depth: int = 0) -> str:
    """The text with its edits made, still JSON. What is no JSON is guarded as plain text. Raises Cut."""
    gate = open_gate()
    if not is_json(text):
        return await gate.feed(text, last=True)
    edits = await gate.judge(text)
    out: list[str] = []
    at = 0
    inside = 0
    for token in _tokens(text):
        own = [e for e in edits if e.start > token.start and e.end < token.end]
        inside += len(own)
        if token.key:
            if own:
                gate.refuse(own[0])
            await _guard_key(token.value, open_gate)
            continue
        value = await _guard_value(text, token, own, open_gate, depth)
        if value != token.value:
            out += (text[at : token.start], json.dumps(value, ensure_ascii=False))
            at = token.end
    if inside < len(edits):
        gate.refuse(next(e for e in edits if not _in_string(e, text)))
    out.append(text[at:])
    return "".join(out)


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(m.start(), m.end(), bool(_COLON.match(text, m.end())), json.loads(m[0], strict=False))
        for m in _STRING.finditer(text)
    ]


def _in_string(edit: Edit, text: str) -> bool:
    return any(t.start < edit.start and edit.end < t.end for t in _tokens(text))


async def _guard_key(key: str, open_gate: Callable[[], Gate]) -> None:
    gate = open_gate()
    if edits := await gate.judge(key):
        gate.refuse(edits[0])


async def _guard_value(text: str, token: _Token, raw: list[Edit], open_gate: Callable[[], Gate], depth: int) -> str:
    """A string value with the edits of both views made, and JSON inside it guarded too."""
    gate = open_gate()
    own, outer = await gate.judge(token.value), [_decoded(text, token, e) for e in raw]
    if depth < _DEPTH and token.value.lstrip()[:1] in ("{", "[", '"') and is_json(token.value):
        for edit in outer:  # seen from outside only (by its key, say): inside it might break the inner document
            if not any(e.start < edit.end and edit.start < e.end for e in own):
                gate.refuse(edit)
        return await guard_json(token.value, open_gate, depth=depth + 1)
    return gate.render(token.value, unite([*own, *outer]))


def _decoded(text: str, token: _Token, edit: Edit) -> Edit:
    """An edit of the raw text as one of the decoded value: whole characters only."""
    start = end = None
    at, index = token.start + 1, 0
    for piece in _ESCAPE.finditer(text, at, token.end - 1):
        if start is None and piece.end() > edit.start:
            start = index
        if piece.start() < edit.end:
            end = index + 1
        index += 1
    return Edit(start or 0, index if end is None else end, edit.style, edit.label, edit.rule)
