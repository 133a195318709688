"""Detectors of conduct, one per file: what a tool call does, or what a conversation comes to, not what is written there.

A file here is its own registration: `use: NAME` is the module NAME. It has `LABELS` (what it can say), `Config` (its
options) and `Monitor`. One that says `call.*` looks at calls of replies (those in requests are history that a client tells);
any other looks at the conversation that a request is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardproxy import types
from guardproxy.discovery import Kinds

_KINDS = Kinds(__name__, __path__, noun="monitor", maker="Monitor")


def kinds() -> tuple[str, ...]:
    """Names that `use:` may have."""
    return _KINDS.names


def module(kind: str) -> Any:
    """The module of a monitor. Raises ConfigError for an unknown name."""
    return _KINDS.module(kind)


def build(name: str, options: Mapping[str, Any]) -> types.Monitor:
    """A monitor instance from its entry in a policy. Raises ConfigError."""
    made: types.Monitor = _KINDS.build(name, options)
    return made


def labels() -> dict[str, tuple[str, ...]]:
    """What each kind can say."""
    return _KINDS.labels()
