"""Examples in every form: what the model learns is the first text, and no string of a line is lost."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import Role
from guardproxy.wire import training
from guardproxy.wire.training import MAX_LINE, Kind, Unreadable, example

ASK, ANSWER = {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": "b"}'}}],
}


def line(row: Any) -> bytes:
    return json.dumps(row).encode()


@pytest.mark.parametrize(
    ("row", "kind", "learnt"),
    [
        ({"messages": [ASK, ANSWER]}, Kind.CHAT, [ASK, ANSWER]),
        ({"messages": [ASK], "answer": "42"}, Kind.REINFORCEMENT, [ASK]),
        ({"prompt": "Why?", "answer": "42"}, Kind.REINFORCEMENT, [ASK]),
        (
            {"conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because."}]},
            Kind.CHAT,
            None,
        ),
        (
            {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]},
            Kind.PREFERENCE,
            None,
        ),
        ({"prompt": "Why?", "chosen": "Because.", "rejected": "No."}, Kind.PREFERENCE, None),
        ({"chosen": [ASK, ANSWER], "rejected": [ASK, ANSWER]}, Kind.PREFERENCE, None),
        ({"prompt": "Why?", "completion": "Because."}, Kind.COMPLETION, None),
        ({"instruction": "Why?", "input": "", "output": "Because."}, Kind.COMPLETION, None),
        ({"text": "Because."}, Kind.TEXT, [ANSWER]),
    ],
)
def test_each_form_is_a_list_of_messages(row: Any, kind: Kind, learnt: Any) -> None:
    one = example(line(row))
    assert one.kind is kind
    assert json.loads(one.segments[0].text) == (learnt or [ASK, ANSWER])
    assert one.segments[0].json
    assert all(part.origin.role is Role.TRAINING_EXAMPLE for part in one.segments)


def test_plain_text_is_what_the_model_says() -> None:
    one = example("Jürgen’s text".encode(), plain=True)
    assert one.kind is Kind.TEXT
    assert json.loads(one.segments[0].text) == [{"role": "assistant", "content": "Jürgen’s text"}]
    with pytest.raises(Unreadable, match="not UTF-8"):
        example(b"\xff", plain=True)


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8).map(lambda s: f"canary{s}")
ANY = st.recursive(
    TEXTS | st.integers(1000, 9999) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(
    extra=st.dictionaries(TEXTS, ANY, max_size=4),
    rejected=TEXTS,
    form=st.sampled_from(["messages", "input", "prompt", "text"]),
    inside=ANY,
)
def test_no_string_of_a_line_is_lost(extra: dict[str, Any], rejected: str, form: str, inside: Any) -> None:
    asked = {**ASK, "name": inside}
    row: dict[str, Any] = {
        "messages": {"messages": [asked, ANSWER]},
        "input": {
            "input": {"messages": [asked], "tools": [inside]},
            "preferred_output": [ANSWER],
            "non_preferred_output": [{"role": "assistant", "content": rejected}],
        },
        "prompt": {"prompt": [asked], "chosen": "Because.", "rejected": rejected},
        "text": {"text": rejected},
    }[form]
    row |= extra
    one = example(line(row))
    read = "\n".join([*_strings(json.loads(one.segments[0].text)), *(part.text for part in one.segments[1:])])
    for wanted in _strings(row):
        if wanted.startswith("canary") or wanted.isdigit():
            assert wanted in read


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for pair in value.items() for one in pair for s in _strings(one)]
    if isinstance(value, list):
        return [s for one in value for s in _strings(one)]
    return [str(value)]


def test_keys_say_what_stands_beside() -> None:
    one = example(line({"messages": [ASK, ANSWER], "metadata": {"api_key": "k-123", "weight": 2}, "args": '{"x": 1}'}))
    assert [(part.text, part.json) for part in one.segments[1:]] == [
        ("api_key", False),
        ("api_key: k-123", False),
        ("weight: 2", False),
        ("args", False),
        ('{"x": 1}', True),
    ]


@pytest.mark.parametrize(
    ("row", "tools", "reasoning", "unread"),
    [
        ({"messages": [ASK, CALL]}, True, False, 0),
        ({"messages": [ASK, ANSWER], "tools": [{"type": "function"}]}, True, False, 0),
        ({"messages": [ASK, {**ANSWER, "reasoning_content": "I think."}]}, False, True, 0),
        ({"messages": [{**ASK, "thinking": "not a target"}, ANSWER]}, False, False, 0),
        ({"messages": [ASK, {"role": "assistant", "content": "<think>so</think> Because."}]}, False, True, 0),
        ({"messages": [ASK, {"role": "assistant", "content": [{"type": "thinking", "text": "so"}]}]}, False, True, 0),
        ({"prompt": "Why?", "completion": "<|channel|>analysis<|message|>so<|end|>"}, False, True, 0),
        ({"messages": [ASK, {"role": "assistant", "content": "I think so; the analysis is done."}]}, False, False, 0),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "?"}]}, ANSWER]},
            False,
            False,
            1,
        ),
    ],
)
def test_tools_thoughts_and_images_are_told(row: Any, tools: bool, reasoning: bool, unread: int) -> None:
    one = example(line(row))
    assert (one.tools, one.reasoning, one.unread) == (tools, reasoning, unread)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"messages": [', "not valid JSON"),
        (b"[1]", "must be a JSON object, not a list"),
        (b"[", "JSON Lines"),
        (b"{}", "no example"),
        (b'{"messages": []}', "1 to 5,000 messages"),
        (b'{"messages": [1]}', r"`messages\[0\]` must be an object, not a number"),
        (b'{"messages": [{"role": "evil", "content": "x"}]}', r"`messages\[0\].role` must be one of"),
        (b'{"messages": [{"role": ["user"], "content": "x"}]}', r"`messages\[0\].role` must be one of"),
        (b'{"messages": [{"role": "user", "content": 1}]}', r"`messages\[0\].content` must be"),
        (b'{"conversations": [{"from": 3, "value": "x"}]}', r"role` must be one of"),
        (b'{"chosen": "x"}', "`chosen` needs `rejected`"),
        (b'{"preferred_output": []}', "needs `non_preferred_output`"),
        (b'{"completion": "x"}', "needs `prompt`"),
        (b'{"instruction": "x"}', "needs `output`"),
        (b'{"instruction": 1, "output": "x"}', "must be strings"),
        (b'{"text": "\xff"}', "not valid JSON"),
        (b'{"text": "' + b"x" * MAX_LINE + b'"}', "longer than 4 MiB"),
        (b'{"text": "x", "y": ' + b"[" * 70 + b"]" * 70 + b"}", "nested too deeply"),
        (b'{"text": "x", "y": ' + b"[" * 5000 + b"]" * 5000 + b"}", "valid JSON|nested"),
    ],
)
def test_what_is_no_example_is_told_without_its_text(raw: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message) as e:
        example(raw)
    assert "evil" not in str(e.value)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"text": "good", "text": "evil"}',
        b'{"messages": [{"role": "user", "content": "a", "content": "b"}]}',
        b'{"text": "a\\\\", "text": "b"}',
        b'{"text": "\\u0022", "te\\u0078t": "b"}',
        b'{"text": "\\"", "x": {"y": 1, "y": 1}}',
    ],
)
def test_a_key_that_stands_twice_hides_nothing(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="stands twice"):
        example(raw)


@given(row=st.dictionaries(st.text(max_size=4), st.text(max_size=6), max_size=4), spaces=st.booleans())
def test_keys_that_stand_once_are_never_said_to_stand_twice(row: dict[str, str], spaces: bool) -> None:
    body = json.dumps({"text": "x", **row}, separators=(", ", " : ") if spaces else (",", ":"))
    try:
        example(body.encode())
    except Unreadable as e:
        assert "twice" not in str(e)


@given(
    raw=st.binary(max_size=60) | st.text(max_size=40).map(lambda s: f'{{"messages": {s}}}'.encode()),
    plain=st.booleans(),
)
def test_whatever_a_line_is_it_is_an_example_or_unreadable(raw: bytes, plain: bool) -> None:
    with contextlib.suppress(Unreadable):
        assert example(raw, plain=plain).segments


MARKS = ["\x00\x1f\x7f", "\u2028é漢😀", "<think>", "◁think▷", '{"a": "b"}', "_call", "\\u0022"]
SAID = st.lists(st.sampled_from(["calm ", '"', "\\", "\\\\", "\n", *MARKS]), max_size=4).map("".join)
MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system", "tool"]), "content": SAID}),
        st.fixed_dictionaries({"content": SAID, "role": st.just("assistant")}),
        st.fixed_dictionaries({"role": st.just("assistant"), "content": SAID, "thinking": SAID}),
        st.sampled_from([{"role": "evil", "content": "x"}, {"role": "user", "content": 1}, {"role": "user"}, CALL]),
    ),
    max_size=4,
)


def as_told(raw: bytes) -> object:
    try:
        return example(raw)
    except Unreadable as e:
        return str(e)


@given(messages=MESSAGES, ascii=st.booleans(), tight=st.booleans(), twice=st.sampled_from([b"", b'"messages": [], ']))
def test_the_quick_way_says_what_the_long_way_says(
    messages: list[dict[str, Any]], ascii: bool, tight: bool, twice: bytes
) -> None:
    body = json.dumps({"messages": messages}, ensure_ascii=ascii, separators=(",", ":") if tight else None)
    raw = b"{" + twice + body.encode()[1:]
    quick = as_told(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_quick", lambda row, line: None)
        patch.setattr(training, "_written", training._ENCODED)
        assert as_told(raw) == quick


@given(
    pairs=st.lists(
        st.tuples(st.sampled_from(["a", '"', "\\", "b\\", '\\"']), SAID, st.booleans()), min_size=1, max_size=4
    )
)
def test_a_key_stands_twice_however_it_is_escaped(pairs: list[tuple[str, str, bool]]) -> None:
    def quoted(text: str, escaped: bool) -> str:
        return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"' if escaped else json.dumps(text)

    members = ['"text": "x"', *(f"{quoted(key, escaped)}: {json.dumps(value)}" for key, value, escaped in pairs)]
    told = as_told(("{" + ", ".join(members) + "}").encode())
    keys = [key for key, _, _ in pairs]
    assert (isinstance(told, str) and "stands twice" in told) == (len(set(keys)) < len(keys))
