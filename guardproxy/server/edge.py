"""The ASGI side of the edge: read a body within its limits, answer. Knows no route and no dialect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from guardproxy.addresses import is_loopback
from guardproxy.config import Settings
from guardproxy.governance.caller import ANYBODY, Caller
from guardproxy.policy.languages import accepted
from guardproxy.server.line import LINE, Line
from guardproxy.types import UpstreamError, WireError
from guardproxy.wire.errors import error_object, openai, sentence

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGI: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Shape: TypeAlias = Callable[[dict[str, Any], int], bytes]
"""An error object and its status as a body."""
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

LINGER = 0.5
"""Seconds that a refused client may still send, so that the answer is not lost in the reset of its connection."""
JSON = b"application/json"
_FOREVER = (b"cache-control", b"no-store")


class Gone(Exception):
    """The client has gone: there is nobody to answer."""


class Wait(WireError):
    """The same request may be welcome later. `headers` say when."""

    def __init__(self, message: str, *, status: int, code: str, headers: Headers) -> None:
        super().__init__(message, status=status, code=code)
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer to a client."""

    status: int
    body: bytes
    headers: Headers = ()
    content_type: bytes = JSON


def error_reply(error: WireError | UpstreamError, headers: Headers = (), shape: Shape = openai) -> Reply:
    """An error, in OpenAI's shape unless told otherwise."""
    param = error.param if isinstance(error, WireError) else None
    message = sentence(str(error)) if isinstance(error, UpstreamError) else str(error)
    body = shape(error_object(message, code=error.code, param=param, status=error.status), error.status)
    return Reply(error.status, body, (*headers, *_retry(error)))


_POINTLESS = (
    "upstream_invalid_response",
    "upstream_timeout",
    "upstream_reply_too_large",
    "upstream_refused_credentials",
)


def _retry(error: WireError | UpstreamError) -> Headers:
    """OpenAI's clients repeat a request after any 5xx unless they are told that this is no use."""
    if isinstance(error, Wait):
        return error.headers
    if error.status < 500:
        return ()
    if error.code == "overloaded" and isinstance(error, WireError):
        return ((b"x-should-retry", b"false"),)
    if error.code in ("busy", "quotas_unavailable"):
        return ((b"retry-after", b"1"),)
    return ((b"x-should-retry", b"false"),) if error.code in _POINTLESS else ()


@dataclass(frozen=True, slots=True)
class Admission:
    """What came of asking who somebody is."""

    caller: Caller | None
    """None: nobody whom we know."""
    reason: str = ""
    """Why not, for metrics."""


