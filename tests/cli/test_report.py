"""`guardproxy report`: a decision of the log as a test that the policy file takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardproxy import detectors
from guardproxy.cli import main
from guardproxy.policy.load import examine
from tests.server.console.support import record
from tests.server.support import POLICY


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "decisions.jsonl"
    quiet = record(3, verdicts=[], findings=[], outcome="allow", request_id="dec_0002")
    file.write_text("".join(json.dumps(r) + "\n" for r in (record(1), quiet, record(2))))
    return file


def test_it_prints_a_test(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "dec_0002", "--log", str(log)]) == 0
    written = capsys.readouterr().out
    assert written.startswith("tests:\n") and "dec_0002: not for mask" in written
    (tmp_path / "policy.yaml").write_text(POLICY + written.removeprefix("tests:\n"))
    told = examine(tmp_path / "policy.yaml", detectors.catalogue(), detectors.build)
    assert told.problems == [] and told.cases[-1].outcome.name == "ALLOW"


def test_it_says_when_there_is_nothing(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "dec_0003", "--log", str(log)]) == 1
    assert "no rule did anything" in capsys.readouterr().out
    assert main(["report", "dec_0001", "--log", str(log), "--rule", "refuse"]) == 1
    assert "rule refuse did nothing" in capsys.readouterr().out
    assert main(["report", "dec_0001", "--log", str(log), "--rule", "mask"]) == 0


def test_it_says_what_is_wrong(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "dec_9999", "--log", str(log)]) == 2
    assert "there is no decision 'dec_9999'" in capsys.readouterr().err
    assert main(["report", "dec_1", "--log", str(tmp_path / "none.jsonl")]) == 2
    assert "can't be read" in capsys.readouterr().err
    log.write_text("dec_0001 is here\n")
    assert main(["report", "dec_0001", "--log", str(log)]) == 2
    assert f"{log}:1:1: this line is no decision record" in capsys.readouterr().err


def test_it_puts_the_test_into_the_file(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    assert main(["report", "dec_0002", "--log", str(log), "--into", str(file)]) == 0
    assert "1 more under `tests:`" in capsys.readouterr().out
    assert main(["test", str(file)]) == 0
    assert "1 todo" in capsys.readouterr().out
    assert main(["report", "dec_0002", "--log", str(log), "--into", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["report", "dec_0002", "--log", str(log), "--into", str(tmp_path / "none.yaml")]) == 2
    assert "can't be changed" in capsys.readouterr().err
    assert sorted(f.name for f in tmp_path.iterdir()) == ["decisions.jsonl", "policy.yaml"]
