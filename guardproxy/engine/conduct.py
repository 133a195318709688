"""Conduct: what monitors say about a complete call, and what policy makes of it.

A call is judged as the model wrote it, before edits, and together with the calls before it. What is written in a call is
the Gate's business; here nothing is edited: a call goes on, waits for a person, or cuts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace

from guardproxy.engine.gate import Cut
from guardproxy.engine.limits import Deadline
from guardproxy.engine.observe import FailureKind, Observer
from guardproxy.engine.plan import Plan
from guardproxy.types import Decision, Facts, Finding, Monitor, Outcome, ToolCall, Turn

_NOTHING = Decision(Outcome.ALLOW)


class Watch:
    """One call on its way through. Not reusable."""

    def __init__(
        self, plan: Plan, facts: Facts, *, observer: Observer, deadline: Deadline, bypass: bool = False
    ) -> None:
        self.plan, self.facts, self.decision = plan, facts, _NOTHING
        self._observer, self._deadline, self._bypass = observer, deadline, bypass
        self._seen: tuple[ToolCall, Turn] | None = None

    async def judge(self, call: ToolCall, turn: Turn) -> Decision:
        """What is done with the call: `ALLOW`, `ANNOTATE` or `REQUIRE_APPROVAL`. Raises Cut when a rule blocks."""
        if self._bypass or not (self.plan.monitors or self.plan.shadow_monitors):
            return self.decision
        self._seen = call, turn
        found, failures = await self._watched(self.plan.monitors, call, turn)
        self.facts = replace(self.facts, findings=(*self.facts.findings, *found))
        self.decision = self.plan.decide(self.facts)
        for name, kind in failures:
            self._observer.filter_failed(name, kind, allowed=self.decision.outcome < Outcome.BLOCK)
        cut = self.decision.outcome >= Outcome.BLOCK or self.decision.outcome in (Outcome.REDACT, Outcome.REWRITE)
        if cut or not self.plan.shadow_monitors:
            self._observer.decided(self.facts, self.decision, final=True)
            self._seen = None
        if cut:  # there is nothing in a call's conduct that could be replaced
            raise Cut(self.decision)
        return self.decision

    async def _watched(
        self, monitors: Iterable[Monitor], call: ToolCall, turn: Turn
    ) -> tuple[list[Finding], list[tuple[str, FailureKind]]]:
        """Findings of these monitors, and which of them failed: a failure is a finding too."""
        said = await asyncio.gather(*(self._one(m, call, turn) for m in monitors))
        found = [finding for findings, _ in said for finding in findings]
        return found, [failure for _, failure in said if failure is not None]

    async def _one(
        self, monitor: Monitor, call: ToolCall, turn: Turn
    ) -> tuple[tuple[Finding, ...], tuple[str, FailureKind] | None]:
        started = time.perf_counter()
        allowed = self._deadline.seconds(len(call.arguments))
        kind: FailureKind | None = None
        found: tuple[Finding, ...] = ()
        try:
            said = monitor.watch(call, turn)
            if not isinstance(said, tuple):
                async with asyncio.timeout(allowed):
                    said = await said
            found = said
        except TimeoutError:
            kind = "timeout"
        except Exception:
            kind = "error"
        seconds = time.perf_counter() - started
        self._observer.filter_ran(monitor.name, seconds)
        if kind is None and seconds > allowed:
            kind = "timeout"
        if kind is None:
            return found, None
        return (*found, Finding(monitor.name, f"guard.{kind}", 1.0)), (monitor.name, kind)

    async def shadow(self) -> None:
        """Run the monitors that only shadow rules need, after the call went out, and tell the decision with theirs."""
        if self._seen is None:
            return
        found, failures = await self._watched(self.plan.shadow_monitors, *self._seen)
        self._seen = None
        for name, kind in failures:
            self._observer.filter_failed(name, kind, allowed=True)
        facts = replace(self.facts, findings=(*self.facts.findings, *found))
        shadowed = [v for v in self.plan.decide(facts).verdicts if v.shadow]
        said = [v for v in self.decision.verdicts if not v.shadow]
        self._observer.decided(facts, replace(self.decision, verdicts=(*said, *shadowed)), final=True)
