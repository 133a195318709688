"""`/v1/fine_tuning/jobs`: only from files that passed, only as policy allows, each seen by its owner alone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import orjson

from guardproxy.engine import Inspector
from guardproxy.governance.approvals import Ask, Full, Kind, NotApproved, Status, UnknownApproval
from guardproxy.governance.training.database import Database, Today
from guardproxy.governance.training.records import TrainingFile, TrainingJob
from guardproxy.policy.training import FileOutcome, TrainingDecision, judge
from guardproxy.server.approving import HEADER
from guardproxy.server.authentication import check_model
from guardproxy.server.files import usable
from guardproxy.server.releasing import Made
from guardproxy.server.training import JOBS, Desk, Handler, Visit
from guardproxy.types import Direction, GuardproxyError, Json, Origin, Outcome, Role, UpstreamError, WireError
from guardproxy.wire import tuning
from guardproxy.wire.files import listing
from guardproxy.wire.json import dump, parse_reply
from guardproxy.wire.training import ORIGIN

ASKED: Final = 2000
"""Of the newest jobs, about which the upstream is asked when a model's release is put before people: whoever tuned it must not
hide that behind a few more jobs."""
_SAID: Final = Origin(Direction.RESPONSE, Role.TOOL)
"""What an upstream says of its jobs: nobody knows who wrote it."""


async def create(visit: Visit) -> Json:
    """POST /v1/fine_tuning/jobs."""
    body = await visit.body()
    job = tuning.job(body)
    visit.record.model = job.model
    check_model(visit.caller, job.model)
    models = visit.desk.models
    tuned = models.there(job.model) if models is not None else job.model
    named = {"training_file": job.training_file, "validation_file": job.validation_file}
    files = {param: await visit.file(id, param) for param, id in named.items() if id}
    await _read(visit, job)
    caller, size = visit.caller, sum(one.bytes for one in files.values())
    number, today = await visit.desk.known(lambda db: db.reserve(caller.tenant, caller.key, size, time.time()))
    try:
        await _allowed(visit, body, job, files, today)
        sent = {**body, "model": tuned, **{param: one.upstream for param, one in files.items()}}
        subject = ",".join(one.digest for one in files.values())
        await visit.desk.tell("job_allowed", caller, subject, model=job.model, method=job.method, **job.amounts)
    except BaseException:
        await visit.desk.known(lambda db: db.released(number))
        raise
    return await _begun(visit, job, number, sent, files)


async def _allowed(
    visit: Visit, body: dict[str, Any], job: tuning.Job, files: dict[str, TrainingFile], today: Today
) -> None:
    """Whether the job may begin; its files are at the upstream then. Raises WireError."""
    decisions = {param: _decided(visit, one, job, param, today) for param, one in files.items()}
    strictest = max(decisions.values(), key=lambda one: one.outcome)
    for param, one in list(files.items()):
        files[param] = await usable(visit, one, param)
    subject = ",".join(one.digest for one in files.values())
    if strictest.outcome >= FileOutcome.QUARANTINE:
        await visit.desk.tell("job_denied", visit.caller, subject, model=job.model, rules=list(strictest.rules))
        raise _refused(visit, strictest)
    if strictest.outcome is FileOutcome.REQUIRE_APPROVAL and not _agreed(files, decisions):
        await _approved(visit, body, job, strictest, files)


async def _begun(
    visit: Visit, job: tuning.Job, number: int, sent: dict[str, Any], files: Mapping[str, TrainingFile]
) -> dict[str, Json]:
    """Ask the upstream. A job that it refuses counts for nothing; one of which it can't be told whether it runs does count."""
    try:
        reply = await _upstream(visit, "POST", JOBS, dump(sent))
    except WireError as e:
        if e.status < 500:
            await visit.desk.known(lambda db: db.released(number))
        raise
    size = sum(one.bytes for one in files.values())
    ours = {one.upstream: one.id for one in files.values()}
    begun = TrainingJob("", visit.caller.tenant, visit.caller.key, int(time.time()), ours, size)
    shown = await _shown(visit, reply, begun)
    begun.id = str(shown["id"])
    await visit.desk.known(lambda db: db.begun(number, begun))
    subject = ",".join(one.digest for one in files.values())
    await visit.desk.tell("job_created", visit.caller, begun.id, model=job.model, files=subject)
    return shown


async def _read(visit: Visit, job: tuning.Job) -> None:
    """Graders, metadata and suffix are texts like those of a file. Raises WireError where policy stops or changes one."""
    inspector = _inspector(visit)
    for text in job.texts:
        seen = await inspector.text(text, ORIGIN)
        if seen.outcome >= Outcome.REDACT:
            rules = ", ".join(sorted({verdict.rule for verdict in seen.verdicts}))
            message = f"A text of the job (its grader, metadata or suffix) is refused by policy ({rules})."
            raise WireError(message, code="content_filter", param="method")
    await inspector.close()


def _inspector(visit: Visit) -> Inspector:
    record = visit.record
    observer = visit.lease.observer(record)
    return Inspector(
        visit.lease.guard, observer=observer, request=record.request_id, route=JOBS, tenant=visit.caller.tenant
    )


