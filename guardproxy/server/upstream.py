"""The client side: one upstream, a fixed set of paths below its base, every trouble a clear UpstreamError.

Nothing of a client's request reaches the upstream but the body that the guard wrote: headers are made here, no redirect is
followed, no cookie kept, no proxy taken from the environment. What comes back is bounded in bytes and in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from guardproxy.config import Settings, Timeouts
from guardproxy.types import UpstreamError

KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept: less than the 5 after which uvicorn, and so many a backend, closes it."""
MAX_ERROR = 65_536
"""Bytes of an upstream's error answer that are read."""
_T = TypeVar("_T")

HIDDEN = {
    401: "the upstream refuses guardproxy's own key; set the variable that holds the upstream's key",
    403: "the upstream forbids this to guardproxy's own key",
    407: "a proxy before the upstream wants credentials",
}
"""Answers about our own credentials: a client can't mend them, and must not take them for answers about its own."""


@dataclass(slots=True)
class Answer:
    """The upstream's answer, its body not read yet. Close it."""

    status: int
    content_type: str
    retry_after: str
    _response: httpx.Response
    _clock: Clock
    _limit: int

    async def read(self, limit: int = 0) -> bytes:
        """The whole body. Raises UpstreamError when it is too large, too slow or breaks off."""
        parts, size, limit = [], 0, limit or self._limit
        async for chunk in self.chunks():
            size += len(chunk)
            if size > limit:
                raise UpstreamError(
                    f"the upstream's reply is larger than the {limit} bytes that guardproxy takes",
                    code="upstream_reply_too_large",
                )
            parts.append(chunk)
        return b"".join(parts)

    async def head(self, limit: int = MAX_ERROR) -> bytes:
        """The beginning of the body, for a message in it. Trouble while reading only makes it shorter."""
        parts, size = [], 0
        try:
            async for chunk in self.chunks():
                parts.append(chunk)
                size += len(chunk)
                if size >= limit:
                    break
        except UpstreamError:
            pass  # the status is the news; without its text the message is a general one
        return b"".join(parts)[:limit]

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises UpstreamError."""
        pieces, size = self._response.stream.__aiter__(), 0  # type: ignore[union-attr]
        while True:
            try:
                chunk = await self._clock.wait(pieces.__anext__())
            except StopAsyncIteration:
                return
            size += len(chunk)
            if size > self._limit:
                raise UpstreamError(
                    f"the upstream's reply is larger than the {self._limit} bytes that guardproxy takes",
                    code="upstream_reply_too_large",
                )
            yield chunk

    async def aclose(self) -> None:
        """Let go of the connection; one whose body was not read to its end is closed at once."""
        with contextlib.suppress(httpx.HTTPError, aiohttp.ClientError, OSError):  # gone already: what was wanted
            await self._response.aclose()


@dataclass(slots=True)
class Clock:
    """The deadlines of one exchange with the upstream."""

    timeouts: Timeouts
    stream: bool
    started: float = field(default_factory=time.monotonic)
    began: bool = False
    """A first byte of the body has come."""

    async def wait(self, wanted: Awaitable[_T]) -> _T:
        """The result, in time. Raises UpstreamError for a timeout and for every trouble of the connection."""
        limit, name = self._next()
        try:
            async with asyncio.timeout(limit):
                result = await wanted
        except TimeoutError as e:
            raise _slow(name) from e
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError) as e:
            raise trouble(e, began=self.began) from None
        self.began = self.began or isinstance(result, bytes)
        return result

    def _next(self) -> tuple[float, str]:
        left = self.timeouts.total - (time.monotonic() - self.started)
        if self.stream and not self.began:
            first = left - self.timeouts.total + self.timeouts.first_byte
            return (first, "first_byte") if first < left else (left, "total")
        if self.began and self.timeouts.idle < left:
            return self.timeouts.idle, "idle"
        return left, "total"


def _slow(name: str) -> UpstreamError:
    what = {
        "first_byte": "sent nothing in time (timeouts.first_byte)",
        "idle": "fell silent in the middle of its reply (timeouts.idle)",
        "total": "took longer than a reply may take (timeouts.total)",
    }[name]
    return UpstreamError(f"the upstream {what}", status=504, code="upstream_timeout")


def trouble(error: Exception, *, began: bool) -> UpstreamError:
    """What a person is told about an exception of the client library. Its own message may quote the upstream: unused."""
    cause = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError | OSError) else error
    if isinstance(cause, aiohttp.ConnectionTimeoutError | TimeoutError | httpx.PoolTimeout):
        return UpstreamError("the upstream can't be reached in time", status=504, code="upstream_timeout")
    if isinstance(cause, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return UpstreamError("the upstream's certificate can't be verified", code="upstream_unreachable")
    if isinstance(cause, aiohttp.ClientConnectorError | httpx.ConnectError):
        return UpstreamError("the upstream can't be reached; is it running?", code="upstream_unreachable")
    if isinstance(cause, aiohttp.ServerDisconnectedError) and not began:
        return UpstreamError("the upstream closed the connection without an answer", code="upstream_unreachable")
    if isinstance(cause, aiohttp.ClientPayloadError | aiohttp.ClientConnectionError | OSError):
        return UpstreamError("the upstream's reply broke off before its end", code="upstream_invalid_response")
    return UpstreamError("the upstream's answer is not HTTP", code="upstream_invalid_response")


class _Response(aiohttp.ClientResponse):
    """A response whose reader learns at once that the connection is gone.

    aiohttp 3.14 closes the connection over a malformed chunk without telling who waits for the next one.
    """

    async def start(self, connection: aiohttp.connector.Connection) -> _Response:
        await super().start(connection)
        closed = None if connection.protocol is None else connection.protocol.closed
        if closed is not None and not self.content.is_eof():
            closed.add_done_callback(self._lost)
            self.content.on_eof(lambda: _forget(closed, self._lost))
        return self

    def _lost(self, closed: asyncio.Future[None]) -> None:
        if not closed.cancelled():
            closed.exception()
        if not self.content.is_eof() and self.content.exception() is None:
            self.content.set_exception(aiohttp.ClientPayloadError("the connection was closed"))


def _forget(closed: asyncio.Future[None], callback: Callable[[asyncio.Future[None]], None]) -> None:
    closed.remove_done_callback(callback)  # connections are reused: they must not collect responses


class Upstream:
    """One upstream. Shared by all requests; make it inside of the event loop that uses it."""

    def __init__(self, settings: Settings) -> None:
        self.base = settings.upstream.url
        self._timeouts, self._limits = settings.timeouts, settings.limits
        key = settings.upstream_key
        common = {"accept-encoding": "identity", "user-agent": "guardproxy"}
        if key is not None:
            common["authorization"] = f"Bearer {key.get_secret_value()}"
        self._json = {**common, "accept": "application/json", "content-type": "application/json"}
        self._events = {**common, "accept": "text/event-stream", "content-type": "application/json"}
        self._get = {**common, "accept": "application/json"}
        # The transport without a client around it: no redirects, cookies, authentication or proxies to switch off, and
        # nothing of theirs to pay for on every request.
        self._transport = AiohttpTransport(client=self._session)
        self._urls: dict[str, httpx.URL] = {}

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=self._limits.requests + 8, keepalive_timeout=KEEP_ALIVE)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_Response,
            trust_env=False,
            auto_decompress=False,
        )

    async def post(self, path: str, body: bytes, *, stream: bool) -> Answer:
        """Ask. `path` is one of our own constants. Raises UpstreamError; answers of 400 and up are answers."""
        headers = self._events if stream else self._json
        url = self._urls.get(path) or self._urls.setdefault(path, httpx.URL(self.base + path))
        request = httpx.Request("POST", url, content=body, headers=headers, extensions=self._extensions)
        return await self._send(request, Clock(self._timeouts, stream))

    async def get(self, path: str, *, seconds: float) -> Answer:
        """A small answer in a short time."""
        request = httpx.Request("GET", self.base + path, headers=self._get, extensions=self._extensions)
        return await self._send(request, Clock(self._timeouts.model_copy(update={"total": seconds}), False))

    @property
    def _extensions(self) -> dict[str, dict[str, float | None]]:
        return {"timeout": {"connect": self._timeouts.connect, "read": None, "write": None, "pool": None}}

    async def _send(self, request: httpx.Request, clock: Clock) -> Answer:
        response = await clock.wait(self._transport.handle_async_request(request))
        headers = response.headers
        answer = Answer(
            response.status_code,
            headers.get("content-type", "").partition(";")[0].strip().lower(),
            headers.get("retry-after", ""),
            response,
            clock,
            self._limits.reply,
        )
        if complaint := _complaint(answer.status, headers.get("content-encoding", "identity")):
            await answer.aclose()
            raise complaint
        return answer

    async def aclose(self) -> None:
        await self._transport.aclose()


def _complaint(status: int, encoding: str) -> UpstreamError | None:
    """Why an answer is unusable from its head alone."""
    if 300 <= status < 400:
        return UpstreamError(
            "the upstream answers with a redirect, and guardproxy follows none; correct the upstream's URL",
            code="upstream_invalid_response",
        )
    if status != 200 and status < 400:
        return UpstreamError(f"the upstream answers with status {status}", code="upstream_invalid_response")
    if status in HIDDEN:
        return UpstreamError(HIDDEN[status], code="upstream_refused_credentials")
    if encoding.strip().lower() not in ("identity", ""):
        return UpstreamError("the upstream compressed its reply, unasked", code="upstream_invalid_response")
    return None
