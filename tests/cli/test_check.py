from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    assert told["policies"][str(policy)]["name"] == "fine"
    assert len(told["policies"][str(policy)]["digest"]) == 64
    policy.write_text(FINE.replace("policy: fine", "polcy: fine"))
    assert main(["check", "--format", "json", str(policy)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["policies"] == {str(policy): None}
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


# ---------------------------------------------------------------------------------------------------- formats

WRONG = FINE.replace("injection.*", "injektion.*").split("tests:")[0] + "defaults: {max_hold: 'much: 50%'}\n"


def test_the_line_of_a_complaint_is_shown(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(FINE.replace("injection.*", "injektion.*"))
    assert main(["check", "--format", "full", str(policy)]) == 1
    assert capsys.readouterr().out.splitlines()[1:5] == [
        "  |",
        "4 | rules: [{id: neutralise, when: injektion.*, then: redact}]",
        "  |                                ^^^^^^^^^^^",
        "",
    ]


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("then: 'a \x1b[31m'", "'a \\u001b[31m'"),
        ("then: " + "y" * 300, "^" * 75),
        ("then: [" + "'x', " * 60 + "blok]", "^"),
        ('then: "never closed', '"never closed'),
        ("then: \u202eblok", "^" * 10),
    ],
)
def test_a_strange_line_is_shown_safely(
    policy: Path, capsys: pytest.CaptureFixture[str], rule: str, shown: str
) -> None:
    policy.write_text(
        f"schema: guardproxy/v1\npolicy: fine\nrules:\n  - {{id: a, when: guard.error, {rule}}}\n", "utf-8"
    )
    assert main(["check", "--format", "full", str(policy)]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out
    assert all(len(row) < 130 for row in out.splitlines() if " |" in row)
    assert shown in out


def test_annotations_of_github(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(WRONG)
    assert main(["check", "--format", "github", str(policy)]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"::error file={policy},line=5,col=22,title=GP002::`max_hold`: expected a whole number")
    assert "'much: 50%25'" in first
    assert last.startswith("1 problem in 1 file")
    policy.write_text(FINE.split("tests:")[0])
    assert main(["check", "--format", "github", str(policy)]) == 0
    assert capsys.readouterr().out.startswith(f"::warning file={policy},line=4,col=14,title=GP010::no test names")


def test_sarif(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(FINE.replace("injection.*", "injektion.*").split("tests:")[0])
    assert main(["check", "--format", "sarif", str(policy)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == "2.1.0"
    (run,) = told["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["GP014"]
    assert rules[0]["help"]["markdown"].startswith("# GP014: ")
    (result,) = run["results"]
    assert (result["ruleId"], rules[result["ruleIndex"]]["id"], result["level"]) == ("GP014", "GP014", "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == policy.as_uri()
    assert place["region"] == {"startLine": 4, "startColumn": 32}


def test_names_of_files_are_relative_in_sarif(policy: Path, monkeypatch: Any, capsys: Any) -> None:
    policy.rename(policy.parent / "my policy.yaml")
    monkeypatch.chdir(policy.parent)
    (policy.parent / "my policy.yaml").write_text(FINE.split("tests:")[0])
    assert main(["check", "--format", "sarif", "my policy.yaml"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "my%20policy.yaml"
    assert result["level"] == "warning"


def test_several_directories_are_checked_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a", FINE), ("b", FINE.replace("injection.*", "injektion.*")), ("c", "")):
        (tmp_path / name).mkdir()
        if text:
            (tmp_path / name / "policy.yaml").write_text(text)
    assert main(["check", str(tmp_path / "a"), str(tmp_path / "b")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 problem in 2 files (2 rules, 2 filters)"
    assert main(["check", "--format", "github", *(str(tmp_path / name) for name in "abc")]) == 2
    told = capsys.readouterr()
    assert f"::error::there is no policy (*.yaml) in {tmp_path / 'c'}" in told.out
    assert told.err.startswith(f"guardproxy: there is no policy (*.yaml) in {tmp_path / 'c'}")
    assert "GP014" in told.out


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "gp021"]) == 0
    assert capsys.readouterr().out.startswith("# GP021: a redaction that comes too late\n")
    assert main(["check", "--explain", "GP999"]) == 2
    assert "there is no code 'GP999'" in capsys.readouterr().err
    assert main(["check"]) == 2
    assert "one of the arguments DIR --explain is required" in capsys.readouterr().err


ROOT = Path(__file__).parents[2]
POLICIES = (ROOT / "policies", *sorted((ROOT / "policies" / "packs").glob("*.yaml")))
HEAVY = {"torch", "transformers", "presidio_analyzer", "spacy", "onnxruntime", "tokenizers", "numpy", "scipy", "pandas"}
MODULES = 600
"""Most modules of `check` (531 when this was written): what is imported is what an author waits for."""


def test_no_shipped_policy_makes_check_import_what_is_heavy() -> None:
    """One process for all of them: what one imports stays."""
    code = f"""
import sys
from guardproxy.cli import main
assert all(main(["check", "--strict", policy]) == 0 for policy in {[str(p) for p in POLICIES]!r})
print(sorted({HEAVY!r} & sys.modules.keys()), len(sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    heavy, _, modules = done.stderr.strip().rpartition(" ")
    assert heavy == "[]"
    assert 100 < int(modules) < MODULES


def test_a_policy_that_takes_over_is_told_with_what_it_comes_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text('schema: guardproxy/v1\npolicy: mine\nversion: "1"\nextends: default\n')
    assert main(["check", str(tmp_path)]) == 0
    told = capsys.readouterr().out.strip()
    assert re.fullmatch(
        r"0 problems in 1 file \(0 rules, 0 filters; [1-9]\d* rules, [1-9]\d* filters with what it takes over\)", told
    )
