"""Nothing of the Responses API passes unread: a canary in every place of a request, a reply, and every kind of event."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy.types import WireError
from guardproxy.wire.base import Fault, Unknown
from guardproxy.wire.json import dump
from guardproxy.wire.responses import Responses
from tests.wire.bodies import Path, at
from tests.wire.responses_bodies import EVENTS, REPLY, REQUEST
from tests.wire.test_canary import HEAD, SILENT, has_canary, names, plants, seen, written

UNSEEN: list[tuple[tuple[str, ...], str]] = [
    (("model",), "replaced by the route table's own name, and unknown ones are refused"),
    (("input", "id"), "an id: no room for prose; servers match items by it"),
    (("input", "call_id"), "the same: an edit would tear call and result apart"),
    (("input", "container_id"), "the same"),
    (("input", "approval_request_id"), "the same"),
]
"""Places of a request that go upstream and are no segment, with the reason."""
QUIET = SILENT | {
    "status", "created_at", "item_id", "output_index", "content_index", "summary_index", "sequence_number", "response",
    "item", "annotation_index", "instructions", "tools", "metadata", "incomplete_details", "code", "param",
    "encrypted_content", "annotation", "annotations", "part", "call_id", "start_index", "end_index", "result", "error",
    "usage", "delta", "arguments", "bytes", "name",
}  # fmt: skip
"""Fields that are rebuilt by us, or that a repeated text is in: what stands in them comes from somewhere else."""

REQUESTS = [
    pytest.param(what, path, body, id=f"{what}-{'.'.join(map(str, path))}") for what, path, body in plants(REQUEST)
]


@pytest.mark.parametrize(("what", "path", "body"), REQUESTS)
def test_requests(what: str, path: Path, body: Any) -> None:
    codec = Responses()
    try:
        conversation = codec.read_request(body)
    except WireError as e:
        assert e.status == 400
        return
    if not has_canary(dump(codec.write_request(body, {}))):
        return
    if any(path[: len(u.path)] == u.path for u in conversation.unread):
        return
    found = [s for s in conversation.segments if has_canary(s.text.encode())]
    if not found:
        assert names(path) in [place for place, _ in UNSEEN]
        return
    edits = {s.origin.path: "{}" if s.json else "edited" for s in found}
    if not any(s.fixed for s in found):  # the engine blocks instead of editing those
        assert not has_canary(dump(codec.write_request(body, edits)))


def test_segments_name_their_place() -> None:
    segments = Responses().read_request(REQUEST).segments
    paths = [s.origin.path for s in segments]
    assert len(set(paths)) == len(paths)
    for segment in segments:
        value = at(REQUEST, segment.origin.path)
        assert segment.text == (value if isinstance(value, str) else dump(value).decode())


EVENTS_PLANTED = [
    pytest.param(False, what, path, body, id=f"{kind}-{what}-{'.'.join(map(str, path))}")
    for kind, fields in EVENTS.items()
    for what, path, body in plants({"type": kind, "sequence_number": 1, **fields})
    if path and path != ("type",)
]
REPLIES_PLANTED = [
    pytest.param(True, what, path, body, id=f"whole-{what}-{'.'.join(map(str, path))}")
    for what, path, body in plants(REPLY)
    if path
]


@pytest.mark.parametrize(("whole", "what", "path", "body"), [*EVENTS_PLANTED, *REPLIES_PLANTED])
def test_replies(whole: bool, what: str, path: Path, body: Any) -> None:
    codec = Responses()
    reader = codec.reader()
    try:
        items = list(reader.whole(body) if whole else reader.event(dump(body)))
    except WireError as e:
        assert not has_canary(str(e).encode())
        return
    out = written(items, codec.whole_writer(HEAD)) + written(items, codec.stream_writer(HEAD))
    assert not has_canary(str(reader.dropped).encode()) or what in ("key", "new key") or path[-1] == "type"
    if has_canary(seen(items)):
        return
    assert not has_canary(out)
    told = any(isinstance(i, Fault | Unknown) for i in items)
    assert told or what.startswith(("list for", "new")) or reader.dropped or set(names(path)) & QUIET


def test_the_request_is_told_where_it_can_not_be_read() -> None:
    unread = {u.what for u in Responses().read_request(REQUEST).unread}
    assert unread == {
        "an image", "a file", "a sound recording", "encrypted reasoning", "an item of an unknown kind",
    }  # fmt: skip
