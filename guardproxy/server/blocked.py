"""A request that policy refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guardproxy.types import Decision


@dataclass(eq=False)
class Blocked(Exception):
    """Policy blocks the request; the upstream is not called."""

    decision: Decision
    labels: tuple[str, ...]
    message: str
    on_block: Literal["error", "refusal"] = "error"
    param: str | None = None
    """Where in the request, if it is one place."""
