"""Replies as OpenAI's clients expect them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from guardproxy.types import Channel, Direction, Role
from guardproxy.wire.base import Call, Head
from guardproxy.wire.chat import Chat
from guardproxy.wire.sse import Decoder

HEAD = Head("chatcmpl-abc", "gpt-oss", 17)
COUNTING = Head("chatcmpl-abc", "gpt-oss", 17, include_usage=True)
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
LOGPROBS = {"content": [{"token": "Hi", "logprob": -0.5, "bytes": None, "top_logprobs": []}], "refusal": None}


def chunks(stream: bytes) -> list[Any]:
    datas = [e.data for e in Decoder().feed(stream)]
    return [json.loads(d) for d in datas if d != b"[DONE]"]


def deltas(stream: bytes) -> list[Any]:
    return [c["delta"] for e in chunks(stream) for c in e["choices"]]


def test_a_chunk_is_whole() -> None:
    assert Chat().stream_writer(HEAD).text(0, "content", "Hi") == (
        b'data: {"id":"chatcmpl-abc","object":"chat.completion.chunk","created":17,"model":"gpt-oss",'
        b'"system_fingerprint":null,"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},'
        b'"logprobs":null,"finish_reason":null}]}\n\n'
    )


def test_the_first_chunk_of_each_choice_has_the_role() -> None:
    writer = Chat().stream_writer(HEAD)
    out = b"".join(
        writer.text(c, f, "x") for c, f in ((0, "reasoning"), (1, "content"), (0, "content"), (1, "content"))
    )
    assert deltas(out) == [
        {"role": "assistant", "reasoning": "x"},
        {"role": "assistant", "content": "x"},
        {"content": "x"},
        {"content": "x"},
    ]


@pytest.mark.parametrize("text", ['quote " and \\', "\n\r\u2028\x00", "👋é", "\ud83d"])
def test_text_is_escaped(text: str) -> None:
    (delta,) = deltas(Chat().stream_writer(HEAD).text(0, "content", text))
    assert delta["content"] == text.replace("\ud83d", "\ufffd")


def test_a_call_is_one_delta() -> None:
    writer = Chat().stream_writer(HEAD)
    out = writer.call(0, 0, Call(0, 5, "c1", "look", "{}")) + writer.call(0, 1, Call(0, 6, "", "sh", "ls", "custom"))
    out += writer.call(0, 2, Call(0, -1, "", "old", "{}", "function_call")) + writer.end(0, "tool_calls")
    assert deltas(out) == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
            ],
        },
        {"tool_calls": [{"index": 1, "id": "call_abc_0_1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]},
        {"function_call": {"name": "old", "arguments": "{}"}},
        {},
    ]


def test_a_choice_may_end_without_a_word() -> None:
    (chunk,) = chunks(Chat().stream_writer(HEAD).end(1, "content_filter", cut=True))
    assert chunk["choices"] == [
        {"index": 1, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": "content_filter"}
    ]


def test_usage_only_where_it_was_asked_for() -> None:
    assert Chat().stream_writer(HEAD).usage(USAGE) == b""
    writer = Chat().stream_writer(COUNTING)
    first, last = chunks(writer.text(0, "content", "x") + writer.usage(USAGE))
    assert first["usage"] is None
    assert last["choices"] == [] and last["usage"] == USAGE
    assert "usage" not in chunks(Chat().stream_writer(HEAD).text(0, "content", "x"))[0]


def test_one_terminator() -> None:
    writer = Chat().stream_writer(HEAD)
    assert (writer.done(), writer.done()) == (b"data: [DONE]\n\n", b"")


def test_an_error_in_a_stream() -> None:
    error = {"message": "m", "type": "server_error", "param": None, "code": "c"}
    assert chunks(Chat().stream_writer(HEAD).error(error)) == [{"error": error}]


def test_logprobs_of_a_chunk() -> None:
    (chunk,) = chunks(Chat().stream_writer(HEAD).text(0, "content", "Hi", LOGPROBS))
    assert chunk["choices"][0] == {
        "index": 0,
        "delta": {"role": "assistant", "content": "Hi"},
        "logprobs": LOGPROBS,
        "finish_reason": None,
    }
    ChatCompletionChunk.model_validate(chunk, strict=True)


def write_whole(*steps: Any, head: Head = HEAD) -> Any:
    writer = Chat().whole_writer(head)
    for name, *args in steps:
        assert getattr(writer, name)(*args) == b""
    return json.loads(writer.done())


def test_a_whole_body() -> None:
    body = write_whole(
        ("text", 0, "reasoning_content", "th"),
        ("text", 0, "reasoning_content", "ink"),
        ("text", 0, "content", "Hi"),
        ("call", 0, 0, Call(0, 0, "c1", "look", "{}")),
        ("end", 0, "tool_calls"),
        ("usage", USAGE),
    )
    assert body == {
        "id": "chatcmpl-abc",
        "object": "chat.completion",
        "created": 17,
        "model": "gpt-oss",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hi",
                    "refusal": None,
                    "reasoning_content": "think",
                    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
        "usage": USAGE,
    }
    ChatCompletion.model_validate(body)


def message(*steps: Any) -> Any:
    return write_whole(*steps, ("end", 0, "stop"))["choices"][0]["message"]


def test_content_is_null_only_beside_something_else() -> None:
    assert message()["content"] == ""
    assert message(("text", 0, "reasoning", "x"))["content"] == ""
    assert message(("call", 0, 0, Call(0, 0, "c", "f", "{}")))["content"] is None
    assert message(("call", 0, 0, Call(0, -1, "", "f", "{}", "function_call")))["function_call"] == {
        "name": "f",
        "arguments": "{}",
    }
    assert message(("text", 0, "refusal", "No"))["content"] is None


def test_reasoning_details_come_back_in_their_form() -> None:
    steps = [
        ("text", 0, "reasoning_details", "a"),
        ("text", 0, "reasoning_details", "b"),
        ("text", 0, "reasoning_details.summary", "c"),
    ]
    assert message(*steps)["reasoning_details"] == [
        {"type": "reasoning.text", "text": "ab", "index": 0},
        {"type": "reasoning.summary", "summary": "c", "index": 1},
    ]
    writer = Chat().stream_writer(HEAD)
    assert deltas(b"".join(writer.text(*s[1:]) for s in steps[1:])) == [
        {"role": "assistant", "reasoning_details": [{"type": "reasoning.text", "text": "b", "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "c", "index": 0}]},
    ]


def test_logprobs_are_of_the_whole_text_or_null() -> None:
    def logprobs(*steps: Any, cut: bool = False) -> Any:
        writer = Chat().whole_writer(HEAD)
        for step in steps:
            writer.text(0, *step)
        writer.end(0, "stop", cut=cut)
        return json.loads(writer.done())["choices"][0]["logprobs"]

    hi = ("content", "Hi", LOGPROBS)
    assert logprobs(hi) == LOGPROBS
    assert logprobs(hi, hi) == {"content": LOGPROBS["content"] * 2, "refusal": None}  # type: ignore[operator]
    assert logprobs(("reasoning", "x"), hi) == LOGPROBS
    assert logprobs(hi, ("content", "x")) is logprobs(("content", "x"), hi) is logprobs(hi, cut=True) is None


def test_choices_come_in_order() -> None:
    assert [c["index"] for c in write_whole(("end", 1, "stop"), ("end", 0, "stop"))["choices"]] == [0, 1]


def test_an_error_takes_the_place_of_a_body() -> None:
    assert write_whole(("text", 0, "content", "x"), ("error", {"message": "m"})) == {"error": {"message": "m"}}


def test_refusals_in_both_forms() -> None:
    body = json.loads(Chat().refusal(HEAD, "Not here.", stream=False))
    assert body["choices"][0]["message"]["content"] == "Not here."
    assert body["choices"][0]["finish_reason"] == "content_filter" and body["usage"]["total_tokens"] == 0
    ChatCompletion.model_validate(body)
    stream = Chat().refusal(HEAD, "Not here.", stream=True)
    assert stream.count(b"data: [DONE]\n\n") == 1 and stream.endswith(b"data: [DONE]\n\n")
    first, last = chunks(stream)
    assert (
        first["choices"][0]["delta"]["content"] == "Not here."
        and last["choices"][0]["finish_reason"] == "content_filter"
    )


def test_where_a_replys_texts_come_from() -> None:
    origin = Chat().origin
    assert origin("content").channel is origin("refusal").channel is Channel.FINAL
    assert {origin(f).channel for f in ("reasoning", "reasoning_content", "thinking", "reasoning_details")} == {
        Channel.ANALYSIS
    }
    call = origin("call", "look")
    assert (call.direction, call.role, call.channel, call.tool) == (
        Direction.RESPONSE,
        Role.ASSISTANT,
        Channel.COMMENTARY,
        "look",
    )
