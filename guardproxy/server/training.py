"""Fine-tuning through guardproxy: files, uploads and jobs, each under its own path, by its owner alone.

A file is scanned as it comes in and held until the verdict; the upstream gets it when it may be used, and a job names files of
ours only. What would tune or change a model past this, at backends that offer it, is refused by name.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qs

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.approvals.store import GUARDPROXY
from guardproxy.governance.caller import Caller
from guardproxy.governance.events import AuditUnavailable, Event, Recorder, Unrecorded
from guardproxy.governance.training.database import Database
from guardproxy.governance.training.ledger import Ledger, ledger_of
from guardproxy.governance.training.records import Busy, Changed, Full, TrainingFile
from guardproxy.server.auditing import unavailable
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Headers, Reply, Request
from guardproxy.server.models import Models
from guardproxy.server.presence import Presence
from guardproxy.server.snapshot import Lease
from guardproxy.server.upstream import Upstream
from guardproxy.telemetry import Record
from guardproxy.telemetry.log import logger
from guardproxy.types import GuardproxyError, Json, WireError
from guardproxy.wire.json import dump, parse

if TYPE_CHECKING:
    from guardproxy.server.batches.desk import BatchDesk

_ID: Final = r"((?!\.{1,2}(?:/|$))[A-Za-z0-9_.:-]{1,128})"
FILES, UPLOADS, JOBS = "/v1/files", "/v1/uploads", "/v1/fine_tuning/jobs"
BATCHES: Final = "/v1/batches"
ROUTES: Final = (
    FILES, FILES + "/{id}", FILES + "/{id}/content",
    UPLOADS, UPLOADS + "/{id}/parts", UPLOADS + "/{id}/complete", UPLOADS + "/{id}/cancel",
    JOBS, JOBS + "/{id}", JOBS + "/{id}/cancel", JOBS + "/{id}/pause", JOBS + "/{id}/resume", JOBS + "/{id}/events",
    JOBS + "/{id}/checkpoints",
)  # fmt: skip
BATCH_FILES: Final = tuple(route for route in ROUTES if route.startswith((FILES, UPLOADS)))
BATCH_ROUTES: Final = (BATCHES, BATCHES + "/{id}", BATCHES + "/{id}/cancel")
"""Those that there are with `batches: path:`, besides the files and uploads of ROUTES."""
REFUSED: Final[Mapping[str, str]] = {
    "/v1/fine_tuning/checkpoints/": "Checkpoints are shared with nobody",
    "/v1/fine_tuning/alpha/": "Graders are run by jobs alone",
    "/v1/load_lora_adapter": "No adapter is loaded past guardproxy",
    "/v1/unload_lora_adapter": "No adapter is unloaded past guardproxy",
    "/v1/batches": "Batches are not guarded",
    "/v1/evals": "Evals are not guarded",
    "/v1/assistants": "Assistants are not guarded",
    "/v1/vector_stores": "Vector stores are not guarded",
    "/api/create": "No model is made past guardproxy",
    "/api/pull": "No model is fetched past guardproxy",
    "/api/push": "No model is sent elsewhere past guardproxy",
    "/api/copy": "No model gets another name past guardproxy",
    "/api/delete": "No model is deleted past guardproxy",
    "/api/blobs": "No weights are stored past guardproxy",
}
"""Beginnings of paths that would tune, load or move a model, or read files, at some backend; and why not."""
SWEEP: Final = 60.0
"""Seconds between two looks for what has expired."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What all of these routes share."""

    settings: Settings
    upstream: Upstream
    approvals: Approvals
    closing: Closing
    ledger: Ledger | None
    """None: there is no folder for files, so nothing is tuned."""
    events: Recorder = field(default_factory=Unrecorded)
    batches: BatchDesk | None = None
    """None: batches are refused."""
    models: Models | None = None
    """Which ones may be tuned, and what the upstream calls them; None: any, as the client says."""

    @property
    def kept(self) -> Ledger:
        """Raises WireError where nothing is tuned."""
        if self.ledger is None:
            message = "Nothing is tuned here; the operator has to name a folder for training files (`training: path:`)."
            raise WireError(message, status=403, code="training_refused")
        return self.ledger

    async def known(self, work: Callable[[Database], _T]) -> _T:
        """Read or write the ledger. Raises WireError."""
        ledger = self.kept
        try:
            return await ledger.do(work)
        except Full as e:
            raise WireError(f"There is no room: {e}.", status=503, code="overloaded") from None
        except Changed as e:
            logger.error("the ledger of training files: %s", e)
            raise WireError(f"{str(e).capitalize()}.", status=500, code="training_record_changed") from None
        except GuardproxyError as e:
            logger.error("the ledger of training files: %s", e)
            raise unreadable() from None

    async def tell(self, action: str, caller: Caller, subject: str, **details: Json) -> None:
        """Write down what happened. What can't be written down doesn't happen."""
        event = Event(f"training.{action}", caller.key or "anybody", subject, caller.tenant, details)
        try:
            await self.events.record(event)
        except AuditUnavailable as e:
            raise unavailable(e) from None

    async def sweep(self) -> None:
        """Remove what has expired, and what ended processes have left. Raises GuardproxyError."""
        if self.ledger is None:
            return
        now = self.ledger.clock()
        for id in await self.ledger.do(lambda db: db.overdue(now)):
            with suppress(Busy), self.ledger.handling(id):
                await self._expired(id, now)
        for id in await self.ledger.do(lambda db: db.late(now)):
            with suppress(Busy), self.ledger.handling(id):
                await self._ended(id, now)
        await self.ledger.tidy()

    async def _expired(self, id: str, now: float) -> None:
        one = await self.kept.do(lambda db: db.file(id))
        if one is None or one.upstream:
            return
        details: dict[str, Json] = {"digest": one.digest, "standing": one.standing.value}
        await self.events.record(Event("training.file_expired", GUARDPROXY, id, one.tenant, details))
        await self.kept.do(lambda db: db.remove(id, expired=now))
        self.kept.discard(id)

    async def _ended(self, id: str, now: float) -> None:
        one = await self.kept.do(lambda db: db.upload(id))
        if one is None:
            return
        details: dict[str, Json] = {"bytes": one.bytes, "came": sum(one.parts.values())}
        await self.events.record(Event("training.upload_expired", GUARDPROXY, id, one.tenant, details))
        parts = await self.kept.do(lambda db: db.closed(id, expired=now))
        self.kept.discard(id, *(parts or ()))


