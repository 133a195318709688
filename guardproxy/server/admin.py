"""The second listener: metrics, health, approvals and the console, on loopback unless the settings say otherwise.

Host and Origin are checked, or any web page that a developer opens could read it through the browser. With an admin key
everything below `/admin` wants it, and the console asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.routing import Route, Router

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.events import AuditUnavailable
from guardproxy.server import approving
from guardproxy.server.auditing import unavailable
from guardproxy.server.authentication import Refused
from guardproxy.server.console import PREFIX as CONSOLE
from guardproxy.server.console import Access, Console
from guardproxy.server.console.access import VISITOR, Visitor
from guardproxy.server.edge import JSON, Hosts, Receive, Reply, Request, Scope, Send, error_reply
from guardproxy.server.health import Health
from guardproxy.server.incidents import Incidents
from guardproxy.server.incidents import allows as about_incidents
from guardproxy.server.incidents import routes as incident_routes
from guardproxy.server.reload import Reloader
from guardproxy.server.rights import check, sees
from guardproxy.telemetry import Metrics
from guardproxy.telemetry.log import logger
from guardproxy.types import Json, WireError
from guardproxy.wire.json import dump, parse

ADMIN = "/admin/"
APPROVALS = ADMIN + "approvals"
POLICY = ADMIN + "policy"
RELOAD = POLICY + "/reload"
MAX_BODY = 4096
"""Bytes of a decision."""


class AdminApp:
    """The ASGI application of the second listener. Starlette routes it: here comfort counts, not microseconds."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        health: Health,
        approvals: Approvals | None = None,
        policies: Reloader | None = None,
        console: Console | None = None,
        incidents: Incidents | None = None,
        more: Sequence[Route] = (),
    ) -> None:
        """`approvals`: None where no reply ever waits for a person; `policies`: None where they never change; `more`: routes of
        other parts."""
        self._access = console.access if console is not None else Access(settings)
        self._access.refused = self._refused
        self._console = console
        self._hosts = Hosts((settings.admin.host, *settings.admin.hosts), "admin.hosts")
        self._metrics, self._health, self._kept = metrics, health, approvals
        self._paths = {"/metrics": self._scrape, "/healthz": self._alive, "/readyz": self._ready}
        if approvals is not None:
            self._paths[APPROVALS] = self._list
        self._policies = policies
        if policies is not None:
            self._paths[POLICY] = self._policy
        routes = [Route(path, answer, methods=["GET"]) for path, answer in self._paths.items()]
        if policies is not None:
            routes.append(Route(RELOAD, self._reload, methods=["POST"]))
        if approvals is not None:
            routes.append(Route(APPROVALS + "/{id}", self._show, methods=["GET"]))
            routes.append(Route(APPROVALS + "/{id}", self._decide, methods=["POST"]))
        self._incidents = incidents is not None
        if incidents is not None:
            routes += incident_routes(incidents)
        self._more = {route.path: route.methods or set() for route in more}
        if policies is not None:
            self._more[RELOAD] = {"POST"}
        self._router = Router([*routes, *more])

    @property
    def _approvals(self) -> Approvals:
        assert self._kept is not None  # without it none of its routes is there
        return self._kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"guardproxy serves HTTP, not {scope['type']}")
        request = Request(scope, receive, send)
        try:
            self._hosts.check(request)
            if self._console is not None and (request.path == CONSOLE or request.path.startswith(CONSOLE + "/")):
                await self._console(scope, receive, send)
                return
            if request.path.startswith(ADMIN):
                visitor = await self._access.check_program(StarletteRequest(scope))
                check(visitor.caller, scope["method"], request.path)
                scope[VISITOR] = visitor
            self._check(request)
        except WireError as e:
            self._refused(e)
            await request.reply(error_reply(e))
        else:
            try:
                await self._router(scope, receive, send)
            except WireError as e:
                await request.reply(error_reply(e))

    async def _scrape(self, request: StarletteRequest) -> Response:
        for name, one in (await self._health.checks()).items():
            self._metrics.ready.of(name).set(bool(one["ok"]))
        body, kind = self._metrics.exposition(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": kind})

    async def _alive(self, request: StarletteRequest) -> Response:
        return _response(self._health.alive())

    async def _ready(self, request: StarletteRequest) -> Response:
        return _response(await self._health.ready())

    # ------------------------------------------------------------------------------------------------ policy

    async def _policy(self, request: StarletteRequest) -> Response:
        """Which policies are in force, and what came of the last load."""
        assert self._policies is not None
        return _json(self._policies.status())

    async def _reload(self, request: StarletteRequest) -> Response:
        """Load what the files say now. 422 where they can't be put in force; the body tells why."""
        assert self._policies is not None
        try:
            reports = await self._policies.reload(_visitor(request).actor)
        except AuditUnavailable as e:
            raise unavailable(e) from None
        failed = any(report.result == "failure" for report in reports)
        return _json(self._policies.status(), 422 if failed else 200)

    # ------------------------------------------------------------------------------------------------ approvals

    async def _list(self, request: StarletteRequest) -> Response:
        """Everything that waits or was decided, `?kind=` and `?status=` of it, without what is kept beside what is shown."""
        kind, status = request.query_params.get("kind"), request.query_params.get("status")
        found = await self._approvals.listing()
        found = [one for one in found if sees(_visitor(request).caller, one.tenant)]
        wanted = [one for one in found if kind in (None, one.kind) and status in (None, one.status)]
        return _json({"approvals": [approving.shown(one) for one in wanted]})

    async def _show(self, request: StarletteRequest) -> Response:
        one = await approving.seen(self._approvals, request.path_params["id"], _visitor(request).caller)
        return _json(approving.shown(one))

    async def _decide(self, request: StarletteRequest) -> Response:
        """Say yes or no: `{"decision": "approve", "by": "jane", "comment": "asked the customer"}`."""
        visitor, id = _visitor(request), request.path_params["id"]
        said = approving.said(parse(await _body(request)), visitor.voter)
        await approving.seen(self._approvals, id, visitor.caller)
        return _json(approving.shown(await approving.decide(self._approvals, id, said)))

    # ------------------------------------------------------------------------------------------------ who may come in

    def _refused(self, error: WireError) -> None:
        """Here are no decision records: who may not do something is counted, and told in the process log."""
        if isinstance(error, Refused):
            self._metrics.access_refused.of(error.reason).inc()
            logger.warning("the second listener has refused somebody: %s", error.reason)

    def _check(self, request: Request) -> None:
        """Refuse what is not there, in OpenAI's error shape."""
        one = request.path.startswith(APPROVALS + "/") and "/" not in request.path.removeprefix(APPROVALS + "/")
        one = one and self._kept is not None
        others = self._more.get(request.path)
        if others is not None and request.scope["method"] not in others:
            verb = "POST" if "POST" in others else "GET"
            raise WireError(f"This path takes {verb}.", status=405, code="method_not_allowed")
        if others is not None or (self._incidents and about_incidents(request.path, request.scope["method"])):
            return
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


def _visitor(request: StarletteRequest) -> Visitor:
    visitor: Visitor = request.scope[VISITOR]
    return visitor


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, {"content-type": reply.content_type.decode()})


def _json(value: Json, status: int = 200) -> Response:
    return Response(dump(value), status, headers={"content-type": "application/json", "cache-control": "no-store"})


async def _body(request: StarletteRequest) -> bytes:
    """A small body. Raises WireError."""
    out = b""
    async for piece in request.stream():
        out += piece
        if len(out) > MAX_BODY:
            raise WireError(f"A decision has at most {MAX_BODY} bytes.", status=413, code="request_too_large")
    return out
