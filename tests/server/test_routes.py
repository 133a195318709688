"""What there is and who may use it: routes, keys, model names, health, the second listener, limits on crowds."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import openai
import pytest

from tests.server.support import (
    EVENTS,
    Visit,
    World,
    answer,
    body_of,
    chat,
    error_of,
    headers_of,
    plays,
    status_of,
    streams,
    whole,
    world,
)

LISTED = answer(b'{"object":"list","data":[{"id":"gpt-oss","owned_by":"o","root":"/x"},{"id":"openai/gpt-oss-20b"}]}')


def get(one: World, path: str, *, host: str = "localhost", more: str = "", port: int = 0) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{more}\r\n"
    return one.raw(head.encode(), port=port)


def test_models_are_the_upstreams_rebuilt(one: World) -> None:
    one.script = plays(LISTED)
    body = json.loads(body_of(get(one, "/v1/models")))
    assert [m["id"] for m in body["data"]] == ["gpt-oss", "openai/gpt-oss-20b"]
    assert set(body["data"][0]) == {"id", "object", "created", "owned_by"}
    assert json.loads(body_of(get(one, "/v1/models/openai/gpt-oss-20b")))["id"] == "openai/gpt-oss-20b"
    assert json.loads(body_of(get(one, "/v1/models/openai%2Fgpt-oss-20b")))["id"] == "openai/gpt-oss-20b"
    raw = get(one, "/v1/models/../../etc")
    assert (status_of(raw), error_of(raw)["code"]) == (404, "model_not_found")


def test_unknown_paths_name_the_routes_there_are(one: World) -> None:
    raw = get(one, "/v1/nothing")
    assert status_of(raw) == 404
    assert "/v1/chat/completions" in error_of(raw)["message"]


def test_health(one: World) -> None:
    one.script = plays(LISTED)
    one.running.app.health._checked = float("-inf")  # a scrape of another test may just have asked another upstream
    assert json.loads(body_of(get(one, "/healthz"))) == {"status": "ok"}
    raw = get(one, "/readyz")
    assert status_of(raw) == 200
    assert json.loads(body_of(raw))["policy"]["name"] == "small"


def test_health_of_a_sick_upstream_is_asked_for_once_in_two_seconds(tmp_path: Path) -> None:
    asked = 0

    async def sick(visit: Visit) -> None:
        nonlocal asked
        asked += 1
        await visit.send(answer(b"{}", b"500 Oops"))

    with world(tmp_path) as one:
        one.script = sick
        for _ in range(5):
            raw = get(one, "/readyz")
            assert status_of(raw) == 503
            assert "500" in json.loads(body_of(raw))["checks"]["upstream"]["reason"]
        assert asked == 1


@pytest.mark.parametrize(
    ("host", "more", "status"),
    [
        ("localhost", "", 200),
        ("127.0.0.1:8081", "", 200),
        ("[::1]:8081", "", 200),
        ("evil.example", "", 403),
        ("localhost.evil.example", "", 403),
        ("localhost", "origin: http://localhost:3000\r\n", 200),
        ("localhost", "origin: http://evil.example\r\n", 403),
        ("localhost", "origin: null\r\n", 403),
    ],
)
def test_the_second_listener_checks_host_and_origin(one: World, host: str, more: str, status: int) -> None:
    raw = get(one, "/metrics", host=host, more=more, port=one.admin_port)
    assert status_of(raw) == status
    assert (b"guardproxy_requests" in raw) == (status == 200)


def test_the_second_listener_guards_nothing_else(one: World) -> None:
    assert status_of(get(one, "/v1/models", port=one.admin_port)) == 404
    raw = one.raw(b"POST /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", port=one.admin_port)
    assert status_of(raw) == 405


def test_a_key_is_asked_for(tmp_path: Path) -> None:
    with world(tmp_path, {"GUARDPROXY_KEY": "sk-right-and-long"}) as one:
        one.script = plays(answer(whole("fine")))
        body = json.dumps(chat()).encode()
        for header in (b"", b"authorization: Bearer sk-wrong\r\n", b"authorization: sk-right-and-long\r\n",
                       b"authorization: Basic sk-right-and-long\r\n", b"authorization: Bearer \xff\r\n"):  # fmt: skip
            raw = one.post(body, headers=header)
            assert status_of(raw) == 401
            assert error_of(raw)["type"] == "authentication_error"
        assert status_of(get(one, "/v1/models")) == 401
        assert one.visits == []
        assert status_of(one.post(body, headers=b"authorization: Bearer sk-right-and-long\r\n")) == 200
        assert b"sk-right-and-long" not in one.visits[0].head
        assert status_of(get(one, "/healthz")) == 200


def test_the_table_of_models_renames_and_refuses(tmp_path: Path) -> None:
    with world(tmp_path, models={"gpt-oss": "openai/gpt-oss-20b"}) as one:
        one.script = plays(answer(whole("fine")))
        raw = one.ask()
        assert json.loads(body_of(raw))["model"] == "gpt-oss"
        assert one.visits[0].json["model"] == "openai/gpt-oss-20b"
        raw = one.ask(model="openai/gpt-oss-20b")
        assert (status_of(raw), error_of(raw)["code"]) == (404, "model_not_found")
        assert [m["id"] for m in json.loads(body_of(get(one, "/v1/models")))["data"]] == ["gpt-oss"]
        assert 'model="gpt-oss",route="/v1/chat/completions",status="200"' in one.metrics()
        assert 'model="other",route="/v1/chat/completions",status="404"' in one.metrics()


def test_a_crowd_is_told_to_come_again(tmp_path: Path) -> None:
    go = threading.Event()

    async def wait(visit: Visit) -> None:
        await asyncio.to_thread(go.wait, 10)
        await visit.send(answer(whole("fine")))

    with world(tmp_path, limits={"requests": 2, "connections": 8}) as one:
        one.script = wait
        got: list[bytes] = []
        threads = [threading.Thread(target=lambda: got.append(one.ask())) for _ in range(2)]
        for thread in threads:
            thread.start()
        while len(one.visits) < 2:
            pass
        raw = one.ask()
        assert (status_of(raw), error_of(raw)["code"]) == (503, "busy")
        assert headers_of(raw)["retry-after"] == "1"
        go.set()
        for thread in threads:
            thread.join()
        assert [status_of(r) for r in got] == [200, 200]
        idle = [one.connect() for _ in range(9)]
        raw = one.ask()
        assert (status_of(raw), error_of(raw)["code"]) == (503, "overloaded")
        for connection in idle:
            connection.close()


def test_the_openai_client_understands_it_all(one: World) -> None:
    client = openai.OpenAI(base_url=f"{one.url}/v1", api_key="unused", max_retries=0, timeout=5)
    one.script = plays(answer(whole("mail joe@mail.com")))
    asked = {"model": "gpt-oss", "messages": [{"role": "user", "content": "hi"}]}
    assert client.chat.completions.create(**asked).choices[0].message.content == "mail [words.mail]"
    one.script = streams("mail joe@ma", "il.com")
    parts = [c.choices[0].delta.content or "" for c in client.chat.completions.create(**asked, stream=True)]
    assert "".join(parts) == "mail [words.mail]"
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="gpt-oss", messages=[{"role": "user", "content": "a bomb"}])
    assert refused.value.code == "content_filter"
    assert refused.value.request_id.startswith("req_")
    one.script = plays(EVENTS, close=True)
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(**asked, stream=True))
