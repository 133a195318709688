"""A decision as a test of the policy: it loads, and the policy decides on it what it decided then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.policy import source
from guardproxy.policy.cases import fired, run_pure
from guardproxy.policy.decide import decide
from guardproxy.policy.load import examine
from guardproxy.policy.model import Policy
from guardproxy.policy.report import case, false_positives, quoted
from guardproxy.telemetry import Metrics, Record, Recorder
from guardproxy.telemetry.recent import Recent
from guardproxy.telemetry.record import PolicyName
from guardproxy.types import Channel, Direction, Facts, Finding, Origin, Outcome, Role

POLICY = """schema: guardproxy/v1
policy: reported
filters:
  words: {use: patterns, patterns: [{id: mail, pattern: '[a-z]{1,9}@x'}, {id: bomb, pattern: 'bomb'}]}
rules:
  - {id: mask, when: words.mail >= 0.6, then: redact}
  - {id: refuse, when: words.bomb, scope: {role: [user, assistant]}, then: block}
  - {id: twice, when: words.mail x2, scope: {direction: request}, then: annotate}
  - {id: calls, when: words.bomb, scope: {tool: [mail.*]}, then: redact}
  - {id: final-only, when: words.mail, scope: {channel: final}, then: block}
  - {id: watched, mode: shadow, when: words.bomb >= 0.9, then: block}
"""
LABELS = ("words.mail", "words.bomb", "guard.timeout", "guard.overflow")


def loaded(folder: Path, tests: str = "") -> tuple[Policy, tuple]:
    file = folder / "policy.yaml"
    file.write_text(POLICY + (f"tests:\n{tests}" if tests else ""), "utf-8")
    told = examine(file, detectors.catalogue())
    assert told.problems == []
    return told.policy, told.cases


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    return loaded(tmp_path_factory.mktemp("reported"))[0]


origins = st.builds(
    lambda way, role, channel, tool: Origin(way, role, channel if role is Role.ASSISTANT else None, tool),
    st.sampled_from(Direction),
    st.sampled_from(Role),
    st.sampled_from(Channel),
    st.sampled_from([None, "mail.send", "shell"]),
)
findings = st.builds(
    lambda label, score, at: Finding(
        "words", label, score / 100, None if label.startswith("guard.") else (at, at + 3), frozenset()
    ),
    st.sampled_from(LABELS),
    st.integers(0, 100),
    st.integers(0, 9).map(lambda n: n * 4),
)


def recorded(policy: Policy, texts: list[tuple[Origin, list[Finding]]]) -> dict:
    """The record of a request with these texts."""
    name = PolicyName("reported", "0", policy.digest, ("mail.*",))
    recent = Recent()
    record = Record(Recorder(Metrics(), recent=recent), "req_1", "/v1/chat/completions", name)
    for origin, found in texts:
        facts = Facts("req_1", origin, tuple(found))
        record.decided(facts, decide(policy, facts), final=True)
    record.finish(200)
    return json.loads(json.dumps(recent.after(0)[0][1]))


@given(st.lists(st.tuples(origins, st.lists(findings, max_size=4, unique_by=lambda f: f.span)), max_size=4))
def test_the_policy_decides_on_the_test_as_it_did(policy: Policy, tmp_path_factory, texts) -> None:
    record = recorded(policy, texts)
    written = false_positives(record)
    spoke = [decide(policy, Facts("", o, tuple(f))) for o, f in texts]
    acted = [d for d in spoke if d.outcome > Outcome.ALLOW]
    assert bool(written) == any(v.outcome > Outcome.ALLOW for d in spoke for v in d.verdicts)
    if not written:
        return
    _, cases = loaded(tmp_path_factory.mktemp("case"), written)
    if acted:
        assert [run_pure(policy, c).outcome for c in cases] == [d.outcome for d in acted]
        assert [fired(run_pure(policy, c)) for c in cases] == [fired(d) for d in acted]
    for one in cases:
        assert one.outcome is Outcome.ALLOW and one.todo.startswith("reported as a false positive of dec_")


def test_one_rule_can_be_reported(policy: Policy) -> None:
    user, tool = Origin(Direction.REQUEST, Role.USER), Origin(Direction.REQUEST, Role.TOOL, None, "mail.send")
    mail, bomb = Finding("words", "words.mail", 0.9, (0, 3)), Finding("words", "words.bomb", 0.8, (4, 8))
    record = recorded(policy, [(user, [mail]), (tool, [bomb])])
    assert false_positives(record).count("- name:") == 2
    only = false_positives(record, "calls")
    assert only.count("- name:") == 1 and "words.bomb" in only and "words.mail" not in only and "tool: mail.x" in only
    assert false_positives(record, "nothing") == ""


@given(st.text(st.characters(), max_size=60))
def test_any_text_is_one_value(text: str) -> None:
    expected = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
    written = case(text, {"role": "user", "text": text}, {"released": text}, text)
    assert written.count("\n") == 3 + bool(text)
    assert all(c.isprintable() or c == "\n" for c in written)
    [read] = source.parse("tests:\n" + written, "x").data["tests"]
    assert read["name"] == read["given"]["text"] == read["expect"]["released"] == expected
    assert source.parse(quoted(text), "x").data == expected


@pytest.mark.parametrize("word", ["true", "null", "1e5", "0x10", "yes", "~", "-", "a: b", "*x", "a.b-c", "1", ".5", ""])
def test_words_stay_words(word: str) -> None:
    [read] = source.parse("tests:\n" + case("n", {"tool": word}, {}), "x").data["tests"]
    assert read["given"]["tool"] == word
