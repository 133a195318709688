"""The dialects of Ollama's own API: requests, replies, lines."""

from __future__ import annotations

import json
from typing import Any

import ollama
import pytest

from guardproxy.types import Channel, Role, WireError
from guardproxy.wire.base import Call, Codec, End, Fault, Head, Text, Usage
from guardproxy.wire.json import dump
from guardproxy.wire.ollama import OllamaChat, OllamaGenerate
from tests.wire.ollama_bodies import CHAT, GENERATE

HEAD = Head("ollama-abc", "gpt-oss:20b", 1700000000)
BOTH = [pytest.param(OllamaChat(), "content", id="chat"), pytest.param(OllamaGenerate(), "response", id="generate")]
ERROR = {"message": "m", "type": "server_error", "param": None, "code": "upstream_error"}


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages), **more}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`model` is missing"),
        ({"model": "m"}, "`messages` is missing"),
        (chat("x"), "`messages[0]`: expected a message"),
        (chat({"role": "oracle", "content": "x"}), "expected one of system, developer, user, assistant, tool"),
        (chat({"role": "user", "content": ["x"]}), "`messages[0].content`: expected a string, got a list"),
        (chat({"role": "user", "thinking": "x"}), "Unknown parameter: `messages[0].thinking`"),
        (chat({"role": "user", "images": "AAAA"}), "`messages[0].images`: expected a list of base64 strings"),
        (
            chat({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 3}}]}),
            "expected an object",
        ),
        (chat(options={"stop": [3]}), "`options.stop[0]`: expected a string"),
        (chat(options={"num_ctx": 1.5}), "`options.num_ctx`: expected a whole number"),
        (chat(options={"mystery": "x"}), "Unknown parameter: `options.mystery`"),
        (chat(think=3), "`think`: expected true or false"),
        (chat(keep_alive="for joe"), "`keep_alive`: expected a duration"),
        (chat(keep_alive=[5]), "`keep_alive`: expected a number"),
        (chat(format=3), "`format`: expected an object"),
        (chat(prompt="x"), "Unknown parameter: `prompt`"),
    ],
)
def test_bad_requests_are_named(body: Any, message: str) -> None:
    with pytest.raises(WireError) as caught:
        OllamaChat().read_request(body)
    assert message in str(caught.value)


@pytest.mark.parametrize("keep_alive", [5, -1, 0.5, "5m", "-1s", "1h30m", "300", "1.5h", "100ms"])
def test_durations(keep_alive: Any) -> None:
    assert OllamaChat().write_request(chat(keep_alive=keep_alive), {})["keep_alive"] == keep_alive
    OllamaChat().read_request(chat(keep_alive=keep_alive))


def test_who_says_what() -> None:
    said = {s.text: (s.origin.role, s.origin.channel, s.origin.tool) for s in OllamaChat().read_request(CHAT).segments}
    assistant = Role.ASSISTANT
    assert said["Be brief."] == (Role.SYSTEM, None, None)
    assert said["In French."] == (Role.DEVELOPER, None, None)
    assert said["What is this?"] == (Role.USER, None, None)
    assert said["Hm."] == (assistant, Channel.ANALYSIS, None)
    assert said["Let me look."] == (assistant, Channel.FINAL, None)
    assert said['{"city":"Paris","n":[1,2]}'] == said['{"city": "Rome"}'] == (assistant, Channel.COMMENTARY, "look")
    assert said["Sunny."] == said["Rainy."] == (Role.TOOL, None, "look")
    by_id = chat(
        {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": {}}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "Windy."},
    )
    assert [s.origin.tool for s in OllamaChat().read_request(by_id).segments if s.text == "Windy."] == ["look"]
    generate = {s.text: s.origin.role for s in OllamaGenerate().read_request(GENERATE).segments}
    assert (generate["Once upon"], generate["The end."], generate["Be brief."]) == (Role.USER, Role.USER, Role.SYSTEM)


@pytest.mark.parametrize(
    ("said", "stream"), [({}, True), ({"stream": None}, True), ({"stream": True}, True), ({"stream": False}, False)]
)
def test_it_streams_unless_told_not_to(said: dict[str, Any], stream: bool) -> None:
    body = chat(**said)
    assert OllamaChat().read_request(body).stream is stream
    assert OllamaChat().write_request(body, {})["stream"] is stream


@pytest.mark.parametrize(("form", "wanted"), [("json", True), ({"type": "object"}, True), ("", False), (None, False)])
def test_json_is_wanted(form: Any, wanted: bool) -> None:
    assert OllamaChat().read_request(chat(format=form)).json_reply is wanted


# ---------------------------------------------------------------------------------------------------- replies


def line(codec: Codec, **said: Any) -> dict[str, Any]:
    return {"message": said} if codec.route == "/api/chat" else said


@pytest.mark.parametrize(("codec", "field"), BOTH)
def test_thinking_comes_before_what_is_said_and_calls_behind(codec: Codec, field: str) -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    said = line(codec, **{field: "Hi.", "thinking": "Hm.", "tool_calls": [call, {"id": "c", **call}]})
    wanted = [
        Text(0, "thinking", "Hm."), Text(0, field, "Hi."), Call(0, 0, "", "f", '{"a":1}', whole=True),
        Call(0, 1, "c", "f", '{"a":1}', whole=True),
    ]  # fmt: skip
    reader = codec.reader()
    assert list(reader.event(dump(said))) == wanted
    assert not reader.done
    assert list(codec.reader().whole(said)) == [*wanted, End(0, "stop")]
    assert codec.origin("thinking").channel is Channel.ANALYSIS and codec.origin(field).channel is Channel.FINAL
    assert codec.origin("call", "f").channel is Channel.COMMENTARY


@pytest.mark.parametrize(("codec", "field"), BOTH)
def test_the_last_line(codec: Codec, field: str) -> None:
    reader = codec.reader()
    ending = {"done": True, "done_reason": "length", "prompt_eval_count": 3, "eval_count": 4, "total_duration": 5}
    assert list(reader.event(dump({**line(codec, **{field: ""}), **ending}))) == [
        End(0, "length"), Usage({"prompt_tokens": 3, "completion_tokens": 4, "total_duration": 5}),
    ]  # fmt: skip
    assert reader.done
    assert list(codec.reader().event(b'{"done": true, "done_reason": "joe@example.com"}')) == [End(0, "stop")]


@pytest.mark.parametrize(("codec", "field"), BOTH)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"error": "out of memory"}', "out of memory"),
        (b'{"error": {"message": "out of memory"}}', "out of memory"),
        (b'{"error": {}, "done": true}', None),
        (b'{"error": 3}', "the upstream reported an error without a message"),
        (b"{", "the upstream sent a line that can't be read"),
        (b"[]", "the upstream sent a line that can't be read"),
    ],
)
def test_faults(codec: Codec, field: str, data: bytes, message: str | None) -> None:
    (item,) = codec.reader().event(data)
    assert item == (End(0, "stop") if message is None else Fault(message))


