"""The Responses API for the leak bench: upstream replies and requests with a text in one place, and what a client reads.

A client may read a text in its deltas, at the end of its part, of its item or of the response: `read_stream` reads all four
and takes them for unreadable when they differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]

TEXTS = (
    "output_text",
    "reasoning_text",
    "summary_text",
    "refusal",
    "output_text/late",
    "reasoning_text/final",
    "output_text/vllm",
)
"""`late`: no deltas, only the finished text; `final`: only in the finished response; `vllm`: an index for every delta."""
CALLS = ("function_call", "function_call/late")
FREE = (
    "custom_tool_call",
    "web_search_call",
    "code_interpreter_call",
    "code_outputs",
    "mcp_output",
    "file_search_call",
)
"""Calls whose text is no JSON document of its own; the last ones hold what a tool of the server said."""
REQUESTS = (
    "input", "instructions", "user", "assistant", "function_call", "function_call_output", "reasoning", "custom_tool_call",
    "code_outputs", "description",
)  # fmt: skip
_EVENTS = {
    "output_text": ("response.output_text", "text"),
    "refusal": ("response.refusal", "refusal"),
    "reasoning_text": ("response.reasoning_text", "text"),
    "summary_text": ("response.reasoning_summary_text", "text"),
}


def _kind(name: str) -> str:
    return name.partition("/")[0]


def _item(name: str, text: str) -> Body:
    kind = _kind(name)
    if kind in ("output_text", "refusal"):
        part = {"type": kind, "refusal" if kind == "refusal" else "text": text}
        more = {"annotations": [], "logprobs": []} if kind == "output_text" else {}
        return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part | more]}
    if kind in ("reasoning_text", "summary_text"):
        parts = [{"type": kind, "text": text}]
        content, summary = (parts, []) if kind == "reasoning_text" else ([], parts)
        return {"id": "rs_1", "type": "reasoning", "summary": summary, "content": content}
    calls: dict[str, Body] = {
        "function_call": {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": text},
        "custom_tool_call": {"type": "custom_tool_call", "call_id": "call_1", "name": "f", "input": text},
        "web_search_call": {"type": "web_search_call", "action": {"type": "search", "query": text}},
        "code_interpreter_call": {"type": "code_interpreter_call", "container_id": "c1", "code": text, "outputs": []},
        "code_outputs": {
            "type": "code_interpreter_call", "container_id": "c1", "code": "1", "outputs": [{"type": "logs", "logs": text}],
        },
        "mcp_output": {"type": "mcp_call", "server_label": "s", "name": "f", "arguments": "{}", "output": text},
        "file_search_call": {
            "type": "file_search_call", "queries": ["q"], "results": [{"file_id": "f1", "filename": "a", "text": text}],
        },
    }  # fmt: skip
    return {"id": "it_1", "status": "completed", **calls[kind]}


def _text(name: str, item: Body) -> str:
    """The text of this surface in a finished item."""
    kind = _kind(name)
    if kind in _EVENTS:
        parts = item["summary"] if kind == "summary_text" else item["content"]
        return "".join(p["refusal" if kind == "refusal" else "text"] for p in parts if p["type"] == kind)
    if kind == "web_search_call":
        return str(item["action"]["query"])
    if kind == "code_outputs":
        return str(item["outputs"][0]["logs"])
    if kind == "file_search_call":
        return str(item["results"][0]["text"])
    fields = {"code_interpreter_call": "code", "custom_tool_call": "input", "mcp_output": "output"}
    return str(item[fields.get(kind, "arguments")])


def whole(name: str, text: str) -> Body:
    """The reply as a whole body."""
    output = [_item(name, text)]
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": "completed",
        "output": output,
    }


def events(name: str, parts: list[str]) -> Iterator[bytes]:
    """The reply as a stream, as an upstream writes it."""
    text, kind, style = "".join(parts), _kind(name), name.partition("/")[2]
    number = iter(range(1 << 30))

    def event(what: str, **fields: Any) -> bytes:
        body = {"type": what, "sequence_number": next(number), **fields}
        return b"event: %b\ndata: " % what.encode() + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"

    item, empty = _item(name, text), _item(name, "")
    where = {"item_id": item["id"], "output_index": 0}
    yield event("response.created", response={**whole(name, ""), "output": [], "status": "in_progress"})
    if style != "final":
        yield event("response.output_item.added", output_index=0, item={**empty, "content": [], "summary": []})
        if kind in _EVENTS:
            stem, field = _EVENTS[kind]
            for at, part in enumerate(parts if style != "late" else ()):
                index = at if style == "vllm" else 0
                yield event(stem + ".delta", **where, content_index=index, delta=part)
            yield event(stem + ".done", **where, content_index=0, **{field: text})
            if kind != "summary_text":
                yield event("response.content_part.done", **where, content_index=0, part=item["content"][0])
        elif kind in ("function_call", "custom_tool_call"):
            stem = "response.function_call_arguments" if kind == "function_call" else "response.custom_tool_call_input"
            for part in parts if style != "late" else ():
                yield event(stem + ".delta", **where, delta=part)
            yield event(stem + ".done", **where, **{"arguments" if kind == "function_call" else "input": text})
        elif kind == "code_interpreter_call":
            for part in parts:
                yield event("response.code_interpreter_call_code.delta", **where, delta=part)
        yield event("response.output_item.done", output_index=0, item=item)
    yield event("response.completed", response=whole(name, text))


def read_stream(name: str, raw: bytes) -> str:
    """What a client reads. Raises ValueError where its places differ or an event is malformed."""
    kind, said = _kind(name), {"delta": "", "done": "", "item": ""}
    *frames, rest = raw.decode().split("\n\n")
    if rest:
        raise ValueError(f"half an event: {rest!r}")
    bodies = [json.loads(f.partition("\ndata: ")[2]) for f in frames if not f.startswith(":")]
    if [b["sequence_number"] for b in bodies] != list(range(len(bodies))):
        raise ValueError("the events are not numbered in order")
    if bodies[-1]["type"] != "response.completed":
        raise ValueError(f"the stream ends with {bodies[-1]['type']!r}")
    stems = {"function_call": "response.function_call_arguments", "custom_tool_call": "response.custom_tool_call_input",
             "code_interpreter_call": "response.code_interpreter_call_code"}  # fmt: skip
    stem, field = _EVENTS.get(kind, (stems.get(kind, ""), ""))
    field = field or {"custom_tool_call": "input", "code_interpreter_call": "code"}.get(kind, "arguments")
    for body in bodies:
        if stem and body["type"] == stem + ".delta":
            said["delta"] += body["delta"]
        elif stem and body["type"] == stem + ".done":
            said["done"] += body[field]
        elif body["type"] == "response.output_item.done":
            said["item"] += _text(name, body["item"])
    final = "".join(_text(name, one) for one in bodies[-1]["response"]["output"])
    if said["item"] != final or (stem and not said["delta"] == said["done"] == final):
        raise ValueError(f"the places of a text differ: {said} {final!r}")
    return final


def read_whole(name: str, raw: bytes) -> str:
    """The same of a whole body."""
    return "".join(_text(name, item) for item in json.loads(raw)["output"])


def request(name: str, text: str) -> Body:
    """A request with the text in one place."""
    arguments = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": json.dumps({"x": text})}
    done = {"type": "function_call_output", "call_id": "c1", "output": "done"}
    inputs: dict[str, Any] = {
        "input": text,
        "instructions": "Hi.",
        "description": "Hi.",
        "user": [{"role": "user", "content": [{"type": "input_text", "text": text}]}],
        "assistant": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}],
        "function_call": [arguments, done],
        "function_call_output": [{**arguments, "arguments": "{}"}, {**done, "output": text}],
        "reasoning": [
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": text}]}
        ],
        "custom_tool_call": [{"type": "custom_tool_call", "call_id": "c1", "name": "f", "input": text}],
        "code_outputs": [{**_item("code_outputs", text)}],
    }
    body: Body = {"model": "gpt-oss", "input": inputs[name]}
    if name == "instructions":
        body["instructions"] = text
    if name == "description":
        body["tools"] = [{"type": "function", "name": "f", "description": text, "parameters": {"type": "object"}}]
    return body


def arrived(name: str, body: Body) -> str:
    """The text of that place in the body that the upstream received."""
    if name == "instructions":
        return str(body["instructions"])
    if name == "description":
        return str(body["tools"][0]["description"])
    said = body["input"]
    if name == "input":
        return str(said)
    if name == "function_call":
        return str(json.loads(said[0]["arguments"])["x"])
    if name == "function_call_output":
        return str(said[1]["output"])
    if name == "custom_tool_call":
        return str(said[0]["input"])
    if name == "code_outputs":
        return str(said[0]["outputs"][0]["logs"])
    return str(said[0]["content"][0]["text"])
