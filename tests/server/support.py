"""A real guardproxy on real sockets in a thread, in front of an upstream that does what a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from guardproxy.config import Settings, load
from guardproxy.server import run as server
from guardproxy.server.reload import open_policies
from guardproxy.text import filters
from guardproxy.tools.app import tools_service
from tests.patience import eventually

POLICY = """
schema: guardproxy/v1
policy: small
version: "1"
filters:
  words:
    use: patterns
    patterns:
      - {id: mail, pattern: '[a-z]{1,16}@[a-z]{1,16}\\.com'}
      - {id: bomb, pattern: 'bomb'}
rules:
  - {id: mask, title: Mask addresses, severity: low, when: words.mail, then: redact}
  - {id: refuse, title: No bombs, severity: high, when: words.bomb, then: block}
tests:
  - {name: masked, given: {role: user, text: 'joe@mail.com'}, expect: {outcome: redact}}
  - {name: refused, given: {role: user, text: 'a bomb'}, expect: {outcome: block}}
"""
filters._WARM = 0.0  # tests read little, and there are many of them
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n"
EVENTS = HEAD % b"text/event-stream" + b"transfer-encoding: chunked\r\n\r\n"


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-oss", "messages": [{"role": "user", "content": "hello"}], **more}


def event(text: str | None = None, reason: str | None = None) -> bytes:
    """One chunk of a chat stream."""
    delta = {} if text is None else {"content": text}
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return b"data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "choices": choices}).encode() + b"\n\n"


def whole(text: str) -> bytes:
    """A whole chat reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"id": "x", "object": "chat.completion", "model": "/secret/path", "choices": [choice]}).encode()