@pytest.mark.parametrize(("codec", "field"), BOTH)
def test_what_is_no_reply(codec: Codec, field: str) -> None:
    for body in ([], "x", {}, {"model": "m"}):
        with pytest.raises(WireError):
            codec.reader().whole(body)


@pytest.mark.parametrize(("codec", "field"), BOTH)
def test_what_is_written(codec: Codec, field: str) -> None:
    kind = ollama.ChatResponse if field == "content" else ollama.GenerateResponse
    call = Call(0, 0, "", "f", '{"a":1}')
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "total_duration": 5}
    whole, stream = codec.whole_writer(HEAD), codec.stream_writer(HEAD)
    for writer in (whole, stream):
        raw = b"".join((
            writer.text(0, "thinking", "Hm."), writer.text(0, field, 'H"'), writer.text(0, field, "i"),
            writer.call(0, 0, call), writer.end(0, "content_filter", cut=True), writer.usage(usage), writer.done(),
        ))  # fmt: skip
        *before, last = map(json.loads, raw.splitlines())
        for one in (*before, last):
            kind.model_validate(one, strict=True)
            assert (one["model"], one["created_at"]) == ("gpt-oss:20b", "2023-11-14T22:13:20Z")
        assert (last["done"], last["done_reason"], last["eval_count"]) == (True, "content_filter", 4)
        assert (last["prompt_eval_count"], last["total_duration"]) == (3, 5) and "total_tokens" not in last
        said = [one.get("message", one) for one in (*before, last)]
        assert "".join(one[field] for one in said) == 'H"i'
        assert "".join(one.get("thinking", "") for one in said) == "Hm."
        calls = [c for one in said for c in one.get("tool_calls", ())]
        assert calls == [{"id": "call_abc_0", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}]
    assert stream.done() == b""


@pytest.mark.parametrize(("codec", "field"), BOTH)
def test_errors_refusals_and_silence(codec: Codec, field: str) -> None:
    assert json.loads(codec.error(ERROR, 400)) == {"error": "m"}
    writer = codec.stream_writer(HEAD)
    assert writer.error(ERROR) + writer.done() == b'{"error":"m"}\n'
    whole = codec.whole_writer(HEAD)
    whole.error(ERROR)
    assert json.loads(whole.done()) == {"error": "m"}
    for stream in (False, True):
        lines = [json.loads(one) for one in codec.refusal(HEAD, "No.", stream=stream).splitlines()]
        assert "".join(one.get("message", one)[field] for one in lines) == "No."
        assert (lines[-1]["done"], lines[-1]["done_reason"], lines[-1]["eval_count"]) == (True, "content_filter", 0)
    silence = json.loads(codec.keep_alive(HEAD))
    assert silence["done"] is False and silence.get("message", silence)[field] == ""
