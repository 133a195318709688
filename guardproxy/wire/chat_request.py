"""Requests of Chat Completions as segments: every string that goes upstream, and where it stands. Decides nothing."""

from __future__ import annotations

from typing import Any, Final

from guardproxy.types import Channel, Json, Path, Role, WireError
from guardproxy.wire import moderations
from guardproxy.wire.base import Conversation
from guardproxy.wire.parameters import SHARED, json_wanted, require_model, schema_wanted, usage_wanted
from guardproxy.wire.request import (
    Check,
    Reading,
    Table,
    anything,
    bad,
    boolean,
    document,
    each,
    either,
    fields,
    identifier,
    integer,
    name,
    refused,
    text,
    word,
    wrong,
)

MAX_MESSAGES = 5_000
"""Messages of one conversation."""

# ---------------------------------------------------------------------------------------------------- content

_UNREAD_PARTS: Final = {
    "image_url": "an image",
    "input_audio": "a sound recording",
    "video_url": "a video",
    "file": "a file",
}


def _said(role: Role, channel: Channel | None, tool: str | None = None) -> Check:
    """A string that somebody in the conversation says."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str):
            raise wrong(path, "a string", value)
        reading.add(value, path, role, channel, tool)

    return check


def _content(role: Role, channel: Channel | None, tool: str | None = None) -> Check:
    """A message's content: a string, or a list of parts."""
    said = _said(role, channel, tool)

    def check(reading: Reading, value: Json, path: Path) -> None:
        if isinstance(value, list):
            for index, part in enumerate(value):
                _part(reading, part, (*path, index), said)
        elif isinstance(value, str):
            said(reading, value, path)
        else:
            raise wrong(path, "a string or a list of parts", value)

    return check


def _part(reading: Reading, part: Json, path: Path, said: Check) -> None:
    if not isinstance(part, dict):
        raise wrong(path, "a part (an object with a `type`)", part)
    kind = part.get("type")
    if isinstance(kind, str) and kind in _UNREAD_PARTS:
        reading.skip(path, _UNREAD_PARTS[kind])
        reading.walk(part, path, _UNREAD_TABLES[kind])
    elif kind in ("text", "refusal"):
        if not isinstance(part.get(kind), str):
            raise wrong((*path, kind), "a string", part.get(kind))
        reading.walk(part, path, {"type": word(kind), kind: said, "prompt_cache_breakpoint": document})
    elif reading.allowed((*path, "type")):
        anything(reading, part, path)
    else:
        known = ", ".join(("text", "refusal", *_UNREAD_PARTS))
        raise bad((*path, "type"), f"expected one of {known}")


def _location(reading: Reading, value: Json, path: Path) -> None:
    """Where an image lies. An address is text that goes upstream; a `data:` URL is the image itself, already unread."""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    if not value.startswith("data:"):
        reading.add(value, path, Role.USER)


def _opaque(reading: Reading, value: Json, path: Path) -> None:
    """The unread thing itself."""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)


_PICTURE: Final[Check] = either(
    string=_location, other=fields({"url": _location, "detail": word("auto", "low", "high", "original")})
)
_SOUND: Final[Check] = fields({"data": _opaque, "format": word("wav", "mp3", "flac", "opus", "pcm16")})
_UNREAD_TABLES: Final[dict[str, Table]] = {
    kind: {"type": word(kind), kind: check, "prompt_cache_breakpoint": document}
    for kind, check in {
        "image_url": _PICTURE,
        "input_audio": _SOUND,
        "video_url": _PICTURE,
        "file": fields({"file_data": _opaque, "file_id": _opaque, "filename": text}),
    }.items()
}

# ---------------------------------------------------------------------------------------------------- messages


def calls(reading: Reading, value: Json, path: Path) -> None:
    """Calls of tools that the assistant made."""
    each(_call)(reading, value, path)


def _call(reading: Reading, call: Json, path: Path) -> None:
    """One earlier call of the assistant: history is as untrusted as anything else."""
    inner = call.get("function") or call.get("custom") if isinstance(call, dict) else None
    tool = inner.get("name") if isinstance(inner, dict) else None
    tool = tool if isinstance(tool, str) else None
    if tool and isinstance(call.get("id"), str):
        reading.tools[call["id"]] = tool
    reading.walk(
        call,
        path,
        {
            "id": identifier,
            "index": integer(0, 10_000),
            "type": word("function", "custom"),
            "function": fields({"name": name, "arguments": _arguments(tool)}),
            "custom": fields({"name": name, "input": _said(Role.ASSISTANT, Channel.COMMENTARY, tool)}),
        },
    )


