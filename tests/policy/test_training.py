"""Rules about training files: the strictest wins, more findings never make it milder, and what is counted is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.load import load_all
from guardproxy.policy.training import (
    OF_FILE,
    OF_JOB,
    OPERATORS,
    SHARES,
    Condition,
    FileOutcome,
    Training,
    TrainingFacts,
    TrainingRule,
    TrainingScope,
    counts_of,
    judge,
)
from guardproxy.policy.training_conditions import parse_condition, parse_conditions
from guardproxy.types import Direction, Origin, Role
from tests.policy.support import CATALOGUE, build, look

LABELS = st.sampled_from(["pii.*", "pii.email", "training.harmful"])
SHARED = st.builds(
    lambda label, op, number, share: Condition("x", label, op, number, share, True),
    LABELS,
    st.sampled_from([">", ">="]),
    st.sampled_from([0.0, 0.01, 0.5, 1.0]),
    st.booleans(),
)
AMOUNTS = st.builds(
    lambda name, op, number: Condition("y", name, op, number),
    st.sampled_from([*OF_FILE, *OF_JOB]),
    st.sampled_from(list(OPERATORS)),
    st.integers(0, 20).map(float),
)
RULES = st.builds(
    TrainingRule,
    st.sampled_from("abcdef"),
    st.lists(SHARED | AMOUNTS, min_size=1, max_size=3).map(tuple),
    st.sampled_from(list(FileOutcome)),
    st.booleans(),
    st.builds(TrainingScope, model=st.none() | st.just(("gpt-*",)), method=st.none() | st.just(("dpo",))),
)
TRAINING = st.builds(Training, st.lists(RULES, max_size=5).map(tuple), *[st.sampled_from(list(FileOutcome))] * 3)
FACTS = st.builds(
    TrainingFacts,
    st.dictionaries(st.sampled_from([*OF_FILE, *OF_JOB]), st.integers(0, 20), max_size=6),
    st.dictionaries(LABELS.map(lambda label: f"{label} >= 0.5"), st.integers(0, 20), max_size=3),
    st.sampled_from(["gpt-oss", "other"]),
    method=st.sampled_from(["", "dpo"]),
)


@given(training=TRAINING, facts=FACTS, label=LABELS, more=st.integers(1, 9))
def test_more_findings_never_make_it_milder(training: Training, facts: TrainingFacts, label: str, more: int) -> None:
    asked = f"{label} >= 0.5"
    worse = TrainingFacts(
        facts.amounts,
        {**facts.counts, asked: facts.counts.get(asked, 0) + more},
        facts.model,
        facts.tenant,
        facts.key,
        facts.method,
    )
    before, after = judge(training, facts), judge(training, worse)
    assert after.outcome >= before.outcome and set(after.rules) >= set(before.rules)


@given(training=TRAINING, facts=FACTS, rule=RULES, seed=st.randoms())
def test_rules_only_add_up_and_their_order_means_nothing(
    training: Training, facts: TrainingFacts, rule: TrainingRule, seed: object
) -> None:
    both = Training((*training.rules, rule), training.blocked, training.redacted, training.unreadable)
    back = Training((rule, *reversed(training.rules)), training.blocked, training.redacted, training.unreadable)
    assert judge(both, facts).outcome >= judge(training, facts).outcome
    assert judge(both, facts).outcome is judge(back, facts).outcome
    assert sorted(judge(both, facts).rules) == sorted(judge(back, facts).rules)


@pytest.mark.parametrize(
    ("text", "facts", "met"),
    [
        ("pii.* in > 1% of examples", {"pii.* >= 0.5": 10}, False),
        ("pii.* in > 1% of examples", {"pii.* >= 0.5": 11}, True),
        ("pii.*   in >= 1 % examples", {"pii.* >= 0.5": 10}, True),
        ("pii.* >= 0.8 in >= 2 examples", {"pii.* >= 0.8": 2, "pii.* >= 0.5": 9}, True),
        ("pii.* >= 0.8 in > 2 examples", {"pii.* >= 0.8": 2, "pii.* >= 0.5": 9}, False),
        ("examples >= 1_000", {}, True),
        ("examples < 1_000", {}, False),
        ("unreadable > 0.5%", {}, True),
        ("unreadable > 0.6%", {}, False),
        ("n_epochs > 0", {}, False),
        ("learning_rate_multiplier > 1.5", {}, True),
    ],
)
def test_conditions(text: str, facts: dict[str, int], met: bool) -> None:
    rule = TrainingRule("r", (parse_condition(text),), FileOutcome.DENY)
    training = Training((rule,), unreadable=FileOutcome.ALLOW)
    amounts = {"examples": 1000, "unreadable": 6, "learning_rate_multiplier": 2}
    assert (judge(training, TrainingFacts(amounts, facts)).outcome is FileOutcome.DENY) is met
    assert set(OF_FILE) > SHARES


def test_all_and_any_and_scopes() -> None:
    some, every = parse_conditions(["examples > 5", "n_epochs > 5"])[1], parse_conditions({"all": ["examples > 5"]})[1]
    assert (some, every) == (False, True)
    conditions, _ = parse_conditions(["examples > 5", "n_epochs > 5"])
    scope = TrainingScope(model=("gpt-*",), key=("k*",), method=("dpo",), tenant=("acme",))
    rule = TrainingRule("r", conditions, FileOutcome.DENY, True, scope)
    fits = {"model": "gpt-oss", "tenant": "acme", "key": "k1", "method": "dpo"}
    amounts = {"examples": 6, "n_epochs": 6}
    assert judge(Training((rule,)), TrainingFacts(amounts, **fits)).rules == ("r",)
    for name in fits:
        assert judge(Training((rule,)), TrainingFacts(amounts, **{**fits, name: "x"})).rules == ()
    assert judge(Training((rule,)), TrainingFacts({"examples": 6, "n_epochs": 5}, **fits)).rules == ()


def test_what_nobody_wrote_a_rule_about() -> None:
    got = judge(Training(), TrainingFacts({"blocked": 1, "redacted": 2, "unreadable": 3}))
    assert got.outcome is FileOutcome.DENY
    assert got.rules == ("training.blocked", "training.unreadable", "training.redacted")


def test_counts_of_a_test_never_pass_the_examples() -> None:
    training = Training((TrainingRule("r", (parse_condition("pii.* in > 0 examples"),), FileOutcome.DENY),))
    assert counts_of(training, {"pii.email": 7, "pii.card": 7, "secret.aws": 1}, 10) == {"pii.* >= 0.5": 10}


HOUSE = """
schema: guardproxy/v1
policy: house
filters: {pii: {use: pii_patterns}, keys: {use: control_tokens}}
rules: [{id: keys, when: injection.*, then: block, locked: true}]
training:
  redacted: deny
  rules: [{id: mail, when: pii.email in > 0 examples, then: quarantine}]
  tests: [{name: mail, given: {labels: {pii.email: 1}}, expect: {outcome: quarantine}}]
