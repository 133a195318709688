"""Writers that are killed (SIGKILL) at any moment: `bench.audit` does it hundreds of times."""

from pathlib import Path

import pytest

from bench.audit import kills


@pytest.mark.parametrize("mode", ["strict", "group"])
def test_no_acknowledged_record_is_lost_beyond_what_is_stated(tmp_path: Path, mode: str) -> None:
    came = kills(tmp_path, mode, 6)
    assert came.acknowledged > 20
    assert came.outside == 0
    assert mode == "group" or came.lost == 0
    assert came.verdict.problem is None
