"""Requests of Chat Completions: what is accepted, what is refused and how, whose words a text is, and edits by path."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import Channel, Direction, Origin, Role, WireError
from guardproxy.wire.base import Conversation, Unread
from guardproxy.wire.chat import Chat
from guardproxy.wire.chat_request import MAX_MESSAGES
from tests.cost import grows_like_its_input
from tests.wire.bodies import CHAT

HELLO = {"role": "user", "content": "hello"}


def read(*messages: Any, extra: frozenset[str] = frozenset(), **more: Any) -> Conversation:
    return Chat(extra).read_request({"model": "gpt-oss", "messages": list(messages) or [HELLO], **more})


def refusal(body: Any) -> WireError:
    with pytest.raises(WireError) as caught:
        Chat().read_request(body)
    assert caught.value.status == 400
    return caught.value


def texts(conversation: Conversation) -> dict[tuple[Any, ...], str]:
    return {s.origin.path: s.text for s in conversation.segments}


# ---------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("change", "message", "code", "param"),
    [
        ({"model": None}, "`model` is missing", "missing_parameter", "model"),
        ({"model": ""}, "1 to 256 characters", "invalid_value", "model"),
        ({"model": "x" * 257}, "1 to 256 characters", "invalid_value", "model"),
        ({"model": 3}, "`model`: expected a string, got a number.", "invalid_type", "model"),
        ({"messages": None}, "`messages` is missing", "missing_parameter", "messages"),
        ({"messages": []}, "1 to 5000 messages, this one has 0", "invalid_value", "messages"),
        ({"messages": "hi"}, "expected a list of messages, got a string", "invalid_type", "messages"),
        ({"messages": ["hi"]}, "`messages[0]`: expected a message", "invalid_type", "messages[0]"),
        (
            {"messages": [{"content": "x"}]},
            "expected one of system, developer, user",
            "invalid_value",
            "messages[0].role",
        ),
        ({"messages": [{"role": "root", "content": "x"}]}, "expected one of", "invalid_value", "messages[0].role"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "expected one of", "invalid_value", "messages[0].role"),
        (
            {"messages": [HELLO, {"role": "user", "content": 7}]},
            "`messages[1].content`: expected a string or a list of parts, got a number.",
            "invalid_type",
            "messages[1].content",
        ),
        (
            {"messages": [{"role": "user"}]},
            "expected a string or a list of parts, got null",
            "invalid_type",
            "messages[0].content",
        ),
        (
            {"messages": [{"role": "user", "content": ["x"]}]},
            "expected a part",
            "invalid_type",
            "messages[0].content[0]",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "got null",
            "invalid_type",
            "messages[0].content[0].text",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "hologram"}]}]},
            "expected one of text, refusal, image_url",
            "invalid_value",
            "messages[0].content[0].type",
        ),
        (
            {"messages": [{**HELLO, "cache_control": {}}]},
            "Unknown parameter",
            "unknown_parameter",
            "messages[0].cache_control",
        ),
        (
            {"messages": [{"role": "tool", "content": "x", "tool_call_id": "a b"}]},
            "1 to 128 letters",
            "invalid_value",
            "messages[0].tool_call_id",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": "x"}]},
            "expected a list, got a string",
            "invalid_type",
            "messages[0].tool_calls",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 3}}]}]},
            "expected a string, got a number",
            "invalid_type",
            "messages[0].tool_calls[0].function.arguments",
        ),
        ({"stream": 1}, "expected true or false, got a number", "invalid_type", "stream"),
        ({"stream": "true"}, "expected true or false, got a string", "invalid_type", "stream"),
        ({"n": 0}, "between 1 and 128", "invalid_value", "n"),
        ({"n": 129}, "between 1 and 128", "invalid_value", "n"),
        ({"n": 1.5}, "expected a whole number", "invalid_type", "n"),
        ({"n": True}, "expected a whole number, got a boolean", "invalid_type", "n"),
        ({"temperature": "hot"}, "expected a number, got a string", "invalid_type", "temperature"),
        ({"stop": {"a": 1}}, "expected a string, got an object", "invalid_type", "stop"),
        ({"stop": ["a", 3]}, "expected a string, got a number", "invalid_type", "stop[1]"),
        ({"tools": {}}, "expected a list, got an object", "invalid_type", "tools"),
        (
            {"tools": [{"type": "function", "function": {"name": "x" * 257}}]},
            "at most 256",
            "invalid_value",
            "tools[0].function.name",
        ),
        ({"logit_bias": {"word": 1}}, "digits only", "invalid_value", "logit_bias"),
        ({"stop_token_ids": [-1]}, "between 0", "invalid_value", "stop_token_ids[0]"),
        ({"modalities": ["text", "audio"]}, "no filter reads spoken answers", "invalid_value", "modalities"),
        ({"audio": {"voice": "ash"}}, "no filter reads spoken answers", "unsupported_parameter", "audio"),
        ({"prompt_token_ids": [1]}, "no filter has read", "unsupported_parameter", "prompt_token_ids"),
        ({"chat_template": "{{ x }}"}, "changes how the conversation", "unsupported_parameter", "chat_template"),
        ({"chat_template_kwargs": {"a": 1}}, "changes how", "unsupported_parameter", "chat_template_kwargs"),
        ({"skip_special_tokens": False}, "control tokens", "unsupported_parameter", "skip_special_tokens"),
        ({"continue_final_message": True}, "changes how", "unsupported_parameter", "continue_final_message"),
        ({"add_generation_prompt": False}, "changes how", "unsupported_parameter", "add_generation_prompt"),
        ({"return_token_ids": True}, "repeat its text", "unsupported_parameter", "return_token_ids"),
        ({"prompt_logprobs": 0}, "repeat its text", "unsupported_parameter", "prompt_logprobs"),
        ({"echo": True}, "begin with the request", "unsupported_parameter", "echo"),
        ({"frobnicate": None}, "Unknown parameter: `frobnicate`", "unknown_parameter", "frobnicate"),
        ({"reasoning_effort": "x" * 65}, "expected one of none, minimal", "invalid_value", "reasoning_effort"),
    ],
)
def test_bad_requests_are_named(change: dict[str, Any], message: str, code: str, param: str) -> None:
    error = refusal({"model": "gpt-oss", "messages": [HELLO], **change})
    assert message in str(error)
    assert (error.code, error.param) == (code, param)


def test_long_names_are_not_repeated_whole() -> None:
    assert len(str(refusal({"x" * 100_000: 1}))) < 300


@pytest.mark.parametrize(("count", "good"), [(MAX_MESSAGES, True), (MAX_MESSAGES + 1, False), (10_000, False)])
def test_conversations_have_a_bound(count: int, good: bool) -> None:
    body = {"model": "m", "messages": [HELLO] * count}
    if good:
        assert len(Chat().read_request(body).segments) == count
    else:
        assert refusal(body).param == "messages"


def test_texts_have_a_bound() -> None:
    parts = [{"type": "text", "text": "x"}] * 20_001
    assert refusal({"model": "m", "messages": [{"role": "user", "content": parts}]}).code == "request_too_large"


# What a parsed body can hold: the parser refuses NaN and numbers too large for a double.
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_wrong_types_anywhere_are_an_error_or_are_read(data: st.DataObject) -> None:
    """Whatever stands in whatever place: read or refused with a sentence, never another exception."""
    body = copy.deepcopy(CHAT)
    node: Any = body
    for _ in range(data.draw(st.integers(0, 6))):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys or not isinstance(node[key := data.draw(st.sampled_from(keys))], dict | list):
            break
        node = node[key]
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    if keys:
        node[data.draw(st.sampled_from(keys))] = data.draw(JUNK)
    try:
        conversation = Chat().read_request(body)
    except WireError as e:
        assert e.status == 400 and str(e).endswith(".")
        return
    assert Chat().write_request(body, {s.origin.path: s.text for s in conversation.segments}) == Chat().write_request(
        body, {}
    )


# ---------------------------------------------------------------------------------------------------- reading


def test_what_is_asked_for() -> None:
    assert read().stream is False and read().choices == 1 and not read().include_usage
    full = read(stream=True, n=3, stream_options={"include_usage": True})
    assert (full.model, full.stream, full.choices, full.include_usage) == ("gpt-oss", True, 3, True)
    assert read(stream=None, n=None, stream_options=None).choices == 1


@pytest.mark.parametrize("role", ["system", "developer", "user"])
def test_plain_messages(role: str) -> None:
    (said, name) = read({"role": role, "content": "x", "name": "y"}).segments
    assert said.origin == Origin(Direction.REQUEST, Role(role), path=("messages", 0, "content"))
    assert name.text == "y"


def test_an_assistants_words_have_channels() -> None:
    conversation = read(
        {
            "role": "assistant",
            "content": "a",
            "reasoning": "b",
            "reasoning_content": "c",
            "thinking": "d",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"x":1}'}}],
        }
    )
    channels = {s.text: (s.origin.role, s.origin.channel) for s in conversation.segments}
    assert channels["a"] == (Role.ASSISTANT, Channel.FINAL)
    assert channels["b"] == channels["c"] == channels["d"] == (Role.ASSISTANT, Channel.ANALYSIS)
    call = next(s for s in conversation.segments if s.json)
    assert (call.origin.channel, call.origin.tool, call.text) == (Channel.COMMENTARY, "look", '{"x":1}')
    assert next(s for s in conversation.segments if s.text == "look").fixed


def test_a_tools_answer_has_its_author() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}}
    conversation = read(
        HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "c2", "content": "rainy"},
        {"role": "function", "name": "old", "content": "windy"},
    )
    authors = {s.text: s.origin.tool for s in conversation.segments if s.origin.role is Role.TOOL}
    assert authors == {"sunny": "look", "rainy": None, "windy": "old"}


def test_parts_are_texts_of_their_own() -> None:
    conversation = read({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})
    assert texts(conversation) == {
        ("messages", 0, "content", 0, "text"): "a",
        ("messages", 0, "content", 1, "text"): "b",
    }


def test_what_no_filter_reads_is_told() -> None:
    unread = Chat().read_request(CHAT).unread
    here = ("messages", 2, "content")
    assert unread == (
        Unread((*here, 1), "an image"),
        Unread((*here, 2), "an image"),
        Unread((*here, 3), "a sound recording"),
        Unread((*here, 4), "a video"),
        Unread((*here, 5), "a file"),
        Unread(("messages", 3, "reasoning_details"), "encrypted reasoning"),
        Unread(("messages", 3, "audio"), "an earlier sound recording"),
    )


CITY = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.mark.parametrize(
    ("parameters", "is_json", "schema"),
    [
        ({}, False, None),
        ({"response_format": {"type": "text"}}, False, None),
        ({"response_format": {"type": "json_object"}}, True, None),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": CITY}}}, True, CITY),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, True, None),
        ({"response_format": {"type": "json_object", "schema": CITY}}, True, CITY),
        ({"guided_json": CITY}, True, CITY),
        ({"guided_json": json.dumps(CITY)}, True, CITY),
        ({"guided_json": "no json"}, True, None),
        ({"structured_outputs": {"json": CITY}}, True, CITY),
        ({"structured_outputs": {"json": json.dumps(CITY)}}, True, CITY),
        ({"structured_outputs": {"regex": "a"}}, False, None),
        ({"json_schema": CITY}, True, CITY),
    ],
)
def test_an_answer_that_is_to_be_json(parameters: dict[str, Any], is_json: bool, schema: Any) -> None:
    conversation = read(**parameters)
    assert (conversation.json_reply, conversation.schema) == (is_json, schema)


def test_schemas_are_documents_with_their_keys() -> None:
    schema = {"type": "object", "properties": {"city": {"enum": ["Bern", 12345]}}}
    conversation = read(tools=[{"type": "function", "function": {"name": "f", "parameters": schema}}])
    segment = next(s for s in conversation.segments if s.origin.path == ("tools", 0, "function", "parameters"))
    assert segment.json and segment.text == '{"type":"object","properties":{"city":{"enum":["Bern",12345]}}}'


def test_known_words_cost_nothing_and_others_are_read() -> None:
    assert len(read(reasoning_effort="high", service_tier="flex", tool_choice="auto").segments) == 1
    word = read(reasoning_effort="enormous").segments[1]
    assert (word.text, word.fixed) == ("enormous", True)


@pytest.mark.parametrize(
    "harmless",
    [
        {"skip_special_tokens": True},
        {"continue_final_message": False},
        {"add_generation_prompt": True},
        {"echo": False},
        {"return_token_ids": False},
        {"prompt_logprobs": None},
        {"chat_template": None},
    ],
)
def test_defaults_written_out_are_fine(harmless: dict[str, Any]) -> None:
    assert len(read(**harmless).segments) == 1


def test_what_an_operator_lets_through_is_read() -> None:
    extra = frozenset(("top_n_sigma", "chat_template_kwargs", "messages.cache_control", "note"))
    conversation = read(
        {**HELLO, "cache_control": {"type": "ephemeral"}},
        extra=extra,
        top_n_sigma=1.5,
        chat_template_kwargs={"a": "b"},
        note="n",
    )
    assert texts(conversation) == {
        ("messages", 0, "content"): "hello",
        ("messages", 0, "cache_control"): '{"type":"ephemeral"}',
        ("chat_template_kwargs",): '{"a":"b"}',
        ("note",): "n",
    }


def test_what_sdks_send_back_as_history_is_accepted() -> None:
    sent = {
        "role": "assistant",
        "content": "x",
        "refusal": None,
        "annotations": [],
        "audio": None,
        "function_call": None,
        "tool_calls": None,
    }
    assert texts(read(sent)) == {("messages", 0, "content"): "x"}


# ---------------------------------------------------------------------------------------------------- writing back


def test_without_edits_only_what_is_ours_and_storing_change() -> None:
    before = copy.deepcopy(CHAT)
    out = Chat().write_request(CHAT, {})
    assert before == CHAT
    assert out == {**{k: v for k, v in CHAT.items() if k not in ("metadata", "moderation")}, "store": False}
    assert "store" not in Chat().write_request({"model": "m"}, {})


def test_every_edit_lands_in_its_place_and_nowhere_else() -> None:
    before = copy.deepcopy(CHAT)
    for segment in Chat().read_request(CHAT).segments:
        path = segment.origin.path
        whole = Chat().write_request(CHAT, {path: '{"edited": true}'})
        expected = copy.deepcopy(
            {**{k: v for k, v in CHAT.items() if k not in ("metadata", "moderation")}, "store": False}
        )
        parent: Any = expected
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = '{"edited": true}' if isinstance(parent[path[-1]], str) else {"edited": True}
        assert whole == expected
    assert before == CHAT


def test_edits_of_one_message_come_together() -> None:
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
    }
    out = Chat().write_request(
        body, {("messages", 0, "content", 0, "text"): "1", ("messages", 0, "content", 1, "text"): "2"}
    )
    assert [p["text"] for p in out["messages"][0]["content"]] == ["1", "2"]


@pytest.mark.parametrize(("path", "text"), [(("n",), "x"), (("tools", 0, "function", "parameters"), "no json")])
def test_an_edit_that_can_not_be_made_is_an_error(path: tuple[Any, ...], text: str) -> None:
    with pytest.raises(ValueError, match=r"no text|no JSON any more"):
        Chat().write_request(CHAT, {path: text})


def test_a_large_request_is_read_in_linear_time() -> None:
    assert grows_like_its_input(lambda n: Chat().read_request({"model": "m", "messages": [HELLO] * n}), 5000)
