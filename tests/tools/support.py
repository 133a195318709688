"""A guardproxy before tool servers: one that follows a script, and real ones."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn

from tests.patience import eventually
from tests.server.support import HEAD, World, body_of, chunk, headers_of

EVENTS = HEAD % b"text/event-stream" + b"transfer-encoding: chunked\r\n\r\n"
MAIL = "joe@mail.com"
MASKED = "[words.mail]"


def request(method: str, id: Any = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def call(tool: str = "search", id: Any = 1, **arguments: Any) -> dict[str, Any]:
    return request("tools/call", id, name=tool, arguments=arguments)


def told(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def result(id: Any = 1, **body: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "result": body}


def said(*texts: str, id: Any = 1) -> dict[str, Any]:
    return result(id, content=[{"type": "text", "text": t} for t in texts])


def event(message: Any) -> bytes:
    return (
        b"event: message\r\ndata: "
        + (message if isinstance(message, bytes) else json.dumps(message).encode())
        + b"\r\n\r\n"
    )


def events(*messages: Any) -> tuple[bytes, ...]:
    """An answer as a stream, a message in each piece."""
    return (EVENTS, *(chunk(event(m)) for m in messages), b"0\r\n\r\n")


def ask(one: World, message: Any, path: str = "/files/mcp", headers: bytes = b"") -> bytes:
    """The raw answer to one message."""
    both = b"accept: application/json, text/event-stream\r\n"
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    head = (
        b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n"
        % path.encode()
    )
    return one.raw(head + both + headers + b"content-length: %d\r\n\r\n" % len(body) + body)


def messages_of(raw: bytes) -> list[Any]:
    """The messages of an answer, whole or streamed."""
    body = body_of(raw)
    if b"text/event-stream" not in raw.split(b"\r\n\r\n", 1)[0]:
        return [json.loads(body)] if body else []
    return [json.loads(block[6:]) for block in body.split(b"\n\n") if block.startswith(b"data: ")]


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    """A real server for an ASGI application, in a thread."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [one]})
        thread.start()
        try:
            deadline = time.monotonic() + 20
            while not server.started and time.monotonic() < deadline:
                time.sleep(0.02)
            yield f"http://127.0.0.1:{one.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def record_of(one: World, raw: bytes) -> dict[str, Any]:
    """The decision record of an answer."""
    wanted = headers_of(raw)["x-request-id"]
    return eventually(lambda: next((r for r in one.records(0) if r["request_id"] == wanted), None)) or {}
