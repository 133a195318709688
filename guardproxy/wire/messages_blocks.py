"""Content of the Messages API as segments: messages and the blocks in them. Decides nothing.

Blocks of tools that the server runs itself have many shapes: what is in them is read as free-form values with the
tool's name. A block of an unknown kind is refused.
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
    fields,
    identifier,
    name,
    text,
    word,
    wrong,
)

MAX_MESSAGES = 5_000
"""Messages of one conversation."""
CALLS: Final = frozenset(("server_tool_use", "mcp_tool_use"))
"""Calls that the server ran itself."""
RESULTS: Final = frozenset(
    ("web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result",
     "text_editor_code_execution_tool_result", "tool_search_tool_result", "mcp_tool_result")
)  # fmt: skip
"""What they gave."""
ENCRYPTED: Final = frozenset(("encrypted_content", "encrypted_index", "encrypted_stdout"))
"""Fields in results of the server's tools that only the server can read."""
CACHE: Final[Check] = fields({"type": word("ephemeral"), "ttl": word("5m", "1h"), "scope": word("global")})


def _said(role: Role, channel: Channel | None = None, tool: str | None = None) -> Check:
    """A string that somebody in the conversation says."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, str):
            raise wrong(path, "a string", value)
        reading.add(value, path, role, channel, tool)

    return check


def _opaque(reading: Reading, value: Json, path: Path) -> None:
    """The unread thing itself."""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)


def _text_block(said: Check) -> Table:
    return {"type": word("text"), "text": said, "cache_control": CACHE, "citations": document}


# ---------------------------------------------------------------------------------------------------- pictures, documents


_SOURCE: Final[Table] = {
    "type": word("base64", "url", "file"),
    "media_type": word("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain"),
    "data": _opaque,
    "url": text,
    "file_id": identifier,
}


def _image(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    reading.skip(path, "an image")
    reading.walk(
        block,
        path,
        {"type": word("image"), "source": fields(_SOURCE), "cache_control": CACHE, "transformations": document},
    )


def _document(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    """A document: text that is read as such, or a file that is not."""
    source = block.get("source")
    kind = source.get("type") if isinstance(source, dict) else None
    if kind == "text":
        table: Table = {"type": word("text"), "media_type": word("text/plain"), "data": said}
    elif kind == "content":
        table = {"type": word("content"), "content": _content(said, _INNER)}
    else:
        table = _SOURCE
        reading.skip(path, "a document")
    reading.walk(
        block,
        path,
        {
            "type": word("document"),
            "source": fields(table),
            "title": said,
            "context": said,
            "citations": document,
            "cache_control": CACHE,
        },
    )


def _search_result(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    reading.walk(
        block,
        path,
        {
            "type": word("search_result"),
            "source": said,
            "title": said,
            "content": _content(said, _INNER),
            "citations": document,
            "cache_control": CACHE,
        },
    )


# ---------------------------------------------------------------------------------------------------- thinking, tools


def _thinking(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    """What the model thought. Its signature is of no text; a server of gpt-oss needs none."""
    thought = _said(Role.ASSISTANT, Channel.ANALYSIS)
    reading.walk(block, path, {"type": word("thinking"), "thinking": thought, "signature": thought})


def _redacted_thinking(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    reading.skip(path, "encrypted reasoning")
    reading.walk(block, path, {"type": word("redacted_thinking"), "data": _opaque})


def _tool_of(reading: Reading, block: dict[str, Any]) -> str | None:
    """The tool of a call, remembered for its result."""
    tool, id = block.get("name"), block.get("id")
    if not isinstance(tool, str):
        return None
    if isinstance(id, str):
        reading.tools[id] = tool
    return tool


def _call(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    """An earlier call, of the client's tools or of the server's."""
    tool = _tool_of(reading, block)

    def input(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, dict):
            raise wrong(path, "an object", value)
        reading.add_json(value, path, Role.ASSISTANT, Channel.COMMENTARY, tool)

    reading.walk(
        block,
        path,
        {
            "type": word("tool_use", *CALLS),
            "id": identifier,
            "name": name,
            "input": input,
            "server_name": name,
            "toolset_name": name,
            "caller": document,
            "cache_control": CACHE,
        },
    )


def _result(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    """What a tool of the client's gave: its author is the tool that was called with this id."""
    tool = reading.tools.get(str(block.get("tool_use_id")))
    reading.walk(
        block,
        path,
        {
            "type": word("tool_result"),
            "tool_use_id": identifier,
            "content": _content(_said(Role.TOOL, None, tool), _INNER),
            "is_error": boolean,
            "toolset_name": name,
            "cache_control": CACHE,
        },
    )