def _decided(visit: Visit, one: TrainingFile, job: tuning.Job, param: str, today: Today) -> TrainingDecision:
    """What the rules say to a file in this job."""
    policy = visit.lease.guard.policy
    if one.policy != policy.digest:
        message = f"The policy has changed since file {one.id!r} was scanned; upload it again."
        raise WireError(message, status=409, code="training_file_outdated", param=param)
    facts = one.facts(model=job.model, method=job.method, job={**job.amounts, **today})
    return judge(policy.training, facts)


def _agreed(files: Mapping[str, TrainingFile], decisions: Mapping[str, TrainingDecision]) -> bool:
    """Whether people have agreed to all of it already, when they agreed to the files."""
    return all(set(decisions[param].rules) <= set(one.because) for param, one in files.items())


def _refused(visit: Visit, decision: TrainingDecision) -> WireError:
    rules = {rule.id: rule.message for rule in visit.lease.guard.policy.training.rules}
    own = [rules[name] for name in decision.rules if rules.get(name)]
    said = "; ".join(f"{one.rule}: {', '.join(one.because)}" for one in decision.verdicts[:5])
    visit.record.failed("training_job_denied")
    words = " ".join([*own, f"The job is refused by policy ({said})."])
    return WireError(words, status=403, code="training_job_denied")


async def _approved(
    visit: Visit, body: dict[str, Any], job: tuning.Job, decision: TrainingDecision, files: Mapping[str, TrainingFile]
) -> None:
    """Whether people have said yes to exactly this job; they are asked where they have not been. Raises WireError."""
    policy = visit.lease.guard.policy.digest
    digests = [one.digest for one in files.values()]
    text = orjson.dumps([visit.caller.tenant, visit.caller.key, policy, digests, body], option=orjson.OPT_SORT_KEYS)
    bound = hashlib.sha256(b"training job\0" + text).digest()
    id = visit.request.headers.get(HEADER, b"").decode("latin-1")
    try:
        if id:
            await visit.desk.approvals.take(id, Kind.TRAINING, bound)
            return
        subject = f"training job for {job.model[:100]}, {job.method}, rules {', '.join(decision.rules)}"
        details = {"model": job.model, "method": job.method, "amounts": dict(job.amounts), "digests": digests}
        who = visit.caller
        held = Ask(Kind.TRAINING, subject, bound, who.tenant, who.key, details=details, person=who.user or "")
        id = (await visit.desk.approvals.ask(held)).id
    except UnknownApproval:
        message = "There is no such approval for this job: it has expired, was used, or belongs to another."
        raise WireError(message, status=404, code="approval_not_found") from None
    except NotApproved as e:
        if e.status is not Status.PENDING:
            raise WireError("This job was denied.", status=403, code="approval_denied") from None
    except Full as e:
        raise WireError(f"The job needs approval, and {e}.", status=503, code="overloaded") from None
    except GuardproxyError:
        raise WireError("The job needs approval, and that fails now.", status=503, code="overloaded") from None
    message = (
        f"This job needs approval {id}. Once it is approved, send it again with the header {HEADER.decode()}: {id}."
    )
    raise WireError(message, status=400, code="approval_required")


# ---------------------------------------------------------------------------------------------------- upstream


async def _upstream(visit: Visit, method: str, path: str, body: bytes | None = None) -> Json:
    """The upstream's answer. Its errors are told by their status: their texts may say anything."""
    answer = await visit.desk.upstream.send(method, path, body)
    try:
        data = await (answer.read() if answer.status == 200 else answer.head())
    finally:
        answer.close()
    if answer.status == 404 and method == "POST" and path == JOBS:
        raise WireError("The upstream tunes no models.", status=501, code="tuning_not_supported")
    if answer.status != 200:
        visit.record.failed(f"upstream_status_{answer.status}", upstream=True)
        message = await _readable(visit, tuning.error_text(_parsed(data)))
        status = answer.status if answer.status < 500 else 502
        raise WireError(message or "The upstream refuses this.", status=status, code=f"upstream_status_{answer.status}")
    reply = _parsed(data)
    if reply is None:
        raise UpstreamError("the upstream sent something that is not JSON", code="upstream_invalid_response")
    return reply


def _parsed(data: bytes) -> Json:
    try:
        return parse_reply(data)
    except WireError:
        return None


async def _readable(visit: Visit, text: str) -> str:
    """A text of the upstream's as policy lets it through; nothing of one that is blocked."""
    if not text:
        return ""
    inspector = _inspector(visit)
    seen = await inspector.text(text[:4000], _SAID)
    await inspector.close()
    return seen.released or "" if seen.outcome < Outcome.BLOCK else ""


async def _shown(visit: Visit, reply: Json, job: TrainingJob) -> dict[str, Json]:
    try:
        shown = tuning.job_object(reply, job.files)
    except ValueError:
        raise UpstreamError("the upstream answered with no job", code="upstream_invalid_response") from None
    if visit.desk.models is not None:
        shown["model"] = visit.desk.models.shown(shown["model"])
    if text := tuning.error_text(reply):
        shown["error"] = {"code": "job_failed", "message": await _readable(visit, text), "param": None}
    return shown


