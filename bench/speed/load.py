"""The client side of the measurements: raw connections, closed loops, every token's transit time."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bench.speed.mock import REPLY

_TEXT = re.compile(rb'"content": ?"([^"\\]*)"')
_STAMP = re.compile(rb" w([a-p]{10}) ")
_UNHEX = bytes.maketrans(b"abcdefghijklmnop", b"0123456789abcdef")
_LENGTH = re.compile(rb"content-length: ?(\d+)")


def request(*, stream: bool, knobs: str = "", headers: tuple[str, ...] = ()) -> bytes:
    """A chat request with a 2 KB prompt, as bytes to write."""
    prompt = f"{knobs} {REPLY}"[:2048]
    body = json.dumps(
        {
            "model": "gpt-oss",
            "messages": [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": prompt},
            ],
            "stream": stream,
        },
        separators=(",", ":"),
    ).encode()
    head = ("POST /v1/chat/completions HTTP/1.1", "host: 127.0.0.1", "content-type: application/json")
    return "\r\n".join((*head, *headers, f"content-length: {len(body)}", "", "")).encode() + body


class Connection(asyncio.Protocol):
    """One keep-alive connection: `await request(raw)`, then look at `status`, `first`, `transits`, `events`, `text`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.waiting = transport, None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("closed by the peer"))

    def request(self, raw: bytes) -> asyncio.Future[int]:
        self.data, self.head, self.left, self.status = b"", None, None, 0
        self.first, self.transits, self.events, self.text = 0.0, [], 0, b""
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(raw)
        return self.waiting

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self.data += data
        if self.head is None:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head, self.data = self.data[:end].lower(), self.data[end + 4 :]
            self.status = int(self.head[9:12])
            length = _LENGTH.search(self.head)
            self.left = int(length[1]) if length else None
        if self.left is not None:
            if len(self.data) >= self.left:
                self._end()
            return
        self._stream(now)

    def _stream(self, now: float) -> None:
        used = 0
        for match in _TEXT.finditer(self.data):
            if match[1]:
                self.text += match[1]
                self.events += 1
                self.first = self.first or now
            used = match.end()
        ended = self.data.endswith(b"0\r\n\r\n")
        self.data = self.data[used:]
        used = 0
        for match in _STAMP.finditer(self.text):
            self.transits.append(now - int(match[1].translate(_UNHEX), 16) / 1e6)
            used = match.end()
        self.text = self.text[used:]
        if ended:
            self._end()

    def _end(self) -> None:
        if self.waiting and not self.waiting.done():
            self.waiting.set_result(self.status)


@dataclass
class Result:
    """What one load saw. Seconds."""

    units: int = 0
    bad: int = 0
    first: list[float] = field(default_factory=list)
    transits: list[float] = field(default_factory=list)
    events: int = 0


async def connections(port: int, count: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]


async def whole(port: int, clients: int, seconds: float, headers: tuple[str, ...] = ()) -> Result:
    """Closed loop of whole replies; a unit is a request."""
    raw, result, end = request(stream=False, headers=headers), Result(), time.monotonic() + seconds

    async def one(connection: Connection) -> None:
        while time.monotonic() < end:
            result.bad += await connection.request(raw) != 200
            result.units += 1

    await _all(port, clients, one)
    return result


async def streams(
    port: int, clients: int, seconds: float, count: int, delay: float, headers: tuple[str, ...] = ()
) -> Result:
    """Closed loop of streams; a unit is a token."""
    raw = request(stream=True, knobs=f"[[n={count} delay={delay}]]", headers=headers)
    result, end = Result(), time.monotonic() + seconds

    async def one(connection: Connection) -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            result.bad += await connection.request(raw) != 200
            result.units += count
            result.events += connection.events
            result.first.append(connection.first - began)
            result.transits += connection.transits

    await _all(port, clients, one)
    return result


async def requests(port: int, clients: int, total: int) -> None:
    """This many requests, every other one a stream of 64 tokens. Raises RuntimeError for one that fails."""
    kinds = (request(stream=False), request(stream=True, knobs="[[n=64 delay=0]]"))
    left = total

    async def one(connection: Connection) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            if (status := await connection.request(kinds[left % 2])) != 200:
                raise RuntimeError(f"a request was answered with {status}")

    await _all(port, clients, one)


async def _all(port: int, clients: int, one: Callable[[Connection], Awaitable[None]]) -> None:
    opened = await connections(port, clients)
    await asyncio.wait_for(asyncio.gather(*(one(c) for c in opened)), 300)
    for connection in opened:
        connection.transport.close()  # type: ignore[attr-defined]
