"""Releases of tuned models: what has passed its probe is put before people, bound to its weights and to the probes."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson

from guardproxy.governance.approvals import Approval, Approvals, Ask, Kind, NotApproved, Status
from guardproxy.governance.probe.probes import ProbeSet
from guardproxy.governance.probe.standing import Answer, Model
from guardproxy.telemetry.log import logger
from guardproxy.types import GuardproxyError, Json

UNKNOWN: Final = "not tuned through this guardproxy"


@dataclass(frozen=True, slots=True)
class Made:
    """Where a tuned model comes from."""

    job: str
    """Id of the job that made it."""
    tenant: str
    key: str
    """Id of the key that asked for the job: it can't approve its own model."""
    digests: list[str]
    """SHA-256 of the training files."""


Origin: TypeAlias = Callable[[str], Awaitable[Made | None]]
"""Where the model of a name comes from; None where it was not tuned through guardproxy, or nobody knows."""


@dataclass(slots=True)
class Releases:
    """Asks people about models. Implements `standing.People`."""

    approvals: Approvals
    origin: Origin

    async def answer(self, model: Model, probes: ProbeSet) -> Answer | None:
        """What people have said. They are asked where nothing waits for them: nobody has yet, or what waited has expired."""
        bound = _bound(model, probes)
        try:
            known = await self.approvals.listing(Kind.RELEASE)
            mine = [one for one in known if _is_for(one, bound)]
            if not mine:
                await self.approvals.ask(await self._ask(model, probes, bound))
                return None
            return await self._said(mine[-1], bound)
        except NotApproved:  # somebody took it back meanwhile
            return None
        except GuardproxyError as e:
            logger.error("the release of a model can't be put before people: %s", e)
            return None

    async def _said(self, one: Approval, bound: bytes) -> Answer | None:
        if one.status is Status.PENDING:
            return None
        if one.status is Status.APPROVED:
            await self.approvals.take(one.id, Kind.RELEASE, bound)
        return Answer(one.status is Status.APPROVED, one.id)

    async def _ask(self, model: Model, probes: ProbeSet, bound: bytes) -> Ask:
        made = await self.origin(model.who.name)
        if made is None and model.who.root not in ("", model.who.name):  # a copy of it
            made = await self.origin(model.who.root)
        counts = model.detector.counts if model.detector is not None else {}
        rates: dict[str, Json] = {name: f"{one.kept} of {one.asked}" for name, one in sorted(counts.items())}
        details: dict[str, Json] = {
            "bound": bound.hex(),
            "model": model.who.name,
            "digest": model.who.digest or None,
            "tuned_from": model.who.parent or None,
            "held_to": model.measured.model if model.measured is not None else None,
            "probes": probes.digest,
            "kept": rates,
            "evidence": model.detector.evidence if model.detector is not None else None,
            "job": made.job if made is not None else UNKNOWN,
            "files": list[Json](made.digests) if made is not None else None,
        }
        subject = f"release of {model.who.name[:100]}, probed {sum(one.asked for one in counts.values())} times"
        tenant, requester = (made.tenant, made.key) if made is not None else ("default", "")
        return Ask(Kind.RELEASE, subject, bound, tenant, requester, details=details)


def _bound(model: Model, probes: ProbeSet) -> bytes:
    """What an approval holds for: these weights, or this name where the server tells no digest, under these probes."""
    facts = [model.who.digest, "" if model.who.digest else model.who.name, probes.digest]
    return hashlib.sha256(b"model release\0" + orjson.dumps(facts)).digest()


def _is_for(one: Approval, bound: bytes) -> bool:
    return isinstance(one.details, dict) and one.details.get("bound") == bound.hex()
