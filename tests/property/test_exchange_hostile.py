"""An upstream that sends anything: no value gets out of any string of any event, nothing fails, and reads don't matter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import UpstreamError
from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from tests.server.exchanges import BOMB, DONE, KEY, MAIL, Read, exchange

SECRET = (MAIL, KEY, "4111 1111 1111 1111")
WORDS = st.sampled_from(
    [
        "",
        "a",
        "Hello, ",
        "joe@",
        "example.com ",
        "AKIA",
        '{"a": "',
        '"}',
        "\\u",
        "0040",
        "\ud83d",
        "\ude00",
        "é",
        BOMB,
        "\n",
    ]
)
# spaces around: glued to a letter, most values are none
TEXT = st.one_of(WORDS, st.tuples(WORDS, st.sampled_from([f" {s} " for s in SECRET]), WORDS).map("".join))
JUNK = st.recursive(
    st.one_of(TEXT, st.none(), st.booleans(), st.integers(-3, 300), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=5,
)
INDEX = st.sampled_from([0, 0, 0, 1, 1, 2, -1, None, "0"])
TOKEN = st.fixed_dictionaries(
    {"token": TEXT, "logprob": st.just(-1.0)}, optional={"bytes": st.none() | st.lists(st.integers(0, 300))}
)
LOGPROBS = st.one_of(JUNK, st.fixed_dictionaries({"content": st.lists(TOKEN, max_size=2)}))
FUNCTION = st.one_of(JUNK, st.fixed_dictionaries({}, optional={"name": TEXT, "arguments": TEXT | JUNK, "input": TEXT}))
CALL = st.fixed_dictionaries({}, optional={"index": INDEX, "id": TEXT, "type": st.sampled_from(["function", "custom", MAIL]),
                                           "function": FUNCTION, "custom": FUNCTION, "x": JUNK})  # fmt: skip
DETAIL = st.fixed_dictionaries({}, optional={"type": TEXT, "text": TEXT, "summary": TEXT, "data": TEXT, "id": TEXT})
_FIELD = TEXT | st.none()
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("content", "refusal", "reasoning", "reasoning_content", "thinking", "role", "name"), _FIELD),
        "content": _FIELD | JUNK,
        "tool_calls": st.lists(CALL, max_size=2) | JUNK,
        "function_call": FUNCTION,
        "reasoning_details": st.lists(DETAIL, max_size=2) | JUNK,
        "annotations": JUNK,
    },
)
CHOICE = st.fixed_dictionaries(
    {"index": INDEX},
    optional={
        "delta": MESSAGE,
        "message": MESSAGE,
        "text": _FIELD | JUNK,
        "finish_reason": st.sampled_from([None, None, None, "stop", "tool_calls", MAIL]),
        "logprobs": LOGPROBS,
        "error": st.none() | JUNK,
    },
)
BODY = st.fixed_dictionaries(
    {"choices": st.one_of(st.lists(CHOICE, min_size=1, max_size=2), st.lists(CHOICE, min_size=1, max_size=2), JUNK)},
    optional={"id": TEXT, "model": TEXT, "usage": JUNK, "system_fingerprint": TEXT, "x": JUNK, "message": JUNK},
)
RAW = st.sampled_from(
    [DONE, b": joe@example.com\n\n", b"event: joe@example.com\n\n", b"data: joe@example.com\n\n", b"\n"]
)


def written(body: object, ascii_only: bool) -> bytes:
    text = json.dumps(body, ensure_ascii=ascii_only)
    return b"data: " + text.encode("utf-8", "surrogatepass") + b"\n\n"


EVENT = st.one_of(*[st.builds(written, BODY, st.booleans())] * 5, RAW)


async def streamed(codec: Codec, pieces: list[bytes]) -> bytes:
    async def upstream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    one = exchange(n=2, usage=True, codec=codec)
    return b"".join([out async for out in one.stream(upstream())])


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in (k, *strings(v))]
    return [s for v in value for s in strings(v)] if isinstance(value, list) else [str(value)]


def view(got: Read) -> object:
    """All that matters of a stream: which texts, which calls, how it ended."""
    fields = ("content", "refusal", "reasoning", "reasoning_content", "thinking")
    if any(c.get("finish_reason") == "content_filter" for c in got.choices):  # how much came before a cut may differ
        return [sorted(got.reasons(i)) for i in (0, 1)], got.usage
    texts = [(f, i, got.text(f, i)) for f in fields for i in (0, 1)] if "delta" in str(got.choices[:1]) else []
    return texts, got.calls() if texts else None, [got.reasons(i) for i in (0, 1)], got.usage, got.error


@pytest.mark.parametrize("codec", [Chat(), Completions()], ids=["chat", "completions"])
@given(st.lists(EVENT, max_size=8))
def test_nothing_gets_out_of_a_stream(codec: Codec, events: list[bytes]) -> None:
    raw = asyncio.run(streamed(codec, events))
    got = Read(raw)
    for text in strings(got.events):
        assert not any(s in text for s in SECRET), text
    joined = b"".join(events)
    for pieces in ([joined], [joined[i : i + 1] for i in range(len(joined))]):
        assert view(Read(asyncio.run(streamed(codec, pieces)))) == view(got)


@pytest.mark.parametrize("codec", [Chat(), Completions()], ids=["chat", "completions"])
@given(BODY)
def test_nothing_gets_out_of_a_whole_reply(codec: Codec, body: object) -> None:
    try:
        raw = asyncio.run(exchange(n=2, codec=codec).whole(body)).decode()
    except UpstreamError as e:
        raw = json.dumps(str(e))
    for text in strings(json.loads(raw)):
        assert not any(s in text for s in SECRET), text
