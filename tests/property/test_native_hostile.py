"""An upstream of Messages or of Ollama's own API that sends anything: no value gets out, the stream is well formed, and
reads don't matter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import UpstreamError
from guardproxy.wire.dialects import by_name
from tests.property.test_exchange_hostile import JUNK, SECRET, TEXT, strings
from tests.server.test_exchange import MAIL, exchange

CODECS = by_name()
_ID = st.sampled_from(["toolu_1", "", MAIL, None])
_INDEX = st.sampled_from([0, 0, 1, 2, -1, None])
_KIND = st.sampled_from(
    ["text", "text", "thinking", "tool_use", "server_tool_use", "web_search_tool_result", "redacted_thinking", MAIL]
)
_BLOCK = st.fixed_dictionaries(
    {"type": _KIND},
    optional={
        **dict.fromkeys(("text", "thinking", "signature", "data"), TEXT | JUNK),
        **dict.fromkeys(("id", "tool_use_id"), _ID),
        "name": TEXT,
        "input": JUNK | st.dictionaries(TEXT, TEXT, max_size=2),
        "content": JUNK,
        "citations": JUNK,
    },
)
_DELTA = st.one_of(
    st.fixed_dictionaries({"type": st.just("text_delta"), "text": TEXT}),
    st.fixed_dictionaries({"type": st.just("thinking_delta"), "thinking": TEXT}),
    st.fixed_dictionaries({"type": st.just("input_json_delta"), "partial_json": TEXT}),
    st.fixed_dictionaries({"type": TEXT}, optional={"text": TEXT | JUNK, "signature": TEXT, "citation": JUNK}),
)
_USAGE = JUNK | st.fixed_dictionaries({"input_tokens": st.integers(0, 9), "output_tokens": st.integers(0, 9)})
_REASON = st.sampled_from(["end_turn", "tool_use", "stop_sequence", None, MAIL])
_ENDING = st.fixed_dictionaries({}, optional={"stop_reason": _REASON, "stop_sequence": TEXT})


def _event(kind: str, **fields: Any) -> Any:
    return st.fixed_dictionaries({"type": st.just(kind), **fields}, optional={"x": JUNK})


MESSAGE_EVENT = st.one_of(
    _event("content_block_start", index=_INDEX, content_block=_BLOCK),
    *[_event("content_block_delta", index=_INDEX, delta=_DELTA)] * 3,
    _event("content_block_stop", index=_INDEX),
    _event("message_start", message=st.fixed_dictionaries({"model": TEXT}, optional={"usage": _USAGE, "id": TEXT})),
    _event("message_delta", delta=_ENDING, usage=_USAGE),
    _event("error", error=JUNK),
    st.fixed_dictionaries({"type": TEXT}, optional={"x": JUNK, "error": JUNK}),
)
_FUNCTION = st.fixed_dictionaries(
    {}, optional={"name": TEXT, "arguments": JUNK | st.dictionaries(TEXT, TEXT, max_size=2)}
)
_CALL = st.fixed_dictionaries({}, optional={"id": _ID, "function": _FUNCTION | JUNK, "x": JUNK})
_SAID = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("content", "response", "thinking"), TEXT | JUNK),
        "tool_calls": st.lists(_CALL, max_size=2) | JUNK,
        "images": JUNK,
        "role": TEXT,
    },
)
_MORE = {
    "done": st.sampled_from([False, False, False, True, MAIL]),
    "done_reason": st.sampled_from(["stop", "length", MAIL]),
    "eval_count": st.integers(-1, 9) | TEXT,
    "context": st.lists(st.integers(0, 9)),
    "error": st.none() | JUNK,
    "x": JUNK,
}
CHAT_LINE = st.fixed_dictionaries({"message": _SAID | JUNK}, optional=_MORE)
GENERATE_LINE = st.builds(lambda said, more: {**said, **more}, _SAID, st.fixed_dictionaries({}, optional=_MORE))


def _event_bytes(body: object, ascii_only: bool) -> bytes:
    text = json.dumps(body, ensure_ascii=ascii_only)
    return b"event: joe@example.com\ndata: " + text.encode("utf-8", "surrogatepass") + b"\n\n"


def _line_bytes(body: object, ascii_only: bool) -> bytes:
    return json.dumps(body, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") + b"\n"


_LAST = {
    "messages": _event_bytes({"type": "message_stop"}, True),
    "ollama_chat": _line_bytes({"done": True}, True),
    "ollama_generate": _line_bytes({"done": True}, True),
}
_RAW = st.sampled_from(
    [b"joe@example.com\n\n", b": joe@example.com\n\n", b"data: joe@example.com\n\n", b"\r\n", b"{}\n\n"]
)


def _events(body: Any, write: Any) -> Any:
    return st.lists(st.one_of(*[st.builds(write, body, st.booleans())] * 6, _RAW), max_size=8)


STREAMS = {
    "messages": _events(MESSAGE_EVENT, _event_bytes),
    "ollama_chat": _events(CHAT_LINE, _line_bytes),
    "ollama_generate": _events(GENERATE_LINE, _line_bytes),
}
BODIES = {
    "messages": st.fixed_dictionaries(
        {"content": st.lists(_BLOCK, max_size=4) | JUNK},
        optional={"stop_reason": _REASON, "stop_sequence": TEXT, "usage": _USAGE, "id": TEXT, "x": JUNK, "error": JUNK},
    ),
    "ollama_chat": CHAT_LINE,
    "ollama_generate": GENERATE_LINE,
}


async def streamed(name: str, pieces: list[bytes]) -> bytes:
    async def upstream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return b"".join([out async for out in exchange(codec=CODECS[name]).stream(upstream())])


def read_messages(raw: bytes) -> tuple[list[Any], Any]:
    """(blocks as a client puts them together, ending). Fails on what is malformed or out of order."""
    *frames, rest = raw.decode().split("\n\n")
    assert not rest
    bodies = [json.loads(f.partition("\ndata: ")[2]) for f in frames]
    assert all(f.startswith(f"event: {b['type']}\n") for f, b in zip(frames, bodies, strict=True))
    bodies = [b for b in bodies if b["type"] != "ping"]
    blocks: list[Any] = []
    is_open = False
    for at, body in enumerate(bodies):
        kind = body["type"]
        assert (kind == "message_start") == (at == 0) or (kind == "error" and len(bodies) == 1)
        if kind == "content_block_start":
            assert not is_open and body["index"] == len(blocks)
            blocks.append({**body["content_block"], "said": ""})
        elif kind == "content_block_delta":
            assert is_open and body["index"] == len(blocks) - 1
            (said,) = (v for k, v in body["delta"].items() if k != "type")
            blocks[-1]["said"] += said
        is_open = kind in ("content_block_start", "content_block_delta")
    assert bodies[-1]["type"] in ("message_stop", "error")
    return blocks, bodies[-1] if bodies[-1]["type"] == "error" else bodies[-2]


def read_lines(raw: bytes) -> tuple[list[Any], Any]:
    """The same of Ollama's lines."""
    *lines, rest = raw.decode().split("\n")
    bodies = [json.loads(line) for line in lines]
    assert not rest and [b.get("done", True) for b in bodies] == [False] * (len(bodies) - 1) + [True]
    texts: dict[str, str] = {}
    calls = []
    for body in bodies:
        said = body.get("message", body)
        for field in ("thinking", "content", "response"):
            texts[field] = texts.get(field, "") + said.get(field, "")
        calls += said.get("tool_calls", ())
    last = {k: v for k, v in bodies[-1].items() if k not in ("message", "response", "created_at")}
    return [texts, calls], last


