"""Replies of Chat Completions in the forms that servers really send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guardproxy.types import WireError
from guardproxy.wire.base import Call, End, Fault, Head, Item, Text, Usage
from guardproxy.wire.chat import Chat
from guardproxy.wire.chat_reply import LEGACY_CALL


def events(*bodies: Any) -> list[Item]:
    reader = Chat().reader()
    return [i for b in bodies for i in reader.event(b if isinstance(b, bytes) else json.dumps(b).encode())]


def delta(index: int = 0, reason: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": fields, "finish_reason": reason}]}


def whole(message: dict[str, Any], **more: Any) -> list[Item]:
    return Chat().reader().whole({"choices": [{"index": 0, "message": message, "finish_reason": "stop", **more}]})


# ---------------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize("field", ["content", "refusal", "reasoning", "reasoning_content", "thinking"])
def test_every_text_field_is_given_under_its_name(field: str) -> None:
    assert events(delta(**{field: "x"})) == [Text(0, field, "x")]
    assert whole({field: "x"}) == [Text(0, field, "x"), End(0, "stop")]


@pytest.mark.parametrize("value", [None, ""])
def test_empty_deltas_say_and_end_nothing(value: str | None) -> None:
    assert events(delta(role="assistant", content=value, refusal=value, tool_calls=None), delta()) == []
    assert events(delta(reason=value or "")) == []


def test_thinking_comes_before_the_answer() -> None:
    assert [i.field for i in events(delta(content="b", reasoning="a")) if isinstance(i, Text)] == [
        "reasoning",
        "content",
    ]
    assert [type(i) for i in whole({"tool_calls": [{"function": {"name": "f"}}], "content": "x"})] == [Text, Call, End]


def test_reasoning_under_several_names_is_one_text() -> None:
    body = delta(reasoning="x", reasoning_content="x", reasoning_details=[{"text": "x"}], content="x")
    name = "reasoning+reasoning_content+reasoning_details"
    items = events(body)
    assert items == [Text(0, name, "x"), Text(0, "content", "x")]
    assert Chat().origin(name) == Chat().origin("reasoning")
    head = Head("c", "m", 1)
    stream, full = Chat().stream_writer(head), Chat().whole_writer(head)
    written = json.loads(stream.text(0, name, "b")[6:])["choices"][0]["delta"]
    full.text(0, name, "b")
    full.end(0, "stop")
    for message in (written, json.loads(full.done())["choices"][0]["message"]):
        assert message["reasoning"] == message["reasoning_content"] == "b"
        assert message["reasoning_details"] == [{"type": "reasoning.text", "text": "b", "index": 0}]


def test_reasoning_under_several_names_with_other_texts_stays_apart() -> None:
    assert events(delta(reasoning="a", reasoning_content="b")) == [
        Text(0, "reasoning", "a"),
        Text(0, "reasoning_content", "b"),
    ]


def test_reasoning_details_are_texts() -> None:
    details = [
        {"type": "reasoning.text", "text": "a"},
        {"type": "reasoning.text", "text": "b"},
        {"type": "reasoning.summary", "summary": "c"},
    ]
    found = [Text(0, "reasoning_details", "ab"), Text(0, "reasoning_details.summary", "c")]
    assert events(delta(reasoning_details=details)) == found
    assert whole({"reasoning_details": details}) == [*found, End(0, "stop")]


def test_content_in_parts() -> None:
    reader = Chat().reader()
    parts = [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": []}, {"type": "text", "text": "b"}]
    assert reader.event(json.dumps(delta(content=parts)).encode()) == [Text(0, "content", "ab")]
    assert reader.dropped == {"message.content"}


def test_interleaved_choices() -> None:
    body = {"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "x"}}]}
    assert events(body) == [Text(1, "content", "b"), Text(0, "content", "x")]


def test_a_choice_without_index_is_counted() -> None:
    assert events({"choices": [{"delta": {"content": "x"}}]}) == [Text(0, "content", "x")]


# ---------------------------------------------------------------------------------------------------- characters in halves


def test_halves_of_a_character_are_joined_over_events() -> None:
    one = b'{"choices":[{"index":0,"delta":{"content":"hi \\ud83d"}}]}'
    two = b'{"choices":[{"index":0,"delta":{"content":"\\udc4b!"}}]}'
    assert events(one, two) == [Text(0, "content", "hi "), Text(0, "content", "👋!")]


def test_halves_belong_to_one_field_of_one_choice() -> None:
    high = b'{"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}'
    other = b'{"choices":[{"index":1,"delta":{"content":"\\udc4b"}},{"index":0,"delta":{"reasoning":"\\udc4b"}}]}'
    low = b'{"choices":[{"index":0,"delta":{"content":"\\udc4b"}}]}'
    assert events(high, other, low) == [
        Text(1, "content", "\ufffd"),
        Text(0, "reasoning", "\ufffd"),
        Text(0, "content", "👋"),
    ]


@pytest.mark.parametrize(
    "end",
    [
        b"[DONE]",
        b'{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
        b'{"choices":[{"index":0,"delta":{"content":"x"}}]}',
    ],
)
def test_a_half_without_its_other_one_is_marked(end: bytes) -> None:
    items = events(b'{"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}', end)
    assert isinstance(items[0], Text) and items[0].text.rstrip("x") == "\ufffd"


def test_halves_in_arguments() -> None:
    def part(text: str) -> bytes:
        return json.dumps(delta(tool_calls=[{"index": 0, "function": {"arguments": text}}])).encode()

    calls = [
        i
        for i in events(part('"\ud83d'), part('\udc4b"'), part("\ud83d"), delta(reason="tool_calls"))
        if isinstance(i, Call)
    ]
    assert "".join(c.arguments for c in calls) == '"👋"\ufffd'


def test_broken_utf8_is_replaced() -> None:
    assert events(b'{"choices":[{"index":0,"delta":{"content":"a\xffb"}}]}') == [Text(0, "content", "a\ufffdb")]


# ---------------------------------------------------------------------------------------------------- calls


def test_fragments_add_up() -> None:
    items = events(
        delta(tool_calls=[{"index": 0, "id": "c0", "type": "function", "function": {"name": "look", "arguments": ""}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"a"'}}]),
        delta(tool_calls=[{"index": 1, "id": "c1", "function": {"name": "send", "arguments": "{}"}}]),
        delta(reason="tool_calls"),
    )
    assert items == [
        Call(0, 0, "c0", "look"),
        Call(0, 0, arguments='{"a"'),
        Call(0, 1, "c1", "send", "{}"),
        End(0, "tool_calls"),
    ]


def test_calls_without_index() -> None:
    first, second = ({"id": i, "function": {"name": i, "arguments": "{}"}} for i in ("a", "b"))
    tail = {"function": {"arguments": "!"}}
    items = events(delta(tool_calls=[first]), delta(tool_calls=[tail]), delta(tool_calls=[second]))
    assert [(i.index, i.id) for i in items if isinstance(i, Call)] == [(0, "a"), (0, ""), (1, "b")]
    items = whole({"tool_calls": [first, second]})
    assert [i.index for i in items if isinstance(i, Call)] == [0, 1]


def test_custom_calls_stay_custom() -> None:
    items = events(
        delta(tool_calls=[{"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": "l"}}]),
        delta(tool_calls=[{"index": 0, "custom": {"input": "s"}}]),
    )
    assert items == [Call(0, 0, "c", "sh", "l", "custom"), Call(0, 0, arguments="s", kind="custom")]


def test_the_legacy_call_has_a_place_of_its_own() -> None:
    items = events(delta(function_call={"name": "f", "arguments": "{"}), delta(function_call={"arguments": "}"}))
    assert items == [
        Call(0, LEGACY_CALL, "", "f", "{", "function_call"),
        Call(0, LEGACY_CALL, "", "", "}", "function_call"),
    ]


def test_arguments_as_an_object() -> None:
    call = {"index": 0, "function": {"name": "f", "arguments": {"a": "é"}}}
    assert events(delta(tool_calls=[call])) == [Call(0, 0, "", "f", '{"a":"é"}')]


# ---------------------------------------------------------------------------------------------------- ends and counts


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_calls"),
        ("content_filter", "content_filter"),
        ("function_call", "function_call"),
        ("eos", "stop"),
        ("error", "stop"),
        (["x"], "stop"),
    ],
)
def test_finish_reasons(said: Any, meant: str) -> None:
    assert events(delta(reason=said)) == [End(0, meant)]


def test_a_whole_choice_ends_even_without_a_reason() -> None:
    assert whole({"content": None}, finish_reason=None) == [End(0, "stop")]


def test_nothing_follows_an_end() -> None:
    reader = Chat().reader()
    for body in (delta(content="a", reason="stop"), delta(content="b"), delta(reason="stop"), delta(content="")):
        last = reader.event(json.dumps(body).encode())
    assert last == [] and reader.dropped == {"choices.after_end"}


def test_token_counts_are_numbers_under_known_names() -> None:
    usage = {
        "prompt_tokens": 1,
        "completion_tokens": 2.5,
        "total_tokens": True,
        "note": "x",
        "prompt_tokens_details": {"cached_tokens": 3, "x": 4},
    }
    assert events({"choices": [], "usage": usage}) == [
        Usage({"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 3}})
    ]
    assert events({"choices": [], "usage": None}) == events({"choices": [], "usage": {}}) == []


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
        {
            "id": "",
            "choices": [
                {"index": 0, "content_filter_offsets": {"check_offset": 1}, "content_filter_results": {"hate": {}}}
            ],
        },
        {"choices": [], "moderation": {"input": {}}},
        {"choices": [{"index": 0, "delta": {}}], "obfuscation": "xyz"},
        {"object": "ping"},
        {},
    ],
)
def test_events_without_text_give_nothing(body: Any) -> None:
    assert events(body) == []


def test_the_terminator() -> None:
    reader = Chat().reader()
    assert not reader.done
    assert reader.event(b"[DONE]") == [] and reader.done


# ---------------------------------------------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "CUDA out of memory"}, "CUDA out of memory"),
        ({"error": {"message": "boom", "code": 500}}, "boom"),
        ({"error": {"message": "boom"}, "choices": []}, "boom"),
        ({"error": {"x": 1}}, "the upstream reported an error without a message"),
        ({"detail": "bad"}, "bad"),
        ({"choices": [{"index": 0, "error": {"message": "bad choice"}, "finish_reason": "error"}]}, "bad choice"),
    ],
)
def test_errors_in_a_stream(body: Any, message: str) -> None:
    assert events(body) == [Fault(message)]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"error": "say "hi""}',
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"[DONE",
        b'{"choices":{}}',
        b'{"choices":[1]}',
        b'{"choices":[{"index":-1}]}',
        b'{"choices":[{"index":128}]}',
        b'{"choices":[{"index":true}]}',
        b'{"choices":[{"index":"0"}]}',
    ],
)
def test_garbage_is_a_fault_that_repeats_nothing(body: bytes) -> None:
    assert events(body) == [Fault("the upstream sent an event that can't be read")]


@pytest.mark.parametrize("body", [None, [], "x", {}, {"choices": []}, {"choices": None}])
def test_whole_bodies_that_are_no_reply(body: Any) -> None:
    with pytest.raises(WireError):
        Chat().reader().whole(body)


def test_an_error_as_a_whole_body_is_a_fault() -> None:
    assert Chat().reader().whole({"error": {"message": "m"}}) == [Fault("m")]
    assert Chat().reader().whole({"detail": "m"}) == [Fault("m")]
