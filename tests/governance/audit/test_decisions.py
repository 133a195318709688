"""Decision logs against their digests."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from guardproxy.governance.audit import AuditLog
from guardproxy.governance.audit.decisions import Decisions, sealed, verify_decisions
from guardproxy.governance.audit.folder import Folder
from guardproxy.telemetry import Journal
from guardproxy.types import ConfigError
from tests.governance.audit.support import checked, event, settings

STRETCHES = 4
EACH = 5


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an audit log and a decision log of several stretches, rotated once in between."""
    tmp = tmp_path_factory.mktemp("decisions")
    for number in range(STRETCHES):
        if number == 2:
            (tmp / "decisions").rename(tmp / "decisions.1")
        write(tmp, [{"n": number * EACH + n} for n in range(EACH)])
    return tmp


def write(tmp: Path, records: list[dict[str, int]]) -> None:
    """One process."""
    journal = Journal.open(str(tmp / "decisions"), lambda count: None)
    assert journal is not None
    sealing = journal.sealed()
    assert sealing is not None

    async def live() -> None:
        log = AuditLog.open(settings(tmp))
        log.stated = lambda: None if (one := sealing.seal()) is None else sealed("decisions", one)
        await log.record(event(1))
        for record in records:
            journal.write(record)
        journal.close()
        await log.aclose()

    asyncio.run(live())


def told(tmp: Path, *files: Path) -> Decisions:
    return verify_decisions(Folder(tmp / "log"), files)


def test_what_is_as_it_was_written_agrees(logs: Path) -> None:
    assert checked(settings(logs)).problem is None
    for files in ((logs / "decisions", logs / "decisions.1"), (logs / "decisions.1", logs / "decisions")):
        came = told(logs, *files)
        assert (came.problem, came.notices) == (None, [])
        assert (came.stretches, came.records, came.dropped) == (STRETCHES, STRETCHES * EACH, 0)


def test_a_missing_file_is_told(logs: Path) -> None:
    problem = told(logs, logs / "decisions").problem
    assert problem is not None
    assert "one of" in problem.message
    with pytest.raises(ConfigError, match="can't be read"):
        told(logs, logs / "none")


@given(st.integers(0, 1 << 20), st.sampled_from(["change", "delete", "insert", "cut", "swap"]))
@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_change_is_found(logs: Path, tmp_path: Path, at: int, how: str) -> None:
    lines = (logs / "decisions").read_bytes().splitlines(keepends=True)
    before = list(lines)
    at %= len(lines)
    if how == "change":
        lines[at] = lines[at].replace(b"n", b"m")
    elif how == "delete":
        del lines[at]
    elif how == "insert":
        lines.insert(at, b'{"n":99}\n')
    elif how == "cut":
        del lines[at:]
    else:
        lines[at], lines[at - 1] = lines[at - 1], lines[at]
    assert lines != before
    (tmp_path / "decisions").write_bytes(b"".join(lines))
    assert told(logs, tmp_path / "decisions", logs / "decisions.1").problem is not None


def test_the_place_is_the_stretch_and_what_nobody_sealed_is_told(logs: Path, tmp_path: Path) -> None:
    data = (logs / "decisions").read_bytes()
    changed = tmp_path / "decisions"
    changed.write_bytes(data.replace(b'{"n":17}', b'{"n":18}'))
    problem = told(logs, changed, logs / "decisions.1").problem
    assert problem is not None
    assert (problem.file, problem.line) == (str(changed), EACH + 1)
    assert json.loads(data.splitlines()[EACH]) == {"n": 15}
    changed.write_bytes(data + b'{"n":99}\n')
    came = told(logs, changed, logs / "decisions.1")
    assert came.problem is None
    assert came.notices[0].startswith(f"{changed}: bytes {len(data)} to {len(data) + 9} have no digest")
