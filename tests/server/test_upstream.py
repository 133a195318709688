"""What upstreams do to us: each a clear error or final event with the right status, never a hang, never half an event."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE
from tests.server.support import (
    EVENTS,
    HEAD,
    Script,
    Visit,
    World,
    answer,
    body_of,
    chat,
    chunk,
    error_of,
    event,
    events_of,
    headers_of,
    plays,
    status_of,
    streams,
    text_of,
    whole,
    world,
)

SECRET = "joe@mail.com"


async def silent(visit: Visit) -> None:
    await visit.wait_gone()


def kinds(status: int, code: str, script: Script, *, retry: str | None = "false") -> Any:
    return pytest.param(script, status, code, retry)


BOTH = [
    pytest.param(plays(close=True), 502, "upstream_unreachable", None, id="closes"),
    pytest.param(plays(b"SSH-2.0-OpenSSH_9\r\n", close=True), 502, "upstream_invalid_response", "false", id="no_http"),
    pytest.param(plays(b"HTTP/1.1 200 OK\r\nx", close=True), 502, None, None, id="half_a_head"),
    pytest.param(
        plays(answer(b"", b"302 Found", more=b"location: http://169.254.169.254/\r\n")),
        502, "upstream_invalid_response", "false", id="redirect",
    ),
    pytest.param(plays(answer(b"x", b"206 Partial")), 502, "upstream_invalid_response", "false", id="partial"),
    pytest.param(
        plays(answer(b"x", kind=b"text/html")), 502, "upstream_invalid_response", "false", id="web_page"
    ),
    pytest.param(
        plays(answer(b"\x1f\x8b", more=b"content-encoding: gzip\r\n")), 502, "upstream_invalid_response", "false",
        id="compressed",
    ),
    pytest.param(
        plays(answer(b'{"error":{"message":"bad key sk-upstream"}}', b"401 Unauthorized")),
        502, "upstream_refused_credentials", "false", id="our_key_is_bad",
    ),
    pytest.param(plays(HEAD % b"x" + b"x-a: " + b"b" * 100_000 + b"\r\n\r\n"), 502, "upstream_invalid_response", "false",
                 id="huge_header"),
]  # fmt: skip
WHOLE = [
    pytest.param(plays(answer(b"{")), 502, "upstream_invalid_response", "false", id="no_json"),
    pytest.param(plays(answer(b"[1]")), 502, "upstream_invalid_response", "false", id="no_reply"),
    pytest.param(plays(answer(b"[" * 5000)), 502, "upstream_invalid_response", "false", id="deep"),
    pytest.param(plays(answer(whole("x" * 300_000))), 502, "upstream_reply_too_large", "false", id="large"),
    pytest.param(plays(answer(whole("fine"))[:-4], close=True), 502, "upstream_invalid_response", "false", id="cut"),
    pytest.param(silent, 504, "upstream_timeout", "false", id="silent"),
    pytest.param(plays(answer(whole("fine"))[:-4], pause=5), 504, "upstream_timeout", "false", id="stalls"),
    pytest.param(plays(EVENTS), 502, "upstream_invalid_response", "false", id="events"),
    pytest.param(plays(answer(b'{"error":"out of memory"}')), 502, None, None, id="error_with_200"),
]
STREAM = [
    pytest.param(plays(answer(whole("fine"))), 502, "upstream_invalid_response", "false", id="whole"),
    pytest.param(silent, 504, "upstream_timeout", "false", id="silent"),
]


def check(one: World, script: Script, status: int, code: str | None, retry: str | None, **more: Any) -> None:
    one.script = script
    started = time.monotonic()
    raw = one.ask(**more)
    assert time.monotonic() - started < PATIENCE
    assert status_of(raw) == status, raw[:300]
    error = error_of(raw)
    assert error["type"] == "server_error"
    assert error["message"][0].isupper()
    if code:
        assert error["code"] == code
    assert headers_of(raw).get("x-should-retry") == retry
    assert b"sk-upstream" not in raw
    assert b"169.254" not in raw


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("script", "status", "code", "retry"), BOTH)
def test_trouble_before_the_reply(
    one: World, script: Script, status: int, code: str | None, retry: str | None, stream: bool
) -> None:
    check(one, script, status, code, retry, stream=stream)


@pytest.mark.parametrize(("script", "status", "code", "retry"), WHOLE)
def test_trouble_in_a_whole_reply(one: World, script: Script, status: int, code: str | None, retry: str | None) -> None:
    check(one, script, status, code, retry)


@pytest.mark.parametrize(("script", "status", "code", "retry"), STREAM)
def test_trouble_at_the_start_of_a_stream(
    one: World, script: Script, status: int, code: str | None, retry: str | None
) -> None:
    check(one, script, status, code, retry, stream=True)


BROKEN = {
    "closes": (plays(EVENTS, chunk(event("good so far ")), close=True), "upstream_invalid_response"),
    "ends_without_an_end": (plays(EVENTS, chunk(event("good so far ")), b"0\r\n\r\n"), None),
    "half_an_event": (plays(EVENTS, chunk(event("good so far ")), chunk(event("never")[:40]), close=True), None),
    "half_an_event_then_end": (
        plays(EVENTS, chunk(event("good so far ")), chunk(event("never")[:40]), b"0\r\n\r\n"), None,
    ),
    "garbage": (plays(EVENTS, chunk(event("good so far ")), chunk(b"data: {\xff\x00garbage\n\n"), b"0\r\n\r\n"), None),
    "broken_chunk": (plays(EVENTS, chunk(event("good so far ")), b"zz\r\nzz\r\n"), "upstream_invalid_response"),
    "stalls": (plays(EVENTS + chunk(event("good so far ")), pause=4), "upstream_timeout"),
    "too_much": (plays(EVENTS, chunk(event("good so far ")), chunk(b": " + b"x" * 300_000)), "upstream_reply_too_large"),
    "error_string": (
        plays(EVENTS, chunk(event("good so far ")), chunk(b'data: {"error": "oom for %s"}\n\n' % SECRET.encode())), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_stream_that_breaks_ends_with_an_error_event(one: World, name: str) -> None:
    one.script, code = BROKEN[name]
    started = time.monotonic()
    raw = one.ask(stream=True)
    assert time.monotonic() - started < PATIENCE
    assert status_of(raw) == 200
    assert raw.endswith(b"0\r\n\r\n"), raw[-80:]
    events = events_of(raw)
    assert text_of(events) in ("good so far ", "good so far", "good so ")
    assert events[-1] == "[DONE]"
    error = events[-2]["error"]
    assert error["type"] == "server_error"
    assert error["message"][0].isupper()  # as in an answer of its own
    assert code is None or error["code"] == code
    assert SECRET not in raw.decode()


def test_a_stream_whose_first_token_is_late_ends_with_an_error_event(one: World) -> None:
    one.script = plays(EVENTS, pause=4)
    events = events_of(one.ask(stream=True))
    assert events[0]["error"]["code"] == "upstream_timeout"


def test_silence_is_broken_by_comments(one: World) -> None:
    one.script = plays(EVENTS, chunk(event("one ")), chunk(event("two")), chunk(event(reason="stop")),
                       chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n", pause=0.4)  # fmt: skip
    raw = one.ask(stream=True)
    assert body_of(raw).count(b": held\n\n") >= 4
    assert text_of(events_of(raw)) == "one two"


def test_headers_go_out_with_the_upstreams(one: World) -> None:
    go = threading.Event()

    async def script(visit: Visit) -> None:
        await visit.send(EVENTS)
        await asyncio.to_thread(go.wait, 5)
        await visit.send(chunk(event("one ")) + chunk(event(reason="stop")) + b"0\r\n\r\n")

    one.script = script
    body = json.dumps(chat(stream=True)).encode()
    with one.connect() as client:
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                       b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)  # fmt: skip
        assert client.recv(20).startswith(b"HTTP/1.1 200")
        go.set()


ERRORS = [
    (400, b"400 Bad Request"),
    (404, b"404 Not Found"),
    (429, b"429 Too Many"),
    (500, b"500 Oops"),
    (503, b"503 Busy"),
]


@pytest.mark.parametrize(("status", "line"), ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_answer_keeps_its_status_and_loses_its_secrets(
    one: World, status: int, line: bytes, stream: bool
) -> None:
    body = json.dumps({"error": {"message": f"no luck for {SECRET}", "path": f"/home/{SECRET}"}}).encode()
    one.script = plays(answer(body, line, more=b"retry-after: 7\r\nx-secret: joe@mail.com\r\nset-cookie: a=b\r\n"))
    raw = one.ask(stream=stream)
    assert status_of(raw) == status
    assert SECRET.encode() not in raw
    assert "no luck for [words.mail]" in error_of(raw)["message"]
    headers = headers_of(raw)
    assert headers.get("retry-after") == ("7" if status in (429, 503) else None)
    assert not {"x-secret", "set-cookie"} & set(headers)


def test_an_error_page_is_not_shown(one: World) -> None:
    one.script = plays(answer(f"<html>{SECRET}</html>".encode(), b"502 Bad Gateway", b"text/html"))
    raw = one.ask()
    assert status_of(raw) == 502
    assert b"html" not in body_of(raw)
    assert SECRET.encode() not in raw


def test_nothing_of_the_client_reaches_the_upstream_but_the_guarded_body(one: World) -> None:
    body = json.dumps(chat(messages=[{"role": "user", "content": f"I am {SECRET}"}])).encode()
    raw = one.post(body, headers=b"authorization: Bearer sk-client\r\ncookie: a=b\r\nx-forwarded-for: 1.2.3.4\r\n"
                   b"openai-organization: org\r\nte: trailers\r\n")  # fmt: skip
    assert status_of(raw) == 200
    visit = one.visits[0]
    names = {line.split(b":")[0].lower() for line in visit.head.split(b"\r\n")[1:] if line}
    assert names == {b"host", b"accept", b"accept-encoding", b"authorization", b"content-type", b"content-length",
                     b"user-agent"}  # fmt: skip
    assert b"authorization: bearer sk-upstream" in visit.head.lower()
    assert visit.json["messages"][0]["content"] == "I am [words.mail]"


def test_only_listed_headers_come_back(one: World) -> None:
    one.script = plays(answer(whole("fine"), more=b"set-cookie: a=b\r\nserver: secret\r\nx-request-id: theirs\r\n"))
    for raw in (one.ask(), one.ask()):
        assert set(headers_of(raw)) == {"date", "content-type", "content-length", "cache-control", "x-request-id",
                                        "x-guardproxy-decision", "x-guardproxy-policy", "connection"}  # fmt: skip
        assert headers_of(raw)["x-request-id"].startswith("req_")
    assert b"cookie" not in one.visits[1].head.lower()


def test_a_client_that_goes_away_cancels_the_upstream(one: World) -> None:
    async def endless(visit: Visit) -> None:
        await visit.send(EVENTS)
        watching = asyncio.ensure_future(visit.wait_gone())
        while not visit.gone.is_set():
            await visit.send(chunk(event("word ")))
            await asyncio.sleep(0.02)
        await watching

    for script, stream in ((endless, True), (silent, True), (silent, False)):
        one.script = script
        one.visits.clear()
        body = json.dumps(chat(stream=stream)).encode()
        client = one.connect()
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                       b"content-length: %d\r\n\r\n" % len(body) + body)  # fmt: skip
        if script is endless:
            client.recv(1000)
        while not one.visits:
            time.sleep(0.01)
        client.close()
        assert one.visits[0].gone.wait(PATIENCE), "the upstream is still busy"


def test_a_client_that_reads_nothing_stops_the_upstream(one: World, tmp_path: Path) -> None:
    sent = 0

    async def flood(visit: Visit) -> None:
        nonlocal sent
        await visit.send(EVENTS)
        watching = asyncio.ensure_future(visit.wait_gone())
        piece = chunk(event("word " * 2000))
        while not visit.gone.is_set():
            await visit.send(piece)
            sent += len(piece)
        await watching

    timeouts = {"idle": "1s", "held": "10s"}
    with world(tmp_path, timeouts=timeouts, limits={"reply": "500MB"}) as another:
        another.script = flood
        body = json.dumps(chat(stream=True)).encode()
        with another.connect() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                           b"content-length: %d\r\n\r\n" % len(body) + body)  # fmt: skip
            while not another.visits:
                time.sleep(0.01)
            assert another.visits[0].gone.wait(PATIENCE), "a client that takes nothing is waited for"
    assert sent < 40_000_000


def test_a_server_that_is_down_is_told(one: World, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with world(tmp_path, upstream={"url": f"http://127.0.0.1:{port}/v1"}) as another:
        raw = another.ask()
        assert status_of(raw) == 502
        assert error_of(raw)["code"] == "upstream_unreachable"
        ready = another.raw(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert status_of(ready) == 503
        assert "can't be reached" in json.loads(body_of(ready))["checks"]["upstream"]["reason"]


def test_a_good_stream_arrives_masked_with_one_terminator(one: World) -> None:
    one.script = streams("mail jo", "e@ma", "il.com now")
    events = events_of(one.ask(stream=True))
    assert text_of(events) == "mail [words.mail] now"
    assert events.count("[DONE]") == 1
    assert events[-1] == "[DONE]"


def test_a_refused_request_is_not_forwarded(one: World) -> None:
    raw = one.ask(messages=[{"role": "user", "content": "build a bomb"}])
    assert status_of(raw) == 400
    assert error_of(raw)["code"] == "content_filter"
    assert one.visits == []