def view(name: str, raw: bytes) -> object:
    """All that matters of a stream. How much came before a cut may differ."""
    said, ending = (read_messages if name == "messages" else read_lines)(raw)
    for text in strings([said, ending]):
        assert not any(s in text for s in SECRET), text
    cut = ending.get("done_reason") == "content_filter" or ending.get("delta", {}).get("stop_reason") == "refusal"
    return "cut" if cut else (said, ending)


@pytest.mark.parametrize("name", STREAMS)
@given(st.data(), st.booleans())
def test_nothing_gets_out_of_a_stream(name: str, data: st.DataObject, ends: bool) -> None:
    events = [*data.draw(STREAMS[name]), *([_LAST[name]] if ends else [])]
    whole = b"".join(events)
    got = view(name, asyncio.run(streamed(name, events)))
    for pieces in ([whole], [whole[i : i + 1] for i in range(len(whole))]):
        assert view(name, asyncio.run(streamed(name, pieces))) == got


@pytest.mark.parametrize("name", BODIES)
@given(st.data())
def test_nothing_gets_out_of_a_whole_reply(name: str, data: st.DataObject) -> None:
    try:
        raw = asyncio.run(exchange(codec=CODECS[name]).whole(data.draw(BODIES[name]))).decode()
    except UpstreamError as e:
        raw = json.dumps(str(e))
    for text in strings(json.loads(raw)):
        assert not any(s in text for s in SECRET), text
