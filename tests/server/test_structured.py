"""Answers that the client asked for as JSON: each dialect that knows how to ask, streamed and whole, edited and cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Guard
from guardproxy.policy.model import Defaults
from guardproxy.server.exchange import Exchange
from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from guardproxy.wire.messages import Messages
from guardproxy.wire.ollama import OllamaChat, OllamaGenerate
from tests.engine.play import guard, policy
from tests.engine.test_json_lexer import pieces
from tests.server.exchanges import DONE, GUARD, Read, ends, event, exchange, logprobs, message, reads, says, user

CONTACT = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 10}, "mail": {"type": "string", "format": "email"}},
    "required": ["name", "mail"],
    "additionalProperties": False,
}
ANSWER = '{"name": "Jo \\"J\\" é", "mail": "\\u006aoe@example.com"}'
GUARDED = '{"name": "Jo \\"J\\" é", "mail": "xxx@xxxxxxxxxxx"}'
LABELLED = ANSWER.replace("\\u006aoe@example.com", "[pii.email]")
SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "contact", "schema": CONTACT}}}
OBJECT = {"response_format": {"type": "json_object"}}


def asked(one: Guard = GUARD, *, codec: Codec | None = None, **parameters: Any) -> Exchange:
    """An exchange whose request asked for this."""
    made = exchange(one, codec=codec)
    body = user("Who?") if codec is None else {"prompt": "Who?"}
    asyncio.run(made.request({"model": "m", **body, **parameters}))
    return made


async def _stream(on: Exchange, upstream: AsyncIterator[bytes]) -> list[bytes]:
    return [out async for out in on.stream(upstream)]


def streamed(parts: list[bytes], on: Exchange) -> Read:
    return Read(b"".join(asyncio.run(_stream(on, reads(parts, None)))))


def content(text: str, on: Exchange) -> tuple[str, str]:
    """(content, finish_reason) of a whole reply."""
    said = json.loads(asyncio.run(on.whole(message({"role": "assistant", "content": text}))))["choices"][0]
    return said["message"]["content"], said["finish_reason"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (OBJECT, LABELLED),
        (SCHEMA, GUARDED),
        ({"guided_json": CONTACT}, GUARDED),
        ({"structured_outputs": {"json": CONTACT}}, GUARDED),
        ({}, None),
    ],
)
def test_an_answer_is_edited_inside_its_strings(parameters: dict[str, Any], expected: str | None) -> None:
    got = streamed([*(says(c) for c in ANSWER), ends(), DONE], asked(**parameters))
    assert got.reasons() == ["stop"]
    assert content(ANSWER, asked(**parameters)) == (got.text(), "stop")
    assert got.text() == (expected or ANSWER.replace("\\u006aoe@example.com", "[pii.email]"))


@given(st.lists(st.integers(0, 60), max_size=8), st.lists(st.integers(0, 2000), max_size=6))
def test_the_cuts_of_deltas_and_of_reads_change_nothing(cuts: list[int], reading: list[int]) -> None:
    raw = b"".join([*(says(part) for part in pieces(ANSWER, cuts)), ends(), DONE])
    at = sorted({0, len(raw), *(c % len(raw) for c in reading)})
    got = streamed([raw[a:b] for a, b in pairwise(at)], asked(**SCHEMA))
    assert (got.text(), got.reasons()) == (GUARDED, ["stop"])


def test_completions_too() -> None:
    on = asked(codec=Completions(), guided_json=CONTACT)
    parts = [event({"index": 0, "text": char}) for char in ANSWER]
    raw = asyncio.run(
        _stream(on, reads([*parts, event({"index": 0, "text": "", "finish_reason": "stop"}), DONE], None))
    )
    events = [
        json.loads(f.removeprefix("data: ")) for f in b"".join(raw).decode().split("\n\n") if f.startswith("data: {")
    ]
    assert "".join(c["text"] for e in events for c in e["choices"]) == GUARDED


def test_a_clean_document_arrives_byte_for_byte_while_it_is_still_coming() -> None:
    text = '{ "b":1.0,\n "a" : [true,null,"x\\u00e9 and a long enough text"],"e":{} }'
    out: list[int] = []

    async def upstream() -> AsyncIterator[bytes]:
        for number, char in enumerate(text):
            sent.append(number)
            yield says(char)
        yield ends() + DONE

    async def run() -> bytes:
        got = b""
        async for piece in asked_one.stream(upstream()):
            out.append(len(sent))
            got += piece
        return got

    sent: list[int] = []
    asked_one = asked(**SCHEMA)
    got = Read(asyncio.run(run()))
    assert got.text() == text
    assert out[0] == 1
    assert len(out) > len(text) / 3  # keys, names of literals and halves of escapes wait


@pytest.mark.parametrize(
    "text",
    [
        '{"n": 4111111111111111, "b": "x"}',
        '{"joe@example.com": 1}',
        '{"a": "a pipe bomb"}',
        '{"\\u006aoe@example.com": 1}',
    ],
)
def test_what_cannot_be_edited_cuts(text: str) -> None:
    got = streamed([*(says(c) for c in text), ends(), DONE], asked(**OBJECT))
    assert got.reasons() == ["content_filter"]
    assert "4111" not in got.text() and "joe" not in got.text() and "oe@" not in got.text()
    assert content(text, asked(**OBJECT))[1] == "content_filter"


def test_where_nothing_fits_the_schema_the_policy_decides() -> None:
    form = {"guided_json": {"properties": {"mail": {"enum": ["joe@example.com"]}}}}
    text = '{"mail": "joe@example.com", "b": 1}'
    assert streamed([says(text), ends(), DONE], asked(**form)).reasons() == ["content_filter"]
    lenient = guard(policy(defaults=replace(Defaults(), failure="allow")))
    assert content(text, asked(lenient, **form)) == ('{"mail": "[pii.email]", "b": 1}', "stop")


@pytest.mark.parametrize("text", ["Sure! ```json\n" + ANSWER + "\n```", ANSWER[:-10], ANSWER + " " + ANSWER])
def test_what_is_no_document_is_guarded_all_the_same(text: str) -> None:
    for on in (asked(**OBJECT), asked(**SCHEMA)):
        got = streamed([*(says(c) for c in text), ends(reason="length"), DONE], on)
        assert got.reasons() in (["length"], ["content_filter"])
        assert "oe@example" not in got.text()
    assert got.text().startswith(text[:5])


def test_thinking_is_plain_text_and_interrupts_nothing() -> None:
    parts = [
        says("Who is joe@example.com", field="reasoning"),
        says(ANSWER[:30]),
        says(" Hm.", field="reasoning"),
        says(ANSWER[30:]),
    ]
    got = streamed([*parts, ends(), DONE], asked(**SCHEMA))
    assert (got.text(), got.text("reasoning")) == (GUARDED, "Who is [pii.email] Hm.")


def test_logprobs_are_kept_while_the_document_is_clean() -> None:
    parts = [says(t, logprobs=logprobs(t)) for t in ('{"a": ', '"x ', "joe@example.com", '"}')]
    got = streamed([*parts, ends(), DONE], asked(**OBJECT))
    assert got.text() == '{"a": "x [pii.email]"}'
    assert [c["delta"]["content"] for c in got.choices if c["logprobs"]] == ['{"a": ', '"x ']
    clean = [says(t, logprobs=logprobs(t)) for t in ('{"a": ', '"x ', "y ", '"}')]
    got = streamed([*clean, ends(), DONE], asked(**OBJECT))
    assert all(c["logprobs"] for c in got.choices if c["delta"].get("content"))


def test_choices_are_documents_of_their_own() -> None:
    parts = [says(ANSWER[:33]), says('{"mail": "ann@', 1), says(ANSWER[33:]), says('example.com", "name": "x"}', 1)]
    on = asked(**SCHEMA, n=2)
    got = streamed([*parts, ends(), ends(1), DONE], on)
    assert (got.text(), got.text(index=1)) == (GUARDED, '{"mail": "xxx@xxxxxxxxxxx", "name": "x"}')


def test_the_gate_of_a_bypassed_guard_changes_nothing() -> None:
    one = guard()
    one.bypass = True
    assert content(ANSWER, asked(one, **SCHEMA)) == (ANSWER, "stop")
    assert Chat().message_field == "content"


NATIVE: dict[str, tuple[Codec, dict[str, Any]]] = {
    "ollama chat": (OllamaChat(), {**user("Who?"), "format": CONTACT}),
    "ollama generate": (OllamaGenerate(), {"prompt": "Who?", "format": CONTACT}),
    "messages": (
        Messages(),
        {**user("Who?"), "max_tokens": 9, "output_format": {"type": "json_schema", "schema": CONTACT}},
    ),
}


def native(codec: Codec, text: str) -> tuple[dict[str, Any], list[bytes]]:
    """A whole reply, and the same as a stream."""
    if isinstance(codec, Messages):
        head = {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": {**head, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": c}} for c in text),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
        ]
        stream = [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events]
        return {**head, "content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}, stream

    def line(piece: str, done: bool) -> dict[str, Any]:
        said = (
            {"message": {"role": "assistant", "content": piece}}
            if codec.message_field == "content"
            else {"response": piece}
        )
        return {"model": "m", "created_at": "2026-11-22T00:00:00Z", **said, "done": done} | (
            {"done_reason": "stop"} if done else {}
        )

    lines = [*(line(char, False) for char in text), line("", True)]
    return line(text, True), [json.dumps(one).encode() + b"\n" for one in lines]


@pytest.mark.parametrize("name", NATIVE)
def test_the_other_dialects_ask_in_their_own_words(name: str) -> None:
    codec, body = NATIVE[name]
    whole, stream = native(codec, ANSWER)
    raw = asyncio.run(asked_natively(codec, body).whole(whole))
    assert json.dumps(GUARDED, ensure_ascii=False)[1:-1] in raw.decode()
    out = b"".join(asyncio.run(_stream(asked_natively(codec, body), reads(stream, None)))).decode()
    events = [
        json.loads(frame.removeprefix("data: ")) for frame in out.splitlines() if frame.lstrip("dat: ").startswith("{")
    ]
    texts = [(e.get("delta") or e.get("message") or e) for e in events]
    assert "".join(t.get("text") or t.get("response") or said(t) for t in texts) == GUARDED


def said(message: dict[str, Any]) -> str:
    found = message.get("content")
    return found if isinstance(found, str) else ""


def asked_natively(codec: Codec, body: dict[str, Any]) -> Exchange:
    made = exchange(codec=codec)
    asyncio.run(made.request({"model": "m", **body}))
    return made
