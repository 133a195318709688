"""Responses that are made in the background: they go on when their client has gone, and are read again by their id.

They run in this process, a bounded number at once. Who cancels one, or ends the process, ends its request to the upstream
at once; what was released until then is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, TypeAlias, cast

from guardproxy.server.closing import MESSAGE, Closing, shutting_down
from guardproxy.server.destinations import Destination, Sent
from guardproxy.server.exchange import Exchange
from guardproxy.server.quota import UNREACHABLE, Charging
from guardproxy.server.snapshot import Lease
from guardproxy.server.state import Turn
from guardproxy.server.trials import Trials
from guardproxy.server.upstream import Answered
from guardproxy.telemetry import Record, Recorder
from guardproxy.telemetry.log import internal_error
from guardproxy.types import Json, UpstreamError, WireError
from guardproxy.wire import errors
from guardproxy.wire import responses_store as wire
from guardproxy.wire.base import KeptWriter
from guardproxy.wire.json import parse_reply
from guardproxy.wire.responses_write import ResponsesStreamWriter

Ask: TypeAlias = Callable[[Record, str | None], Awaitable[Sent]]
"""Asks whoever is to answer, for a reply of this content type. Raises UpstreamError, WireError."""
MAX_EVENTS: Final = 16 << 20
"""Bytes of one stream, which are kept for resuming it."""
ROUTE: Final = "background"
"""Name in metrics and records of what is done in the background."""


class Background:
    """All runs of this process."""

    def __init__(self, limit: int, recorder: Recorder, closing: Closing, trials: Trials) -> None:
        self._limit, self._recorder, self._closing = limit, recorder, closing
        self._trials = trials
        self.runs: dict[str, Run] = {}

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return [run.task for run in self.runs.values() if run.task is not None]

    def room(self) -> None:
        """Raises WireError 503 when as many run as may."""
        if self._closing.now:
            raise shutting_down()
        if len(self.runs) >= self._limit:
            message = "guardproxy makes too many responses in the background now; try again."
            raise WireError(message, status=503, code="busy")

    @staticmethod
    def first(exchange: Exchange) -> dict[str, Json]:
        """The response that a run of this exchange begins with."""
        return cast(KeptWriter, exchange.codec.stream_writer(exchange.head())).snapshot()

    def start(
        self,
        turn: Turn,
        exchange: Exchange,
        ask: Ask,
        lease: Lease,
        destination: Destination,
        charging: Charging | None = None,
    ) -> Run:
        """Begin. `ask` asks for the reply, `charging` is what the request took of quotas. These, the turn and the exchange
        are the run's from now on; it goes on under the policy of this lease."""
        lease = lease.share()
        record = self._recorder.start(
            exchange.request_id, ROUTE, lease.name, tenant=turn.record.tenant, key=turn.record.key
        )
        record.model, record.stream = exchange.model, True
        turn.record = record
        handed = exchange.handed_over(exchange.request_id, lease.observer(record))
        handed.refused = record.refused
        run = self.runs[turn.id] = Run(turn, handed, record, lambda: self._trials.finish(record, 200, lease))
        if charging is not None:
            charging.record, run.charging = record, charging
        self._closing.listeners.add(run.process_ends)
        turn.state.making.add(run.id)
        if destination.name:
            record.routed(destination.name)
        run.task = asyncio.create_task(run.work(ask))
        run.task.add_done_callback(lambda _: self._ended(run))
        return run

    def _ended(self, run: Run) -> None:
        self._closing.listeners.discard(run.process_ends)
        run.state.making.discard(run.id)
        self.runs.pop(run.id, None)

    async def aclose(self) -> None:
        """End what still runs."""
        for run in list(self.runs.values()):
            run.process_ends()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Run:
    """One response in the making."""

    def __init__(self, turn: Turn, exchange: Exchange, record: Record, ended: Callable[[], None]) -> None:
        """`ended` is called when all is done."""
        self.id, self.streams, self.state = turn.id, turn.asked.stream, turn.state
        self.task: asyncio.Task[None] | None = None
        self.over = False
        """It is finished, and kept."""
        self.charging: Charging | None = None
        self._turn, self._exchange, self._record, self._ended = turn, exchange, record, ended
        self._events: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self._message = ""  # why the process ended it
        self._first = cast(ResponsesStreamWriter, exchange.codec.stream_writer(exchange.head()))

    @property
    def _writer(self) -> ResponsesStreamWriter:
        return cast(ResponsesStreamWriter, self._exchange.writer or self._first)

    @property
    def policy(self) -> str:
        """Digest of the one that it began under, and ends under."""
        return self._record.policy.digest

    def snapshot(self) -> dict[str, Json]:
        """The response as far as it is released."""
        writer: KeptWriter = self._writer
        return writer.snapshot(writer.status)

    async def cancel(self) -> None:
        """End it, and wait until it is kept as cancelled. One that ends just now by itself stays as it is."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait((self.task,))

    def process_ends(self) -> None:
        """End it, since the process does."""
        self._message = self._message or MESSAGE
        if self.task is not None:
            self.task.cancel()

    async def follow(self, after: int) -> AsyncGenerator[bytes, None]:
        """Its events behind the one of this number, as they come."""
        at = after + 1
        while True:
            if at < len(self._events):
                upto = len(self._events)
                yield b"".join(self._events[at:upto])
                at = upto
            elif self.over:
                return
            else:
                await self._news.wait()

    # ------------------------------------------------------------------------------------------------ work

    async def work(self, ask: Ask) -> None:
        """Ask the upstream, guard what it says, keep it."""
        try:
            await self._relay(ask)
        except asyncio.CancelledError:
            if self._message:
                self._fail(self._message)
            elif self._writer.status == "in_progress":
                self._add(self._writer.stop())
        except (UpstreamError, WireError) as e:
            if self.charging is not None and e.code == UNREACHABLE:
                self.charging.failed()
            self._record.failed(e.code or "", upstream=isinstance(e, UpstreamError))
            self._fail(errors.sentence(str(e)))
        except Exception as e:
            internal_error(e, self._record.request_id)
            self._record.failed("internal_error")
            self._fail("guardproxy failed while guarding this reply.")
        finally:
            await self._finish()

    async def _relay(self, ask: Ask) -> None:
        codec = self._exchange.codec
        self._record.mark("read")
        self._record.mark("sent")
        answer = (await ask(self._record, codec.stream_type)).answer
        try:
            self._record.mark("first_in")
            if answer.status != 200:
                await self._refused(answer)
                return
            if answer.content_type != codec.stream_type:
                raise UpstreamError("the upstream sent no stream of events", code="upstream_invalid_response")
            async with aclosing(answer.chunks()) as chunks, aclosing(self._stream(chunks)) as events:
                async for data in events:
                    self._add(data)
        finally:
            self._record.mark("upstream_end")
            answer.close()

    def _stream(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        return cast("AsyncGenerator[bytes, None]", self._exchange.stream(chunks))

    async def _refused(self, answer: Answered) -> None:
        if self.charging is not None:
            self.charging.failed()
        data = await answer.head()
        self._record.failed(f"upstream_status_{answer.status}", upstream=True)
        _, body = await self._exchange.error(answer.status, data)
        self._fail(errors.message_of(parse_reply(body)))

    def _fail(self, message: str) -> None:
        """End it with an error, unless it has its end."""
        writer = self._writer
        if writer.status == "in_progress":
            self._add(writer.error(errors.error_object(message, status=500)) + writer.done())

    def _add(self, data: bytes) -> None:
        """More events. Raises UpstreamError where a stream becomes too long to be kept."""
        if self.streams and data:
            self._record.mark("first_out")
            self._events += wire.split(data)
            self._size += len(data)
            self._wake()
            if self._size > MAX_EVENTS and self._writer.status == "in_progress":
                message = f"the upstream's reply is larger than the {MAX_EVENTS} bytes of a stream that is kept"
                raise UpstreamError(message, code="upstream_reply_too_large")

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _finish(self) -> None:
        if self.charging is not None:
            self.charging.end(self._exchange.spent)
        kept = self._events if self.streams else None
        await _unhurried(self._turn.keep(self.snapshot(), events=kept))
        self._turn.close()
        self.over = True
        self._wake()
        await _unhurried(self._exchange.close())
        self._ended()


async def _unhurried(work: Any) -> Any:
    """Something that is done to its end although its task is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
    return task.result()
