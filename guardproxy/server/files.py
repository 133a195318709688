"""`/v1/files`: training files, scanned as they arrive, held until the verdict, and sent on when they may be used."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Final

from guardproxy.governance.approvals import Ask, Full, Kind, NotApproved, Status, UnknownApproval
from guardproxy.governance.training.intake import Intake, TooMuch
from guardproxy.governance.training.ledger import LedgerUnavailable
from guardproxy.governance.training.records import Busy, Changed, Standing, TrainingFile, standing_of
from guardproxy.governance.training.records import Full as NoRoom
from guardproxy.governance.training.scanner import Scanner
from guardproxy.governance.training.tally import amounts
from guardproxy.policy.training import FileOutcome, TrainingDecision, TrainingFacts, judge
from guardproxy.server.training import FILES, Handler, Visit, unreadable
from guardproxy.store.streams import Sealing
from guardproxy.telemetry import ids
from guardproxy.telemetry.log import logger
from guardproxy.types import GuardproxyError, Json, UpstreamError, WireError
from guardproxy.wire.files import FieldRead, Form, Piece, check_purpose, envelope, file_object, listing
from guardproxy.wire.json import parse_reply
from guardproxy.wire.tuning import ID

SPARE: Final = 1 << 16
"""Bytes that a form may have besides its file."""


async def form(visit: Visit, limit: int) -> AsyncGenerator[FieldRead | Piece, None]:
    """The fields of a form and the pieces of its file, as they arrive. Raises WireError."""
    one = Form(visit.request.headers.get(b"content-type", b""))
    async with aclosing(visit.request.parts(limit + SPARE, visit.desk.settings.timeouts.body_idle)) as parts:
        async for data in parts:
            for event in one.feed(data):
                yield event
    one.end()


async def create(visit: Visit, read: AsyncGenerator[FieldRead | Piece, None] | None = None) -> Json:
    """POST /v1/files. `read`: the form, where its reading has begun."""
    room = await check_room(visit, 0)
    id, fields, filename, intake = ids.new("file-"), dict[str, str](), None, None
    try:
        intake = opened(visit, id, room)
        async with aclosing(read or form(visit, visit.desk.settings.training.max_file)) as events:
            async for event in events:
                if isinstance(event, FieldRead):
                    fields[event.name] = event.value
                elif event.name == "file":
                    filename = event.filename
                    await taken(intake, event.data)
        if filename is None:
            raise WireError("Send the file as the form's field `file`.", code="missing_parameter", param="file")
        check_purpose(fields.get("purpose"))
        return await settled(visit, id, filename, intake)
    except BaseException:
        if intake is not None:
            intake.discard()
        raise


def opened(visit: Visit, id: str, room: int) -> Intake:
    """What takes a file in, as long as there is room for all that comes in at once. Raises WireError."""
    scanner = Scanner(visit.lease.guard, tenant=visit.caller.tenant)
    return Intake(scanner, sink(visit, id, room), visit.desk.settings.training.max_file)


def sink(visit: Visit, id: str, room: int, of: str = "") -> Sealing:
    """What takes bytes in. Raises WireError."""
    try:
        return visit.desk.kept.incoming(id, room, of)
    except LedgerUnavailable as e:
        logger.error("a training file can't be taken in: %s", e)
        raise unreadable() from None


async def taken(intake: Intake, data: bytes) -> None:
    """Raises WireError for a file that is too large, or that has no room."""
    try:
        await intake.take(data)
    except NoRoom as e:
        raise WireError(f"There is no room: {e}.", status=503, code="overloaded") from None
    except TooMuch as e:
        raise WireError(f"The file is too large: {e}.", status=413, code="request_too_large", param="file") from None


async def check_room(visit: Visit, size: int) -> int:
    """Bytes that have room. Raises WireError where no more files are kept."""
    return await visit.desk.known(lambda db: db.check_room(size))


async def settled(visit: Visit, id: str, filename: str, intake: Intake) -> Json:
    """What becomes of a file that is all here. Raises WireError for one that is denied."""
    digest = await intake.end()
    policy, caller, tally = visit.lease.guard.policy, visit.caller, intake.tally
    facts = TrainingFacts(amounts(tally, intake.size), tally.asked, "", caller.tenant, caller.key)
    decision = judge(policy.training, facts)
    told = {"outcome": decision.outcome.word, "rules": list(decision.rules), "digest": digest, "bytes": intake.size}
    if not tally.examples:
        raise WireError("The file has no examples.", code="invalid_training_file", param="file")
    if decision.outcome is FileOutcome.DENY:
        await visit.desk.tell("file_denied", caller, id, **told, policy=policy.digest)
        visit.record.failed("training_file_denied")
        raise denied(visit, decision, intake)
    one = TrainingFile(
        id, _named(filename), intake.size, int(time.time()), digest, caller.tenant, caller.key, policy.digest,
        standing_of(decision.outcome), decision.outcome.word, list(decision.rules), tally.as_json(),
    )  # fmt: skip
    await check_room(visit, one.bytes)
    await visit.desk.tell(f"file_{one.standing.value}", caller, id, **told, policy=policy.digest)
    if one.standing is Standing.WAITING:
        one.approval = await ask(visit, one)
    await _kept(visit, one)
    return shown(one)


async def _kept(visit: Visit, one: TrainingFile) -> None:
    """Keep a new file; the upstream has it when this returns, if it has passed. Raises WireError; UpstreamError."""
    desk = visit.desk
    desk.kept.keep(one.id)
    try:
        with desk.kept.handling(one.id):
            await desk.known(lambda db: db.put(one))
            if one.standing is Standing.PASSED:
                await send_on(visit, one)
    except BaseException:
        await desk.known(lambda db: db.remove(one.id))
        desk.kept.discard(one.id)
        raise


def _named(filename: str) -> str:
    """A name that says nothing to a shell, a header or a page."""
    kept = "".join(c if c.isalnum() or c in "._- " else "_" for c in Path(filename).name)[:120]
    return kept.strip() or "file"


def denied(visit: Visit, decision: TrainingDecision, intake: Intake) -> WireError:
    """Why a file is refused, without its text: rules, what they go by, and the first lines."""
    rules = {rule.id: rule.message for rule in visit.lease.guard.policy.training.rules}
    own = [rules[name] for name in decision.rules if rules.get(name)]
    said = "; ".join(f"{v.rule}: {', '.join(v.because)}" for v in decision.verdicts[:5])
    lines = [
        str(n.line) for n in intake.tally.notes if n.error or n.outcome in ("block", "redact", "rewrite", "annotate")
    ]
    where = f" Look at line{'s' * (len(lines) > 1)} {', '.join(lines[:10])}{'…' * (len(lines) > 10)}." if lines else ""
    words = " ".join([*own, f"The training file is refused by policy ({said}).{where}"])
    return WireError(words, code="training_file_denied", param="file")


def shown(one: TrainingFile) -> dict[str, Json]:
    """A file for its owner."""
    status, details = "processed", None
    if one.standing is Standing.WAITING:
        status, details = "uploaded", f"waits for approval {one.approval} ({', '.join(one.because)})"
    elif one.standing is Standing.QUARANTINED:
        status, details = "error", f"quarantined by policy ({', '.join(one.because)}): put it right and upload it again"
    known = {"id": one.id, "filename": one.filename, "bytes": one.bytes, "created_at": one.created_at}
    return file_object(known, status, details)


# ---------------------------------------------------------------------------------------------------- approval


def _bound(one: TrainingFile) -> bytes:
    text = "\0".join(("training file", one.id, one.digest, one.policy, one.tenant))
    return hashlib.sha256(text.encode()).digest()


async def ask(visit: Visit, one: TrainingFile) -> str:
    """Have people asked about a file; the approval's id. Raises WireError."""
    subject = f"training file {one.filename}, {one.bytes:,} bytes, rules {', '.join(one.because)}"
    tally = one.tally
    details = {
        "file": one.id,
        "digest": one.digest,
        "examples": tally["examples"],
        "labels": tally["labels"],
        "rules": one.because,
        "lines": [{key: value for key, value in note.items() if key != "error"} for note in tally["notes"][:50]],
    }
    held = Ask(
        Kind.TRAINING, subject, _bound(one), one.tenant, one.key, details=details, payload=one.id.encode(),
        person=visit.caller.user or "",
    )  # fmt: skip
    try:
        return (await visit.desk.approvals.ask(held)).id
    except Full as e:
        raise WireError(f"The file needs approval, and {e}.", status=503, code="overloaded") from None
    except GuardproxyError:
        message = "The file needs approval, and that can't be asked for now."
        raise WireError(message, status=503, code="overloaded") from None


