"""Which part of the traffic a rule acts for: stable, monotone, even, independent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.decide import decide
from guardproxy.policy.model import Atom, Mode, Policy, Rule, When
from guardproxy.policy.rollout import By, Rollout, place
from guardproxy.types import Facts, Finding, Outcome
from tests.policy.support import ANSWER

KEYS = st.text(max_size=20)
PLACES = [84.958413, 43.455015, 71.559383]
WORDS = [f"user-{i}" for i in range(20_000)]
FOUND = (Finding("pii", "pii.email", 0.9, (0, 5)),)


def rule(id: str, percent: float, by: By = "user") -> Rule:
    return Rule(id, When((Atom("pii.*"),)), Outcome.BLOCK, rollout=Rollout(percent, by))


@given(KEYS, KEYS)
def test_a_place_is_between_0_and_100_and_stays(id: str, key: str) -> None:
    assert 0 <= place(id, key) == place(id, key) < 100


def test_places_are_the_same_on_every_machine_and_in_every_version() -> None:
    assert [round(place("mask", key), 6) for key in ("", "jane", "j\udcff")] == PLACES


@given(KEYS, KEYS, st.floats(0, 100), st.floats(0, 100))
def test_more_percent_only_take_keys_in(id: str, key: str, one: float, other: float) -> None:
    facts = Facts("r", ANSWER, user=key)
    small, large = sorted((one, other))
    assert Rollout(small, "user").reaches(id, facts) <= Rollout(large, "user").reaches(id, facts)
    assert not Rollout(0, "user").reaches(id, facts) and Rollout(100, "user").reaches(id, facts)


@pytest.mark.parametrize("percent", [1, 10, 25, 50, 90])
def test_a_share_is_as_large_as_its_percentage(percent: float) -> None:
    """Five standard deviations of a binomial distribution: by chance one test in a million would fail."""
    p, n = percent / 100, len(WORDS)
    share = sum(place("mask", word) < percent for word in WORDS)
    assert abs(share - n * p) < 5 * (n * p * (1 - p)) ** 0.5


def test_two_rules_choose_independently() -> None:
    """Of the keys that one rule takes in, the other takes in its own share, and no other one."""
    n, both = len(WORDS), sum(place("one", w) < 50 and place("two", w) < 50 for w in WORDS)
    assert abs(both - n / 4) < 5 * (n * 3 / 16) ** 0.5


@pytest.mark.parametrize(
    ("by", "same", "other"),
    [
        ("user", {"user": "jane"}, {"user": "joe"}),
        ("conversation", {"conversation": "c"}, {"conversation": "d"}),
        ("tenant", {"tenant": "acme"}, {"tenant": "house"}),
        ("request", {}, {}),
    ],
)
def test_a_key_decides_and_nothing_else_does(by: By, same: dict[str, str], other: dict[str, str]) -> None:
    rollout = Rollout(50, by)
    facts = [
        Facts(f"r{i}", ANSWER, user=f"u{i}", conversation=f"c{i}", tenant=f"t{i}", model=f"m{i}") for i in range(9)
    ]
    told = {rollout.key(replace(f, **same)) for f in facts}  # type: ignore[arg-type]
    assert len(told) == (9 if by == "request" else 1)
    assert told.isdisjoint({rollout.key(replace(f, **other)) for f in facts}) == (by != "request")  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["user", "conversation"])
def test_who_is_not_known_counts_as_a_request(by: By) -> None:
    assert Rollout(50, by).key(Facts("r7", ANSWER)) == "r7"
    assert Rollout(50, by).key(Facts("r7", ANSWER, user="", conversation="")) == "r7"


@given(st.floats(0, 100), KEYS)
def test_outside_its_rollout_a_rule_only_watches(percent: float, user: str) -> None:
    staged, whole = rule("staged", percent), replace(rule("whole", 100), then=Outcome.ANNOTATE)
    policy = Policy("p", rules=(staged, whole))
    facts = Facts("r", ANSWER, FOUND, user=user)
    decision = decide(policy, facts)
    inside = staged.rollout.reaches("staged", facts)
    assert decision.outcome is (Outcome.BLOCK if inside else Outcome.ANNOTATE)
    assert {v.rule: v.shadow for v in decision.verdicts} == {"staged": not inside, "whole": False}
    assert decide(policy, facts) == decision


def test_what_only_a_rule_outside_needs_holds_nothing_up() -> None:
    labels = {"pii": ("pii.email",)}
    policy = Policy("p", rules=(rule("staged", 50),), labels=labels, filters={"pii": {}})
    inside, outside = (policy.rules_for(ANSWER, outside=frozenset(ids)) for ids in ((), ("staged",)))
    assert policy.filters_for(inside) == ({"pii"}, set())
    assert policy.filters_for(outside) == (set(), {"pii"})
    failed = (Finding("pii", "guard.error", 1.0),)
    told = {
        policy.outside(facts) == {"staged"}: decide(policy, facts).outcome
        for facts in (Facts("r", ANSWER, failed, user=f"u{i}") for i in range(20))
    }
    assert told == {False: Outcome.BLOCK, True: Outcome.ALLOW}


def test_stages_are_foreseen_while_they_are_few() -> None:
    def stages(*rules: Rule) -> list[set[str]]:
        return [set(s) for s in Policy("p", rules=rules).stages()]

    off = replace(rule("off", 50), mode=Mode.SHADOW)
    assert stages(rule("all", 100), off) == [set()]
    assert stages(rule("a", 50), rule("b", 0), off) == [set(), {"a"}, {"b"}, {"a", "b"}]
    many = [rule(f"r{i}", 50) for i in range(9)]
    assert stages(*many) == [set(), {r.id for r in many}]


def test_tests_of_a_policy_see_its_rules_rolled_out() -> None:
    policy = Policy("p", rules=(rule("staged", 0),))
    facts = Facts("r", ANSWER, FOUND)
    assert decide(policy, facts).outcome is Outcome.ALLOW
    assert decide(policy.unstaged, facts).outcome is Outcome.BLOCK
    assert policy.unstaged is policy.unstaged and policy.unstaged.unstaged is policy.unstaged
    whole = Policy("p", rules=(rule("whole", 100),))
    assert whole.unstaged is whole
