"""The second listener: metrics, health and approvals for operators, on loopback unless the settings say otherwise.

Host and Origin are checked, or any web page that a developer opens could read it through the browser.
"""

from __future__ import annotations

import re

from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.routing import Route, Router

from guardproxy.config import Settings
from guardproxy.engine.approvals import Approvals, Decided, UnknownApproval
from guardproxy.server import approving
from guardproxy.server.edge import JSON, Hosts, Receive, Reply, Request, Scope, Send, error_reply
from guardproxy.server.health import Health
from guardproxy.telemetry import Metrics
from guardproxy.types import Json, WireError
from guardproxy.wire.json import dump, parse

APPROVALS = "/admin/approvals"
MAX_BODY = 4096
"""Bytes of a decision."""
_DECISIONS = {"approve": True, "deny": False}
_BY = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


class AdminApp:
    """The ASGI application of the second listener. Starlette routes it: here comfort counts, not microseconds."""

    def __init__(
        self, settings: Settings, metrics: Metrics, health: Health, approvals: Approvals | None = None
    ) -> None:
        """`approvals`: None where no reply ever waits for a person."""
        self._hosts = Hosts((settings.admin.host, *settings.admin.hosts), "admin.hosts")
        self._metrics, self._health, self._kept = metrics, health, approvals
        self._paths = {"/metrics": self._scrape, "/healthz": self._alive, "/readyz": self._ready}
        if approvals is not None:
            self._paths[APPROVALS] = self._list
        routes = [Route(path, answer, methods=["GET"]) for path, answer in self._paths.items()]
        if approvals is not None:
            routes.append(Route(APPROVALS + "/{id}", self._show, methods=["GET"]))
            routes.append(Route(APPROVALS + "/{id}", self._decide, methods=["POST"]))
        self._router = Router(routes)

    @property
    def _approvals(self) -> Approvals:
        assert self._kept is not None  # without it none of its routes is there
        return self._kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"guardproxy serves HTTP, not {scope['type']}")
        request = Request(scope, receive, send)
        try:
            self._check(request)
        except WireError as e:
            await request.reply(error_reply(e))
        else:
            try:
                await self._router(scope, receive, send)
            except WireError as e:
                await request.reply(error_reply(e))

    async def _scrape(self, request: StarletteRequest) -> Response:
        for name, check in (await self._health.checks()).items():
            self._metrics.ready.of(name).set(bool(check["ok"]))
        body, kind = self._metrics.exposition(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": kind})

    async def _alive(self, request: StarletteRequest) -> Response:
        return _response(self._health.alive())

    async def _ready(self, request: StarletteRequest) -> Response:
        return _response(await self._health.ready())

    # ------------------------------------------------------------------------------------------------ approvals

    async def _list(self, request: StarletteRequest) -> Response:
        """Every reply that waits or was decided, without what it says beside its calls."""
        return _json({"approvals": [approving.shown(one) for one in await self._approvals.listing()]})

    async def _show(self, request: StarletteRequest) -> Response:
        try:
            return _json(approving.shown(await self._approvals.get(request.path_params["id"])))
        except UnknownApproval:
            raise _no_approval() from None

    async def _decide(self, request: StarletteRequest) -> Response:
        """Say yes or no: `{"decision": "approve", "by": "jane"}`."""
        approve, by = _decision(parse(await _body(request)))
        try:
            before = await self._approvals.get(request.path_params["id"])
            decided = await self._approvals.decide(before.id, approve=approve, by=by)
        except UnknownApproval:
            raise _no_approval() from None
        except Decided as e:
            raise WireError(f"Somebody decided before: {e}.", status=409, code="approval_decided") from None
        if before.decided is None:
            self._metrics.approvals.of(decided.status.value).inc()
        return _json(approving.shown(decided))

    # ------------------------------------------------------------------------------------------------ who may come in

    def _check(self, request: Request) -> None:
        """Refuse strangers' hosts and pages, and what is not there, in OpenAI's error shape."""
        self._hosts.check(request)
        one = request.path.startswith(APPROVALS + "/") and "/" not in request.path.removeprefix(APPROVALS + "/")
        one = one and self._kept is not None
        if request.path not in self._paths and not one:
            *first, last = self._paths
            message = f"There is nothing here. It has GET {', '.join(first)} and {last}."
            raise WireError(message, status=404, code="not_found")
        method = request.scope["method"]
        if method not in ("GET", "HEAD") and not (one and method == "POST"):
            takes = "GET and POST" if one else "GET"
            raise WireError(f"This path takes {takes}.", status=405, code="method_not_allowed")
        if method == "POST" and request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != JSON:
            raise WireError("Send the decision as application/json.", status=415, code="unsupported_media_type")


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, {"content-type": reply.content_type.decode()})


def _json(value: Json) -> Response:
    return Response(dump(value), headers={"content-type": "application/json", "cache-control": "no-store"})


async def _body(request: StarletteRequest) -> bytes:
    """A small body. Raises WireError."""
    out = b""
    async for piece in request.stream():
        out += piece
        if len(out) > MAX_BODY:
            raise WireError(f"A decision has at most {MAX_BODY} bytes.", status=413, code="request_too_large")
    return out


def _decision(body: dict[str, Json]) -> tuple[bool, str]:
    """(approve, who decided). Raises WireError."""
    if unknown := sorted(set(body) - {"decision", "by"}):
        raise WireError(f"A decision has `decision` and `by`, and no {unknown[0][:64]!r}.")
    decision, by = body.get("decision"), body.get("by")
    if not isinstance(decision, str) or decision not in _DECISIONS:
        raise WireError("`decision` is 'approve' or 'deny'.", param="decision")
    if not isinstance(by, str) or not _BY.fullmatch(by):
        raise WireError("`by` says who decides, in 1 to 200 characters.", param="by")
    return _DECISIONS[decision], by


def _no_approval() -> WireError:
    return WireError("There is no such approval; it may have expired.", status=404, code="approval_not_found")
