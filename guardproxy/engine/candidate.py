"""What another policy would have decided about the same traffic, without any power over it.

What its filters share with those of the policy in force is read off the findings there are. Filters of its own read the
text afterwards. What can't be told that way (text that was never read, since it was cut; monitors of its own) is unknown, and
never taken for the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from guardproxy.engine.gate import Gate
from guardproxy.engine.guard import Guard
from guardproxy.engine.observe import Observer, Silent
from guardproxy.engine.plan import Plan
from guardproxy.types import Context, Decision, Facts, Filter, Finding, Needs, Origin, Outcome, Verdict

Why: TypeAlias = Literal["cut", "monitors", "context", "too_long", "failed", "busy"]
"""Why an outcome is unknown: the policy in force cut what the other one would have read on; the other one has monitors of its
own; a filter of its own reads more than its text; a text is too long; the comparison failed; too many of them wait."""
MAX_HEARD: Final = 20_000
"""Texts and calls of one request."""
_TURN: Final = 32
"""Texts after which other requests have their turn."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What is taken over, and what is read anew, for texts of one kind."""

    plan: Plan
    """The candidate's, with the filters that have to read the text."""
    reused: frozenset[str]
    """Filters whose findings are taken over."""
    text: bool
    """The text is needed."""
    unknown: frozenset[Why] = frozenset()


class Comparison:
    """Two policies beside each other. Shared by all requests between two reloads."""

    def __init__(self, main: Guard, candidate: Guard) -> None:
        self.main, self.candidate = main, candidate
        ours = main.detectors
        self._same = frozenset(name for name, one in candidate.detectors.items() if ours.get(name) is one)
        self._lists = candidate.policy.lists != main.policy.lists and bool(candidate.policy.lists)
        self._portions: dict[tuple[object, ...], Portion] = {}

    def portion(self, facts: Facts) -> Portion:
        """For texts like this one."""
        origin = facts.origin
        at = (origin.direction, origin.role, origin.channel, origin.inferred, origin.tool)
        outside = self.main.policy.outside(facts), self.candidate.policy.outside(facts)
        key = (*at, facts.model, facts.tenant, facts.route, *outside)
        found = self._portions.get(key)
        if found is None:
            if len(self._portions) >= 4096:
                self._portions.clear()
            found = self._portions[key] = self._made(facts, *outside)
        return found

    def _made(self, facts: Facts, left: frozenset[str], right: frozenset[str]) -> Portion:
        about: Any = {"model": facts.model, "tenant": facts.tenant, "route": facts.route}
        policy = self.candidate.policy
        ours = self.main.policy
        main = ours.filters_for(ours.rules_for(facts.origin, **about, outside=left))
        enforcing, shadow = policy.filters_for(policy.rules_for(facts.origin, **about, outside=right))
        wanted, runs = enforcing | shadow, main[0] | main[1]
        second = policy.second
        reused = (wanted & runs & self._same) - second  # what stage 2 was asked depends on who asks
        own = wanted - reused - policy.monitors.keys()
        plan = Plan(
            policy,
            self._filters(enforcing & own - second),
            self._filters(shadow & own - second),
            self._second(enforcing & own & second),
            self._second(shadow & own & second),
        )
        unknown: set[Why] = set()
        if (wanted & policy.monitors.keys()) - reused:
            unknown.add("monitors")
        if any(getattr(self.candidate.detectors[n], "needs", Needs.SEGMENT) > self.main.needs for n in own):
            unknown.add("context")
        return Portion(plan, reused, bool(own) or self._lists, frozenset(unknown))

    def _filters(self, names: Iterable[str]) -> tuple[Filter, ...]:
        return tuple(self.candidate.detectors[name] for name in sorted(names))  # type: ignore[misc]

    def _second(self, names: Iterable[str]) -> Mapping[str, Filter]:
        return {name: self.candidate.detectors[name] for name in sorted(names)}  # type: ignore[misc]


@dataclass(slots=True)
class _Heard:
    """One text, or one thing else that was decided about."""

    facts: Facts
    decision: Decision
    context: Context = field(default_factory=Context)
    text: str | None = None
    gate: Gate | None = None
    """Finds more, later."""
    read: bool = False
    """There was a text."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What the candidate says about one request."""

    outcome: Outcome
    """At least: where something is unknown it may be stricter."""
    verdicts: tuple[tuple[Origin, Verdict], ...] = ()
    unknown: frozenset[Why] = frozenset()

    @property
    def name(self) -> str:
        """For metrics and records. What blocks whatever else there may be is known."""
        known = not self.unknown or self.outcome >= Outcome.BLOCK
        return self.outcome.name.lower() if known else "unknown"


