"""Moderation that a request asks for: what was found is counted, and what policy only edits may be blocked instead."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from guardproxy.engine.gate import Gate
from guardproxy.engine.inspect import Tally
from guardproxy.engine.plan import Plan
from guardproxy.types import Decision, Facts, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan(Plan):
    """A plan whose decisions are counted. With `block` they are never milder than policy's, and no edit is made."""

    tally: Tally
    block: bool

    def decide(self, facts: Facts) -> Decision:
        decision = Plan.decide(self, facts)
        if self.block and Outcome.REDACT <= decision.outcome < Outcome.BLOCK:
            decision = replace(decision, outcome=Outcome.BLOCK)
        self.tally.add(decision.outcome, facts.findings, decision.verdicts)
        return decision


@dataclass(slots=True)
class Moderation:
    """Of one side of an exchange: the request or the reply."""

    block: bool = False
    """What an enforcing rule would edit blocks instead."""
    tally: Tally = field(default_factory=Tally)

    def of(self, gate: Gate) -> Gate:
        """The gate, nothing fed yet, with its decisions under this moderation."""
        plan = gate.plan
        gate.plan = _Plan(**{f.name: getattr(plan, f.name) for f in fields(Plan)}, tally=self.tally, block=self.block)
        return gate
