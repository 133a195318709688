"""`guardproxy diff`: what it names, and what it calls looser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardproxy.cli import main
from tests.cli.test_replay import POLICY, written


def test_a_policy_does_not_differ_from_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = written(tmp_path), written(tmp_path, f"# the same\n{POLICY}", "other")
    assert main(["diff", str(one), str(other)]) == 0
    assert capsys.readouterr().out == "no difference\n"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("words.mail >= 0.6", "words.mail >= 0.7"), "when: words.mail >= 0.6 -> words.mail >= 0.7 (looser)"),
        (("words.mail >= 0.6", "words.mail >= 0.5"), "when: words.mail >= 0.6 -> words.mail >= 0.5 (stricter)"),
        (("then: redact", "then: block"), "then: redact -> block (stricter)"),
        (("then: block", "then: block, mode: shadow"), "mode: enforce -> shadow (looser)"),
        (("unless: {in_list: [ours]}, ", ""), "unless: {in_list: [ours]} -> none (stricter)"),
        (("then: block", "then: block, scope: {role: tool}"), "scope: everywhere -> {role: [tool]} (looser)"),
        (
            ("then: block", "then: block, rollout: {percent: 10, by: request}"),
            "rollout: all -> 10% by request (looser)",
        ),
        (("then: block", "then: block, title: x"), "title:  -> x"),
        (('"*@example.com"', '"*@example.org"'), "entry: *@example.com -> (none) (stricter)"),
        (("words: [bomb]", "words: [bomb, bang]"), "words: [bomb, bang]"),
        (("  - {id: stop, when: words.bomb, then: block}\n", ""), "- rule stop: words.bomb >= 0.5 -> block (looser)"),
        (("filters:", "defaults: {failure: allow}\nfilters:"), "failure: block -> allow (looser)"),
    ],
)
def test_a_change_is_named_and_weighed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], line: str
) -> None:
    one, other = written(tmp_path), written(tmp_path, POLICY.replace(*change), "other")
    assert main(["diff", str(one), str(other)]) == 1
    assert line in capsys.readouterr().out
    assert main(["diff", str(one), str(other), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["same"]
    assert {c["kind"] for c in told["changes"]} >= {"policy"}
    assert main(["diff", str(one), str(other), "--format", "markdown"]) == 1
    assert capsys.readouterr().out.startswith("| what | field |")


def test_policies_of_tenants_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = written(tmp_path), written(tmp_path, name="other")
    acme = "schema: guardproxy/v1\npolicy: acme\nextends: small\ntenants: [acme]\noverride:\n  stop: {then: annotate}\n"
    (other / "acme.yaml").write_text(acme, "utf-8")
    assert main(["diff", str(one), str(other)]) == 1
    out = capsys.readouterr().out
    assert "+ tenant acme: acme" in out
    assert "then: block -> annotate (looser)" in out


def test_what_can_not_be_read_ends_it(tmp_path: Path) -> None:
    assert main(["diff", str(written(tmp_path)), str(tmp_path / "none")]) == 2