class Trial(Silent):
    """Listens to one request beside its observer. The guard in force opens its gates through it."""

    def __init__(self, comparison: Comparison, observer: Observer) -> None:
        self.comparison, self._observer = comparison, observer
        self._heard: list[_Heard] = []
        self._unknown: set[Why] = set()
        self._kept = 0  # characters

    # ------------------------------------------------------------------------------------------------ listening

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        """Something was decided beside the gates: about a call, a conversation, a part that nobody can read."""
        self._observer.decided(facts, decision, final=final)
        self.heard(_Heard(facts, decision))
        if decision.outcome >= Outcome.BLOCK:
            self._unknown.add("cut")

    def matched(self, finding: Finding, form: Literal["hash", "text"], what: str) -> None:
        self._observer.matched(finding, form, what)

    def filter_ran(self, filter: str, seconds: float) -> None:
        self._observer.filter_ran(filter, seconds)

    def filter_failed(self, filter: str, kind: Literal["error", "timeout", "overflow"], *, allowed: bool) -> None:
        self._observer.filter_failed(filter, kind, allowed=allowed)

    def held(self, seconds: float) -> None:
        self._observer.held(seconds)

    def dropped(self, names: Iterable[str]) -> None:
        self._observer.dropped(names)

    def placeholders(self, issued: int, restored: int) -> None:
        self._observer.placeholders(issued, restored)

    def upstream_failed(self, code: str) -> None:
        self._observer.upstream_failed(code)

    def heard(self, one: _Heard) -> None:
        """One more. Too many are unknown."""
        if len(self._heard) < MAX_HEARD:
            self._heard.append(one)
        else:
            self._unknown.add("too_long")

    def keep(self, text: str) -> bool:
        """Whether a text may be kept: there is a bound for all requests together."""
        held = self.comparison.candidate.held
        if held.full:
            self._unknown.add("busy")
            return False
        held.now += len(text)
        self._kept += len(text)
        return True

    def forget(self) -> None:
        """Nobody runs it any more."""
        self._heard.clear()
        self.comparison.candidate.held.now -= self._kept
        self._kept = 0

    @property
    def heard_some(self) -> bool:
        """There is something to decide about."""
        return bool(self._heard)

    def cut(self) -> None:
        """What comes behind is not read."""
        self._unknown.add("cut")

    def opens(self, plan: Plan, facts: Facts, context: Context | None, **more: Any) -> Gate:
        """A gate of the policy in force that is listened to."""
        gate = _Gate(plan, facts, observer=self._observer, context=context, **more)
        gate.trial, gate.muted = self, False
        gate.texts = [] if self.comparison.portion(facts).text else None
        return gate

    # ------------------------------------------------------------------------------------------------ deciding

    async def run(self) -> Tried:
        """What the candidate makes of it. Afterwards, beside the traffic."""
        outcome, verdicts = Outcome.ALLOW, dict[tuple[str, Outcome, Origin], tuple[Origin, Verdict]]()
        for number, one in enumerate(self._heard, 1):
            if not number % _TURN:
                await asyncio.sleep(0)
            decision = await self._decide(one)
            outcome = max(outcome, decision.outcome)
            for verdict in decision.verdicts:
                origin = replace(one.facts.origin, path=())
                verdicts.setdefault((verdict.rule, verdict.outcome, origin), (origin, verdict))
        return Tried(outcome, tuple(verdicts.values()), frozenset(self._unknown))

    async def _decide(self, one: _Heard) -> Decision:
        facts = one.facts if one.gate is None else one.gate.facts
        portion = self.comparison.portion(facts)
        policy = portion.plan.policy
        self._unknown |= portion.unknown
        findings = [f for f in facts.findings if f.filter == "guard" or f.filter in portion.reused]
        if portion.text and one.text is None and one.read:
            self._unknown.add("too_long")
        if portion.text and one.text is not None and policy.lists:
            findings = [
                f if f.span is None else replace(f, lists=policy.lists_of(one.text[slice(*f.span)])) for f in findings
            ]
        facts = replace(facts, findings=tuple(findings))
        if one.text is None:
            return portion.plan.decide(facts)
        return await self._read(portion.plan, facts, one)

    async def _read(self, plan: Plan, facts: Facts, one: _Heard) -> Decision:
        candidate = self.comparison.candidate
        gate = Gate(
            plan,
            facts,
            replacer=candidate.replacer,
            observer=Silent(),
            held=candidate.held,
            deadline=candidate.deadline,
            context=one.context,
        )
        gate.cuts = False
        if facts.findings:
            gate.decision = plan.decide(facts)  # they may escalate
        await gate.judge(one.text or "")
        await gate.shadow()
        return plan.decide(gate.facts)


class _Gate(Gate):
    """A gate whose text and findings a trial gets when it ends."""

    __slots__ = ("muted", "texts", "trial")
    trial: Trial
    texts: list[str] | None
    muted: bool

    async def _feed(self, text: str, last: bool) -> str:
        if self.texts is not None:
            if self._fed <= self.plan.policy.defaults.max_whole and self.trial.keep(text):
                self.texts.append(text)
            else:
                self.texts = None
        return await super()._feed(text, last)

    def mute(self) -> None:
        self.muted = True
        super().mute()

    def end(self) -> None:
        if not self.ended and not self.muted and self._fed:
            text = None if self.texts is None else "".join(self.texts)
            gate = self if self.plan.behind else None
            self.trial.heard(_Heard(self.facts, self.decision, self._about, text, gate, read=True))
        super().end()

    def _cut(self) -> Any:
        if not self.muted:
            self.trial.cut()
        super()._cut()

    def refuse(self, edit: Any) -> Any:
        if not self.muted:
            self.trial.cut()
        super().refuse(edit)
