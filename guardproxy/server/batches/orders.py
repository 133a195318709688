"""`/v1/batches`: only of files that passed here, under the policy that is in force, each seen by its owner alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from guardproxy.engine import Inspector
from guardproxy.governance.batches import Batch, BatchesUnavailable, BatchFile, Kind
from guardproxy.server.batches.desk import check_rights, desk_of, owner_of, rights_of, unusable
from guardproxy.server.batches.taking import PREFIX
from guardproxy.server.output import Spent
from guardproxy.server.training import BATCHES, Handler, Visit
from guardproxy.telemetry import ids
from guardproxy.types import Direction, Json, Origin, Outcome, Role, UpstreamError, WireError
from guardproxy.wire import batches as wire
from guardproxy.wire.files import listing
from guardproxy.wire.json import dump, parse_reply

_SAID: Final = Origin(Direction.RESPONSE, Role.TOOL)
"""What an upstream says of its batches: nobody knows who wrote it."""
_LIST: Final = 20
_MOST: Final = 100
_T = TypeVar("_T")


async def create(visit: Visit) -> Json:
    """POST /v1/batches."""
    desk, order = desk_of(visit), wire.order(await visit.body())
    file = await _input(visit, order)
    visit.record.model = file.model
    try:
        _check(visit, order, file)
    except WireError as e:
        await desk.tell("denied", visit.caller, file.id, code=e.code or "", digest=file.digest)
        raise
    told: dict[str, Json] = {"digest": file.digest, "requests": file.requests, "url": file.url}
    await desk.tell("allowed", visit.caller, file.id, **told)
    async with _charged(visit, file):
        sent = {"input_file_id": file.upstream, "endpoint": file.url, "completion_window": wire.WINDOW}
        reply = await _upstream(visit, "POST", BATCHES, dump(sent))
        try:
            upstream = wire.id_of(reply)
        except ValueError:
            raise _no_batch() from None
    now, owner = int(time.time()), owner_of(visit)
    one = Batch(ids.new("batch_"), owner, now, upstream, file.id, file.url, order.metadata)
    await _kept(desk.store.begun(one))
    await desk.tell("created", visit.caller, one.id, file=file.id, **told)
    return await _shown(visit, reply, one)


@asynccontextmanager
async def _charged(visit: Visit, file: BatchFile) -> AsyncIterator[None]:
    """Take what a batch needs of quotas, as guessed; no tokens where the upstream doesn't take it. Raises OverQuota."""
    desk = desk_of(visit)
    if desk.quotas is None:
        yield
        return
    model = desk.models.called(file.model) or file.model
    charging = await desk.quotas.batch(visit.caller, model, file.requests, file.tokens, visit.record)
    try:
        yield
        charging.asked(model)
    finally:
        charging.end(Spent())


async def _kept(work: Awaitable[_T]) -> _T:
    """What the store does. Raises WireError where it can't."""
    try:
        return await work
    except BatchesUnavailable as e:
        raise unusable(e) from None


async def _input(visit: Visit, order: wire.Order) -> BatchFile:
    file = await _kept(desk_of(visit).store.file(owner_of(visit), order.file))
    if file is None or file.kind is not Kind.INPUT:
        message = f"There is no file {order.file[:128]!r} of requests."
        raise WireError(message, status=404, code="file_not_found", param="input_file_id")
    return file


def _check(visit: Visit, order: wire.Order, file: BatchFile) -> None:
    """Whether this caller may have these requests answered now. Raises WireError."""
    if file.policy != visit.lease.guard.policy.digest:
        message = f"The policy has changed since file {file.id!r} was read; upload it again."
        raise WireError(message, status=409, code="batch_file_outdated", param="input_file_id")
    if order.url != file.url:
        raise WireError("`endpoint` must be the `url` of the file's lines.", param="endpoint")
    check_rights(visit, file)
    if file.rights != rights_of(visit.caller):  # tools, say
        message = f"What this key may do has changed since file {file.id!r} was read; upload it again."
        raise WireError(message, status=409, code="batch_file_outdated", param="input_file_id")


# ---------------------------------------------------------------------------------------------------- upstream


async def _upstream(visit: Visit, method: str, path: str, body: bytes | None = None) -> Json:
    """The upstream's answer. Its errors are told by their status: their texts may say anything."""
    answer = await desk_of(visit).upstream.send(method, path, body)
    try:
        data = await (answer.read() if answer.status == 200 else answer.head())
    finally:
        answer.close()
    if answer.status in (404, 405, 501) and path == BATCHES:
        raise WireError("The upstream runs no batches.", status=501, code="batches_not_supported")
    if answer.status != 200:
        code = f"upstream_status_{answer.status}"
        visit.record.failed(code, upstream=True)
        status = answer.status if answer.status < 500 else 502
        raise WireError("The upstream refuses this.", status=status, code=code)
    try:
        return parse_reply(data)
    except WireError as e:
        raise UpstreamError(str(e), code="upstream_invalid_response") from None