def unreadable() -> WireError:
    return WireError("What is known of training files can't be used now; try again.", status=503, code="overloaded")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to one of these routes."""

    desk: Desk
    request: Request
    record: Record
    headers: Headers
    lease: Lease
    caller: Caller
    id: str = ""
    """Of what the path names."""

    async def body(self) -> dict[str, Any]:
        return parse(await self.request.body(self.desk.settings))

    @property
    def query(self) -> dict[str, str]:
        found = parse_qs(self.request.scope.get("query_string", b"").decode("latin-1"), max_num_fields=16)
        return {name: values[0] for name, values in found.items()}

    async def file(self, id: str, param: str | None = None) -> TrainingFile:
        """A file of the caller's tenant. Raises WireError 404: what is somebody else's is not there."""
        tenant = self.caller.tenant
        one = await self.desk.known(lambda db: db.file(id))
        if one is None or one.tenant != tenant:
            gone = await self.desk.known(lambda db: db.expired(id, tenant))
            message = f"There is no file {id[:128]!r}{' any more: it has waited for too long' * gone}."
            raise WireError(message, status=404, code="file_not_found", param=param)
        return one


Handler = Callable[[Visit], Awaitable[Json]]


class TrainingRoutes:
    """The table of these routes."""

    def __init__(self, desk: Desk) -> None:
        from guardproxy.server import doors, files, jobs, uploads  # they know Visit
        from guardproxy.server.batches import files as batch_files
        from guardproxy.server.batches import orders

        self.desk = desk
        self._handlers: dict[tuple[str, str], Handler] = {**files.HANDLERS, **uploads.HANDLERS, **jobs.HANDLERS}
        if desk.batches is not None:
            self._handlers |= {**batch_files.HANDLERS, **orders.HANDLERS}
        for door in desk.settings.training.doors:
            self._handlers |= doors.DOORS[door]
        self._patterns = {route: re.compile(route.replace("{id}", _ID)) for route, _ in self._handlers}

    def route(self, path: str) -> str | None:
        """The name of a path's route, if it is one of these or refused by name."""
        matching = (route for route, pattern in self._patterns.items() if pattern.fullmatch(path))
        return next(matching, None) or self.refused(path)

    @staticmethod
    def refused(path: str) -> str | None:
        """The beginning of a path that is refused by name."""
        return next((one for one in REFUSED if path == one.rstrip("/") or path.startswith(one.rstrip("/") + "/")), None)

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        """Answer; returns the status. Raises WireError; UpstreamError; Gone."""
        route, caller = record.route, request.caller
        if route in REFUSED and route not in self._patterns:
            await self.desk.tell("refused", caller, route)
            raise WireError(f"{REFUSED[route]}; this is refused.", status=403, code="refused_by_guardproxy")
        handler = self._handlers.get((route, request.scope["method"]))
        if handler is None:
            verbs = " and ".join(method for one, method in self._handlers if one == route)
            raise WireError(f"This path takes {verbs}.", status=405, code="method_not_allowed")
        match = self._patterns[route].fullmatch(request.path)
        assert match is not None
        visit = Visit(self.desk, request, record, headers, lease, caller, (*match.groups(), "")[0])
        return await Presence(request, self.desk.closing).during(self._answer(handler, visit))

    @staticmethod
    async def _answer(handler: Handler, visit: Visit) -> int:
        body = await handler(visit)
        if visit.request.started:  # what is long went out by pieces
            return visit.request.status
        await visit.request.reply(Reply(200, dump(body), visit.headers))
        return 200


def training_routes(
    settings: Settings,
    upstream: Upstream,
    approvals: Approvals,
    closing: Closing,
    events: Recorder | None,
    batches: BatchDesk | None = None,
    models: Models | None = None,
) -> TrainingRoutes:
    """The routes with what they share. Raises ConfigError where files would be written in clear, and nobody said so, or where
    a door can't be opened."""
    from guardproxy.server import doors  # they know Visit

    doors.check(settings)
    ledger = ledger_of(settings) if settings.training.path else None
    desk = Desk(settings, upstream, approvals, closing, ledger, events or Unrecorded(), batches=batches, models=models)
    return TrainingRoutes(desk)


@asynccontextmanager
async def keeping(desk: Desk) -> AsyncIterator[None]:
    """Until the end of the block files are kept, and removed when they have expired. Raises ConfigError."""
    if desk.ledger is None:
        yield
        return
    await desk.ledger.start()
    sweeping = asyncio.create_task(_sweeping(desk))
    try:
        yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        await desk.ledger.aclose()


async def _sweeping(desk: Desk) -> None:
    while True:
        try:
            await desk.sweep()
        except (GuardproxyError, OSError) as e:  # nothing is lost: it is looked at again
            logger.error("training files that have expired can't be removed: %s", e)
        await asyncio.sleep(SWEEP)
