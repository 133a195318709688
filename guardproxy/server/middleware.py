"""The guard as ASGI middleware: for an application that itself serves OpenAI-shaped routes.

    app.add_middleware(GuardMiddleware, policy="policies/")

Requests to the guarded routes, and what the application answers, pass the same engine as in the proxy. Everything else
reaches the application untouched: other routes, other methods, WebSockets, the lifespan.
"""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Final

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.inference.models import configure as configure_models
from guardproxy.library import build
from guardproxy.server.answered import GONE, answer_headers, answered
from guardproxy.server.closing import Closing
from guardproxy.server.destinations import Destination, Destinations
from guardproxy.server.edge import ASGI, Message, Receive, Request, Scope, Send
from guardproxy.server.endpoint import Endpoint
from guardproxy.server.inside import Inside
from guardproxy.server.line import LINE, Line
from guardproxy.server.routes import endpoints, paths
from guardproxy.server.snapshot import InForce, Snapshot
from guardproxy.telemetry import Journal, Metrics, Recorder, ids
from guardproxy.types import Json

_GUARDED: Final = "POST"


class _AnyModel:
    """The application knows its models."""

    def resolve(self, name: Json) -> None:
        return None

    called = resolve


@dataclass(slots=True)
class _Running:
    """What exists once the filters run."""

    policies: InForce
    routes: dict[str, Endpoint]
    recorder: Recorder
    closing: Closing


class GuardMiddleware:
    """Guards the routes of an application. `policy`: a file or a folder; empty for the shipped policy.

    `prefix` stands before the guarded routes, where the application has them elsewhere (`/api` for
    `/api/v1/chat/completions`). `settings` has the limits of bodies and replies and the decision log, which is off without
    it; its listeners, keys and upstream mean nothing here. The policy is read when the first request or the lifespan
    begins; a mistake in it raises ConfigError or ConfigErrors there, and nothing is served.
    """

    def __init__(
        self, app: ASGI, policy: str | File = "", *, prefix: str = "", settings: Settings | None = None
    ) -> None:
        self.app, self.policy = app, policy
        self.prefix = prefix and "/" + prefix.strip("/")
        self._paths = paths()
        if settings is not None:
            configure_models(settings.inference)
        self.settings = settings or Settings(decision_log="none")
        self.metrics = Metrics()
        self._lock = asyncio.Lock()
        self._running: _Running | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] != _GUARDED:
            await self.app(scope, receive, send)
            return
        path = next((p for p in self._readings(scope) if p in self._paths), None)
        if path is None:
            await self.app(scope, receive, send)
            return
        running = await self._start()
        await self._guarded(running.routes[path], running, scope, receive, send)

    def _readings(self, scope: Scope) -> Iterator[str]:
        """The path as an application's router may read it: what it could take for a guarded route is one.

        Where the application is mounted somewhere, the place may count or not.
        """
        whole, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
        for path in (whole, whole[len(root) :] if root and whole.startswith(root + "/") else whole):
            path = posixpath.normpath("/" + path.lstrip("/"))
            if path.startswith(self.prefix):
                yield path[len(self.prefix) :]

    # ------------------------------------------------------------------------------------------------ one request

    async def _guarded(self, route: Endpoint, running: _Running, scope: Scope, receive: Receive, send: Send) -> None:
        inside = Inside(self.app, scope, self.settings.limits.reply)
        watch = _Watch(receive)
        request = Request({**scope, LINE: watch.line}, watch.receive, send)
        path, recorder = route.codec.route, running.recorder
        lease = running.policies.lease()
        record = recorder.start(ids.new("req_"), path, lease.name)
        headers = answer_headers(record, lease.header, route.codec.id_headers)
        status = GONE
        self.metrics.in_flight.inc()
        try:
            serving = replace(route, upstreams=Destinations(Destination(inside))).serve(request, record, headers, lease)
            status = await answered(serving, request, record, headers, route.codec.error, running.closing)
        finally:
            self.metrics.in_flight.dec()
            record.finish(status)
            lease.release()
            watch.stop()
            await inside.ended()
        if inside.failure is not None:
            raise inside.failure  # the client has its answer; the server logs this as it logs every failure

    # ------------------------------------------------------------------------------------------------ lifespan

    async def _start(self) -> _Running:
        """The running guard. Raises ConfigError, ConfigErrors, and what a filter raises that can't start."""
        async with self._lock:
            if self._running is None:
                guard = await asyncio.to_thread(build, self.policy, held_limit=self.settings.limits.held)
                try:
                    await guard.start()
                except BaseException:
                    await guard.aclose()
                    raise
                self._running = self._made(guard)
            return self._running

    def _made(self, guard: Guard) -> _Running:
        policy, closing = guard.policy, Closing()
        journal = Journal.open(self.settings.decision_log, self.metrics.records_dropped.inc)
        self.metrics.policy.names = lambda: [(policy.name, policy.version, policy.digest)]
        nobody = Inside(self.app, {"type": "http", "headers": []}, 0)  # each request puts itself in its place
        routes = endpoints(self.settings, Destinations(Destination(nobody)), _AnyModel(), closing)
        recorder = Recorder(self.metrics, journal)
        return _Running(InForce(Snapshot.of_one(guard)), routes, recorder, closing)

    async def _stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            await running.policies.guard.aclose()
            if running.recorder.journal is not None:
                await asyncio.to_thread(running.recorder.journal.close)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start with the application and end with it. A guard that can't start keeps it from starting."""
        first = await receive()
        try:
            await self._start()
        except Exception as e:
            await send({"type": "lifespan.startup.failed", "message": f"guardproxy: {e}"})
            raise
        waiting = [first]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        try:
            await self.app(scope, again, send)
        finally:
            await self._stop()


class _Watch:
    """Reads a request's body for us, and then waits for its client to go."""

    def __init__(self, receive: Receive) -> None:
        self.line = Line()
        self._receive = receive
        self._task: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._task = asyncio.create_task(self._wait())
        return message

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.line.leave()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
