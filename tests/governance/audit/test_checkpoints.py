"""Checkpoints: kept one a line, read from wherever they were kept."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import pytest

from guardproxy.governance.audit import checkpoints
from guardproxy.governance.audit.checkpoints import Checkpoint, append, load, made
from guardproxy.telemetry.log import JsonLines
from guardproxy.types import ConfigError
from tests.governance.audit.support import event, record, settings

ONE = Checkpoint("log", 7, "ab" * 32, "2026-11-23T09:00:00.000000Z", "key:signature")


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    file = tmp_path / "points"
    other = made("log", 8, "cd" * 32, "2026-11-23T09:01:00.000000Z", None)
    append(file, ONE)
    append(file, other)
    assert load(file) == ([ONE, other], [])
    assert file.stat().st_mode & 0o077 == 0


def test_half_a_line_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "points"
    append(file, ONE)
    file.write_bytes(file.read_bytes()[:-9])
    append(file, ONE)
    assert load(file) == ([ONE], [1])


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints.os, "write", lambda descriptor, data: len(data) - 1)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        append(tmp_path / "points", ONE)


def test_the_process_log_is_a_file_of_checkpoints(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "guardproxy"):
        logging.getLogger("guardproxy").info("something else")
        said = settings(tmp_path)
        record(said, [event(1)])
    file = tmp_path / "process.log"
    lines = [JsonLines().format(one) for one in caplog.records]
    file.write_text("guardproxy: http://127.0.0.1:8080/v1\n" + "\n".join(lines) + "\n")
    assert load(file) == (load(tmp_path / "log" / checkpoints.NAME)[0], [1])


@pytest.mark.parametrize("line", ["null", "[]", "{}", '{"log":1}', "7", '"logger message"', '["logger","message"]'])
def test_other_json_is_none(tmp_path: Path, line: str) -> None:
    file = tmp_path / "points"
    file.write_text(line + "\n")
    assert load(file) == ([], [1])


def test_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path / "none")
