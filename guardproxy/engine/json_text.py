"""Text that is itself a JSON document (arguments of tool calls): read raw and decoded, edited inside strings only.

Both views are scanned, since each sees what the other hides: the raw text has keys beside values and numbers, the
decoded strings have no escapes. An edit is made on the decoded string and escaped again, so that the document stays
one. What would have to change outside a string value (a key, a number, punctuation) can't be taken out: it blocks.
Text that should be JSON and is none (cut short, several documents) is read in both views too: lenient parsers decode it.
"""

from __future__ import annotations

import asyncio
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace

from guardproxy.engine.gate import Gate
from guardproxy.engine.observe import heard
from guardproxy.engine.strings import MAX_DEPTH, JsonString, is_json, strings_of
from guardproxy.policy.decide import unite
from guardproxy.types import Edit

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
MAX_STRINGS = 20_000
"""Strings of one document, keys included: each is a text of its own."""
_TURN = 64
"""Strings after which other requests have their turn."""


async def guard_json(
    text: str, open_view: Callable[[], Gate], *, depth: int = 0, quiet: Callable[[str], bool] | None = None
) -> str:
    """The text with its edits made, still JSON. What is no JSON is guarded as plain text. Raises Cut.

    `quiet`: whether surely nothing is found in a text, as `Guard.quiet`; keys and values that are need no gate of their own.
    """
    gate = open_view()
    if not is_json(text):
        return await _guard_broken(gate, text, open_view)
    edits = await gate.judge(text)
    told = (gate.known or frozenset()) | heard(gate.facts, gate.decision)

    def open_gate() -> Gate:
        """A gate for another view of the same text."""
        inner = open_view()
        inner.known = told
        return inner

    tokens = strings_of(text)
    if len(tokens) > MAX_STRINGS:
        gate.overflow()
    starts = [e.start for e in edits]
    out: list[str] = []
    at = 0
    inside = 0
    for number, token in enumerate(tokens, 1):
        if not number % _TURN:
            await asyncio.sleep(0)
        near = edits[bisect_right(starts, token.start) : bisect_left(starts, token.end)]
        own = [e for e in near if e.end < token.end]
        inside += len(own)
        if token.key:
            if own:
                gate.refuse(own[0])
            if quiet is None or not quiet(token.value):
                await _guard_key(token.value, open_gate)
            continue
        if quiet is not None and not own and not _nested(token.value) and quiet(token.value):
            continue
        value = await _guard_value(text, token, own, open_gate, depth)
        if value is not None:
            out += (text[at : token.start + 1], value)
            at = token.end - 1
    if inside < len(edits):
        gate.refuse(next(e for e in edits if not _in_string(e, tokens)))
    out.append(text[at:])
    return "".join(out)


async def _guard_broken(gate: Gate, text: str, open_gate: Callable[[], Gate]) -> str:
    """Text that is no JSON, edited as it stands. What shows only when its escapes are decoded can't be edited."""
    view = out = await gate.feed(text, last=True)
    for _ in range(MAX_DEPTH):
        if "\\" not in view:
            break
        view, decoded = _ESCAPE.sub(_unescaped, view), open_gate()
        if edits := await decoded.judge(view):
            decoded.refuse(edits[0])
    return out


def _unescaped(match: re.Match[str]) -> str:
    piece = match[0]
    if piece[:2] == "\\u" and len(piece) > 2:
        return str(json.loads(f'"{piece}"'))
    return _NAMED.get(piece[1], piece[1]) if len(piece) == 2 else piece


def _in_string(edit: Edit, tokens: list[JsonString]) -> bool:
    return any(t.start < edit.start and edit.end < t.end for t in tokens)


async def _guard_key(key: str, open_gate: Callable[[], Gate]) -> None:
    if not key:
        return
    gate = open_gate()
    if edits := await gate.judge(key):
        gate.refuse(edits[0])


async def _guard_value(
    text: str, token: JsonString, raw: list[Edit], open_gate: Callable[[], Gate], depth: int
) -> str | None:
    """What stands between the quotes now: the edits of both views made, and JSON inside it guarded too. None: the same."""
    if not token.value:
        return None
    gate = open_gate()
    own = await gate.judge(token.value)
    places = [m.start() for m in _ESCAPE.finditer(text, token.start + 1, token.end - 1)] if own or raw else []
    outer = _decoded(places, raw)
    if depth < MAX_DEPTH and _nested(token.value) and is_json(token.value):
        for edit in outer:  # seen from outside only (by its key, say): inside it might break the inner document
            if not any(e.start < edit.end and edit.start < e.end for e in own):
                gate.refuse(edit)
        value = await guard_json(token.value, open_gate, depth=depth + 1)
        return None if value == token.value else escaped(value)
    if not (edits := unite([*own, *outer])):
        return None
    places.append(token.end - 1)
    out: list[str] = []
    at = token.start + 1
    for edit in edits:
        said = gate.replacement(edit, token.value[edit.start : edit.end])
        out += (text[at : places[edit.start]], escaped(said))
        at = places[edit.end]
    return "".join((*out, text[at : token.end - 1]))


def _nested(value: str) -> bool:
    """Whether it may be a document itself."""
    return value.lstrip()[:1] in ("{", "[", '"')


def escaped(value: str) -> str:
    """A text as it stands between the quotes of a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _decoded(places: list[int], raw: list[Edit]) -> list[Edit]:
    """Edits of the raw text as ones of the decoded value, whose characters stand at these places: whole characters only."""
    return [replace(e, start=bisect_right(places, e.start) - 1, end=bisect_left(places, e.end)) for e in raw]
