"""A file that comes in pieces is scanned and hashed as the file that it is."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardproxy.engine import Guard
from guardproxy.governance.training import intake as module
from guardproxy.governance.training import lines as by_range
from guardproxy.governance.training.intake import Intake, Lines, TooMuch
from guardproxy.governance.training.lines import lines
from guardproxy.governance.training.scanner import Scanner
from guardproxy.store.streams import Sealing
from tests.governance.training.support import KEY, chat, guard
from tests.governance.training.test_lines import DATA


@given(data=DATA, most=st.integers(3, 50), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_pieces_are_cut_into_the_lines_of_the_file(data: bytes, most: int, cuts: list[int]) -> None:
    with patch.object(module, "MAX_LINE", most), patch.object(by_range, "MAX_LINE", most):
        one, got, at = Lines(), list[bytes](), 0
        for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
            got += one.feed(data[at:cut])
            at = cut
        got += one.end()
        assert got == list(lines(io.BytesIO(data)))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Guard:
    return guard(tmp_path_factory.mktemp("policy"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(size=st.integers(1, 400), batch=st.integers(1, 2000))
def test_the_tally_and_the_digest_are_those_of_the_file(small: Guard, tmp_path: Path, size: int, batch: int) -> None:
    data = b"\n".join([chat("calm"), chat(f"Use {KEY}."), b"{}", *[chat("calm")] * 9])

    spool = tmp_path / "spool"

    async def come() -> Intake:
        one = Intake(Scanner(small), Sealing(spool, "spool", None), len(data))
        for at in range(0, len(data), size):
            await one.take(data[at : at + size])
        assert await one.end() == f"sha256:{hashlib.sha256(data).hexdigest()}"
        return one

    with patch.object(module, "BATCH", batch):
        got = asyncio.run(come())
    assert got.tally == asyncio.run(Scanner(small).read(data.split(b"\n")))
    assert spool.read_bytes() == data and got.size == len(data)
    got.discard()
    assert not spool.exists()


def test_a_file_that_is_too_large_is_refused(small: Guard, tmp_path: Path) -> None:
    one = Intake(Scanner(small), Sealing(tmp_path / "spool", "spool", None), 10)
    with pytest.raises(TooMuch, match="may have 10 bytes"):
        asyncio.run(one.take(b"x" * 11))
    one.discard()
