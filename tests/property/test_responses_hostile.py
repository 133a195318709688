"""A Responses upstream that sends anything: no value gets out of any string of any event, nothing fails, reads don't matter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import UpstreamError
from guardproxy.wire.responses import Responses
from tests.property.test_exchange_hostile import JUNK, SECRET, TEXT, TOKEN, strings, written
from tests.server.exchanges import exchange

ID = st.sampled_from(["a", "b", "c", "", None, 7])
PLACE = {"item_id": ID, "output_index": st.sampled_from([0, 1, -1, None]), "content_index": st.integers(-1, 3)}
RANGE = st.integers(-2, 60)
NOTE = st.fixed_dictionaries(
    {"type": st.sampled_from(["url_citation", "file_citation"])},
    optional={"start_index": RANGE, "end_index": RANGE, "index": RANGE, "title": TEXT, "url": TEXT, "x": JUNK},
)
PART = st.fixed_dictionaries(
    {"type": st.sampled_from(["output_text", "refusal", "reasoning_text", "summary_text", "smell"])},
    optional={"text": TEXT | JUNK, "refusal": TEXT, "annotations": st.lists(NOTE, max_size=2) | JUNK, "logprobs": JUNK},
)
ITEM = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["message", "message", "reasoning", "function_call", "custom_tool_call", "web_search_call", "mcp_call",
             "code_interpreter_call", "mcp_list_tools", "image_generation_call", "telepathy"]
        )
    },
    optional={
        "id": ID, "content": st.lists(PART, max_size=2), "summary": st.lists(PART, max_size=2), "arguments": TEXT | JUNK,
        "input": TEXT, "name": TEXT, "call_id": TEXT, "code": TEXT, "outputs": JUNK, "output": TEXT | JUNK, "action": JUNK,
        "tools": JUNK, "encrypted_content": TEXT, "status": TEXT, "result": TEXT, "x": JUNK,
    },
)  # fmt: skip
RESPONSE = st.fixed_dictionaries(
    {"output": st.lists(ITEM, max_size=3)},
    optional={
        "status": st.sampled_from(["completed", "completed", "incomplete", "failed", "odd"]),
        "incomplete_details": st.fixed_dictionaries({"reason": st.sampled_from(["content_filter", "max_output_tokens"])}),
        "error": JUNK, "usage": JUNK, "id": TEXT, "model": TEXT, "instructions": TEXT,
    },
)  # fmt: skip


def _event(kind: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    places = {name: fields.pop(name, one) for name, one in PLACE.items()}
    return st.fixed_dictionaries({"type": st.just(f"response.{kind}"), **places, **fields}, optional={"x": JUNK})


BODY = st.one_of(
    *[_event("output_text.delta", delta=TEXT, logprobs=st.lists(TOKEN, max_size=1))] * 3,
    *(_event(f"{k}.delta", delta=TEXT | JUNK) for k in ("reasoning_text", "reasoning_summary_text", "refusal")),
    *(_event(f"{k}.done", text=TEXT) for k in ("output_text", "reasoning_text")),
    *[_event("function_call_arguments.delta", delta=TEXT)] * 2,
    _event("function_call_arguments.done", arguments=TEXT, name=TEXT),
    _event("custom_tool_call_input.delta", delta=TEXT),
    *(_event(f"content_part.{k}", part=PART) for k in ("added", "done")),
    *[_event(f"output_item.{k}", item=ITEM) for k in ("added", "done", "done")],
    _event("output_text.annotation.added", annotation=NOTE),
    _event("telepathy.delta", thought=TEXT),
    st.fixed_dictionaries({"type": st.just("error"), "message": TEXT | JUNK}),
    JUNK,
)
END = st.fixed_dictionaries(
    {"type": st.sampled_from(["response.completed", "response.incomplete"]), "response": RESPONSE}
)


async def _streamed(pieces: list[bytes]) -> bytes:
    async def upstream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return b"".join([out async for out in exchange(codec=Responses()).stream(upstream())])


def _read(raw: bytes) -> list[dict[str, Any]]:
    *frames, rest = raw.decode().split("\n\n")
    assert not rest
    events = [json.loads(f.partition("\ndata: ")[2]) for f in frames if not f.startswith(":")]
    assert [e["sequence_number"] for e in events] == list(range(len(events)))
    assert [e["type"] for e in events].count("response.created") == 1
    assert events[-1]["type"] in ("response.completed", "response.incomplete", "response.failed")
    return events


def _view(events: list[dict[str, Any]]) -> object:
    """All that matters: what the response is at its end. How much came before a cut or a failure may differ."""
    last = events[-1]["response"]
    details = last["incomplete_details"] or {}
    if last["status"] == "failed" or details.get("reason") == "content_filter":
        return last["status"], details
    return last["status"], last["output"], last["usage"]


@given(st.lists(BODY, max_size=7), st.none() | END)
def test_nothing_gets_out_of_a_stream(bodies: list[object], end: object) -> None:
    pieces = [written(body, False) for body in (*bodies, *([end] if end else []))]
    events = _read(asyncio.run(_streamed(pieces)))
    for text in strings(events):
        assert not any(s in text for s in SECRET), text
    items = [e["item"] for e in events if e["type"] == "response.output_item.done"]
    assert events[-1]["response"]["output"] == items
    joined = b"".join(pieces)
    assert _view(_read(asyncio.run(_streamed([joined])))) == _view(events)


@given(RESPONSE)
def test_nothing_gets_out_of_a_whole_reply(body: object) -> None:
    try:
        raw = asyncio.run(exchange(codec=Responses()).whole(body)).decode()
    except UpstreamError as e:
        raw = json.dumps(str(e))
    for text in strings(json.loads(raw)):
        assert not any(s in text for s in SECRET), text
