"""Requests of the Responses API as segments: every string that goes upstream, and where it stands. Decides nothing.

The server never keeps anything: `store` is false upstream. What a client wants kept, or refers to, is guardproxy's own
state, which is put into `input` before a request comes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from guardproxy.types import Json, Path, WireError
from guardproxy.wire import moderations
from guardproxy.wire.base import Conversation
from guardproxy.wire.parameters import SHARED, require_model, schema_of
from guardproxy.wire.request import (
    Check,
    Reading,
    Table,
    bad,
    boolean,
    document,
    each,
    either,
    fields,
    ignored,
    integer,
    name,
    refused,
    rewrite,
    text,
    word,
    wrong,
)
from guardproxy.wire.responses_items import STORE_HINT, items

DROPPED: Final = frozenset({"metadata", "moderation", "background", "previous_response_id", "conversation"})
"""Not forwarded: guardproxy's own business, or labels of what a server would store."""
ECHOED: Final = (
    "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "prompt_cache_key",
    "reasoning", "safety_identifier", "service_tier", "temperature",
    "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation",
    "user",
)  # fmt: skip
"""Parameters that a reply repeats. What it says about state is for who keeps it to say."""

_EFFORT: Final[Check] = word("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SUMMARY: Final[Check] = word("auto", "concise", "detailed", "none")
_FORMAT: Final[Table] = {
    "type": word("text", "json_object", "json_schema", "grammar"),
    "name": name,
    "description": text,
    "schema": document,
    "strict": boolean,
    "json_schema": document,
}
_FUNCTION: Final[Table] = {
    "type": word("function"),
    "name": name,
    "description": text,
    "parameters": document,
    "strict": boolean,
    "defer_loading": boolean,
}
_CLIENT_RUNS: Final = frozenset({"local_shell", "apply_patch", "computer", "computer_use_preview", "namespace"})
"""Kinds of tools that a client runs itself, besides functions and custom tools."""
_CUSTOM: Final[Table] = {"type": word("custom"), "name": name, "description": text, "format": document}


def _tool(reading: Reading, value: Json, path: Path) -> None:
    """A function, a custom tool, or one that the server runs itself: its options are read as free-form values."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise wrong(path, "a tool (an object with a `type`)", value)
    if value["type"] == "function":
        reading.walk(value, path, _FUNCTION)
    elif value["type"] == "custom":
        reading.walk(value, path, _CUSTOM)
    else:
        if _upstream_runs(value):
            reading.upstream_tools.append(value["type"])
        document(reading, value, path)


def _upstream_runs(tool: dict[str, Any]) -> bool:
    """Whether a tool's results come into being at the server. Those of others come with the client's next request."""
    environment = tool.get("environment")
    if isinstance(environment, dict) and environment.get("type") == "local":
        return False
    return tool["type"] not in _CLIENT_RUNS and tool.get("execution") != "client"


def _format(reading: Reading, value: Json, path: Path) -> None:
    reading.walk(value, path, _FORMAT)


def _owned(what: str) -> Check:
    """What refers to state. It is put in place before; what is left names nothing that guardproxy keeps."""
    return refused(f"{what} are not kept here; {STORE_HINT}")


_STORED_PROMPT: Final = refused("the server would put in a stored text that no filter has read")
_PARAMETERS: Final[dict[str, Check]] = {
    **{one: check for one, check in SHARED.items() if one not in ("n", "stop", "suffix")},
    "input": items,
    "instructions": text,
    "previous_response_id": ignored,
    "conversation": ignored,
    "background": boolean,
    "include": each(
        word(
            "message.output_text.logprobs", "code_interpreter_call.outputs", "file_search_call.results",
            "web_search_call.results", "web_search_call.action.sources", "computer_call_output.output.image_url",
            "message.input_image.image_url", "reasoning.encrypted_content",
        )
    ),
    "tools": each(_tool),
    "tool_choice": either(string=word("none", "auto", "required"), other=document),
    "parallel_tool_calls": boolean,
    "max_output_tokens": integer(),
    "max_tool_calls": integer(),
    "text": fields({"format": _format, "verbosity": word("low", "medium", "high")}),
    "reasoning": fields(
        {
            "effort": _EFFORT, "summary": _SUMMARY, "generate_summary": _SUMMARY, "context": document,
            "mode": word("auto", "standard"),
        }
    ),
    "top_logprobs": integer(0, 128),
    "truncation": word("auto", "disabled"),
    "context_management": _owned("compacted conversations"),
    "prompt": _STORED_PROMPT,
    "moderation": moderations.parameter,
    "enable_response_messages": refused("the reply would repeat the whole conversation", harmless=(False,)),
    "previous_input_messages": _STORED_PROMPT,
    "request_id": name,
}  # fmt: skip


def read(body: Json, extra: frozenset[str]) -> Conversation:
    """The request as segments. Raises WireError, naming the parameter, for what is malformed or not known."""
    reading = Reading(extra)
    reading.walk(body, (), _PARAMETERS)
    model = require_model(body)
    if body.get("input") is None:
        raise WireError("`input` is missing; send what the user says.", code="missing_parameter", param="input")
    for reference in ("previous_response_id", "conversation"):
        if body.get(reference) is not None:
            _owned("responses and conversations")(reading, body[reference], (reference,))
    if body.get("background"):
        _owned("responses")(reading, True, ("background",))
    if not reading.segments and not reading.unread:
        raise bad(("input",), "the request says nothing")
    return Conversation(
        model=model,
        stream=bool(body.get("stream")),
        segments=tuple(reading.segments),
        unread=tuple(reading.unread),
        upstream_tools=tuple(reading.upstream_tools),
        tools=frozenset(t["name"] for t in body.get("tools") or () if isinstance(t.get("name"), str)),
        json_reply=_json_wanted(body),
        moderation=moderations.wanted(body),
        schema=schema_of((body.get("text") or {}).get("format")),
        echo={one: body[one] for one in ECHOED if body.get(one) is not None},
    )


def _json_wanted(body: dict[str, Any]) -> bool:
    form = (body.get("text") or {}).get("format") or {}
    return form.get("type") in ("json_object", "json_schema")


def write(body: dict[str, Any], edits: Mapping[Path, str]) -> dict[str, Any]:
    """The body for the upstream. Some servers stream, and keep what they say, unless told not to."""
    out = rewrite(body, edits, DROPPED)
    return {**out, "stream": bool(out.get("stream")), "store": False}
