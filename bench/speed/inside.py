"""What guardproxy itself costs, in this process and without a socket: the figure that a change to its code moves.

Over sockets the kernel, the HTTP libraries and the neighbours weigh more than a few microseconds of ours. Here the
smallest of several runs repeats within a few hundredths.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any

from bench.speed import load, mock
from bench.speed.contestants import HERE, ROOT
from guardproxy.config import Settings
from guardproxy.server import run as server
from guardproxy.server.line import LINE, Line
from guardproxy.server.reload import open_policies

RUNS, REQUESTS, STREAMS, TOKENS = 10, 2000, 40, 200


CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
_STREAMS = {CHAT: mock.events(TOKENS), RESPONSES: mock.response_events(TOKENS)}


class _Answer:
    """The upstream's answer, there at once; a stream with one token in each read."""

    status, retry_after = 200, ""

    def __init__(self, path: str, *, stream: bool) -> None:
        self.content_type = "text/event-stream" if stream else "application/json"
        self._pieces = _STREAMS[path] if stream else [mock.BODY]

    async def read(self) -> bytes:
        return b"".join(self._pieces)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            yield piece

    def close(self) -> None:
        pass


async def _post(path: str, body: bytes, *, stream: str | None, headers: Iterable[tuple[str, str]] = ()) -> _Answer:
    return _Answer(path, stream=stream is not None)


def _asked(app: Any, path: str, *, stream: bool) -> Callable[[], Awaitable[None]]:
    """One request to the application, as the server would hand it over."""
    body = load.request(stream=stream).split(b"\r\n\r\n", 1)[1]
    if path == RESPONSES:
        body = body.replace(b'"messages":', b'"input":')
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    statuses: set[int] = set()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        statuses.add(message.get("status", 200))

    async def ask() -> None:
        line = Line()
        line.complete = True
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "headers": headers,
            LINE: line,
        }
        await app(scope, receive, send)
        if statuses != {200}:
            raise RuntimeError(f"the application answered with {statuses}")

    return ask


async def _microseconds(ask: Callable[[], Awaitable[None]], times: int) -> float:
    """CPU of one request: the smallest of several runs."""
    best = float("inf")
    for number in range(RUNS + 1):
        started = time.process_time()
        for _ in range(times):
            await ask()
        if number:
            best = min(best, time.process_time() - started)
    return best / times * 1e6


async def inside() -> None:
    """Print the CPU of a whole request and of a streamed token, without rules and with the default policy.

    A token of a Responses stream may cost 1.5 times one of a chat stream.
    """
    print(f"{'':<20}{'us/request':>14}{'us/token':>14}{'of Responses':>14}{'ratio':>8}", file=sys.stdout)
    for title, policy in (("no rules", HERE / "no_rules"), ("default policy", ROOT / "policies" / "default.yaml")):
        values = {"upstream": {"url": "http://127.0.0.1:9/v1"}, "policies": str(policy), "decision_log": "none"}
        settings = Settings.model_validate(values)
        async with server.service(settings, open_policies(settings)) as running:
            running.upstream.post = _post  # type: ignore[assignment,method-assign]
            gc.collect()
            gc.freeze()
            whole = await _microseconds(_asked(running.app, CHAT, stream=False), REQUESTS)
            token = await _microseconds(_asked(running.app, CHAT, stream=True), STREAMS) / TOKENS
            other = await _microseconds(_asked(running.app, RESPONSES, stream=True), STREAMS) / TOKENS
        print(f"{title:<20}{whole:>14.1f}{token:>14.2f}{other:>14.2f}{other / token:>8.2f}")
