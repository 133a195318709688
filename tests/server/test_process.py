"""`guardproxy serve` as a process: what it prints, what it refuses, what it never loads, how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.patience import PATIENCE
from tests.server.support import (
    EVENTS,
    POLICY,
    Visit,
    World,
    answer,
    chat,
    chunk,
    error_of,
    event,
    events_of,
    headers_of,
    plays,
    read_all,
    status_of,
    text_of,
    world,
)

ROOT = Path(__file__).parents[2]
READY = re.compile(
    r"guardproxy: (http://127\.0\.0\.1:\d+)/v1 → (\S+) · policy small 1 \([0-9a-f]{12}\) · metrics (\S+)/metrics"
)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "guardproxy", "serve", *arguments]


def failed(*arguments: str, **environ: str) -> str:
    """What it says when it can't start."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GUARDPROXY_")} | environ
    done = subprocess.run(
        command(*arguments), cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


@contextlib.contextmanager
def serving(tmp: Path, upstream: str, *more: str) -> Iterator[tuple[subprocess.Popen[str], str, str, list[str]]]:
    """(process, base URL, admin URL, its lines) of a running `guardproxy serve`."""
    (tmp / "policy.yaml").write_text(POLICY)
    arguments = ["--upstream", upstream, "--port", "0", "--admin-port", "0", "--policies", str(tmp / "policy.yaml")]
    process = subprocess.Popen(
        command(*arguments, *more), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    lines: list[str] = []
    assert process.stderr is not None
    assert process.stdout is not None
    try:
        ready = process.stderr.readline() if "--decision-log" not in more else process.stdout.readline()
        found = READY.match(ready)
        assert found, ready + process.stderr.read()
        reader = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
        reader.start()
        yield process, found[1], found[3], lines
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "upstream"
    folder.mkdir()
    with world(folder) as one:
        yield one


def test_it_serves_says_so_and_ends_cleanly(tmp_path: Path, upstream: World) -> None:
    with serving(tmp_path, f"http://127.0.0.1:{upstream.upstream_port}/v1") as (process, url, admin, lines):
        upstream.script = plays(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]")
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.post(f"{url}/v1/chat/completions", json=chat()).status_code == 502
        assert "guardproxy_requests_total" in httpx.get(f"{admin}/metrics").text
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        assert "hyperscan" in maps
        assert not [name for name in ("libtorch", "torch/_C", "transformers", "tokenizers", "spacy") if name in maps]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        records = [json.loads(line) for line in process.stdout]
        assert [r["error"] for r in records] == ["upstream_invalid_response"]
    assert not [line for line in lines if "Traceback" in line or "error" in line.lower()]


def test_running_requests_end_before_it_does(tmp_path: Path, upstream: World) -> None:
    pieces = [
        EVENTS,
        *(chunk(event(f"{i} ")) for i in range(10)),
        chunk(event(reason="stop")),
        chunk(b"data: [DONE]\n\n"),
    ]
    upstream.script = plays(*pieces, b"0\r\n\r\n", pause=0.1)
    with (
        serving(tmp_path, f"http://127.0.0.1:{upstream.upstream_port}/v1") as (process, url, admin, _),
        httpx.stream("POST", f"{url}/v1/chat/completions", json=chat(stream=True)) as reply,
    ):
        parts = reply.iter_text()
        text = next(parts)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/healthz")
        assert httpx.get(f"{admin}/readyz").status_code == 503
        text += "".join(parts)
        assert text.rstrip().endswith("data: [DONE]")
        assert '"9 "' in text
        assert process.wait(PATIENCE) == 0


def test_what_still_runs_at_the_end_is_told_so(tmp_path: Path, upstream: World) -> None:
    """Streams end with an event, without their held text; whole requests get a 503; one that reads nothing is cut."""

    async def script(visit: Visit) -> None:
        if not visit.body:
            await visit.send(answer(b'{"object":"list","data":[]}'))
            return
        kind = visit.json["messages"][0]["content"]
        if kind != "whole":
            await visit.send(EVENTS + chunk(event("hello joe@mai" if kind == "stream" else "x " * 50_000)))
        for _ in range(200 if kind == "flood" else 0):
            await visit.send(chunk(event("x " * 50_000)))
        await visit.wait_gone()

    upstream.script = script
    config = tmp_path / "drain.yaml"
    config.write_text("timeouts: {drain: 2s}")
    target = f"http://127.0.0.1:{upstream.upstream_port}/v1"
    with serving(tmp_path, target, "--config", str(config)) as (process, url, _, lines):
        port = int(url.rpartition(":")[2])
        kinds = ["stream"] * 20 + ["whole"] * 3 + ["flood"]
        clients = [
            asks(port, chat(stream=kind != "whole", messages=[{"role": "user", "content": kind}])) for kind in kinds
        ]
        clients.append(asks(port, chat(), cut=5))
        heads = [one.recv(20, socket.MSG_PEEK) for one in clients[:20]]
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        got = [read_all(one) for one in (*clients[:23], clients[24])]
        took = time.monotonic() - began
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - began > 1.9  # it waited for the one that reads nothing, and not for ever
        assert process.stdout is not None
        records = [json.loads(line) for line in process.stdout]
        for one in clients:
            one.close()
    assert all(heads)
    assert 0.9 < took < 1.9
    for raw in got[:20]:
        *chunks, error, done = events_of(raw)
        assert text_of(chunks) == "hello "
        assert (error["error"]["code"], error["error"]["type"], done) == ("shutting_down", "server_error", "[DONE]")
    for raw in got[20:]:
        assert (status_of(raw), error_of(raw)["code"]) == (503, "shutting_down")
        assert headers_of(raw)["connection"] == "close"
    assert [r["error"] for r in records] == ["shutting_down"] * 25
    statuses = [r["status"] for r in records]
    assert (statuses.count(503), statuses.count(200) + statuses.count(499)) == (4, 21)
    assert lines == []


def asks(port: int, body: dict[str, Any], *, cut: int = 0) -> socket.socket:
    """A connection on which this was asked, without the last `cut` bytes."""
    data = json.dumps(body).encode()
    one = socket.create_connection(("127.0.0.1", port), timeout=10)
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    )
    one.sendall(head % len(data) + data[: len(data) - cut])
    return one


def test_an_upstream_without_models_is_said_at_the_start(tmp_path: Path, upstream: World) -> None:
    """It may be one that has none; far more often the URL lacks its end, and then no chat works."""
    base = f"http://127.0.0.1:{upstream.upstream_port}"
    upstream.script = plays(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
    with serving(tmp_path, base, "--decision-log", "none") as (process, url, _, _lines):
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said == (
            "guardproxy: the upstream does not list its models (status 404); "
            f"give --upstream the base of its API, like {base}/v1 (serving all the same)\n"
        )
        ready = httpx.get(f"{url}/readyz")
        assert ready.status_code == 200
        assert ready.json()["checks"]["upstream"] == {"ok": True, "models": "not listed"}
        upstream.script = plays(answer(b'{"object":"list","data":[]}'))
        time.sleep(2.1)
        assert httpx.get(f"{url}/readyz").json()["checks"]["upstream"] == {"ok": True}


def test_an_upstream_that_is_down_is_said_at_the_start(tmp_path: Path) -> None:
    with serving(tmp_path, "http://127.0.0.1:9/v1", "--decision-log", "none") as (process, url, _, _lines):
        assert process.stdout is not None
        assert "can't be reached" in process.stdout.readline()
        assert httpx.get(f"{url}/readyz").status_code == 503


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = failed("--upstream", "http://127.0.0.1:9/v1", "--port", port)
    assert said.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is in use" in said


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    assert "give --upstream URL" in failed()
    assert "--allow-unauthenticated" in failed("--upstream", "http://a/v1", "--host", "0.0.0.0")
    assert "--upstream: upstream.url: " in failed("--upstream", "file:///etc/passwd")
    assert "no directory" in failed("--upstream", "http://a/v1", "--policies", str(tmp_path / "none"))
    (tmp_path / "c.yaml").write_text("limits: {body: -1}")
    assert "c.yaml:1:10: limits.body should be" in failed("--config", str(tmp_path / "c.yaml"))


def test_check_tells_and_exits(tmp_path: Path, upstream: World) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    upstream.script = plays(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
    base = ["--check", "--policies", str(tmp_path / "policy.yaml"), "--upstream"]
    for url, code, said in (
        (f"http://127.0.0.1:{upstream.upstream_port}/v1", 0, "does not list its models"),
        ("http://127.0.0.1:9/v1", 1, "can't be reached"),
    ):
        done = subprocess.run(command(*base, url), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == code, done
        assert said in done.stdout
        assert "policy small 1" in done.stdout
        assert ("is this its API's base" in done.stdout) == (code == 0)  # it answers, and lists no models
    missing = tmp_path / "none" / "decisions.jsonl"
    done = subprocess.run(
        command(*base, f"http://127.0.0.1:{upstream.upstream_port}/v1", "--decision-log", str(missing)),
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"decision log {missing}: can't be written, there is no directory {missing.parent}" in done.stdout
    assert not missing.parent.exists()


def test_a_signal_reloads_and_complaints_are_one_line(tmp_path: Path, upstream: World) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("reload: {watch: false}")
    with serving(tmp_path, f"http://127.0.0.1:{upstream.upstream_port}/v1", "--config", str(config)) as running:
        process, url, admin, lines = running

        def changed(text: str, result: str) -> dict[str, Any]:
            (tmp_path / "policy.yaml").write_text(text)
            process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                status: dict[str, Any] = httpx.get(f"{admin}/admin/policy").json()
                if status["last_load"]["result"] == result:
                    return status
                time.sleep(0.05)
            raise AssertionError(f"no {result}")

        wrong = POLICY.replace("when: words.mail", "when: words.mial").replace("when: words.bomb", "when: words.bmob")
        status = changed(wrong, "failure")
        assert (status["policies"][0]["version"], status["watched"]) == ("1", False)
        assert len(status["last_load"]["problems"]) == 2
        status = changed(POLICY.replace('version: "1"', 'version: "2"'), "success")
        assert status["policies"][0]["version"] == "2"
        digest = status["policies"][0]["digest"]
        answered = httpx.post(f"{url}/v1/chat/completions", json=chat())
        assert (answered.status_code, answered.headers["x-guardproxy-policy"]) == (200, digest[:12])
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    (failure,) = (line["message"] for line in logged if line["level"] == "error")
    assert "mial" in failure
    assert "bmob" in failure
    assert any(digest[:12] in line["message"] for line in logged if line["level"] == "info")
