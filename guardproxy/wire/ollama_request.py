"""Requests of Ollama's own API as segments: every string that goes upstream, and where it stands. Decides nothing.

Source of the fields: Ollama's api.md and the types of its Go and Python clients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from guardproxy.types import Channel, Json, Path, Role, WireError
from guardproxy.wire.base import Conversation
from guardproxy.wire.parameters import TEMPLATE, first_schema, model_name, require_model
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
    identifier,
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

MAX_MESSAGES = 5_000
"""Messages of one conversation."""
_DURATION: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?(ns|us|µs|ms|s|m|h)?([0-9]{1,4}[smh]){0,2}")
_NUMBERS: Final = (
    "temperature", "top_p", "min_p", "tfs_z", "typical_p", "repeat_penalty", "presence_penalty", "frequency_penalty",
    "mirostat_tau", "mirostat_eta",
)  # fmt: skip
_INTEGERS: Final = (
    "num_keep", "seed", "num_predict", "top_k", "repeat_last_n", "mirostat", "num_ctx", "num_batch", "num_gpu",
    "main_gpu", "num_thread",
)  # fmt: skip
_BOOLEANS: Final = (
    "penalize_newline", "numa", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mmap", "use_mlock",
    "embedding_only",
)  # fmt: skip
_OPTIONS: Final[Table] = {
    **dict.fromkeys(_NUMBERS, number),
    **dict.fromkeys(_INTEGERS, integer()),
    **dict.fromkeys(_BOOLEANS, boolean),
    "stop": texts,
}


def _keep_alive(reading: Reading, value: Json, path: Path) -> None:
    """How long the model stays loaded: seconds, or a duration as Go writes it."""
    if not isinstance(value, str):
        number(reading, value, path)
    elif not _DURATION.fullmatch(value):
        raise bad(path, "expected a duration like 5m or 300s")


def _images(reading: Reading, value: Json, path: Path) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise wrong(path, "a list of base64 strings", value)
    if value:
        reading.skip(path, "an image")


def _said(role: Role, channel: Channel | None = None, tool: str | None = None) -> Check:
    """A string that somebody in the conversation says."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str):
            raise wrong(path, "a string", value)
        reading.add(value, path, role, channel, tool)

    return check


_SHARED: Final[Table] = {
    "model": model_name,
    "stream": boolean,
    "format": either(string=word("json", ""), other=document),
    "options": fields(_OPTIONS),
    "keep_alive": _keep_alive,
    "think": either(string=word("low", "medium", "high", "max"), other=boolean),
    "truncate": boolean,
    "shift": boolean,
    "logprobs": boolean,
    "top_logprobs": integer(0, 128),
}

# ---------------------------------------------------------------------------------------------------- chat


def _call(reading: Reading, call: Json, path: Path) -> None:
    """One earlier call of the assistant."""
    inner = call.get("function") if isinstance(call, dict) else None
    tool = inner.get("name") if isinstance(inner, dict) else None
    tool = tool if isinstance(tool, str) else None
    if tool and isinstance(call.get("id"), str):
        reading.tools[call["id"]] = tool

    def arguments(reading: Reading, value: Json, path: Path) -> None:
        if isinstance(value, str):
            reading.add(value, path, Role.ASSISTANT, Channel.COMMENTARY, tool, json=True)
        elif isinstance(value, dict):
            reading.add_json(value, path, Role.ASSISTANT, Channel.COMMENTARY, tool)
        else:
            raise wrong(path, "an object", value)

    function = {"name": name, "description": text, "index": integer(0, 10_000), "arguments": arguments}
    reading.walk(call, path, {"id": identifier, "type": word("function"), "function": fields(function)})


def _table(role: str, said: Check) -> Table:
    return {"role": word(role), "content": said, "images": _images}


_TABLES: Final[dict[str, Table]] = {
    "system": _table("system", _said(Role.SYSTEM)),
    "developer": _table("developer", _said(Role.DEVELOPER)),
    "user": _table("user", _said(Role.USER)),
    "assistant": {
        **_table("assistant", _said(Role.ASSISTANT, Channel.FINAL)),
        "thinking": _said(Role.ASSISTANT, Channel.ANALYSIS),
        "tool_calls": each(_call),
    },
}


def _result_table(reading: Reading, message: dict[str, Any]) -> Table:
    """A tool's answer. Its author is the tool that the message names, or the one that was called with this id."""
    tool = message.get("tool_name") or message.get("name") or reading.tools.get(str(message.get("tool_call_id")))
    said = _said(Role.TOOL, None, tool if isinstance(tool, str) else None)
    return {**_table("tool", said), "tool_name": name, "name": name, "tool_call_id": identifier}


def _message(reading: Reading, message: Json, path: Path) -> None:
    if not isinstance(message, dict):
        raise wrong(path, "a message (an object with `role` and `content`)", message)
    role = message.get("role")
    if role == "tool":
        reading.walk(message, path, _result_table(reading, message))
    elif isinstance(role, str) and role in _TABLES:
        reading.walk(message, path, _TABLES[role])
    else:
        raise bad((*path, "role"), f"expected one of {', '.join((*_TABLES, 'tool'))}")


def _messages(reading: Reading, value: Json, path: Path) -> None:
    """The conversation. An empty one loads the model."""
    if not isinstance(value, list):
        raise wrong(path, "a list of messages", value)
    if len(value) > MAX_MESSAGES:
        raise bad(path, f"a conversation has at most {MAX_MESSAGES} messages, this one has {len(value)}")
    each(_message)(reading, value, path)


_FUNCTION: Final[Table] = {"name": name, "description": text, "parameters": document, "strict": boolean}
_CHAT: Final[Table] = {
    **_SHARED,
    "messages": _messages,
    "tools": each(fields({"type": word("function"), "function": fields(_FUNCTION), "items": document})),
}

# ---------------------------------------------------------------------------------------------------- generate


_GENERATE: Final[Table] = {
    **_SHARED,
    "prompt": _said(Role.USER),
    "suffix": _said(Role.USER),
    "system": _said(Role.SYSTEM),
    "images": _images,
    "template": refused(TEMPLATE),
    "raw": refused(TEMPLATE, harmless=(False,)),
    "context": refused("the model would read token ids, which no filter can read"),
    **dict.fromkeys(("width", "height", "steps"), integer()),
}

# ---------------------------------------------------------------------------------------------------- both


def read(body: Json, extra: frozenset[str], *, chat: bool) -> Conversation:
    """The request as segments. Raises WireError, naming the parameter, for what is malformed or not known."""
    reading = Reading(extra)
    reading.walk(body, (), _CHAT if chat else _GENERATE)
    model = require_model(body)
    if chat and body.get("messages") is None:
        raise WireError("`messages` is missing; send the conversation.", code="missing_parameter", param="messages")
    return Conversation(
        model=model,
        stream=streamed(body),
        segments=tuple(reading.segments),
        unread=tuple(reading.unread),
        json_reply=bool(body.get("format")),
        schema=first_schema(body.get("format")),
        tools=frozenset(_offered(body)),
    )


def _offered(body: dict[str, Any]) -> Iterator[str]:
    """Names of the functions that the request offers."""
    for tool in body.get("tools") or ():
        if name := (tool.get("function") or {}).get("name"):
            yield name


def streamed(body: dict[str, Any]) -> bool:
    """Ollama streams unless told not to."""
    return body.get("stream") is not False


def write(body: dict[str, Any], edits: Mapping[Path, str]) -> dict[str, Any]:
    """The body for the upstream, which says whether to stream."""
    return {**rewrite(body, edits, frozenset()), "stream": streamed(body)}
