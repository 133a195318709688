"""`guardproxy scan`: the same report whoever reads and however often it was interrupted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guardproxy.cli import _scan_runs, main
from guardproxy.governance.training.lines import RANGE
from guardproxy.governance.training.tally import Tally
from tests.governance.training.support import chat

NAME = "Nightjar"
POLICY = """
schema: guardproxy/v1
policy: small
filters: {names: {use: patterns, keywords: [{id: projects, words: [Nightjar]}]}}
rules: [{id: no-keys, scope: {role: training_example}, when: names.projects, then: block}]
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("policy") / "policy.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three ranges, with something in each."""
    file = tmp_path_factory.mktemp("data") / "large.jsonl"
    calm = chat("The sea is calm today and tomorrow. " * 60)
    rows = [chat(f"Use {NAME}.") if not number % 1000 else b"{}" if number == 2500 else calm for number in range(4500)]
    file.write_bytes(b"\n".join(rows))
    assert 2 * RANGE < file.stat().st_size < 3 * RANGE
    return file


def scan(policy: Path, *words: str | Path) -> int:
    return main(["scan", "--policy", str(policy), *map(str, words)])


def test_a_small_file(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, report = tmp_path / "set.jsonl", tmp_path / "report.json"
    file.write_bytes(b"\xef\xbb\xbf" + chat("calm") + b"\r\n" + chat(f"Use {NAME}.") + b"\n\nno json\n")
    assert scan(policy, file, "--report", report) == 1
    said = capsys.readouterr().out
    assert "2 examples in 4 lines" in said and f"{file}:2: block: names.projects 1.00 (no-keys)" in said
    assert f"{file}:4: the line is not valid JSON" in said and NAME not in said
    [one] = json.loads(report.read_text())["files"]
    assert one["labels"] == {"names.projects": {"examples": 1, "share": 0.5}}
    assert [note["line"] for note in one["notes"]] == [2, 4]


def test_calm_files_and_plain_text(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calm, plain, empty = tmp_path / "a.jsonl", tmp_path / "b.txt", tmp_path / "c.jsonl"
    calm.write_bytes(chat("calm"))
    plain.write_text("Calm text.\n\nMore of it.\n")
    empty.write_bytes(b"")
    assert scan(policy, calm, plain, empty, "--format", "json") == 0
    one, two, three = json.loads(capsys.readouterr().out)["files"]
    assert (one["kinds"], two["kinds"], three["kinds"]) == ({"chat": 1}, {"text": 2}, {})


@pytest.fixture(scope="module")
def whole(policy: Path, large: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    report = tmp_path_factory.mktemp("report") / "report.json"
    assert scan(policy, large, "--report", report, "--workers", "1") == 1
    [one] = json.loads(report.read_bytes())["files"]
    assert (one["lines"], one["unreadable"], one["labels"]["names.projects"]["examples"]) == (4500, 1, 5)
    assert [note["line"] for note in one["notes"]] == [1, 1001, 2001, 2501, 3001, 4001]
    return report.read_bytes()


def test_several_processes_say_the_same(policy: Path, large: Path, whole: bytes, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert scan(policy, large, "--report", report, "--workers", "2") == 1
    assert report.read_bytes() == whole


def test_ray_says_the_same(policy: Path, large: Path, whole: bytes, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="NOT RUN: the extra `ray` is not installed (or see `python -m bench.scan --ray`)")
    report = tmp_path / "report.json"
    assert scan(policy, large, "--report", report, "--engine", "ray", "--workers", "2") == 1
    assert report.read_bytes() == whole


def test_without_ray_its_engine_says_what_to_install(
    policy: Path, large: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert scan(policy, large, "--engine", "ray") == 2
    assert "pip install 'guardproxy[ray]'" in capsys.readouterr().err


TALLIES = _scan_runs.Reader.tallies


class _Stops:
    """Interrupts a scan after some ranges."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.read: list[int] = []

        def some(reader: _scan_runs.Reader, path: Path, first: int, end: int, *, plain: bool) -> Iterator[Tally]:
            for number, tally in enumerate(TALLIES(reader, path, first, end, plain=plain), first):
                if len(self.read) == after:
                    raise KeyboardInterrupt
                self.read.append(number)
                yield tally

        monkeypatch.setattr(_scan_runs.Reader, "tallies", some)


def test_interrupted_and_resumed_it_says_the_same(
    policy: Path, large: Path, whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, state = tmp_path / "report.json", tmp_path / "state.json"
    words: tuple[Any, ...] = (large, "--report", report, "--state", state, "--workers", "1")
    stops = _Stops(monkeypatch, 1)
    assert scan(policy, *words) == 130
    assert stops.read == [0] and not report.exists()
    stops = _Stops(monkeypatch, 9)
    assert scan(policy, *words) == 1
    assert stops.read == [1, 2] and report.read_bytes() == whole
    stops = _Stops(monkeypatch, 9)
    assert scan(policy, *words) == 1
    assert stops.read == [] and report.read_bytes() == whole


def test_a_state_holds_for_the_same_file_and_policy_only(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, state = tmp_path / "set.jsonl", tmp_path / "state.json"
    file.write_bytes(chat("calm"))
    assert scan(policy, file, "--state", state) == 0
    file.write_bytes(chat("calx"))
    assert scan(policy, file, "--state", state) == 2
    assert "was changed since the scan" in capsys.readouterr().err
    other = tmp_path / "other.yaml"
    other.write_text(policy.read_text().replace("then: block", "then: redact"))
    assert scan(other, file, "--state", state) == 2
    assert "another policy" in capsys.readouterr().err
    state.write_text("{}")
    assert scan(policy, file, "--state", state) == 2
    assert "is no state of a scan" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PAR1....", "is a Parquet file; write it as JSON Lines"),
        (b"\x1f\x8b..", "compressed"),
        (None, "can't be read"),
    ],
)
def test_what_can_t_be_scanned(
    policy: Path, tmp_path: Path, data: bytes | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "set"
    if data is not None:
        file.write_bytes(data)
    assert scan(policy, file) == 2
    assert message in capsys.readouterr().err


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that asks people about everything."""
    file = tmp_path_factory.mktemp("policy") / "policy.yaml"
    file.write_text(POLICY + "training: {rules: [{id: ask, when: examples > 0, then: require_approval}]}\n")
    return file


def test_a_certificate_is_for_what_may_be_trained_on(
    policy: Path, asking: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "key", str(tmp_path / "key")]) == 0
    calm, bad, out = tmp_path / "calm.jsonl", tmp_path / "bad.jsonl", tmp_path / "cert.json"
    calm.write_bytes(chat("calm"))
    bad.write_bytes(chat(f"Use {NAME}."))
    words: tuple[Any, ...] = ("--certificate", out, "--sign", tmp_path / "key")
    assert scan(policy, calm, "--certificate", out) == 2
    assert scan(policy, calm, "--approved-by", "jane") == 2
    assert scan(policy, calm, bad, *words) == 1
    assert "bad.jsonl is denied by policy" in capsys.readouterr().err and not out.exists()
    assert scan(asking, calm, *words, "--approved-by", "Jane", "--approved-by", " jane") == 1
    assert "the approval of two people" in capsys.readouterr().err and not out.exists()
    assert scan(asking, calm, *words, "--approved-by", "jane", "--approved-by", "joe") == 0
    assert json.loads(out.read_text())["certificate"]["approved_by"] == ["jane", "joe"]
    assert scan(policy, calm, *words) == 0

    def train(file: Path, *command: str, key: str = "key.pub") -> int:
        return main(
            ["train", "--certificate", str(out), "--trust", str(tmp_path / key), "--data", str(file), "--", *command]
        )

    ran = tmp_path / "ran"
    shell = f"echo $GUARDPROXY_TRAINING_CERTIFICATE > {ran}; exit 3"
    assert train(calm, "sh", "-c", shell) == 3
    assert ran.read_text().strip() == str(out)
    ran.unlink()
    assert train(bad, "sh", "-c", shell) == 2 and not ran.exists()
    assert "was changed, or never scanned" in capsys.readouterr().err
    assert train(calm, "sh", "-c", f"echo more >> {calm}") == 2, "changed while it ran"
    assert train(calm, "sh", "-c", shell) == 2 and not ran.exists()
    assert main(["audit", "key", str(tmp_path / "other")]) == 0
    assert train(calm, "sh", "-c", shell, key="other.pub") == 2 and not ran.exists()
