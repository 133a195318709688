"""What the shipped policy promises, with the real filters: its own tests, and soundness where they don't look."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from guardproxy import detectors, filters
from guardproxy.cli import main
from guardproxy.policy.decide import decide
from guardproxy.policy.load import examine
from guardproxy.policy.model import Policy
from guardproxy.types import Channel, Direction, Facts, Finding, Origin, Outcome, Role

POLICIES = Path(__file__).parents[2] / "policies"
ORIGINS = [Origin(d, r, c, t) for d, r, c, t in itertools.product(Direction, Role, (None, *Channel), (None, "shell"))]


@pytest.fixture(scope="module")
def policy() -> Policy:
    examined = examine(POLICIES, detectors.catalogue(), detectors.build)
    assert examined.policy is not None, examined.problems
    assert not examined.warnings
    return examined.policy


def test_its_tests_pass(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["test", str(POLICIES), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert [t for t in told["tests"] if t["status"] != "pass"] == []
    assert code == 0
    assert told["totals"]["passed"] >= 12
    assert told["never_fired"] == []


@pytest.mark.parametrize("kind", ["secrets", "pii_patterns"])
def test_every_secret_and_personal_datum_is_cut_out_everywhere(policy: Policy, kind: str) -> None:
    name = {"secrets": "secrets", "pii_patterns": "pii"}[kind]
    for origin, label in itertools.product(ORIGINS, filters.catalogue().labels[kind]):
        decision = decide(policy, Facts("r", origin, (Finding(name, label, 0.5, (2, 9)),)))
        assert decision.outcome is Outcome.REDACT, (origin, label)
        assert [(e.start, e.end, e.label) for e in decision.edits] == [(2, 9, label)]


def test_control_tokens_are_cut_out_of_every_text_of_a_request(policy: Policy) -> None:
    finding = Finding("control", "injection.control_token", 0.7, (2, 9))
    for origin in ORIGINS:
        wanted = Outcome.REDACT if origin.direction is Direction.REQUEST else Outcome.ALLOW
        assert decide(policy, Facts("r", origin, (finding,))).outcome is wanted


@pytest.mark.parametrize("label", ["guard.error", "guard.timeout"])
def test_failures_block_wherever_the_filter_is_needed(policy: Policy, label: str) -> None:
    for origin, name in itertools.product(ORIGINS, policy.filters):
        needed = name != "control" or origin.direction is Direction.REQUEST
        decision = decide(policy, Facts("r", origin, (Finding(name, label, 1.0),)))
        assert decision.outcome is (Outcome.BLOCK if needed else Outcome.ALLOW)


@pytest.mark.parametrize("label", ["guard.overflow", "guard.unread"])
def test_what_could_not_be_read_is_blocked_everywhere(policy: Policy, label: str) -> None:
    for origin in ORIGINS:
        assert decide(policy, Facts("r", origin, (Finding("guard", label, 1.0),))).outcome is Outcome.BLOCK