def _arguments(tool: str | None) -> Check:
    """A call's arguments: JSON in a string; some clients send the object itself."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if isinstance(value, str):
            reading.add(value, path, Role.ASSISTANT, Channel.COMMENTARY, tool, json=True)
        elif isinstance(value, dict):
            reading.add_json(value, path, Role.ASSISTANT, Channel.COMMENTARY)
        else:
            raise wrong(path, "a string", value)

    return check


def _legacy_call(reading: Reading, value: Json, path: Path) -> None:
    tool = value.get("name") if isinstance(value, dict) else None
    arguments = _arguments(tool if isinstance(tool, str) else None)
    reading.walk(value, path, {"name": name, "arguments": arguments})


def _reasoning_details(reading: Reading, value: Json, path: Path) -> None:
    if not isinstance(value, list):
        raise wrong(path, "a list", value)
    reading.add_json(value, path, Role.ASSISTANT, Channel.ANALYSIS)
    if any(isinstance(one, dict) and one.get("data") is not None for one in value):
        reading.skip(path, "encrypted reasoning")


def _spoken(reading: Reading, value: Json, path: Path) -> None:
    """An earlier spoken answer, by its id: what it says was not read here."""
    reading.skip(path, "an earlier sound recording")
    reading.walk(value, path, {"id": identifier})


def _annotations(reading: Reading, value: Json, path: Path) -> None:
    """Sources of an earlier answer: SDKs send them back with it. An empty list says nothing."""
    if value != []:
        document(reading, value, path)


def _plain(role: Role) -> Table:
    return {"role": word(role.value), "content": _content(role, None), "name": text}


_ANALYSIS: Final = _said(Role.ASSISTANT, Channel.ANALYSIS)
_ASSISTANT: Final[Table] = {
    **_plain(Role.ASSISTANT),
    "content": _content(Role.ASSISTANT, Channel.FINAL),
    "refusal": _said(Role.ASSISTANT, Channel.FINAL),
    "reasoning": _ANALYSIS,
    "reasoning_content": _ANALYSIS,
    "thinking": _ANALYSIS,
    "reasoning_details": _reasoning_details,
    "tool_calls": calls,
    "function_call": _legacy_call,
    "annotations": _annotations,
    "audio": _spoken,
}
_TABLES: Final[dict[str, Table]] = {
    "system": _plain(Role.SYSTEM),
    "developer": _plain(Role.DEVELOPER),
    "user": _plain(Role.USER),
    "assistant": _ASSISTANT,
}


def _result_table(reading: Reading, message: dict[str, Any]) -> Table:
    """A tool's answer. Its author is the tool that the message names, or the one that was called with this id."""
    tool = message.get("name") or reading.tools.get(str(message.get("tool_call_id")))
    return {
        "role": word("tool", "function"),
        "content": _content(Role.TOOL, None, tool if isinstance(tool, str) else None),
        "name": name,
        "tool_call_id": identifier,
    }


def _message(reading: Reading, message: Json, path: Path) -> None:
    if not isinstance(message, dict):
        raise wrong(path, "a message (an object with `role` and `content`)", message)
    role = message.get("role")
    if role in ("tool", "function"):
        table = _result_table(reading, message)
    elif isinstance(role, str) and role in _TABLES:
        table = _TABLES[role]
    else:
        raise bad((*path, "role"), f"expected one of {', '.join((*_TABLES, 'tool', 'function'))}")
    if message.get("content") is None and role != "assistant":
        raise wrong((*path, "content"), "a string or a list of parts", None)
    reading.walk(message, path, table)


def messages(reading: Reading, value: Json, path: Path) -> None:
    """The messages of a conversation."""
    if not isinstance(value, list):
        raise wrong(path, "a list of messages", value)
    if not 0 < len(value) <= MAX_MESSAGES:
        raise bad(path, f"a conversation has 1 to {MAX_MESSAGES} messages, this one has {len(value)}")
    each(_message)(reading, value, path)


# ---------------------------------------------------------------------------------------------------- parameters


def _modalities(reading: Reading, value: Json, path: Path) -> None:
    if value != ["text"]:
        raise bad(path, 'only ["text"] is accepted: no filter reads spoken answers')


