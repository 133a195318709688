"""The second listener: metrics and health for operators, on loopback unless the settings say otherwise.

Host and Origin are checked, or any web page that a developer opens could read it through the browser.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from guardproxy.config import Settings, is_loopback
from guardproxy.server.edge import Receive, Reply, Request, Scope, Send, error_reply
from guardproxy.server.health import Health
from guardproxy.telemetry import Metrics
from guardproxy.types import WireError


class AdminApp:
    """The ASGI application of the second listener."""

    def __init__(self, settings: Settings, metrics: Metrics, health: Health) -> None:
        self._hosts = frozenset(h.lower() for h in (settings.admin.host, *settings.admin.hosts))
        self._metrics, self._health = metrics, health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"guardproxy serves HTTP, not {scope['type']}")
        request = Request(scope, receive, send)
        try:
            reply = await self._answer(request)
        except WireError as e:
            reply = error_reply(e)
        await request.reply(reply)

    async def _answer(self, request: Request) -> Reply:
        self._check(request)
        if request.path not in ("/metrics", "/healthz", "/readyz"):
            message = "There is nothing here. It has GET /metrics, /healthz and /readyz."
            raise WireError(message, status=404, code="not_found")
        if request.scope["method"] not in ("GET", "HEAD"):
            raise WireError("This path takes GET.", status=405, code="method_not_allowed")
        if request.path == "/healthz":
            return self._health.alive()
        if request.path == "/readyz":
            return await self._health.ready()
        body, kind = self._metrics.exposition(request.headers.get(b"accept", b"").decode("latin-1"))
        return Reply(200, body, content_type=kind.encode())

    def _check(self, request: Request) -> None:
        host = request.headers.get(b"host", b"").decode("latin-1")
        if not self._welcome("//" + host, any_host="*" in self._hosts):
            message = "This listener does not answer to that Host; add it to admin.hosts."
            raise WireError(message, status=403, code="host_not_allowed")
        origin = request.headers.get(b"origin")
        if origin is not None and not self._welcome(origin.decode("latin-1"), any_host=False):
            message = "This listener does not answer pages of that Origin; add its host to admin.hosts."
            raise WireError(message, status=403, code="origin_not_allowed")

    def _welcome(self, url: str, *, any_host: bool) -> bool:
        try:
            name = (urlsplit(url).hostname or "").lower()
        except ValueError:
            return False
        return any_host or is_loopback(name) or (bool(name) and name in self._hosts)
