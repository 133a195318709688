"""Who is asked for a reply: the main upstream, or the one that a rule has chosen, or who stands in for that one.

Nothing but the guarded body goes to any of them, and each has its own key. Only those stand in that the operator has named
for it (`fallback`): where a rule routes a request away from the main upstream, that never gets it because another one failed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from guardproxy.config import Settings
from guardproxy.governance.events import AuditUnavailable, Event, Unrecorded
from guardproxy.governance.events import Recorder as AuditRecorder
from guardproxy.governance.fallback import Budget, Member, Reason, Usage
from guardproxy.judges.breaker import Breaker
from guardproxy.sections import MAIN, Target
from guardproxy.sections import Upstream as Section
from guardproxy.server.metered import Metered
from guardproxy.server.upstream import Answered, Asked, Upstream
from guardproxy.telemetry import Record
from guardproxy.telemetry.log import logger
from guardproxy.types import Json, UpstreamError, WireError
from guardproxy.wire.json import dump

MODELS: Final = 256
"""Models that may not serve of which the audit log hears one by one."""
OTHERS: Final = "(others)"
"""The rest of them."""
_CANT: Final = frozenset({429, 502, 503, 504})
"""Statuses by which a server says that it can't answer now. 500 may be about the request: whoever sends such requests must not
be able to have everybody's go elsewhere."""
_MEANT: Final = frozenset({"upstream_unreachable", "upstream_timeout", "upstream_refused_credentials"})
"""Errors before an answer that are the upstream's, whatever it is asked."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One upstream."""

    asked: Asked
    name: str = ""
    """As rules and metrics call it; empty for the main one."""
    model: str = ""
    """The model that it is asked for; empty: the one that the client names."""
    external: bool = False
    """It is somebody else's."""
    fallback: tuple[str, ...] = ()
    """Who stands in for it."""
    member: Member = field(default_factory=lambda: Member(Breaker(1, 1.0, time.monotonic)))
    host: str = ""

    @classmethod
    def of(cls, settings: Settings, asked: Asked, name: str = "") -> Destination:
        """That of the settings; `name`: of one of `upstreams`, empty for the main one."""
        section: Section = settings.upstreams[name] if name else settings.upstream
        member = Member(Breaker(section.failures, section.pause, time.monotonic))
        model, external = "", False
        if isinstance(section, Target):
            model, external = section.model, section.external
            if section.daily_requests or section.daily_tokens:
                member.budget = Budget(section.daily_requests, section.daily_tokens, time.time)
        return cls(asked, name, model, external, section.fallback, member, urlsplit(section.url).hostname or "")

    @property
    def label(self) -> str:
        """Its name for metrics and people."""
        return self.name or MAIN


@dataclass(frozen=True, slots=True)
class Question:
    """A guarded request that is to be answered."""

    first: Destination
    """Who is to answer it."""
    model: str | None
    """What the first of them calls the model; None: as the body says."""
    path: str
    headers: Iterable[tuple[str, str]] = ()
    barred: WireError | None = None
    """Why the main upstream's model may not be asked."""
    alone: bool = False
    """Nobody can stand in: the answers of two models are not alike (embeddings)."""
    asking: Callable[[str], None] = lambda model: None
    """Told of the model before anybody is asked for it: who has answered is who was told of last."""

    def named(self, body: Mapping[str, Json]) -> str:
        """The model, as the first of them calls it or as the body does."""
        return (self.model or str(body.get("model")))[:200]


