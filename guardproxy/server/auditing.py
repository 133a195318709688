"""What the server tells the audit log of itself: that it begins and ends, and with which settings."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from guardproxy import __version__
from guardproxy.config import Settings
from guardproxy.governance.events import AuditUnavailable, Event, Recorder, Unrecorded
from guardproxy.sections import MAIN, Target
from guardproxy.telemetry import Journal, Metrics
from guardproxy.telemetry.log import logger
from guardproxy.types import Json, WireError
from guardproxy.wire.json import dump

GUARDPROXY = "guardproxy"
"""The actor, where nobody asked."""


def settings_digest(settings: Settings) -> str:
    """SHA-256 of the settings without the keys: the same settings, the same digest."""
    return hashlib.sha256(dump(_sorted(settings.model_dump(mode="json")))).hexdigest()


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


@asynccontextmanager
async def auditing(settings: Settings, metrics: Metrics) -> AsyncIterator[Recorder]:
    """Where events go, until the end of the block. Raises ConfigError, AuditUnavailable."""
    if not settings.audit.path:
        yield Unrecorded()
        return
    from guardproxy.governance.audit import AuditLog
    from guardproxy.governance.audit.metrics import AuditCollector

    log = AuditLog.open(settings.audit)
    AuditCollector(metrics.registry, log)
    try:
        yield log
    finally:
        await log.aclose()


def seal_decisions(recorder: Recorder, journal: Journal | None, settings: Settings) -> None:
    """Have the audit log hold digests of the decision log, where both are there and the decision log is a file."""
    if journal is None or not settings.audit.path:
        return
    from guardproxy.governance.audit import AuditLog
    from guardproxy.governance.audit.decisions import sealed

    if not isinstance(recorder, AuditLog) or (sealing := journal.sealed()) is None:
        return
    target = settings.decision_log

    def stated() -> Event | None:
        one = sealing.seal()
        return None if one is None else sealed(target if target == "-" else str(Path(target).absolute()), one)

    recorder.stated = stated


def _shared(settings: Settings) -> dict[str, Json]:
    """Who else may get what was sent to this process, and in whose place."""
    every = {MAIN: settings.upstream, **settings.upstreams}
    return {
        name: {
            "host": urlsplit(one.url).hostname or "",
            "external": one.external if isinstance(one, Target) else None,
            "fallback": list[Json](one.fallback),
            "fallback_shares": one.fallback_shares,
        }
        for name, one in every.items()
    }


@asynccontextmanager
async def told(settings: Settings, recorder: Recorder, what: str = "serve") -> AsyncIterator[None]:
    """That a process serves is recorded before it does, and that it has ended. Raises AuditUnavailable."""
    listen, admin = settings.listen, settings.admin
    details: dict[str, Json] = {
        "guardproxy": __version__,
        "settings": settings_digest(settings),
        "listen": f"{listen.host}:{listen.port}",
        "admin": f"{admin.host}:{admin.port}",
        "authenticated": settings.authenticated,
        "upstreams": _shared(settings),
    }
    await recorder.record(Event(f"{what}.started", GUARDPROXY, details=details))
    try:
        yield
    finally:
        try:
            await recorder.record(Event(f"{what}.stopped", GUARDPROXY))
        except AuditUnavailable as e:
            logger.error("the end of this process is not in the audit log: %s", e)


def unavailable(error: AuditUnavailable) -> WireError:
    """What who wanted to change something is told when it can't be recorded."""
    return WireError(f"Nothing was changed: {error}.", status=503, code="audit_unavailable")
