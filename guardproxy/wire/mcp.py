"""MCP on the wire: JSON-RPC messages, what in them is guarded by itself, and the headers of its HTTP transport.

Facts: specification 2025-11-25 (handshake, sessions) and 2026-07-28 (a request's method and name repeated in headers).
A message is rebuilt from its known members; what stands beside them does not go on.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from guardproxy.types import Json, Path, WireError
from guardproxy.wire.json import dump

Id: TypeAlias = int | str
Kind: TypeAlias = Literal["request", "notification", "result", "error"]

BLOCKED: Final = -32010
"""Code of an error for what policy blocks: of the range that JSON-RPC leaves to implementations and MCP does not use."""
INTERNAL: Final = -32603
INVALID: Final = -32600
CALL: Final = "tools/call"
TOOLS: Final = "tools/list"
MAX_MESSAGE: Final = 4 << 20
"""Bytes of one message of a server: what the TypeScript SDK takes."""

MIN_BYTES: Final = 48
"""Characters of base64 from which on it may be a picture: the smallest GIF has 35 bytes."""
_METHOD: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$./-]{0,127}")
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SESSION: Final = re.compile(r"[A-Za-z0-9._~+/=:-]{1,256}")
_VERSION: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARAM: Final = re.compile(r"mcp-param-[a-z0-9_-]{1,64}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]*={0,2}\s*")
_LISTS: Final = {
    TOOLS: ("tools", "name"),
    "prompts/list": ("prompts", "name"),
    "resources/list": ("resources", "uri"),
    "resources/templates/list": ("resourceTemplates", "uriTemplate"),
}
"""Method to the list in its result, and to what names an entry there."""
_NAMES: Final = {CALL: "name", "prompts/get": "name", "resources/read": "uri"}
"""Method to the parameter that names what is asked for; `Mcp-Name` repeats it."""
_ASKS: Final = (CALL, "prompts/get", "completion/complete")
_FIXED: Final = (CALL, "prompts/get")
"""Methods whose name is an identifier: no edit makes it another one."""
SESSION: Final = "mcp-session-id"
VERSION: Final = "mcp-protocol-version"


@dataclass(frozen=True, slots=True)
class Message:
    """One JSON-RPC message, its envelope checked."""

    kind: Kind
    id: Id | None
    """None for a notification, and for an error about a message whose id could not be read."""
    method: str
    """Of a request or a notification."""
    body: Json
    """Parameters (None: it has none), result or error."""

    @property
    def tool(self) -> str | None:
        """The tool that is called, if one is."""
        return self.body["name"] if self.method == CALL and self.kind == "request" else None


def read(value: Json) -> Message:
    """A message. Raises WireError for anything else, batches among it: MCP has had none since 2025-06-18."""
    if isinstance(value, list):
        raise WireError("MCP has no batches; send one message at a time.", code="invalid_message")
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise WireError('This is no JSON-RPC 2.0 message: it has no `"jsonrpc": "2.0"`.', code="invalid_message")
    if "method" in value:
        return _asked(value)
    if ("result" in value) == ("error" in value):
        raise WireError("A message has a `method`, a `result` or an `error`.", code="invalid_message")
    if "result" in value:
        if not isinstance(value["result"], dict):
            raise WireError("`result` must be an object.", code="invalid_message")
        return Message("result", _id(value.get("id")), "", value["result"])
    return Message("error", None if value.get("id") is None else _id(value["id"]), "", _error(value["error"]))


def _asked(value: dict[str, Any]) -> Message:
    method, params = value["method"], value.get("params")
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        raise WireError("`method` must be a name like tools/call.", code="invalid_message")
    if params is not None and not isinstance(params, dict):
        raise WireError("`params` must be an object.", code="invalid_message")
    if "id" not in value:
        return Message("notification", None, method, params)
    if (name := _NAMES.get(method)) and not isinstance((params or {}).get(name), str):
        raise WireError(f"`params.{name}` must be text.", code="invalid_message")
    return Message("request", _id(value["id"]), method, params)


def _id(value: Json) -> Id:
    if type(value) is int and abs(value) < 1 << 53:
        return value
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    message = "`id` must be a whole number or up to 128 letters, digits and . _ : -"
    raise WireError(message, code="invalid_message")


def _error(value: Json) -> dict[str, Any]:
    error = value if isinstance(value, dict) else {}
    code, message = error.get("code"), error.get("message")
    if type(code) is not int or not isinstance(message, str):
        raise WireError("`error` must have a `code` and a `message`.", code="invalid_message")
    kept = {"code": code, "message": message}
    return {**kept, "data": error["data"]} if error.get("data") is not None else kept


def write(message: Message) -> bytes:
    """The message as JSON, made of its known members only."""
    out: dict[str, Any] = {"jsonrpc": "2.0"}
    if message.kind != "notification":
        out["id"] = message.id
    if message.method:
        out["method"] = message.method
        if message.body is not None:
            out["params"] = message.body
    else:
        out[message.kind] = message.body
    return dump(out)


def answers(message: Message, id: Id | None) -> bool:
    """Whether it is the answer to the request with this id. Some servers answer with the number as text."""
    if id is None or message.kind not in ("result", "error"):
        return False
    return (message.id is None and message.kind == "error") or str(message.id) == str(id)


def error(id: Id | None, code: int, message: str, data: Json = None) -> Message:
    """An error answer of ours."""
    body = {"code": code, "message": message}
    return Message("error", id, "", body if data is None else {**body, "data": data})


def blocked(asked: Message, text: str, labels: list[str]) -> Message:
    """The answer in place of what policy blocks. The model reads what a failed call says, and can go on."""
    if asked.method == CALL:
        body = {"content": [{"type": "text", "text": text}], "isError": True, "resultType": "complete"}
        return Message("result", asked.id, "", body)
    return error(asked.id, BLOCKED, text, {"code": "content_filter", "labels": labels})


# ---------------------------------------------------------------------------------------------------- what is guarded


def names(message: Message) -> list[str]:
    """Texts that an edit would make something else: they go on as they are or the message does not."""
    out = [message.method] if message.method else []
    if isinstance(message.id, str):
        out.append(message.id)
    if message.kind == "request" and message.method in _FIXED:
        out.append(message.body["name"])
    return out


def entries(method: str, result: Json) -> tuple[str, list[Json]] | None:
    """The list that the result of this method consists of, to be guarded entry by entry. None: there is no such list."""
    key, _ = _LISTS.get(method, ("", ""))
    listed = result.get(key) if key and isinstance(result, dict) else None
    return (key, listed) if isinstance(listed, list) else None


def entry_name(method: str, entry: Json) -> str | None:
    """What an entry of such a list is called; None where it has no name, and is no entry."""
    name = entry.get(_LISTS[method][1]) if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def unread(message: Message) -> list[Path]:
    """Where bytes stand in a message's body that no filter reads: images, sounds and files, as parts of what is said.

    Arguments of a call have none: whatever they are called, they are the model's own words.
    """
    if message.kind in ("request", "notification") and message.method in _ASKS:
        return []
    return list(_bytes(message.body, (), inside=False))


def _bytes(value: Json, path: Path, *, inside: bool) -> Iterator[Path]:
    """`inside`: of a part. What is too short for a picture is read as text, even if it is base64."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _bytes(one, (*path, number), inside=inside)
    elif isinstance(value, dict):
        kind = "data" if value.get("type") in ("image", "audio") else "blob"
        named = isinstance(value.get("mimeType" if kind == "data" else "uri"), str)
        for name, one in value.items():
            if inside and named and name == kind and isinstance(one, str) and _opaque(one):
                yield (*path, name)
            elif name not in ("structuredContent", "_meta"):
                yield from _bytes(one, (*path, name), inside=inside or name in ("content", "contents"))


