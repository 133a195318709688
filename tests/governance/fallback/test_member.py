"""Whether an upstream may be asked: its checks, its breaker and its budget each say no, and each stops saying so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.fallback import Budget, Condition, Member, Reason
from guardproxy.governance.fallback.condition import FALLS, RISES
from guardproxy.judges.breaker import Breaker


@given(st.lists(st.booleans(), max_size=80))
def test_it_takes_as_many_checks_in_a_row_as_are_said(checks: list[bool]) -> None:
    condition = Condition()
    for at, fine in enumerate(checks):
        before = condition.healthy
        last = checks[: at + 1][-(FALLS if before else RISES) :]
        changed = condition.checked(fine)
        assert changed == (condition.healthy != before)
        if changed:
            assert set(last) == {condition.healthy} and len(last) == (FALLS if before else RISES)


def test_each_reason_and_its_end() -> None:
    now = 0.0
    member = Member(Breaker(2, 30.0, lambda: now), Budget(3, None, lambda: now))
    assert member.take() is None
    member.breaker.failed()
    assert member.why_not() is None
    member.breaker.failed()
    assert member.why_not() is member.take() is Reason.BREAKER
    assert member.why_not(alone=True) is None
    now = 31.0
    assert member.take() is None
    assert member.take() is Reason.BREAKER, "one tries it; the others wait for what becomes of that"
    member.breaker.succeeded()
    for _ in range(FALLS):
        member.condition.checked(False)
    assert member.why_not() is Reason.UNHEALTHY
    for _ in range(RISES):
        member.condition.checked(True)
    assert member.take() is None
    assert member.take() is Reason.BUDGET and member.take(alone=True) is Reason.BUDGET
    now = 86_401.0
    assert member.take() is None
