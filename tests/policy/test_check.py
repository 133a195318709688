"""Lints: what they must not complain about, and the one that only warns."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardproxy.policy.load import examine
from guardproxy.types import Catalogue
from tests.policy.support import CATALOGUE, build, look

HEAD = """
schema: guardproxy/v1
policy: fine
lists: {ours: ["*@example.com"]}
filters:
  pii: {use: pii_patterns}
  rude: {use: toxicity, hold: false}
  words: {use: patterns, patterns: [{id: ticket, pattern: 'T-\\d{1,6}'}, {id: b, label: ours.project, pattern: 'blue'}]}
  late: {use: patterns, hold: false, patterns: [{id: x, pattern: 'late'}]}
rules:
"""


@pytest.mark.parametrize(
    "rule",
    [
        "{id: a, when: words.ticket, then: redact}",
        "{id: a, when: ours.project, then: redact}",
        "{id: a, when: guard.*, then: block}",
        "{id: a, when: pii.email x2, then: redact, scope: {direction: request}}",
        "{id: a, when: pii.email x2, then: redact, scope: {role: [user, system]}}",
        "{id: a, when: pii.email x2, then: block}",
        "{id: a, when: {all: [pii.email]}, then: redact}",
        "{id: a, when: toxicity.*, then: block}",
        "{id: a, when: late.x, then: redact, scope: {direction: request}}",
        "{id: a, when: late.x, then: block}",
        "{id: a, when: pii.*, then: redact, scope: {role: tool, tool: shell}}",
        "{id: a, when: pii.*, then: redact, scope: {role: developer, tool: shell}}",
        "{id: a, when: pii.*, then: redact, scope: {channel: final}}",
        "{id: a, when: pii.*, then: redact, unless: {in_list: ours, direction: request}}",
        "{id: a, when: pii.*, then: redact, unless: {model: 'toy-*', route: /completions}}",
        "{id: a, when: pii.*, then: redact, scope: {tenant: acme, model: 'gpt-*', route: /completions}}",
        "{id: a, when: pii.*, then: annotate, scope: {role: user, channel: final}, mode: disabled}",
    ],
)
def test_a_sound_rule_is_left_alone(rule: str, tmp_path: Path) -> None:
    assert look(f"{HEAD}  - {rule}\n", tmp_path).problems == []


def test_an_enforcing_rule_without_a_test_is_a_warning(tmp_path: Path) -> None:
    head = HEAD.split("lists:")[0] + "filters: {pii: {use: pii_patterns}}\nrules:\n"
    text = f"""{head}  - {{id: named, when: pii.card, then: block}}
  - {{id: fired, when: pii.email, then: redact}}
  - {{id: untested, when: pii.phone, then: redact}}
  - {{id: shadowed, when: pii.phone, then: redact, mode: shadow}}
tests:
  - {{name: a, given: {{role: user, text: x}}, expect: {{rules: [named]}}}}
  - {{name: b, given: {{role: user, findings: [{{label: pii.email}}]}}, expect: {{outcome: redact}}}}
"""
    examined = look(text, tmp_path)
    assert examined.policy is not None
    assert [(e.code, e.line, e.column) for e in examined.warnings] == [("GP010", 8, 10)]
    assert "'untested'" in examined.warnings[0].message


def test_labels_are_known_without_building_the_filters(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        f"{HEAD}  - {{id: a, when: [words.ticket, ours.project, words.tikcet], then: redact}}\n"
    )
    [problem] = examine(tmp_path, CATALOGUE).problems
    assert (problem.code, problem.column) == ("GP014", 48)
    assert "did you mean 'words.ticket'?" in problem.message


def test_a_filter_that_tells_no_labels_may_say_anything_below_its_name(tmp_path: Path) -> None:
    text = "schema: guardproxy/v1\npolicy: p\nfilters: {odd: {use: odd}}\nrules: [{id: a, when: odd.thing, then: redact}]\n"
    (tmp_path / "p.yaml").write_text(text)
    assert examine(tmp_path, Catalogue({"odd": ()}, {"odd": True})).problems == []


def test_a_wide_pattern_of_a_filter_that_does_not_hold_is_no_matter(tmp_path: Path) -> None:
    text = """
schema: guardproxy/v1
policy: p
defaults: {max_hold: 256}
filters: {words: {use: patterns, hold: false, patterns: [{id: wide, pattern: 'a{1,300}'}]}}
rules: [{id: a, when: words.wide, then: block}]
"""
    (tmp_path / "p.yaml").write_text(text)
    assert examine(tmp_path, CATALOGUE, build).problems == []


def test_what_a_monitor_finds_and_no_rule_acts_on_is_a_warning(tmp_path: Path) -> None:
    text = """
schema: guardproxy/v1
policy: calls
monitors:
  calls: {use: tool_calls, deny: [shell]}
  web: {use: web_domains, tools: [open]}
rules:
  - {id: order, when: [call.denied, call.un*], then: block}
  - {id: off, mode: disabled, when: call.url, then: block}
tests:
  - {name: t, given: {role: assistant, tool: shell, call: '{}'}, expect: {outcome: block, rules: [order]}}
"""
    examined = look(text, tmp_path)
    assert [(e.code, e.line, e.column) for e in examined.warnings] == [("GP011", 6, 8)]
    assert "'call.private_address', 'call.url', which monitor 'web' looks for" in examined.warnings[0].message
