"""The client side: one upstream, a fixed set of paths below its base, every trouble a clear UpstreamError.

Nothing of a client's request reaches the upstream but the body that the guard wrote: headers are made here, no redirect is
followed, no cookie kept, no proxy taken from the environment. What comes back is bounded in bytes and in time.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Final, Protocol

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from guardproxy.config import Settings, Timeouts
from guardproxy.types import UpstreamError

KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept: less than the 5 after which uvicorn, and so many a backend, closes it."""
MAX_ERROR = 65_536
"""Bytes of an upstream's error answer that are read."""
V1: Final = "/v1/"
_FINE: Final = frozenset({200})
_TROUBLE: Final = (aiohttp.ClientError, OSError)
"""What aiohttp raises for what a connection or a server does. A TimeoutError is an OSError."""

HIDDEN = {
    401: "the upstream refuses guardproxy's own key; set the variable that holds the upstream's key",
    403: "the upstream forbids this to guardproxy's own key",
    407: "a proxy before the upstream wants credentials",
}
"""Answers about our own credentials: a client can't mend them, and must not take them for answers about its own."""


class Asked(Protocol):
    """Whoever is asked for a reply: an upstream, or an application in this process."""

    async def post(
        self, path: str, body: bytes, *, stream: str | None, headers: Iterable[tuple[str, str]] = ()
    ) -> Answered:
        """Ask. `stream`: the content type of a streamed answer, None for a whole one. Raises UpstreamError."""
        ...


class Answered(ABC):
    """An answer, its body not read yet. Close it."""

    __slots__ = ("content_type", "retry_after", "status")
    status: int
    content_type: str
    """Without its parameters."""
    retry_after: str

    @abstractmethod
    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives. Raises UpstreamError when it is too large, too slow or breaks off."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it, read to its end or not."""

    async def read(self) -> bytes:
        """The whole body. Raises UpstreamError when it is too large, too slow or breaks off."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def head(self, limit: int = MAX_ERROR) -> bytes:
        """The beginning of the body, for a message in it. Trouble while reading only makes it shorter."""
        parts, size = [], 0
        try:
            async with aclosing(self.chunks()) as chunks:
                async for chunk in chunks:
                    parts.append(chunk)
                    size += len(chunk)
                    if size >= limit:
                        break
        except UpstreamError:
            pass  # the status is the news; without its text the message is a general one
        return b"".join(parts)[:limit]


class Answer(Answered):
    """The upstream's answer, its body not read yet. Close it."""

    __slots__ = ("_clock", "_limit", "_response")

    def __init__(self, response: aiohttp.ClientResponse, clock: Clock, limit: int) -> None:
        self.status = response.status
        self.content_type = response.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()
        self.retry_after = response.headers.get(hdrs.RETRY_AFTER, "")
        self._response, self._clock, self._limit = response, clock, limit

    def takes(self, limit: int) -> None:
        """So many bytes at most."""
        self._limit = limit

    def header(self, name: str) -> str:
        """One header of the answer; empty where there is none."""
        return self._response.headers.get(name, "")

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        content, clock, size = self._response.content, self._clock, 0
        while True:
            clock.waits(content)
            try:
                chunk = await content.readany()
            except _TROUBLE as e:
                raise trouble(e, began=size > 0) from None
            finally:
                clock.stops()
            if not chunk:
                return
            size += len(chunk)
            if size > self._limit:
                raise UpstreamError(
                    f"the upstream's reply is larger than the {self._limit} bytes that guardproxy takes",
                    code="upstream_reply_too_large",
                )
            yield chunk

    def close(self) -> None:
        """Let go of the connection; one whose body was not read to its end is closed at once."""
        self._clock.end()
        if self._response.content.is_eof():
            self._response.release()
        else:
            self._response.close()


