"""The dialect of `/completions`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types import Completion

from guardproxy.types import Role, WireError
from guardproxy.wire.base import Call, End, Fault, Head, Text, Usage
from guardproxy.wire.completions import Completions
from guardproxy.wire.sse import Decoder
from tests.wire.bodies import COMPLETION

HEAD = Head("cmpl-1", "gpt-oss", 17)
LOGPROBS = {"tokens": ["Hi"], "token_logprobs": [-0.5], "top_logprobs": None, "text_offset": [0]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`model` is missing"),
        ({"model": "m"}, "`prompt` is missing"),
        ({"model": "m", "prompt": [1, 2]}, "token ids are not accepted"),
        ({"model": "m", "prompt": [[1, 2]]}, "token ids are not accepted"),
        ({"model": "m", "prompt": ["a", 2]}, "token ids are not accepted"),
        ({"model": "m", "prompt": 3}, "`prompt`: expected a string, got a number"),
        ({"model": "m", "prompt": []}, "1 to 128 prompts"),
        ({"model": "m", "prompt": ["a"] * 129}, "1 to 128 prompts"),
        ({"model": "m", "prompt": ["a"] * 3, "n": 43}, "prompts times n is 129"),
        ({"model": "m", "prompt": "a", "suffix": []}, "expected a string, got a list"),
        ({"model": "m", "prompt": "a", "logprobs": True}, "whole number"),
        ({"model": "m", "prompt": "a", "messages": []}, "Unknown parameter: `messages`"),
        ({"model": "m", "prompt": "a", "prompt_embeds": "x"}, "not accepted"),
    ],
)
def test_bad_requests_are_named(body: Any, message: str) -> None:
    with pytest.raises(WireError) as caught:
        Completions().read_request(body)
    assert message in str(caught.value)


def test_prompts_are_the_users() -> None:
    conversation = Completions().read_request(COMPLETION)
    said = {s.origin.path: s.text for s in conversation.segments if s.origin.role is Role.USER}
    assert said == {("prompt", 0): "Once upon", ("prompt", 1): "a time", ("suffix",): "The end."}
    assert (conversation.choices, conversation.stream, conversation.include_usage) == (4, True, True)
    assert Completions().read_request({"model": "m", "prompt": "x"}).choices == 1


def test_edits_land() -> None:
    out = Completions().write_request(COMPLETION, {("prompt", 1): "x", ("stop",): "y"})
    assert (out["prompt"], out["stop"]) == (["Once upon", "x"], "y")
    assert COMPLETION["prompt"] == ["Once upon", "a time"] and "metadata" not in out


def test_reading_a_reply() -> None:
    body = {
        "choices": [{"index": 1, "text": "Hi", "finish_reason": "eos", "logprobs": LOGPROBS, "stop_reason": "x"}],
        "usage": {"total_tokens": 3},
    }
    reader = Completions().reader()
    assert reader.whole(body) == [Text(1, "text", "Hi", LOGPROBS), End(1, "stop"), Usage({"total_tokens": 3})]
    assert reader.dropped == {"choices.stop_reason"} and reader.done
    assert Completions().origin("text").channel is None


def test_reading_events() -> None:
    reader = Completions().reader()
    halves = [b'{"choices":[{"index":0,"text":"x\\ud83d"}]}', b'{"choices":[{"index":0,"text":"\\udc4b"}]}']
    assert [i for h in halves for i in reader.event(h)] == [Text(0, "text", "x"), Text(0, "text", "👋")]
    assert reader.event(b'{"choices":[{"text":"","finish_reason":"tool_calls"}]}') == [End(0, "stop")]
    assert reader.event(b'{"choices":[{"text":"late"}]}') == [] and "choices.text" in reader.dropped
    assert reader.event(b'{"error":"boom"}') == [Fault("boom")]
    assert reader.event(b"[DONE]") == [] and reader.done
    for garbage in (b"{", b"[]", b'{"choices":1}', b'{"choices":[1]}', b'{"choices":[{"index":999}]}'):
        assert reader.event(garbage) == [Fault("the upstream sent an event that can't be read")]
    with pytest.raises(WireError):
        reader.whole({"choices": []})


def test_writing_a_stream() -> None:
    writer = Completions().stream_writer(Head("cmpl-1", "gpt-oss", 17, include_usage=True))
    out = writer.text(0, "text", 'a"') + writer.text(1, "text", "Hi", LOGPROBS) + writer.end(0, "stop")
    out += writer.usage({"total_tokens": 1}) + writer.done() + writer.done()
    *events, last = [e.data for e in Decoder().feed(out)]
    assert last == b"[DONE]"
    bodies = [json.loads(e) for e in events]
    assert [b["choices"] for b in bodies] == [
        [{"text": 'a"', "index": 0, "logprobs": None, "finish_reason": None}],
        [{"text": "Hi", "index": 1, "logprobs": LOGPROBS, "finish_reason": None}],
        [{"text": "", "index": 0, "logprobs": None, "finish_reason": "stop"}],
        [],
    ]
    assert {b["object"] for b in bodies} == {"text_completion"}
    assert [b["usage"] for b in bodies] == [None, None, None, {"total_tokens": 1}]


def test_writing_a_body() -> None:
    writer = Completions().whole_writer(HEAD)
    writer.text(1, "text", "Hi", LOGPROBS)
    writer.text(1, "text", "Hi", LOGPROBS)
    writer.text(0, "text", "Hi", LOGPROBS)
    writer.text(0, "text", "!")
    writer.end(0, "stop")
    writer.end(1, "length")
    body = json.loads(writer.done())
    twice = {"tokens": ["Hi", "Hi"], "token_logprobs": [-0.5, -0.5], "top_logprobs": None, "text_offset": [0, 0]}
    assert body["choices"] == [
        {"text": "Hi!", "index": 0, "logprobs": None, "finish_reason": "stop"},
        {"text": "HiHi", "index": 1, "logprobs": twice, "finish_reason": "length"},
    ]
    Completion.model_validate(body)
    writer.error({"message": "m"})
    assert json.loads(writer.done()) == {"error": {"message": "m"}}


@pytest.mark.parametrize("writer", [Completions().stream_writer(HEAD), Completions().whole_writer(HEAD)])
def test_there_are_no_calls(writer: Any) -> None:
    with pytest.raises(TypeError):
        writer.call(0, 0, Call(0, 0))


def test_refusals() -> None:
    body = json.loads(Completions().refusal(HEAD, "No.", stream=False))
    assert body["choices"] == [{"text": "No.", "index": 0, "logprobs": None, "finish_reason": "content_filter"}]
    assert Completions().refusal(HEAD, "No.", stream=True).endswith(b"data: [DONE]\n\n")
