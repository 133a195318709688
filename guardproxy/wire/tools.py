"""Tools in any dialect (Chat, legacy functions, Responses, Messages, Ollama): which a request declares, and what one that
the upstream ran was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from guardproxy.types import Json
from guardproxy.wire.json import dump

_LISTS: Final = ("tools", "functions")
_INNER: Final = ("function", "custom")


def declared_tools(body: Json) -> frozenset[str]:
    """Names under which the model may call what the request declares. A tool without a name goes by its type."""
    if not isinstance(body, dict):
        return frozenset()
    return frozenset(name for key in _LISTS for name in _names(body.get(key), 0))


def _names(tools: Json, depth: int) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        inner = next((tool[key] for key in _INNER if isinstance(tool.get(key), dict)), tool)
        name = inner.get("name")
        if isinstance(tool.get("tools"), list) and depth == 0:  # a name space: its tools are called by their own names
            own = list(_names(tool["tools"], 1))
            yield from own
            yield from (f"{name}.{one}" for one in own if isinstance(name, str))
        elif isinstance(name, str):
            yield name
        elif isinstance(tool.get("type"), str):
            yield tool["type"]


def arguments_of(call: dict[str, Json]) -> str:
    """What a tool that the upstream ran was given: its arguments where they have a place of their own, else all of it."""
    given = call.get("arguments", call.get("input"))
    return given if isinstance(given, str) else dump(given if isinstance(given, dict) else call).decode()
