"""Tool calls of a reply: collected from fragments, guarded whole. A truncated call is still executable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from guardproxy.engine import Gate
from guardproxy.engine.json_text import guard_json
from guardproxy.types import Json, Origin, WireError
from guardproxy.wire.base import Call
from guardproxy.wire.json import dump

MAX_CALL = 256 * 1024
"""Characters of arguments, over all calls of a choice, that are kept until the calls are decided."""
MAX_CALLS = 128
"""Tool calls of one choice."""


@dataclass(slots=True)
class Collected:
    """A call as far as it has come."""

    kind: str
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    inferred: bool = False
    field: str = ""


async def guard_call(call: Call, origin: Origin, open_gate: Callable[[Origin], Gate]) -> Call:
    """A complete call with its arguments edited. Name and id can't be: a finding in them cuts. Raises Cut."""
    for text in (call.name, call.id):
        if text:
            gate = open_gate(origin)
            if edits := await gate.judge(text):
                gate.refuse(edits[0])
    if not call.arguments:
        return call
    if call.kind == "custom":
        arguments = await open_gate(origin).feed(call.arguments, last=True)
    else:
        arguments = await guard_json(call.arguments, lambda: open_gate(origin))
    return replace(call, arguments=arguments)


def strings(value: Json) -> list[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in (str(k), *strings(v))]
    if isinstance(value, list):
        return [s for v in value for s in strings(v)]
    return []


async def guard_object(value: dict[str, Any], origin: Origin, open_gate: Callable[[Origin], Gate]) -> dict[str, Any]:
    """A JSON object with its strings edited: keys, numbers and what stands beside them are read too. Raises Cut.

    Raises WireError for what can not be written as JSON.
    """
    if not value:
        return value
    try:
        text = dump(value).decode()
    except (ValueError, RecursionError):
        raise WireError("the upstream sent a value that is no JSON") from None
    guarded = await guard_json(text, lambda: open_gate(origin))
    edited: dict[str, Any] = value if guarded == text else orjson.loads(guarded)
    return edited