def _server_result(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    """What a tool of the server's gave. What only the server can read in it is told as unread."""
    tool = reading.tools.get(str(block.get("tool_use_id")))

    def content(reading: Reading, value: Json, path: Path) -> None:
        if _holds_encrypted(value):
            reading.skip(path, "an encrypted result of a tool")
        if isinstance(value, dict | list):
            reading.add_json(value, path, Role.TOOL, None, tool)
        else:
            _said(Role.TOOL, None, tool)(reading, value, path)

    reading.walk(
        block,
        path,
        {
            "type": word(*RESULTS),
            "tool_use_id": identifier,
            "content": content,
            "is_error": boolean,
            "caller": document,
            "cache_control": CACHE,
        },
    )


def _holds_encrypted(value: Json) -> bool:
    if isinstance(value, dict):
        return any((name in ENCRYPTED and one) or _holds_encrypted(one) for name, one in value.items())
    return isinstance(value, list) and any(map(_holds_encrypted, value))


def _tool_reference(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    reading.walk(block, path, {"type": word("tool_reference"), "tool_name": name, "cache_control": CACHE})


# ---------------------------------------------------------------------------------------------------- content


def _text(reading: Reading, block: dict[str, Any], path: Path, said: Check) -> None:
    if not isinstance(block.get("text"), str):
        raise wrong((*path, "text"), "a string", block.get("text"))
    reading.walk(block, path, _text_block(said))


_INNER: Final = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "tool_reference": _tool_reference,
}
"""Blocks that may stand in a tool's result."""
_BLOCKS: Final = {
    **{kind: reader for kind, reader in _INNER.items() if kind != "tool_reference"},
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
    "tool_use": _call,
    "tool_result": _result,
    **dict.fromkeys(sorted(CALLS), _call),
    **dict.fromkeys(sorted(RESULTS), _server_result),
}
_ONLY_TEXT: Final = {"text": _text}


def _content(said: Check, known: dict[str, Any]) -> Check:
    """A string, or a list of blocks of known kinds."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if isinstance(value, str):
            said(reading, value, path)
            return
        if not isinstance(value, list):
            raise wrong(path, "a string or a list of blocks", value)
        for index, block in enumerate(value):
            here = (*path, index)
            if not isinstance(block, dict):
                raise wrong(here, "a block (an object with a `type`)", block)
            kind = block.get("type")
            if not isinstance(kind, str) or kind not in known:
                raise bad((*here, "type"), f"expected one of {', '.join(known)}")
            known[kind](reading, block, here, said)

    return check


system: Final[Check] = _content(_said(Role.SYSTEM), _ONLY_TEXT)
"""The system prompt: a string, or blocks of text."""
_TABLES: Final[dict[str, Table]] = {
    "user": {"role": word("user"), "content": _content(_said(Role.USER), _BLOCKS)},
    "assistant": {
        "role": word("assistant"),
        "content": _content(_said(Role.ASSISTANT, Channel.FINAL), _BLOCKS),
    },
    "system": {"role": word("system"), "content": _content(_said(Role.SYSTEM), _ONLY_TEXT)},
}


def _message(reading: Reading, message: Json, path: Path) -> None:
    if not isinstance(message, dict):
        raise wrong(path, "a message (an object with `role` and `content`)", message)
    role = message.get("role")
    if not isinstance(role, str) or role not in _TABLES:
        raise bad((*path, "role"), f"expected one of {', '.join(_TABLES)}")
    if message.get("content") is None:
        raise wrong((*path, "content"), "a string or a list of blocks", None)
    reading.walk(message, path, _TABLES[role])


def messages(reading: Reading, value: Json, path: Path) -> None:
    """The conversation."""
    if not isinstance(value, list):
        raise wrong(path, "a list of messages", value)
    if not 0 < len(value) <= MAX_MESSAGES:
        raise bad(path, f"a conversation has 1 to {MAX_MESSAGES} messages, this one has {len(value)}")
    each(_message)(reading, value, path)
