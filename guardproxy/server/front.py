"""What holds for every request of a listener that guards: it is counted, recorded and always answered."""

from __future__ import annotations

import abc
from contextlib import suppress

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.server import closing
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Doorkeeper, Gone, Headers, Receive, Reply, Request, Scope, Send, Shape, error_reply
from guardproxy.server.endpoint import GONE
from guardproxy.server.health import Health
from guardproxy.telemetry import Record, Recorder
from guardproxy.telemetry.log import internal_error
from guardproxy.types import UpstreamError, WireError
from guardproxy.wire.errors import openai


class Front(abc.ABC):
    """Base of the applications that guard. A subclass says what is served (`_serve`) and how errors look (`_shape`)."""

    def __init__(self, settings: Settings, guard: Guard, recorder: Recorder) -> None:
        self.settings, self.guard, self.recorder = settings, guard, recorder
        self.closing = Closing()
        self._doorkeeper = Doorkeeper(settings)
        self._in_flight = 0
        self._policy = guard.policy.digest[:12].encode()

    health: Health

    @abc.abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    @abc.abstractmethod
    async def _serve(self, request: Request, record: Record, headers: Headers) -> int:
        """Answer; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""

    def _shape(self, path: str) -> Shape:
        """How errors on this path are written."""
        return openai

    def _check_crowd(self) -> None:
        if self._in_flight > self.settings.limits.requests:
            raise WireError("guardproxy serves too many requests now; try again.", status=503, code="busy")

    async def _recorded(self, request: Request, record: Record) -> None:
        metrics, status = self.recorder.metrics, GONE
        self._in_flight += 1
        metrics.in_flight.inc()
        try:
            status = await self._answered(request, record)
        finally:
            self._in_flight -= 1
            metrics.in_flight.dec()
            record.finish(status)

    async def _answered(self, request: Request, record: Record) -> int:
        """Serve, and turn what went wrong into an answer. Returns the status."""
        headers = self._headers(record)
        try:
            return await self._serve(request, record, headers)
        except Gone:
            record.failed(closing.CODE if self.closing.now else "client_gone")
            return GONE
        except (WireError, UpstreamError) as e:
            record.failed(e.code or "invalid_request", upstream=isinstance(e, UpstreamError))
            return await self._say(request, error_reply(e, headers, self._shape(request.path)))
        except Exception as e:
            internal_error(e, record.request_id)
            record.failed("internal_error")
            broken = WireError("guardproxy failed; the request may be repeated.", status=500, code="internal_error")
            return await self._say(request, error_reply(broken, headers, self._shape(request.path)))

    async def _say(self, request: Request, reply: Reply) -> int:
        if not request.started:
            with suppress(Gone):
                await request.reply(reply)
        return reply.status

    def _headers(self, record: Record) -> Headers:
        return (
            (b"x-request-id", record.request_id.encode()),
            (b"x-guardproxy-decision", record.decision_id.encode()),
            (b"x-guardproxy-policy", self._policy),
        )
