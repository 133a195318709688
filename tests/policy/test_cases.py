from __future__ import annotations

from pathlib import Path

import pytest

from guardproxy.policy.cases import Case, fired, mismatches, run_pure
from guardproxy.types import Channel, Direction, Finding, Outcome, Role
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
    given = f"{{role: user, findings: [{{label: pii.email, text: {text}}}]}}"
    assert case(f"{{name: a, given: {given}, expect: {{{expect}}}}}", tmp_path)[1] == wrong


def test_a_shadow_rule_can_be_expected(tmp_path: Path) -> None:
    given = "{role: assistant, findings: [{label: toxicity.threat}]}"
    _, wrong, said = case(f"{{name: a, given: {given}, expect: {{outcome: allow, rules: [rude]}}}}", tmp_path)
    assert (wrong, said) == ([], {"rude"})


def test_a_case_knows_its_line_and_what_it_waits_for(tmp_path: Path) -> None:
    text = "{name: a, todo: later, given: {role: user, text: hi}, expect: {released: hi, outcome: block}}"
    examined = look(f"{HEAD}  - {text}\n", tmp_path)
    [made] = examined.cases
    assert (made.line, made.todo, made.pure, made.text, made.released) == (12, "later", False, "hi", "hi")
    assert made.outcome is Outcome.BLOCK
