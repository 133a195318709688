"""What all that deals with batches shares, and one line's exchange with its record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from guardproxy.config import Settings
from guardproxy.governance.batches import BatchesUnavailable, BatchFile, BatchStore, Kind, Owner
from guardproxy.governance.caller import Caller, Role
from guardproxy.governance.events import AuditUnavailable, Event, Recorder, Unrecorded
from guardproxy.server.auditing import unavailable
from guardproxy.server.authentication import Refused, check_model
from guardproxy.server.exchange import Exchange
from guardproxy.server.models import Models
from guardproxy.server.quota import Quotas
from guardproxy.server.trials import Trials
from guardproxy.server.upstream import Upstream
from guardproxy.telemetry import Record
from guardproxy.telemetry import Recorder as Telemetry
from guardproxy.types import Channel, Direction, Facts, Json, Origin, WireError
from guardproxy.types import Role as OfText
from guardproxy.wire.base import Codec
from guardproxy.wire.batches import PURPOSE, RESULTS, URLS
from guardproxy.wire.embeddings import Embeddings
from guardproxy.wire.files import file_object

if TYPE_CHECKING:
    from guardproxy.server.training import Visit

REQUEST: Final = "batch_request"
"""Route in metrics and records of a line of requests."""
REPLY: Final = "batch_reply"
"""The same of a line of results."""
TOGETHER: Final = 16
"""Lines that are read side by side, where a model reads them."""


@dataclass(slots=True)
class Lined:
    """One line on its way: its exchange, and its record with the status that it ends with."""

    exchange: Exchange
    record: Record
    status: int = 400

    def failed(self, error: WireError) -> None:
        """It is refused."""
        self.status = error.status
        self.record.failed(error.code or "invalid_request")
        if isinstance(error, Refused):
            self.record.refused(error.reason)


async def _nothing(visit: Visit) -> WireError | None:
    return None


@dataclass(slots=True)
class BatchDesk:
    """Shared by all requests. Start it before use, and close it."""

    settings: Settings
    upstream: Upstream
    models: Models
    telemetry: Telemetry
    trials: Trials
    codecs: dict[str, Codec]
    """By path."""
    store: BatchStore
    quotas: Quotas | None = None
    events: Recorder = field(default_factory=Unrecorded)
    changed: Callable[[Visit], Awaitable[WireError | None]] = _nothing
    """Why what began a while ago may not go on: its policy is not in force any more, or its key not what it was."""

    def at_once(self, visit: Visit) -> int:
        """How many lines are read side by side: models take many texts together; patterns only keep others waiting."""
        guard, tenant = visit.lease.guard, visit.caller.tenant
        origins = (Origin(Direction.REQUEST, OfText.USER), Origin(Direction.RESPONSE, OfText.ASSISTANT, Channel.FINAL))
        facts = (Facts("batch", origin, (), tenant, route=url) for origin in origins for url in URLS)
        return 1 if all(guard.quiet(one, "") for one in facts) else TOGETHER

    def guess(self, url: str, body: dict[str, Any], size: int) -> tuple[int, int]:
        """Tokens of a request and of its reply, for quotas; none where there are none."""
        if self.quotas is None:
            return 0, 0
        return self.quotas.guess(body, size, reply=not isinstance(self.codecs[url], Embeddings))

    async def tell(self, action: str, caller: Caller, subject: str, **details: Json) -> None:
        """Write down what happened. What can't be written down doesn't happen."""
        event = Event(f"batch.{action}", caller.key or "anybody", subject, caller.tenant, details)
        try:
            await self.events.record(event)
        except AuditUnavailable as e:
            raise unavailable(e) from None

    @asynccontextmanager
    async def line(self, visit: Visit, route: str, url: str, request: str, created: int) -> AsyncIterator[Lined]:
        """The exchange of one line, under the policy that its file is read under; recorded at the end like any request.

        `route`: REQUEST or REPLY; `request`: the request's id; `created`: seconds since 1970."""
        lease, caller, codec = visit.lease.share(), visit.caller, self.codecs[url]
        record = self.telemetry.start(request, route, lease.name, tenant=caller.tenant, key=caller.key)
        exchange = Exchange(
            lease.guard,
            codec,
            request_id=request,
            route=codec.route,
            observer=lease.observer(record),
            head_id=codec.prefix + request.removeprefix("req_"),
            caller=caller,
            refused=record.refused,
            languages=visit.request.languages,
            show_scores=self.settings.moderation_scores,
            created=created,
        )
        one = Lined(exchange, record)
        try:
            yield one
        finally:
            record.model = exchange.model
            await exchange.close()
            self.trials.finish(record, one.status, lease)


def desk_of(visit: Visit) -> BatchDesk:
    """Raises WireError where there are no batches."""
    if visit.desk.batches is None:
        raise WireError("Batches are not guarded here; this is refused.", status=403, code="refused_by_guardproxy")
    return visit.desk.batches


def owner_of(visit: Visit) -> Owner:
    """Batches belong to the key that made them: what it may see is what their results may say."""
    return Owner(visit.caller.tenant, visit.caller.key)


def rights_of(caller: Caller) -> str:
    """A digest of what somebody has a right to."""
    return hashlib.sha256(json.dumps(asdict(caller.grants), sort_keys=True).encode()).hexdigest()


def check_rights(visit: Visit, file: BatchFile) -> None:
    """Whether this caller may have the replies to these requests now, as for a request that comes now: its key's paths and
    models, and whether the model may serve. Raises WireError."""
    if not visit.caller.grants.route(file.url):
        raise Refused("This key may not use this path.", status=403, code="route_not_allowed", reason="route")
    check_model(visit.caller, file.model)
    desk_of(visit).models.resolve(file.model)


def check_role(visit: Visit, role: Role) -> None:
    """Raises Refused. Files are for two roles: who sends requests, and who trains models."""
    if not visit.caller.may(role):
        raise Refused(
            f"This key does not have the role '{role}', which a file for this purpose needs.",
            status=403, code="role_not_allowed", reason="role",
        )  # fmt: skip


async def file_of(visit: Visit, id: str) -> BatchFile | None:
    """A file of the caller's, where it is one of batches. Raises WireError."""
    batches = visit.desk.batches
    if batches is None or not visit.caller.may(Role.CALLER):
        return None
    try:
        return await batches.store.file(owner_of(visit), id)
    except BatchesUnavailable as e:
        raise unusable(e) from None


@contextmanager
def storing() -> Iterator[None]:
    """What fails with the store, as the error that a client is told."""
    try:
        yield
    except BatchesUnavailable as e:
        raise unusable(e) from None


def unusable(error: BatchesUnavailable) -> WireError:
    """What a client is told when the store fails."""
    return WireError(f"guardproxy's store failed: {error}.", status=503, code="store_failed")


def shown(one: BatchFile) -> dict[str, Json]:
    """A file for its owner."""
    known = {"id": one.id, "filename": one.filename, "bytes": one.bytes, "created_at": one.created_at}
    return file_object(known, "processed", None, PURPOSE if one.kind is Kind.INPUT else RESULTS)