"""


def test_what_is_counted_is_looked_for(tmp_path: Path) -> None:
    policy = look(HOUSE, tmp_path).policy
    assert policy is not None
    example = policy.rules_for(Origin(Direction.REQUEST, Role.TRAINING_EXAMPLE))
    assert [rule.id for rule in example] == ["keys", "training.mail"]
    assert "pii" in policy.filters_for(example)[0]
    assert [rule.id for rule in policy.rules_for(Origin(Direction.REQUEST, Role.USER))] == ["keys"]


def test_the_digest_is_about_training_too(tmp_path: Path) -> None:
    one = look(HOUSE, tmp_path).policy
    other = look(HOUSE.replace("redacted: deny", "redacted: allow"), tmp_path).policy
    tests = look(HOUSE.replace("name: mail", "name: another"), tmp_path).policy
    assert one and other and tests
    assert one.digest != other.digest and one.digest == tests.digest


def _tenant(folder: Path, training: str) -> list[str]:
    (folder / "house.yaml").write_text(HOUSE)
    (folder / "acme.yaml").write_text(
        f"schema: guardproxy/v1\npolicy: acme\nextends: house\ntenants: [acme]\ntraining:\n{training}"
    )
    try:
        policies = load_all(folder, CATALOGUE, build)
    except Exception as e:
        return str(e).splitlines()
    training_of = policies.of("acme").training
    return [f"{rule.id} {rule.then.word}" for rule in training_of.rules] + [training_of.redacted.word]


def test_rules_of_a_tenant_come_besides_those_of_the_house(tmp_path: Path) -> None:
    own = "  unreadable: allow\n  rules: [{id: few, when: examples < 9, then: deny}]\n"
    [said] = _tenant(tmp_path, own)
    assert "6:3: GP031 there are locked rules, and this `unreadable` would let training files pass" in said
    assert _tenant(tmp_path, own.replace("allow", "deny")) == ["few deny", "mail quarantine", "deny"]
    [said] = _tenant(tmp_path, "  rules: [{id: mail, when: examples < 9, then: deny}]\n")
    assert "6:16: GP003 a rule about training files named 'mail' stands in" in said


def test_a_pack_brings_its_rules_and_not_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "house.yaml").write_text(HOUSE)
    mine = "schema: guardproxy/v1\npolicy: mine\npacks: [{use: house, without: [WITHOUT]}]\n"
    for without, rules in (("", ["mail"]), ("mail", [])):
        policy = look(
            mine.replace("WITHOUT", without) if without else mine.replace(", without: [WITHOUT]", ""), tmp_path
        )
        assert policy.policy is not None, policy.problems
        assert [rule.id for rule in policy.policy.training.rules] == rules
        assert policy.policy.training.redacted is FileOutcome.QUARANTINE
