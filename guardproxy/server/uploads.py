"""`/v1/uploads`: large files in parts. They are put together here, scanned as one file, and go on as one: the upstream never
sees an upload, so that nothing can be brought to it in pieces."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final

from guardproxy.governance.training.records import Changed, Full, Upload
from guardproxy.server.files import SPARE, check_room, form, handling, opened, settled, sink, taken
from guardproxy.server.training import UPLOADS, Handler, Visit
from guardproxy.telemetry import ids
from guardproxy.types import Json, WireError
from guardproxy.wire.files import PURPOSE, Piece, check_purpose

PART: Final = 64 << 20
"""Bytes of a part, as OpenAI's API has it."""
SECONDS: Final = 3600
"""For which an upload may be completed, as in OpenAI's API."""


def shown(one: Upload, status: str = "pending", file: Json = None) -> dict[str, Json]:
    """An upload for its owner."""
    return {
        "id": one.id,
        "object": "upload",
        "bytes": one.bytes,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "filename": one.filename,
        "purpose": PURPOSE,
        "status": status,
        "file": file,
    }


async def create(visit: Visit, body: Mapping[str, Any] | None = None) -> Json:
    """POST /v1/uploads. `body`: of the request, where it was read."""
    body = await visit.body() if body is None else body
    check_purpose(body.get("purpose"))
    size, name = body.get("bytes"), body.get("filename")
    limit = visit.desk.settings.training.max_file
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= limit:
        raise WireError(f"`bytes` must be between 1 and {limit:,}.", param="bytes")
    if not isinstance(name, str) or not 0 < len(name) <= 256:
        raise WireError("`filename` must be a name.", param="filename")
    now = int(time.time())
    one = Upload(ids.new("upload_"), visit.caller.tenant, visit.caller.key, name, size, now, now + SECONDS)
    visit.desk.kept.mark(one.id)
    try:
        await visit.desk.known(lambda db: db.opened(one))
    except BaseException:
        visit.desk.kept.discard(one.id)
        raise
    return shown(one)


async def _upload(visit: Visit) -> Upload:
    """An upload of the caller's tenant that may go on. Raises WireError."""
    tenant = visit.caller.tenant
    one = await visit.desk.known(lambda db: db.upload(visit.id))
    gone = one is None and await visit.desk.known(lambda db: db.expired(visit.id, tenant))
    if gone or (one is not None and one.tenant == tenant and one.expires_at <= time.time()):
        message = f"Upload {visit.id!r} has expired: it was not completed within an hour. Begin anew."
        raise WireError(message, status=404, code="upload_expired")
    if one is None or one.tenant != tenant:
        raise WireError(f"There is no upload {visit.id!r}.", status=404, code="upload_not_found")
    return one


async def part(visit: Visit) -> Json:
    """POST /v1/uploads/{id}/parts."""
    upload, desk = await _upload(visit), visit.desk
    id = ids.new("part_")
    left = min(PART, upload.bytes - sum(upload.parts.values()))
    try:
        await desk.kept.do(lambda db: db.part(id, upload.id))
    except Full as e:
        raise WireError(f"{str(e).capitalize()}.", code="invalid_form") from None
    try:
        size = await _received(visit, id, left, upload)
        desk.kept.keep(id)
        if not await desk.known(lambda db: db.came(id, upload, size)):
            await _upload(visit)  # says whether it has expired or was cancelled meanwhile
            raise WireError(f"There is no upload {visit.id!r}.", status=404, code="upload_not_found")
    except BaseException:
        await desk.known(lambda db: db.dropped(id))
        desk.kept.discard(id)
        raise
    return {"id": id, "object": "upload.part", "created_at": int(time.time()), "upload_id": upload.id}


async def _received(visit: Visit, id: str, left: int, upload: Upload) -> int:
    """Take a part in: its bytes. Raises WireError."""
    size, out = 0, sink(visit, id, upload.bytes - sum(upload.parts.values()), upload.id)
    try:
        async with aclosing(form(visit, PART + SPARE)) as events:
            async for event in events:
                if isinstance(event, Piece) and event.name == "data":
                    size += len(event.data)
                    if size > left:
                        raise WireError("The parts are more than the upload's `bytes`.", code="upload_too_large")
                    out.write(event.data)
        if not size:
            raise WireError("Send the part as the form's field `data`.", code="missing_parameter", param="data")
        out.close()
    except BaseException as e:
        out.discard()
        if isinstance(e, Full):
            raise WireError("The parts are more than the upload's `bytes`.", code="upload_too_large") from None
        raise
    return size


async def complete(visit: Visit) -> Json:
    """POST /v1/uploads/{id}/complete: from here on it is a file like any other.

    Where the process ends or something fails meanwhile the upload is as it was, and can be completed again; a verdict ends
    it."""
    body = await visit.body()
    await _upload(visit)
    with handling(visit, visit.id):
        upload = await _upload(visit)
        order = _order(upload, body)
        if sum(upload.parts[one] for one in order) != upload.bytes:
            message = "The parts are not as many bytes as the upload's `bytes`."
            raise WireError(message, code="upload_incomplete", param="part_ids")
        try:
            made = await _together(visit, upload, order)
        except WireError as e:
            if e.status < 500:
                await _closed(visit, upload)
            raise
        await _closed(visit, upload)
    return shown(upload, "completed", made)


async def _together(visit: Visit, upload: Upload, order: list[str]) -> Json:
    """The file that the parts are. Raises WireError; UpstreamError."""
    id = ids.new("file-")
    intake = opened(visit, id, await check_room(visit, 0))
    try:
        for one in order:
            for block in visit.desk.kept.read(one):
                await taken(intake, block)
        return await settled(visit, id, upload.filename, intake)
    except Changed:
        intake.discard()
        message = "A part was changed while it was kept; send the file anew."
        raise WireError(message, status=409, code="training_file_changed") from None
    except BaseException:
        intake.discard()
        raise


def _order(upload: Upload, body: Mapping[str, Any]) -> list[str]:
    given = body.get("part_ids")
    if not isinstance(given, list) or not given or len(set(map(str, given))) != len(given):
        raise WireError("`part_ids` must be a list of the upload's parts, each once.", param="part_ids")
    if unknown := [one for one in given if not isinstance(one, str) or one not in upload.parts]:
        raise WireError(f"The upload has no part {str(unknown[0])[:128]!r}.", param="part_ids")
    return given


async def _closed(visit: Visit, upload: Upload) -> None:
    parts = await visit.desk.known(lambda db: db.closed(upload.id))
    visit.desk.kept.discard(upload.id, *(parts or ()))


async def cancel(visit: Visit) -> Json:
    """POST /v1/uploads/{id}/cancel."""
    await _upload(visit)
    with handling(visit, visit.id):
        upload = await _upload(visit)
        await _closed(visit, upload)
    return shown(upload, "cancelled")


HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    (UPLOADS, "POST"): create,
    (UPLOADS + "/{id}/parts", "POST"): part,
    (UPLOADS + "/{id}/complete", "POST"): complete,
    (UPLOADS + "/{id}/cancel", "POST"): cancel,
}
