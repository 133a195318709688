"""`/v1/files` and `/v1/uploads` with batches: what is for one is guarded here, the rest goes where it always went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from guardproxy.governance.batches import BatchesUnavailable, BatchFile, Kind
from guardproxy.governance.caller import Role
from guardproxy.server import files as training_files
from guardproxy.server import uploads as training_uploads
from guardproxy.server.batches import uploads
from guardproxy.server.batches.desk import check_rights, check_role, desk_of, file_of, owner_of, shown, unusable
from guardproxy.server.batches.results import SPARE, Results
from guardproxy.server.batches.taking import PREFIX, Taking
from guardproxy.server.edge import Gone
from guardproxy.server.files import form
from guardproxy.server.training import FILES, UPLOADS, Handler, Visit
from guardproxy.types import Json, UpstreamError, WireError
from guardproxy.wire.batches import PURPOSE
from guardproxy.wire.files import FieldRead, Piece, check_purpose, listing

if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND: Final = "application/jsonl"
LOOK: Final = 1.0
"""Seconds between two looks whether a download may go on."""
SECONDS: Final = 86_400.0
"""For the download of results, however slowly its client reads."""


async def create(visit: Visit) -> Json:
    """POST /v1/files."""
    settings, before = visit.desk.settings, list[FieldRead | Piece]()
    async with aclosing(form(visit, max(settings.training.max_file, settings.batches.max_file))) as events:
        async for event in events:
            before.append(event)
            if isinstance(event, Piece):
                break
            if event.name == "purpose" and event.value == PURPOSE:
                check_role(visit, Role.CALLER)
                return await _taken(visit, events)
            if event.name == "purpose":
                check_purpose(event.value)
        if visit.desk.ledger is None and before and isinstance(before[-1], Piece):
            _purpose_first(visit, before)
        check_role(visit, Role.TRAINER)
        return await training_files.create(visit, _again(before, events))


def _purpose_first(visit: Visit, before: list[FieldRead | Piece]) -> None:
    """Raises WireError where nobody can tell what a file is for: it is read as it comes."""
    if not any(isinstance(one, FieldRead) and one.name == "purpose" for one in before):
        raise _late()


def _late() -> WireError:
    message = "Send the form's field `purpose` before the file: it says how the file is read."
    return WireError(message, code="invalid_form", param="purpose")


async def _again(
    before: list[FieldRead | Piece], events: AsyncGenerator[FieldRead | Piece, None]
) -> AsyncGenerator[FieldRead | Piece, None]:
    """A form whose reading has begun, from its beginning."""
    for event in before:
        yield event
    async for event in events:
        if isinstance(event, FieldRead) and event.name == "purpose" and event.value == PURPOSE:
            raise _late()
        yield event


async def _taken(visit: Visit, events: AsyncGenerator[FieldRead | Piece, None]) -> Json:
    taking, filename = Taking(visit), None
    await taking.begin()
    try:
        async for event in events:
            if isinstance(event, Piece) and event.name == "file":
                filename = event.filename
                await taking.take(event.data)
        if filename is None:
            raise WireError("Send the file as the form's field `file`.", code="missing_parameter", param="file")
        return shown(await taking.end(filename))
    except BaseException:
        await taking.discard()
        raise


async def listed(visit: Visit) -> Json:
    """GET /v1/files: those of batches of the caller's key, and the training files of its tenant."""
    rows: list[dict[str, Json]] = []
    if visit.caller.may(Role.CALLER):
        try:
            rows += [shown(one) for one in await desk_of(visit).store.files(owner_of(visit))]
        except BatchesUnavailable as e:
            raise unusable(e) from None
    if visit.desk.ledger is not None and visit.caller.may(Role.TRAINER):
        kept: Mapping[str, Json] = await training_files.listed(visit)
        rows += kept["data"]
    if purpose := visit.query.get("purpose"):
        rows = [one for one in rows if one["purpose"] == purpose]
    rows.sort(key=lambda one: (one["created_at"], one["id"]), reverse=visit.query.get("order") != "asc")
    return listing(rows)


async def one_file(visit: Visit) -> Json:
    """GET /v1/files/{id}."""
    if (one := await file_of(visit, visit.id)) is not None:
        return shown(one)
    return await _theirs(visit, training_files.one_file)


