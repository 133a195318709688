"""The application before tool servers: a route for each of a fixed table. Nothing unlisted passes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from guardproxy.config import Settings
from guardproxy.governance.events import Recorder as AuditRecorder
from guardproxy.governance.incidents import IncidentStore
from guardproxy.governance.keys import Keyring
from guardproxy.server.admin import AdminApp
from guardproxy.server.auditing import auditing, seal_decisions, told
from guardproxy.server.authentication import keyring_of
from guardproxy.server.edge import Headers, Hosts, Receive, Request, Scope, Send, Shape
from guardproxy.server.front import Front
from guardproxy.server.health import Health
from guardproxy.server.incidents import Incidents, rows_of
from guardproxy.server.reload import Reloader
from guardproxy.server.run import console_of, recording
from guardproxy.server.snapshot import InForce, Lease
from guardproxy.telemetry import Metrics, Record, Recorder
from guardproxy.tools.endpoint import McpEndpoint, error_shape
from guardproxy.tools.http import HttpEndpoint
from guardproxy.tools.server import ToolServer
from guardproxy.tools.sse import SseEndpoint
from guardproxy.types import WireError
from guardproxy.wire.errors import openai

Endpoint: TypeAlias = McpEndpoint | SseEndpoint | HttpEndpoint
_KINDS: Final[dict[str, type[McpEndpoint] | type[SseEndpoint] | type[HttpEndpoint]]] = {
    "mcp": McpEndpoint,
    "sse": SseEndpoint,
    "http": HttpEndpoint,
}


class ToolsApp(Front):
    """The ASGI application of the listener for tools."""

    def __init__(
        self,
        settings: Settings,
        policies: InForce,
        servers: Mapping[str, ToolServer],
        recorder: Recorder,
        keyring: Keyring | None = None,
    ) -> None:
        super().__init__(settings, policies, recorder, keyring)
        self.health = Health(policies, None)
        self._hosts = Hosts((settings.listen.host, *settings.tools.hosts), "tools.hosts")
        self.endpoints = [
            _KINDS[target.kind](name, servers[name], settings, self.closing)
            for name, target in settings.tools.servers.items()
        ]
        self._routes: dict[str, Endpoint] = {route: one for one in self.endpoints for route in one.routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"guardproxy serves HTTP, not {scope['type']}")
        request = Request(scope, receive, send)
        if request.path in ("/healthz", "/readyz") and scope["method"] in ("GET", "HEAD"):
            await request.reply(self.health.alive() if request.path == "/healthz" else await self.health.ready())
            return
        known = request.path in self._routes
        await self._recorded(request, request.path if known else "other", journalled=known)

    def _shape(self, path: str) -> Shape:
        return openai if isinstance(self._routes.get(path), HttpEndpoint | None) else error_shape

    async def _serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        endpoint, method = self._routes.get(request.path), request.scope["method"]
        self._hosts.check(request)
        if endpoint is None:
            there = ", ".join(sorted(self._routes))
            message = f"There is nothing here: nothing passes guardproxy unguarded. It has {there}."
            raise WireError(message, status=404, code="not_found")
        if method not in endpoint.methods:
            raise WireError(f"This path does not take {method[:16]}.", status=405, code="method_not_allowed")
        self._doorkeeper.check(request, record.route)
        self._check_crowd()
        return await endpoint.serve(request, record, headers, lease)


@dataclass(slots=True)
class ToolsService:
    """Everything that serves, started. Made by `tools_service`."""

    app: ToolsApp
    admin: AdminApp
    metrics: Metrics


@contextlib.asynccontextmanager
async def tools_service(settings: Settings, policies: Reloader) -> AsyncIterator[ToolsService]:
    """Start the filters and a client for each tool server; close all at the end. Needs a running event loop."""
    metrics = Metrics()
    async with auditing(settings, metrics) as audit, _tools_service(settings, policies, metrics, audit) as running:
        yield running


@contextlib.asynccontextmanager
async def _tools_service(
    settings: Settings, policies: Reloader, metrics: Metrics, audit: AuditRecorder
) -> AsyncIterator[ToolsService]:
    keys = settings.tool_keys
    recorder = recording(settings, policies, metrics)
    servers = {n: ToolServer(settings, t.url, keys.get(n)) for n, t in settings.tools.servers.items()}
    keyring = keyring_of(settings)
    incidents = Incidents(IncidentStore(rows_of(settings), audit), policies)
    metrics.gauge("incidents_open", "Incidents that are open.", lambda: len(incidents.now))
    try:
        await keyring.start()
        policies.recorded(audit)
        seal_decisions(audit, recorder.journal, settings)
        await policies.start()
        await incidents.start()
        app = ToolsApp(settings, policies.in_force, servers, recorder, keyring)
        app.health.incidents, app.health.in_force = incidents.shown, lambda: incidents.trouble
        console = console_of(settings, policies, recorder, keyring=keyring, incidents=incidents, tokens=app.tokens)
        console.recorder = audit
        try:
            admin = AdminApp(settings, metrics, app.health, policies=policies, console=console, incidents=incidents)
            async with told(settings, audit, "tools"):
                yield ToolsService(app, admin, metrics)
        finally:
            await console.aclose()
            await app.aclose()
    finally:
        await incidents.aclose()
        await policies.aclose()
        for one in servers.values():
            await one.aclose()
        await keyring.aclose()
        recorder.close()
