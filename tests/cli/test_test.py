from __future__ import annotations

import asyncio
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.cli import main
from guardproxy.cli._test_engine import text_case
from guardproxy.cli._test_report import underlined
from guardproxy.cli._test_runs import Chunking
from guardproxy.engine import Cut
from guardproxy.policy.cases import Case
from guardproxy.policy.model import Policy
from guardproxy.text import PatternError, PatternFilter
from guardproxy.types import Decision, Direction, Finding, Origin, Outcome, Role

POLICY = """schema: guardproxy/v1
policy: p
filters:
  control: {use: control_tokens}
  words: {use: patterns, patterns: [{id: ticket, pattern: 'T-\\d{1,6}'}, {id: bomb, pattern: 'boom'}]}
rules:
  - {id: neutralise, when: injection.*, then: redact}
  - {id: tickets, when: words.ticket, then: redact, with: {style: mask}, scope: {direction: response}}
  - {id: stop, when: words.bomb, then: block}
  - {id: maybe, when: words.bomb, then: block, mode: shadow}
  - {id: never, when: guard.unread, then: block}
tests:
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def run(policy: Path, *tests: str, form: str = "text") -> int:
    policy.write_text(POLICY + "".join(f"  - {t}\n" for t in tests))
    return main(["test", str(policy), "--format", form])


MASKED = '{outcome: redact, released: "see ******, ****"}'
PASSES = f'{{name: masked, given: {{role: assistant, text: "see T-1234, T-12"}}, expect: {MASKED}}}'
BLOCKS = '{name: stopped, given: {role: assistant, text: "T-1 and boom now"}, expect: {outcome: block, released: "*** and "}}'
FAILS = '{name: not so, given: {role: user, text: "T-1 <|end|>"}, expect: {outcome: allow, rules: [tickets]}}'
TODO = '{name: some day, todo: no filter decodes, given: {role: user, text: "Ym9vbQ=="}, expect: {outcome: block}}'


def test_tests_that_pass(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy, PASSES, BLOCKS) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{policy}\n  PASS  masked   ")
    assert out.endswith("2 tests: 2 passed · rules never fired: neutralise, never\n")


def test_a_failure_says_what_was_expected_and_what_was_found(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy, PASSES, FAILS) == 1
    out = capsys.readouterr().out.split("  FAIL  not so")[1].splitlines()
    assert out[1:6] == [
        f"        {policy}:14",
        "        expected  allow",
        "        got       redact",
        "        expected  rules tickets",
        "        got       rules neutralise",
    ]
    assert out[6:8] == [
        "        | T-1 <|end|>",
        "        |     ^^^^^^^ injection.control_token 1.00 at 4–11 → neutralise (>= 0.5): redact",
    ]
    assert out[8].startswith("2 tests: 1 passed, 1 failed")


def test_a_todo_is_reported_and_fails_once_it_passes(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy, TODO) == 0
    out = capsys.readouterr().out
    assert "  TODO  some day" in out and "        no filter decodes\n" in out and "1 test: 1 todo" in out
    assert run(policy, TODO.replace("Ym9vbQ==", "boom")) == 1
    assert "it passes: take `todo` out" in capsys.readouterr().out


def test_no_tests_at_all_is_a_failure(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(POLICY.replace("tests:\n", ""))
    assert main(["test", str(policy)]) == 1
    assert "there are no tests" in capsys.readouterr().out


def test_a_policy_with_problems_is_not_run(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy, PASSES.replace("role", "rloe")) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{policy}:13:28: GP002 unknown key 'rloe' in `given` (did you mean 'role'?)" in captured.err


def test_json(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy, PASSES, FAILS, TODO, form="json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [t["status"] for t in told["tests"]] == ["pass", "fail", "todo"]
    assert told["totals"] == {"passed": 1, "failed": 1, "todo": 1, "skipped": 0}
    assert told["tests"][1]["wrong"][0] == {"expected": "allow", "got": "redact"}
    assert told["never_fired"] == ["maybe", "never", "stop"]


def test_a_shadow_rule_fires_in_the_report_and_changes_nothing(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shadowed = '{name: a, given: {role: user, text: "x"}, expect: {outcome: allow}}'
    policy.write_text(
        "schema: guardproxy/v1\npolicy: p\nfilters: {words: {use: patterns, patterns: [{id: x, pattern: x}]}}\n"
        f"rules: [{{id: maybe, when: words.x, then: block, mode: shadow}}]\ntests:\n  - {shadowed}\n"
    )
    assert main(["test", str(policy), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["tests"][0]["rules"] == ["maybe"]


def test_a_filter_that_cannot_start_is_a_sentence(
    policy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: PatternFilter) -> None:
        raise PatternError("the patterns are too large together")

    monkeypatch.setattr(PatternFilter, "start", refuse)
    assert run(policy, PASSES) == 2
    assert capsys.readouterr().err == "guardproxy: a filter can't be started: the patterns are too large together\n"


class Seeing:
    """Stands for a guard that is wrong about streams: its gates let the last character go by unseen."""

    reviews = False
    policy = Policy("p")

    def __init__(self, whole: Outcome, streamed: Outcome) -> None:
        self.outcomes = {True: Decision(whole), False: Decision(streamed)}

    def vault(self, tenant: str, conversation: str) -> None:
        return None

    def gate(self, origin: Origin, **about: object) -> Seeing:
        self.fed = 0
        return self

    async def feed(self, text: str, *, last: bool = False) -> str:
        self.fed += 1
        self.decision = self.outcomes[self.fed == 1 and last]
        if self.decision.outcome is Outcome.BLOCK:
            raise Cut(self.decision)
        return "..." if self.fed == 1 and last else "."

    async def shadow(self) -> None: ...


@pytest.mark.parametrize(
    ("whole", "streamed", "wrong"),
    [
        (Outcome.ALLOW, Outcome.ALLOW, []),
        (
            Outcome.REDACT,
            Outcome.ALLOW,
            [("redact as for the whole text", "allow when streamed character by character")],
        ),
        (Outcome.BLOCK, Outcome.ALLOW, [("block as for the whole text", "allow when streamed character by character")]),
        (Outcome.ALLOW, Outcome.BLOCK, [("allow as for the whole text", "block when streamed character by character")]),
    ],
)
def test_whole_and_streamed_must_agree(whole: Outcome, streamed: Outcome, wrong: list[tuple[str, str]]) -> None:
    case = Case("a", Origin(Direction.REQUEST, Role.USER), text="abc")
    result = asyncio.run(text_case(Seeing(whole, streamed), case, Chunking(0)))  # type: ignore[arg-type]
    assert list(result.wrong) == wrong


def test_what_is_released_must_agree_too() -> None:
    case = Case("a", Origin(Direction.REQUEST, Role.USER), text="abcd")
    result = asyncio.run(text_case(Seeing(Outcome.ALLOW, Outcome.ALLOW), case, Chunking(0)))  # type: ignore[arg-type]
    assert result.wrong == (
        ("released '...' as for the whole text", "released '....' when streamed character by character"),
    )


def test_the_tests_of_tenants_are_run_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = """schema: guardproxy/v1
policy: base
filters: {pii: {use: pii_patterns}}
rules: [{id: mask, when: pii.*, then: redact}]
tests: [{name: masked, given: {role: user, findings: [{label: pii.card}]}, expect: {outcome: redact, rules: [mask]}}]
"""
    tenant = """schema: guardproxy/v1
