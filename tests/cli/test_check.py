from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardproxy.cli import main

FINE = """schema: guardproxy/v1
policy: fine
filters: {control: {use: control_tokens}}
rules: [{id: neutralise, when: injection.*, then: redact}]
tests:
  - {name: a, given: {role: user, text: "<|start|>"}, expect: {rules: [neutralise], outcome: redact}}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(FINE)
    return file


def test_a_sound_policy(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(policy.parent)]) == 0
    assert capsys.readouterr().out == "0 problems in 1 file (1 rule, 1 filter)\n"


def test_problems_are_told_with_their_place(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(FINE.replace("injection.*", "injektion.*").replace("then: redact", "then: block, tags: []"))
    assert main(["check", str(policy.parent)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"{policy}:4:32: GP014 no filter emits 'injektion.*' (did you mean 'injection.*'?)"
    assert last == "1 problem in 1 file (1 rule, 1 filter)"


def test_warnings_fail_only_when_asked_to(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(FINE.split("tests:")[0])
    assert main(["check", str(policy)]) == 0
    assert f"{policy}:4:14: GP010 warning: no test names 'neutralise'" in capsys.readouterr().out
    assert main(["check", "--strict", str(policy)]) == 1
    assert capsys.readouterr().out.endswith("0 problems and 1 warning in 1 file (1 rule, 1 filter)\n")


def test_json(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", str(policy)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["problems"], told["warnings"], told["rules"], told["filters"], told["files"]) == ([], [], 1, 1, 1)
    assert told["policy"]["name"] == "fine" and len(told["policy"]["digest"]) == 64
    policy.write_text(FINE.replace("policy: fine", "polcy: fine"))
    assert main(["check", "--format", "json", str(policy)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["policy"] is None
    assert {(p["line"], p["column"], p["code"]) for p in told["problems"]} == {(1, 1, "GP002"), (2, 1, "GP002")}


def test_a_pattern_is_refused_where_it_stands(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(
        "schema: guardproxy/v1\npolicy: p\nfilters:\n  words:\n    use: patterns\n    patterns:\n"
        "      - {id: fine, pattern: 'abc'}\n      - {id: bad, pattern: '[a-z]+@corp'}\n"
        "rules: [{id: r, when: words.*, then: block}]\n"
    )
    assert main(["check", str(policy)]) == 1
    assert capsys.readouterr().out.startswith(f"{policy}:8:28: GP020 filter 'words', 'bad': the pattern can match more")


OPTIONS = [
    ("use: pii_patterns, onyl: [pii.phone]", "GP002 unknown key 'onyl' in a filter (did you mean 'only'?)"),
    ("use: pii_patterns, only: [pii.fone]", "GP002 `only`: there is no label 'pii.fone' (did you mean 'pii.phone'?)"),
    (
        "use: secrets, skip: [secret.githup]",
        "there is no kind of secret 'secret.githup' (did you mean 'secret.github'?)",
    ),
    ("use: secrets, entropy: much", "GP002 `entropy`: expected a number, not 'much'"),
    ("use: patterns, keywords: [{id: a, words: [4711]}]", "`words`: expected text, not the number that YAML reads"),
    ("use: patterns, keywords: [{id: a, words: Blue Heron}]", "GP002 `words`: expected a list, not 'Blue Heron'"),
    ("use: patterns, patterns: ['a{1,3}']", "GP002 `patterns`: expected keys and values, not 'a{1,3}'"),
    ("use: patterns, patterns: [{id: a}]", "GP002 an entry of `patterns` lacks `pattern`"),
    ("use: patterns, pattern: 'a{1,3}'", "GP002 unknown key 'pattern' in a filter (did you mean 'patterns'?)"),
    ("use: patterns, keywords: [{id: a, words: [b], label: A}]", "a label has lower-case letters"),
]


@pytest.mark.parametrize(("options", "said"), OPTIONS)
def test_options_of_filters_are_told_like_all_else(
    policy: Path, capsys: pytest.CaptureFixture[str], options: str, said: str
) -> None:
    policy.write_text(f"schema: guardproxy/v1\npolicy: p\nfilters:\n  a: {{{options}}}\n")
    assert main(["check", str(policy)]) == 1
    told, summary = capsys.readouterr().out.splitlines()
    assert said in told
    assert summary.startswith("1 problem ")


def test_all_that_is_wrong_with_a_filter_is_told_at_its_place(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(
        "schema: guardproxy/v1\npolicy: p\nfilters:\n  a:\n    use: patterns\n    patterns:\n"
        "      - {id: Big, regex: 'x'}\n      - {id: b, pattern: 'x', score: 2}\n"
    )
    assert main(["check", str(policy)]) == 1
    places = [line.removeprefix(f"{policy}:").split(" ")[0] for line in capsys.readouterr().out.splitlines()[:-1]]
    assert places == ["7:9:", "7:14:", "7:19:", "8:38:"]
