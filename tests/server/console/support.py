"""A console on its listener, asked in process."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from guardproxy.config import Settings, load
from guardproxy.engine import Guard
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.incidents import IncidentStore
from guardproxy.server.admin import AdminApp
from guardproxy.server.console import Access, Console
from guardproxy.server.health import Health
from guardproxy.server.incidents import Incidents
from guardproxy.server.reload import Reloader, open_policies
from guardproxy.telemetry import Metrics
from guardproxy.telemetry.recent import Recent
from tests.server.support import POLICY

KEY = "sk-admin-0123456789abcdef"
BASE = "http://127.0.0.1:8081"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\u202egnp.exe\u202c",
    "\x1b[31mred\x1b[0m",
    "\"' onmouseover='alert(1)",
    "\u05d0\u05d1\u05d2 \u0627\u0644",
    '{"__proto__": {"polluted": true}}',
    "\x00\x08\x7f",
    "&lt;b&gt;",
    "A" * 100_000,
)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """A console, who asks it, and what it shows."""

    http: httpx.AsyncClient
    recent: Recent
    policies: Reloader
    settings: Settings
    metrics: Metrics
    approvals: Approvals
    clock: Clock
    incidents: Incidents

    @property
    def guard(self) -> Guard:
        return self.policies.in_force.guard

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(path, **more)

    async def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        return await self.http.post(path, data=form, headers={"origin": BASE, **headers})

    async def sign_in(self, key: str = KEY) -> httpx.Response:
        return await self.post("/console/sign-in", {"key": key})

    async def token(self) -> str:
        """The token of the session, from a page's form."""
        page = (await self.get("/console/playground")).text
        return re.search(r'name="token" value="([^"]+)"', page)[1]


@contextlib.asynccontextmanager
async def desk(
    folder: Path,
    *,
    key: str = KEY,
    policy: str = POLICY,
    client: str = "127.0.0.1",
    base: str = BASE,
    **sections: Any,
) -> AsyncIterator[Desk]:
    """A console with this policy, its guard started."""
    (folder / "policy.yaml").write_text(policy)
    config = folder.parent / f"{folder.name}.config"
    upstream = {"url": "http://127.0.0.1:1/v1"}
    config.write_text(json.dumps({"policies": str(folder / "policy.yaml"), "upstream": upstream, **sections}))
    settings = load(config, {"GUARDPROXY_ADMIN_KEY": key} if key else {})
    recent, metrics, clock, approvals = Recent(), Metrics(), Clock(), Approvals()
    policies = open_policies(settings)
    policies.observed(metrics)
    incidents = Incidents(IncidentStore.at(""), policies)
    console = Console(
        settings, policies.in_force, recent, Access(settings, clock=clock), policies, approvals, incidents
    )
    admin = AdminApp(settings, metrics, Health(policies.in_force, None), approvals, policies, console, incidents)
    await policies.start()
    await incidents.start()
    transport = httpx.ASGITransport(admin, client=(client, 5000), raise_app_exceptions=True)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={"accept": "text/html"}) as http:
            yield Desk(http, recent, policies, settings, metrics, approvals, clock, incidents)
    finally:
        await console.aclose()
        await incidents.aclose()
        await policies.aclose()
        await approvals.aclose()


def record(number: int = 1, text: str = "gpt-oss", **more: Any) -> dict[str, Any]:
    """A decision record, with `text` wherever somebody else chose a string."""
    place = {"segment": 0, "direction": "request", "role": "user", "channel": None, "tool": text}
    finding = {"filter": "words", "label": "words.mail", "score": 0.9, "start": 0, "end": 4, "lists": [], **place}
    return {
        "decision_id": f"dec_{number:04}",
        "time": "2026-11-23T06:00:00.000Z",
        "request_id": f"req_{number}",
        "tenant": "default",
        "route": "/v1/chat/completions",
        "model": text,
        "stream": True,
        "status": 200,
        "error": None,
        "policy": {"name": "small", "version": "1", "digest": "0" * 64},
        "outcome": "redact",
        "segments": 1,
        "verdicts": [{"rule": "mask", "outcome": "redact", "shadow": False, **place}],
        "findings": [finding],
        "findings_total": 1,
        "dropped": [],
        "placeholders": None,
        "failures": [],
        "timings": {},
        **more,
    }
