"""The Messages API for the leak bench: upstream replies and requests with a text in one place, and what a client reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]

TEXTS = ("text", "thinking", "text/second", "text/started")
"""`second`: behind a thought; `started`: the block begins with the text."""
FREE = ("server_tool_use", "web_search_tool_result")
"""A call of the server's tools, and what came of it."""
CALLS = ("tool_use", "tool_use/started")
"""`started`: all of the input comes with the block's start."""
REQUESTS = (
    "system", "system.block", "user", "user.block", "assistant", "thinking", "tool_use", "tool_result", "tool_result.block",
    "document", "search_result", "server_tool_use", "web_search_tool_result", "description",
)  # fmt: skip
_DELTAS = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}
_INPUT = ("input_json_delta", "partial_json")


def _kind(name: str) -> str:
    return name.partition("/")[0]


def _block(name: str, text: str) -> Body:
    """The finished block of this surface."""
    kind = _kind(name)
    if kind == "tool_use":
        return {"type": kind, "id": "toolu_1", "name": "f", "input": json.loads(text)}
    if kind == "server_tool_use":
        return {"type": kind, "id": "srvtoolu_1", "name": "web_search", "input": {"query": text}}
    if kind == "web_search_tool_result":
        found = {"type": "web_search_result", "title": text, "url": "https://a.example", "encrypted_content": "gAAA"}
        return {"type": kind, "tool_use_id": "srvtoolu_1", "content": [found]}
    signed = {"signature": "EqQB"} if kind == "thinking" else {}
    return {"type": kind, kind: text, **signed}


def _text(name: str, block: Body) -> str:
    """The text of this surface in a finished block."""
    kind = _kind(name)
    if block["type"] != kind:
        return ""
    if kind == "tool_use":
        return json.dumps(block["input"])
    if kind == "server_tool_use":
        return str(block["input"]["query"])
    return str(block["content"][0]["title"] if kind == "web_search_tool_result" else block[kind])


def _before(name: str) -> list[Body]:
    return [{"type": "thinking", "thinking": "Hm.", "signature": ""}] if name.endswith("/second") else []


def whole(name: str, text: str) -> Body:
    """The reply as a whole body."""
    content = [*_before(name), _block(name, text)]
    usage = {"input_tokens": 3, "output_tokens": 5}
    ending = {"stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content, **ending}


def _event(kind: str, **fields: Any) -> bytes:
    body = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {body}\n\n".encode()


def events(name: str, parts: list[str]) -> Iterator[bytes]:
    """The reply as a stream, as an upstream writes it."""
    text, kind, started = "".join(parts), _kind(name), name.endswith("/started")
    yield _event("message_start", message={**whole(name, '{"x": ""}'), "content": [], "stop_reason": None})
    yield _event("ping")
    for index, block in enumerate((*_before(name), _block(name, text))):
        last = index == len(_before(name))
        pieces = [block.get("thinking", "")]
        delta = _DELTAS.get(block["type"])
        if last and kind in ("tool_use", "server_tool_use"):
            delta = _INPUT
            pieces = parts if kind == "tool_use" else [json.dumps(block["input"])]
        elif last and kind in _DELTAS:
            pieces = parts
        whole_start = started or delta is None
        empty = {delta[1] if delta and delta is not _INPUT else "input": {} if delta is _INPUT else ""} if delta else {}
        yield _event("content_block_start", index=index, content_block=block if whole_start else block | empty)
        for piece in [] if whole_start or not delta else pieces:
            yield _event("content_block_delta", index=index, delta={"type": delta[0], delta[1]: piece})
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 5})
    yield _event("message_stop")


