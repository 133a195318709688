"""`/v1/uploads` for files of requests: the parts are kept here, encrypted, and read in their order as one file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from guardproxy.governance.batches import Upload
from guardproxy.governance.training.database import MAX_PARTS, MAX_UPLOADS
from guardproxy.server.batches.desk import desk_of, owner_of, shown, storing
from guardproxy.server.batches.taking import Taking
from guardproxy.server.files import SPARE, form
from guardproxy.server.uploads import PART, SECONDS
from guardproxy.telemetry import ids
from guardproxy.types import Json, WireError
from guardproxy.wire.batches import PURPOSE
from guardproxy.wire.files import Piece

if TYPE_CHECKING:
    from guardproxy.server.training import Visit

PREFIX: Final = "upload_batch_"
"""Of their ids."""
_BLOCK: Final = 1 << 18
"""Bytes that are encrypted at once."""


def _told(one: Upload, status: str, file: Json = None) -> dict[str, Json]:
    """An upload for its owner."""
    return {
        "id": one.id,
        "object": "upload",
        "bytes": one.bytes,
        "created_at": one.created_at,
        "expires_at": one.created_at + SECONDS,
        "filename": one.filename,
        "purpose": PURPOSE,
        "status": status,
        "file": file,
    }


async def create(visit: Visit, body: Mapping[str, Any]) -> Json:
    """POST /v1/uploads."""
    desk, size, name = desk_of(visit), body.get("bytes"), body.get("filename")
    limit = desk.settings.batches.max_file
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= limit:
        raise WireError(f"`bytes` must be between 1 and {limit:,}.", param="bytes")
    if not isinstance(name, str) or not 0 < len(name) <= 256:
        raise WireError("`filename` must be a name.", param="filename")
    one = Upload(ids.new(PREFIX), owner_of(visit), name, size, int(time.time()))
    with storing():
        await desk.store.purge()
        if not await desk.store.opened(one, MAX_UPLOADS, desk.settings.batches.max_size):
            raise WireError("Too many uploads are under way; complete or cancel some.", status=503, code="overloaded")
    return _told(one, "pending")


async def _upload(visit: Visit) -> Upload:
    with storing():
        one = await desk_of(visit).store.upload(owner_of(visit), visit.id)
    if one is None:
        raise _gone(visit)
    return one


def _gone(visit: Visit) -> WireError:
    message = f"There is no upload {visit.id!r}; it may have expired, or is over."
    return WireError(message, status=404, code="upload_not_found")


async def part(visit: Visit) -> Json:
    """POST /v1/uploads/{id}/parts."""
    store, upload, id = desk_of(visit).store, await _upload(visit), ids.new("part_")
    left = min(PART, upload.bytes - sum(upload.parts.values()))
    with storing():
        if not await store.part(upload, id, MAX_PARTS):
            raise WireError(f"An upload has at most {MAX_PARTS:,} parts.", code="invalid_form")
        try:
            size = await _kept(visit, id, left)
            if not size:
                raise WireError("Send the part as the form's field `data`.", code="missing_parameter", param="data")
            if not await store.came(upload, id, size):
                await _upload(visit)  # where it is over, that is told
                raise _too_large()
        except BaseException:
            await store.remove_part(id)
            raise
    return {"id": id, "object": "upload.part", "created_at": int(time.time()), "upload_id": upload.id}


def _too_large() -> WireError:
    return WireError("The parts are more than the upload's `bytes`.", code="upload_too_large")


async def _kept(visit: Visit, id: str, most: int) -> int:
    """Keep a part; its bytes. Raises WireError."""
    waiting, size, place = bytearray(), 0, 0
    async with aclosing(form(visit, PART + SPARE)) as events:
        async for event in events:
            if not isinstance(event, Piece) or event.name != "data":
                continue
            size += len(event.data)
            if size > most:
                raise _too_large()
            waiting += event.data
            if len(waiting) >= _BLOCK:
                await _add(visit, id, place, bytes(waiting))
                waiting.clear()
                place += 1
    if waiting:
        await _add(visit, id, place, bytes(waiting))
    return size


async def _add(visit: Visit, id: str, place: int, data: bytes) -> None:
    """Keep a piece of a part. Raises WireError."""
    if not await desk_of(visit).store.add_piece(id, place, data):
        await _upload(visit)  # where it is over, that is told
        raise _too_large()


async def complete(visit: Visit) -> Json:
    """POST /v1/uploads/{id}/complete: from here on it is a file like any other."""
    body = await visit.body()
    store, upload = desk_of(visit).store, await _upload(visit)
    order = _order(upload, body)
    if sum(upload.parts[one] for one in order) != upload.bytes:
        raise WireError(
            "The parts are not as many bytes as the upload's `bytes`.", code="upload_incomplete", param="part_ids"
        )
    taking = Taking(visit)
    await taking.count()  # who is over a limit may complete it later
    with storing():
        if not await store.claim(upload):  # nobody else completes it meanwhile
            raise _gone(visit)
        try:
            await taking.begin()
            for one in order:
                async for data in store.pieces(one):
                    await taking.take(data)
            made = await taking.end(upload.filename)
        except BaseException:
            await taking.discard()
            raise
        finally:
            await store.forget(upload)
    return _told(upload, "completed", shown(made))


def _order(upload: Upload, body: Mapping[str, Any]) -> list[str]:
    given = body.get("part_ids")
    if not isinstance(given, list) or not given or len(set(map(str, given))) != len(given):
        raise WireError("`part_ids` must be a list of the upload's parts, each once.", param="part_ids")
    if unknown := [one for one in given if not isinstance(one, str) or one not in upload.parts]:
        raise WireError(f"The upload has no part {str(unknown[0])[:128]!r}.", param="part_ids")
    return given


async def cancel(visit: Visit) -> Json:
    """POST /v1/uploads/{id}/cancel."""
    upload = await _upload(visit)
    with storing():
        await desk_of(visit).store.forget(upload)
    return _told(upload, "cancelled")
