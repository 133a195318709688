"""One upstream of a group: whether it may be asked now, and why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from guardproxy.governance.fallback.budget import Budget
from guardproxy.governance.fallback.condition import Condition
from guardproxy.judges.breaker import Breaker


class Reason(StrEnum):
    """Why an upstream was not asked, or not listened to. For headers, records and metrics."""

    BUDGET = "budget"
    """What it may cost today is spent."""
    UNHEALTHY = "unhealthy"
    """Its health checks fail."""
    BREAKER = "breaker"
    """It failed several times in a row; it is left in peace for a while."""
    QUARANTINED = "quarantined"
    """Its model did not pass its probe."""
    FAILED = "failed"
    """It was asked and did not answer, or said that it can't."""


@dataclass(slots=True)
class Member:
    """State of one upstream, shared by all requests."""

    breaker: Breaker
    budget: Budget | None = None
    """None: it may cost what it costs."""
    condition: Condition = field(default_factory=Condition)

    def why_not(self, *, alone: bool = False) -> Reason | None:
        """Why it can't be asked; None where it can. `alone`: nobody would be asked in its place, so that it is asked however
        it does; only its budget is still one."""
        if self.budget is not None and self.budget.spent:
            return Reason.BUDGET
        if alone:
            return None
        if not self.condition.healthy:
            return Reason.UNHEALTHY
        return Reason.BREAKER if self.breaker.open else None

    def take(self, *, alone: bool = False) -> Reason | None:
        """It is about to be asked. As `why_not`, and counted where nothing speaks against it."""
        if (reason := self.why_not(alone=alone)) is not None:
            return reason
        if not alone and not self.breaker.admit():
            return Reason.BREAKER
        if self.budget is not None:
            self.budget.take()
        return None