def _no_batch() -> UpstreamError:
    return UpstreamError("the upstream answered with no batch", code="upstream_invalid_response")


async def _shown(visit: Visit, reply: Json, one: Batch) -> dict[str, Json]:
    """A batch for its owner, as the upstream tells it. Raises UpstreamError."""
    known: dict[str, Json] = {
        "id": one.id,
        "endpoint": one.url,
        "input_file_id": one.file,
        "created_at": one.created_at,
        "metadata": dict(one.metadata),
    }
    outputs = {
        name: await _output(visit, reply, name, kind, one)
        for name, kind in (("output_file_id", Kind.OUTPUT), ("error_file_id", Kind.ERROR))
    }
    wrong: list[dict[str, Json]] = [
        {"code": code, "line": line, "message": await _readable(visit, text), "param": None}
        for code, line, text in wire.errors_of(reply)
    ]
    try:
        return wire.batch_object(reply, known, outputs, wrong)
    except ValueError:
        raise _no_batch() from None


async def _output(visit: Visit, reply: Json, name: str, kind: Kind, one: Batch) -> str | None:
    """Our id of a file of results, if there is one."""
    upstream = wire.output_of(reply, name)
    if upstream is None:
        return None
    made = BatchFile(
        ids.new(PREFIX),
        one.owner,
        kind,
        int(time.time()),
        upstream,
        f"{one.id}_{kind.value}.jsonl",
        batch=one.id,
    )
    return (await _kept(desk_of(visit).store.result(made))).id


async def _readable(visit: Visit, text: str) -> str:
    """A text of the upstream's as policy lets it through; nothing of one that is blocked."""
    if not text:
        return ""
    record = visit.record
    inspector = Inspector(
        visit.lease.guard, observer=visit.lease.observer(record), request=record.request_id, route=BATCHES,
        tenant=visit.caller.tenant,
    )  # fmt: skip
    seen = await inspector.text(text[:4000], _SAID)
    await inspector.close()
    return seen.released or "" if seen.outcome < Outcome.BLOCK else ""


# ---------------------------------------------------------------------------------------------------- the rest


async def _batch(visit: Visit) -> Batch:
    one = await _kept(desk_of(visit).store.batch(owner_of(visit), visit.id))
    if one is None:
        raise WireError(f"There is no batch {visit.id!r}.", status=404, code="batch_not_found")
    return one


async def listed(visit: Visit) -> Json:
    """GET /v1/batches: the newest first. Each is asked about, so that there are few at a time."""
    mine = await _kept(desk_of(visit).store.batches(owner_of(visit)))
    after, limit = visit.query.get("after", ""), visit.query.get("limit", str(_LIST))
    most = min(int(limit), _MOST) if limit.isascii() and limit.isdigit() and len(limit) < 4 else _LIST
    start = next((at + 1 for at, one in enumerate(mine) if one.id == after), 0)
    some = mine[start : start + most]
    shown = listing([await _shown(visit, await _told(visit, one), one) for one in some])
    return {**shown, "has_more": start + len(some) < len(mine)}


async def _told(visit: Visit, one: Batch) -> Json:
    """What the upstream tells of a batch of a list. Of one that it doesn't know any more, that it has expired."""
    try:
        return await _upstream(visit, "GET", f"{BATCHES}/{one.upstream}")
    except WireError as e:
        if e.status != 404:
            raise
        return {"status": "expired"}


async def one_batch(visit: Visit) -> Json:
    """GET /v1/batches/{id}."""
    one = await _batch(visit)
    return await _shown(visit, await _upstream(visit, "GET", f"{BATCHES}/{one.upstream}"), one)


async def cancel(visit: Visit) -> Json:
    """POST /v1/batches/{id}/cancel."""
    one = await _batch(visit)
    await desk_of(visit).tell("cancelled", visit.caller, one.id)
    return await _shown(visit, await _upstream(visit, "POST", f"{BATCHES}/{one.upstream}/cancel", b"{}"), one)


HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    (BATCHES, "POST"): create,
    (BATCHES, "GET"): listed,
    (BATCHES + "/{id}", "GET"): one_batch,
    (BATCHES + "/{id}/cancel", "POST"): cancel,
}
