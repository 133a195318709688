"""Input items of the Responses API as segments: messages, reasoning, calls and their results. Decides nothing.

Items of tools that the server runs itself have many shapes; what is in them is read as free-form values with the tool's
name. An item of an unknown kind is read the same way and told as unread, so that policy decides.
"""

from __future__ import annotations

from typing import Any, Final

from guardproxy.types import Channel, Json, Path, Role
from guardproxy.wire.request import (
    Check,
    Reading,
    Table,
    bad,
    boolean,
    document,
    each,
    either,
    identifier,
    name,
    number,
    text,
    word,
    wrong,
)

MAX_ITEMS = 20_000
"""Items of one input."""
STORE_HINT: Final = "the operator can give guardproxy a store (`store.path` in its settings, or `--store`)"
CALLS: Final = {
    "web_search_call": "web_search",
    "file_search_call": "file_search",
    "code_interpreter_call": "code_interpreter",
    "image_generation_call": "image_generation",
    "computer_call": "computer",
    "local_shell_call": "local_shell",
    "shell_call": "shell",
    "apply_patch_call": "apply_patch",
    "tool_search_call": "tool_search",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcp",
}
"""Kind of an item to the tool that is called; an MCP tool has a name of its own."""
RESULTS: Final = {
    "computer_call_output": "computer",
    "local_shell_call_output": "local_shell",
    "shell_call_output": "shell",
    "apply_patch_call_output": "apply_patch",
    "tool_search_output": "tool_search",
    "mcp_list_tools": "mcp",
}
SAID_BY_TOOL: Final = frozenset(("output", "outputs", "results", "result", "error", "tools", "sources"))
"""Fields of a call's item that hold what the tool said."""

_STATUS: Final = word(
    "in_progress", "completed", "incomplete", "searching", "interpreting", "generating", "failed", "calling"
)
_UNREAD_PARTS: Final = {
    "input_image": "an image",
    "input_file": "a file",
    "input_audio": "a sound recording",
    "computer_screenshot": "an image",
}


def _said(role: Role, channel: Channel | None, tool: str | None = None) -> Check:
    def check(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str):
            raise wrong(path, "a string", value)
        reading.add(value, path, role, channel, tool)

    return check


def _json_said(role: Role, channel: Channel | None, tool: str | None) -> Check:
    """JSON in a string."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str):
            raise wrong(path, "a string", value)
        reading.add(value, path, role, channel, tool, json=True)

    return check


def free(role: Role, channel: Channel | None, tool: str | None) -> Check:
    """A value of any form that somebody in the conversation says."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if isinstance(value, str):
            reading.add(value, path, role, channel, tool)
        elif isinstance(value, dict | list):
            reading.add_json(value, path, role, channel, tool)

    return check


def _unread(kind: str) -> Table:
    """An unread part. An address in it is text that goes upstream; data is the unread thing itself."""

    def location(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str):
            raise wrong(path, "a string", value)
        if not value.startswith("data:"):
            reading.add(value, path, Role.USER)

    def opaque(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str | dict):
            raise wrong(path, "a string", value)

    return {
        "type": word(kind),
        "image_url": location,
        "file_url": location,
        "file_data": opaque,
        "file_id": identifier,
        "filename": text,
        "input_audio": opaque,
        "detail": word("auto", "low", "high", "original"),
        "prompt_cache_breakpoint": document,
    }


def _annotations(reading: Reading, value: Json, path: Path) -> None:
    """Sources of an earlier answer: SDKs send them back with it. An empty list says nothing."""
    if value != []:
        document(reading, value, path)


def _logprobs(reading: Reading, value: Json, path: Path) -> None:
    if value != []:
        raise bad(path, "an earlier answer's logprobs repeat its text; leave them out")


def _parts(role: Role, channel: Channel | None, tool: str | None = None) -> Check:
    """A string, or a list of parts."""
    said = _said(role, channel, tool)
    texts: dict[str, Table] = {
        kind: {
            "type": word(kind),
            ("refusal" if kind == "refusal" else "text"): said,
            "annotations": _annotations,
            "logprobs": _logprobs,
            "status": _STATUS,
            "prompt_cache_breakpoint": document,
        }
        for kind in ("input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text")
    }

    def part(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, dict):
            raise wrong(path, "a part (an object with a `type`)", value)
        kind = value.get("type")
        if isinstance(kind, str) and kind in texts:
            field = "refusal" if kind == "refusal" else "text"
            if not isinstance(value.get(field), str):
                raise wrong((*path, field), "a string", value.get(field))
            reading.walk(value, path, texts[kind])
        elif isinstance(kind, str) and kind in _UNREAD_PARTS:
            reading.skip(path, _UNREAD_PARTS[kind])
            reading.walk(value, path, _unread(kind))
        else:
            raise bad((*path, "type"), f"expected one of {', '.join((*texts, *_UNREAD_PARTS))}")

    parts = each(part)

    def check(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str | list):
            raise wrong(path, "a string or a list of parts", value)
        either(string=said, other=parts)(reading, value, path)

    return check


# ---------------------------------------------------------------------------------------------------- items

_COMMON: Final[Table] = {
    "id": identifier,
    "status": _STATUS,
    "phase": word("commentary", "final_answer"),
    "created_by": name,
}


def _message_table(role: Role) -> Table:
    channel = Channel.FINAL if role is Role.ASSISTANT else None
    return {**_COMMON, "type": word("message"), "role": word(role.value), "content": _parts(role, channel)}


