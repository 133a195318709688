"""What clients send by mistake or in malice: each a clear 4xx or a closed connection in time, nothing forwarded."""

from __future__ import annotations

import json
import time

import pytest

from tests.patience import PATIENCE
from tests.server.support import World, chat, error_of, headers_of, read_all, status_of

GOOD = json.dumps(chat()).encode()
DEEP = b'{"model":"m","messages":' + b"[" * 5000 + b"]" * 5000 + b"}"
MANY = json.dumps(chat(messages=[{"role": "user", "content": "x"}] * 10_000)).encode()

BODIES = {
    "no_json": (b"{", 400),
    "empty": (b"", 400),
    "a_list": (b"[]", 400),
    "not_utf8": (b'{"model":"\xff"}', 400),
    "lone_surrogate": (b'{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}', 400),
    "nan": (b'{"model":"m","messages":[],"temperature":NaN}', 400),
    "deep": (DEEP, 400),
    "no_messages": (b'{"model":"m"}', 400),
    "no_model": (b'{"messages":[{"role":"user","content":"x"}]}', 400),
    "model_number": (json.dumps(chat(model=3)).encode(), 400),
    "model_with_spaces": (json.dumps(chat(model="a b")).encode(), 404),
    "model_path": (json.dumps(chat(model="../../etc/passwd")).encode(), 404),
    "messages_text": (json.dumps(chat(messages="hi")).encode(), 400),
    "content_number": (json.dumps(chat(messages=[{"role": "user", "content": 3}])).encode(), 400),
    "unknown_role": (json.dumps(chat(messages=[{"role": "wizard", "content": "x"}])).encode(), 400),
    "stream_text": (json.dumps(chat(stream="yes")).encode(), 400),
    "temperature_text": (json.dumps(chat(temperature="hot")).encode(), 400),
    "unknown_parameter": (json.dumps(chat(chat_template="x")).encode(), 400),
    "made_up_parameter": (json.dumps(chat(frobnicate=1)).encode(), 400),
    "too_many_choices": (json.dumps(chat(n=100_000)).encode(), 400),
    "too_many_messages": (MANY, 400),
    "too_large": (b" " * 3_000_000, 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_a_clear_4xx_and_is_not_forwarded(one: World, name: str) -> None:
    body, status = BODIES[name]
    started = time.monotonic()
    raw = one.post(body)
    assert time.monotonic() - started < PATIENCE
    assert status_of(raw) == status, raw[:300]
    error = error_of(raw)
    assert error["message"].endswith(".")
    assert "Traceback" not in error["message"]
    assert headers_of(raw)["content-type"] == "application/json"
    assert one.visits == []


def test_token_ids_as_a_prompt_are_refused(one: World) -> None:
    for prompt in ([1, 2, 3], [[1, 2], [3]]):
        raw = one.post(json.dumps({"model": "m", "prompt": prompt}).encode(), "/v1/completions")
        assert status_of(raw) == 400
        assert "token" in error_of(raw)["message"]
    assert one.visits == []


def test_fifty_megabytes_are_refused_before_they_are_read(one: World) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    started = time.monotonic()
    raw = one.raw(head + b"content-length: 50000000\r\n\r\n", *([b" " * 1_000_000] * 50))
    assert status_of(raw) == 413
    assert error_of(raw)["code"] == "request_too_large"
    assert headers_of(raw)["connection"] == "close"
    assert time.monotonic() - started < PATIENCE


def test_chunks_without_an_announced_length_are_counted(one: World) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    raw = one.raw(head + b"transfer-encoding: chunked\r\n\r\n", *([b"80000\r\n" + b" " * 0x80000 + b"\r\n"] * 8))
    assert status_of(raw) == 413
    assert one.visits == []


H = b"host: x\r\ncontent-type: application/json\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\n"
LENGTH = b"content-length: %d\r\n" % len(GOOD)
HEADS = {
    "both_lengths": (POST + H + LENGTH + b"transfer-encoding: chunked\r\n", 400),
    "two_lengths": (POST + H + LENGTH + b"content-length: 5\r\n", 400),
    "same_length_twice": (POST + H + LENGTH + LENGTH, 400),
    "length_with_plus": (POST + H + b"content-length: +4\r\n", 400),
    "unknown_coding": (POST + H + b"transfer-encoding: gzip, chunked\r\n", 400),
    "two_codings": (POST + H + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", 400),
    "coding_in_1_0": (b"POST /v1/chat/completions HTTP/1.0\r\n" + H + b"transfer-encoding: chunked\r\n", 400),
    "absolute_form": (b"POST http://169.254.169.254/v1/chat/completions HTTP/1.1\r\n" + H + LENGTH, 400),
    "authority_form": (b"CONNECT example.com:443 HTTP/1.1\r\n" + H, 400),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\n" + H, 400),
    "two_hosts": (POST + H + b"host: y\r\n" + LENGTH, 400),
    "no_host": (POST + b"content-type: application/json\r\n" + LENGTH, 400),
    "bad_host": (POST + b"host: a/b@c\r\n" + LENGTH, 400),
    "folded_header": (POST + H + b"x-a: b\r\n c\r\n" + LENGTH, 400),
    "bare_lf": (b"POST /v1/chat/completions HTTP/1.1\nhost: x\n\n", 400),
    "space_before_colon": (POST + H + b"x-a : b\r\n" + LENGTH, 400),
    "upgrade": (POST + H + LENGTH + b"connection: upgrade\r\nupgrade: websocket\r\n", 400),
    "upgrade_h2c": (POST + H + LENGTH + b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\n", 400),
    "expectation": (POST + H + LENGTH + b"expect: miracles\r\n", 417),
    "http2_preface": (b"PRI * HTTP/2.0\r\n", 400),
    "many_headers": (POST + H + LENGTH + b"x-a: b\r\n" * 60, 431),
    "long_header": (POST + H + LENGTH + b"x-a: " + b"b" * 70_000 + b"\r\n", 431),
    "long_target": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n", 431),
    "no_type": (POST + b"host: x\r\n" + LENGTH, 415),
    "form_type": (POST + b"host: x\r\ncontent-type: application/x-www-form-urlencoded\r\n" + LENGTH, 415),
    "utf16": (POST + b"host: x\r\ncontent-type: application/json; charset=utf-16\r\n" + LENGTH, 415),
    "gzip": (POST + H + b"content-encoding: gzip\r\n" + LENGTH, 415),
    "escaped_path": (b"POST /v1/%63hat/completions HTTP/1.1\r\n" + H + LENGTH, 404),
    "dots": (b"POST /v1/x/../chat/completions HTTP/1.1\r\n" + H + LENGTH, 404),
    "double_slash": (b"POST //v1/chat/completions HTTP/1.1\r\n" + H + LENGTH, 404),
    "another_route": (b"POST /v1/audio/speech HTTP/1.1\r\n" + H + LENGTH, 404),
    "metrics": (b"GET /metrics HTTP/1.1\r\nhost: x\r\n", 404),
    "wrong_method": (b"GET /v1/chat/completions HTTP/1.1\r\nhost: x\r\n", 405),
    "delete": (b"DELETE /v1/models HTTP/1.1\r\nhost: x\r\n", 405),
    "foreign_page": (POST + H + b"origin: https://evil.example\r\n" + LENGTH, 403),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_bad_head_is_a_clear_4xx_and_is_not_forwarded(one: World, name: str) -> None:
    head, status = HEADS[name]
    body = GOOD if head.startswith(b"POST") else b""
    raw = one.raw(head + b"\r\n" + body if name == "bare_lf" else head + b"connection: close\r\n\r\n" + body)
    assert status_of(raw) == status, raw[:300]
    error_of(raw)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert one.visits == []


def test_an_expected_100_is_given(one: World) -> None:
    with one.connect() as client:
        client.sendall(POST + H + LENGTH + b"expect: 100-continue\r\nconnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(GOOD)
        assert status_of(read_all(client)) == 200


def test_a_trailer_is_no_header(one: World) -> None:
    chunks = b"%x\r\n%s\r\n0\r\ncontent-type: text/plain\r\norigin: https://evil.example\r\n\r\n" % (len(GOOD), GOOD)
    raw = one.raw(POST + H + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n" + chunks)
    assert status_of(raw) == 200
    assert b"origin" not in one.visits[0].head


def test_a_second_request_before_the_first_answer_is_dropped(one: World) -> None:
    request = POST + H + LENGTH + b"\r\n" + GOOD
    raw = one.raw(request + request + b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
    assert raw.count(b"HTTP/1.1 200") == 1
    assert len(one.visits) == 1


def test_one_connection_serves_many_requests(one: World) -> None:
    with one.connect() as client:
        for _ in range(3):
            client.sendall(POST + H + LENGTH + b"\r\n" + GOOD)
            got = b""
            while b"fine" not in got:
                got += client.recv(65_536)
            assert status_of(got) == 200
    assert len(one.visits) == 3


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([], 0),
        ([b"POST /v1/chat"], 408),
        ([POST, b"host: x\r\n", b"x-a: b\r\n", b"x-b: b\r\n", b"x-c: d\r\n", b"x-d: e\r\n"], 408),
        ([POST + H + LENGTH + b"\r\n", GOOD[:5]], 408),
        ([POST + H + LENGTH + b"\r\n", *(GOOD[i : i + 1] for i in range(12))], 408),
    ],
    ids=["silent", "half_a_line", "drip_of_headers", "half_a_body", "drip_of_body"],
)
def test_a_slow_client_is_let_go(one: World, pieces: list[bytes], status: int) -> None:
    started = time.monotonic()
    raw = one.raw(*pieces, pause=0.15 if len(pieces) > 2 else 0.0)
    assert time.monotonic() - started < PATIENCE
    assert status_of(raw) == status
    if status:
        assert error_of(raw)["code"] == "request_timeout"
    assert one.visits == []


def test_garbage_on_a_connection_does_not_break_the_answer_before_it(one: World) -> None:
    raw = one.raw(POST + H + LENGTH + b"\r\n" + GOOD + b"\x00\x01garbage\r\n\r\n")
    assert status_of(raw) == 200
    assert raw.count(b"HTTP/1.1") == 1