class _StandIn(NamedTuple):
    """Somebody who answers in place of another."""

    instead_of: str
    who: str
    model: str = ""
    """For which model alone: one that may not serve. Empty: for all that the other one was to have."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """All of them. Shared by all requests."""

    main: Destination
    others: Mapping[str, Destination] = field(default_factory=dict)
    audit: AuditRecorder = field(default_factory=Unrecorded)
    _standing_in: set[_StandIn] = field(default_factory=set)  # what the audit log knows of
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, settings: Settings, main: Asked, audit: AuditRecorder | None = None) -> Destinations:
        """Those of the settings, opened. Close them."""
        others = {name: Destination.of(settings, Upstream(settings, name), name) for name in settings.upstreams}
        return cls(Destination.of(settings, main), others, audit or Unrecorded())

    def to(self, name: str) -> Destination:
        """The one that a rule names; the main one for none. Policies that name others are not loaded."""
        return self.others[name] if name else self.main

    def stand_in(self, first: Destination, *, barred: bool = False) -> Destination | None:
        """Who would be asked now in its place. `barred`: since its model may not be."""
        return next((one for one in self._behind(first, barred) if one.member.why_not() is None), None)

    def _behind(self, first: Destination, barred: bool) -> list[Destination]:
        # a model of the same name elsewhere may be the one that did not pass its probe
        found = (self.others[name] for name in first.fallback)
        return [one for one in found if one.model or not barred]

    async def ask(self, question: Question, body: Mapping[str, Json], record: Record, stream: str | None) -> Sent:
        """Ask, and where that fails before there is an answer, whoever stands in. Raises UpstreamError, WireError."""
        first = question.first
        barred = question.barred if first is self.main or not first.model else None
        behind = [] if question.alone else self._behind(first, barred is not None)
        trouble: UpstreamError | WireError | None = barred
        why: Reason | None = Reason.QUARANTINED if barred is not None else None
        for at, one in enumerate([first, *behind]):
            if one is first and barred is not None:
                continue
            alone = one is first and not behind
            if (reason := one.member.take(alone=alone)) is not None:
                why = why or reason
                continue
            model = self._told_of(question.named(body)) if barred is not None else ""
            if one is not first and not await self._told(first, one, why or Reason.FAILED, model):
                continue
            try:
                answer = await self._post(one, question, body, stream)
            except UpstreamError as e:
                if e.code in _MEANT:
                    one.member.breaker.failed()
                    trouble, why = e, why or Reason.FAILED
                    continue
                raise
            if answer.status in _CANT:
                one.member.breaker.failed()
                if any(other.member.why_not() is None for other in behind[at:]):
                    answer.close()
                    why = why or Reason.FAILED
                    continue
            else:
                one.member.breaker.succeeded()
            if one is first:
                if answer.status not in _CANT:
                    await self._over(first, question.named(body))
                return Sent(answer, one)
            record.stood_in(one.name, first.label, (why or Reason.FAILED).value)
            return Sent(answer, one, why)
        raise trouble or _nobody(first, why)

    async def _post(
        self, one: Destination, question: Question, body: Mapping[str, Json], stream: str | None
    ) -> Answered:
        model = one.model or question.model
        data = dump({**body, "model": model} if model else dict(body))
        question.asking(model or str(body.get("model")))
        answer = await one.asked.post(question.path, data, stream=stream, headers=question.headers)
        budget = one.member.budget
        return answer if budget is None else Metered(answer, Usage(len(data)), budget)

    def _told_of(self, model: str) -> str:
        """The model as the audit log tells of it. Clients make names up: past some, all are one."""
        known = {one.model for one in self._standing_in}
        return model if model in known or len(known) < MODELS else OTHERS

    async def _told(self, first: Destination, one: Destination, why: Reason, model: str) -> bool:
        """Whether the audit log knows that this one gets what was the first one's. Else it doesn't."""
        stand_in = _StandIn(first.label, one.name, model)
        if stand_in in self._standing_in:
            return True
        async with self._lock:
            if stand_in in self._standing_in:
                return True
            details: dict[str, Json] = {
                "instead_of": first.label, "reason": why.value, "external": one.external, "host": one.host,
                **({"model": model} if model else {}),
            }  # fmt: skip
            try:
                await self.audit.record(Event("upstream.fallback_began", "guardproxy", one.name, details=details))
            except AuditUnavailable as e:
                logger.error("%s can't stand in for %s, since it can't be recorded: %s", one.name, first.label, e)
                return False
            self._standing_in.add(stand_in)
            logger.warning("%s stands in for %s: %s", one.name, first.label, why.value)
            return True

    async def _over(self, first: Destination, model: str) -> None:
        """The first one answers for this model: nobody stands in for it any more, but for other models that may not serve."""
        if not first.fallback or not self._standing_in:
            return
        async with self._lock:
            for one in [one for one in self._standing_in if one.instead_of == first.label and one.model in ("", model)]:
                details: dict[str, Json] = {"instead_of": first.label, **({"model": model} if one.model else {})}
                try:
                    await self.audit.record(Event("upstream.fallback_ended", "guardproxy", one.who, details=details))
                except AuditUnavailable as e:  # told again with the next answer
                    logger.error("the end of a fallback is not in the audit log: %s", e)
                    return
                self._standing_in.discard(one)
                logger.warning("%s answers again; %s no longer stands in", first.label, one.who)

    async def aclose(self) -> None:
        """Close the others: the main one belongs to who made it."""
        for one in self.others.values():
            if isinstance(one.asked, Upstream):
                await one.asked.aclose()


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that somebody answers."""

    answer: Answered
    by: Destination
    why: Reason | None = None
    """Why it isn't who was to; None where it is."""


def _nobody(first: Destination, why: Reason | None) -> UpstreamError:
    said = {
        Reason.BUDGET: "what it may cost today is spent",
        Reason.UNHEALTHY: "its health checks fail",
        Reason.BREAKER: "it failed several times in a row",
    }.get(why or Reason.FAILED, "it can't answer")
    who = f"the upstream {first.name!r}" if first.name else "the upstream"
    more = ", and nobody stands in for it" if first.fallback else ""
    code = "budget_spent" if why is Reason.BUDGET else "upstream_unavailable"
    return UpstreamError(f"{who} is not asked now: {said}{more}", status=503, code=code)
