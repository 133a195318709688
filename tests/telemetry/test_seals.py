"""Digests of a decision log say what one writer wrote, and where."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardproxy.telemetry import Journal
from guardproxy.telemetry import seals as module
from guardproxy.telemetry.seals import Sealing


def test_a_journal_that_is_a_file_can_be_sealed(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("earlier\n")
    journal = Journal.open(str(file), lambda count: None)
    assert journal is not None
    sealing = journal.sealed()
    assert sealing is not None
    assert sealing.seal() is None
    for number in range(10):
        journal.write({"n": number})
    journal.close()
    one = sealing.seal()
    assert one is not None
    assert one.ranges == ((8, file.stat().st_size),)
    assert (one.records, one.dropped, one.whole) == (10, 0, True)
    assert one.sha256 == hashlib.sha256(file.read_bytes()[8:]).hexdigest()
    assert sealing.seal() is None


def test_what_is_no_file_has_no_seal() -> None:
    reading, writing = os.pipe()
    journal = Journal(writing, lambda count: None, close=True)
    assert journal.sealed() is None
    journal.close()
    os.close(reading)


def test_what_is_dropped_is_told() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    journal = Journal(writing, lambda count: None, close=True)
    journal.sealing = Sealing(writing)
    journal.write({"n": 1})
    journal.close()
    one = journal.sealing.seal()
    assert one is not None
    assert (one.ranges, one.dropped) == ((), 1)


@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=20)), max_size=30), st.integers(1, 10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ranges_are_what_this_one_wrote_whoever_else_writes(
    tmp_path: Path, writes: list[tuple[bool, bytes]], most: int
) -> None:
    (tmp_path / "log").unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    mine, other = os.open(tmp_path / "log", flags), os.open(tmp_path / "log", flags)
    before, module.MAX_RANGES = module.MAX_RANGES, most
    try:
        sealing = Sealing(mine)
        for own, data in writes:
            os.write(mine if own else other, data)
            if own:
                sealing.wrote(data)
        one = sealing.seal()
    finally:
        module.MAX_RANGES = before
        os.close(mine)
        os.close(other)
    ours = b"".join(data for own, data in writes if own)
    assert (one is None) == (not ours)
    if one is not None:
        whole = (tmp_path / "log").read_bytes()
        there = b"".join(whole[start:end] for start, end in one.ranges)
        assert hashlib.sha256(there).hexdigest() == one.sha256
        assert there == ours if one.whole else ours.startswith(there)
        assert len(one.ranges) <= most
