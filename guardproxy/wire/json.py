"""Bodies as JSON: parsed strictly from clients, leniently from upstreams, bounded in depth. Knows no dialect."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

from guardproxy.types import Json, Path, WireError

MAX_DEPTH = 64
"""Nested objects and lists; deeper bodies only cost stack and time."""


def parse(body: bytes) -> dict[str, Any]:
    """A client's body. Raises WireError for what is no JSON object, is nested too deeply or holds half a character.

    Of duplicate keys the last one counts. That can't smuggle anything: what goes upstream is written from what was
    parsed here, never from the client's bytes.
    """
    if not body.strip():
        raise WireError("The body is empty; send a JSON object.", code="invalid_json")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as e:
        raise WireError(_complaint(e), code="invalid_json") from None
    if not isinstance(value, dict):
        raise WireError(f"The body must be a JSON object, not {kind(value)}.", code="invalid_json")
    if too_deep(value):
        raise WireError(_DEEP, code="invalid_json")
    return value


def parse_reply(body: bytes) -> Json:
    """An upstream's body or event. Halves of surrogate pairs stay in the strings, for the reader to join.

    Raises WireError for what is no JSON at all; the message holds nothing of the body.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass  # orjson refuses halves of surrogate pairs and broken UTF-8, which real servers send: be lenient
    try:
        value = json.loads(body.decode("utf-8", "replace"), parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        raise WireError("the upstream sent something that is not JSON", status=502, code="upstream_error") from None
    if too_deep(value):
        raise WireError("the upstream sent JSON that is nested too deeply", status=502, code="upstream_error")
    return value


_DEEP = f"The body is nested more than {MAX_DEPTH} levels deep; send a flatter one."


def _complaint(e: orjson.JSONDecodeError) -> str:
    """orjson's messages are fixed sentences: they hold nothing of the body."""
    place = f"line {e.lineno}, column {e.colno}"
    if "UTF-8" in e.msg and "BOM" not in e.msg:
        return "The body is not valid UTF-8; encode it as UTF-8."
    if "surrogate" in e.msg:
        return f"The body has half of a surrogate pair in a \\u escape ({place}); send whole characters."
    if "depth" in e.msg:
        return _DEEP
    return f"The body is not valid JSON: {e.msg} ({place})."


def too_deep(value: Json) -> bool:
    """Whether a value is nested more than `MAX_DEPTH` levels deep."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            child
            for one in level
            for child in (one.values() if type(one) is dict else one)
            if type(child) is dict or type(child) is list
        ]
    return bool(level)


def kind(value: Json) -> str:
    """What a value is, for a person."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def where(path: Path) -> str:
    """A path for a person: `messages[3].content`. Long keys are cut short."""
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step[:64]}" if out else step[:64]
    return out


def dump(value: Json) -> bytes:
    """Compact JSON. Halves of surrogate pairs become U+FFFD, numbers that JSON has no form for null."""
    try:
        return orjson.dumps(value)
    except TypeError:
        text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _finite(value: Json) -> Json:
    """The value without infinities, which `1e999` is read as."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def holds_text(value: Json) -> bool:
    """Whether a value can hold text: a string, keys of an object, a list (even one of numbers could spell it)."""
    return isinstance(value, str | dict | list) and bool(value)
