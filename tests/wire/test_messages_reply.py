"""Replies of the Messages API as items: the oddities of servers that the recorded streams don't have."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy.types import WireError
from guardproxy.wire.base import Block, Call, End, Fault, Item, Text, Unknown, Usage
from guardproxy.wire.json import dump
from guardproxy.wire.messages import CountTokens
from guardproxy.wire.messages_reply import MAX_BLOCKS, MAX_INPUT, MessagesReader


def start(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **said: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **said}}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def read(*events: Any, reader: MessagesReader | None = None) -> list[Item]:
    reader = reader or MessagesReader()
    return [i for e in events for i in reader.event(e if isinstance(e, bytes) else dump(e))]


def test_blocks_that_run_side_by_side_keep_their_own_texts() -> None:
    items = read(
        start(0, type="text", text="x"), start(1, type="text", text="y"), delta(0, "text_delta", text="A"),
        delta(1, "text_delta", text="B"), stop(0), stop(1),
    )  # fmt: skip
    assert items == [Text(0, "text#0", "x"), Text(0, "text#1", "y"), Text(0, "text#0", "A"), Text(0, "text#1", "B")]


def test_an_index_that_comes_again_is_another_block() -> None:
    items = read(
        start(0, type="text"), delta(0, "text_delta", text="a"), start(0, type="text"), delta(0, "text_delta", text="b")
    )
    assert items == [Text(0, "text#0", "a"), Text(0, "text#1", "b")]


def test_a_call_in_pieces_and_whole() -> None:
    begun = Call(0, 0, "t", "f")
    pieces = read(
        start(0, type="tool_use", id="t", name="f", input={}), delta(0, "input_json_delta", partial_json=""),
        delta(0, "input_json_delta", partial_json='{"a"'), delta(0, "input_json_delta", partial_json=":1}"), stop(0),
    )  # fmt: skip
    assert pieces == [begun, Call(0, 0, arguments='{"a"'), Call(0, 0, arguments=":1}"), Call(0, 0, whole=True)]
    at_once = read(start(0, type="tool_use", id="t", name="f", input={"a": 1}), stop(0))
    assert at_once == [begun, Call(0, 0, arguments='{"a":1}', whole=True)]
    assert read(start(0, type="tool_use", id="t", name="f", input="{"), {"type": "message_stop"})[-1].arguments == "{"  # type: ignore[union-attr]


def test_what_comes_behind_the_end_is_left_out() -> None:
    reader = MessagesReader()
    ends = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}
    assert read(ends, reader=reader) == [End(0, "stop"), Usage({"completion_tokens": 3})]
    late = (
        delta(0, "text_delta", text="late"),
        start(0, type="text", text="late"),
        delta(0, "text_delta", text="late"),
    )
    assert read(*late, {**ends, "usage": None}, reader=reader) == []
    assert reader.dropped == {"content.delta", "content.after_end"}


def test_counts_of_the_start_and_the_end_are_one() -> None:
    items = read(
        {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1, "note": "x"}}},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 9}},
    )
    assert [i.value for i in items if isinstance(i, Usage)] == [
        {"prompt_tokens": 5, "completion_tokens": 1}, {"prompt_tokens": 5, "completion_tokens": 9},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason"),
    [("end_turn", "stop"), ("max_tokens", "length"), ("tool_use", "tool_calls"), ("refusal", "content_filter"),
     ("pause_turn", "pause_turn"), ("whatever", "stop"), (7, "stop")],
)  # fmt: skip
def test_reasons(said: Any, reason: str) -> None:
    assert read({"type": "message_delta", "delta": {"stop_reason": said}}) == [End(0, reason)]
    assert MessagesReader().whole({"content": [], "stop_reason": said}) == [End(0, reason)]


def test_the_servers_own_tools() -> None:
    items = read(
        start(0, type="server_tool_use", id="s", name="web_search", input={}),
        delta(0, "input_json_delta", partial_json='{"query": "ca'), delta(0, "input_json_delta", partial_json='ts"}'), stop(0),
        start(1, type="web_search_tool_result", tool_use_id="s", content=[{"title": "T", "encrypted_content": "gAAA"}]),
        stop(1),
    )  # fmt: skip
    assert items == [
        Block(0, "server_tool_use", "web_search", {"id": "s", "name": "web_search", "input": {"query": "cats"}}),
        Block(0, "web_search_tool_result", "web_search", {}, {
            "tool_use_id": "s", "content": [{"title": "T", "encrypted_content": ""}],
        }),
    ]  # fmt: skip
    broken = read(start(0, type="server_tool_use", id="s"), delta(0, "input_json_delta", partial_json="{"), stop(0))
    assert isinstance(broken[-1], Fault)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}, "Busy"),
        ({"type": "error"}, "the upstream reported an error without a message"),
        ({"error": {"message": "Busy"}}, "Busy"),
        (b"{", "the upstream sent an event that can't be read"),
        (b"[]", "the upstream sent an event that can't be read"),
        ({"type": "message_start", "message": "x"}, "the upstream sent an event that can't be read"),
    ],
)
def test_faults(event: Any, message: str) -> None:
    assert read(event) == [Fault(message)]


def test_unknown_events_and_blocks_are_told_if_they_may_hold_text() -> None:
    assert read({"type": "mood", "index": 3, "level": 7}) == []
    assert read({"type": "mood", "text": "fine"}) == [Unknown(0, "an event of an unknown kind")]
    assert read(start(0, type="telepathy")) == [Unknown(0, "a block of an unknown kind")]


def test_bounds() -> None:
    with pytest.raises(WireError, match="more blocks"):
        read(*(start(i, type="text") for i in range(MAX_BLOCKS + 1)))
    piece = delta(0, "input_json_delta", partial_json="x" * MAX_INPUT)
    with pytest.raises(WireError, match="larger tool calls"):
        read(start(0, type="server_tool_use", id="s"), piece, piece)


@pytest.mark.parametrize("body", [[], "x", {}, {"content": "x"}, {"content": None}, {"type": "message"}])
def test_what_is_no_reply(body: Any) -> None:
    with pytest.raises(WireError):
        MessagesReader().whole(body)


def test_whole_errors() -> None:
    assert MessagesReader().whole({"type": "error", "error": {"message": "m"}}) == [Fault("m")]
    assert MessagesReader().whole({"detail": "m"}) == [Fault("m")]
    assert MessagesReader().whole({"content": ["x"]}) == [Fault("the upstream sent an event that can't be read")]


def test_done() -> None:
    for last in (b"[DONE]", b'{"type": "message_stop"}'):
        reader = MessagesReader()
        read(start(0, type="tool_use", id="t", name="f", input={}), reader=reader)
        assert not reader.done
        assert read(last, reader=reader) == [Call(0, 0, arguments="{}", whole=True)]
        assert reader.done


def test_counts_of_tokens() -> None:
    reader = CountTokens().reader()
    assert reader.whole({"input_tokens": 3, "note": "x"}) == [End(0, "stop"), Usage({"prompt_tokens": 3})]
    assert reader.dropped == {"note"}
    assert CountTokens().reader().whole({"error": {"message": "m"}}) == [Fault("m")]
    for bad in ({}, {"input_tokens": "many"}, [3], {"input_tokens": -1}):
        with pytest.raises(WireError):
            CountTokens().reader().whole(bad)
