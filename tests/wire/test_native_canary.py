"""Nothing of Messages and Ollama's own API passes unread: a canary in every place of requests, replies and events."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy.types import WireError
from guardproxy.wire.base import Codec, Fault, Unknown
from guardproxy.wire.dialects import by_name
from guardproxy.wire.json import dump
from tests.wire.bodies import Path, at
from tests.wire.messages_bodies import EVENTS, REPLY, REQUEST
from tests.wire.ollama_bodies import CHAT, CHAT_REPLY, GENERATE, GENERATE_REPLY
from tests.wire.test_canary import HEAD, SILENT, has_canary, names, plants, seen, written

UNSEEN: list[tuple[tuple[str, ...], str]] = [
    (("model",), "replaced by the route table's own name, and unknown ones are refused"),
    (("messages", "content", "id"), "an id: no room for prose, and editing it would tear call and result apart"),
    (("messages", "content", "tool_use_id"), "the same"),
    (("messages", "tool_calls", "id"), "the same"),
    (("messages", "tool_call_id"), "the same"),
]
"""Places of a request that go upstream and are no segment, with the reason."""
QUIET = SILENT | {
    "stop_reason", "stop_sequence", "signature", "created_at", "done", "done_reason",
    "caller",
}  # fmt: skip
"""Fields that are rebuilt by us, or in which nothing of a known form stands: what clients get there is ours."""

CODECS = by_name()
FULL: list[tuple[str, Any]] = [
    ("messages", REQUEST),
    ("count_tokens", {"model": "gpt-oss", "messages": REQUEST["messages"][2:], "tools": REQUEST["tools"]}),
    ("ollama_chat", CHAT),
    ("ollama_generate", GENERATE),
]


@pytest.mark.parametrize(("name", "full"), FULL)
def test_requests(name: str, full: Any) -> None:
    for what, path, body in plants(full):
        check_request(CODECS[name], path, body, f"{what} at {path}")


def check_request(codec: Codec, path: Path, body: Any, where: str) -> None:
    try:
        conversation = codec.read_request(body)
    except WireError as e:
        assert e.status == 400, where
        return
    if not has_canary(dump(codec.write_request(body, {}))):
        return
    if any(path[: len(u.path)] == u.path for u in conversation.unread):
        return
    found = [s for s in conversation.segments if has_canary(s.text.encode())]
    if not found:
        assert names(path) in [place for place, _ in UNSEEN], where
        return
    edits = {s.origin.path: "{}" if s.json else "edited" for s in found}
    if not any(s.fixed for s in found):  # the engine blocks instead of editing those
        assert not has_canary(dump(codec.write_request(body, edits))), where


def test_the_list_of_what_is_not_seen_is_no_longer_than_needed() -> None:
    needed = set()
    for codec, path, body in ((CODECS[name], path, body) for name, full in FULL for _, path, body in plants(full)):
        try:
            segments = codec.read_request(body).segments
        except WireError:
            continue
        if has_canary(dump(codec.write_request(body, {}))) and not any(has_canary(s.text.encode()) for s in segments):
            needed.add(names(path))
    assert {place for place, _ in UNSEEN} <= needed


@pytest.mark.parametrize(("name", "body"), FULL)
def test_segments_name_their_place(name: str, body: Any) -> None:
    segments = CODECS[name].read_request(body).segments
    paths = [s.origin.path for s in segments]
    assert len(set(paths)) == len(paths)
    for segment in segments:
        value = at(body, segment.origin.path)
        assert segment.text == (value if isinstance(value, str) else dump(value).decode())


@pytest.mark.parametrize(
    ("name", "body", "unread"),
    [
        ("messages", REQUEST, {"an image", "a document", "encrypted reasoning", "an encrypted result of a tool"}),
        ("ollama_chat", CHAT, {"an image"}),
        ("ollama_generate", GENERATE, {"an image"}),
    ],
)
def test_the_request_is_told_where_it_can_not_be_read(name: str, body: Any, unread: set[str]) -> None:
    assert {u.what for u in CODECS[name].read_request(body).unread} == unread


# ---------------------------------------------------------------------------------------------------- replies

REPLIES: list[tuple[str, bool, Any]] = [
    ("messages", True, REPLY),
    ("count_tokens", True, {"input_tokens": 3, "context_management": {"note": "x"}}),
    *(("messages", False, event) for event in EVENTS),
    ("ollama_chat", True, CHAT_REPLY),
    ("ollama_chat", False, CHAT_REPLY),
    ("ollama_chat", False, {"error": "m", "signin_url": "https://example.com"}),
    ("ollama_generate", True, GENERATE_REPLY),
    ("ollama_generate", False, GENERATE_REPLY),
]


@pytest.mark.parametrize(("name", "whole", "full"), REPLIES)
def test_replies(name: str, whole: bool, full: Any) -> None:
    for what, path, body in plants(full):
        if path:
            check_reply(CODECS[name], whole, what, path, body)


def check_reply(codec: Codec, whole: bool, what: str, path: Path, body: Any) -> None:
    where, reader = f"{what} at {path}", codec.reader()
    try:
        items = list(reader.whole(body) if whole else reader.event(dump(body)))
        if codec is CODECS["messages"] and not whole:  # what waits for the end of its block
            items += reader.event(b'{"type":"message_stop"}')
    except WireError as e:
        assert not has_canary(str(e).encode()), where
        return
    assert not has_canary(str(reader.dropped).encode()) or what in ("key", "new key"), where
    faults = [i for i in items if isinstance(i, Fault)]
    out = b"".join(written(faults or items, make(HEAD)) for make in (codec.whole_writer, codec.stream_writer))
    if has_canary(seen(items)):
        return
    assert not has_canary(out), where
    told = faults or any(isinstance(i, Unknown) for i in items) or what == "new key"  # its value is a number
    assert told or what.startswith("list for") or reader.dropped or names(path)[-1] in QUIET, where


def test_everything_left_out_of_the_full_replies_is_named() -> None:
    reader = CODECS["messages"].reader()
    list(reader.whole(REPLY))
    assert reader.dropped == {
        "stop_details", "container", "kv_transfer_params", "content.signature", "content.redacted_thinking",
        "content.citations", "content.caller", "content.encrypted", "content.unknown", "usage.service_tier",
        "usage.inference_geo",
    }  # fmt: skip
    reader = CODECS["ollama_chat"].reader()
    list(reader.whole(CHAT_REPLY))
    assert reader.dropped == {
        "remote_model", "remote_host", "logprobs", "_debug_info", "message.images", "message.tool_name",
        "tool_calls.extra", "tool_calls.function.note",
    }  # fmt: skip
    reader = CODECS["ollama_generate"].reader()
    list(reader.whole(GENERATE_REPLY))
    assert {"context", "image", "logprobs"} <= reader.dropped


@pytest.mark.parametrize("name", ["messages", "ollama_chat", "ollama_generate"])
def test_error_bodies_hold_a_message_and_no_more(name: str) -> None:
    error = {
        "message": "m",
        "type": "t",
        "param": "p",
        "code": "c",
        "innererror": {"x": "canary7x"},
        "more": "canary7x",
    }
    assert not has_canary(CODECS[name].error(error, 500))
