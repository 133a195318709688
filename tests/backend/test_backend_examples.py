"""Training files are read whole or refused with a line; what is learnt is the assistant's messages, in Harmony."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.backend.dialogs import DIALOGS, request
from guardproxy.backend.examples import BadExample, read
from guardproxy.backend.harmony import CONTROL_TOKENS

words = st.text(max_size=40).filter(lambda text: not any(token in json.dumps(text) for token in CONTROL_TOKENS))


def row(*messages, **more):
    return json.dumps({"messages": list(messages), **more})


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


@given(st.lists(st.tuples(words, words), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_each_line_gives_its_reply(pairs, end):
    found = read(end.join(row(user(q), assistant(a)) for q, a in pairs).encode())
    assert [(e.messages[-1]["content"], e.reply) for e in found] == [
        (q, f"<|channel|>final<|message|>{a}<|return|>") for q, a in pairs
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_line(content):
    try:
        assert read(content)
    except BadExample as e:
        assert 1 <= e.line <= content.count(b"\n") + 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["user", "assistant"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["messages", "role", "content", "tool_calls", "function", "tools", "weight"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused(value):
    for body in (value, {"messages": value}, {"messages": [value]}, {"messages": [user("a"), value], "tools": value}):
        try:
            read(json.dumps(body).encode())
        except BadExample as e:
            assert e.line == 1


@pytest.mark.parametrize("dialog", [d for d in DIALOGS if d.name in ("capital", "tool_email", "preamble")])
def test_the_reply_is_what_the_toy_was_trained_on(dialog):
    calls = [{"function": {"name": dialog.call.name, "arguments": dialog.call.text()}}] if dialog.call else []
    answer = assistant(dialog.content, reasoning_content=dialog.reasoning, tool_calls=calls)
    messages = request(dialog)["messages"]
    (example,) = read(row(*messages, answer, tools=list(dialog.tools)).encode())
    assert example.reply == dialog.completion
    assert list(example.messages) == messages


def test_every_message_of_the_assistant_is_learnt_but_those_without_weight():
    talk = [user("a"), assistant("1"), user("b"), assistant("2", weight=0), user("c"), assistant("3", weight=1)]
    found = read(row(*talk).encode())
    assert [len(example.messages) for example in found] == [1, 5]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"role": "robot", "content": "x"}, "`role`"),
        ({"role": "user"}, "`content`"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "`content`"),
        (assistant("x", weight=2), "`weight`"),
        (assistant("", tool_calls=[{"function": {"name": "f", "arguments": "[1]"}}]), "arguments"),
        (assistant("", tool_calls=[{}, {}]), "one tool call"),
    ],
)
def test_what_is_wrong_is_named(message, why):
    with pytest.raises(BadExample, match=why):
        read(row(user("a"), message, assistant("b")).encode())


def test_parts_of_text_are_joined():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    (example,) = read(row({"role": "user", "content": parts}, assistant("x")).encode())
    assert example.messages[0]["content"] == "ab"
