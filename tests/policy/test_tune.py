from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.decide import decide
from guardproxy.policy.model import Atom, Entry, Policy, Rule, Unless, When
from guardproxy.policy.tune import (
    ALWAYS,
    NEVER,
    STEPS,
    Condition,
    Share,
    Tally,
    lower_bound,
    needed,
    statable,
    step_of,
    tuned,
    upper_bound,
)
from guardproxy.types import Direction, Facts, Finding, Origin, Outcome, Role

ASKED = Origin(Direction.REQUEST, Role.USER)
LABELS = ("t.a", "t.b", "u.c")
scores = st.one_of(st.integers(0, STEPS).map(lambda n: n / STEPS), st.floats(0, 1), st.just(math.nan))
spans = st.one_of(st.none(), st.tuples(st.integers(0, 2), st.integers(3, 4)))
findings = st.lists(
    st.builds(
        Finding,
        filter=st.just("f"),
        label=st.sampled_from(LABELS),
        score=scores,
        span=spans,
        lists=st.sampled_from([frozenset[str](), frozenset({"known"})]),
    ),
    max_size=6,
)
atoms = st.builds(
    Atom, st.sampled_from([*LABELS, "t.*", "*"]), st.integers(0, STEPS).map(lambda n: n / STEPS), st.integers(1, 3)
)
whens = st.builds(When, st.lists(atoms, min_size=1, max_size=3).map(tuple), st.booleans())
unlesses = st.one_of(st.none(), st.builds(Unless, in_list=st.just(frozenset({"known"}))))


def rule(when: When, unless: Unless | None = None) -> Rule:
    return Rule("r", when, Outcome.ANNOTATE, unless=unless)


def entry(one: Rule) -> Entry:
    return Entry(one, shadow=False, unless=one.unless)


def speaks(one: Rule, found: list[Finding]) -> bool:
    policy = Policy("p", rules=(one,), filters={"f": {}}, labels={"f": LABELS})
    return bool(decide(policy, Facts("", ASKED, tuple(found))).verdicts)


@given(whens, unlesses, findings, st.data())
def test_a_rule_speaks_up_to_its_highest_threshold_and_not_above(
    when: When, unless: Unless | None, found: list[Finding], data: st.DataObject
) -> None:
    one, index = rule(when, unless), data.draw(st.integers(0, len(when.atoms) - 1))
    condition = Condition(one, index)
    highest = condition.highest(entry(one), found)
    assert condition.speaks(entry(one), found) == speaks(one, found)
    for step in {0, STEPS, data.draw(st.integers(0, STEPS)), max(0, highest), min(STEPS, highest + 1)}:
        atoms = list(when.atoms)
        atoms[index] = replace(atoms[index], score=step / STEPS)
        assert speaks(replace(one, when=replace(when, atoms=tuple(atoms))), found) == (step <= highest)


@given(whens, findings, st.floats(0, 1))
def test_what_a_filter_would_not_have_said_counts_for_no_other_condition(
    when: When, found: list[Finding], floor: float
) -> None:
    said = [f for f in found if not f.score < floor]
    one = rule(when)
    with_all, with_said = Condition(one, 0, {"f": floor}), Condition(one, 0)
    assert with_all.speaks(entry(one), found) == with_said.speaks(entry(one), said)
    highest = with_all.highest(entry(one), found), with_said.highest(entry(one), said)
    assert highest[0] >= highest[1]
    assert highest[0] == highest[1] or highest[0] <= floor * STEPS  # only what lies below the floor is news


@given(st.one_of(st.floats(-1, 2), st.integers(0, STEPS).map(lambda n: n / STEPS)))
def test_a_step_is_the_highest_that_is_reached(score: float) -> None:
    step = step_of(score)
    assert step == NEVER if score < 0 else step / STEPS <= score
    assert step in (NEVER, STEPS) or score < (step + 1) / STEPS


def tally(harmless: list[float], harmful: list[float], *, lowest: int = 0, score: float = 0.5) -> Tally:
    out = Tally(Condition(rule(When((Atom("t.a", score),))), 0, lowest=lowest))
    for values, harm in ((harmless, False), (harmful, True)):
        for value in values:
            found = [Finding("f", "t.a", value)] if value >= 0 else []
            out.add(entry(out.condition.rule), found, harmful=harm)
    return out


many = st.lists(st.one_of(st.just(-1.0), st.floats(0, 1)), max_size=60)


