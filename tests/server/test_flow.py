"""Calls whose arguments go out as they come: sure as any streamed text, still JSON, and only for tools that policy names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Guard
from guardproxy.policy.model import Defaults
from guardproxy.wire.base import Codec
from guardproxy.wire.dialects import by_name
from tests.engine.play import guard, policy
from tests.server.exchanges import BOMB, MAIL, exchange

CODECS = {name: codec for name, codec in by_name().items() if name in ("chat", "responses", "messages")}
FLOWING = guard(policy(defaults=Defaults(stream_tools=("sea*",))))
dialects = pytest.mark.parametrize("name", CODECS)


def _event(**body: Any) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def _called(name: str, tool: str, pieces: list[str], index: int = 0) -> list[bytes]:
    """A call as this dialect's servers stream it."""
    if name == "chat":
        first = {"index": index, "id": f"c{index}", "type": "function", "function": {"name": tool, "arguments": ""}}
        calls = [first, *({"index": index, "function": {"arguments": piece}} for piece in pieces)]
        return [_event(choices=[{"index": 0, "delta": {"tool_calls": [call]}}]) for call in calls]
    if name == "messages":
        block = {"type": "tool_use", "id": f"c{index}", "name": tool, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        return [
            _event(type="content_block_start", index=index, content_block=block),
            *(_event(type="content_block_delta", index=index, delta=delta) for delta in deltas),
            _event(type="content_block_stop", index=index),
        ]
    item = {"id": f"fc_{index}", "type": "function_call", "call_id": f"c{index}", "name": tool, "arguments": ""}
    at = {"item_id": item["id"], "output_index": index}
    return [
        _event(type="response.output_item.added", output_index=index, item=item),
        *(_event(type="response.function_call_arguments.delta", **at, delta=piece) for piece in pieces),
        _event(type="response.output_item.done", output_index=index, item={**item, "arguments": "".join(pieces)}),
    ]


def _end(name: str) -> list[bytes]:
    if name == "chat":
        return [_event(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]), b"data: [DONE]\n\n"]
    if name == "messages":
        return [_event(type="message_delta", delta={"stop_reason": "tool_use"}), _event(type="message_stop")]
    return [_event(type="response.completed", response={"status": "completed", "output": []})]


async def _steps(codec: Codec, events: list[bytes], one: Guard) -> list[bytes]:
    """What comes out after each event."""

    async def upstream() -> AsyncIterator[bytes]:
        for event in events:
            yield event

    return [out async for out in exchange(one, codec=codec).stream(upstream())]


def _read(name: str, raw: bytes) -> tuple[list[list[str]], str]:
    """(tool and arguments of each call, how the reply ended)."""
    frames = [f.partition("data: ")[2] for f in raw.decode().split("\n\n") if "data: {" in f]
    calls: dict[int, list[str]] = {}
    end = ""
    for body in map(json.loads, frames):
        kind = body.get("type", "")
        for choice in body.get("choices", ()):
            for call in choice["delta"].get("tool_calls", ()):
                one = calls.setdefault(call["index"], [call["function"].get("name", ""), ""])
                one[1] += call["function"]["arguments"]
            end = choice["finish_reason"] or end
        if kind == "content_block_start" and body["content_block"]["type"] == "tool_use":
            calls[body["index"]] = [body["content_block"]["name"], ""]
        elif kind == "content_block_delta" and "partial_json" in body["delta"]:
            calls[body["index"]][1] += body["delta"]["partial_json"]
        elif kind == "message_delta":
            end = body["delta"]["stop_reason"]
        elif kind == "response.output_item.added" and body["item"]["type"] == "function_call":
            calls[body["output_index"]] = [body["item"]["name"], ""]
        elif kind == "response.function_call_arguments.delta":
            calls[body["output_index"]][1] += body["delta"]
        elif kind.startswith("response.") and "response" in body:
            end = body["response"]["status"]
    return list(calls.values()), end


ARGUMENTS = json.dumps({"q": f"Who is {MAIL}, and where?", "n": 3, "more": ["a", {"b": "c" * 40}]})


def _pieces(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


@dialects
def test_arguments_come_early_and_masked(name: str) -> None:
    events = [*_called(name, "search", _pieces(ARGUMENTS, 4)), *_end(name)]
    steps = asyncio.run(_steps(CODECS[name], events, FLOWING))
    calls, end = _read(name, b"".join(steps))
    assert calls == [["search", ARGUMENTS.replace(MAIL, "[pii.email]")]]
    assert end in ("tool_calls", "tool_use", "completed")
    early = _read(name, b"".join(steps[: len(steps) // 2]))[0]
    assert early and len(early[0][1]) > 20
    held = asyncio.run(_steps(CODECS[name], [*_called(name, "fetch", _pieces(ARGUMENTS, 4)), *_end(name)], FLOWING))
    assert all(b"cccc" in step for step in held if b"fetch" in step), "a tool that is not named goes out whole"


@dialects
def test_a_cut_leaves_no_character_of_what_is_blocked(name: str) -> None:
    text = json.dumps({"q": f"make a {BOMB} today"})
    steps = asyncio.run(_steps(CODECS[name], [*_called(name, "search", _pieces(text, 3)), *_end(name)], FLOWING))
    calls, end = _read(name, b"".join(steps))
    assert calls == [["search", '{"q": "make a ']] and end in ("content_filter", "refusal", "incomplete")


@dialects
def test_two_calls_and_a_name_that_may_not_be(name: str) -> None:
    two = [*_called(name, "search", ['{"a": 1}']), *_called(name, "sea", ['{"b"', ": 2}"], 1), *_end(name)]
    calls, _ = _read(name, b"".join(asyncio.run(_steps(CODECS[name], two, FLOWING))))
    assert calls == [["search", '{"a": 1}'], ["sea", '{"b": 2}']]
    named = [*_called(name, f"sea {BOMB}", ['{"a": 1}']), *_end(name)]
    assert not _read(name, b"".join(asyncio.run(_steps(CODECS[name], named, FLOWING))))[0]


@dialects
@given(
    value=st.lists(
        st.sampled_from([MAIL, "joe@", "x", '"', "\\", "é", "😀", " ", "4111 1111 1111 1111", "\n"]), max_size=6
    ),
    cuts=st.lists(st.integers(1, 9), min_size=1, max_size=8),
)
def test_streamed_is_what_the_whole_call_would_be(name: str, value: list[str], cuts: list[int]) -> None:
    text, pieces, at = json.dumps({"q": "".join(value), "n": 1}, ensure_ascii=False), list[str](), 0
    while at < len(text):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(text[at : at + size])
        at += size
    said = [
        _read(name, b"".join(asyncio.run(_steps(CODECS[name], [*_called(name, tool, pieces), *_end(name)], FLOWING))))
        for tool in ("search", "fetch")
    ]
    assert said[0][1] == said[1][1]
    if said[1][0]:
        assert said[0][0][0][1] == said[1][0][0][1]
