"""Replies of the Messages API as they are written: blocks in order, endings, errors, refusals."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pytest
from pydantic import TypeAdapter

from guardproxy.wire.base import Block, Call, Head
from guardproxy.wire.messages import CountTokens, Messages
from guardproxy.wire.messages_write import MessagesStreamWriter, MessagesWholeWriter
from guardproxy.wire.sse import Decoder

HEAD = Head("msg_abc", "gpt-oss", 17, echo={"stop_sequences": ["END"]})
ERROR = {"message": "m", "type": "server_error", "param": None, "code": "upstream_error"}


def events(raw: bytes) -> list[Any]:
    read = TypeAdapter(anthropic.types.RawMessageStreamEvent)
    found = [(e.name.decode(), json.loads(e.data)) for e in Decoder().feed(raw)]
    assert all(name == body["type"] for name, body in found)
    for name, body in found:
        if name not in ("ping", "error"):
            read.validate_python(body, strict=True)
    return [body for _, body in found]


def test_a_text_whose_block_is_closed_gets_a_new_one() -> None:
    """As the message of a cut does, behind a call."""
    writer = MessagesStreamWriter(HEAD)
    raw = writer.text(0, "text#0", "a") + writer.text(0, "text#0", "b") + writer.call(0, 0, Call(0, 1, "t", "f", "{}"))
    raw += writer.text(0, "text#0", "c") + writer.end(0, "content_filter", cut=True) + writer.done()
    shape = [(e["type"], e.get("index")) for e in events(raw)]
    assert shape == [
        ("message_start", None), ("content_block_start", 0), ("content_block_delta", 0), ("content_block_delta", 0),
        ("content_block_stop", 0), ("content_block_start", 1), ("content_block_delta", 1), ("content_block_stop", 1),
        ("content_block_start", 2), ("content_block_delta", 2), ("content_block_stop", 2), ("message_delta", None),
        ("message_stop", None),
    ]  # fmt: skip
    assert writer.done() == b""


@pytest.mark.parametrize(
    ("reason", "echo", "wanted"),
    [
        ("stop", {}, ("end_turn", None)),
        ("length", {}, ("max_tokens", None)),
        ("tool_calls", {}, ("tool_use", None)),
        ("content_filter", {}, ("refusal", None)),
        ("pause_turn", {}, ("pause_turn", None)),
        ("anything", {}, ("end_turn", None)),
        ("stop_sequence", {"stop_sequences": ["END"]}, ("stop_sequence", "END")),
        ("stop_sequence", {"stop_sequences": ["END", "STOP"]}, ("stop_sequence", None)),
        ("stop_sequence", {}, ("stop_sequence", None)),
    ],
)
def test_endings(reason: str, echo: dict[str, Any], wanted: tuple[str, str | None]) -> None:
    head = Head("msg_abc", "gpt-oss", 17, echo=echo)
    for writer in (MessagesStreamWriter(head), MessagesWholeWriter(head)):
        raw = writer.end(0, reason) + writer.usage({"prompt_tokens": 3, "completion_tokens": 4}) + writer.done()
        body = json.loads(raw) if raw.startswith(b"{") else events(raw)[-2]
        ending = body.get("delta", body)
        assert (ending["stop_reason"], ending["stop_sequence"]) == wanted
        assert body["usage"] == {"input_tokens": 3, "output_tokens": 4}


def test_a_whole_message() -> None:
    writer = MessagesWholeWriter(HEAD)
    writer.text(0, "thinking#0", "Hm")
    writer.text(0, "thinking#0", ".")
    writer.text(0, "text#1", "Hi.")
    writer.call(0, 0, Call(0, 2, "", "f", '{"a":1}'))
    writer.block(0, Block(0, "server_tool_use", "web_search", {"id": "s", "name": "web_search", "input": {}}))
    writer.block(0, Block(0, "web_search_tool_result", "web_search", {}, {"tool_use_id": "s", "content": []}))
    writer.text(0, "text#5", "Bye.")
    writer.end(0, "stop")
    message = anthropic.types.Message.model_validate_json(writer.done(), strict=True)
    assert [block.type for block in message.content] == [
        "thinking", "text", "tool_use", "server_tool_use", "web_search_tool_result", "text",
    ]  # fmt: skip
    assert message.content[0].thinking == "Hm."
    assert (message.content[2].id, message.content[2].input) == ("toolu_abc_2", {"a": 1})


@pytest.mark.parametrize("arguments", ["", "{", "[1]", '"x"', '{"a":'])
def test_arguments_that_are_no_object_lose_nothing(arguments: str) -> None:
    writer = MessagesWholeWriter(HEAD)
    writer.call(0, 0, Call(0, 0, "t", "f", arguments))
    made = json.loads(writer.done())["content"][0]["input"]
    assert made == (
        {} if not arguments else {"arguments": json.loads(arguments) if arguments in ("[1]", '"x"') else arguments}
    )


def test_errors() -> None:
    writer = MessagesStreamWriter(HEAD)
    (error,) = events(writer.error(ERROR) + writer.done())
    assert error == {"type": "error", "error": {"type": "api_error", "message": "m", "code": "upstream_error"}}
    whole = MessagesWholeWriter(HEAD)
    whole.error(ERROR)
    assert json.loads(whole.done()) == error
    for status, kind in ((400, "invalid_request_error"), (401, "authentication_error"), (404, "not_found_error"),
                         (413, "request_too_large"), (429, "rate_limit_error"), (503, "overloaded_error"),
                         (504, "timeout_error"), (418, "invalid_request_error"), (599, "api_error")):  # fmt: skip
        body = json.loads(Messages().error(ERROR, status))
        assert body == {"type": "error", "error": {"type": kind, "message": "m", "code": "upstream_error"}}
        if status != 413:  # the client has no type for it
            anthropic.types.ErrorResponse.model_validate(body)


def test_refusals_of_requests() -> None:
    whole = anthropic.types.Message.model_validate_json(Messages().refusal(HEAD, "No.", stream=False), strict=True)
    assert (whole.content[0].text, whole.stop_reason, whole.usage.output_tokens) == ("No.", "refusal", 0)
    said = events(Messages().refusal(HEAD, "No.", stream=True))
    assert [e["delta"]["text"] for e in said if e["type"] == "content_block_delta"] == ["No."]
    assert (said[-2]["delta"]["stop_reason"], said[-1]["type"]) == ("refusal", "message_stop")
    assert json.loads(CountTokens().refusal(HEAD, "No.", stream=False)) == {"input_tokens": 0}


def test_a_ping_says_nothing() -> None:
    assert events(Messages().keep_alive(HEAD)) == [{"type": "ping"}]
