"""Approvals at the edge: what one is bound to, what the client is told, and how a reply that was approved is handed out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from guardproxy.engine.approvals import Binding, HeldCall, HeldReply, rules_of
from guardproxy.governance.approvals import (
    Approval,
    Approvals,
    Ask,
    Decided,
    Full,
    Kind,
    NotApproved,
    OwnRequest,
    Status,
    UnknownApproval,
    Voter,
)
from guardproxy.governance.caller import Caller
from guardproxy.governance.events import AuditUnavailable
from guardproxy.server.auditing import unavailable
from guardproxy.server.rights import sees
from guardproxy.telemetry.log import logger
from guardproxy.types import GuardproxyError, Json, WireError
from guardproxy.wire import errors
from guardproxy.wire.base import ReplyWriter

HEADER: Final = b"x-guardproxy-approval"
"""Of a request that is sent again, with the approval's id."""
REQUIRED: Final = "approval_required"
NOT_THERE: Final = WireError("There is no such approval; it may have expired.", status=404, code="approval_not_found")
_DECISIONS: Final = {"approve": True, "deny": False}
_LINE: Final = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]{1,200}")
_COMMENT: Final = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f]{0,2000}")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says about an approval."""

    approve: bool
    voter: Voter
    comment: str = ""


def bind(tenant: str, key: str, policy: str, route: str, body: Json) -> Binding:
    """What an approval of this request is bound to. Bodies that differ in layout or in the order of keys are the same."""
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return Binding(tenant, key, policy, hashlib.sha256(route.encode() + b"\0" + text).hexdigest())


def key_digest(key: bytes) -> str:
    """What stands for a client's key; empty without one."""
    return hashlib.sha256(b"guardproxy approval\0" + key).hexdigest() if key else ""


async def hold(
    store: Approvals, binding: Binding, calls: list[HeldCall], reply: HeldReply, person: str | None
) -> Approval:
    """Keep a reply. `person`: who asks, where that is known. Raises WireError where nothing more is kept."""
    subject = f"{len(calls)} tool call{'s' * (len(calls) != 1)}, rules {', '.join(rules_of(calls))}"
    ask = Ask(
        *(Kind.REPLY, subject, binding.digest(), binding.tenant, binding.key),
        details={"calls": [call.shown() for call in calls]},
        payload=reply.pack(),
        person=person or "",
    )
    try:
        return await store.ask(ask)
    except Full as e:
        raise WireError(f"A tool call of this reply needs approval, and {e}.", status=503, code="overloaded") from None
    except GuardproxyError as e:  # its store can't be used, or nothing can be written down: the reply doesn't go out
        logger.error("a reply that needs approval can't be kept: %s", e)
        raise WireError(
            "A tool call of this reply needs approval, and it can't be kept until then.", status=503, code="overloaded"
        ) from None


def required(id: str) -> WireError:
    """What a client is told while a person has not answered."""
    message = (
        f"A tool call of this reply needs approval {id}. Once it is approved, send the same request again with the header "
        f"{HEADER.decode()}: {id}."
    )
    return WireError(message, status=400, code=REQUIRED)


async def take(store: Approvals | None, id: str, binding: Binding) -> HeldReply:
    """The reply that was approved. Raises WireError: 404 for an id that opens nothing, 400 while it may not go out."""
    try:
        if store is None:
            raise UnknownApproval("nothing waits here")
        return HeldReply.unpack(await store.take(id, Kind.REPLY, binding.digest()))
    except UnknownApproval:
        message = "There is no such approval for this request: it has expired, was used, or belongs to another request."
        raise WireError(message, status=404, code="approval_not_found") from None
    except NotApproved as e:
        if e.status is Status.PENDING:
            raise required(id) from None
        raise WireError("A person has denied the tool calls of this reply.", code="approval_denied") from None
    except GuardproxyError as e:
        logger.error("an approved reply can't be handed out: %s", e)
        raise WireError("The approval can't be used now; try again later.", status=503, code="overloaded") from None


def shown(approval: Approval) -> dict[str, Json]:
    """An approval as JSON, for who decides."""
    votes: list[Json] = [
        {"by": vote.by, "approve": vote.approve, "comment": vote.comment or None, "at": vote.at}
        for vote in approval.votes
    ]
    details = approval.details if isinstance(approval.details, dict) else {}
    return {
        "id": approval.id,
        "kind": approval.kind.value,
        "subject": approval.subject,
        "status": approval.status.value,
        "tenant": approval.tenant,
        "requester": approval.requester or None,
        "created": approval.created,
        "expires": approval.expires,
        "decided": approval.decided,
        "needs": approval.needs,
        "votes": votes,
        **details,
    }


def said(body: Mapping[str, Json], voter: Voter | None = None) -> Said:
    """What somebody sends. `voter`: who it is, where a key says so; else the body says it. Raises WireError."""
    if unknown := sorted(set(body) - {"decision", "by", "comment"}):
        raise WireError(f"A decision has `decision`, `by` and `comment`, and no {unknown[0][:64]!r}.")
    decision, by, comment = body.get("decision"), body.get("by"), body.get("comment") or ""
    if not isinstance(decision, str) or decision not in _DECISIONS:
        raise WireError("`decision` is 'approve' or 'deny'.", param="decision")
    if voter is not None:
        by = voter.name
    if not isinstance(by, str) or not _LINE.fullmatch(by) or not by.strip():
        raise WireError("`by` says who decides, in 1 to 200 characters.", param="by")
    if not isinstance(comment, str) or not _COMMENT.fullmatch(comment):
        raise WireError("`comment` is a text of at most 2,000 characters.", param="comment")
    return Said(_DECISIONS[decision], voter or Voter(by.strip()), comment.strip())


async def seen(store: Approvals, id: str, caller: Caller) -> Approval:
    """An approval that this caller may know of. Raises WireError 404."""
    try:
        one = await store.get(id)
    except UnknownApproval:
        raise NOT_THERE from None
    if not sees(caller, one.tenant):
        raise NOT_THERE
    return one


async def decide(store: Approvals, id: str, said: Said) -> Approval:
    """Say it. Raises WireError."""
    try:
        return await store.vote(id, said.voter, approve=said.approve, comment=said.comment)
    except UnknownApproval:
        raise NOT_THERE from None
    except Decided as e:
        raise WireError(f"Somebody decided before: {e}.", status=409, code="approval_decided") from None
    except OwnRequest as e:
        raise WireError(f"This is your own request: {e}.", status=403, code="approval_own_request") from None
    except AuditUnavailable as e:
        raise unavailable(e) from None
    except GuardproxyError as e:
        logger.error("an approval can't be decided: %s", e)
        raise WireError(
            "The decision can't be written down now; try again later.", status=503, code="overloaded"
        ) from None


def told(error: WireError, writer: ReplyWriter) -> bytes:
    """An error of ours that ends a stream."""
    said = errors.error_object(str(error), code=error.code, status=error.status)
    return writer.error(said) + writer.done()
