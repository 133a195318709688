"""MCP's messages: read, written, taken apart."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import WireError
from guardproxy.wire import mcp


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_header_carries_any_text(text: str) -> None:
    carried = mcp.encoded(text)
    assert carried.isascii() and carried.isprintable()
    assert mcp.decoded(carried) == text


@pytest.mark.parametrize("bad", ["=?base64?###?=", "=?base64?/w==?="])
def test_base64_that_is_none_is_no_text(bad: str) -> None:
    assert mcp.decoded(bad) is None


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "id": "a-1", "method": "tools/call", "params": {"name": "x"}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": None, "error": {"code": -1, "message": "no"}},
    ],
)
def test_a_message_is_rebuilt_of_what_is_known(message: dict[str, object]) -> None:
    assert orjson.loads(mcp.write(mcp.read({**message, "more": "text"}))) == message


@pytest.mark.parametrize("id", [True, 1.5, 1 << 60, "", "two words", "x" * 200, ["1"], None])
def test_what_is_no_id(id: object) -> None:
    with pytest.raises(WireError):
        mcp.read({"jsonrpc": "2.0", "id": id, "method": "ping"})


def test_an_answer_belongs_to_its_request() -> None:
    answer = mcp.read({"jsonrpc": "2.0", "id": "7", "result": {}})
    assert mcp.answers(answer, 7) and not mcp.answers(answer, 8) and not mcp.answers(answer, None)
    assert mcp.answers(mcp.error(None, -1, "no"), 7)


PICTURE = "aGk0" * 16


def test_bytes_are_in_parts_and_base64_and_no_few() -> None:
    image = {"type": "image", "data": PICTURE, "mimeType": "image/png"}
    file = {"uri": "u", "blob": PICTURE}
    others = [{**image, "data": "not base64! " * 9}, {**image, "data": "aGk="}, {"type": "image", "data": PICTURE}]
    body = {
        "content": [image, *others, {"type": "text", "data": PICTURE, "text": "x"}],
        "structuredContent": body_of(file),
    }
    assert mcp.unread(mcp.Message("result", 1, "", body)) == [("content", 0, "data")]
    assert mcp.unread(mcp.Message("result", 1, "", {"contents": [file]})) == [("contents", 0, "blob")]
    assert mcp.unread(mcp.Message("request", 1, "sampling/createMessage", body)) == [("content", 0, "data")]
    assert mcp.unread(mcp.Message("request", 1, mcp.CALL, {"arguments": body})) == []
    assert mcp.unread(mcp.Message("result", 1, "", {"tools": [file]})) == []


def body_of(part: dict[str, str]) -> dict[str, object]:
    return {"content": [part]}


def test_parts_that_are_read_as_one_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image", "data": ""}, {"type": "text", "text": "b"}]
    nested = {"messages": [{"content": parts}, {"content": parts[:1]}]}
    assert list(mcp.joined(nested)) == [["a", "b"]]
