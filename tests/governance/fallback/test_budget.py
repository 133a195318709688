"""A day's budget is spent once, by whatever comes, and is whole again with the next day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.fallback import Budget
from guardproxy.governance.fallback.budget import DAY

STEPS = st.lists(st.tuples(st.sampled_from(("take", "spend", "wait")), st.integers(1, 50_000)), max_size=60)


@given(STEPS, st.integers(1, 20), st.integers(1, 100_000))
def test_it_is_spent_exactly_where_the_day_s_sums_say_so(
    steps: list[tuple[str, int]], requests: int, tokens: int
) -> None:
    now = 5 * DAY
    budget = Budget(requests, tokens, lambda: now)
    asked = said = 0
    for what, amount in steps:
        if what == "take":
            budget.take()
            asked += 1
        elif what == "spend":
            budget.spend(amount)
            said += amount
        else:
            if (now + amount) // DAY != now // DAY:
                asked = said = 0
            now += amount
        assert budget.spent == (asked >= requests or said >= tokens) == (budget.used >= 1)


def test_what_is_not_limited_is_never_spent() -> None:
    budget = Budget(None, None, lambda: 0.0)
    budget.take()
    budget.spend(10**9)
    assert not budget.spent and budget.used == 0
