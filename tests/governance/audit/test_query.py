"""Reading the log: which records match, and what a time is."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.audit.folder import FORMAT, OPENED, Folder
from guardproxy.governance.audit.lines import NOTHING, written
from guardproxy.governance.audit.query import Wanted, moment, records
from guardproxy.governance.audit.verify import verify
from guardproxy.types import ConfigError

RECORD = {
    "seq": 3,
    "time": "2026-11-23T09:16:13.299026Z",
    "action": "approval.decided",
    "actor": "cli",
    "person": "p_1",
    "subject": "apr_1",
    "tenant": "acme",
}


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (Wanted(), True),
        (Wanted(action="approval.*"), True),
        (Wanted(action="approval"), False),
        (Wanted(actor="cli"), True),
        (Wanted(actor="cli:jane"), True),
        (Wanted(actor="cli:joe"), False),
        (Wanted(person="jane"), True),
        (Wanted(person="p_1"), True),
        (Wanted(person="joe"), False),
        (Wanted(subject="apr_?"), True),
        (Wanted(tenant="ac"), False),
        (Wanted(tenant="acme", action="x"), False),
        (Wanted(since="2026-11-23T09:16:13.299026Z"), True),
        (Wanted(until="2026-11-23T09:16:13.299026Z"), False),
        (Wanted(since="2026-11-24"), False),
    ],
)
def test_conditions(wanted: Wanted, there: bool) -> None:
    assert wanted.matches(RECORD, "jane") is there


def test_a_person_that_nobody_knows_is_found_by_pseudonym_alone() -> None:
    assert Wanted(person="p_*").matches(RECORD, "")
    assert not Wanted(person="*").matches({**RECORD, "person": ""}, "")


def test_reading_and_verifying_take_memory_that_does_not_grow(tmp_path: Path) -> None:
    def made(count: int) -> Folder:
        said, hash = [], NOTHING
        first = {"file": 1, "format": FORMAT, "log": "l"}
        for seq in range(1, count + 1):
            details = first if seq == 1 else {"text": "x" * 200}
            action = OPENED if seq == 1 else "a.b"
            line, hash = written({"time": "t", "action": action, "actor": "c", "details": details}, seq, hash)
            said.append(line)
        place = tmp_path / str(count)
        place.mkdir()
        (place / "audit-00000001.jsonl").write_bytes(b"".join(said))
        return Folder(place)

    def peak(folder: Folder) -> int:
        tracemalloc.start()
        try:
            assert sum(1 for _ in records(folder)) == verify(folder).last
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = made(200), made(4000)
    peak(small)
    assert peak(large) < peak(small) + 100_000


@pytest.mark.parametrize(
    ("given_as", "meant"),
    [
        ("2026-11-23", "2026-11-23T00:00:00.000000Z"),
        ("2026-11-23T09:30", "2026-11-23T09:30:00.000000Z"),
        ("2026-11-23T09:30:00Z", "2026-11-23T09:30:00.000000Z"),
        ("2026-11-23T10:30:00+01:00", "2026-11-23T09:30:00.000000Z"),
        ("2h", "2026-11-23T07:30:00.000000Z"),
        ("1.5d", "2026-11-21T21:30:00.000000Z"),
    ],
)
def test_times(given_as: str, meant: str) -> None:
    assert moment(given_as, datetime(2026, 11, 23, 9, 30, tzinfo=UTC)) == meant


@pytest.mark.parametrize("given_as", ["", "soon", "2 weeks", "99999999999d", "2026-13-01"])
def test_what_is_no_time_is_told(given_as: str) -> None:
    with pytest.raises(ConfigError, match="is no time"):
        moment(given_as)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))
)
def test_times_sort_as_they_are_written(one: datetime, other: datetime) -> None:
    assert (moment(one.isoformat()) < moment(other.isoformat())) == (one < other)
