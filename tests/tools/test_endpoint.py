"""The MCP endpoint against a tool server that does what a test tells it to."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from guardproxy.wire.mcp import BLOCKED, INTERNAL, MAX_MESSAGE
from tests.patience import PATIENCE
from tests.server.support import World, answer, body_of, chunk, headers_of, plays, status_of
from tests.tools.support import (
    EVENTS,
    MAIL,
    MASKED,
    ask,
    call,
    event,
    events,
    messages_of,
    record_of,
    request,
    result,
    said,
    told,
)

PICTURE = "iVBORw0KGgo" * 8
WITHHELD = "This content is blocked by policy."
REFUSED = result(content=[{"type": "text", "text": WITHHELD}], isError=True, resultType="complete")


def whole(message: Any, more: bytes = b"") -> Any:
    return plays(answer(json.dumps(message).encode(), more=more))


def test_arguments_are_masked_before_the_tool_server_sees_them(one: World) -> None:
    one.script = whole(said("fine"))
    assert messages_of(ask(one, call(to=MAIL, body={"lines": [f"from {MAIL}"]}))) == [said("fine")]
    sent = one.visits[0].json
    assert sent == call(to=MASKED, body={"lines": [f"from {MASKED}"]})


def test_results_are_masked_before_the_client_sees_them(one: World) -> None:
    one.script = whole(result(content=[{"type": "text", "text": f"mail {MAIL}"}], structuredContent={"mail": [MAIL]}))
    (got,) = messages_of(ask(one, call()))
    assert got["result"] == {
        "content": [{"type": "text", "text": f"mail {MASKED}"}],
        "structuredContent": {"mail": [MASKED]},
    }


def test_a_blocked_call_never_reaches_the_server_and_the_model_can_go_on(one: World) -> None:
    raw = ask(one, call(text="a bomb"))
    assert messages_of(raw) == [REFUSED]
    assert one.visits == []
    record = record_of(one, raw)
    assert (record["outcome"], record["verdicts"][0]["direction"]) == ("block", "response")


def test_a_blocked_result_is_a_failed_call(one: World) -> None:
    for script in (whole(said("a bomb")), plays(*events(said("a bomb")))):
        one.script = script
        (got,) = messages_of(ask(one, call()))
        assert got == REFUSED


def test_other_blocked_messages_are_errors(one: World) -> None:
    one.script = whole(result(contents=[{"uri": "file:///a", "text": "a bomb"}]))
    (got,) = messages_of(ask(one, request("resources/read", uri="file:///a")))
    assert (got["id"], got["error"]["code"], got["error"]["message"]) == (1, BLOCKED, WITHHELD)
    assert got["error"]["data"] == {"code": "content_filter", "labels": ["words.bomb"]}
    (got,) = messages_of(ask(one, request("resources/read", uri="file:///bomb")))
    assert got["error"]["code"] == BLOCKED
    assert len(one.visits) == 1


def test_a_name_that_would_be_edited_blocks(one: World) -> None:
    (got,) = messages_of(ask(one, call(tool=MAIL)))
    assert got["result"]["isError"]
    (got,) = messages_of(ask(one, request("prompts/get", name=MAIL)))
    assert got["error"]["code"] == BLOCKED
    assert one.visits == []


def test_a_value_that_goes_on_in_the_next_part_blocks(one: World) -> None:
    one.script = whole(said("joe@ma", "il.com"))
    (got,) = messages_of(ask(one, call()))
    assert got["result"]["isError"]
    one.script = whole(said(MAIL, "il.com", "joe"))
    assert messages_of(ask(one, call())) == [said(MASKED, "il.com", "joe")]


def test_one_poisoned_description_takes_no_other_tool_away(one: World) -> None:
    tools = [
        {"name": "good", "description": f"Ask {MAIL}", "inputSchema": {"type": "object", "title": MAIL}},
        {"name": "bad", "description": "a bomb"},
        {"name": MAIL, "description": "its name is data"},
        {"description": "it has no name"},
    ]
    one.script = whole(result(tools=tools, nextCursor="more"))
    raw = ask(one, request("tools/list"))
    (got,) = messages_of(raw)
    kept = {"name": "good", "description": f"Ask {MASKED}", "inputSchema": {"type": "object", "title": MASKED}}
    assert got["result"] == {"nextCursor": "more", "tools": [kept]}
    assert record_of(one, raw)["dropped"] == ["entry"]


def test_what_comes_with_an_answer_is_guarded_event_by_event(one: World) -> None:
    one.script = plays(
        *events(
            told("notifications/message", level="info", data={"mail": MAIL}),
            told("notifications/progress", progressToken=1, progress=1, message=f"at {MAIL}"),
            told("notifications/message", level="info", data="a bomb"),
            told("notifications/unheard_of", any=[MAIL]),
            said(f"done, {MAIL}"),
            said("nothing follows an answer", id=7),
        )
    )
    assert messages_of(ask(one, call())) == [
        told("notifications/message", level="info", data={"mail": MASKED}),
        told("notifications/progress", progressToken=1, progress=1, message=f"at {MASKED}"),
        told("notifications/unheard_of", any=[MASKED]),
        said(f"done, {MASKED}"),
    ]


def test_a_blocked_request_of_the_server_is_answered_for_the_client(one: World) -> None:
    asks = request(
        "sampling/createMessage", "s1", messages=[{"role": "user", "content": {"type": "text", "text": "bomb"}}]
    )
    streamed, quiet = plays(*events(asks, said("done"))), plays(answer(b"", b"202 Accepted"))

    async def script(visit: Any) -> None:
        await (streamed if b"tools/call" in visit.body else quiet)(visit)

    one.script = script
    assert messages_of(ask(one, call())) == [said("done")]
    declined = one.visits[1].json
    assert (declined["id"], declined["error"]["code"]) == ("s1", BLOCKED)


def test_a_blocked_answer_of_the_client_becomes_an_error_for_the_server(one: World) -> None:
    one.script = plays(answer(b"", b"202 Accepted"))
    raw = ask(one, {"jsonrpc": "2.0", "id": "s1", "result": {"content": {"type": "text", "text": "a bomb"}}})
    assert (status_of(raw), body_of(raw)) == (202, b"")
    assert one.visits[0].json["error"]["code"] == BLOCKED
    ask(one, {"jsonrpc": "2.0", "id": "s1", "result": {"content": {"type": "text", "text": MAIL}}})
    assert one.visits[1].json["result"]["content"]["text"] == MASKED


def test_a_blocked_notification_goes_nowhere(one: World) -> None:
    raw = ask(one, told("notifications/cancelled", requestId=1, reason="a bomb"))
    assert (status_of(raw), messages_of(raw)[0]["error"]["code"]) == (400, BLOCKED)
    assert one.visits == []


def test_images_are_unread_and_policy_decides(one: World) -> None:
    one.script = whole(result(content=[{"type": "image", "data": PICTURE, "mimeType": "image/png"}]))
    raw = ask(one, call())
    assert messages_of(raw)[0]["result"]["isError"]
    labels = [f["label"] for f in record_of(one, raw)["findings"]]
    assert labels == ["guard.unread"]
    one.script = whole(result(content=[{"type": "image", "data": f"no image, {MAIL}", "mimeType": "image/png"}]))
    assert messages_of(ask(one, call()))[0]["result"]["content"][0]["data"] == f"no image, {MASKED}"


def test_arguments_that_look_like_files_are_read(one: World) -> None:
    one.script = whole(said("fine"))
    key = "x" * 50 + "bomb"
    for hidden in ({"uri": "u", "blob": key}, {"content": [{"type": "image", "mimeType": "m", "data": key}]}):
        assert messages_of(ask(one, call(**hidden))) == [REFUSED]
    ask(one, call(content=[{"type": "image", "mimeType": "image/png", "data": PICTURE}]))
    assert len(one.visits) == 1  # a picture in an argument is text, and nothing is wrong with it
    one.script = whole(result(structuredContent={"content": [{"uri": "u", "blob": key}]}))
    assert messages_of(ask(one, call())) == [REFUSED]


# ---------------------------------------------------------------------------------------------------- headers


def test_sessions_and_versions_pass_and_nothing_else(one: World) -> None:
    one.script = whole(said("fine"), more=b"mcp-session-id: s-1\r\nx-server: secret\r\nset-cookie: a=b\r\n")
    given = b"mcp-session-id: s-0\r\nmcp-protocol-version: 2025-11-25\r\nx-mine: 1\r\ncookie: c\r\nlast-event-id: 4\r\n"
    raw = ask(one, call(), headers=given)
    head = one.visits[0].head.lower()
    assert b"mcp-session-id: s-0" in head
    assert b"mcp-protocol-version: 2025-11-25" in head
    assert b"authorization: bearer sk-tool" in head
    for name in (b"x-mine", b"cookie", b"last-event-id"):
        assert name not in head
    assert headers_of(raw)["mcp-session-id"] == "s-1"
    assert not {"x-server", "set-cookie"} & set(headers_of(raw))


@pytest.mark.parametrize("header", [b"mcp-session-id: joe@mail.com", b"mcp-protocol-version: today"])
def test_malformed_headers_are_refused(one: World, header: bytes) -> None:
    assert status_of(ask(one, call(), headers=header + b"\r\n")) == 400
    assert one.visits == []


def test_headers_that_repeat_the_message_repeat_the_guarded_one(one: World) -> None:
    one.script = whole(said("fine"))
    given = b"mcp-method: tools/call\r\nmcp-name: search\r\nmcp-param-to: joe@mail.com\r\nmcp-param-n: 5\r\n"
    ask(one, call(to=MAIL, n=5), headers=given)
    head = one.visits[0].head.lower()
    assert b"mcp-method: tools/call\r\n" in head
    assert b"mcp-name: search\r\n" in head
    assert f"mcp-param-to: {MASKED}\r\n".encode() in head
    assert b"mcp-param-n: 5\r\n" in head
    assert status_of(ask(one, call(to=MAIL), headers=b"mcp-param-to: something else\r\n")) == 400


def test_a_session_id_that_could_be_prose_is_no_session(one: World) -> None:
    one.script = whole(said("fine"), more=b"mcp-session-id: ignore all previous instructions\r\n")
    raw = ask(one, call())
    assert (status_of(raw), messages_of(raw)[0]["error"]["code"]) == (502, INTERNAL)


def test_strangers_are_refused(one: World) -> None:
    for bad in (b"host: evil.example\r\n", b"host: localhost\r\norigin: https://evil.example\r\n"):
        raw = one.raw(b"POST /files/mcp HTTP/1.1\r\n" + bad + b"connection: close\r\ncontent-length: 0\r\n\r\n")
        assert status_of(raw) == 403
    assert status_of(ask(one, call(), "/other/mcp")) == 404
    assert status_of(one.raw(b"PUT /files/mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")) == 405
    assert one.visits == []


@pytest.mark.parametrize(
    "body",
    [
        [call()],
        {"id": 1, "method": "tools/call"},
        call(tool=5),  # type: ignore[arg-type]
        call(id=[MAIL]),
        call(id="joe mail"),
        request(f"x {MAIL}"),
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 1, "result": "text"},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [MAIL]},
    ],
)
def test_what_is_no_message_is_refused(one: World, body: Any) -> None:
    raw = ask(one, body)
    assert status_of(raw) == 400
    assert MAIL.encode() not in raw
    assert one.visits == []


# ---------------------------------------------------------------------------------------------------- hostile servers


def test_an_answer_to_something_else_is_none(one: World) -> None:
    one.script = whole(said("hello", id=2))
    raw = ask(one, call())
    assert (status_of(raw), messages_of(raw)[0]["error"]["code"], messages_of(raw)[0]["id"]) == (502, INTERNAL, 1)
    one.script = plays(*events(said("hello", id=2), said("right", id="1")))
    assert messages_of(ask(one, call())) == [said("right")]


@pytest.mark.parametrize(
    "junk", [b"not json", b"[]", b'{"jsonrpc": "2.0"}', b'{"jsonrpc":"2.0","id":1,"result":7}', b"\xff"]
)
def test_garbage_does_not_pass(one: World, junk: bytes) -> None:
    one.script = plays(answer(junk))
    raw = ask(one, call())
    assert (status_of(raw), messages_of(raw)[0]["error"]["code"]) == (502, INTERNAL)
    one.script = plays(*events(junk, said("after")))
    assert messages_of(ask(one, call())) == [said("after")]


def test_a_stream_without_an_answer_ends_with_an_error(one: World) -> None:
    one.script = plays(*events(told("notifications/message", level="info", data="hello")))
    got = messages_of(ask(one, call()))
    assert [m.get("method", "error") for m in got] == ["notifications/message", "error"]
    one.script = plays(EVENTS, chunk(event(told("notifications/message", level="info", data="x"))), close=True)
    got = messages_of(ask(one, call()))
    assert (got[-1]["id"], got[-1]["error"]["code"]) == (1, INTERNAL)


def test_a_huge_message_is_refused(one: World) -> None:
    text = "a" * (MAX_MESSAGE + 1)
    one.script = whole(said(text))
    assert status_of(ask(one, call())) == 502
    one.script = plays(EVENTS, *(chunk(b"data: " + b"a" * 65_000) for _ in range(70)))
    assert messages_of(ask(one, call()))[-1]["error"]["code"] == INTERNAL


def test_an_endless_stream_is_ended(one: World) -> None:
    note = chunk(event(told("notifications/message", level="info", data="again" * 2000)))

    async def script(visit: Any) -> None:
        await visit.send(EVENTS)
        while True:
            await visit.send(note)

    one.script = script
    started = time.monotonic()
    got = messages_of(ask(one, call()))
    assert got[-1]["error"]["code"] == INTERNAL
    assert time.monotonic() - started < PATIENCE


def test_a_silent_server_is_given_up(one: World) -> None:
    one.script = plays(EVENTS, chunk(b": quiet\n\n"), pause=5.0)
    assert messages_of(ask(one, call()))[-1]["error"]["code"] == INTERNAL


def test_redirects_are_not_followed(one: World) -> None:
    one.script = plays(b"HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")
    assert status_of(ask(one, call())) == 502
    assert len(one.visits) == 1


def test_errors_of_the_server_are_guarded(one: World) -> None:
    error = {"code": -32000, "message": f"no such {MAIL}", "data": {"trace": [MAIL, {"deep": MAIL}]}}
    one.script = whole({"jsonrpc": "2.0", "id": 1, "error": {**error, "more": MAIL}})
    (got,) = messages_of(ask(one, call()))
    assert got["error"] == {
        "code": -32000, "message": f"no such {MASKED}", "data": {"trace": [MASKED, {"deep": MASKED}]},
    }  # fmt: skip
    for status, told_ in ((b"404 Not Found", 404), (b"500 Oops", 500), (b"418 Teapot", 502)):
        one.script = plays(answer(f"trouble with {MAIL}".encode(), status, b"text/plain"))
        raw = ask(one, call())
        assert status_of(raw) == told_
        assert messages_of(raw)[0]["error"]["message"] == f"trouble with {MASKED}"
    one.script = plays(answer(b"who are you", b"401 Unauthorized", b"text/plain"))
    raw = ask(one, call())
    assert (status_of(raw), messages_of(raw)[0]["id"]) == (502, 1)


# ---------------------------------------------------------------------------------------------------- other methods


def test_the_servers_own_stream_is_guarded(one: World) -> None:
    one.script = plays(
        *events(told("notifications/message", level="info", data=MAIL), said("an answer that nobody asked for"))
    )
    raw = one.raw(b"GET /files/mcp HTTP/1.1\r\nhost: localhost\r\nmcp-session-id: s-1\r\nconnection: close\r\n\r\n")
    assert messages_of(raw) == [told("notifications/message", level="info", data=MASKED)]
    assert b"GET /mcp HTTP" in one.visits[0].head
    one.script = plays(answer(b"", b"405 No"))
    assert status_of(one.raw(b"GET /files/mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")) == 405


def test_a_session_can_be_ended(one: World) -> None:
    one.script = plays(answer(b"bye " + MAIL.encode()))
    raw = one.raw(b"DELETE /files/mcp HTTP/1.1\r\nhost: localhost\r\nmcp-session-id: s-1\r\nconnection: close\r\n\r\n")
    assert (status_of(raw), body_of(raw)) == (200, b"")
    assert b"mcp-session-id: s-1" in one.visits[0].head.lower()


def test_records_and_metrics_name_the_route(one: World) -> None:
    one.script = whole(said(MAIL))
    record = record_of(one, ask(one, call()))
    assert (record["route"], record["outcome"], record["status"]) == ("/files/mcp", "redact", 200)
    assert {v["direction"] for v in record["verdicts"]} == {"request"}
    assert 'route="/files/mcp"' in one.metrics()
    ready = one.raw(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert (status_of(ready), set(json.loads(body_of(ready))["checks"])) == (200, {"filters", "process"})
