"""Lines by range: every line belongs to one range, whatever its length and wherever it is cut."""

from __future__ import annotations

import io
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.training import lines as module
from guardproxy.governance.training.lines import RANGE, lines, ranges

DATA = st.lists(st.sampled_from([b"a", b"bc" * 9, b"\n", b"\r\n", b"", b"\xef\xbb\xbf", b"x" * 40]), max_size=30).map(
    b"".join
)


@given(data=DATA, size=st.integers(1, 60), most=st.integers(3, 50))
def test_ranges_have_the_lines_of_the_whole(data: bytes, size: int, most: int) -> None:
    with patch.object(module, "MAX_LINE", most):
        whole = list(lines(io.BytesIO(data)))
        parts = [
            line
            for number in range(-(-len(data) // size))
            for line in lines(io.BytesIO(data), number * size, (number + 1) * size)
        ]
        assert parts == whole
        clean = data.removeprefix(b"\xef\xbb\xbf")
        plain = [line.rstrip(b"\r\n") for line in clean.splitlines(keepends=True)] if b"\r" not in clean else None
        if plain is not None and max(map(len, plain), default=0) < most and len(data) < most:
            assert whole == (plain or ([b""] if data else []))
        assert all(len(line) <= most + 1 for line in whole)


def test_a_long_line_costs_no_memory_and_hides_nothing_behind_it() -> None:
    with patch.object(module, "MAX_LINE", 10):
        assert list(lines(io.BytesIO(b"y" * 5000 + b"\nshort\n"))) == [b"y" * 11, b"short"]


def test_ranges_of_a_file() -> None:
    assert [ranges(size) for size in (0, 1, RANGE, RANGE + 1)] == [0, 1, 1, 2]
