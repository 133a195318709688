"""Conduct and approval in every dialect that has calls: what must not go out is in no event of any of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guardproxy.engine import Guard
from guardproxy.engine.approvals import HeldReply
from guardproxy.governance.approvals import Approvals, Kind, Voter
from guardproxy.server.exchange import Exchange
from guardproxy.types import WireError
from guardproxy.wire.dialects import codecs
from tests.server.test_conduct import Heard, build

CODECS = {codec.route: codec for codec in codecs()}
ARGUMENTS = {"cmd": "rm -rf /"}
RULES = [
    {"id": "ask", "when": "call.any", "scope": {"tool": "shell"}, "then": "require_approval"},
    {"id": "order", "when": ["call.denied", "call.undeclared"], "then": "block"},
]
GUARD = build(RULES, {"calls": {"use": "tool_calls", "deny": ["never"]}})
TEXT = json.dumps(ARGUMENTS)
USER = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
FLAT = {"type": "function", "name": "shell", "parameters": {}}
NESTED = {"tools": [{"type": "function", "function": {"name": n}} for n in ("shell", "never", "look")]}
REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": USER | NESTED,
    "/v1/responses": {"model": "m", "input": "hi", "tools": [FLAT | {"name": n} for n in ("shell", "never", "look")]},
    "/v1/messages": USER
    | {"max_tokens": 9, "tools": [{"name": n, "input_schema": {"type": "object"}} for n in ("shell", "never", "look")]},
    "/api/chat": USER | NESTED,
}


def sse(*events: Any) -> bytes:
    return b"".join(b"data: " + (e if isinstance(e, bytes) else json.dumps(e).encode()) + b"\n\n" for e in events)


def chat(name: str, *, stream: bool) -> Any:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": name, "arguments": TEXT}}
    said: dict[str, Any] = {"role": "assistant", "content": "Well.", "tool_calls": [call]}
    if not stream:
        return {"choices": [{"index": 0, "message": said, "finish_reason": "tool_calls"}]}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    return sse({"choices": [{"index": 0, "delta": said}]}, end, b"[DONE]")


def responses(name: str, *, stream: bool) -> Any:
    part = {"type": "output_text", "text": "Well.", "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    call = {
        "id": "fc_1",
        "type": "function_call",
        "call_id": "c1",
        "name": name,
        "arguments": TEXT,
        "status": "completed",
    }
    body = {"id": "resp_u", "object": "response", "status": "completed", "output": [message, call]}
    if not stream:
        return body
    delta = {
        "type": "response.output_text.delta",
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "delta": "Well.",
    }
    started = {"type": "response.output_item.added", "output_index": 1, "item": {**call, "arguments": ""}}
    piece = {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 1, "delta": TEXT}
    ended = {"type": "response.output_item.done", "output_index": 1, "item": call}
    return sse(delta, started, piece, ended, {"type": "response.completed", "response": body})


def messages(name: str, *, stream: bool) -> Any:
    use = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}
    usage = {"input_tokens": 1, "output_tokens": 1}
    head = {"id": "msg_u", "type": "message", "role": "assistant", "model": "x", "content": [], "usage": usage}
    if not stream:
        return {
            **head,
            "content": [{"type": "text", "text": "Well."}, {**use, "input": ARGUMENTS}],
            "stop_reason": "tool_use",
        }
    block: list[dict[str, Any]] = []
    for index, (start, delta) in enumerate(
        (
            ({"type": "text", "text": ""}, {"type": "text_delta", "text": "Well."}),
            (use, {"type": "input_json_delta", "partial_json": TEXT}),
        )
    ):
        block.append({"type": "content_block_start", "index": index, "content_block": start})
        block.append({"type": "content_block_delta", "index": index, "delta": delta})
        block.append({"type": "content_block_stop", "index": index})
    ending = {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": usage}
    return sse({"type": "message_start", "message": head}, *block, ending, {"type": "message_stop"})


def ollama(name: str, *, stream: bool) -> Any:
    said = {
        "role": "assistant",
        "content": "Well.",
        "tool_calls": [{"function": {"name": name, "arguments": ARGUMENTS}}],
    }
    body = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": said, "done": True, "done_reason": "stop"}
    if not stream:
        return body
    last = {**body, "message": {"role": "assistant", "content": ""}}
    return b"".join(json.dumps(e).encode() + b"\n" for e in ({**body, "done": False}, last))


UPSTREAM = {"/v1/chat/completions": chat, "/v1/responses": responses, "/v1/messages": messages, "/api/chat": ollama}


class Told:
    """What came of one exchange."""

    def __init__(self, raw: bytes, error: WireError | None, exchange: Exchange) -> None:
        self.raw, self.error, self.exchange = raw, error, exchange


def answered(route: str, name: str, *, stream: bool, store: Approvals | None = None, guard: Guard = GUARD) -> Told:
    on = Exchange(guard, CODECS[route], request_id="r", route=route, observer=Heard(), head_id="id_1", approvals=store)
    upstream = UPSTREAM[route](name, stream=stream)

    async def reads() -> AsyncIterator[bytes]:
        for at in range(0, len(upstream), 37):
            yield upstream[at : at + 37]

    async def run() -> Told:
        await on.request({**REQUESTS[route], "stream": stream})
        if stream:
            return Told(b"".join([out async for out in on.stream(reads())]), None, on)
        try:
            return Told(await on.whole(upstream), None, on)
        except WireError as e:
            return Told(b"", e, on)

    return asyncio.run(run())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("route", UPSTREAM)
def test_a_call_in_order_arrives(route: str, stream: bool) -> None:
    raw = answered(route, "look", stream=stream).raw.decode()
    assert "rm -rf" in raw and "Well." in raw


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("route", UPSTREAM)
@pytest.mark.parametrize("name", ["never", "undeclared"])
def test_a_call_that_is_blocked_is_in_no_event(route: str, stream: bool, name: str) -> None:
    raw = answered(route, name, stream=stream).raw.decode()
    assert "rm -rf" not in raw
    assert route == "/v1/responses" or name not in raw, "a response repeats the request's tools"
    assert "Well." in raw


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("route", UPSTREAM)
def test_a_call_that_waits_is_in_no_event_and_the_reply_is_kept_whole(route: str, stream: bool) -> None:
    store = Approvals()
    told = answered(route, "shell", stream=stream, store=store)
    raw, on = told.raw.decode(), told.exchange
    assert "rm -rf" not in raw
    assert route == "/v1/responses" or "shell" not in raw
    if stream:
        assert "Well." in raw and on.waits in raw
    else:
        assert told.error is not None and told.error.code == "approval_required" and on.waits in str(told.error)
    if route == "/v1/responses" and stream:
        events = [json.loads(f.partition("\ndata: ")[2]) for f in raw.split("\n\n") if f]
        assert [e["sequence_number"] for e in events] == list(range(len(events)))
        assert events[-1]["type"] == "response.failed"
        assert [i["type"] for i in events[-1]["response"]["output"]] == ["message"]
    binding = on.bind({**REQUESTS[route], "stream": stream})
    asyncio.run(store.vote(on.waits, Voter("jane"), approve=True))
    kept = HeldReply.unpack(asyncio.run(store.take(on.waits, Kind.REPLY, binding.digest())))
    assert kept.stream is stream
    assert b"rm -rf" in kept.body and b"shell" in kept.body and b"Well." in kept.body
    plain = build([], {})
    assert timeless(kept.body) == timeless(answered(route, "shell", stream=stream, guard=plain).raw)


def timeless(raw: bytes) -> bytes:
    return re.sub(rb'("created_at":)"[^"]*"|("(?:created|created_at|completed_at)":)\d+', rb"\1\2", raw)


@pytest.mark.parametrize("route", UPSTREAM)
def test_without_a_store_it_is_refused(route: str) -> None:
    told = answered(route, "shell", stream=False)
    assert told.error is not None and told.error.status == 503
    raw = answered(route, "shell", stream=True).raw.decode()
    assert "rm -rf" not in raw and "Well." in raw


@pytest.mark.parametrize(("code", "runs"), [("print(1)", True), ("import os", False)])
def test_a_tool_that_the_upstream_ran_is_judged_too(code: str, runs: bool) -> None:
    rules = [{"id": "py", "when": ["call.import", "call.unparsable"], "then": "block"}]
    monitor = {"use": "python_code", "tools": ["code_interpreter*", "code_execution"], "imports": {"allow": []}}
    guard = build(rules, {"py": monitor})
    item = {"id": "ci_1", "type": "code_interpreter_call", "status": "completed", "code": code, "container_id": "c",
            "outputs": [{"type": "logs", "logs": "done"}]}  # fmt: skip
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {"code": code}}
    bodies = {
        "/v1/responses": {"id": "resp_u", "object": "response", "status": "completed", "output": [item]},
        "/v1/messages": {**messages("x", stream=False), "content": [use], "stop_reason": "end_turn"},
    }
    for route, body in bodies.items():
        on = Exchange(guard, CODECS[route], request_id="r", route=route, observer=Heard(), head_id="id_1")
        raw = asyncio.run(on.whole(body)).decode()
        assert (code in raw) is runs, route