def _opaque(text: str) -> bool:
    return len(text) >= MIN_BYTES and _BASE64.fullmatch(text) is not None


def put(value: Json, path: Path, text: str) -> None:
    """Replace a text in a value, in place."""
    at(value, path[:-1])[path[-1]] = text


def at(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value


def joined(value: Json) -> Iterator[list[str]]:
    """Texts of parts that stand in one list: the model reads each of these lists as one text."""
    if isinstance(value, list):
        for one in value:
            yield from joined(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in ("content", "contents") and isinstance(one, list):
                parts = [p["text"] for p in one if isinstance(p, dict) and isinstance(p.get("text"), str)]
                if len(parts) > 1:
                    yield parts
            yield from joined(one)


# ---------------------------------------------------------------------------------------------------- headers


def session_headers(given: Mapping[bytes, bytes]) -> dict[str, str]:
    """The session and the protocol version of a client, for the server. Raises WireError for what is no such thing."""
    out = {}
    for name, form in ((SESSION, _SESSION), (VERSION, _VERSION)):
        if (raw := given.get(name.encode())) is not None:
            value = raw.decode("latin-1")
            if not form.fullmatch(value):
                raise WireError(f"The header {name} is malformed.", code="invalid_header", param=name)
            out[name] = value
    return out


def session_of(value: str) -> str:
    """A server's session id, if it is one. Raises WireError: a client must not go on without its session."""
    if value and not _SESSION.fullmatch(value):
        raise WireError("the tool server's session id is malformed", status=502, code="upstream_invalid_response")
    return value


def routing_headers(given: Mapping[bytes, bytes], asked: Message, sent: Message) -> dict[str, str]:
    """Headers that repeat what the message says, made from the message as it is sent. `asked`: as the client sent it.

    Raises WireError for one that repeats nothing of the message: it would pass unread.
    """
    out = {}
    if b"mcp-method" in given and sent.method:
        out["mcp-method"] = sent.method
    if b"mcp-name" in given and (name := _NAMES.get(sent.method)):
        out["mcp-name"] = encoded(sent.body[name])
    for raw, value in given.items():
        header = raw.decode("latin-1")
        if header.startswith("mcp-param-"):
            if len(out) > 32 or not _PARAM.fullmatch(header):
                raise WireError("A header Mcp-Param-… is malformed.", code="invalid_header")
            out[header] = encoded(_repeated(decoded(value.decode("latin-1")), asked, sent, header))
    return out


def _repeated(value: str | None, asked: Message, sent: Message, header: str) -> str:
    arguments = asked.body.get("arguments") if asked.method == CALL else None
    for path, leaf in _leaves(arguments):
        if value is not None and _plain(leaf) == value:
            return _plain(at(sent.body["arguments"], path))
    raise WireError(f"The header {header[:74]} repeats none of the call's arguments.", code="invalid_header")


def _leaves(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, (*path, name))
    elif value is not None and not isinstance(value, list):
        yield path, value


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else dump(value).decode()


def encoded(value: str) -> str:
    """A text as a header's value: as it is, or base64 where it would not survive."""
    if re.fullmatch(r"[ -~]*", value) and value == value.strip() and not value.startswith("=?base64?"):
        return value
    return f"=?base64?{base64.b64encode(value.encode('utf-8', 'replace')).decode()}?="


def decoded(value: str) -> str | None:
    """The inverse of `encoded`; None for base64 that is none."""
    match = re.fullmatch(r"=\?base64\?(.*)\?=", value)
    if match is None:
        return value
    try:
        return base64.b64decode(match[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def tied(answer: Message, id: Id | None) -> Message:
    """The answer under the id that the client gave its request."""
    return replace(answer, id=id)


__all__ = [
    "BLOCKED", "CALL", "INTERNAL", "INVALID", "MAX_MESSAGE", "SESSION", "TOOLS", "VERSION", "Id", "Message", "answers", "at",
    "blocked", "decoded", "encoded", "entries", "entry_name", "error", "joined", "names", "put", "read",
    "routing_headers", "session_headers", "session_of", "tied", "unread", "write",
]  # fmt: skip
