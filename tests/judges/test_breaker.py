from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.judges.breaker import Breaker


@given(st.lists(st.sampled_from(["ask-ok", "ask-fail", "wait"])), st.integers(1, 4))
def test_open_after_failures_in_a_row_and_one_probe_after_each_pause(steps: list[str], failures: int) -> None:
    now, in_a_row, probe_at = 0.0, 0, 0.0
    breaker = Breaker(failures, 10.0, lambda: now)
    for step in steps:
        if step == "wait":
            now += 10.0
            continue
        expected = in_a_row < failures or now >= probe_at
        assert breaker.open == (not expected)
        assert breaker.admit() == expected
        if not expected:
            continue
        if step == "ask-ok":
            breaker.succeeded()
            in_a_row = 0
        else:
            breaker.failed()
            in_a_row += 1
            probe_at = now + 10.0


def test_a_probe_that_never_ends_gives_way_to_another() -> None:
    now = 0.0
    breaker = Breaker(1, 10.0, lambda: now)
    breaker.failed()
    now = 10.0
    assert breaker.admit() and not breaker.admit()
    now = 20.0
    assert breaker.admit()