async def usable(visit: Visit, one: TrainingFile, param: str) -> TrainingFile:
    """A file that may be used, as it is known now, at the upstream. Raises WireError for one that may not."""
    if one.upstream:
        return one
    with handling(visit, one.id, param):
        one = await visit.file(one.id, param)
        if one.standing is Standing.QUARANTINED:
            message = f"File {one.id!r} is quarantined by policy ({', '.join(one.because)})."
            raise WireError(message, status=403, code="training_file_quarantined", param=param)
        if one.standing is Standing.WAITING:
            await _approved(visit, one, param)
        if not one.upstream:
            await send_on(visit, one)
    return one


@contextmanager
def handling(visit: Visit, id: str, param: str | None = None) -> Iterator[None]:
    """Nobody else works on this file or upload meanwhile. Raises WireError 409."""
    try:
        lock = visit.desk.kept.handling(id)
        lock.__enter__()
    except Busy as e:
        raise WireError(f"{e}.", status=409, code="training_file_busy", param=param) from None
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


async def _approved(visit: Visit, one: TrainingFile, param: str) -> None:
    try:
        await visit.desk.approvals.take(one.approval, Kind.TRAINING, _bound(one))
    except UnknownApproval:
        message = f"The approval of file {one.id!r} has expired; upload the file again."
        raise WireError(message, status=403, code="approval_expired", param=param) from None
    except NotApproved as e:
        if e.status is Status.PENDING:
            message = f"File {one.id!r} needs approval {one.approval}."
            raise WireError(message, status=403, code="approval_required", param=param) from None
        raise WireError(
            f"The use of file {one.id!r} was denied.", status=403, code="approval_denied", param=param
        ) from None
    except GuardproxyError:
        raise WireError("The approval can't be used now; try again.", status=503, code="overloaded") from None
    one.standing = Standing.PASSED
    await visit.desk.known(lambda db: db.put(one))
    await visit.desk.tell("file_approved", visit.caller, one.id, approval=one.approval, digest=one.digest)


