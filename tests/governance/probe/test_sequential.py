"""The promise of the sequential test: false alarms stay below alpha, however often one looks; falls are found."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.probe.sequential import Bet, Plan, lower_bound, upper_bound

rates = st.floats(0, 1)


def after(floor, outcomes):
    """The value after each outcome; None begins a further run."""
    bet, values = Bet(floor), []
    bet.begin()
    for outcome in outcomes:
        if outcome is None:
            bet.begin()
        else:
            values.append(bet.add(outcome))
    return values


@given(st.floats(0.01, 1), rates, st.integers(1, 8))
def test_its_expectation_is_at_most_one_while_the_null_holds(floor, over, length):
    """All outcomes of a run of this length, each with its probability: exact, no simulation."""
    rate = floor + (1 - floor) * over
    expected = math.fsum(
        math.prod(rate if kept else 1 - rate for kept in outcomes) * after(floor, outcomes)[-1]
        for outcomes in itertools.product((True, False), repeat=length)
    )
    assert expected <= 0.5 + 1e-9, "the first run has half of the stake"


@given(st.floats(0.05, 1), st.integers(1, 30))
def test_all_runs_together_stake_less_than_one(floor, runs):
    bet = Bet(floor)
    for _ in range(runs):
        bet.begin()
    assert bet.value == pytest.approx(1 - 1 / (runs + 1))


@given(st.floats(0.05, 0.999), st.lists(st.booleans() | st.none(), max_size=40), st.data())
def test_a_loss_raises_it_and_a_kept_one_lowers_it(floor, outcomes, data):
    before = after(floor, [*outcomes, True])
    worse = after(floor, [*outcomes, False])
    assert worse[-1] > before[-1] >= 0


@given(st.lists(st.booleans(), max_size=30))
def test_without_a_floor_nothing_is_ever_found(outcomes):
    assert all(value == 0 for value in after(0.0, outcomes))


@given(st.integers(1, 60), st.data(), st.floats(0.0005, 0.5))
def test_the_lower_bound_is_the_rate_at_which_the_tail_is_alpha(asked, data, alpha):
    kept = data.draw(st.integers(1, asked))
    bound = lower_bound(kept, asked, alpha)
    tail = math.fsum(math.comb(asked, n) * bound**n * (1 - bound) ** (asked - n) for n in range(kept, asked + 1))
    assert tail == pytest.approx(alpha, rel=1e-6)
    assert bound <= kept / asked <= upper_bound(kept, asked, alpha)


def test_known_bounds():
    assert lower_bound(20, 20, 0.05) == pytest.approx(0.05 ** (1 / 20))
    assert lower_bound(0, 20, 0.05) == 0
    assert upper_bound(20, 20, 0.05) == 1
    for wrong in ((3, 2, 0.1), (1, 2, 0.0), (-1, 2, 0.1)):
        with pytest.raises(ValueError):
            lower_bound(*wrong)


def test_the_errors_of_floors_and_bets_add_up_to_alpha():
    plan = Plan(0.01, 9)
    assert plan.of_each_floor * plan.bounds + 1 / plan.threshold == pytest.approx(plan.alpha)


def simulated(rate, baseline, alpha, runs, length, chance):
    """Requests until the alarm, or None: baseline and runs are both samples."""
    floor = lower_bound(sum(chance.random() < rate for _ in range(baseline)), baseline, Plan(alpha, 1).of_each_floor)
    bet, threshold = Bet(floor), Plan(alpha, 1).threshold
    for _ in range(runs):
        bet.begin()
        for _ in range(length):
            if bet.add(chance.random() < rate) >= threshold:
                return bet.asked
    return None


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.98])
def test_clean_models_raise_fewer_alarms_than_promised(rate):
    """400 models, each watched for six runs of forty requests and looked at after each: alpha is 0.1, so 40 may alarm."""
    chance = random.Random(rate)
    alarms = sum(simulated(rate, 60, 0.1, 6, 40, chance) is not None for _ in range(400))
    assert alarms <= 40


@pytest.mark.parametrize(("falls_to", "within"), [(0.0, 6), (0.3, 16), (0.6, 45)])
def test_a_fall_is_found_soon_even_after_fifty_clean_runs(falls_to, within):
    chance, found = random.Random(3), []
    for _ in range(60):
        bet = Bet(lower_bound(99, 100, 0.005))
        for _ in range(50):
            bet.begin()
            for _ in range(20):
                assert bet.add(chance.random() < 0.999) < 200
        bet.begin()
        clean = bet.asked
        while bet.add(chance.random() < falls_to) < 200:
            pass
        found.append(bet.asked - clean)
    assert sorted(found)[len(found) // 2] <= within


def test_it_must_begin():
    with pytest.raises(RuntimeError):
        Bet(0.5).add(True)
    with pytest.raises(ValueError):
        Bet(1.5)
