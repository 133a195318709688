"""Explanations: every rule is accounted for, and every change that is named leads where it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from guardproxy.policy.decide import decide
from guardproxy.policy.explain import explain, recorded
from guardproxy.policy.model import Atom, Mode, Policy, Scope, Unless, When
from guardproxy.policy.past import Malformed
from guardproxy.policy.policies import Policies
from guardproxy.types import Facts, Finding, Outcome
from tests.policy.test_replay import (
    CALL,
    POLICIES,
    QUESTION,
    as_run,
    email,
    facts,
    policy,
    rule,
    segments,
)
from tests.policy.test_replay import (
    recorded as written,
)


def changes(under: Policy, told: Facts) -> dict[str, str]:
    return {w.change: w.outcome.name.lower() for w in explain(under, told).would_be}


def test_a_lower_score_a_list_and_a_rule_in_shadow() -> None:
    under = policy(rule("stop", When((Atom("pii.email", 0.6),)), unless=Unless(in_list=frozenset({"ours"}))))
    assert changes(under, facts(email(0.9))) == {
        "with pii.email at 0-5 scored below 0.6 instead of 0.9": "allow",
        "with pii.email at 0-5 in list ours": "allow",
        "with rule stop in shadow": "allow",
    }


def test_a_higher_score_would_have_been_stricter() -> None:
    under = policy(rule("stop", When((Atom("pii.email", 0.8),))))
    assert changes(under, facts(email(0.7))) == {"with pii.email at 0-5 scored 0.8 instead of 0.7": "block"}


def test_the_highest_threshold_that_matters_is_named() -> None:
    under = policy(
        rule("mask", When((Atom("pii.*", 0.3),)), Outcome.REDACT), rule("stop", When((Atom("pii.email", 0.8),)))
    )
    told = changes(under, facts(email(0.9)))
    assert told["with pii.email at 0-5 scored below 0.8 instead of 0.9"] == "redact"
    assert told["with rule stop in shadow"] == "redact"


def test_where_one_change_is_not_enough_several_are_named() -> None:
    under = policy(rule("a", "pii.email"), rule("b", "pii.*"))
    assert changes(under, facts(email(start=0), email(start=9))) == {
        "without all 2 findings of pii.email": "allow",
        "with rules a, b in shadow": "allow",
    }


@pytest.mark.parametrize(
    ("one", "told", "status", "why"),
    [
        (rule("r", "pii.*", mode=Mode.DISABLED), facts(), "disabled", "it is disabled"),
        (rule("r", "pii.*", mode=Mode.SHADOW), facts(email()), "shadow", ""),
        (
            rule("r", "pii.*", scope=Scope(direction=frozenset({"request"}), tool=("shell",))),
            facts(email(), origin=CALL),
            "not here",
            "scope: direction is response, not request; tool is payments.send, not shell",
        ),
        (
            rule("r", "pii.*", unless=Unless(Scope(role=frozenset({"user"})))),
            facts(email(), origin=QUESTION),
            "not here",
            "unless: what it leaves alone by where it is from",
        ),
        (rule("r", "pii.*"), facts(), "silent", "nothing of the kind was found"),
        (rule("r", When((Atom("pii.*", 0.95),))), facts(email()), "silent", "the scores are too low"),
        (rule("r", When((Atom("pii.*", times=2),))), facts(email()), "silent", "not often enough"),
        (
            rule("r", When((Atom("pii.*"), Atom("call.*")), every=True)),
            facts(email()),
            "silent",
            "it wants all of 2 conditions, and 1 is met",
        ),
        (
            rule("r", "pii.*", unless=Unless(in_list=frozenset({"ours"}))),
            facts(email(lists=["ours"])),
            "silent",
            "unless: what was found is left alone (list ours)",
        ),
        (
            rule("r", "pii.*", Outcome.REDACT),
            facts(replace(email(), span=None)),
            "fired",
            "something that is found without a place can't be cut out",
        ),
    ],
)
def test_why_a_rule_speaks_or_does_not(one: object, told: Facts, status: str, why: str) -> None:
    [said] = [r for r in explain(policy(one), told).rules if r.id == "r"]  # type: ignore[arg-type]
    assert (said.status, said.why) == (status, why)


def test_a_failure_is_accounted_for() -> None:
    told = explain(policy(rule("r", "pii.*")), facts(Finding("pii", "guard.error", 1.0)))
    assert [(r.id, r.status, r.outcome) for r in told.rules] == [
        ("r", "silent", Outcome.BLOCK),
        ("defaults.failure", "fired", Outcome.BLOCK),
    ]
    assert [(w.change, w.outcome) for w in told.would_be] == [("without guard.error", Outcome.ALLOW)]


@given(POLICIES, segments())
def test_every_rule_is_accounted_for_and_every_change_makes_a_difference(under: Policy, told: list[Facts]) -> None:
    for one in told:
        said = explain(under, one)
        assert said.decision == decide(under, one)
        fired = {v.rule for v in said.decision.verdicts}
        assert {r.id for r in said.rules if r.status in ("fired", "shadow")} == fired
        assert {r.id for r in said.rules} >= {r.id for r in under.rules}
        assert all(w.outcome is not said.decision.outcome for w in said.would_be)
        if said.decision.outcome > Outcome.ALLOW:
            assert any(w.outcome < said.decision.outcome for w in said.would_be)


@given(POLICIES, segments())
def test_a_record_is_explained_as_it_was_decided(under: Policy, told: list[Facts]) -> None:
    told = [as_run(under, one) for one in told]
    record = written(under, told, told[0].model if told else "gpt")
    found = [explain(narrowed, one).decision for narrowed, one in recorded(Policies(under), record)]
    outcome = max((d.outcome for d in found), default=Outcome.ALLOW)
    assert outcome.name.lower() == record["outcome"]
    assert {v.rule for d in found for v in d.verdicts} == {v["rule"] for v in record["verdicts"]}


def test_a_record_without_what_it_takes_is_refused() -> None:
    with pytest.raises(Malformed):
        recorded(Policies(policy()), {"decision_id": "d", "outcome": "allow"})