class Clock:
    """The deadlines of one exchange with the upstream. They run only while somebody waits for it.

    One timer serves all of a body's reads: it looks when it fires whether the deadline has moved meanwhile. A timeout of
    its own for every read would cost each token more than its parsing.
    """

    __slots__ = ("_began", "_content", "_loop", "_name", "_started", "_stream", "_timeouts", "_timer", "_until")

    def __init__(self, timeouts: Timeouts, *, stream: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeouts, self._stream, self._started = timeouts, stream, self._loop.time()
        self._began = False  # a first byte of the body has come
        self._content: aiohttp.StreamReader | None = None  # what is waited for now
        self._until, self._name = self._started, ""
        self._timer: asyncio.TimerHandle | None = None

    def first(self) -> tuple[float, str]:
        """(seconds, name of the timeout) until an answer has to have begun."""
        name = "first_byte" if self._stream and self._timeouts.first_byte < self._timeouts.total else "total"
        return (self._timeouts.first_byte if name == "first_byte" else self._timeouts.total), name

    def waits(self, content: aiohttp.StreamReader) -> None:
        """From now on a piece of the body is waited for. When it does not come in time, reading raises UpstreamError."""
        end, self._name = self._started + self._timeouts.total, "total"
        if self._began:
            limit, name = self._loop.time() + self._timeouts.idle, "idle"
        else:
            limit, name = self._started + self._timeouts.first_byte, "first_byte"
        if limit < end and (self._began or self._stream):
            end, self._name = limit, name
        self._until, self._content = end, content
        if self._timer is None or end < self._timer.when():
            self._arm()

    def stops(self) -> None:
        """What was waited for has come."""
        self._content, self._began = None, True

    def end(self) -> None:
        """Nothing more is waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self.end()
        self._timer = self._loop.call_at(self._until, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._content is None:
            return
        if self._until > self._loop.time():
            self._arm()
        else:
            self._content.set_exception(_slow(self._name))


def _slow(name: str) -> UpstreamError:
    what = {
        "first_byte": "sent nothing in time (timeouts.first_byte)",
        "idle": "fell silent in the middle of its reply (timeouts.idle)",
        "total": "took longer than a reply may take (timeouts.total)",
    }[name]
    return UpstreamError(f"the upstream {what}", status=504, code="upstream_timeout")


def trouble(error: Exception, *, began: bool) -> UpstreamError:
    """What a person is told about an exception of the client library. Its own message may quote the upstream: unused."""
    if isinstance(error, aiohttp.ConnectionTimeoutError | TimeoutError):
        return UpstreamError("the upstream can't be reached in time", status=504, code="upstream_timeout")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return UpstreamError("the upstream's certificate can't be verified", code="upstream_unreachable")
    if isinstance(error, aiohttp.ClientConnectorError):
        return UpstreamError("the upstream can't be reached; is it running?", code="upstream_unreachable")
    if isinstance(error, aiohttp.ServerDisconnectedError) and not began:
        return UpstreamError("the upstream closed the connection without an answer", code="upstream_unreachable")
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientConnectionError | OSError):
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

    def __init__(self, settings: Settings, name: str = "") -> None:
        """`name`: of one of the settings' `upstreams`; empty for the main one."""
        self.name = name
        self.base = settings.upstreams[name].url if name else settings.upstream.url
        self._timeouts, self._limits = settings.timeouts, settings.limits
        key = settings.upstream_keys.get(name) if name else settings.upstream_key
        # All that aiohttp would add by itself is given here, so that nothing of its own is sent.
        common = {hdrs.ACCEPT_ENCODING: "identity", hdrs.USER_AGENT: "guardproxy"}
        if key is not None:
            common[hdrs.AUTHORIZATION] = f"Bearer {key.get_secret_value()}"
        kind = {hdrs.CONTENT_TYPE: "application/json"}
        self._json = CIMultiDict({**common, hdrs.ACCEPT: "application/json", **kind})
        self._streams = {
            one: CIMultiDict({**common, hdrs.ACCEPT: one, **kind})
            for one in ("text/event-stream", "application/x-ndjson")
        }
        self._get = CIMultiDict({**common, hdrs.ACCEPT: "application/json"})
        self._session = self._open()
        self._urls: dict[str, URL] = {}

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=self._limits.requests + 8, keepalive_timeout=KEEP_ALIVE)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_Response,
            trust_env=False,
            auto_decompress=False,
            # the clock of every exchange bounds the rest
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
        )

    async def post(
        self, path: str, body: bytes, *, stream: str | None, headers: Iterable[tuple[str, str]] = ()
    ) -> Answer:
        """Ask. `path`, `stream` (content type of a streamed answer, None for a whole one) and `headers` are our constants.

        Raises UpstreamError; answers of 400 and up are answers.
        """
        clock = Clock(self._timeouts, stream=stream is not None)
        sent = self._streams[stream] if stream else self._json
        if headers:
            sent = sent.copy()
            sent.update(headers)
        return await self._ask(hdrs.METH_POST, path, sent, body, clock)

    async def get(self, path: str, *, seconds: float) -> Answer:
        """A small answer in a short time."""
        clock = Clock(self._timeouts.model_copy(update={"total": seconds}), stream=False)
        return await self._ask(hdrs.METH_GET, path, self._get, None, clock)

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | AsyncGenerator[bytes, None] | None = None,
        *,
        kind: str = "application/json",
        size: int | None = None,
    ) -> Answer:
        """Ask about files and jobs. `path` may hold an id of the upstream's own; `size`: of a body that comes in pieces.

        Raises UpstreamError; answers of 400 and up are answers.
        """
        headers = CIMultiDict(self._get)
        if body is not None:
            headers[hdrs.CONTENT_TYPE] = kind
        if size is not None:
            headers[hdrs.CONTENT_LENGTH] = str(size)
        return await self._ask(method, path, headers, body, Clock(self._timeouts, stream=False), keep=False)

    async def download(self, path: str, *, limit: int, seconds: float) -> Answer:
        """A large answer, read as it comes. `limit`: bytes. Raises UpstreamError; answers of 400 and up are answers."""
        clock = Clock(self._timeouts.model_copy(update={"total": seconds}), stream=True)
        headers = CIMultiDict(self._get)
        headers[hdrs.ACCEPT] = "*/*"
        answer = await self._ask(hdrs.METH_GET, path, headers, None, clock, keep=False)
        answer.takes(limit)
        return answer

    async def _ask(
        self,
        method: str,
        path: str,
        headers: CIMultiDict[str],
        body: bytes | AsyncGenerator[bytes, None] | None,
        clock: Clock,
        fine: frozenset[int] = _FINE,
        *,
        keep: bool = True,
    ) -> Answer:
        """`keep`: the path is one of a few."""
        url = self._urls.get(path) or URL(self._url(path))
        if keep:
            self._urls[path] = url
        limit, name = clock.first()
        try:
            async with asyncio.timeout(limit) as patience:
                response = await self._session.request(method, url, data=body, headers=headers, allow_redirects=False)
        except _TROUBLE as e:
            raise (_slow(name) if patience.expired() else trouble(e, began=False)) from None
        answer = Answer(response, clock, self._limits.reply)
        encodings = response.headers.getall(hdrs.CONTENT_ENCODING, ())
        if complaint := _complaint(answer.status, encodings, fine):
            answer.close()
            raise complaint
        return answer

    def _url(self, path: str) -> str:
        """`/v1/…` lies below the base as it was given; other interfaces of a server lie beside its `/v1`."""
        if path.startswith(V1):
            return self.base + path[len(V1) - 1 :]
        return self.base.removesuffix(V1[:-1]) + path

    async def aclose(self) -> None:
        await self._session.close()


def _complaint(status: int, encodings: Iterable[str], fine: frozenset[int]) -> UpstreamError | None:
    """Why an answer is unusable from its head alone."""
    if 300 <= status < 400:
        return UpstreamError(
            "the upstream answers with a redirect, and guardproxy follows none; correct the upstream's URL",
            code="upstream_invalid_response",
        )
    if status not in fine and status < 400:
        return UpstreamError(f"the upstream answers with status {status}", code="upstream_invalid_response")
    if status in HIDDEN:
        return UpstreamError(HIDDEN[status], code="upstream_refused_credentials")
    if any(one.strip().lower() not in ("identity", "") for one in encodings):
        return UpstreamError("the upstream compressed its reply, unasked", code="upstream_invalid_response")
    return None