@dataclass(slots=True)
class Request:
    """One request of a client, as the edge sees it."""

    scope: Scope
    receive: Receive
    send: Send
    complete: bool = False
    """Its body has been read to its end."""
    started: bool = False
    """An answer is on its way."""
    status: int = 0
    """Of the answer that is on its way."""
    answered: bool = False
    """The last byte of an answer is on its way."""
    finished: bool = False
    """The server took the last byte of an answer."""
    caller: Caller = ANYBODY
    """Who sends it."""
    admission: Admission | None = None
    """What came of asking who sends it; None: nobody was asked."""
    headers: Mapping[bytes, bytes] = field(init=False)
    line: Line = field(init=False)
    path: str = field(init=False)
    """The path as it was sent: nothing is decoded, so that nothing can be hidden in an escape."""

    def __post_init__(self) -> None:
        raw: bytes = self.scope.get("raw_path") or str(self.scope.get("path", "/")).encode()
        self.path = raw.partition(b"?")[0].decode("latin-1")
        self.headers = dict(self.scope["headers"])
        self.line = self.scope.get(LINE) or Line()
        length = self.headers.get(b"content-length", b"0")
        self.complete = length == b"0" and b"transfer-encoding" not in self.headers

    @property
    def languages(self) -> tuple[str, ...]:
        """What the client accepts for messages, the most wanted first."""
        return accepted(self.headers.get(b"accept-language", b"").decode("latin-1"))

    # ------------------------------------------------------------------------------------------------ reading

    async def body(self, settings: Settings) -> bytes:
        """The body. Raises WireError when it is too large, too slow or not JSON by its own account; Gone."""
        self._check_type()
        limit = settings.limits.body
        length = self.headers.get(b"content-length", b"")
        if length and (not length.isdigit() or len(length) > 15 or int(length) > limit):
            raise _too_large(limit)
        if self.line.complete and not self.complete:  # all of it is here, so that there is no time to limit
            return await self._rest(limit)
        try:
            async with asyncio.timeout(settings.timeouts.body):
                return await self._read(limit, settings.timeouts.body_idle)
        except TimeoutError:
            raise WireError("The request's body took too long.", status=408, code="request_timeout") from None

    async def _rest(self, limit: int, before: int = 0) -> bytes:
        """What the server has now of a body, after `before` bytes of it."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part: bytes = message.get("body", b"")
        if before + len(part) > limit:
            raise _too_large(limit)
        self.complete = not message.get("more_body", False)
        return part

    async def parts(self, limit: int, idle: float) -> AsyncGenerator[bytes, None]:
        """A body that is read as it arrives, however long that takes. Raises WireError when it is too large or falls
        silent; Gone."""
        length = self.headers.get(b"content-length", b"")
        if length and (not length.isdigit() or len(length) > 15 or int(length) > limit):
            raise _too_large(limit)
        size = 0
        while not self.complete:
            try:
                async with asyncio.timeout(idle):
                    part = await self._rest(limit, size)
            except TimeoutError:
                raise WireError("The request's body fell silent.", status=408, code="request_timeout") from None
            size += len(part)
            yield part

    async def _read(self, limit: int, idle: float) -> bytes:
        parts, size = [], 0
        while not self.complete:
            async with asyncio.timeout(idle):
                part = await self._rest(limit, size)
            size += len(part)
            parts.append(part)
        return b"".join(parts)

    def _check_type(self) -> None:
        kind, _, parameters = self.headers.get(b"content-type", b"").lower().partition(b";")
        charset = parameters.strip().removeprefix(b"charset=").strip(b'"')
        if kind.strip() != JSON or charset not in (b"", b"utf-8", b"utf8"):
            raise WireError("Send the body as application/json in UTF-8.", status=415, code="unsupported_media_type")
        if self.headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            raise WireError("Send the body without Content-Encoding.", status=415, code="unsupported_media_type")

    # ------------------------------------------------------------------------------------------------ answering

    async def reply(self, reply: Reply) -> None:
        """Send a complete answer. Where the request was not read to its end the connection ends with the answer."""
        headers = [
            (b"content-type", reply.content_type),
            (b"content-length", str(len(reply.body)).encode()),
            _FOREVER,
            *reply.headers,
        ]
        if not self.complete:
            headers.append((b"connection", b"close"))
        self.started, self.status, self.answered = True, reply.status, self.complete
        await self.send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": reply.body, "more_body": not self.complete})
        if not self.complete:
            await self._linger()
            self.answered = True
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})
        self.finished = True

    async def begin_stream(self, headers: Headers, kind: str) -> None:
        """Send the head of a streamed answer. `kind`: its content type."""
        self.started, self.status = True, 200
        sent = [
            (b"content-type", kind.encode() + b"; charset=utf-8"),
            _FOREVER,
            (b"x-accel-buffering", b"no"),
            *headers,
        ]
        await self.send({"type": "http.response.start", "status": 200, "headers": sent})

    async def write(self, data: bytes) -> None:
        """Send whole events. Waits while the client reads more slowly than they come."""
        await self.send({"type": "http.response.body", "body": data, "more_body": True})

    async def end_stream(self, data: bytes = b"") -> None:
        """Send the last events and the end in one: OpenAI's clients hang up as soon as they have read `[DONE]`."""
        self.answered = True
        await self.send({"type": "http.response.body", "body": data, "more_body": False})
        self.finished = True

    async def _linger(self) -> None:
        """Throw away what still comes, for a moment."""
        try:
            async with asyncio.timeout(LINGER):
                while True:
                    message = await self.receive()
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return


def _too_large(limit: int) -> WireError:
    return WireError(f"The request's body is larger than {limit} bytes.", status=413, code="request_too_large")


class Hosts:
    """The names under which a listener may be asked: a web page must not reach it under a name of its own."""

    def __init__(self, names: Iterable[str], setting: str) -> None:
        """`setting`: where an operator adds one."""
        self._names, self._setting = frozenset(name.lower() for name in names), setting

    def check(self, request: Request) -> None:
        """Raises WireError 403 for strangers' hosts and pages."""
        host = request.headers.get(b"host", b"").decode("latin-1")
        if not self._welcome("//" + host, any_host="*" in self._names):
            message = f"This listener does not answer to that Host; add it to {self._setting}."
            raise WireError(message, status=403, code="host_not_allowed")
        origin = request.headers.get(b"origin")
        if origin is not None and not self._welcome(origin.decode("latin-1"), any_host=False):
            message = f"This listener does not answer pages of that Origin; add its host to {self._setting}."
            raise WireError(message, status=403, code="origin_not_allowed")

    def _welcome(self, url: str, *, any_host: bool) -> bool:
        try:
            name = (urlsplit(url).hostname or "").lower()
        except ValueError:
            return False
        return any_host or is_loopback(name) or (bool(name) and name in self._names)
