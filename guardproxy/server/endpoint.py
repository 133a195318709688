"""One guarded route: a client's request through an Exchange to the upstream, and the reply back.

Every byte that reaches the client here was written by an Exchange, a codec or us. When the client goes away, or anything
fails, the upstream's connection is closed at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.engine.approvals import Approvals
from guardproxy.server import approving
from guardproxy.server.background import Background
from guardproxy.server.closing import CODE, MESSAGE, Closing
from guardproxy.server.edge import Headers, Reply, Request
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.server.follow import send_followed
from guardproxy.server.presence import Presence, Silence
from guardproxy.server.state import State, Turn
from guardproxy.server.upstream import Answered, Asked
from guardproxy.telemetry import Record, ids
from guardproxy.telemetry.log import internal_error
from guardproxy.types import Json, UpstreamError, WireError
from guardproxy.wire import errors
from guardproxy.wire.base import Codec
from guardproxy.wire.json import dump, parse, parse_reply
from guardproxy.wire.responses_store import echo


class Names(Protocol):
    """Knows models by name."""

    def resolve(self, name: Json) -> str | None:
        """The upstream's name for a client's; None leaves it as it is. Raises WireError for one that there is not."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A dialect's route. Shared by all requests."""

    codec: Codec
    settings: Settings
    guard: Guard
    upstream: Asked
    models: Names
    closing: Closing
    approvals: Approvals | None = None
    """Where replies wait for a person; without it they are refused."""
    client: str = ""
    """Digest of the key that clients have."""
    state: State | None = None
    """What is kept for clients of this dialect, where anything is."""
    background: Background | None = None

    async def serve(self, request: Request, record: Record, headers: Headers) -> int:
        """Answer the request; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""
        presence = Presence(request, self.closing)
        return await presence.during(Passage(self, request, record, headers, presence).run())


class Passage:
    """One request on its way through an endpoint."""

    def __init__(
        self, endpoint: Endpoint, request: Request, record: Record, headers: Headers, presence: Presence
    ) -> None:
        self._endpoint, self._request, self._record, self._headers = endpoint, request, record, headers
        self._presence = presence
        self._turn: Turn | None = None
        self._exchange = Exchange(
            endpoint.guard,
            endpoint.codec,
            request_id=record.request_id,
            route=record.route,
            observer=record,
            head_id=ids.new(endpoint.codec.prefix),
            approvals=endpoint.approvals,
            client=endpoint.client,
            show_scores=endpoint.settings.moderation_scores,
        )

    async def run(self) -> int:
        body = await self._request.body(self._endpoint.settings)
        self._record.mark("read")
        try:
            return await self._run(body)
        finally:
            if self._turn is not None and self._turn.record is self._record:  # it is not the background's now
                if self._exchange.streaming and self._request.started:
                    self._turn.break_off(self._exchange)
                self._turn.close()
            await self._exchange.close()

    async def _run(self, body: bytes) -> int:
        parsed = parse(body)
        name = self._endpoint.models.resolve(parsed.get("model"))
        if self._endpoint.state is not None:
            turn = self._turn = await self._endpoint.state.turn(parsed, self._exchange.head_id, self._record)
            parsed, self._exchange.repeats = turn.body, echo(turn.asked)
        if (approval := self._request.headers.get(approving.HEADER)) is not None:
            return await self._hand_out(approval.decode("latin-1"), parsed)
        try:
            asked = await self._exchange.request(parsed)
        except Blocked as blocked:
            return await self._blocked(blocked)
        finally:
            if self._turn is not None:
                self._exchange.streaming = self._turn.asked.stream
            self._record.model, self._record.stream = self._exchange.model, self._exchange.streaming
        if name is not None:
            asked = {**asked, "model": name}
        if self._turn is not None and self._turn.asked.background:
            return await self._begin_run(self._turn, asked)
        self._record.mark("sent")
        codec = self._endpoint.codec
        stream = codec.stream_type if self._exchange.streaming else None
        answer = await self._endpoint.upstream.post(codec.route, dump(asked), stream=stream, headers=codec.headers)
        try:
            return await self._relay(answer)
        finally:
            answer.close()

    async def _hand_out(self, id: str, body: Json) -> int:
        """A reply that a person has approved, as it was guarded; the upstream isn't asked again."""
        held = await approving.take(self._endpoint.approvals, id, self._exchange.bind(body))
        self._record.model, self._record.stream = held.model, held.stream
        self._record.recorder.metrics.approvals.of("released").inc()
        if self._turn is not None:
            await self._turn.keep_approved(held.body, stream=held.stream)
        if held.stream:
            await self._begin_stream()
            await self._request.end_stream(held.body)
        else:
            await self._request.reply(Reply(200, held.body, self._headers))
        return 200

    async def _begin_run(self, turn: Turn, asked: Json) -> int:
        """The response is made in the background. Its client reads along, or is told its id."""
        background = self._endpoint.background
        assert background is not None
        background.room()
        first = background.first(self._exchange)
        if not await turn.keep(first, pending=True):
            raise WireError("guardproxy's store could not take this response.", status=503, code="store_failed")
        run = background.start(turn, self._exchange, asked)
        if not turn.asked.stream:
            await self._request.reply(Reply(200, dump(first), self._headers))
            return 200
        endpoint = self._endpoint
        async with aclosing(run.follow(-1)) as events:
            await send_followed(self._request, events, endpoint.codec, endpoint.settings, self._headers, self._presence)
        return 200

    async def _relay(self, answer: Answered) -> int:
        if answer.status != 200:
            return await self._error(answer)
        if self._exchange.streaming:
            _expect(answer, (self._endpoint.codec.stream_type,), "a stream of events")
            return await self._stream(answer)
        _expect(answer, ("application/json", ""), "JSON")
        return await self._whole(answer)

    # ------------------------------------------------------------------------------------------------ replies

    async def _whole(self, answer: Answered) -> int:
        self._record.mark("first_in")
        data = await answer.read()
        self._record.mark("upstream_end")
        try:
            body = parse_reply(data)
        except WireError as e:
            raise UpstreamError(str(e), code="upstream_invalid_response") from None
        try:
            reply = Reply(200, await self._exchange.whole(body), self._headers)
        finally:
            self._note_waiting()
        if self._turn is not None:
            await self._turn.keep_reply(self._exchange)
        self._record.mark("first_out")
        await self._request.reply(reply)
        return 200

    async def _error(self, answer: Answered) -> int:
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
            await self._request.reply(blocked_reply(blocked, self._endpoint.codec, self._headers))
            return 400
        self._exchange.repeats = {**self._exchange.repeats, "store": False}  # what is refused is not kept
        stream = self._exchange.streaming
        body = self._endpoint.codec.refusal(self._exchange.head(), blocked.message, stream=stream)
        if stream:
            await self._begin_stream()
            await self._request.end_stream(body)
        else:
            await self._request.reply(Reply(200, body, self._headers))
        return 200

    async def _begin_stream(self) -> None:
        await self._request.begin_stream(self._headers, self._endpoint.codec.stream_type)

    # ------------------------------------------------------------------------------------------------ streams

    async def _stream(self, answer: Answered) -> int:
        await self._begin_stream()
        closing, timeouts, limit = self._endpoint.closing, self._endpoint.settings.timeouts, asyncio.timeout(None)

        def end() -> None:  # last events that are on their way to a client that reads slowly may arrive
            if not self._request.answered:
                limit.reschedule(0.0)

        silence = Silence(
            self._request.write,
            self._endpoint.codec.keep_alive(self._exchange.head()),
            held=timeouts.held,
            idle=timeouts.idle,
            give_up=self._presence.give_up,
        )
        closing.listeners.add(end)
        try:
            async with limit:
                if closing.now:
                    end()
                await self._send_events(answer, silence)
        except TimeoutError:
            if not limit.expired():
                raise
            await self._break_off()
        finally:
            silence.stop()
            closing.listeners.discard(end)
            self._note_waiting()
        if not self._request.answered:
            await self._request.end_stream()
        return 200

    def _note_waiting(self) -> None:
        if self._exchange.waits:
            self._record.failed(approving.REQUIRED)
            self._record.recorder.metrics.approvals.of("held").inc()

    async def _break_off(self) -> None:
        """The process ends: so does the stream, between two events and with what is held still held."""
        self._record.failed(CODE)
        await self._end_with(MESSAGE, CODE, 503)

    async def _send_events(self, answer: Answered, silence: Silence) -> None:
        request, exchange, told = self._request, self._exchange, False
        try:
            async with aclosing(self._timed(answer)) as chunks, aclosing(exchange.stream(chunks)) as events:  # type: ignore[type-var]
                async for data in events:
                    if exchange.ended:  # it may have said so before its last byte
                        self._record.mark("upstream_end")
                    if not data:
                        continue
                    if exchange.ended and self._turn is not None:
                        await self._turn.keep_reply(exchange)
                    if not told:
                        self._record.mark("first_out")
                        told = True
                    silence.ends()
                    await (request.end_stream(data) if exchange.ended else request.write(data))
                    silence.begins()
        except Exception as e:  # a mistake of ours: the client must not take what it got for the whole
            internal_error(e, self._record.request_id)
            self._record.failed("internal_error")
            if request.answered:
                return
            await self._end_with("guardproxy failed while guarding this reply.", "internal_error", 500)

    async def _end_with(self, message: str, code: str, status: int) -> None:
        """End the stream with an error event of ours."""
        if self._turn is not None:
            self._turn.message = message
        writer = self._endpoint.codec.stream_writer(self._exchange.head())
        error = errors.error_object(message, code=code, status=status)
        await self._request.end_stream(writer.error(error) + writer.done())

    async def _timed(self, answer: Answered) -> AsyncGenerator[bytes, None]:
        first = True
        try:
            async with aclosing(answer.chunks()) as chunks:
                async for chunk in chunks:
                    if first:
                        self._record.mark("first_in")
                        first = False
                    yield chunk
        except UpstreamError as e:
            self._record.failed(e.code, upstream=True)
            raise
        finally:
            self._record.mark("upstream_end")


def blocked_reply(blocked: Blocked, codec: Codec, headers: Headers) -> Reply:
    """The error that a blocked request is answered with."""
    error = errors.blocked_request(blocked.message, blocked.labels, blocked.param)
    return Reply(400, codec.error(error, 400), headers)


_NAMEABLE = ("application/json", "text/event-stream", "text/html", "text/plain")


def _expect(answer: Answered, kinds: tuple[str, ...], what: str) -> None:
    if answer.content_type not in kinds:
        sent = answer.content_type if answer.content_type in _NAMEABLE else "something else"
        message = f"the upstream was asked for {what} and sent {sent}"
        raise UpstreamError(message, code="upstream_invalid_response")
