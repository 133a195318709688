"""Approvals at the edge: what one is bound to, what the client is told, and how a reply that was approved is handed out."""

from __future__ import annotations

import hashlib
from typing import Final

import orjson

from guardproxy.engine.approvals import (
    Approval,
    Approvals,
    Binding,
    Full,
    HeldCall,
    HeldReply,
    NotApproved,
    Status,
    UnknownApproval,
)
from guardproxy.types import Json, WireError
from guardproxy.wire import errors
from guardproxy.wire.base import ReplyWriter

HEADER: Final = b"x-guardproxy-approval"
"""Of a request that is sent again, with the approval's id."""
REQUIRED: Final = "approval_required"


def bind(tenant: str, key: str, policy: str, route: str, body: Json) -> Binding:
    """What an approval of this request is bound to. Bodies that differ in layout or in the order of keys are the same."""
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return Binding(tenant, key, policy, hashlib.sha256(route.encode() + b"\0" + text).hexdigest())


def key_digest(key: bytes) -> str:
    """What stands for a client's key; empty without one."""
    return hashlib.sha256(b"guardproxy approval\0" + key).hexdigest() if key else ""


async def hold(store: Approvals, binding: Binding, calls: list[HeldCall], reply: HeldReply) -> Approval:
    """Keep a reply. Raises WireError where nothing more is kept."""
    try:
        return await store.hold(binding, tuple(calls), reply)
    except Full as e:
        raise WireError(f"A tool call of this reply needs approval, and {e}.", status=503, code="overloaded") from None


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
        return await store.take(id, binding)
    except UnknownApproval:
        message = "There is no such approval for this request: it has expired, was used, or belongs to another request."
        raise WireError(message, status=404, code="approval_not_found") from None
    except NotApproved as e:
        if e.status is Status.PENDING:
            raise required(id) from None
        raise WireError("A person has denied the tool calls of this reply.", code="approval_denied") from None


def shown(approval: Approval) -> dict[str, Json]:
    """An approval as JSON, for who decides."""
    return {
        "id": approval.id,
        "status": approval.status.value,
        "tenant": approval.tenant,
        "created": approval.created,
        "expires": approval.expires,
        "decided": approval.decided,
        "by": approval.by or None,
        "calls": [{"tool": c.tool, "arguments": c.arguments, "rules": list(c.rules)} for c in approval.calls],
    }


def told(error: WireError, writer: ReplyWriter) -> bytes:
    """An error of ours that ends a stream."""
    said = errors.error_object(str(error), code=error.code, status=error.status)
    return writer.error(said) + writer.done()