def read_stream(name: str, raw: bytes) -> str:
    """What a client puts together. Raises ValueError for what is malformed or out of order."""
    *frames, rest = raw.decode().split("\n\n")
    if rest:
        raise ValueError(f"half an event: {rest!r}")
    blocks: list[Body] = []
    inputs: dict[int, str] = {}
    kinds = []
    for frame in frames:
        head, _, data = frame.partition("\ndata: ")
        body = json.loads(data)
        if head != f"event: {body['type']}":
            raise ValueError(f"an event is not named after its type: {frame!r}")
        kinds.append(body["type"])
        if body["type"] == "error":
            raise ValueError(f"an error: {body}")
        if body["type"] == "content_block_start":
            if body["index"] != len(blocks):
                raise ValueError(f"block {body['index']} begins as number {len(blocks)}")
            blocks.append(body["content_block"])
        elif body["type"] == "content_block_delta":
            _add(blocks[body["index"]], body["delta"], inputs, body["index"])
    if kinds[0] != "message_start" or kinds[-2:] != ["message_delta", "message_stop"]:
        raise ValueError(f"the stream is {kinds}")
    if kinds.count("content_block_start") != kinds.count("content_block_stop"):
        raise ValueError("a block is not closed")
    for index, text in inputs.items():
        blocks[index]["input"] = json.loads(text)
    return "".join(_text(name, block) for block in blocks)


def _add(block: Body, delta: Body, inputs: dict[int, str], index: int) -> None:
    if delta["type"] == "input_json_delta":
        inputs[index] = inputs.get(index, "") + delta["partial_json"]
    else:
        _, field = _DELTAS[delta["type"].removesuffix("_delta")]
        block[field] += delta[field]


def read_whole(name: str, raw: bytes) -> str:
    """The same of a whole body."""
    return "".join(_text(name, block) for block in json.loads(raw)["content"])


def request(name: str, text: str) -> Body:
    """A request with the text in one place."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": text if name == "tool_use" else ""}}
    done: Body = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}
    if name == "tool_result":
        done["content"] = text
    if name == "tool_result.block":
        done["content"] = [{"type": "text", "text": "See:"}, {"type": "text", "text": text}]
    blocks: dict[str, Body] = {
        "user.block": {"type": "text", "text": text},
        "document": {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}},
        "search_result": {
            "type": "search_result", "source": "a", "title": "b", "content": [{"type": "text", "text": text}],
        },
    }  # fmt: skip
    said: dict[str, Body] = {
        "assistant": {"type": "text", "text": text},
        "thinking": {"type": "thinking", "thinking": text, "signature": ""},
        "server_tool_use": _block("server_tool_use", text),
        "web_search_tool_result": _block("web_search_tool_result", text),
    }
    if name == "web_search_tool_result":
        said[name]["content"][0]["encrypted_content"] = ""
    messages: list[Body] = [{"role": "user", "content": text if name == "user" else "Hi."}]
    if name in blocks:
        messages = [{"role": "user", "content": [{"type": "text", "text": "Look:"}, blocks[name]]}]
    elif name in said:
        messages.append({"role": "assistant", "content": [said[name]]})
    elif name.startswith("tool_"):
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [done]}]
    body: Body = {"model": "gpt-oss", "max_tokens": 100, "messages": messages}
    if name.startswith("system"):
        body["system"] = text if name == "system" else [{"type": "text", "text": text}]
    if name == "description":
        body["tools"] = [{"name": "f", "description": text, "input_schema": {"type": "object"}}]
    return body


def arrived(name: str, body: Body) -> str:
    """The text of that place in the body that the upstream received."""
    if name.startswith("system"):
        return str(body["system"] if name == "system" else body["system"][0]["text"])
    if name == "description":
        return str(body["tools"][0]["description"])
    said = body["messages"]
    if name == "user":
        return str(said[0]["content"])
    if name in ("user.block", "document", "search_result"):
        block = said[0]["content"][1]
        return str(block["source"]["data"] if name == "document" else (block.get("content") or [block])[0]["text"])
    if name == "tool_use":
        return str(said[1]["content"][0]["input"]["x"])
    if name.startswith("tool_result"):
        content = said[2]["content"][0]["content"]
        return str(content if name == "tool_result" else content[1]["text"])
    block = said[1]["content"][0]
    return _text("text" if name == "assistant" else name, block)