_FUNCTION: Final[Table] = {"name": name, "description": text, "parameters": document, "strict": boolean}
_TOOL: Final[Table] = {
    "type": word("function", "custom"),
    "function": fields(_FUNCTION),
    "custom": fields({"name": name, "description": text, "format": document}),
}
_NAMED: Final[Check] = fields({"name": name})
_FORMAT: Final[Table] = {
    "type": word("text", "json_object", "json_schema", "grammar"),
    "json_schema": fields({"name": name, "description": text, "schema": document, "strict": boolean}),
    "schema": document,
    "grammar": text,
}
_EFFORT: Final[Check] = word("none", "minimal", "low", "medium", "high", "xhigh", "max")
_CHOICE: Final[Table] = {
    "type": word("function", "custom", "allowed_tools"),
    "function": _NAMED,
    "custom": _NAMED,
    "name": name,
    "allowed_tools": document,
}


def _tool(reading: Reading, value: Json, path: Path) -> None:
    """A function or a custom tool; a server that knows another kind runs it itself."""
    reading.walk(value, path, _TOOL)
    if isinstance(kind := value.get("type"), str) and kind not in ("function", "custom"):
        reading.upstream_tools.append(kind)


def _searching(reading: Reading, value: Json, path: Path) -> None:
    """Options of a search that the upstream makes, wherever it likes: giving any, even none, switches it on."""
    reading.upstream_tools.append("web_search")
    document(reading, value, path)


def _parameters() -> dict[str, Check]:
    spoken = refused("no filter reads spoken answers")
    predicted = _content(Role.ASSISTANT, Channel.FINAL)
    return {
        **SHARED,
        "messages": messages,
        "tools": each(_tool),
        "tool_choice": either(string=word("none", "auto", "required", "any"), other=fields(_CHOICE)),
        "parallel_tool_calls": boolean,
        "functions": each(fields(_FUNCTION)),
        "function_call": either(string=word("none", "auto"), other=_NAMED),
        "response_format": fields(_FORMAT),
        "prediction": fields({"type": word("content"), "content": predicted}),
        "max_completion_tokens": integer(),
        "logprobs": boolean,
        "top_logprobs": integer(0, 128),
        "reasoning_effort": _EFFORT,
        "reasoning_format": word("parsed", "raw", "hidden", "none", "auto", "deepseek", "deepseek-legacy"),
        "include_reasoning": boolean,
        "reasoning": fields(
            {
                "effort": _EFFORT,
                "exclude": boolean,
                "max_tokens": integer(),
                "enabled": boolean,
                "summary": word("auto", "concise", "detailed", "none"),
            }
        ),
        "think": either(string=word("low", "medium", "high"), other=boolean),
        "verbosity": word("low", "medium", "high"),
        "modalities": _modalities,
        "audio": spoken,
        "web_search_options": _searching,
        "moderation": moderations.parameter,
        "echo": refused("the reply would begin with the request", harmless=(False,)),
    }


_PARAMETERS: Final = _parameters()


def read(body: Json, extra: frozenset[str]) -> Conversation:
    """The request as segments. Raises WireError, naming the parameter, for what is malformed or not known."""
    reading = Reading(extra)
    reading.walk(body, (), _PARAMETERS)
    model = require_model(body)
    if body.get("messages") is None:
        raise WireError("`messages` is missing; send the conversation.", code="missing_parameter", param="messages")
    return Conversation(
        model=model,
        stream=bool(body.get("stream")),
        segments=tuple(reading.segments),
        unread=tuple(reading.unread),
        upstream_tools=tuple(reading.upstream_tools),
        choices=body.get("n") or 1,
        include_usage=usage_wanted(body),
        json_reply=(in_json := json_wanted(body)),
        moderation=moderations.wanted(body),
        schema=schema_wanted(body) if in_json else None,
        tools=_offered(body) if "tools" in body or "functions" in body else _NO_TOOLS,
    )


_NO_TOOLS: Final[frozenset[str]] = frozenset()


def _offered(body: dict[str, Any]) -> frozenset[str]:
    """Names of the functions and tools that the request offers."""
    tools = [t.get(t.get("type")) for t in body.get("tools") or () if isinstance(t.get("type"), str)]
    return frozenset(f["name"] for f in (*tools, *(body.get("functions") or ())) if isinstance(f, dict) and "name" in f)
