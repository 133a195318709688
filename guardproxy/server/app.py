"""The application: a table of exact paths, and around it what holds for every request. Nothing unlisted passes.

Plain ASGI: a framework's middleware would cost more than the guard's own work on a short reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.batches import BatchStore
from guardproxy.governance.caller import Grants
from guardproxy.governance.events import Recorder as AuditRecorder
from guardproxy.governance.events import Unrecorded
from guardproxy.governance.keys import Keyring
from guardproxy.server.authentication import Refused
from guardproxy.server.background import Background
from guardproxy.server.batches.desk import BatchDesk
from guardproxy.server.destinations import Destinations
from guardproxy.server.detectors import detectors
from guardproxy.server.edge import Headers, Receive, Reply, Request, Scope, Send, Shape
from guardproxy.server.front import Front
from guardproxy.server.health import Health
from guardproxy.server.models import Models
from guardproxy.server.quota import Quotas
from guardproxy.server.routes import endpoints
from guardproxy.server.snapshot import InForce, Lease
from guardproxy.server.state import State
from guardproxy.server.stored import StoredRoutes
from guardproxy.server.training import Visit, training_routes
from guardproxy.server.upstream import Upstream
from guardproxy.telemetry import Record, Recorder
from guardproxy.types import WireError
from guardproxy.wire.base import Codec
from guardproxy.wire.errors import openai

BASE = "/v1"
RESPONSES = "/v1/responses"
MODEL = "/v1/models/"
LISTS = (BASE + "/models", "/api/tags")
"""The list of models, as clients of either kind read it."""
Handler = Callable[[Request, Record, Headers, Lease], Awaitable[int]]


class App(Front):
    """The ASGI application of the first listener."""

    def __init__(
        self,
        settings: Settings,
        policies: InForce,
        upstream: Upstream,
        models: Models,
        recorder: Recorder,
        approvals: Approvals,
        state: State | None = None,
        keyring: Keyring | None = None,
        audit: AuditRecorder | None = None,
        quotas: Quotas | None = None,
        batch_store: BatchStore | None = None,
    ) -> None:
        super().__init__(settings, policies, recorder, keyring)
        self.models, self.health = models, Health(policies, models)
        self.state = state
        self.background = Background(settings.store.background, recorder, self.closing, self.trials) if state else None
        self.upstreams = Destinations.of(settings, upstream, audit)
        self.health.stands_in = self._stands_in
        self._quotas = quotas
        if quotas is not None and settings.models is None:
            quotas.known = models.known
        routes = endpoints(settings, self.upstreams, models, self.closing, approvals, quotas)
        routes[RESPONSES] = replace(routes[RESPONSES], state=state, background=self.background)
        self._stored = StoredRoutes(routes[RESPONSES], self.background)
        batches = self._batches(batch_store, upstream, {path: one.codec for path, one in routes.items()}, audit)
        self.training = training_routes(settings, upstream, approvals, self.closing, audit, batches, models)
        finders = self._finders = detectors(settings, self.closing)
        self._guarded: dict[str, Handler] = {path: one.serve for path, one in routes.items()}
        self._guarded |= {path: one.serve for path, one in finders.items()}
        self._id_headers = {path: one.codec.id_headers for path, one in routes.items()}
        # the errors of an interface are in its shape, for paths beside its own too: the longest beginning counts
        places: list[tuple[str, Shape]] = [(path, one.codec.error) for path, one in routes.items()]
        places += [(path.rpartition("/")[0] + "/", shape) for path, shape in reversed(places)]
        places += [(path, one.shape) for path, one in finders.items()]
        self._shapes: dict[str, Shape] = dict(sorted(places, key=lambda p: -len(p[0])))
        self._open: dict[str, Callable[[], Awaitable[Reply]]] = {
            "/healthz": self._alive,
            "/health": self._filtering,
            "/readyz": self.health.ready,
        }
        recorder.metrics.gauge("background_responses", "Responses in the making in the background.", self._running)

    def _batches(
        self, store: BatchStore | None, upstream: Upstream, codecs: dict[str, Codec], audit: AuditRecorder | None
    ) -> BatchDesk | None:
        """What batches share, where there are any."""
        if store is None:
            return None
        shared = (self.settings, upstream, self.models, self.recorder, self.trials, codecs)
        return BatchDesk(*shared, store, self._quotas, audit or Unrecorded(), self._changed)

    async def _changed(self, visit: Visit) -> WireError | None:
        """Why what began a while ago may not go on. A key that has expired meanwhile was good for it."""
        now = self.policies.snapshot.of(visit.caller.tenant).guard.policy.digest
        if now != visit.lease.guard.policy.digest:
            return WireError("The policy has changed meanwhile; begin again.", status=409, code="policy_changed")
        admission = await self._doorkeeper.admit(visit.request)
        if admission.caller != visit.caller and admission.reason != "expired":
            message = "This key is not what it was when this began."
            return Refused(message, status=401, code="invalid_api_key", reason=admission.reason or "changed")
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"guardproxy serves HTTP, not {scope['type']}")
        request = Request(scope, receive, send)
        if (status := self._open.get(request.path)) is not None and scope["method"] in ("GET", "HEAD"):
            await request.reply(await status())
            return
        route = self._route(request.path)
        await self._recorded(request, route, journalled=route != "other")

    def _route(self, path: str) -> str:
        """The name of a path for metrics and records: one of a few."""
        if path.startswith(MODEL):
            return MODEL + "{id}"
        if path in self._guarded or path in LISTS:
            return path
        return self._stored.route(path) or self.training.route(path) or "other"

    def _shape(self, path: str) -> Shape:
        known = self._shapes.get(path)
        return known or next((shape for place, shape in self._shapes.items() if path.startswith(place)), openai)

    def _ids(self, path: str) -> tuple[bytes, ...]:
        return self._id_headers.get(path, super()._ids(path))

    async def _serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        path, method = request.path, request.scope["method"]
        handler = self._guarded.get(path)
        if handler is None and self.training.route(path) is not None and self._stored.route(path) is None:
            self._doorkeeper.check(request, record.route)
            self._check_crowd()
            return await self.training.serve(request, record, headers, lease)
        stored = handler is None and self._stored.route(path) is not None
        if handler is None and record.route == "other":
            raise self._not_found(path)
        if not stored and method != ("GET" if handler is None else "POST") and (handler or method != "HEAD"):
            verb = "GET" if handler is None else "POST"
            raise WireError(f"This path takes {verb}, not {method[:16]}.", status=405, code="method_not_allowed")
        self._doorkeeper.check(request, record.route)
        self._check_crowd()
        if stored:
            handler = self._stored.serve
        elif self._quotas is not None and path in self._finders:
            charging = await self._quotas.one(request.caller, record)
            headers = (*headers, *charging.headers)
        if handler is not None:
            return await handler(request, record, headers, lease)
        return await self._models(request, path, headers, request.caller.grants)

    async def _models(self, request: Request, path: str, headers: Headers, grants: Grants) -> int:
        async with self.closing.bounds():
            if path.startswith(MODEL):
                reply = await self.models.one(path.removeprefix(MODEL), grants.model)
            else:
                reply = await (
                    self.models.listing(grants.model) if path == LISTS[0] else self.models.tags(grants.model)
                )
        await request.reply(Reply(reply.status, reply.body, headers))
        return reply.status

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return self.background.tasks if self.background else []

    def _stands_in(self) -> str:
        one = self.upstreams.stand_in(self.upstreams.main)
        return "" if one is None else one.name

    def _running(self) -> int:
        return len(self.background.runs) if self.background else 0

    async def _alive(self) -> Reply:
        return self.health.alive()

    async def _filtering(self) -> Reply:
        """For who uses the detectors: they need the filters and no upstream."""
        return self.health.filtering()

    def _not_found(self, path: str) -> WireError:
        if path in self._open:
            return WireError("This path takes GET.", status=405, code="method_not_allowed")
        kept = [] if self.state is None else ["what docs/responses.md names below /v1/responses and /v1/conversations"]
        lists = [*(f"GET {p}" for p in LISTS), f"GET {MODEL}{{id}}", *(f"GET {p}" for p in self._open)]
        there = ", ".join([*(f"POST {p}" for p in self._guarded), *lists, *kept])
        return WireError(
            f"There is nothing here: nothing passes guardproxy unguarded. It has {there}.", status=404, code="not_found"
        )
