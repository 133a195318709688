"""Nothing passes unread: a canary in every place of every body is seen as text, or is left out, or stands on a short list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from guardproxy.types import WireError
from guardproxy.wire import errors, models
from guardproxy.wire.base import Block, Call, Codec, End, Fault, Head, Item, Note, ReplyWriter, Text, Usage
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from guardproxy.wire.json import dump
from tests.wire.bodies import (
    CHAT,
    CHAT_EVENT,
    CHAT_REPLY,
    COMPLETION,
    COMPLETION_REPLY,
    ERRORS,
    Path,
    at,
    put,
    rename,
    walk,
)

CANARY = "canary7x"
NUMBERS = [8117, 8118, 8119]
SPELT = dump(NUMBERS)[1:-1]
HEAD = Head("chatcmpl-1", "gpt-oss", 1, include_usage=True)

UNSEEN_IN_REQUESTS: list[tuple[tuple[str, ...], str]] = [
    (("model",), "replaced by the route table's own name, and unknown ones are refused"),
    (("messages", "tool_calls", "id"), "an id: no room for prose, and editing it would tear call and result apart"),
    (("messages", "tool_call_id"), "the same"),
    (("stop_token_ids",), "ids of tokens to stop at: the model never reads them, and they name no text of the user"),
]
"""Places of a request that go upstream and are no segment, with the reason."""


def names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def plants(body: Any) -> Iterator[tuple[str, Path, Any]]:
    """The body with a canary in one place, for every place: values, keys, new keys, lists of numbers."""
    for path, value in walk(body):
        if isinstance(value, str):
            yield "value", path, put(body, path, CANARY)
        if path and isinstance(path[-1], str):
            yield "key", path, rename(body, path, CANARY)
        if isinstance(value, dict):
            yield "new value", (*path, "extra"), put(body, (*path, "extra"), CANARY)
            yield "new key", (*path, CANARY), put(body, (*path, CANARY), 1)
            yield "new list", (*path, "extra"), put(body, (*path, "extra"), [CANARY])
        if isinstance(value, list) and value and all(isinstance(v, int) for v in value):
            yield "numbers", path, put(body, path, NUMBERS)
        if not isinstance(value, dict | list) and path:
            yield "list for a scalar", path, put(body, path, NUMBERS)


REQUESTS = [
    pytest.param(codec, what, path, body, id=f"{codec.route}-{what}-{'.'.join(map(str, path))}")
    for codec, full in ((Chat(), CHAT), (Completions(), COMPLETION))
    for what, path, body in plants(full)
]


def has_canary(body: bytes) -> bool:
    return CANARY.encode() in body or SPELT in body


@pytest.mark.parametrize(("codec", "what", "path", "body"), REQUESTS)
def test_requests(codec: Codec, what: str, path: Path, body: Any) -> None:
    try:
        conversation = codec.read_request(body)
    except WireError as e:
        assert e.status == 400
        return
    if not has_canary(dump(codec.write_request(body, {}))):
        return
    if any(path[: len(u.path)] == u.path for u in conversation.unread):
        return
    seen = [s for s in conversation.segments if has_canary(s.text.encode())]
    if not seen:
        assert names(path) in [place for place, _ in UNSEEN_IN_REQUESTS]
        return
    edits = {s.origin.path: "{}" if s.json else "edited" for s in seen}
    if not any(s.fixed for s in seen):  # the engine blocks instead of editing those
        assert not has_canary(dump(codec.write_request(body, edits)))


def test_the_list_of_what_is_not_seen_is_no_longer_than_needed() -> None:
    needed = set()
    for param in REQUESTS:
        codec, _, path, body = param.values
        try:
            segments = codec.read_request(body).segments
        except WireError:
            continue
        if has_canary(dump(codec.write_request(body, {}))) and not any(has_canary(s.text.encode()) for s in segments):
            needed.add(names(path))
    assert {place for place, _ in UNSEEN_IN_REQUESTS} <= needed


@pytest.mark.parametrize(("codec", "body"), [(Chat(), CHAT), (Completions(), COMPLETION)])
def test_segments_name_their_place(codec: Codec, body: Any) -> None:
    segments = codec.read_request(body).segments
    paths = [s.origin.path for s in segments]
    assert len(set(paths)) == len(paths)
    for segment in segments:
        value = at(body, segment.origin.path)
        assert segment.text == (value if isinstance(value, str) else dump(value).decode())


# ---------------------------------------------------------------------------------------------------- replies

SILENT = {
    # rebuilt by us: ours stand in their place
    "id",
    "object",
    "created",
    "model",
    "system_fingerprint",
    "service_tier",
    "role",
    "type",
    "index",
    "finish_reason",
    "obfuscation",  # padding without meaning
    "logprobs",
    "content",
    "refusal",
    "tokens",
    "token",
    "bytes",
    "top_logprobs",
    "token_logprobs",
    "text_offset",
    # ^ of logprobs, which are null unless they say what the text says
    "format",
}


def written(items: Iterable[Item], writer: ReplyWriter) -> bytes:
    out, calls = [], 0
    for item in items:
        if isinstance(item, Text):
            out.append(writer.text(item.choice, item.field, item.text, item.logprobs))
        elif isinstance(item, Call):
            out.append(writer.call(item.choice, calls, item))
            calls += 1
        elif isinstance(item, Block):
            out.append(writer.block(item.choice, item))
        elif isinstance(item, Note):
            out.append(writer.note(item.choice, item.field, item.start, item.end, item.value))
        elif isinstance(item, End):
            out.append(writer.end(item.choice, item.reason))
        elif isinstance(item, Usage):
            out.append(writer.usage(item.value))
    return b"".join((*out, writer.done()))


def seen(items: Iterable[Item]) -> bytes:
    """All text that a guard gets to see: the alternatives among the logprobs are scanned with their text."""
    out: list[str] = []
    for item in items:
        if isinstance(item, Text):
            out += (item.text, *(v for _, v in walk(item.logprobs) if isinstance(v, str)))
            out += (k for _, v in walk(item.logprobs) if isinstance(v, dict) for k in v)
        elif isinstance(item, Call):
            out += (item.id, item.name, item.arguments)
        elif isinstance(item, Block):
            out.append(dump([item.call, item.result]).decode())
        elif isinstance(item, Note):
            out.append(dump(item.value).decode())
        elif isinstance(item, Fault):
            out.append(item.message)
    return "\n".join(out).encode()


REPLIES = [
    pytest.param(codec, whole, what, path, body, id=f"{name}-{what}-{'.'.join(map(str, path))}")
    for name, codec, whole, full in (
        ("chat-whole", Chat(), True, CHAT_REPLY),
        ("chat-event", Chat(), False, CHAT_EVENT),
        ("completions-whole", Completions(), True, COMPLETION_REPLY),
        ("completions-event", Completions(), False, COMPLETION_REPLY),
        *((f"error-{i}", Chat(), False, e) for i, e in enumerate(ERRORS)),
        *((f"error-whole-{i}", Completions(), True, e) for i, e in enumerate(ERRORS[:4])),
    )
    for what, path, body in plants(full)
    if path
]


@pytest.mark.parametrize(("codec", "whole", "what", "path", "body"), REPLIES)
def test_replies(codec: Codec, whole: bool, what: str, path: Path, body: Any) -> None:
    reader = codec.reader()
    try:
        items = list(reader.whole(body) if whole else reader.event(dump(body)))
    except WireError as e:
        assert CANARY not in str(e)
        return
    out = written(items, codec.whole_writer(HEAD)) + written(items, codec.stream_writer(HEAD))
    assert CANARY not in str(reader.dropped) or what in ("key", "new key")
    if has_canary(seen(items)):
        return
    assert not has_canary(out)
    fault = any(isinstance(i, Fault) for i in items)
    assert fault or what.startswith("list for") or reader.dropped or set(names(path)) & SILENT


def test_everything_left_out_of_the_full_reply_is_named() -> None:
    reader = Chat().reader()
    list(reader.whole(CHAT_REPLY))
    assert {"provider", "prompt_filter_results", "moderation", "prompt_logprobs", "prompt_token_ids"} <= reader.dropped
    assert {"message.annotations", "message.audio", "message.token_ids", "message.citations"} <= reader.dropped
    assert {"reasoning_details.data", "reasoning_details.signature", "tool_calls.extra"} <= reader.dropped
    assert {"choices.token_ids", "choices.content_filter_results", "usage.cost_details"} <= reader.dropped


def test_names_of_what_was_dropped_are_few_and_short() -> None:
    reader = Chat().reader()
    for i in range(100):
        list(reader.event(dump({"choices": [], f"field_{i}": "text", "<script>" + "x" * 100: "text"})))
    assert len(reader.dropped) == 32
    assert all(len(n) <= 64 and "<" not in n for n in reader.dropped)


@pytest.mark.parametrize("full", ERRORS)
def test_error_bodies_give_a_message_and_nothing_else(full: Any) -> None:
    for what, path, body in plants(full):
        message = errors.read_upstream_error(500, dump(body))
        answer = json.loads(errors.error_body(message, status=500))
        answer["error"].pop("message")  # the guard reads it before anybody else does
        assert not has_canary(dump(answer)), (what, path)


def test_models() -> None:
    full = {
        "object": "list",
        "data": [
            {"id": "m", "object": "model", "created": 1, "owned_by": "me", "root": "/x", "permission": [{"id": "p"}]}
        ],
    }
    for what, path, body in plants(full):
        try:
            out = dump(models.models(body))
        except WireError:
            continue
        # an id and an owner have room for a name only; they are the answer
        assert not has_canary(out) or (what == "value" and names(path) in (("data", "id"), ("data", "owned_by")))
