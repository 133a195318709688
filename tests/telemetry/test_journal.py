"""The journal never makes anybody wait, never writes half a record, and counts what it could not write."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from guardproxy.telemetry import Journal
from guardproxy.telemetry import journal as module
from guardproxy.types import ConfigError
from tests.patience import eventually


def test_records_are_written_soon_and_at_the_end(tmp_path: Path) -> None:
    file, lost = tmp_path / "log", []
    journal = Journal.open(str(file), lost.append)
    assert journal is not None
    journal.write({"a": 1})
    assert eventually(file.read_bytes) == b'{"a":1}\n'
    for i in range(500):
        journal.write({"i": i})
    journal.close()
    assert [json.loads(line) for line in file.read_text().splitlines()] == [{"a": 1}, *({"i": i} for i in range(500))]
    assert lost == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_is_continued(tmp_path: Path) -> None:
    file = tmp_path / "log"
    for i in range(2):
        journal = Journal.open(str(file), print)
        assert journal is not None
        journal.write({"i": i})
        journal.close()
    assert file.read_text() == '{"i":0}\n{"i":1}\n'


def test_a_full_queue_drops_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTERVAL", 5.0)
    monkeypatch.setattr(module, "CAPACITY", 10)
    lost: list[int] = []
    journal = Journal.open(str(tmp_path / "log"), lost.append)
    assert journal is not None
    for i in range(15):
        journal.write({"i": i})
    journal.close()
    assert sum(lost) == 5
    assert len((tmp_path / "log").read_text().splitlines()) == 10


def test_a_closed_pipe_is_counted_and_survived() -> None:
    read, write = os.pipe()
    lost: list[int] = []
    journal = Journal(write, lost.append, close=True)
    os.close(read)
    for i in range(3):
        journal.write({"i": i})
    journal.close()
    assert sum(lost) == 3


def test_a_line_that_was_cut_off_is_ended_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.write, 0

    def full_disk(descriptor: int, data: bytes) -> int:
        nonlocal calls
        if descriptor != journal._descriptor:  # another journal of this process
            return real(descriptor, data)
        calls += 1
        if calls == 1:
            return real(descriptor, data[:4])
        if calls == 2:
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    lost: list[int] = []
    journal = Journal.open(str(tmp_path / "log"), lost.append)
    assert journal is not None
    monkeypatch.setattr(module.os, "write", full_disk)
    journal.write({"first": 1})
    eventually(lambda: lost)
    journal.write({"second": 2})
    journal.close()
    assert (tmp_path / "log").read_text() == '{"fi\n{"second":2}\n'
    assert lost == [1]


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be written"):
        Journal.open(str(tmp_path / "no" / "log"), print)
    assert Journal.open("none", print) is None
