"""What is kept goes back as a request and as a reply, and says the same again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import WireError
from guardproxy.wire import responses_store as wire
from guardproxy.wire.base import Head
from guardproxy.wire.responses import Responses
from tests.wire.responses_bodies import INPUT, REPLY
from tests.wire.test_canary import written

HEAD = Head("resp_0123", "gpt-oss", 7, echo={"instructions": "Be brief.", "store": True})


def rewritten(reply: Any, *, stream: bool = False) -> dict[str, Any]:
    """What the dialect's writer makes of a reply."""
    codec = Responses()
    writer = codec.stream_writer(HEAD) if stream else codec.whole_writer(HEAD)
    out = written(list(codec.reader().whole(reply)), writer)
    if not stream:
        return json.loads(out)
    return json.loads(wire.split(out)[-1].partition(b"data: ")[2])["response"]


def test_a_reply_says_the_same_when_it_is_read_again() -> None:
    first = rewritten(REPLY)
    assert len(first["output"]) > 5
    for stream in (False, True):
        again = rewritten(wire.to_reply(first), stream=stream)
        assert wire.shown(first, {}, again, "") == first


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
parts = st.builds(lambda t: {"type": "output_text", "text": t, "annotations": []}, texts)
thoughts = st.builds(lambda t: {"type": "reasoning_text", "text": t}, texts)
outputs = st.lists(
    st.one_of(
        st.builds(lambda p: {"type": "message", "role": "assistant", "content": p}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda p: {"type": "reasoning", "summary": [], "content": p}, st.lists(thoughts, min_size=1, max_size=2)),
        st.builds(
            lambda n, a: {"type": "function_call", "call_id": "c1", "name": n, "arguments": json.dumps(a)},
            st.sampled_from(["look", "find"]), st.dictionaries(texts, texts, max_size=2),
        ),
    ),
    min_size=1, max_size=5,
)  # fmt: skip
statuses = st.sampled_from(["completed", "incomplete"])


@given(outputs, statuses)
def test_any_reply_says_the_same_when_it_is_read_again(output: list[dict[str, Any]], status: str) -> None:
    numbered = [{**item, "id": f"x_{n}"} for n, item in enumerate(output)]
    first = rewritten({"status": status, "output": numbered})
    assert wire.shown(first, {}, rewritten(wire.to_reply(first)), "") == first
    read = Responses().read_request(
        {"model": "m", "input": [*wire.said(first["output"]), {"role": "user", "content": "what no output says"}]}
    )
    assert not read.unread
    said = [t["text"] for item in output for t in item.get("content", ())]
    assert [s.text for s in read.segments if s.text in said] == said


def test_any_input_can_be_kept_and_said_again() -> None:
    codec = Responses()
    kept = wire.kept(INPUT, "ab12")
    assert len({item["id"] for item in kept}) == len(INPUT)
    before = codec.read_request({"model": "m", "input": INPUT})
    again = codec.read_request({"model": "m", "input": wire.said(kept)})
    assert sorted(s.text for s in again.segments if not s.json) == sorted(s.text for s in before.segments if not s.json)
    assert len(again.segments) == len(before.segments) - 1  # the annotations of an answer stay behind
    assert len(again.unread) == len(before.unread)
    assert wire.said(wire.kept([{"role": "user", "content": "x"}], "ab")) == [
        {"role": "user", "content": "x", "type": "message"}
    ]


@pytest.mark.parametrize(
    ("item", "id"),
    [
        ({"type": "item_reference", "id": "msg_1"}, "msg_1"),
        ({"id": "msg_1"}, "msg_1"),
        ({"id": "msg_1", "role": "user", "content": "x"}, None),
        ({"type": "message", "id": "msg_1"}, None),
        ({"type": "item_reference"}, None),
        ("x", None),
    ],
)
def test_references(item: Any, id: str | None) -> None:
    assert wire.reference(item) == id


@given(st.integers(0, 30), st.integers(1, 12), st.booleans())
def test_pages_are_all_of_a_list(count: int, limit: int, newest_first: bool) -> None:
    items = [{"id": f"msg_{n}"} for n in range(count)]
    got, after = [], ""
    while True:
        page, more = wire.cut_out(items, wire.Page(limit, after, newest_first))
        assert len(page) <= limit
        listed = wire.list_object(page, more)
        got += page
        if not more:
            break
        after = listed["last_id"]
    assert got == (items[::-1] if newest_first else items)


def test_events_are_numbered_by_their_places() -> None:
    codec = Responses()
    out = written(list(codec.reader().whole(REPLY)), codec.stream_writer(HEAD))
    events = wire.split(b": held\n\n" + out + b": held\n\n")
    assert [json.loads(e.partition(b"data: ")[2])["sequence_number"] for e in events] == list(range(len(events)))
    assert b"".join(events) == out


def test_too_long_a_history_is_refused() -> None:
    with pytest.raises(WireError, match="more than 20000 items"):
        wire.with_history({"input": []}, [{"type": "message"}] * 20_000, [{}])
