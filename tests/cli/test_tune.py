from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from guardproxy.cli import _labelled, main
from guardproxy.cli._tune_report import _percent
from guardproxy.types import ConfigError

POLICY = """schema: guardproxy/v1
policy: p
filters:
  words:
    use: patterns
    patterns:
      - {id: low, label: spam.mail, pattern: 'low', score: 0.3}
      - {id: mid, label: spam.mail, pattern: 'mid', score: 0.6}
      - {id: top, label: spam.mail, pattern: 'top', score: 0.9}
      - {id: bait, label: bait.word, pattern: 'bait', score: 0.8}
rules:
  - id: no-spam
    when: spam.mail >= 0.2
    then: block
    scope: {direction: request}
  - {id: no-bait, when: [bait.word, 'spam.mail >= 0.5 x2'], then: block, mode: shadow}
  - {id: fails, when: guard.error, then: block}
  - {id: whatever, when: 'other.* >= 0.5', then: block, mode: disabled}
tests:
  - {name: a, given: {role: user, text: low}, expect: {outcome: block, rules: [no-spam]}}
  - {name: b, given: {role: user, text: bait}, expect: {outcome: block, rules: [no-spam]}, todo: it is in shadow}
  - {name: c, given: {role: user, findings: [{label: guard.error}]}, expect: {outcome: block, rules: [fails]}}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY.replace("  - {id: whatever, when: 'other.* >= 0.5', then: block, mode: disabled}\n", ""))
    return file


def rows(folder: Path, *texts: tuple[str, int | None], name: str = "data.jsonl", **more: Any) -> Path:
    file = folder / name
    lines = (json.dumps({"text": text, "labels": {"spam": spam}, **more}) + "\n" for text, spam in texts)
    file.write_text("".join(lines))
    return file


MANY = (*[("a low one", 0)] * 5, *[("nothing", 0)] * 395, *[("mid or top", 1)] * 30, *[("low", 1)] * 20)


def tune(*words: object) -> int:
    return main(["tune", *map(str, words)])


def test_the_threshold_its_cost_and_the_line_to_change(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = rows(policy.parent, *MANY)
    assert tune(policy, "--data", data, "--rule", "no-spam") == 0
    out = capsys.readouterr().out
    now, wanted = (
        "1.2% (0.41% to 2.9%) 5 of 400 100% (92.9% to 100%) 50 of 50",
        "0% (0% to 0.92%) 0 of 400 60% (45.2% to 73.6%) 30 of 50",
    )
    assert re.sub(r"(?<=\S) +", " ", out).splitlines() == [
        "no-spam (block)",
        "  positive spam = 1 (assumed from names; --positive says otherwise)",
        "  texts 400 harmless, 50 harmful",
        "",
        "  spam.mail >= 0.2",
        f"{16 * ' '}threshold false positives recall",
        f"  now 0.2 {now}",
        f"  at most 1% 0.3001 {wanted}",
        f"  surely 1% 0.3001 {wanted}",
        "",
        *(f"  at most {rate} 0.3001 {wanted}" for rate in ("0.1%", "0.2%", "0.5%")),
        *(f"  at most {rate} 0 {now}" for rate in ("2%", "5%", "10%")),
        f"  {policy}:13",
        "  - when: spam.mail >= 0.2",
        "  + when: spam.mail >= 0.3001",
        "",
        "450 texts read",
    ]
    assert "spam.mail >= 0.2\n" in policy.read_text()  # nothing is written


def test_every_rule_condition_by_condition(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = rows(policy.parent, *MANY, *[("bait", 0)] * 10, *[("bait", 1), ("mid top", 1)] * 5)
    assert tune(policy, "--data", data, "--positive", "no-bait:spam=1") == 1
    out = capsys.readouterr().out
    assert "no-bait (block, shadow)\n  positive   spam = 1 (--positive)" in out
    assert "bait.word >= 0.5  (any of 2 conditions; the others stay as they are)" in out
    assert f"{policy}:16\n  - - {{id: no-bait, when: [bait.word, 'spam.mail >= 0.5 x2']" in out
    assert "+ - {id: no-bait, when: [bait.word >= 0.8001, 'spam.mail >= 0.5 x2'], then" in out
    assert "spam.mail >= 0.5 x2  (any of 2" in out and "none" in out  # the bait alone is too much already
    assert out.endswith("470 texts read\nfails: not tuned: it is about failures, which have no score\n")


def test_programs_get_the_same(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = rows(policy.parent, *MANY)
    assert tune(policy, "--data", data, "--format", "json", "--fpr", "1%") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rate"], told["texts"], told["confidence"]) == (0.01, 450, 0.95)
    [rule] = told["rules"]
    assert (rule["rule"], rule["positive"], rule["assumed"]) == ("no-spam", "spam = 1", True)
    [one] = rule["conditions"]
    assert one["wanted"]["threshold"] == 0.3001
    assert one["wanted"]["recall"] == {
        "count": 30,
        "of": 50,
        "rate": 0.6,
        "interval": pytest.approx([0.452, 0.736], abs=1e-3),
    }
    assert one["change"] == {
        "file": str(policy),
        "line": 13,
        "before": "    when: spam.mail >= 0.2",
        "after": "    when: spam.mail >= 0.3001",
    }
    assert (one["rows_needed"], one["enough"]) == (368, True)
    assert [left["rule"] for left in told["not_tuned"]] == ["fails", "no-bait"]


def test_too_few_texts_are_said_to_be_too_few(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(policy, "--data", rows(policy.parent, ("mid", 1), *[("fine", 0)] * 99), "--rule", "no-spam") == 1
    out = capsys.readouterr().out
    assert "too few harmless texts to state 1%: it takes 368 at least; the lowest rate that 99 can state is 3.7%" in out
    assert re.search(r"surely 1% +none", out)


def test_no_threshold_where_the_highest_score_is_harmless_too(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(policy.read_text().replace("score: 0.9", "score: 1.0"))
    assert tune(policy, "--data", rows(policy.parent, *[("top", 0), ("top", 1)] * 40), "--rule", "no-spam") == 1
    out = capsys.readouterr().out
    assert "no threshold has 1%" in out and " + " not in out


def test_a_table_with_columns_of_its_own(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = policy.parent / "data.csv"
    table = '\ufeffsays,kind\n"two\nlines, mid",junk\n' + "fine,ham\n" * 400 + "\nlow,\n"
    file.write_text(table, "utf-8")
    words = ("--data", file, "--text", "says", "--rule", "no-spam", "--positive", "kind=junk")
    assert tune(policy, *words) == 0
    out = capsys.readouterr().out
    assert (
        "positive   kind = junk (--positive)\n  texts      400 harmless, 1 harmful\n  left out   1 not labelled\n"
        in out
    )
    zipped = policy.parent / "data.tsv.gz"
    zipped.write_bytes(gzip.compress(table.replace(",", "\t").replace("lines\t", "lines,").encode()))
    assert tune(policy, *("--data", zipped, *words[2:])) == 0
    assert capsys.readouterr().out == out


def test_rows_that_are_not_about_the_rule_are_counted_apart(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [
        rows(policy.parent, *MANY),
        rows(policy.parent, ("mid", 1), ("mid", 0), name="answers.jsonl", role="assistant"),
        rows(policy.parent, ("mid", 1), name="training.jsonl", role="training_example"),
        rows(policy.parent, ("mid", 1), name="page.jsonl", role="document"),
    ]
    assert tune(policy, "--data", *files, "--rule", "no-spam") == 0
    out = capsys.readouterr().out
    assert "texts      400 harmless, 51 harmful" in out
    assert "left out   2 not in its scope\n  left out   1 training examples\n" in out
    assert tune(policy, "--data", *files, "--rule", "no-spam", "--role", "user") == 0
    assert "texts      401 harmless, 53 harmful" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "data.jsonl:3:1: not JSON (unexpected end of data)"),
        ('{"labels": {}}', "data.jsonl:3:1: 'text' is missing; the row has labels; --text names the column"),
        ('{"text": "x", "role": "robot"}', "data.jsonl:3:1: 'robot' is not a valid Role; roles are "),
        ('{"text": "x", "channel": "side"}', "data.jsonl:3:1: 'side' is not a valid Channel"),
        ('{"text": "x", "labels": {"spam": 0.5}}', "data.jsonl:3:1: label spam is '0.5', neither 0 nor 1"),
        ('{"text": "x", "labels": {"spam.mail": 1}}', "data.jsonl:3:1: this row has a label spam.mail, earlier ones"),
    ],
)
def test_a_bad_row_is_told_by_its_place(
    policy: Path, line: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = rows(policy.parent, ("mid", 1))
    with data.open("a") as f:
        f.write(f"\n{line}\n")
    assert tune(policy, "--data", data) == 2
    assert f"guardproxy: {policy.parent}/{error}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (b"text,spam\na,1\nb\n", "data.csv:3:1: 1 cells where the first line names 2 columns"),
        (b'text,spam\na,1\n"b\n,c\n', "data.csv:4:1: not a table"),
        (b"text,spam\n\xff,1\n", "data.csv:2:1: not UTF-8"),
        (b"text,text\n", "data.csv:1:1: two columns have the same name"),
    ],
)
def test_a_bad_table_is_told_by_its_place(
    policy: Path, table: bytes, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (policy.parent / "data.csv").write_bytes(table)
    assert tune(policy, "--data", policy.parent / "data.csv") == 2
    assert f"guardproxy: {policy.parent}/{error}" in capsys.readouterr().err


def test_lines_have_an_end(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_labelled, "MAX_LINE", 1 << 20)
    data = rows(policy.parent, ("x" * (1 << 20), 1))
    with pytest.raises(ConfigError, match="longer than 1 MiB"):
        list(_labelled.labelled(data))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--rule", "no-such"), "there is no rule 'no-such' in "),
        (("--rule", "fails"), "rule fails can't be tuned: it is about failures"),
        (("--positive", "no-such:a=1"), "there is no rule 'no-such'"),
        (("--positive", "junk=1"), "no row has a label junk, which --positive names"),
        (("--positive", "junk"), "is not KEY=VALUE"),
        (("--fpr", "1"), "no rate from 0 to below 1"),
        (("--fpr", "x"), "no rate; write one like 0.01"),
        (("--text", "body"), "'body' is missing; the row has text, labels"),
    ],
)
def test_what_is_asked_for_wrongly(
    policy: Path, words: tuple[str, ...], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(policy, "--data", rows(policy.parent, ("mid", 1)), *words) == 2
    assert error in capsys.readouterr().err


def test_files_that_are_not_there(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(policy, "--data", policy.parent / "none.jsonl") == 2
    assert "none.jsonl can't be read: No such file" in capsys.readouterr().err
    broken = policy.parent / "broken.jsonl.gz"
    broken.write_bytes(gzip.compress(b'{"text": "x"}\n' * 100)[:20])
    assert tune(policy, "--data", broken) == 2
    assert "broken.jsonl.gz can't be read" in capsys.readouterr().err


def test_a_rule_of_a_pack_is_changed_by_an_override(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("schema: guardproxy/v1\npolicy: own\npacks: [default]\n")
    data = rows(tmp_path, ("mail jane@example.com", None), ("x", None))
    assert tune(own, "--data", data, "--rule", "mask-personal-data", "--positive", "text=x") == 2
    assert "no row has a label text" in capsys.readouterr().err
    data.write_text('{"text": "mail jane@example.com", "pii": 1}\n' + '{"text": "x", "pii": 0}\n' * 400)
    with data.open("a") as f:
        f.write('{"text": "mail joe@example.com", "pii": 0}\n' * 10)
    assert tune(own, "--data", data, "--rule", "mask-personal-data") == 0
    out = capsys.readouterr().out
    assert "which is not yours to change: put it under `override: mask-personal-data:`" in out
    assert "default.yaml:" in out


def test_a_model_is_asked_about_scores_that_it_does_not_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        "schema: guardproxy/v1\npolicy: p\nfilters: {tox: {use: toxicity}}\n"
        "rules: [{id: civil, when: toxicity.toxic >= 0.5, then: block}]\n"
    )
    harmless, harmful = [("Where is the station?", 0), ("My cat is called Mercury.", 0)] * 5, [("You idiot.", 1)]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps({"text": t, "toxicity": v}) + "\n" for t, v in harmless + harmful))
    assert tune(file, "--data", data, "--fpr", "0.5") == 0
    out = capsys.readouterr().out
    assert "positive   toxicity = 1 (assumed from names; --positive says otherwise)" in out
    assert "at most 50%  0.01 " in out and "a lower one may do too: scores below 0.01 are not told" in out
    assert "filter tox reports no score below 0.3: give it `threshold: 0.01` too" in out


def test_a_long_text_with_many_low_scores_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Low scores of all six labels in every window would be more findings than a gate keeps."""
    file, data = tmp_path / "policy.yaml", tmp_path / "data.jsonl"
    file.write_text(
        "schema: guardproxy/v1\npolicy: p\nfilters: {tox: {use: toxicity}}\n"
        "rules: [{id: civil, when: toxicity.toxic >= 0.5, then: block}]\n"
    )
    data.write_text(json.dumps({"text": "You are a fool, and your cat is one. " * 2500, "toxicity": 1}) + "\n")
    assert tune(file, "--data", data) == 1  # no harmless texts at all
    out = capsys.readouterr().out
    assert "texts      0 harmless, 1 harmful\n\n" in out and "no harmless" not in out


def test_progress_is_told_where_somebody_watches(
    policy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guardproxy.cli.tune.EVERY", -1.0)
    data = rows(policy.parent, ("mid", 1), ("fine", 0))
    assert tune(policy, "--data", data, "--rule", "no-spam") == 1
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert tune(policy, "--data", data, "--rule", "no-spam") == 1
    assert re.match(r"1 texts, [\d,]+ a second\n2 texts", capsys.readouterr().err)
    assert tune(policy, "--data", data, "--rule", "no-spam", "--quiet") == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (0, "0%"),
        (0.00012, "0.012%"),
        (0.045, "4.5%"),
        (0.621, "62.1%"),
        (0.99001, "99%"),
        (0.99983, "99.983%"),
        (1, "100%"),
    ],
)
def test_a_rate_is_never_rounded_to_certainty(rate: float, told: str) -> None:
    assert _percent(rate) == told