@given(many, many, st.fractions(0, Fraction(99, 100)), st.integers(0, STEPS))
def test_a_threshold_has_at_most_the_wanted_rate_and_a_lower_one_does_not(
    harmless: list[float], harmful: list[float], rate: Fraction, lowest: int
) -> None:
    found = tuned(tally(harmless, harmful, lowest=lowest), rate)
    flagged = [sum(s >= step / STEPS for s in harmless) for step in range(STEPS + 1)] if len(harmless) < 8 else []
    if found.wanted is None:
        assert not harmless or sum(s >= 1 for s in harmless) > rate * len(harmless)
    else:
        step = step_of(found.wanted.threshold)
        assert step >= lowest or found.wanted == found.now
        count = sum(s >= found.wanted.threshold for s in harmless)
        assert found.wanted.false_positives == Share(count, len(harmless)) and count <= rate * len(harmless)
        assert found.wanted.recall.count == sum(s >= found.wanted.threshold for s in harmful)
        below = sum(s >= (step - 1) / STEPS for s in harmless)
        assert step == lowest or below > rate * len(harmless) or found.wanted == found.now
        assert not flagged or flagged[step] == count
    if found.assured is not None:
        assert found.assured.false_positives.interval[1] <= rate
        assert found.wanted is not None
        assert found.assured.threshold >= found.wanted.threshold or found.wanted == found.now


@given(many, many, st.fractions(Fraction(1, 1000), Fraction(1, 2)))
def test_a_higher_rate_has_no_higher_threshold_and_no_lower_recall(
    harmless: list[float], harmful: list[float], rate: Fraction
) -> None:
    found = tuned(tally(harmless, harmful), rate)
    points = [point for _, point in found.neighbours]
    assert [r for r, _ in found.neighbours] == sorted(r for r, _ in found.neighbours)
    for low, high in itertools.pairwise(points):
        if low is not None:
            assert high is not None and high.threshold <= low.threshold
            assert high.recall.count >= low.recall.count and high.false_positives.count >= low.false_positives.count


def test_another_condition_that_is_enough_leaves_no_threshold() -> None:
    one = rule(When((Atom("t.a"), Atom("u.c"))))
    condition, found = Condition(one, 0), [Finding("f", "u.c", 0.9)]
    assert condition.highest(entry(one), found) == ALWAYS
    assert Condition(rule(When((Atom("t.a"), Atom("u.c")), every=True)), 0).highest(entry(one), found) == NEVER
    counted = Tally(condition)
    counted.add(entry(one), found, harmful=False)
    assert tuned(counted, Fraction("0.1")).wanted is None


@given(st.integers(1, 400), st.data(), st.sampled_from([0.025, 0.05, 0.5]))
def test_bounds_are_those_of_the_binomial_distribution(total: int, data: st.DataObject, tail: float) -> None:
    count = data.draw(st.integers(0, total))
    upper, lower = upper_bound(count, total, tail), lower_bound(count, total, tail)
    assert 0 <= lower <= count / total <= upper <= 1 or tail == 0.5
    if count < total:
        assert sum(_chance(k, total, upper) for k in range(count + 1)) == pytest.approx(tail, rel=1e-6)
    if count:
        assert sum(_chance(k, total, lower) for k in range(count, total + 1)) == pytest.approx(tail, rel=1e-6)


def _chance(k: int, n: int, p: float) -> float:
    logs = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(logs + k * math.log(p) + (n - k) * math.log1p(-p))


@given(st.fractions(Fraction(1, 10_000), Fraction(1, 2)))
def test_so_many_texts_are_needed_and_one_less_is_too_few(rate: Fraction) -> None:
    number = needed(rate)
    assert number is not None and number > 1
    assert statable(number) <= rate * (1 + 1e-9) and statable(number - 1) > rate * (1 - 1e-9)


def test_no_number_of_texts_states_that_there_is_nothing() -> None:
    assert needed(Fraction(0)) is None and needed(Fraction("0.01")) == 368
    assert statable(0) == 1.0
    nothing = tuned(tally([], []), Fraction("0.01"))
    assert (nothing.wanted, nothing.assured, nothing.now.false_positives.rate) == (None, None, None)


def test_a_change_that_makes_no_difference_is_none() -> None:
    found = tuned(tally([0.1] * 100, [0.9]), Fraction("0.01"))
    assert found.wanted == found.now and found.now.threshold == 0.5
    assert tuned(tally([0.6] * 100, [0.9]), Fraction("0.01")).wanted != found.now


def test_where_filters_say_nothing_lower_thresholds_are_not_told() -> None:
    found = tuned(tally([-1] * 100, [0.4, 0.9], lowest=3000), Fraction("0.01"))
    assert found.wanted is not None and found.wanted.threshold == 0.3 and found.floored
    assert not tuned(tally([0.95] * 100, [0.4], lowest=3000), Fraction("0.01")).floored
