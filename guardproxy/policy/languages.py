"""Messages in several languages: which one a client gets.

`Accept-Language` is read as RFC 9110 §12.5.4 writes it, and a message is looked up as RFC 4647 §3.4 does: the client's
ranges by their weight, each shortened until some message fits.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Words: TypeAlias = str | tuple[tuple[str, str], ...]
"""A message: the same for everyone, or (language tag, text) in the order of the file."""

TAG: Final = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5}$"
"""A language tag as authors write it (BCP 47, its common part): `en`, `de-CH`, `zh-Hant`."""
MAX_TEXT: Final = 2000
FALLBACK: Final = "en"
MAX_HEADER: Final = 1000
"""Characters of the header that are read: the client writes it."""
_RANGE = re.compile(
    r"(?P<tag>[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8})\s*(?:;\s*q\s*=\s*(?P<weight>[01](?:\.[0-9]{0,3})?)\s*)?"
)


def accepted(header: str) -> tuple[str, ...]:
    """The language ranges of an `Accept-Language`, the most wanted first. What is not well formed is left out; `*` asks for
    nothing that the fallback wouldn't give."""
    found: list[tuple[float, str]] = []
    for part in header[:MAX_HEADER].split(","):
        one = _RANGE.fullmatch(part.strip())
        weight = min(float(one["weight"] or 1), 1.0) if one else 0.0
        if one and weight:
            found.append((-weight, one["tag"].lower()))
    found.sort(key=lambda f: f[0])  # ranges of one weight stay in the client's order
    return tuple(tag for _, tag in found)


def worded(words: Words, languages: tuple[str, ...] = ()) -> str:
    """The text for a client that accepts these languages (as of `accepted`); else the English one, else the first."""
    if isinstance(words, str):
        return words
    by_tag = {tag.lower(): text for tag, text in words}
    for wanted in languages:
        if (text := _lookup(by_tag, wanted)) is not None:
            return text
    return by_tag.get(FALLBACK) or words[0][1]


def _lookup(by_tag: dict[str, str], wanted: str) -> str | None:
    """The text of the longest tag that begins `wanted`; else of the first that goes on from it: `de` takes `de-CH`."""
    parts = wanted.split("-")
    for length in range(len(parts), 0, -1):
        if (text := by_tag.get("-".join(parts[:length]))) is not None:
            return text
    return next((text for tag, text in by_tag.items() if tag.startswith(f"{wanted}-")), None)


# ---------------------------------------------------------------------------------------------------- form


def _problem(why: str, at: tuple[str, ...] = ()) -> PydanticCustomError:
    return PydanticCustomError("condition", "{why}", {"why": why, "at": at})


def parse_message(value: Any) -> str | dict[str, str]:
    """A message for clients: a text, or texts by language."""
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, dict) or not value:
        shown = " in quotes" if isinstance(value, (int, float)) else ""
        raise _problem(f"expected text{shown}, or texts by language, as in {{en: ..., de: ...}}")
    seen: set[str] = set()
    for tag, text in value.items():
        if not isinstance(tag, str) or not re.fullmatch(TAG, tag):
            why = f"{tag!r} is no language tag; write one like en, de-CH or zh-Hant, in quotes"
            raise _problem(why, (tag,) if isinstance(tag, str) else ())
        if tag.lower() in seen:
            raise _problem(f"the language {tag!r} stands twice; upper and lower case are the same", (tag,))
        seen.add(tag.lower())
        _text(text, (tag,))
    return value


def _text(value: Any, at: tuple[str, ...] = ()) -> str:
    if not isinstance(value, str):
        raise _problem("expected text; put it in quotes", at)
    if not 1 <= len(value) <= MAX_TEXT:
        why = f"is longer than {MAX_TEXT:,} characters" if value else "is empty"
        raise _problem(f"the text {why}", at)
    return value


_TEXT_SCHEMA: Final = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
MESSAGE_SCHEMA: Final = {
    "anyOf": [
        _TEXT_SCHEMA,
        {
            "type": "object",
            "patternProperties": {TAG: _TEXT_SCHEMA},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}
Message: TypeAlias = Annotated[str | dict[str, str], PlainValidator(parse_message), WithJsonSchema(MESSAGE_SCHEMA)]
"""A text, or texts by language."""
