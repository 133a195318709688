"""What every request gets in the end: an answer, whatever went wrong."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from guardproxy.server import closing
from guardproxy.server.authentication import Refused
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Gone, Headers, Reply, Request, Shape, error_reply
from guardproxy.telemetry import Record
from guardproxy.telemetry.log import internal_error
from guardproxy.types import UpstreamError, WireError

GONE: Final = 499
"""Status in records and metrics of a request whose client went away (nginx's number for it)."""


async def answered(
    serving: Coroutine[Any, Any, int],
    request: Request,
    record: Record,
    headers: Headers,
    shape: Shape,
    ending: Closing,
) -> int:
    """Serve, and turn what went wrong into an answer of this shape. Returns the status."""
    try:
        return await serving
    except Gone:
        record.failed(closing.CODE if ending.now else "client_gone")
        return GONE
    except (WireError, UpstreamError) as e:
        record.failed(e.code or "invalid_request", upstream=isinstance(e, UpstreamError))
        if isinstance(e, Refused):
            record.refused(e.reason)
        return await _say(request, error_reply(e, headers, shape))
    except Exception as e:
        internal_error(e, record.request_id)
        record.failed("internal_error")
        broken = WireError("guardproxy failed; the request may be repeated.", status=500, code="internal_error")
        return await _say(request, error_reply(broken, headers, shape))


async def _say(request: Request, reply: Reply) -> int:
    if not request.started:
        with suppress(Gone):
            await request.reply(reply)
    return reply.status


def answer_headers(record: Record, policy: bytes, ids: tuple[bytes, ...], incidents: bytes = b"") -> Headers:
    """What every answer carries. `policy`: the beginning of the policy's digest; `ids`: headers for the request's id;
    `incidents`: those under which it is served."""
    return (
        *((name, record.request_id.encode()) for name in ids),
        (b"x-guardproxy-decision", record.decision_id.encode()),
        (b"x-guardproxy-policy", policy),
        *(((b"x-guardproxy-incident", incidents),) if incidents else ()),
    )
