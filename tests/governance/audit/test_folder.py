"""The folder of a log: who owns it can have nobody write what is not theirs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from guardproxy.governance.audit.checkpoints import NAME
from guardproxy.governance.audit.people import NAME as PEOPLE
from guardproxy.governance.events import AuditUnavailable
from guardproxy.types import ConfigError
from tests.governance.audit.support import event, record, settings


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("name", ["lock", "audit-00000001.jsonl", "audit-00000002.jsonl", NAME, PEOPLE])
def test_no_link_in_the_folder_is_followed(tmp_path: Path, name: str, there: bool) -> None:
    """Root's commands write to the log, too, and give what they make there to the folder's owner."""
    said, other = settings(tmp_path), tmp_path / "another's"
    if name == "audit-00000002.jsonl":
        record(said, [event(1)])
    (tmp_path / "log").mkdir(exist_ok=True)
    if there:
        other.write_bytes(b"theirs, without a line's end")
    (tmp_path / "log" / name).unlink(missing_ok=True)
    (tmp_path / "log" / name).symlink_to(other)
    before = other.stat() if there else None
    try:
        record(said, [event(2, person="jane")])
    except (AuditUnavailable, ConfigError, OSError) as e:
        assert "link" in str(e) or "damaged" in str(e) or "no line" in str(e), e
    else:
        assert name == NAME, "a checkpoint that can't be kept is told in the process log"
    assert other.exists() == there
    if before is not None:
        assert other.read_bytes() == b"theirs, without a line's end"
        assert (other.stat().st_uid, other.stat().st_mtime_ns) == (before.st_uid, before.st_mtime_ns)


@pytest.mark.parametrize("name", ["lock", NAME])
def test_a_pipe_in_the_folder_keeps_nobody_waiting(tmp_path: Path, name: str) -> None:
    said = settings(tmp_path)
    (tmp_path / "log").mkdir()
    os.mkfifo(tmp_path / "log" / name)
    with pytest.raises((AuditUnavailable, ConfigError), match="no regular file"):
        record(said, [event(1)])


def test_names_of_files_have_plain_digits(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    (tmp_path / "log" / "audit-0000000\u0662.jsonl").write_text("")
    record(said, [event(2)])
