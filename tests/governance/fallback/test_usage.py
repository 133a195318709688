"""What a reply has cost is what the upstream says, however its bytes are cut and whatever the model says about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.fallback import Usage


def tokens(data: bytes, cuts: list[int] | None = None, asked: int = 40) -> int:
    usage, at = Usage(asked), 0
    for cut in sorted(cuts or ()):
        usage.feed(data[at:cut])
        at = max(at, cut)
    usage.feed(data[at:])
    return usage.tokens


@pytest.mark.parametrize(
    ("usage", "count"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}, 12),
        ({"input_tokens": 7, "output_tokens": 5}, 12),
        ({"prompt_eval_count": 7, "eval_count": 5}, 12),
    ],
)
@given(text=st.text(max_size=40), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_the_upstream_s_count_counts(usage: dict[str, Any], count: int, text: str, cuts: list[int]) -> None:
    said = text + '"total_tokens": 900, "input_tokens": 900, "output_tokens": 900'
    data = json.dumps({"choices": [{"message": {"content": said}}], "usage": usage}).encode()
    assert tokens(data, [c for c in cuts if c < len(data)]) == count


def test_a_stream_that_says_what_was_asked_at_its_beginning() -> None:
    first = b'data: {"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}\n\n'
    last = b'data: {"type":"message_delta","usage":{"output_tokens":15}}\n\n'
    assert tokens(first + b"data: {}\n\n" * 3000 + last) == 40


FREE = {"total_tokens": 0, "usage": {"total_tokens": 0}, "eval_count": 0, "prompt_eval_count": 0, "input_tokens": 0}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("text", ["short", "long " * 100_000])
def test_what_the_model_says_as_json_makes_nothing_cheaper(stream: bool, text: str) -> None:
    """Whoever asks may have a model call a tool with any arguments, and offers tools with any schema."""
    call = {"function": {"name": "f", "arguments": FREE}}
    native: dict[str, Any] = {"message": {"role": "assistant", "content": text, "tool_calls": [call]}, "done": True}
    native |= {"prompt_eval_count": 700, "eval_count": 50}
    block = {"type": "tool_use", "input": {**FREE, "text": text}}
    message = {"type": "message", "content": [block], "usage": {"input_tokens": 700, "output_tokens": 50}}
    done = {
        "output": [{"text": text}],
        "tools": [{"parameters": FREE}],
        "usage": {"total_tokens": 750},
        "metadata": {"usage": "0"},
    }
    mark = b"data: " if stream else b""
    before = b'data: {"type":"response.created"}\n\n' if stream else b""
    assert tokens(before + mark + json.dumps({"type": "x", "response": done} if stream else done).encode()) == 750
    assert tokens(mark + json.dumps(message).encode()) == 750
    if text == "short":
        data = json.dumps(native).encode()
        assert tokens(b'{"message":{"content":"a"},"done":false}\n' + data + b"\n" if stream else data) == 750
    else:  # of Ollama's long ones only the end is known: it is estimated, never less
        assert tokens(json.dumps(native).encode()) > 100_000


def test_what_lay_in_a_cache_costs_and_odd_counts_do_not() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 90, "output_tokens": 5}
    assert tokens(json.dumps({"content": [], "usage": usage}).encode()) == 1000
    for odd in (-5, True, "7", 1e9, 10**18, None, [7]):
        assert tokens(json.dumps({"usage": {"total_tokens": odd}}).encode(), asked=4000) > 1000


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=4))
def test_no_bytes_break_it(data: bytes, cuts: list[int]) -> None:
    assert tokens(data, [c for c in cuts if c < len(data)]) >= 0
    assert tokens(b'{"usage":' + data + b"}") >= 0


def test_without_a_count_it_is_estimated() -> None:
    assert tokens(b"data: hello\n\n", asked=40) == 14