async def _job(visit: Visit) -> TrainingJob:
    job = await visit.desk.known(lambda db: db.job(visit.id))
    if job is None or job.tenant != visit.caller.tenant:
        raise WireError(f"There is no job {visit.id!r}.", status=404, code="job_not_found")
    return job


# ---------------------------------------------------------------------------------------------------- the rest


async def listed(visit: Visit) -> Json:
    """GET /v1/fine_tuning/jobs: those of the caller's tenant, the newest first."""
    limit = visit.query.get("limit", "20")
    most = min(int(limit), 100) if limit.isascii() and limit.isdigit() and len(limit) < 4 else 20
    tenant = visit.caller.tenant
    mine = await visit.desk.known(lambda db: db.jobs(tenant, most))
    return listing([await _known(visit, job) for job in mine])


async def _known(visit: Visit, job: TrainingJob) -> dict[str, Json]:
    """A job of a list: one that the upstream tells nothing about is told all the same, without a status."""
    try:
        return await _shown(visit, await _upstream(visit, "GET", f"{JOBS}/{job.id}"), job)
    except WireError:
        pass
    except UpstreamError as e:
        if e.code != "upstream_invalid_response":
            raise
    return tuning.job_object({"id": job.id, "created_at": job.created_at}, job.files)


async def one_job(visit: Visit) -> Json:
    """GET /v1/fine_tuning/jobs/{id}."""
    job = await _job(visit)
    return await _shown(visit, await _upstream(visit, "GET", f"{JOBS}/{job.id}"), job)


def _doing(verb: str) -> Handler:
    async def handler(visit: Visit) -> Json:
        job = await _job(visit)
        await visit.desk.tell(f"job_{verb}", visit.caller, job.id)
        return await _shown(visit, await _upstream(visit, "POST", f"{JOBS}/{job.id}/{verb}", b"{}"), job)

    return handler


async def events(visit: Visit) -> Json:
    """GET /v1/fine_tuning/jobs/{id}/events."""
    job = await _job(visit)
    rows = _rows(await _upstream(visit, "GET", f"{JOBS}/{job.id}/events"))
    said = [row.get("message") for row in rows]
    texts = [await _readable(visit, text) if isinstance(text, str) else "" for text in said]
    return listing([tuning.event(row, text) for row, text in zip(rows, texts, strict=True)])


async def checkpoints(visit: Visit) -> Json:
    """GET /v1/fine_tuning/jobs/{id}/checkpoints."""
    job = await _job(visit)
    return listing(
        [tuning.checkpoint(row) for row in _rows(await _upstream(visit, "GET", f"{JOBS}/{job.id}/checkpoints"))]
    )


def _rows(reply: Json) -> list[dict[str, Json]]:
    try:
        return tuning.rows(reply)
    except ValueError:
        raise UpstreamError("the upstream answered with no list", code="upstream_invalid_response") from None


async def made(desk: Desk, model: str) -> Made | None:
    """Where a tuned model comes from, as far as the upstream tells of the jobs that were begun here."""
    if desk.ledger is None:
        return None
    kept = desk.ledger
    jobs = await kept.do(lambda db: db.jobs(None, ASKED))
    for names in (_tuned_model, _checkpoints_of):  # few ask for a checkpoint: jobs are asked about those last
        for job in jobs:
            if model in await names(desk, job.id):
                files = [await kept.do(partial(Database.file, id=id)) for id in job.files.values()]
                return Made(job.id, job.tenant, job.key, [one.digest for one in files if one is not None])
    return None


async def _tuned_model(desk: Desk, job: str) -> list[Json]:
    told = await _asked(desk, f"{JOBS}/{job}")
    return [told.get("fine_tuned_model")] if isinstance(told, dict) else []


async def _checkpoints_of(desk: Desk, job: str) -> list[Json]:
    told = await _asked(desk, f"{JOBS}/{job}/checkpoints")
    try:
        return [row.get("fine_tuned_model_checkpoint") for row in tuning.rows(told)]
    except ValueError:
        return []


async def _asked(desk: Desk, path: str) -> Json:
    """What the upstream tells; None where it knows nothing of it. Raises UpstreamError."""
    answer = await desk.upstream.send("GET", path)
    try:
        return _parsed(await answer.read()) if answer.status == 200 else None
    finally:
        answer.close()


HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    (JOBS, "POST"): create,
    (JOBS, "GET"): listed,
    (JOBS + "/{id}", "GET"): one_job,
    (JOBS + "/{id}/cancel", "POST"): _doing("cancel"),
    (JOBS + "/{id}/pause", "POST"): _doing("pause"),
    (JOBS + "/{id}/resume", "POST"): _doing("resume"),
    (JOBS + "/{id}/events", "GET"): events,
    (JOBS + "/{id}/checkpoints", "GET"): checkpoints,
}
