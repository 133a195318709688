"""Incidents of a process that serves: what the store says is in force here within a moment, and who may see and change it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from guardproxy.amounts import duration
from guardproxy.config import Settings
from guardproxy.governance.events import AuditUnavailable
from guardproxy.governance.incidents import Incident, IncidentRefused, IncidentStore, UnknownIncident, Wanted
from guardproxy.governance.incidents.rows import Rows, SqliteRows, StoreFailed
from guardproxy.governance.incidents.store import ADMIN
from guardproxy.server.auditing import unavailable
from guardproxy.server.console.access import VISITOR, Visitor
from guardproxy.server.reload import Reloader
from guardproxy.telemetry.log import logger
from guardproxy.types import ConfigError, Json, WireError
from guardproxy.wire.json import dump, parse

INTERVAL: Final = 0.25
"""Seconds between two looks at the store."""
PATH: Final = "/admin/incidents"
MAX_BODY: Final = 4096
_T = TypeVar("_T")


def rows_of(settings: Settings) -> Rows:
    """Where the settings keep incidents. Raises ConfigError."""
    if not settings.incidents.redis:
        return SqliteRows(settings.incidents.path)
    from guardproxy.governance.incidents.redis import of

    return of(settings)


class Incidents:
    """Keeps what is in force here as the store says. Start it before anything serves, and close it."""

    def __init__(self, store: IncidentStore, policies: Reloader) -> None:
        self._store, self._policies = store, policies
        self.now: list[Incident] = []
        """Those that are open."""
        self._applied: tuple[str, ...] = ()
        self.trouble = ""
        """Why what is open is not in force; empty where it is."""
        self._overdue = ""
        self._lock = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Put in force what is open. Raises ConfigError where that can't be: nothing may serve without it."""
        await self._store.start()
        await self._look()
        if self.trouble:
            raise ConfigError(f"an incident is open, and its pack can't be put in force: {self.trouble}")
        for one in self.now:
            logger.warning("incident %s is open: its pack %r stands above every policy", one.id, one.pack)
        self._following = asyncio.create_task(self._follow())

    async def aclose(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self._store.aclose()

    # ------------------------------------------------------------------------------------------------ in force

    async def _follow(self) -> None:
        said = ""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self._look()
                trouble = self.trouble or self._overdue
            except (StoreFailed, AuditUnavailable) as e:  # what is in force stays so
                trouble = str(e)
            if trouble and trouble != said:  # once, not four times a second
                logger.error("incidents: %s", trouble)
            said = trouble

    async def _look(self) -> None:
        """Do as the store says."""
        async with self._lock:
            try:
                await self._store.expire()
                self._overdue = ""
            except AuditUnavailable as e:
                self._overdue = f"one whose time is over stays open, since its end can't be written down: {e}"
            self.now = await self._store.open()
            ids = tuple(one.id for one in self.now)
            if ids == self._applied:
                return
            packs = tuple(dict.fromkeys(one.pack for one in self.now))
            report = await self._policies.layer(packs, ",".join(ids).encode())
            self.trouble = "; ".join(report.problems) if report.result == "failure" else ""
            if report.result in ("success", "unchanged"):
                self._applied = ids

    async def open(self, wanted: Wanted, actor: str = ADMIN) -> Incident:
        """Open one: its pack is in force here when this returns. Raises IncidentRefused, StoreFailed, AuditUnavailable."""
        wanted = wanted.checked()
        packs = tuple(dict.fromkeys((*(one.pack for one in self.now), wanted.pack)))
        if problems := await self._policies.try_layer(packs):
            raise IncidentRefused(f"pack {wanted.pack!r} does not go above the policies: {'; '.join(problems)}")
        one = await self._store.begin(wanted, actor)
        await self._look()
        if self.trouble:
            raise StoreFailed(f"incident {one.id} is open and not in force yet: {self.trouble}")
        return one

    async def close(self, id: str, by: str, actor: str = ADMIN) -> Incident:
        """Close one: the policies are what they were when this returns."""
        one = await self._store.end(id, by, actor)
        await self._look()
        return one

    async def all(self) -> list[Incident]:
        return await self._store.all()

    def shown(self) -> list[Json]:
        """For health: no reasons and no names."""
        return [{"id": one.id, "pack": one.pack, "expires": one.expires} for one in self.now]

    # ------------------------------------------------------------------------------------------------ what people send

    async def listing(self) -> list[Incident]:
        """`all`, its errors as answers."""
        return await _answered(self.all())

    async def asked_to_open(self, said: Mapping[str, Json], visitor: Visitor | None) -> Incident:
        """Open what somebody asks for. Raises WireError."""
        return await _answered(self.open(_wanted(_by(said, visitor)), _actor(visitor)))

    async def asked_to_close(self, id: str, said: Mapping[str, Json], visitor: Visitor | None) -> Incident:
        """Close one, as somebody asks. Raises WireError."""
        return await _answered(self.close(id, _text(_by(said, visitor), "by", ("by",)), _actor(visitor)))


# ---------------------------------------------------------------------------------------------------- second listener


def routes(incidents: Incidents) -> list[Route]:
    """`GET` and `POST /admin/incidents`, and `POST /admin/incidents/{id}/close`."""

    async def listing(request: Request) -> Response:
        return _json({"incidents": [one.shown() for one in await incidents.listing()]})

    async def opened(request: Request) -> Response:
        one = await incidents.asked_to_open(parse(await _body(request)), request.scope.get(VISITOR))
        return _json(one.shown(), 201)

    async def closed(request: Request) -> Response:
        said = parse(await _body(request))
        one = await incidents.asked_to_close(request.path_params["id"], said, request.scope.get(VISITOR))
        return _json(one.shown())

    return [
        Route(PATH, listing, methods=["GET"]),
        Route(PATH, opened, methods=["POST"]),
        Route(PATH + "/{id}/close", closed, methods=["POST"]),
    ]


def allows(path: str, method: str) -> bool:
    """Whether it is a request to incidents. Raises WireError 405 where the method is wrong."""
    if path == PATH:
        if method not in ("GET", "HEAD", "POST"):
            raise WireError("This path takes GET and POST.", status=405, code="method_not_allowed")
        return True
    inner = path.removeprefix(PATH + "/").removesuffix("/close")
    if not (path.startswith(PATH + "/") and path.endswith("/close") and inner and "/" not in inner):
        return False
    if method != "POST":
        raise WireError("This path takes POST.", status=405, code="method_not_allowed")
    return True


def _actor(visitor: Visitor | None) -> str:
    """As events name who asks."""
    return ADMIN if visitor is None else visitor.actor


def _by(said: Mapping[str, Json], visitor: Visitor | None) -> Mapping[str, Json]:
    """What somebody sends, by whom: where people have keys of their own, the key says it."""
    return said if visitor is None or visitor.voter is None else {**said, "by": visitor.voter.name}


async def _answered(work: Awaitable[_T]) -> _T:
    """What it gives, its errors as answers."""
    try:
        return await work
    except UnknownIncident as e:
        raise WireError(str(e), status=404, code="incident_not_found") from None
    except IncidentRefused as e:
        raise WireError(str(e), status=422, code="incident_refused") from None
    except StoreFailed as e:
        raise WireError(str(e), status=503, code="incidents_unavailable") from None
    except AuditUnavailable as e:
        raise unavailable(e) from None


def _wanted(body: Mapping[str, Json]) -> Wanted:
    names = ("pack", "reason", "for", "by")
    try:
        seconds = duration(_text(body, "for", names))
    except ValueError as e:
        raise WireError(f"`for`: {e}", param="for") from None
    pack, reason, by = (_text(body, name, names) for name in ("pack", "reason", "by"))
    return Wanted(pack, reason, seconds, by)


def _text(body: Mapping[str, Json], name: str, known: tuple[str, ...]) -> str:
    if unknown := sorted(set(body) - set(known)):
        raise WireError(f"There are {', '.join(known)}, and no {unknown[0][:64]!r}.")
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise WireError(f"`{name}` is a text, and missing.", param=name)
    return value


def _json(value: Json, status: int = 200) -> Response:
    return Response(dump(value), status, headers={"content-type": "application/json", "cache-control": "no-store"})


async def _body(request: Request) -> bytes:
    # a page of another port of this machine can send other types without asking first
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise WireError("Send it as application/json.", status=415, code="unsupported_media_type")
    out = b""
    async for piece in request.stream():
        out += piece
        if len(out) > MAX_BODY:
            raise WireError(f"This takes at most {MAX_BODY} bytes.", status=413, code="request_too_large")
    return out