async def delete(visit: Visit) -> Json:
    """DELETE /v1/files/{id}: here and at the upstream. Results of a batch can't be read without the file of its requests."""
    one = await file_of(visit, visit.id)
    if one is None:
        return await _theirs(visit, training_files.delete)
    desk = desk_of(visit)
    answer = await desk.upstream.send("DELETE", f"{FILES}/{one.upstream}")
    answer.close()
    if answer.status not in (200, 404):
        code = f"upstream_status_{answer.status}"
        raise UpstreamError(f"the upstream keeps the file (status {answer.status})", code=code)
    await desk.tell("file_deleted", visit.caller, one.id, kind=one.kind.value, digest=one.digest)
    try:
        await desk.store.remove(one.id)
    except BatchesUnavailable as e:
        raise unusable(e) from None
    return {"id": one.id, "object": "file", "deleted": True}


async def content(visit: Visit) -> Json:
    """GET /v1/files/{id}/content: results of a batch of the caller's, and nothing else."""
    one = await file_of(visit, visit.id)
    if one is None:
        return await _theirs(visit, training_files.content)
    if one.kind is Kind.INPUT:
        raise WireError("Files of requests are not read out again.", status=403, code="file_content_refused")
    await _download(visit, one)
    return None


async def _download(visit: Visit, one: BatchFile) -> None:
    desk = desk_of(visit)
    try:
        batch = await desk.store.batch(owner_of(visit), one.batch)
        asked = None if batch is None else await desk.store.file(owner_of(visit), batch.file)
    except BatchesUnavailable as e:
        raise unusable(e) from None
    if asked is None:
        message = "The file of this batch's requests was deleted; without it nobody can tell what its results may say."
        raise WireError(message, status=409, code="batch_requests_deleted")
    visit.record.model = asked.model
    try:
        check_rights(visit, asked)
    except WireError as e:
        await desk.tell("denied", visit.caller, one.batch, code=e.code or "", file=one.id, kind=one.kind.value)
        raise
    settings = desk.settings
    limit = settings.batches.max_requests * (settings.limits.reply + SPARE)
    answer = await desk.upstream.download(f"{FILES}/{one.upstream}/content", limit=limit, seconds=SECONDS)
    try:
        if answer.status != 200:
            visit.record.failed(f"upstream_status_{answer.status}", upstream=True)
            code = f"upstream_status_{answer.status}"
            raise UpstreamError(f"the upstream does not give the results (status {answer.status})", code=code)
        await desk.tell("downloaded", visit.caller, one.batch, file=one.id, kind=one.kind.value)
        results = Results(visit, asked)
        async with aclosing(results.read(answer.chunks())) as lines:  # type: ignore[type-var]
            await visit.request.begin_stream(visit.headers, _KIND)
            looked = time.monotonic()
            async for line in lines:
                if time.monotonic() >= looked + LOOK:
                    looked = time.monotonic()
                    if (changed := await desk.changed(visit)) is not None:
                        raise changed  # it breaks off
                await _written(visit, line)
        await visit.request.end_stream()
    finally:
        answer.close()


async def _written(visit: Visit, line: bytes) -> None:
    """Raises Gone for a client that takes nothing any more."""
    try:
        async with asyncio.timeout(visit.desk.settings.timeouts.idle):
            await visit.request.write(line)
    except TimeoutError:
        raise Gone from None


async def _theirs(visit: Visit, handler: Handler) -> Json:
    """What is no file of a batch is one of who trains models. Raises WireError."""
    if visit.id.startswith(PREFIX):
        raise WireError(f"There is no file {visit.id!r}.", status=404, code="file_not_found")
    check_role(visit, Role.TRAINER)
    return await handler(visit)


# ---------------------------------------------------------------------------------------------------- uploads


async def create_upload(visit: Visit) -> Json:
    """POST /v1/uploads."""
    body = await visit.body()
    if body.get("purpose") == PURPOSE:
        check_role(visit, Role.CALLER)
        return await uploads.create(visit, body)
    check_purpose(body.get("purpose"))
    check_role(visit, Role.TRAINER)
    return await training_uploads.create(visit, body)


def _upload(ours: Handler, theirs: Handler) -> Handler:
    async def handler(visit: Visit) -> Json:
        return await (ours(visit) if visit.id.startswith(uploads.PREFIX) else _theirs(visit, theirs))

    return handler


HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    (FILES, "POST"): create,
    (FILES, "GET"): listed,
    (FILES + "/{id}", "GET"): one_file,
    (FILES + "/{id}", "DELETE"): delete,
    (FILES + "/{id}/content", "GET"): content,
    (UPLOADS, "POST"): create_upload,
    (UPLOADS + "/{id}/parts", "POST"): _upload(uploads.part, training_uploads.part),
    (UPLOADS + "/{id}/complete", "POST"): _upload(uploads.complete, training_uploads.complete),
    (UPLOADS + "/{id}/cancel", "POST"): _upload(uploads.cancel, training_uploads.cancel),
}
