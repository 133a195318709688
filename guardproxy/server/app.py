"""The application: a table of exact paths, and around it what holds for every request. Nothing unlisted passes.

Plain ASGI: a framework's middleware would cost more than the guard's own work on a short reply.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.server import closing
from guardproxy.server.background import Background
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Doorkeeper, Gone, Headers, Receive, Reply, Request, Scope, Send, Shape, error_reply
from guardproxy.server.endpoint import GONE, Endpoint
from guardproxy.server.health import Health
from guardproxy.server.models import Models
from guardproxy.server.state import State
from guardproxy.server.stored import StoredRoutes
from guardproxy.server.upstream import Upstream
from guardproxy.telemetry import Record, Recorder, ids
from guardproxy.telemetry.log import internal_error
from guardproxy.types import UpstreamError, WireError
from guardproxy.wire.dialects import codecs
from guardproxy.wire.errors import openai

BASE = "/v1"
RESPONSES = "/v1/responses"
MODEL = "/v1/models/"
LISTS = (BASE + "/models", "/api/tags")
"""The list of models, as clients of either kind read it."""
Handler = Callable[[Request, Record, Headers], Awaitable[int]]


class App:
    """The ASGI application of the first listener."""

    def __init__(
        self,
        settings: Settings,
        guard: Guard,
        upstream: Upstream,
        models: Models,
        recorder: Recorder,
        state: State | None = None,
    ) -> None:
        self.settings, self.guard, self.recorder = settings, guard, recorder
        self.models, self.health = models, Health(guard, models)
        self.closing = Closing()
        self._doorkeeper = Doorkeeper(settings)
        self._in_flight = 0
        self._policy = guard.policy.digest[:12].encode()
        extra = frozenset(settings.parameters)
        dialects = codecs(extra)
        self.state = state
        self.background = Background(settings.store.background, upstream, recorder, self.closing) if state else None
        endpoints = {
            codec.route: Endpoint(codec, settings, guard, upstream, models, self.closing) for codec in dialects
        }
        kept = replace(endpoints[RESPONSES], state=state, background=self.background)
        self._stored = StoredRoutes(kept, self.background)
        # the errors of an interface are in its shape, for paths beside its own too: the longest beginning counts
        places = [(codec.route, codec) for codec in dialects]
        places += [(codec.route.rpartition("/")[0] + "/", codec) for codec in reversed(dialects)]
        self._shapes: dict[str, Shape] = {
            place: codec.error for place, codec in sorted(places, key=lambda p: -len(p[0]))
        }
        self._id_headers = {codec.route: codec.id_headers for codec in dialects}
        self._guarded: dict[str, Handler] = {
            route: endpoint.serve for route, endpoint in {**endpoints, RESPONSES: kept}.items()
        }
        self._open: dict[str, Callable[[], Awaitable[Reply]]] = {"/healthz": self._alive, "/readyz": self.health.ready}
        recorder.metrics.gauge("background_responses", "Responses in the making in the background.", self._running)
        recorder.metrics.gauge("held_characters", "Characters that replies hold back now.", lambda: guard.held.now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"guardproxy serves HTTP, not {scope['type']}")
        request = Request(scope, receive, send)
        if (status := self._open.get(request.path)) is not None and scope["method"] in ("GET", "HEAD"):
            await request.reply(await status())
            return
        route = self._route(request.path)
        journalled = route in self._guarded or self._stored.route(request.path) is not None
        record = self.recorder.start(ids.new("req_"), route, journalled=journalled)
        await self._recorded(request, record)

    def _route(self, path: str) -> str:
        """The name of a path for metrics and records: one of a few."""
        if path.startswith(MODEL):
            return MODEL + "{id}"
        if path in self._guarded or path in LISTS:
            return path
        return self._stored.route(path) or "other"

    def _shape(self, path: str) -> Shape:
        """The shape of errors that clients of this path read."""
        return next((shape for place, shape in self._shapes.items() if path.startswith(place)), openai)

    # ------------------------------------------------------------------------------------------------ one request

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
        headers = self._headers(record, request.path)
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

    def _headers(self, record: Record, path: str) -> Headers:
        names = self._id_headers.get(path, (b"x-request-id",))
        return (
            *((name, record.request_id.encode()) for name in names),
            (b"x-guardproxy-decision", record.decision_id.encode()),
            (b"x-guardproxy-policy", self._policy),
        )

    async def _serve(self, request: Request, record: Record, headers: Headers) -> int:
        path, method = request.path, request.scope["method"]
        handler = self._guarded.get(path)
        stored = handler is None and self._stored.route(path) is not None
        if handler is None and record.route == "other":
            raise self._not_found(path)
        if not stored and method != ("GET" if handler is None else "POST") and (handler or method != "HEAD"):
            verb = "GET" if handler is None else "POST"
            raise WireError(f"This path takes {verb}, not {method[:16]}.", status=405, code="method_not_allowed")
        self._doorkeeper.check(request)
        if self._in_flight > self.settings.limits.requests:
            raise WireError("guardproxy serves too many requests now; try again.", status=503, code="busy")
        if stored:
            handler = self._stored.serve
        if handler is not None:
            return await handler(request, record, headers)
        return await self._models(request, path, headers)

    async def _models(self, request: Request, path: str, headers: Headers) -> int:
        async with self.closing.bounds():
            if path.startswith(MODEL):
                reply = await self.models.one(path.removeprefix(MODEL))
            else:
                reply = await (self.models.listing() if path == LISTS[0] else self.models.tags())
        await request.reply(Reply(reply.status, reply.body, headers))
        return reply.status

    def _running(self) -> int:
        return len(self.background.runs) if self.background else 0

    async def _alive(self) -> Reply:
        return self.health.alive()

    def _not_found(self, path: str) -> WireError:
        if path in self._open:
            return WireError("This path takes GET.", status=405, code="method_not_allowed")
        there = ", ".join([*(f"POST {p}" for p in self._guarded), *(f"GET {p}" for p in LISTS), f"GET {MODEL}{{id}}"])
        return WireError(
            f"There is nothing here: nothing passes guardproxy unguarded. It has {there}.", status=404, code="not_found"
        )
