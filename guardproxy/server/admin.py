"""The second listener: metrics and health for operators, on loopback unless the settings say otherwise.

Host and Origin are checked, or any web page that a developer opens could read it through the browser.
"""

from __future__ import annotations

from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.routing import Route, Router

from guardproxy.config import Settings
from guardproxy.server.edge import Hosts, Receive, Reply, Request, Scope, Send, error_reply
from guardproxy.server.health import Health
from guardproxy.telemetry import Metrics
from guardproxy.types import WireError


class AdminApp:
    """The ASGI application of the second listener. Starlette routes it: here comfort counts, not microseconds."""

    def __init__(self, settings: Settings, metrics: Metrics, health: Health) -> None:
        self._hosts = Hosts((settings.admin.host, *settings.admin.hosts), "admin.hosts")
        self._metrics, self._health = metrics, health
        self._paths = {"/metrics": self._scrape, "/healthz": self._alive, "/readyz": self._ready}
        self._router = Router([Route(path, answer, methods=["GET"]) for path, answer in self._paths.items()])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"guardproxy serves HTTP, not {scope['type']}")
        request = Request(scope, receive, send)
        try:
            self._check(request)
        except WireError as e:
            await request.reply(error_reply(e))
        else:
            await self._router(scope, receive, send)

    async def _scrape(self, request: StarletteRequest) -> Response:
        for name, check in (await self._health.checks()).items():
            self._metrics.ready.of(name).set(bool(check["ok"]))
        body, kind = self._metrics.exposition(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": kind})

    async def _alive(self, request: StarletteRequest) -> Response:
        return _response(self._health.alive())

    async def _ready(self, request: StarletteRequest) -> Response:
        return _response(await self._health.ready())

    def _check(self, request: Request) -> None:
        """Refuse strangers' hosts and pages, and what is not there, in OpenAI's error shape."""
        self._hosts.check(request)
        if request.path not in self._paths:
            message = "There is nothing here. It has GET /metrics, /healthz and /readyz."
            raise WireError(message, status=404, code="not_found")
        if request.scope["method"] not in ("GET", "HEAD"):
            raise WireError("This path takes GET.", status=405, code="method_not_allowed")


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, {"content-type": reply.content_type.decode()})
