"""Conduct: what monitors say about a complete call, or about a conversation, and what policy makes of it.

A call is judged as the model wrote it, before edits, and together with the calls before it. A conversation is judged when
all of its texts have been guarded. What is written in them is the Gate's business; here nothing is edited: a call goes on,
waits for a person, or cuts; a conversation goes on or cuts.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Generic, TypeAlias, TypeVar

from guardproxy.engine.gate import Cut
from guardproxy.engine.limits import Deadline
from guardproxy.engine.observe import FailureKind, Observer
from guardproxy.engine.plan import Plan
from guardproxy.types import (
    CallMonitor,
    ConversationMonitor,
    Decision,
    Facts,
    Finding,
    Monitor,
    Outcome,
    ToolCall,
    Turn,
    Utterance,
)

_NOTHING = Decision(Outcome.ALLOW)
M = TypeVar("M", bound=Monitor)
_Failure: TypeAlias = tuple[str, FailureKind]
_Ask: TypeAlias = Callable[[M], tuple[Finding, ...] | Awaitable[tuple[Finding, ...]]]


class _Watching(ABC, Generic[M]):
    """Something that monitors look at, on its way through. Not reusable."""

    def __init__(
        self, plan: Plan, facts: Facts, *, observer: Observer, deadline: Deadline, bypass: bool = False
    ) -> None:
        self.plan, self.facts, self.decision = plan, facts, _NOTHING
        self._observer, self._deadline, self._bypass = observer, deadline, bypass
        self._seen: tuple[_Ask[M], int] | None = None

    @property
    @abstractmethod
    def _enforcing(self) -> Sequence[M]: ...

    @property
    @abstractmethod
    def _shadow(self) -> Sequence[M]: ...

    def _cuts(self, outcome: Outcome) -> bool:
        """There is nothing in conduct that could be replaced."""
        return outcome >= Outcome.BLOCK or outcome in (Outcome.REDACT, Outcome.REWRITE)

    async def _judge(self, ask: _Ask[M], size: int) -> Decision:
        """`ask` is what a monitor is asked; `size` in characters is what it has to read. Raises Cut."""
        if self._bypass or not (self._enforcing or self._shadow):
            return self.decision
        self._seen = ask, size
        found, failures = await self._asked(self._enforcing, ask, size)
        self.facts = replace(self.facts, findings=(*self.facts.findings, *found))
        self.decision = self.plan.decide(self.facts)
        for name, kind in failures:
            self._observer.filter_failed(name, kind, allowed=self.decision.outcome < Outcome.BLOCK)
        cut = self._cuts(self.decision.outcome)
        if cut or not self._shadow:
            self._observer.decided(self.facts, self.decision, final=True)
            self._seen = None
        if cut:
            raise Cut(self.decision)
        return self.decision

    async def _asked(
        self,
        monitors: Iterable[M],
        ask: _Ask[M],
        size: int,
    ) -> tuple[list[Finding], list[_Failure]]:
        """Findings of these monitors, and which of them failed: a failure is a finding too."""
        said = await asyncio.gather(*(self._one(m, ask, size) for m in monitors))
        found = [finding for findings, _ in said for finding in findings]
        return found, [failure for _, failure in said if failure is not None]

    async def _one(self, monitor: M, ask: _Ask[M], size: int) -> tuple[tuple[Finding, ...], _Failure | None]:
        started = time.perf_counter()
        allowed = self._deadline.seconds(size)
        kind: FailureKind | None = None
        found: tuple[Finding, ...] = ()
        try:
            said = ask(monitor)
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
        """Run the monitors that only shadow rules need, later, and tell the decision with theirs."""
        if self._seen is None:
            return
        found, failures = await self._asked(self._shadow, *self._seen)
        self._seen = None
        for name, kind in failures:
            self._observer.filter_failed(name, kind, allowed=True)
        facts = replace(self.facts, findings=(*self.facts.findings, *found))
        shadowed = [v for v in self.plan.decide(facts).verdicts if v.shadow]
        said = [v for v in self.decision.verdicts if not v.shadow]
        self._observer.decided(facts, replace(self.decision, verdicts=(*said, *shadowed)), final=True)


class Watch(_Watching[CallMonitor]):
    """One call on its way through."""

    @property
    def _enforcing(self) -> Sequence[CallMonitor]:
        return self.plan.monitors

    @property
    def _shadow(self) -> Sequence[CallMonitor]:
        return self.plan.shadow_monitors

    async def judge(self, call: ToolCall, turn: Turn) -> Decision:
        """What is done with the call: `ALLOW`, `ANNOTATE` or `REQUIRE_APPROVAL`. Raises Cut when a rule blocks."""
        return await self._judge(lambda monitor: monitor.watch(call, turn), len(call.arguments))


class Review(_Watching[ConversationMonitor]):
    """One conversation on its way to the model."""

    @property
    def _enforcing(self) -> Sequence[ConversationMonitor]:
        return self.plan.reviewers

    @property
    def _shadow(self) -> Sequence[ConversationMonitor]:
        return self.plan.shadow_reviewers

    def _cuts(self, outcome: Outcome) -> bool:
        return outcome >= Outcome.REDACT  # and it waits for nobody

    async def judge(self, said: Callable[[], Sequence[Utterance]]) -> Decision:
        """What is done with the conversation: `ALLOW` or `ANNOTATE`. Raises Cut when a rule blocks.

        `said` is asked again by shadow monitors: what shadow filters find is known only then.
        """
        if self._bypass or not (self._enforcing or self._shadow):
            return self.decision
        size = sum(len(one.text) for one in said())
        return await self._judge(lambda monitor: monitor.review(said()), size)