policy: acme
extends: base
tenants: acme
override: {mask: {then: block}}
rules: [{id: quiet, when: pii.email, then: annotate}]
tests: [{name: blocked, given: {role: user, findings: [{label: pii.card}]}, expect: {outcome: OUTCOME}}]
"""
    (tmp_path / "base.yaml").write_text(base)
    (tmp_path / "acme.yaml").write_text(tenant.replace("OUTCOME", "block"))
    assert main(["test", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert told.index("base.yaml") < told.index("masked") < told.index("acme.yaml") < told.index("blocked")
    assert told.endswith("2 tests: 2 passed · rules never fired: quiet\n")
    (tmp_path / "acme.yaml").write_text(tenant.replace("OUTCOME", "redact"))
    assert main(["test", str(tmp_path)]) == 1
    assert "acme.yaml:7" in capsys.readouterr().out
    assert main(["test", str(tmp_path), "--format", "json"]) == 1
    tests = json.loads(capsys.readouterr().out)["tests"]
    assert [(t["policy"], t["status"]) for t in tests] == [("base", "pass"), ("acme", "fail")]


def test_coverage_and_junit(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(POLICY + f"  - {PASSES}\n  - {FAILS}\n  - {TODO}\n")
    xml = policy.with_name("out.xml")
    assert main(["test", str(policy), "--run", "masked", "--coverage", "--junit", str(xml)]) == 0
    told = capsys.readouterr().out
    assert "never           0  guard.unread >= 0.5\n" in told and "coverage: 20% of 5 rules\n1 test: 1 passed" in told
    assert main(["test", str(policy), "--run", "masked", "--min-coverage", "21"]) == 1
    assert capsys.readouterr().err == "guardproxy: tests set off 20% of the rules, not 21%\n"
    assert main(["test", str(policy), "--run", "absent"]) == 1
    assert "no test has a name in which 'absent' is found" in capsys.readouterr().err
    assert main(["test", str(policy), "--junit", str(xml), "-q"]) == 1
    [suite] = ElementTree.parse(xml).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert [[c.tag for c in case] for case in suite] == [[], ["failure"], ["skipped"]]
    told = capsys.readouterr().out
    assert "PASS" not in told and "FAIL  not so" in told


def test_a_score_too_low_is_told_with_what_the_rule_wanted(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = "{name: a, given: {role: user, findings: [{label: words.bomb, score: 0.41}]}, expect: {outcome: block}}"
    assert run(policy, case) == 1
    assert "words.bomb 0.41  (maybe wants >= 0.5, stop wants >= 0.5)" in capsys.readouterr().out


@given(st.text(max_size=300), st.integers(), st.integers(0, 5))
def test_chunkings_are_the_text_and_come_again(text: str, seed: int, times: int) -> None:
    case = Case("a", Origin(Direction.REQUEST, Role.USER), text=text)
    drawn = list(Chunking(times, seed).of(case))
    assert all("".join(pieces) == text for _, pieces in drawn)
    assert drawn == list(Chunking(times, seed).of(case))


@given(st.text(min_size=1, max_size=200), st.data())
def test_underlining_moves_no_cursor(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    above, below = underlined(text, Finding("f", "a.b", 0.9, (start, end)), "→ r")
    assert above.isprintable() and below.isprintable() and "^" in below


def test_rules_that_must_not_fire(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = (
        "{name: a, given: {role: user, findings: [{label: words.bomb}]}, expect: {outcome: block, not_rules: [RULE]}}"
    )
    assert run(policy, case.replace("RULE", "tickets")) == 0
    capsys.readouterr()
    assert run(policy, case.replace("RULE", "stop")) == 1
    assert "expected  not rules stop\n        got       rules maybe, stop\n" in capsys.readouterr().out
    assert run(policy, case.replace("RULE", "stopp")) == 2
    assert "'stopp'" in capsys.readouterr().err
