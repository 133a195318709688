"""The decision: what it says, and the promises that make it final on half a stream."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.decide import decide
from guardproxy.policy.model import FAILURE_RULE, Atom, Defaults, Mode, Policy, Rule, Scope, Unless, When
from guardproxy.types import Channel, Decision, Direction, Edit, Facts, Finding, Origin, Outcome, Role, Style
from tests.cost import seconds
from tests.policy.support import ANSWER, QUESTION, found

FILTERS = {"pii": {"use": "pii_patterns"}, "judge": {"use": "judge", "failure": "allow"}, "rude": {"use": "toxicity"}}
LABELS = {"pii": ("pii.*",), "judge": ("judge.unsafe",), "rude": ("toxicity.*",)}


def rule(id: str, when: str | When, then: Outcome = Outcome.REDACT, **more: object) -> Rule:
    condition = when if isinstance(when, When) else When((Atom(when),))
    return Rule(id, condition, then, **more)  # type: ignore[arg-type]


def policy(*rules: Rule, **more: object) -> Policy:
    return Policy("test", rules=rules, filters=FILTERS, labels=LABELS, **more)  # type: ignore[arg-type]


def said(policy: Policy, *findings: Finding, origin: Origin = ANSWER, **more: str) -> Decision:
    return decide(policy, Facts("r", origin, findings, **more))  # type: ignore[arg-type]


MASK = rule("mask", "pii.*")


def test_nothing_found_is_allowed() -> None:
    assert said(policy(MASK)) == Decision(Outcome.ALLOW)


def test_a_finding_is_cut_out_with_the_style_of_its_rule() -> None:
    decision = said(policy(replace(MASK, style=Style.HASH)), found("pii.email", 3, 9))
    assert decision.outcome is Outcome.REDACT
    assert decision.edits == (Edit(3, 9, Style.HASH, "pii.email", "mask"),)
    assert decision.verdicts[0].findings == (found("pii.email", 3, 9),)


def test_the_strictest_rule_wins_and_all_are_told() -> None:
    decision = said(policy(MASK, rule("stop", "pii.card", Outcome.BLOCK)), found("pii.card"))
    assert decision.outcome is Outcome.BLOCK
    assert decision.rule == "stop"
    assert [v.rule for v in decision.verdicts] == ["mask", "stop"]
    assert decision.edits, "what a stream has released must be the same with the block as without"


@pytest.mark.parametrize(("score", "outcome"), [(0.49, Outcome.ALLOW), (0.5, Outcome.REDACT), (1.0, Outcome.REDACT)])
def test_half_a_score_is_enough_unless_said_otherwise(score: float, outcome: Outcome) -> None:
    assert said(policy(MASK), found("pii.email", score=score)).outcome is outcome


def test_a_score_that_is_no_number_hides_nothing() -> None:
    assert said(policy(MASK), found("pii.email", score=float("nan"))).outcome is Outcome.REDACT


def test_a_count_needs_that_many() -> None:
    twice = policy(rule("stop", When((Atom("pii.email", times=2),)), Outcome.BLOCK))
    assert said(twice, found("pii.email", 0, 5)).outcome is Outcome.ALLOW
    assert said(twice, found("pii.email", 0, 5), found("pii.email", 9, 15)).outcome is Outcome.BLOCK


def test_one_place_counts_once() -> None:
    """Two rules of a filter that see the same number are one number; findings without a place each count."""
    twice = policy(rule("stop", When((Atom("pii.*", times=2),)), Outcome.BLOCK))
    same = found("pii.card", 0, 5), found("pii.card", 0, 5, score=0.8)
    assert said(twice, *same).outcome is Outcome.ALLOW
    assert said(twice, *same, found("pii.card", 9, 15)).outcome is Outcome.BLOCK
    assert said(twice, found("pii.a", None), found("pii.b", None)).outcome is Outcome.BLOCK


def test_all_needs_every_atom_and_any_needs_one() -> None:
    atoms = (Atom("pii.email"), Atom("pii.card"))
    every = policy(rule("stop", When(atoms, every=True), Outcome.BLOCK))
    either = policy(rule("stop", When(atoms), Outcome.BLOCK))
    assert said(every, found("pii.card")).outcome is Outcome.ALLOW
    assert said(every, found("pii.card"), found("pii.email", 9, 15)).outcome is Outcome.BLOCK
    assert said(either, found("pii.card")).outcome is Outcome.BLOCK


def test_redaction_without_a_place_blocks() -> None:
    assert said(policy(MASK), found("pii.email", None)).outcome is Outcome.BLOCK
    assert said(policy(MASK), found("pii.email", 4, 4)).outcome is Outcome.BLOCK
    both = said(policy(MASK), found("pii.email", None), found("pii.card", 3, 9))
    assert both.outcome is Outcome.BLOCK
    assert [(e.start, e.end) for e in both.edits] == [(3, 9)]


# ---------------------------------------------------------------------------------------------------- scope, unless


def test_scope_is_every_key_that_is_given() -> None:
    scope = Scope(direction=frozenset({"response"}), channel=frozenset({"final"}), model=("gpt-oss*",))
    scoped = policy(replace(MASK, scope=scope))
    thinking = replace(ANSWER, channel=Channel.ANALYSIS)
    assert said(scoped, found("pii.email"), model="gpt-oss-20b").outcome is Outcome.REDACT
    assert said(scoped, found("pii.email"), model="other").outcome is Outcome.ALLOW
    assert said(scoped, found("pii.email"), origin=thinking, model="gpt-oss").outcome is Outcome.ALLOW
    assert said(scoped, found("pii.email"), origin=QUESTION, model="gpt-oss").outcome is Outcome.ALLOW


def test_a_reply_on_an_unknown_channel_is_in_the_scope_of_each() -> None:
    unknown = Origin(Direction.RESPONSE, Role.ASSISTANT)
    for channel in Channel:
        scoped = policy(replace(MASK, scope=Scope(channel=frozenset({channel}))))
        assert said(scoped, found("pii.email"), origin=unknown).outcome is Outcome.REDACT
        assert said(scoped, found("pii.email"), origin=QUESTION).outcome is Outcome.ALLOW


def test_an_unknown_channel_is_no_reason_for_an_exception() -> None:
    spared = policy(replace(MASK, unless=Unless(Scope(channel=frozenset({"analysis"})))))
    assert said(spared, found("pii.email"), origin=Origin(Direction.RESPONSE, Role.ASSISTANT)).outcome is Outcome.REDACT
    assert said(spared, found("pii.email"), origin=replace(ANSWER, channel=Channel.ANALYSIS)).outcome is Outcome.ALLOW


@pytest.mark.parametrize("told", Channel)
@pytest.mark.parametrize("tool", [None, "f"])
def test_an_inferred_channel_has_the_rules_of_every_channel_and_no_exception(told: Channel, tool: str | None) -> None:
    rules = [replace(MASK, id=c, scope=Scope(channel=frozenset({c}))) for c in Channel]
    one = policy(*rules, replace(MASK, id="spared", unless=Unless(Scope(channel=frozenset({told})))))
    sure = replace(ANSWER, channel=told, tool=tool)
    assert {r.id for r in one.rules_for(sure)} == {told}
    inferred = replace(sure, inferred=True)
    assert {r.id for r in one.rules_for(inferred)} == {*Channel, "spared"}
    assert {r.id for r in one.rules_for(sure)} == {told}
    assert said(one, found("pii.email"), origin=inferred).outcome is Outcome.REDACT


def test_tools_are_globs_and_a_text_without_a_tool_is_out_of_their_scope() -> None:
    scoped = policy(replace(MASK, scope=Scope(tool=("pay.*", "shell"))))
    for tool, outcome in (
        ("pay.out", Outcome.REDACT),
        ("shell", Outcome.REDACT),
        ("sh", Outcome.ALLOW),
        (None, Outcome.ALLOW),
    ):
        assert said(scoped, found("pii.email"), origin=replace(ANSWER, tool=tool)).outcome is outcome


def test_an_exception_looks_at_one_finding_at_a_time() -> None:
    spared = policy(replace(MASK, unless=Unless(in_list=frozenset({"ours"}))))
    ours = replace(found("pii.email", 0, 5), lists=frozenset({"ours", "public"}))
    assert said(spared, ours).outcome is Outcome.ALLOW
    assert said(spared, ours, found("pii.email", 9, 12)).edits == (Edit(9, 12, Style.LABEL, "pii.email", "mask"),)


def test_all_keys_of_an_exception_must_fit() -> None:
    unless = Unless(Scope(role=frozenset({"user"})), label=("pii.email",))
    spared = policy(replace(MASK, unless=unless))
    assert said(spared, found("pii.email"), origin=QUESTION).outcome is Outcome.ALLOW
    assert said(spared, found("pii.card"), origin=QUESTION).outcome is Outcome.REDACT
    assert said(spared, found("pii.email")).outcome is Outcome.REDACT


# ---------------------------------------------------------------------------------------------------- modes, failures


def test_a_shadow_verdict_is_told_and_changes_nothing() -> None:
    decision = said(policy(rule("stop", "pii.*", Outcome.BLOCK, mode=Mode.SHADOW)), found("pii.email"))
    assert decision.outcome is Outcome.ALLOW
    assert not decision.edits
    assert decision.rule == ""
    assert [(v.rule, v.shadow, v.outcome) for v in decision.verdicts] == [("stop", True, Outcome.BLOCK)]


def test_a_disabled_rule_says_nothing() -> None:
    assert not said(policy(replace(MASK, mode=Mode.DISABLED)), found("pii.email")).verdicts


def test_a_failure_blocks_by_default() -> None:
    decision = said(policy(MASK), Finding("pii", "guard.timeout", 1.0))
    assert decision.outcome is Outcome.BLOCK
    assert decision.rule == FAILURE_RULE


def test_a_failure_is_let_through_where_the_filter_or_the_defaults_say_so() -> None:
    judged = policy(rule("stop", "judge.unsafe", Outcome.BLOCK))
    decision = said(judged, Finding("judge", "guard.error", 1.0))
    assert decision.outcome is Outcome.ALLOW
    assert [(v.rule, v.shadow) for v in decision.verdicts] == [(FAILURE_RULE, False)]
    lenient = policy(MASK, defaults=Defaults(failure="allow"))
    assert said(lenient, Finding("pii", "guard.error", 1.0)).outcome is Outcome.ALLOW
    assert said(lenient, Finding("guard", "guard.overflow", 1.0)).outcome is Outcome.ALLOW


def test_a_rule_may_treat_a_failure_more_strictly_than_the_defaults() -> None:
    strict = policy(MASK, rule("no-gaps", "guard.*", Outcome.BLOCK), defaults=Defaults(failure="allow"))
    decision = said(strict, Finding("pii", "guard.error", 1.0))
    assert (decision.outcome, decision.rule) == (Outcome.BLOCK, "no-gaps")
    assert FAILURE_RULE not in {v.rule for v in decision.verdicts}


def test_an_allowing_rule_does_not_open_what_the_defaults_close() -> None:
    assert (
        said(policy(MASK, rule("fine", "guard.*", Outcome.ALLOW)), Finding("pii", "guard.error", 1.0)).outcome
        is Outcome.BLOCK
    )


def test_a_failure_that_is_let_through_is_told_even_beside_an_allowing_rule() -> None:
    lenient = policy(MASK, rule("fine", "guard.*", Outcome.ALLOW), defaults=Defaults(failure="allow"))
    assert {v.rule for v in said(lenient, Finding("pii", "guard.error", 1.0)).verdicts} == {"fine", FAILURE_RULE}


@pytest.mark.parametrize("label", ["guard.error", "guard.timeout"])
def test_a_failure_of_a_filter_that_only_a_shadow_rule_needs_is_nothing(label: str) -> None:
    shadowed = policy(
        MASK, rule("rude", "toxicity.*", Outcome.BLOCK, mode=Mode.SHADOW), rule("gaps", "guard.*", Outcome.BLOCK)
    )
    assert said(shadowed, Finding("rude", label, 1.0)).outcome is Outcome.ALLOW
    assert said(shadowed, Finding("pii", label, 1.0)).outcome is Outcome.BLOCK


def test_a_failure_of_a_filter_that_no_rule_here_needs_is_nothing() -> None:
    elsewhere = policy(replace(MASK, scope=Scope(direction=frozenset({"request"}))))
    assert said(elsewhere, Finding("pii", "guard.error", 1.0)).outcome is Outcome.ALLOW
    assert said(elsewhere, Finding("pii", "guard.error", 1.0), origin=QUESTION).outcome is Outcome.BLOCK


@pytest.mark.parametrize("label", ["guard.overflow", "guard.unread"])
def test_what_the_engine_could_not_read_blocks_even_without_rules(label: str) -> None:
    assert said(policy(), Finding("guard", label, 1.0)).outcome is Outcome.BLOCK


def test_a_tool_of_the_upstream_is_no_failure_and_a_rule_may_refuse_it() -> None:
    seen = Finding("guard", "guard.upstream_tool", 1.0)
    assert said(policy(), seen).outcome is Outcome.ALLOW
    assert said(policy(rule("none", "guard.upstream_tool", Outcome.BLOCK)), seen).outcome is Outcome.BLOCK


# ---------------------------------------------------------------------------------------------------- edits


def test_touching_spans_stay_apart_and_overlapping_ones_unite_transitively() -> None:
    edits = said(
        policy(MASK), *(found("pii.email", a, b) for a, b in [(8, 12), (0, 4), (4, 6), (11, 20), (5, 9)])
    ).edits
    assert [(e.start, e.end) for e in edits] == [(0, 4), (4, 20)]


def test_the_strictest_style_names_the_union_and_ties_go_by_rule() -> None:
    styled = policy(
        rule("b", "pii.email", style=Style.LABEL),
        rule("a", "pii.card", style=Style.LABEL),
        rule("0", "pii.ip", style=Style.MASK),
    )
    edits = said(styled, found("pii.email", 0, 5), found("pii.card", 3, 9), found("pii.ip", 8, 11)).edits
    assert edits == (Edit(0, 11, Style.LABEL, "pii.card", "a", ("0", "b")),)


# ---------------------------------------------------------------------------------------------------- properties

labels = st.sampled_from(["pii.email", "pii.card", "toxicity.insult", "judge.unsafe", "guard.error", "guard.overflow"])
globs = st.sampled_from(["pii.*", "pii.email", "toxicity.*", "judge.unsafe", "guard.*", "*"])
atoms = st.builds(Atom, globs, st.sampled_from([0.0, 0.5, 0.9]), st.integers(1, 3))
conditions = st.builds(When, st.lists(atoms, min_size=1, max_size=3).map(tuple), st.booleans())
exceptions = st.none() | st.builds(Unless, st.just(Scope()), st.none(), st.just(frozenset({"ours"})))
verbs = st.sampled_from([Outcome.ALLOW, Outcome.ANNOTATE, Outcome.REDACT, Outcome.BLOCK])
modes = st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.SHADOW, Mode.DISABLED])
spans = st.none() | st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))
filters = st.sampled_from(["pii", "judge", "rude", "guard"])
listed = st.sampled_from([frozenset(), frozenset({"ours"})])
findings = st.lists(st.builds(Finding, filters, labels, st.sampled_from([0.2, 0.5, 1.0]), spans, listed), max_size=7)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    makers = st.tuples(conditions, verbs, exceptions, st.sampled_from(list(Style)), modes)
    rules = [
        Rule(f"r{i}", when, then, unless=unless, style=style, mode=mode)
        for i, (when, then, unless, style, mode) in enumerate(draw(st.lists(makers, max_size=5)))
    ]
    return policy(*rules, defaults=Defaults(failure=draw(st.sampled_from(["block", "allow"]))))  # type: ignore[arg-type]


@given(policies(), findings, st.randoms(use_true_random=False))
def test_the_order_of_rules_and_findings_means_nothing(
    given: Policy, seen: list[Finding], chance: random.Random
) -> None:
    rules, shuffled = list(given.rules), list(seen)
    chance.shuffle(rules)
    chance.shuffle(shuffled)
    other = policy(*rules, defaults=given.defaults)
    assert said(given, *seen) == said(other, *shuffled)


def _covered(decision: Decision) -> set[int]:
    return {at for e in decision.edits for at in range(e.start, e.end)}


@given(policies(), findings, findings)
def test_more_findings_never_weaken_a_decision(given: Policy, seen: list[Finding], more: list[Finding]) -> None:
    before, after = said(given, *seen), said(given, *seen, *more)
    assert after.outcome >= before.outcome
    assert _covered(after) >= _covered(before)


@given(policies(), findings)
def test_shadow_rules_change_neither_outcome_nor_edits(given: Policy, seen: list[Finding]) -> None:
    without = policy(*(r for r in given.rules if r.mode is Mode.ENFORCE), defaults=given.defaults)
    one, other = said(given, *seen), said(without, *seen)
    assert (one.outcome, one.edits) == (other.outcome, other.edits)
    assert tuple(v for v in one.verdicts if not v.shadow) == other.verdicts


@given(policies(), findings)
def test_edits_are_sorted_and_apart(given: Policy, seen: list[Finding]) -> None:
    edits = said(given, *seen).edits
    assert all(e.start < e.end for e in edits)
    assert all(a.end <= b.start for a, b in itertools.pairwise(edits))


def test_a_thousand_findings_cost_a_thousand_times_one_at_most() -> None:
    three = policy(MASK, rule("b", "secret.*"), rule("c", "injection.*", Outcome.BLOCK))
    crowd = [found("pii.email", 10 * i, 10 * i + 8) for i in range(1000)]

    def decided(count: int, times: int) -> float:
        facts = Facts("r", ANSWER, tuple(crowd[:count]))
        return seconds(lambda: [decide(three, facts) for _ in range(times)], 5) / times

    assert decided(1000, 2) < 1000 * decided(1, 200)
