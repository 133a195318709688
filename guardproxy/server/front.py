"""What holds for every request of a listener that guards: it is counted, recorded and always answered."""

from __future__ import annotations

import abc
import asyncio
from typing import TYPE_CHECKING

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.governance.caller import ANYBODY
from guardproxy.governance.keys import Keyring
from guardproxy.server.answered import GONE, answer_headers, answered
from guardproxy.server.authentication import Doorkeeper, keyring_of
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Headers, Receive, Request, Scope, Send, Shape
from guardproxy.server.health import Health
from guardproxy.server.snapshot import InForce, Lease
from guardproxy.server.trials import Trials
from guardproxy.telemetry import Record, Recorder, ids
from guardproxy.types import WireError
from guardproxy.wire.errors import openai

if TYPE_CHECKING:
    from guardproxy.governance.keys.tokens import Tokens


class Front(abc.ABC):
    """Base of the applications that guard. A subclass says what is served (`_serve`) and how errors look (`_shape`)."""

    def __init__(
        self, settings: Settings, policies: InForce, recorder: Recorder, keyring: Keyring | None = None
    ) -> None:
        """`keyring`: started; None for the keys of the environment alone."""
        self.settings, self.policies, self.recorder = settings, policies, recorder
        self.closing = Closing()
        self._doorkeeper = Doorkeeper(settings, keyring or keyring_of(settings))
        self._in_flight = 0
        self.trials = Trials(recorder.metrics)
        limit = policies.guard.held  # one for all policies, old and new ones
        recorder.metrics.gauge("held_characters", "Characters that replies hold back now.", lambda: limit.now)

    health: Health

    @property
    def guard(self) -> Guard:
        """The one in force now, of the default policy. A request asks its lease instead."""
        return self.policies.guard

    @property
    def tokens(self) -> Tokens | None:
        """What checks tokens of identity providers, here and on the second listener."""
        return self._doorkeeper.tokens

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What goes on although no client waits for it."""
        return []

    async def aclose(self) -> None:
        """Behind the last request."""
        await self._doorkeeper.aclose()
        await self.trials.aclose()

    @abc.abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    @abc.abstractmethod
    async def _serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
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

    async def _recorded(self, request: Request, route: str, *, journalled: bool) -> None:
        """Serve under the policy that is in force now for whoever asks, whatever is put in force meanwhile."""
        request_id = ids.new("req_")
        request.admission = await self._doorkeeper.admit(request)
        caller = request.caller = request.admission.caller or ANYBODY
        lease = self.policies.lease(request_id, caller.tenant)
        record = self.recorder.start(
            request_id, route, lease.name, journalled=journalled, tenant=caller.tenant, key=caller.key
        )
        metrics, status = self.recorder.metrics, GONE
        self._in_flight += 1
        metrics.in_flight.inc()
        try:
            headers = answer_headers(record, lease.header, self._ids(request.path), lease.incidents)
            serving = self._serve(request, record, headers, lease)
            status = await answered(serving, request, record, headers, self._shape(request.path), self.closing)
        finally:
            self._in_flight -= 1
            metrics.in_flight.dec()
            self.trials.finish(record, status, lease)
