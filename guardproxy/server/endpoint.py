"""One guarded route: a client's request through an Exchange to the upstream, and the reply back.

Every byte that reaches the client here was written by an Exchange, a codec or us. When the client goes away, or anything
fails, the upstream's connection is closed at once.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.server import closing
from guardproxy.server.closing import Closing, shutting_down
from guardproxy.server.edge import Gone, Headers, Reply, Request
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.server.models import Models
from guardproxy.server.upstream import Answer, Upstream
from guardproxy.telemetry import Record
from guardproxy.telemetry.log import internal_error
from guardproxy.types import UpstreamError, WireError
from guardproxy.wire import errors
from guardproxy.wire.base import Codec, Head
from guardproxy.wire.json import dump, parse, parse_reply
from guardproxy.wire.sse import comment

HELD = comment(b"held")
GONE = 499
"""Status in records and metrics of a request whose client went away (nginx's number for it)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A dialect's route. Shared by all requests."""

    codec: Codec
    prefix: str
    """Of the ids of its replies: `chatcmpl-`."""
    settings: Settings
    guard: Guard
    upstream: Upstream
    models: Models
    closing: Closing

    async def serve(self, request: Request, record: Record, headers: Headers) -> int:
        """Answer the request; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""
        async with self.closing.bounds():
            body = await request.body(self.settings)
        record.mark("read")
        return await _while_present(request, Passage(self, request, record, headers).run(body), self.closing.told)


async def _while_present(request: Request, work: Coroutine[Any, Any, int], told: asyncio.Future[None]) -> int:
    """The work's result, or Gone as soon as the client is; the work is cancelled and has ended by then.

    Raises WireError 503 when the process ends before an answer began. A stream then ends itself.
    """
    doing = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(request.gone())
    try:
        await asyncio.wait((doing, watching, told), return_when=asyncio.FIRST_COMPLETED)
        if told.done() and not doing.done():
            if not request.started:
                raise shutting_down()
            await asyncio.wait((doing, watching), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done() and not request.answered:
            raise Gone
        if not doing.done():  # what is left after the answer (shadow rules) is not hurried, until the process ends
            await asyncio.wait((doing, told), return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else request.status
    finally:
        await _stop(doing, watching)


async def _stop(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Passage:
    """One request on its way through an endpoint."""

    def __init__(self, endpoint: Endpoint, request: Request, record: Record, headers: Headers) -> None:
        self._endpoint, self._request, self._record, self._headers = endpoint, request, record, headers
        self._exchange = Exchange(
            endpoint.guard,
            endpoint.codec,
            request_id=record.request_id,
            route=record.route,
            observer=record,
            head_id=endpoint.prefix + uuid.uuid4().hex,
        )
        self._since = 0.0  # when something was last sent to the client
        self._sending = False

    async def run(self, body: bytes) -> int:
        try:
            return await self._run(body)
        finally:
            await self._exchange.close()

    async def _run(self, body: bytes) -> int:
        parsed = parse(body)
        name = self._endpoint.models.resolve(parsed.get("model"))
        try:
            asked = await self._exchange.request(parsed)
        except Blocked as blocked:
            return await self._blocked(blocked)
        finally:
            self._record.model, self._record.stream = self._exchange.model, self._exchange.streaming
        if name is not None:
            asked = {**asked, "model": name}
        self._record.mark("sent")
        stream = self._exchange.streaming
        answer = await self._endpoint.upstream.post(self._endpoint.codec.route, dump(asked), stream=stream)
        try:
            return await self._relay(answer)
        finally:
            await answer.aclose()

    async def _relay(self, answer: Answer) -> int:
        if answer.status != 200:
            return await self._error(answer)
        if self._exchange.streaming:
            _expect(answer, ("text/event-stream",), "a stream of events")
            return await self._stream(answer)
        _expect(answer, ("application/json", ""), "JSON")
        return await self._whole(answer)

    # ------------------------------------------------------------------------------------------------ replies

    async def _whole(self, answer: Answer) -> int:
        self._record.mark("first_in")
        data = await answer.read()
        self._record.mark("upstream_end")
        try:
            body = parse_reply(data)
        except WireError as e:
            raise UpstreamError(str(e), code="upstream_invalid_response") from None
        reply = Reply(200, await self._exchange.whole(body), self._headers)
        self._record.mark("first_out")
        await self._request.reply(reply)
        return 200

    async def _error(self, answer: Answer) -> int:
        self._record.mark("first_in")
        data = await answer.head()
        self._record.mark("upstream_end")
        self._record.failed(f"upstream_status_{answer.status}", upstream=True)
        status, body = await self._exchange.error(answer.status, data)
        wait = answer.retry_after
        patient = status in (429, 503) and wait.isascii() and wait.isdigit() and len(wait) <= 5
        headers = ((b"retry-after", wait.encode()),) if patient else ()
        await self._request.reply(Reply(status, body, (*self._headers, *headers)))
        return status

    async def _blocked(self, blocked: Blocked) -> int:
        if blocked.on_block == "error":
            body = errors.blocked_request(blocked.message, blocked.labels, blocked.param)
            await self._request.reply(Reply(400, body, self._headers))
            return 400
        stream = self._exchange.streaming
        body = self._endpoint.codec.refusal(self._head(), blocked.message, stream=stream)
        if stream:
            await self._request.begin_stream(self._headers)
            await self._request.end_stream(body)
        else:
            await self._request.reply(Reply(200, body, self._headers))
        return 200

    def _head(self) -> Head:
        return Head(self._exchange.head_id, self._exchange.model, int(time.time()))

    # ------------------------------------------------------------------------------------------------ streams

    async def _stream(self, answer: Answer) -> int:
        await self._request.begin_stream(self._headers)
        self._since, told = time.monotonic(), self._endpoint.closing.told
        sending = asyncio.ensure_future(self._send_events(answer))
        keeping = asyncio.ensure_future(self._keep_alive())
        try:
            await asyncio.wait((sending, keeping, told), return_when=asyncio.FIRST_COMPLETED)
            if told.done() and not sending.done():
                await self._break_off(sending, keeping)
            elif not sending.done():
                raise Gone  # it takes nothing any more
            else:
                sending.result()
        finally:
            await _stop(sending, keeping)
        if not self._request.answered:
            await self._request.end_stream()
        return 200

    async def _break_off(self, sending: asyncio.Future[None], keeping: asyncio.Future[None]) -> None:
        """The process ends: so does the stream, between two events and with what is held still held."""
        if self._request.answered:  # its last events are on their way, to a client that reads slowly
            await sending
            return
        await _stop(sending, keeping)
        if not self._request.answered:
            self._record.failed(closing.CODE)
            await self._end_with(closing.MESSAGE, closing.CODE, 503)

    async def _send_events(self, answer: Answer) -> None:
        try:
            async with aclosing(self._exchange.stream(self._timed(answer.chunks()))) as events:  # type: ignore[type-var]
                async for data in events:
                    if data:
                        self._record.mark("first_out")
                        await self._write(data, last=self._exchange.ended)
        except Exception as e:  # a mistake of ours: the client must not take what it got for the whole
            internal_error(e, self._record.request_id)
            self._record.failed("internal_error")
            if self._request.answered:
                return
            await self._end_with("guardproxy failed while guarding this reply.", "internal_error", 500)

    async def _end_with(self, message: str, code: str, status: int) -> None:
        """End the stream with an error event of ours."""
        writer = self._endpoint.codec.stream_writer(self._head())
        error = errors.error_object(message, code=code, status=status)
        await self._write(writer.error(error) + writer.done(), last=True)

    async def _timed(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                self._record.mark("first_in")
                yield chunk
        except UpstreamError as e:
            self._record.failed(e.code, upstream=True)
            raise
        finally:
            self._record.mark("upstream_end")

    async def _write(self, data: bytes, *, last: bool = False) -> None:
        self._sending = True
        await (self._request.end_stream(data) if last else self._request.write(data))
        self._sending = False
        self._since = time.monotonic()

    async def _keep_alive(self) -> None:
        """Break silence with comments; return when the client has taken nothing for too long."""
        timeouts = self._endpoint.settings.timeouts
        while True:
            silent = time.monotonic() - self._since
            if self._sending and silent >= timeouts.idle:
                return
            if not self._sending and silent >= timeouts.held:
                await self._write(HELD)
                continue
            await asyncio.sleep(max(min(timeouts.idle, timeouts.held) - silent, 0.01, timeouts.held / 10))


_NAMEABLE = ("application/json", "text/event-stream", "text/html", "text/plain")


def _expect(answer: Answer, kinds: tuple[str, ...], what: str) -> None:
    if answer.content_type not in kinds:
        sent = answer.content_type if answer.content_type in _NAMEABLE else "something else"
        message = f"the upstream was asked for {what} and sent {sent}"
        raise UpstreamError(message, code="upstream_invalid_response")
