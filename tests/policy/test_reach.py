"""What can reach a rule: places that filters never speak of, scores that they never give."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardproxy import detectors
from guardproxy.policy.load import examine

HEAD = """
schema: guardproxy/v1
policy: reach
filters:
  leak: {use: prompt_leak}
  thinking: {use: hidden_reasoning}
  loops: {use: repetition}
  words: {use: patterns, patterns: [{id: a, pattern: aa, score: 0.4}], keywords: [{id: b, words: [bb], score: 0.7}]}
  pii: {use: pii_patterns}
rules:
"""


def said(rule: str, folder: Path) -> list[tuple[str, int]]:
    (folder / "policy.yaml").write_text(f"{HEAD}  - {rule}\n", encoding="utf-8")
    return [(e.code, e.column) for e in examine(folder, detectors.catalogue(), detectors.build).problems]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{id: a, scope: {role: user}, when: leak.system_prompt, then: block}", "GP015"),
        ("{id: a, scope: {direction: request}, when: output.repetition, then: block}", "GP015"),
        ("{id: a, when: output.runaway, then: block}", "GP015"),
        ("{id: a, scope: {role: tool}, when: reasoning.*, then: annotate}", "GP015"),
        ("{id: a, scope: {direction: request}, when: {all: [pii.card, output.repetition]}, then: block}", "GP015"),
        ("{id: a, when: reasoning.contradicted >= 0.8, then: annotate}", "GP017"),
        ("{id: a, when: words.a, then: block}", "GP017"),
        ("{id: a, when: words.b >= 0.8, then: block}", "GP017"),
    ],
)
def test_a_rule_out_of_reach_is_a_mistake(rule: str, code: str, tmp_path: Path) -> None:
    assert [found for found, _ in said(rule, tmp_path)] == [code]


@pytest.mark.parametrize(
    "rule",
    [
        "{id: a, scope: {direction: response}, when: leak.system_prompt, then: block}",
        "{id: a, scope: {role: user}, when: [pii.card, leak.system_prompt], then: block}",
        "{id: a, scope: {role: assistant}, when: {all: [pii.card, output.repetition]}, then: block}",
        "{id: a, scope: {channel: final}, when: reasoning.conceals, then: annotate}",  # a channel may be unknown
        "{id: a, when: reasoning.contradicted >= 0.6, then: annotate}",
        "{id: a, when: words.a >= 0.4, then: block}",
        "{id: a, when: words.*, then: block}",
        "{id: a, when: '* >= 1', then: block}",
        "{id: a, when: pii.* >= 1, then: block}",
        "{id: a, scope: {model: 'a*'}, when: pii.*, unless: {model: 'ax*'}, then: redact}",
        "{id: a, scope: {tool: 'a*'}, when: pii.*, unless: {tool: 'ax*'}, then: redact}",
    ],
)
def test_one_within_reach_is_left_alone(rule: str, tmp_path: Path) -> None:
    assert said(rule, tmp_path) == []
