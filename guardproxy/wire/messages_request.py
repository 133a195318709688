"""Requests of Anthropic's Messages API as segments: every string that goes upstream, and where it stands. Decides nothing.

Source of the fields: the types of Anthropic's Python client, and what vLLM, Ollama and llama.cpp read of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from guardproxy.types import Json, Path, WireError
from guardproxy.wire.base import Conversation
from guardproxy.wire.messages_blocks import CACHE, messages, system
from guardproxy.wire.parameters import DROPPED, TEMPLATE, model_name, require_model, schema_of
from guardproxy.wire.request import (
    Check,
    Reading,
    Table,
    boolean,
    document,
    each,
    fields,
    ignored,
    integer,
    name,
    number,
    refused,
    rewrite,
    text,
    texts,
    word,
    wrong,
)

_FORMAT: Final[Check] = fields({"type": word("json_schema"), "schema": document})
_THINKING: Final[Table] = {
    "type": word("enabled", "disabled", "adaptive"),
    "budget_tokens": integer(),
    "display": word("summarized", "omitted"),
}
_TOOL: Final[Table] = {
    "type": word("custom"),
    "name": name,
    "description": text,
    "input_schema": document,
    "input_examples": document,
    "strict": boolean,
    "defer_loading": boolean,
    "eager_input_streaming": boolean,
    "cache_control": CACHE,
    "allowed_callers": texts,
}
_PUT: Final[Check] = refused(TEMPLATE)


_CLIENT_RUNS: Final = ("bash_", "browser_", "computer_", "memory_", "text_editor_")
"""Beginnings of the types of built-in tools that the client runs: what they give comes with its next request."""


def _tool(reading: Reading, value: Json, path: Path) -> None:
    """A tool of the client's, or one that the server runs itself: its options are read as one free-form value."""
    if not isinstance(value, dict):
        raise wrong(path, "a tool (an object with a `name`)", value)
    if value.get("type") in (None, "custom"):
        reading.walk(value, path, _TOOL)
    else:
        if isinstance(value["type"], str) and not value["type"].startswith(_CLIENT_RUNS):
            reading.upstream_tools.append(value["type"])
        document(reading, value, path)


_COUNTED: Final[Table] = {
    "model": model_name,
    "messages": messages,
    "system": system,
    "tools": each(_tool),
    "tool_choice": fields(
        {"type": word("auto", "any", "tool", "none"), "name": name, "disable_parallel_tool_use": boolean}
    ),
    "thinking": fields(_THINKING),
    "output_config": fields({"effort": word("low", "medium", "high", "xhigh", "max"), "format": _FORMAT}),
    "output_format": _FORMAT,
    "cache_control": CACHE,
    "context_management": document,
    "chat_template_kwargs": _PUT,
}
"""What a request to count tokens has too."""
_PARAMETERS: Final[Table] = {
    **_COUNTED,
    "max_tokens": integer(),
    "metadata": ignored,
    "stop_sequences": each(text),
    "stream": boolean,
    "temperature": number,
    "top_p": number,
    "top_k": integer(),
    "service_tier": word("auto", "standard_only"),
    "speed": word("standard", "fast"),
    "inference_geo": text,
    "container": refused("a stored container holds what no filter has read"),
    "mcp_servers": refused("the server would fetch what no filter has read"),
}


def read(body: Json, extra: frozenset[str], *, count: bool = False) -> Conversation:
    """The request as segments. Raises WireError, naming the parameter, for what is malformed or not known."""
    reading = Reading(extra)
    reading.walk(body, (), _COUNTED if count else _PARAMETERS)
    model = require_model(body)
    if body.get("messages") is None:
        raise WireError("`messages` is missing; send the conversation.", code="missing_parameter", param="messages")
    stops = body.get("stop_sequences")
    return Conversation(
        model=model,
        stream=bool(body.get("stream")),
        segments=tuple(reading.segments),
        unread=tuple(reading.unread),
        upstream_tools=tuple(reading.upstream_tools),
        tools=frozenset(t["name"] for t in body.get("tools") or () if isinstance(t.get("name"), str)),
        json_reply=_json_wanted(body),
        schema=schema_of(body.get("output_format")) or schema_of((body.get("output_config") or {}).get("format")),
        echo={"stop_sequences": stops} if stops else {},
    )


def _json_wanted(body: dict[str, Any]) -> bool:
    return body.get("output_format") is not None or (body.get("output_config") or {}).get("format") is not None


def write(body: dict[str, Any], edits: Mapping[Path, str]) -> dict[str, Any]:
    """The body for the upstream."""
    return rewrite(body, edits, DROPPED)
