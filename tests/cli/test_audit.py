"""`guardproxy audit`: a log is verified, searched, exported, and somebody in it forgotten."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from guardproxy.cli import main
from guardproxy.governance.audit.decisions import sealed
from guardproxy.governance.events import Event
from guardproxy.telemetry.seals import Seal
from tests.governance.audit.support import files, record, settings

DECISION = {"decision": "approve"}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of some events; the settings file names it."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GUARDPROXY_")]:
        monkeypatch.delenv(name)
    said = settings(tmp_path)
    record(
        said,
        [
            Event("policy.loaded", "guardproxy", "policy", details={"version": "2"}),
            Event(
                "approval.decided",
                "key_1",
                "apr_1",
                "acme",
                {"decision": "approve"},
                person="jane",
                private={"why": "fine"},
            ),
            Event("key.created", "cli:joe", "=1+1\x1b[31m", "default"),
        ],
    )
    (tmp_path / "config.yaml").write_text(f"audit: {{path: {said.path}, key_file: {said.key_file}}}\n")
    return tmp_path / "log"


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["audit", *arguments]) == code
    return capsys.readouterr().out


def test_verify_tells_and_exits(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = str(log / "checkpoints.jsonl")
    clean = said(capsys, "verify", "--log", "log", "--key", "key.pub", "--checkpoints", points)
    assert clean == "log: records 1 to 4 in 1 file, signed up to 4, 2 checkpoints agree: nothing was changed.\n"
    by_settings = said(capsys, "verify", "--config", "config.yaml")
    assert "signed up to 4" in by_settings
    assert "note: no --checkpoints from elsewhere" in by_settings
    assert "note: signatures were not looked at" in said(capsys, "verify", "--log", "log")
    [file] = files(settings(log.parent))
    file.write_bytes(file.read_bytes().replace(b"approve", b"reprove"))
    assert f"{Path('log') / file.name}:3: it was changed after it was written" in said(
        capsys, "verify", "--log", "log", code=1
    )
    told = json.loads(said(capsys, "verify", "--log", "log", "--format", "json", code=1))
    assert (told["intact"], told["problem"]["line"]) == (False, 3)


def test_the_decision_log_is_compared(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decisions = log.parent / "decisions.jsonl"
    decisions.write_bytes(b'{"n":1}\n{"n":2}\n')
    seal = Seal(((0, 16),), hashlib.sha256(decisions.read_bytes()).hexdigest(), 2, 1)
    record(settings(log.parent), [sealed(str(decisions), seal)])
    asked = ("verify", "--config", "config.yaml", "--decisions", str(decisions))
    assert "; 2 decision records in 1 stretch agree, 1 were never written" in said(capsys, *asked)
    assert json.loads(said(capsys, *asked, "--format", "json"))["decisions"] == {
        "records": 2,
        "stretches": 1,
        "dropped": 1,
    }
    decisions.write_bytes(b'{"n":1}\n{"n":3}\n')
    assert f"{decisions}:1: among 2 decision records" in said(capsys, *asked, code=1)


def test_what_cannot_be_run_says_why(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, why in (
        (["verify"], "give --log DIR"),
        (["verify", "--log", "none"], "can't be read"),
        (["verify", "--log", "log", "--key", "none"], "the key none can't be read"),
        (["verify", "--log", "log", "--key", "config.yaml"], "holds no key"),
        (["verify", "--log", "log", "--checkpoints", "none"], "the checkpoints none can't be read"),
        (["query", "--log", "log", "--since", "soon"], "'soon' is no time"),
        (["erase", "--log", "log", "jane"], "is signed"),
        (["key", "key"], "is there already"),
    ):
        assert main(["audit", *arguments]) == 2
        assert why in capsys.readouterr().err


def test_query_finds(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "query", "--config", "config.yaml").splitlines()
    assert len(shown) == 4
    assert shown[2].endswith(
        'approval.decided  by key_1:jane  subject apr_1  tenant acme  {"decision":"approve"}  {"why":"fine"}'
    )
    assert "\\u001b[31m" in shown[3]
    assert len(said(capsys, "query", "--log", "log", "--limit", "2").splitlines()) == 2
    for condition, seq in (("--action=key.*", 4), ("--actor=cli:joe", 4), ("--person=jane", 3), ("--tenant=acme", 3)):
        [line] = said(capsys, "query", "--log", "log", condition, "--format", "json").splitlines()
        assert json.loads(line)["seq"] == seq
    assert said(capsys, "query", "--log", "log", "--since", "2100-01-01") == ""


def test_a_line_that_is_no_record_is_told(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [file] = files(settings(log.parent))
    file.write_bytes(file.read_bytes() + b"nonsense\n")
    assert main(["audit", "query", "--log", "log"]) == 0
    assert f"{Path('log') / file.name}:5: this is no record: left out" in capsys.readouterr().err


def test_export_writes_what_other_programs_read(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capsys, "export", "--log", "log", "--format", "csv"))))
    assert [row["seq"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[2]["name"] == "jane"
    assert json.loads(rows[2]["private"]) == {"why": "fine"}
    assert rows[3]["subject"] == "'=1+1\x1b[31m"
    assert said(capsys, "export", "--log", "log", "--output", "out.jsonl", "--tenant", "acme") == ""
    [line] = Path("out.jsonl").read_text().splitlines()
    assert json.loads(line)["private"] == {"why": "fine"}
    assert main(["audit", "export", "--log", "log", "--output", "out.jsonl"]) == 2
    assert "out.jsonl is there already" in capsys.readouterr().err
    assert Path("out.jsonl").read_text().splitlines() == [line]


def test_no_cell_of_an_export_is_a_formula(log: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    texts = [
        "=1+1",
        "\t=1+1",
        "\n=1+1",
        "＝1+1",
        "@x",
        "-1",
        'a";=1+1',
        "a;=1+1",
        'a;"=1+1',
        "a\t+1",
        "a\n@x",
        "harmless; -1",
    ]
    record(settings(tmp_path), [Event("key.created", "guardproxy", text, "x;=1+1") for text in texts])
    written = said(capsys, "export", "--log", "log", "--format", "csv", "--tenant", "x;*")
    [_, *rows] = csv.reader(io.StringIO(written))
    assert [row[6].replace("'", "") for row in rows] == texts and rows[-1][6] == texts[-1]
    for separator in ",;\t":  # as spreadsheets of half of the world read it
        for row in csv.reader(io.StringIO(written), delimiter=separator):
            assert not any(one.lstrip('"').startswith(tuple("=+-@＝\t\n")) for one in row)


@pytest.mark.parametrize("planted", [
    b"x" * 5_000_000, b"x" * 5_000_000 + b"\n", b'{"action": ' + b"[" * 500 + b"]" * 500 + b"}\n", b"\xff\xfe\n", b"[]\n",
    b"\n",
])  # fmt: skip
@pytest.mark.parametrize("verb", [["query"], ["query", "--format", "json"], ["export"], ["export", "--format", "csv"]])
def test_what_somebody_put_into_a_log_is_left_out_and_told(
    log: Path, capsys: pytest.CaptureFixture[str], planted: bytes, verb: list[str]
) -> None:
    file = log / "audit-00000001.jsonl"
    first, *rest = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join((first, *rest, planted)))
    tracemalloc.start()
    assert main(["audit", *verb, "--log", "log"]) == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    told = capsys.readouterr()
    assert "policy.loaded" in told.out and f"{len(rest) + 2}: this is no record" in told.err
    assert peak < 3_000_000


def test_somebody_is_forgotten(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "has no name any more" in said(capsys, "erase", "--config", "config.yaml", "jane")
    assert said(capsys, "erase", "--config", "config.yaml", "jane", code=1) == ""
    assert "(erased)" in said(capsys, "query", "--log", "log", "--action", "approval.*")
    assert "nothing was changed" in said(capsys, "verify", "--config", "config.yaml")


def test_a_key_is_made_for_its_owner_alone(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "other.pub verifies" in said(capsys, "key", "other")
    assert Path("other").stat().st_mode & 0o077 == 0