_MESSAGES: Final = {r.value: _message_table(r) for r in (Role.SYSTEM, Role.DEVELOPER, Role.USER, Role.ASSISTANT)}
_THOUGHT: Final = _parts(Role.ASSISTANT, Channel.ANALYSIS)


def _encrypted(reading: Reading, value: Json, path: Path) -> None:
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    if value:
        reading.skip(path, "encrypted reasoning")


_REASONING: Final[Table] = {
    **_COMMON,
    "type": word("reasoning"),
    "summary": _THOUGHT,
    "content": _THOUGHT,
    "encrypted_content": _encrypted,
}


def _tool_of(reading: Reading, item: dict[str, Any]) -> str | None:
    """Who says this result: the tool that the item names, or the one that was called with this id."""
    tool = item.get("name") or reading.tools.get(str(item.get("call_id")))
    return tool if isinstance(tool, str) else None


def _function_call(reading: Reading, item: dict[str, Any], kind: str) -> Table:
    tool = item.get("name")
    tool = tool if isinstance(tool, str) else None
    if tool and isinstance(item.get("call_id"), str):
        reading.tools[item["call_id"]] = tool
    table = {**_COMMON, "type": word(kind), "call_id": identifier, "name": name, "namespace": name, "caller": document}
    if kind == "custom_tool_call":
        return {**table, "input": _said(Role.ASSISTANT, Channel.COMMENTARY, tool)}
    return {**table, "arguments": _json_said(Role.ASSISTANT, Channel.COMMENTARY, tool)}


def _function_result(reading: Reading, item: dict[str, Any], kind: str) -> Table:
    return {
        **_COMMON,
        "type": word(kind),
        "call_id": identifier,
        "name": name,
        "namespace": name,
        "caller": document,
        "output": _parts(Role.TOOL, None, _tool_of(reading, item)),
    }


_FREE: Final = (
    "action", "actions", "arguments", "code", "command", "commands", "environment", "operation", "queries", "query",
    "name", "server_label", "execution", "namespace", "caller", "reason", "revised_prompt", "size", "quality",
    "background", "output_format", "pending_safety_checks", "acknowledged_safety_checks", "role", *SAID_BY_TOOL,
)  # fmt: skip


def _built_in(item: dict[str, Any], kind: str) -> Table:
    """A call that the server ran, or what came of one: fields of any form."""
    named = item.get("name")
    tool = named if kind.startswith("mcp_") and isinstance(named, str) else CALLS.get(kind) or RESULTS.get(kind)
    said = free(Role.TOOL, None, tool)
    called = said if kind in RESULTS else free(Role.ASSISTANT, Channel.COMMENTARY, tool)
    return {
        **_COMMON,
        "type": word(kind),
        "call_id": identifier,
        "approval_request_id": identifier,
        "container_id": identifier,
        "approve": boolean,
        "max_output_length": number,
        **{field: said if field in SAID_BY_TOOL else called for field in _FREE},
    }


def _opaque_item(reading: Reading, item: dict[str, Any], path: Path) -> None:
    """Items that stand for what no filter saw: a compacted conversation, an image."""
    kind = item.get("type")
    if kind in ("compaction", "compaction_trigger"):
        reading.skip(path, "a compacted conversation")
    elif kind == "image_generation_call" and item.get("result"):
        reading.skip((*path, "result"), "an image")
    elif kind == "computer_call_output":
        reading.skip((*path, "output"), "an image")


def item(reading: Reading, value: Json, path: Path) -> None:
    """One item of the input."""
    if not isinstance(value, dict):
        raise wrong(path, "an item (an object with a `type` or a `role`)", value)
    kind, role = value.get("type", "message"), value.get("role")
    if not isinstance(kind, str) or len(kind) > 64:
        raise bad((*path, "type"), "the kind of an item is a short string")
    if kind == "item_reference":  # one that something is kept for was replaced by it before
        raise bad(path, f"items are not kept here; {STORE_HINT}")
    if kind == "message":
        if not isinstance(role, str) or role not in _MESSAGES:
            raise bad((*path, "role"), f"expected one of {', '.join(_MESSAGES)}")
        if value.get("content") is None:
            raise wrong((*path, "content"), "a string or a list of parts", None)
        reading.walk(value, path, _MESSAGES[role])
    elif kind == "reasoning":
        reading.walk(value, path, _REASONING)
    elif kind in ("function_call", "custom_tool_call"):
        reading.walk(value, path, _function_call(reading, value, kind))
    elif kind in ("function_call_output", "custom_tool_call_output"):
        if value.get("output") is None:
            raise wrong((*path, "output"), "a string or a list of parts", None)
        reading.walk(value, path, _function_result(reading, value, kind))
    elif kind in CALLS or kind in RESULTS or kind == "mcp_approval_response":
        _opaque_item(reading, value, path)
        reading.walk(value, path, _built_in(value, kind))
    else:
        _opaque_item(reading, value, path)
        if not reading.unread or reading.unread[-1].path != path:
            reading.skip(path, "an item of an unknown kind")
        reading.add_json(value, path, Role.TOOL)


def items(reading: Reading, value: Json, path: Path) -> None:
    """The input: a string that the user says, or items."""
    if isinstance(value, str):
        reading.add(value, path, Role.USER)
        return
    if not isinstance(value, list):
        raise wrong(path, "a string or a list of items", value)
    if len(value) > MAX_ITEMS:
        raise bad(path, f"an input has at most {MAX_ITEMS} items, this one has {len(value)}")
    each(item)(reading, value, path)
