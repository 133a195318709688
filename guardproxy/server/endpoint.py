"""One guarded route: a client's request through an Exchange to the upstream, and the reply back.

Every byte that reaches the client here was written by an Exchange, a codec or us. When the client goes away, or anything
fails, the upstream's connection is closed at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.probe.standing import REFUSALS
from guardproxy.server import approving
from guardproxy.server.authentication import check_model
from guardproxy.server.background import Background
from guardproxy.server.closing import CODE, MESSAGE, Closing
from guardproxy.server.destinations import Destination, Destinations, Question
from guardproxy.server.edge import Headers, Reply, Request
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.server.follow import send_followed
from guardproxy.server.presence import Presence, Silence
from guardproxy.server.quota import UNREACHABLE, Charging, Quotas
from guardproxy.server.snapshot import Lease
from guardproxy.server.state import State, Turn
from guardproxy.server.upstream import Answered
from guardproxy.telemetry import Record, ids
from guardproxy.telemetry.log import internal_error
from guardproxy.types import Json, UpstreamError, WireError
from guardproxy.wire import errors
from guardproxy.wire.base import Codec
from guardproxy.wire.json import dump, parse, parse_reply
from guardproxy.wire.responses_store import echo

_UPSTREAM = b"x-guardproxy-upstream"
_BARRED = frozenset(code for _, code, _ in REFUSALS.values())


class Names(Protocol):
    """Knows models by name."""

    def resolve(self, name: Json) -> str | None:
        """The upstream's name for a client's; None leaves it as it is. Raises WireError for one that there is not."""
        ...

    def called(self, name: Json) -> str | None:
        """The same, whether it may be asked or not."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A dialect's route. Shared by all requests."""

    codec: Codec
    settings: Settings
    upstreams: Destinations
    models: Names
    closing: Closing
    approvals: Approvals | None = None
    """Where replies wait for a person; without it they are refused."""
    state: State | None = None
    """What is kept for clients of this dialect, where anything is."""
    background: Background | None = None
    alone: ClassVar[bool] = False
    """Whether no other upstream can stand in for the one that is to answer."""
    quotas: Quotas | None = None
    """What callers may use; None: as much as they like."""

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        """Answer the request; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""
        presence = Presence(request, self.closing)
        return await presence.during(Passage(self, request, record, headers, presence, lease).run())


class Passage:
    """One request on its way through an endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        request: Request,
        record: Record,
        headers: Headers,
        presence: Presence,
        lease: Lease,
    ) -> None:
        self._endpoint, self._request, self._record, self._headers = endpoint, request, record, headers
        self._presence, self._lease = presence, lease
        self._turn: Turn | None = None
        self._barred: WireError | None = None  # why the main upstream's model may not be asked
        self._charging: Charging | None = None
        self._exchange = Exchange(
            lease.guard,
            endpoint.codec,
            request_id=record.request_id,
            route=record.route,
            observer=lease.observer(record),
            head_id=ids.new(endpoint.codec.prefix),
            approvals=endpoint.approvals,
            caller=request.caller,
            refused=record.refused,
            languages=request.languages,
            show_scores=endpoint.settings.moderation_scores,
        )

    async def run(self) -> int:
        body = await self._request.body(self._endpoint.settings)
        self._record.mark("read")
        try:
            return await self._run(body)
        except UpstreamError as e:
            if self._charging is not None and e.code == UNREACHABLE:
                self._charging.failed()
            raise
        finally:
            if self._charging is not None:
                self._charging.end(self._exchange.spent)
            if self._turn is not None and self._turn.record is self._record:  # it is not the background's now
                if self._exchange.streaming and self._request.started:
                    self._turn.break_off(self._exchange)
                self._turn.close()
            await self._exchange.close()

    async def _run(self, body: bytes) -> int:
        parsed = parse(body)
        check_model(self._request.caller, parsed.get("model"))
        name = self._resolve(parsed.get("model"))
        if self._endpoint.quotas is not None:
            await self._begin(self._endpoint.quotas, parsed, len(body), name)
        if self._endpoint.state is not None:
            turn = self._turn = await self._endpoint.state.turn(parsed, self._exchange.head_id, self._record)
            parsed, self._exchange.repeats = turn.body, echo(turn.asked)
            if self._charging is not None:
                self._charging.recalls(parsed)
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
        check_model(self._request.caller, self._exchange.model)  # as the codec read it, too
        destination = self._destination()
        codec = self._endpoint.codec
        told = (lambda model: None) if self._charging is None else self._charging.asked
        if self._charging is not None:
            asked = self._charging.wanting(asked, codec.route)
        question = Question(destination, name, codec.route, codec.headers, self._barred, self._endpoint.alone, told)
        if self._turn is not None and self._turn.asked.background:
            return await self._begin_run(self._turn, asked, question)
        self._record.mark("sent")
        stream = codec.stream_type if self._exchange.streaming else None
        sent = await self._endpoint.upstreams.ask(question, asked, self._record, stream)
        if sent.why is not None:
            who = ((_UPSTREAM, sent.by.name.encode()), (b"x-guardproxy-fallback", sent.why.value.encode()))
            self._headers = (*(h for h in self._headers if h[0] != _UPSTREAM), *who)
        try:
            return await self._relay(sent.answer)
        finally:
            sent.answer.close()

    def _resolve(self, model: Json) -> str | None:
        """The upstream's name for the client's model. One that may not be asked is no error yet where somebody stands in."""
        try:
            return self._endpoint.models.resolve(model)
        except WireError as e:
            upstreams = self._endpoint.upstreams
            if e.code not in _BARRED or self._endpoint.alone or not upstreams.stand_in(upstreams.main, barred=True):
                raise
            self._barred = e
            return self._endpoint.models.called(model)

    async def _begin(self, quotas: Quotas, parsed: Json, size: int, name: str | None) -> None:
        """Take what the request needs; the client is told what is left. Raises OverQuota."""
        self._charging = await quotas.begin(self._request.caller, parsed, size, name or "", self._record)
        self._headers = (*self._headers, *self._charging.headers)

    def _destination(self) -> Destination:
        """Who is asked; the client is told where that isn't the main upstream."""
        destination = self._endpoint.upstreams.to(self._exchange.upstream)
        if destination.name:
            self._headers = (*self._headers, (_UPSTREAM, destination.name.encode()))
            self._record.routed(destination.name)
        return destination

    async def _hand_out(self, id: str, body: Json) -> int:
        """A reply that a person has approved, as it was guarded; the upstream isn't asked again."""
        held = await approving.take(self._endpoint.approvals, id, self._exchange.bind(body))
        self._record.model, self._record.stream = held.model, held.stream
        if self._turn is not None:
            await self._turn.keep_approved(held.body, stream=held.stream)
        if held.stream:
            await self._begin_stream()
            await self._request.end_stream(held.body)
        else:
            await self._request.reply(Reply(200, held.body, self._headers))
        return 200

    async def _begin_run(self, turn: Turn, asked: Mapping[str, Json], question: Question) -> int:
        """The response is made in the background. Its client reads along, or is told its id."""
        background = self._endpoint.background
        assert background is not None
        background.room()
        first = background.first(self._exchange)
        if not await turn.keep(first, pending=True):
            raise WireError("guardproxy's store could not take this response.", status=503, code="store_failed")
        ask = partial(self._endpoint.upstreams.ask, question, asked)
        run = background.start(turn, self._exchange, ask, self._lease, question.first, self._charging)
        self._charging = None  # it is the run's now
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
        if self._charging is not None:
            self._charging.failed()
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
