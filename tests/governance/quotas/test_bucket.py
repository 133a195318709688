"""A bucket gives no more than its burst and what flowed in, whatever comes and whatever the clock does."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.quotas.bucket import BACK, EXACT, Level, Rate

PERIODS = st.sampled_from([1, 60, 3600, 86_400])
RATES = st.builds(Rate, st.integers(1, 10_000), PERIODS, st.integers(1, 20_000))
START = 1_700_000_000_000_000


def play(rate: Rate, steps: list[tuple[int, int]]) -> tuple[int, int]:
    """(what was granted, microseconds that went by), where each step waits so long and asks for so much."""
    level, now, high, granted = Level(START // rate.tick), START, START, 0
    for passed, amount in steps:
        now += passed
        high = max(high, now)
        level = rate.level(level, now)
        if rate.fits(level, amount):
            granted += rate.taken(amount)
            level = rate.charged(level, rate.taken(amount))
    return granted, high - START


STEPS = st.lists(st.tuples(st.integers(0, 200_000_000), st.integers(0, 30_000)), max_size=60)


@given(RATES, STEPS)
def test_never_more_than_the_burst_and_what_flowed_in(rate: Rate, steps: list[tuple[int, int]]) -> None:
    granted, passed = play(rate, steps)
    assert granted <= rate.burst + Fraction(rate.amount * passed, rate.seconds * 1_000_000)


@given(RATES, st.lists(st.tuples(st.integers(-BACK + 1, BACK), st.integers(0, 30_000)), max_size=60))
def test_a_clock_that_goes_back_a_little_gives_nothing(rate: Rate, steps: list[tuple[int, int]]) -> None:
    high, back = 0, []
    now = 0
    for passed, amount in steps:  # keep it within what is still "a little" below the latest time
        now = max(now + passed, high - BACK + 1)
        back.append((now, amount))
        high = max(high, now)
    moves = [(b - a, n) for (a, _), (b, n) in zip([(0, 0), *back], back, strict=False)]
    granted, passed = play(rate, moves)
    assert granted <= rate.burst + Fraction(rate.amount * passed, rate.seconds * 1_000_000)


@given(RATES, st.integers(BACK, 10**13), st.integers(0, 10**13))
def test_a_clock_that_was_set_back_neither_fills_nor_locks(rate: Rate, back: int, debt: int) -> None:
    level = Level(START // rate.tick, debt)
    after = rate.level(level, START - back - rate.tick)
    assert after.debt == debt and after.at == (START - back - rate.tick) // rate.tick
    later = rate.level(after, START - back + rate.tick * 5)
    assert later.debt == max(0, debt - (later.at - after.at) * rate.flow)


@given(RATES)
def test_the_whole_burst_is_there_and_no_more(rate: Rate) -> None:
    level, granted = rate.level(None, START), 0
    while rate.fits(level, 1) and granted <= rate.burst:
        level = rate.charged(level, 1)
        granted += 1
    assert granted == rate.burst and rate.left(level) == 0


@given(RATES, st.integers(0, 30_000), st.integers(0, 10**10))
def test_after_the_wait_it_fits_and_not_before(rate: Rate, amount: int, debt: int) -> None:
    level = Level(START // rate.tick, debt)
    wait = rate.wait(level, amount)
    at = START // rate.tick * rate.tick + round(wait * 1_000_000)
    assert rate.fits(rate.level(level, at), amount)
    if wait:
        assert not rate.fits(rate.level(level, at - rate.tick), amount)


@given(RATES, st.integers(0, 10**6))
def test_what_was_charged_too_much_is_given_back(rate: Rate, amount: int) -> None:
    level = rate.level(None, START)
    assert rate.charged(rate.charged(level, amount), -amount) == level
    assert rate.charged(level, -amount) == level, "never more than full"


def test_more_than_the_bucket_holds_wants_a_full_one_and_leaves_a_debt() -> None:
    rate = Rate(100, 60, 10)
    level = rate.level(None, START)
    assert rate.fits(level, 5000) and rate.taken(5000) == 10
    level = rate.charged(rate.charged(level, 10), 4990)
    assert rate.left(level) == 0 and rate.full_in(level) == 3000.0
    assert rate.wait(level, 1) == 5000 * 0.6 - 9 * 0.6


@given(RATES)
def test_numbers_stay_exact_where_they_are_floating_point(rate: Rate) -> None:
    assert rate.depth < EXACT
    assert Rate(999_999_937, 86_400, 999_999_937).depth < EXACT


@given(RATES, st.sampled_from([1.0, 0.5, 0.25, 1 / 3]))
def test_a_share_is_no_more_than_that(rate: Rate, share: float) -> None:
    part = rate.scaled(share)
    assert part.burst <= max(1, rate.burst * share)
    assert part.amount / part.seconds <= rate.amount / rate.seconds * share * (1 + 1e-9)
