from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.case_form import CallEntry, CaseEntry, ExpectEntry, GivenEntry, TurnEntry
from guardproxy.policy.cases import Case, compile_case, fired, mismatches, run_pure
from guardproxy.policy.model import Policy
from guardproxy.types import Catalogue, Channel, Direction, Finding, Outcome, Role
from tests.policy.support import look

HEAD = """
schema: guardproxy/v1
policy: p
lists: {ours: ["*@example.com"]}
filters:
  pii: {use: pii_patterns}
  rude: {use: toxicity}
rules:
  - {id: mask, when: pii.*, then: redact, unless: {in_list: ours}}
  - {id: rude, when: toxicity.*, then: block, mode: shadow}
tests:
"""


def case(text: str, directory: Path) -> tuple[Case, list[tuple[str, str]], set[str]]:
    examined = look(f"{HEAD}  - {text}\n", directory)
    assert examined.policy is not None, examined.problems
    [made] = examined.cases
    decision = run_pure(examined.policy, made)
    return made, mismatches(made, decision), fired(decision)


def test_direction_follows_from_role_unless_it_is_said(tmp_path: Path) -> None:
    expect = "findings: []}, expect: {outcome: allow}}"
    for role in Role:
        made, _, _ = case(f"{{name: a, given: {{role: {role}, {expect}", tmp_path)
        assert made.origin.direction is (Direction.RESPONSE if role is Role.ASSISTANT else Direction.REQUEST)
    made, _, _ = case(
        "{name: a, given: {role: assistant, direction: request, channel: final, tool: t, " + expect, tmp_path
    )
    assert (made.origin.direction, made.origin.channel, made.origin.tool) == (Direction.REQUEST, Channel.FINAL, "t")


def test_findings_get_their_filter_a_place_and_their_lists(tmp_path: Path) -> None:
    given = "[{label: pii.email, text: joe@example.com}, {label: pii.card, score: 0.7}, {label: toxicity.insult}]"
    made, _, _ = case(f"{{name: a, given: {{role: user, findings: {given}}}, expect: {{outcome: redact}}}}", tmp_path)
    assert made.findings == (
        Finding("pii", "pii.email", 1.0, (0, 15), frozenset({"ours"})),
        Finding("pii", "pii.card", 0.7, (16, 17)),
        Finding("rude", "toxicity.insult", 1.0, None),
    )


def test_failures_are_findings_of_the_filter(tmp_path: Path) -> None:
    made, wrong, said = case("{name: a, given: {role: user, failures: [pii]}, expect: {outcome: block}}", tmp_path)
    assert made.findings == (Finding("pii", "guard.error", 1.0),)
    assert (wrong, said) == ([], {"defaults.failure"})


@pytest.mark.parametrize(
    ("text", "expect", "wrong"),
    [
        ("joe@example.net", "outcome: redact", []),
        ("joe@example.net", "rules: [mask]", []),
        ("joe@example.com", "outcome: allow", []),
        ("joe@example.net", "outcome: block", [("block", "redact")]),
        ("joe@example.com", "rules: [mask]", [("rules mask", "rules (none)")]),
        ("joe@example.net", "rules: [mask, rude]", [("rules rude", "rules mask")]),
    ],
)
def test_what_is_not_as_expected_is_told(text: str, expect: str, wrong: list[tuple[str, str]], tmp_path: Path) -> None:
    found = f"{{role: user, findings: [{{label: pii.email, text: {text}}}]}}"
    assert case(f"{{name: a, given: {found}, expect: {{{expect}}}}}", tmp_path)[1] == wrong


def test_a_shadow_rule_can_be_expected(tmp_path: Path) -> None:
    found = "{role: assistant, findings: [{label: toxicity.threat}]}"
    _, wrong, said = case(f"{{name: a, given: {found}, expect: {{outcome: allow, rules: [rude]}}}}", tmp_path)
    assert (wrong, said) == ([], {"rude"})


def test_a_case_knows_its_line_and_what_it_waits_for(tmp_path: Path) -> None:
    text = "{name: a, todo: later, given: {role: user, text: hi}, expect: {released: hi, outcome: block}}"
    examined = look(f"{HEAD}  - {text}\n", tmp_path)
    [made] = examined.cases
    assert (made.line, made.todo, made.pure, made.text, made.released) == (12, "later", False, "hi", "hi")
    assert made.outcome is Outcome.BLOCK


@st.composite
def turns(draw: st.DrawFn) -> TurnEntry:
    role = draw(st.sampled_from(["system", "user", "assistant", "tool"]))
    if role == "assistant" and draw(st.booleans()):
        names = draw(st.lists(st.sampled_from("xyz"), min_size=1, max_size=3))
        calls = [CallEntry(tool=name, arguments="{}") for name in names]
        return TurnEntry(role="assistant", calls=calls, **draw(expects))
    return TurnEntry(role=role, text=draw(st.text(max_size=5)), **draw(expects))


expects = st.sampled_from([{}, {"expect": ExpectEntry(outcome="allow", rules=["a"])}])


@given(st.lists(turns(), min_size=1, max_size=8))
def test_every_turn_is_judged_behind_all_that_was_said_before_it(said: list[TurnEntry]) -> None:
    said[-1] = said[-1].model_copy(update={"expect": None})
    entry = CaseEntry(name="c", given=GivenEntry(conversation=said), expect=ExpectEntry(rules=["last"]))
    made = compile_case(entry, 7, Policy("p"), Catalogue(labels={}))
    assert [p.turn for p in made.parts] == [n for n, turn in enumerate(said, 1) if turn.expect or n == len(said)]
    assert made.named == {"last"} | ({"a"} if len(made.parts) > 1 else set())
    for part in made.parts:
        turn, before = said[part.turn - 1], said[: part.turn - 1]
        texts = [
            t
            for one in before
            for t in ([one.text] if one.text is not None else [c.arguments for c in one.calls or ()])
        ]
        assert (part.text, [c.tool for c in part.calls]) == (turn.text, [c.tool for c in turn.calls or ()])
        assert part.declared == {c.tool for one in said for c in one.calls or ()}
        since = [u for u in part.said if u.origin.direction is Direction.RESPONSE]
        if turn.role != "assistant":
            assert (since, part.before) == ([], ())
            assert [u.text for u in part.said] == texts
        else:  # what the model said since the last request is of this reply, its calls by their names
            assert [u.text for u in part.said] == texts[: len(part.said) - len(since)] + [u.text for u in since]
            assert len(texts) == len(part.said) + len(part.before)
