"""What holds for every request of a listener that guards: it is counted, recorded and always answered."""

from __future__ import annotations

import abc
import asyncio

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.server.answered import GONE, answer_headers, answered
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Doorkeeper, Headers, Receive, Request, Scope, Send, Shape
from guardproxy.server.health import Health
from guardproxy.telemetry import Record, Recorder
from guardproxy.types import WireError
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

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What goes on although no client waits for it."""
        return []

    @abc.abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    @abc.abstractmethod
    async def _serve(self, request: Request, record: Record, headers: Headers) -> int:
        """Answer; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""

    def _shape(self, path: str) -> Shape:
        """How errors on this path are written."""
        return openai

    def _ids(self, path: str) -> tuple[bytes, ...]:
        """Headers that carry the request's id on this path."""
        return (b"x-request-id",)

    def _check_crowd(self) -> None:
        if self._in_flight > self.settings.limits.requests:
            raise WireError("guardproxy serves too many requests now; try again.", status=503, code="busy")

    async def _recorded(self, request: Request, record: Record) -> None:
        metrics, status = self.recorder.metrics, GONE
        self._in_flight += 1
        metrics.in_flight.inc()
        try:
            headers = answer_headers(record, self._policy, self._ids(request.path))
            serving = self._serve(request, record, headers)
            status = await answered(serving, request, record, headers, self._shape(request.path), self.closing)
        finally:
            self._in_flight -= 1
            metrics.in_flight.dec()
            record.finish(status)
