"""An error of the upstream as the client gets it: its message is a text like any other."""

from __future__ import annotations

from guardproxy.engine import Cut, Gate
from guardproxy.types import Json
from guardproxy.wire import errors


async def failed_upstream(gate: Gate, route: str, status: int, body: bytes) -> dict[str, Json]:
    """The error object of an upstream's error reply, guarded."""
    try:
        message = await gate.feed(errors.read_upstream_error(status, body), last=True)
    except Cut:
        message = "The upstream answered with an error; its message is withheld by policy."
    if errors.nothing_there(status, message):
        message = f"The upstream has no {route}."
    kind = "server_error" if status >= 500 else None
    return errors.error_object(message or f"The upstream answered {status}.", type=kind, status=status)
