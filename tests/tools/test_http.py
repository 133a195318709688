"""A plain tool: JSON in, JSON out."""

from __future__ import annotations

import json

from tests.server.support import World, answer, body_of, error_of, plays, status_of
from tests.tools.support import MAIL, MASKED, ask


def test_arguments_and_result_are_guarded(one: World) -> None:
    one.script = plays(answer(json.dumps({"found": [MAIL, {"at": f"<{MAIL}>"}]}).encode()))
    raw = ask(one, {"query": MAIL}, "/plain")
    assert (status_of(raw), json.loads(body_of(raw))) == (200, {"found": [MASKED, {"at": f"<{MASKED}>"}]})
    assert one.visits[0].json == {"query": MASKED}
    assert b"POST /run HTTP" in one.visits[0].head


def test_blocked_either_way(one: World) -> None:
    raw = ask(one, {"query": "a bomb"}, "/plain")
    assert (status_of(raw), error_of(raw)["code"], one.visits) == (400, "content_filter", [])
    one.script = plays(answer(b'"a bomb"'))
    raw = ask(one, {"query": "x"}, "/plain")
    assert (status_of(raw), error_of(raw)["code"]) == (400, "content_filter")
    assert b"bomb" not in body_of(raw)


def test_trouble_is_told_and_guarded(one: World) -> None:
    one.script = plays(answer(b"no " + MAIL.encode(), b"404 No", b"text/plain"))
    raw = ask(one, {"query": "x"}, "/plain")
    assert (status_of(raw), error_of(raw)["message"]) == (404, f"no {MASKED}")
    one.script = plays(answer(b"<html>", kind=b"text/html"))
    assert status_of(ask(one, {"query": "x"}, "/plain")) == 502
    one.script = plays(answer(b"{"))
    assert status_of(ask(one, {"query": "x"}, "/plain")) == 502
    assert status_of(ask(one, {"query": "x"}, "/plain/mcp")) == 404