# ---------------------------------------------------------------------------------------------------- upstream


async def send_on(visit: Visit, one: TrainingFile) -> None:
    """Give the upstream a file that passed: the bytes that were scanned, and no others. Raises UpstreamError."""
    boundary = ids.new("guardproxy")
    head, tail = envelope(boundary, f"{one.id}.jsonl")
    size = len(head) + one.bytes + len(tail)
    broken = list[UpstreamError]()
    pieces = _pieces(visit, one, head, tail, broken)
    kind = f"multipart/form-data; boundary={boundary}"
    try:
        answer = await visit.desk.upstream.send("POST", FILES, pieces, kind=kind, size=size)
        try:
            data = await answer.read()
        finally:
            answer.close()
    finally:
        if broken:  # whatever the upstream makes of half a form
            raise broken[0]
    if answer.status != 200:
        raise UpstreamError(
            f"the upstream refuses the file (status {answer.status})", code=f"upstream_status_{answer.status}"
        )
    try:
        reply = parse_reply(data)
    except WireError as e:
        raise UpstreamError(str(e), code="upstream_invalid_response") from None
    id = reply.get("id") if isinstance(reply, dict) else None
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise UpstreamError("the upstream took the file and gave it no id", code="upstream_invalid_response")
    one.upstream = id
    await visit.desk.known(lambda db: db.put(one))
    visit.desk.kept.discard(one.id)


async def _pieces(
    visit: Visit, one: TrainingFile, head: bytes, tail: bytes, broken: list[UpstreamError]
) -> AsyncGenerator[bytes, None]:
    """The form that uploads a file. It breaks off where the file is not what was scanned, and says so in `broken`."""
    yield head
    seen = hashlib.sha256()
    try:
        for block in visit.desk.kept.read(one.id):
            seen.update(block)
            yield block
        if f"sha256:{seen.hexdigest()}" != one.digest:
            raise Changed("another digest")
    except Changed:
        message = "the file was changed while it was kept"
        broken.append(UpstreamError(message, status=500, code="training_file_changed"))
        raise broken[0] from None
    yield tail


# ---------------------------------------------------------------------------------------------------- the rest


async def listed(visit: Visit) -> Json:
    """GET /v1/files."""
    tenant = visit.caller.tenant
    mine = await visit.desk.known(lambda db: db.files(tenant))
    if visit.query.get("order") != "asc":
        mine.reverse()
    return listing([shown(one) for one in mine])


async def one_file(visit: Visit) -> Json:
    """GET /v1/files/{id}."""
    one = await visit.file(visit.id)
    if one.standing is Standing.WAITING:
        with (
            suppress(WireError),
            handling(visit, one.id),
        ):  # it still waits, or never will pass: the file says so itself
            one = await visit.file(visit.id)
            if one.standing is Standing.WAITING:
                await _approved(visit, one, "file")
    return shown(one)


async def delete(visit: Visit) -> Json:
    """DELETE /v1/files/{id}: here and at the upstream."""
    one = await visit.file(visit.id)
    with handling(visit, one.id):
        return await _deleted(visit, await visit.file(one.id))


async def _deleted(visit: Visit, one: TrainingFile) -> Json:
    if one.upstream:
        answer = await visit.desk.upstream.send("DELETE", f"{FILES}/{one.upstream}")
        answer.close()
        if answer.status not in (200, 404):
            raise UpstreamError(
                f"the upstream keeps the file (status {answer.status})", code=f"upstream_status_{answer.status}"
            )
    await visit.desk.tell("file_deleted", visit.caller, one.id, digest=one.digest)
    await visit.desk.known(lambda db: db.remove(one.id))
    visit.desk.kept.discard(one.id)
    return {"id": one.id, "object": "file", "deleted": True}


async def content(visit: Visit) -> Json:
    """GET /v1/files/{id}/content."""
    await visit.file(visit.id)
    raise WireError("Training files are not read out again.", status=403, code="file_content_refused")


HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    (FILES, "POST"): create,
    (FILES, "GET"): listed,
    (FILES + "/{id}", "GET"): one_file,
    (FILES + "/{id}", "DELETE"): delete,
    (FILES + "/{id}/content", "GET"): content,
}
