"""Small JSON bodies of the second listener."""

from __future__ import annotations

from starlette.requests import Request

from guardproxy.types import Json, WireError
from guardproxy.wire.json import parse


async def body(request: Request, most: int) -> dict[str, Json]:
    """What was sent, in at most so many bytes. Raises WireError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise WireError("Send it as application/json.", status=415, code="unsupported_media_type")
    out = b""
    async for piece in request.stream():
        out += piece
        if len(out) > most:
            raise WireError(f"This takes at most {most} bytes.", status=413, code="request_too_large")
    return parse(out)