def answer(body: bytes, status: bytes = b"200 OK", kind: bytes = b"application/json", more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n%s\r\n" % (status, kind, len(body), more)
    return head + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


Script = Callable[["Visit"], Awaitable[None]]


@dataclass
class Visit:
    """One request as the upstream saw it."""

    head: bytes
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    gone: threading.Event = field(default_factory=threading.Event)
    """The other side closed the connection."""
    gone_at: float = 0.0

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def wait_gone(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self.reader.read()
        self.gone_at = time.monotonic()
        self.gone.set()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """A guardproxy and its upstream."""

    settings: Settings
    port: int
    admin_port: int
    upstream_port: int
    running: server.Service
    loop: asyncio.AbstractEventLoop
    visits: list[Visit] = field(default_factory=list)
    script: Script | None = None
    log: Path | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, port: int = 0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port or self.port), timeout=10)

    def raw(self, *pieces: bytes, port: int = 0, pause: float = 0.0) -> bytes:
        """Send bytes as they are; return all that comes until the other side closes or nothing comes for 5 s."""
        with self.connect(port) as one:
            one.settimeout(5)
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    one.sendall(piece)
                    time.sleep(pause)
            return read_all(one)

    def post(self, body: bytes, path: str = "/v1/chat/completions", headers: bytes = b"") -> bytes:
        head = b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n" % path.encode()
        return self.raw(head + headers + b"content-length: %d\r\n\r\n" % len(body) + body)

    def ask(self, **more: Any) -> bytes:
        return self.post(json.dumps(chat(**more)).encode())

    def records(self, count: int) -> list[dict[str, Any]]:
        """The decision records, once there are so many."""
        eventually(lambda: len(self._lines()) >= count)
        return [json.loads(line) for line in self._lines()]

    def record_of(self, raw: bytes) -> dict[str, Any]:
        """The decision record of an answer: it is written when the answer is out."""
        id = headers_of(raw)["x-guardproxy-decision"]
        return eventually(lambda: next((r for r in self.records(0) if r["decision_id"] == id), None)) or {}

    def _lines(self) -> list[str]:
        assert self.log is not None
        text = self.log.read_text() if self.log.exists() else ""
        return text[: text.rfind("\n") + 1].splitlines()  # the last one may be half written

    def metrics(self) -> str:
        raw = self.raw(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", port=self.admin_port)
        return body_of(raw).decode()


def read_all(one: socket.socket) -> bytes:
    got = bytearray()
    with contextlib.suppress(TimeoutError, ConnectionError):
        while data := one.recv(65_536):
            got += data
    return bytes(got)


def status_of(raw: bytes) -> int:
    return int(raw.split(b" ", 2)[1]) if raw.startswith(b"HTTP/1.1 ") else 0


def headers_of(raw: bytes) -> dict[str, str]:
    lines = raw.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")[1:]
    return {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}


def body_of(raw: bytes) -> bytes:
    head, body = raw.split(b"\r\n\r\n", 1)
    if b"transfer-encoding: chunked" not in head.lower():
        return body
    out = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        if not int(size, 16):
            return out
        out, body = out + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return out


def error_of(raw: bytes) -> dict[str, Any]:
    """The error object, its shape checked."""
    error = json.loads(body_of(raw))["error"]
    assert {"message", "type", "param", "code"} <= set(error)
    assert error["message"]
    return error


def events_of(raw: bytes) -> list[Any]:
    """Data of the events: parsed, `[DONE]` as it is. Half an event fails."""
    body = body_of(raw)
    assert body.endswith(b"\n\n"), body[-80:]
    lines = [block[6:] for block in body.split(b"\n\n") if block.startswith(b"data: ")]
    return [line.decode() if line == b"[DONE]" else json.loads(line) for line in lines]


def text_of(events: list[Any]) -> str:
    chunks = [e for e in events if isinstance(e, dict)]
    return "".join(c["delta"].get("content") or "" for e in chunks for c in e.get("choices", []))


# ---------------------------------------------------------------------------------------------------- running


@contextlib.contextmanager
def world(
    tmp: Path,
    environ: dict[str, str] | None = None,
    *,
    tools: Callable[[str], dict[str, Any]] | None = None,
    policy: str = POLICY,
    **sections: Any,
) -> Iterator[World]:
    """Both, on free ports, until the end of the block. `sections` are settings. `tools`: the upstream's address to the
    section of that name; then it is a guardproxy before tool servers."""
    (tmp / "policy.yaml").write_text(policy)
    started, stop, made, failed = threading.Event(), threading.Event(), [], []

    async def live() -> None:
        async with _upstream(made) as upstream_port:
            values = {"policies": str(tmp / "policy.yaml"), "decision_log": str(tmp / "decisions.jsonl"), **sections}
            config = tmp / "config.yaml"
            values["upstream"] = {"url": f"http://127.0.0.1:{upstream_port}/v1", **values.get("upstream", {})}
            if tools is not None:
                values["tools"] = tools(f"http://127.0.0.1:{upstream_port}")
            config.write_text(json.dumps(values))
            settings = load(config, environ or {}, tools=tools is not None)
            policies = open_policies(settings)
            opened: Any = server.service if tools is None else tools_service
            async with opened(settings, policies) as running:
                first, second = server.listen("127.0.0.1", 0, ""), server.listen("127.0.0.1", 0, "")
                servers = [server.server(running.app, settings), server.server(running.admin, settings)]
                for one_server, listening in zip(servers, (first, second), strict=True):
                    await _begin(one_server, listening)
                ports = first.getsockname()[1], second.getsockname()[1], upstream_port
                one = World(settings, *ports, running, asyncio.get_running_loop())
                one.log = tmp / "decisions.jsonl"
                made.append(one)
                started.set()
                await asyncio.to_thread(stop.wait)
                await asyncio.gather(*map(_end, servers))

    def main() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(live())
        except BaseException as e:
            failed.append(e)
        finally:
            started.set()

    thread = threading.Thread(target=main)
    thread.start()
    try:
        assert started.wait(50)
        if failed:
            raise failed[0]
        yield made[0]
    finally:
        stop.set()
        thread.join(50)
    if failed:
        raise failed[0]


async def _begin(one: uvicorn.Server, listening: socket.socket) -> None:
    """As uvicorn does it, without its ticks of 0.1 s: a thousand tests would wait for two of them each."""
    one.config.load()
    one.lifespan = one.config.lifespan_class(one.config)
    await one.startup(sockets=[listening])
    await one.on_tick(0)


async def _end(one: uvicorn.Server) -> None:
    for listening in one.servers:
        listening.close()
    for connection in list(one.server_state.connections):
        connection.shutdown()
    end = time.monotonic() + 0.1
    while one.server_state.connections and time.monotonic() < end:  # noqa: ASYNC110  (uvicorn has no event)
        await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def _upstream(made: list[World]):
    """Reads requests and plays the script of the world."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
                visit = Visit(head, body, reader, writer)
                one = made[0]
                if b"GET /v1/models" not in head:
                    one.visits.append(visit)
                await (one.script or plays(answer(whole("fine"))))(visit)
        except (asyncio.IncompleteReadError, ConnectionError, _HangUp):
            pass
        finally:
            writer.close()

    server_ = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server_.sockets[0].getsockname()[1]
    finally:
        server_.close()


class _HangUp(Exception):
    pass


def plays(*pieces: bytes, pause: float = 0.0, close: bool = False) -> Script:
    """A script that sends these and, if told so, closes."""

    async def script(visit: Visit) -> None:
        for piece in pieces:
            await visit.send(piece)
            await asyncio.sleep(pause)
        if close:
            raise _HangUp

    return script


def streams(*texts: str, done: bool = True) -> Script:
    """A script that streams a whole reply."""
    pieces = [chunk(event(t)) for t in texts] + [chunk(event(reason="stop"))]
    return plays(EVENTS, *pieces, *([chunk(b"data: [DONE]\n\n")] if done else []), b"0\r\n\r\n")
