"""Whether this process is alive and whether it can serve. Tells reasons, never addresses or keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from guardproxy.engine import Guard
from guardproxy.governance.probe.standing import Standing
from guardproxy.server.edge import Reply
from guardproxy.server.models import NO_LIST, Models
from guardproxy.types import Json, UpstreamError
from guardproxy.wire.json import dump

FRESH = 2.0
"""Seconds for which an answer of the upstream counts."""
PATIENCE = 2.0
"""Seconds that the upstream has for it."""


class Policies(Protocol):
    """What is in force."""

    @property
    def ready(self) -> bool: ...

    @property
    def guard(self) -> Guard: ...


@dataclass(slots=True)
class Health:
    """Readiness: the upstream answers and the filters run."""

    policies: Policies
    models: Models | None
    """None where there is no upstream that everything depends on."""
    draining: bool = False
    stands_in: Callable[[], str] = lambda: ""
    """Name of who would be asked in place of the main upstream; empty for nobody."""
    standing: Standing | None = None
    """Of the upstream's models, where they are probed."""
    incidents: Callable[[], list[Json]] = list
    """Those that are open."""
    in_force: Callable[[], str] = str
    """Why an open incident is not in force; empty where all are."""
    _checked: float = float("-inf")
    _trouble: str = ""
    _listless: bool = False
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def alive(self) -> Reply:
        return Reply(200, dump({"status": "ok"}))

    def filtering(self) -> Reply:
        """200 where the filters run, whatever the upstream does. The words are those that FMS' orchestrator reads."""
        fine = self.policies.ready and not self.draining
        return Reply(200 if fine else 503, dump({"status": "HEALTHY" if fine else "UNHEALTHY"}))

    async def checks(self) -> dict[str, dict[str, Json]]:
        """What must hold, by name: `ok`, and the reason where it is not."""
        return {
            **(await self._upstream()),
            **({"models": self.standing.health()} if self.standing is not None else {}),
            **({"incidents": _check(self.in_force())} if self.incidents() else {}),
            "filters": _check("" if self.policies.ready else "the filters are not running"),
            "process": _check("the process is shutting down" if self.draining else ""),
        }

    async def _upstream(self) -> dict[str, dict[str, Json]]:
        if self.models is None:
            return {}
        trouble = await self.upstream_trouble()
        if trouble and (name := self.stands_in()):
            return {"upstream": {"ok": True, "reason": trouble, "fallback": name}}
        return {"upstream": _check(trouble) | ({"models": "not listed"} if self._listless else {})}

    async def ready(self) -> Reply:
        """200 or 503, with what is wrong."""
        checks = await self.checks()
        fine = all(c["ok"] for c in checks.values())
        policy = self.policies.guard.policy
        about = {"name": policy.name, "version": policy.version, "digest": policy.digest}
        body: dict[str, Json] = {"status": "ready" if fine else "not ready", "checks": checks, "policy": about}
        if incidents := self.incidents():
            body["incidents"] = incidents
        return Reply(200 if fine else 503, dump(body))

    async def upstream_trouble(self) -> str:
        """Why the upstream can't be used; empty when it can. One question at a time, its answer kept for a moment."""
        async with self._lock:
            if time.monotonic() - self._checked > FRESH:
                self._trouble = await self._ask()
                self._checked = time.monotonic()
            return self._trouble

    async def _ask(self) -> str:
        self._listless = False
        try:
            if self.models is not None:
                await self.models.learn(PATIENCE)
        except UpstreamError as e:
            self._listless = e.code == NO_LIST  # there are servers without a list that serve all the same
            return "" if self._listless else str(e)
        return ""


def _check(trouble: str) -> dict[str, Json]:
    return {"ok": False, "reason": trouble} if trouble else {"ok": True}
