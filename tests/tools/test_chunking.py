"""The same messages come out however the bytes of a stream are cut, and no piece of what is masked does."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.support import World, chunk, plays
from tests.tools.support import EVENTS, MAIL, MASKED, ask, call, messages_of, said, told

SENT = [
    told("notifications/message", level="info", data=f"first {MAIL}"),
    told("notifications/progress", progressToken=1, progress=1, message="a bomb"),
    told("notifications/message", level="info", data={"ümlaut": f"ä{MAIL}"}),
    said(f"the end, {MAIL}", "joe"),
]
WANTED = [
    told("notifications/message", level="info", data=f"first {MASKED}"),
    told("notifications/message", level="info", data={"ümlaut": f"ä{MASKED}"}),
    said(f"the end, {MASKED}", "joe"),
]


def stream(line: str) -> bytes:
    """All events with this line end, comments and fields that nobody needs between them."""
    blocks = [
        f"id: {MAIL}{line}: {MAIL}{line}retry: 1{line}event: message{line}"
        f"data: {json.dumps(m, ensure_ascii=False)}{line}{line}"
        for m in SENT
    ]
    return f"event: other{line}data: {MAIL}{line}{line}{''.join(blocks)}".encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.sampled_from(["\n", "\r\n", "\r"]), cuts=st.lists(st.integers(0, 1400), max_size=40))
def test_cuts_change_nothing(one: World, line: str, cuts: list[int]) -> None:
    data = stream(line)
    edges = sorted({0, len(data), *(c % len(data) for c in cuts)})
    pieces = [data[a:b] for a, b in pairwise(edges)]
    one.script = plays(EVENTS, *map(chunk, pieces), b"0\r\n\r\n")
    raw = ask(one, call())
    assert messages_of(raw) == WANTED
    assert MAIL.encode() not in raw
