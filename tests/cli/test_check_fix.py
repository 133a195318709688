"""`guardproxy check --fix` and `--diff`: what is shown is what is written, at once or not at all."""

from __future__ import annotations

import difflib
import os
import stat
from pathlib import Path

import pytest

from guardproxy.cli import _fixing, main

WRONG = """# ours
schema: guardproxy/v1
policy: house
version: 1.10\t# tabs and \u00e9 stay
lists: {spare: [a]}
filters: {pii: {use: pii_patterns}}
rules:
  - {id: mask, when: [pii.*, pii.card], then: redact}
tests:
  - {name: a, given: {role: user, findings: [{label: pii.card}]}, expect: {rules: [mask]}}
"""
RIGHT = WRONG.replace("1.10", '"1.10"').replace("lists: {spare: [a]}\n", "").replace("[pii.*, pii.card]", "[pii.*]")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(WRONG, "utf-8")
    return file


def test_what_is_certain_is_put_right(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.chmod(0o640)
    assert main(["check", "--fix", "--strict", "--format", "text", str(policy.parent)]) == 0
    told = capsys.readouterr()
    assert told.out == "0 problems in 1 file (1 rule, 1 filter)\n"
    assert told.err == "guardproxy: put right 3 complaints in 1 file\n"
    assert policy.read_text("utf-8") == RIGHT
    assert stat.S_IMODE(policy.stat().st_mode) == 0o640
    assert os.listdir(policy.parent) == ["policy.yaml"]
    assert main(["check", "--fix", "--format", "text", str(policy.parent)]) == 0
    assert capsys.readouterr().err == ""


def test_a_diff_shows_what_would_be_written_and_writes_nothing(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--diff", str(policy)]) == 1
    shown = capsys.readouterr().out
    assert '+version: "1.10"\t# tabs and \u00e9 stay' in shown and "-lists: {spare: [a]}" in shown
    assert policy.read_text("utf-8") == WRONG
    before, after = WRONG.splitlines(keepends=True), RIGHT.splitlines(keepends=True)
    assert shown == "".join(difflib.unified_diff(before, after, str(policy), str(policy)))
    policy.write_text(RIGHT, "utf-8")
    assert main(["check", "--diff", str(policy)]) == 0
    assert capsys.readouterr().out == ""


def test_what_is_left_is_told(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(WRONG.replace("then: redact", "then: redcat"), "utf-8")
    assert main(["check", "--fix", "--format", "text", str(policy)]) == 1
    assert "(did you mean 'redact'?)" in capsys.readouterr().out
    assert "redcat" in policy.read_text("utf-8") and '"1.10"' in policy.read_text("utf-8")


def test_links_marks_and_line_ends_stay(policy: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "real.yaml"
    elsewhere.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    policy.unlink()
    policy.symlink_to(elsewhere)
    assert main(["check", "--fix", str(policy.parent)]) == 0
    assert policy.is_symlink()
    assert elsewhere.read_bytes() == b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode()


def test_a_file_that_changed_meanwhile_is_left_alone(
    policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = _fixing.write

    def late(fixed: _fixing.Fixed) -> None:
        policy.write_text("somebody: else\n")
        write(fixed)

    monkeypatch.setattr(_fixing, "write", late)
    assert main(["check", "--fix", str(policy)]) == 2
    assert "was changed meanwhile" in capsys.readouterr().err
    assert policy.read_text() == "somebody: else\n"
    assert os.listdir(policy.parent) == ["policy.yaml"]


def test_a_file_that_cannot_be_written_is_whole(
    policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["check", "--fix", str(policy)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert policy.read_text("utf-8") == WRONG
    assert os.listdir(policy.parent) == ["policy.yaml"]


def test_nothing_to_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for how in ("--fix", "--diff"):
        assert main(["check", how, str(tmp_path)]) == 2
        assert "there is no policy (*.yaml)" in capsys.readouterr().err


def test_the_same_file_named_twice_is_put_right_once(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", str(policy), str(policy.parent)]) == 0
    assert capsys.readouterr().err.count("put right") == 1
