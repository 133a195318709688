"""`guardproxy explain`: texts, requests and decisions, and nothing of a text that a terminal would obey."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.cli import main
from guardproxy.cli._explained import underlined
from tests.cli.test_replay import BOMB, MAIL, POLICY, log, written


def explained(capsys: pytest.CaptureFixture[str], *words: Any) -> dict[str, Any]:
    assert main(["explain", *map(str, words), "--format", "json"]) == 0
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def test_a_text_is_explained_and_its_findings_underlined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--policy", str(written(tmp_path)), "--text", "to bob@example.net\x1b[2J"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("request user: redact (mask)\n")
    assert "      to bob@example.net\\u001b[2J\n         ^^^^^^^^^^^^^^^\n" in out
    assert "  fired     mask -> redact\n            words.mail 1; it takes words.mail >= 0.6\n" in out
    assert "  silent    stop: nothing of the kind was found\n" in out
    assert "  allow            with words.mail at 3-18 in list ours\n" in out
    assert "\x1b" not in out


def test_where_a_text_is_from_matters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scoped = POLICY.replace("then: block", "then: block, scope: {role: tool, tool: [browser*]}")
    folder = written(tmp_path, scoped)
    words = ("--policy", folder, "--text", "bomb", "--role", "tool", "--tool")
    assert explained(capsys, *words, "browser.open")["outcome"] == "block"
    told = explained(capsys, *words, "shell")
    assert told["outcome"] == "allow"
    assert [r["why"] for r in told["parts"][0]["rules"] if r["rule"] == "stop"] == [
        "scope: tool is shell, not browser*"
    ]


def test_standard_input(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a bomb"))
    assert explained(capsys, "--policy", written(tmp_path), "--text", "-")["outcome"] == "block"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("chat", {"model": "m", "messages": [{"role": "user", "content": "hi"}, {"role": "user", "content": "bomb"}]}),
        (
            "responses",
            {"model": "m", "input": [{"role": "user", "content": "hi"}, {"role": "user", "content": "bomb"}]},
        ),
        ("completions", {"model": "m", "prompt": "a bomb"}),
        ("messages", {"model": "m", "max_tokens": 9, "system": "x", "messages": [{"role": "user", "content": "bomb"}]}),
    ],
)
def test_all_texts_of_a_request_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, body: dict[str, Any]
) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(body), "utf-8")
    told = explained(capsys, "--policy", written(tmp_path), "--request", file, "--dialect", name)
    assert (told["outcome"], told["notes"]) == ("block", [f"read as {name}"])
    assert [p["outcome"] for p in told["parts"]].count("block") == 1
    assert main(["explain", "--policy", str(written(tmp_path)), "--request", str(file)]) == 0
    assert "block (stop)" in capsys.readouterr().out


def test_a_decision_is_explained_from_its_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = log(tmp_path, (), (MAIL, BOMB))
    told = explained(capsys, "--policy", written(tmp_path), "--decision", "dec_1", "--log", file)
    assert (told["outcome"], told["notes"]) == ("block", [])
    assert {"change": "with rule stop in shadow", "outcome": "redact"} in told["parts"][0]["would_be"]
    other = written(tmp_path, POLICY.replace("then: block", "then: annotate"))
    told = explained(capsys, "--policy", other, "--decision", "dec_1", "--log", file)
    assert told["outcome"] == "redact"
    assert "another policy decided then" in told["notes"][0]
    assert explained(capsys, "--policy", other, "--decision", "dec_0", "--log", file)["parts"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--decision", "dec_9", "--log", "LOG"), "there is no decision 'dec_9'"),
        (("--decision", "dec_0"), "give both --decision ID and --log FILE"),
        (("--request", "none.json"), "none.json can't be read"),
        (("--request", "LOG"), "guardproxy:"),
    ],
)
def test_what_can_not_be_read_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    file = log(tmp_path, ())
    given = [str(file) if word == "LOG" else word for word in words]
    assert main(["explain", "--policy", str(written(tmp_path)), *given]) == 2
    assert message in capsys.readouterr().err


@given(st.text(max_size=200), st.data())
def test_the_line_below_stands_below_and_nothing_is_obeyed(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    line, marks = underlined(text, start, end)
    assert line.isprintable()
    assert marks.strip(" ^") == ""
    assert marks.count("^") >= 1


def test_rules_in_shadow_know_the_lists_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shadow = POLICY.replace("then: redact", "then: redact, mode: shadow").replace(
        "then: block", "then: block, mode: shadow"
    )
    folder = written(tmp_path, shadow)
    for text, status in (("jane@example.com", "silent"), ("bob@example.net", "shadow")):
        told = explained(capsys, "--policy", folder, "--text", text)
        assert [r["status"] for r in told["parts"][0]["rules"] if r["rule"] == "mask"] == [status]
