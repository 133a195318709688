"""An ASGI application in this process, asked as an upstream is: what it says is guarded before anybody gets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Final

from guardproxy.server.edge import ASGI, Message, Scope
from guardproxy.server.upstream import Answered
from guardproxy.types import UpstreamError

_AHEAD: Final = 8
"""Pieces of a body that the application may be ahead of the guard."""
GRACE: Final = 1.0
"""Seconds that an application has to end by itself when nobody wants the rest of its answer."""
_OURS: Final = frozenset(
    (b"accept-encoding", b"content-encoding", b"content-length", b"content-type", b"expect", b"transfer-encoding")
)
"""Headers of a request that are about the body as it came, or would have the answer compressed."""


class Inside:
    """An application, for one request whose scope this is."""

    def __init__(self, app: ASGI, scope: Scope, limit: int) -> None:
        self._app, self._scope, self._limit = app, scope, limit
        self.failure: BaseException | None = None
        """What the application raised: its server wants to know."""
        self._answer: InsideAnswer | None = None

    async def post(
        self, path: str, body: bytes, *, stream: str | None, headers: Iterable[tuple[str, str]] = ()
    ) -> Answered:
        """Call the application with this body, at the path that its client chose."""
        answer = self._answer = InsideAnswer(self, self._limit)
        await answer.begin(self._app, self._scope_with(body, headers), body)
        return answer

    async def ended(self) -> None:
        """Wait until the application is done: what it does behind its answer belongs to the request."""
        if self._answer is not None:
            await self._answer.ended()

    def _scope_with(self, body: bytes, more: Iterable[tuple[str, str]]) -> Scope:
        headers = [(name, value) for name, value in self._scope["headers"] if name.lower() not in _OURS]
        there = {name.lower() for name, _ in headers}
        headers += [(n.encode(), v.encode()) for n, v in more if n.lower().encode() not in there]
        sent = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        return {**self._scope, "headers": [*headers, *sent], "extensions": {}}


class InsideAnswer(Answered):
    """Its answer."""

    __slots__ = ("_begun", "_complete", "_gone", "_inside", "_limit", "_pieces", "_size", "_task", "_wanted")

    def __init__(self, inside: Inside, limit: int) -> None:
        self._inside, self._limit = inside, limit
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)  # None: it is over
        self._begun, self._gone = asyncio.Event(), asyncio.Event()
        self._complete = False
        self._wanted: bytes | None = None
        self._task: asyncio.Task[None] | None = None
        self.status, self.content_type, self.retry_after, self._size = 0, "", "", 0

    async def begin(self, app: ASGI, scope: Scope, body: bytes) -> None:
        """Wait for the head of the answer. Raises UpstreamError when there is none, or one that can't be guarded."""
        self._wanted = body
        self._task = asyncio.create_task(self._run(app, scope))
        try:
            await self._begun.wait()
        except BaseException:
            self.close()
            raise
        if complaint := self._complaint():
            self.close()
            raise complaint

    async def _run(self, app: ASGI, scope: Scope) -> None:
        try:
            await app(scope, self._receive, self._send)
        except Exception as e:
            self._inside.failure = e
        finally:
            self._begun.set()
        await self._finish()

    async def _finish(self) -> None:
        if not self._complete:
            self._complete = True
            await self._put(None)

    async def _put(self, piece: bytes | None) -> None:
        """Hand on a piece. Where nobody takes it any more it is thrown away."""
        if not self._gone.is_set():
            await self._pieces.put(piece)

    async def _receive(self) -> Message:
        body, self._wanted = self._wanted, None
        if body is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.lower(): value.decode("latin-1") for name, value in message.get("headers", ())}
            self.status = message["status"]
            self.content_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
            self.retry_after = headers.get(b"retry-after", "")
            if headers.get(b"content-encoding", "identity").strip().lower() != "identity":
                self.status = -1
            self._begun.set()
        elif message["type"] == "http.response.body":
            if message.get("body"):
                await self._put(message["body"])
            if not message.get("more_body", False):
                await self._finish()

    def _complaint(self) -> UpstreamError | None:
        if self.status == 200 or self.status >= 400:
            return None
        if self.status == 0:
            return UpstreamError("the application failed", status=500, code="internal_error")
        what = "with a compressed body" if self.status < 0 else f"with status {self.status}"
        message = f"the application answers {what}, which can't be guarded"
        return UpstreamError(message, code="upstream_invalid_response")

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        while (piece := await self._pieces.get()) is not None:
            self._size += len(piece)
            if self._size > self._limit:
                message = f"the application's reply is larger than the {self._limit} bytes that guardproxy takes"
                raise UpstreamError(message, code="upstream_reply_too_large")
            yield piece
        if self._inside.failure is not None:
            raise UpstreamError("the application failed in the middle of its reply", code="upstream_invalid_response")

    def close(self) -> None:
        """To the application it is as if its client had gone."""
        self._gone.set()
        while not self._pieces.empty():  # it may be waiting for room
            self._pieces.get_nowait()

    async def ended(self) -> None:
        """Wait for the application. One that was not done with its answer has a moment to notice that nobody wants it."""
        if self._task is None or self._task.done():
            return
        try:
            await asyncio.wait((self._task,), timeout=None if self._complete else GRACE)
        finally:
            self._task.cancel()
        await asyncio.wait((self._task,))
