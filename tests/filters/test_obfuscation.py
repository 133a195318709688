"""Runs of characters that show nothing: every run, whole, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.filters.obfuscation import PART, RunScan
from guardproxy.types import ConfigError, Span
from tests.text.corpus import cut

RUNS = st.builds(
    lambda char, count: char * count,
    st.sampled_from(["\u200b", "\u0301", "\u200b\u2060", "a", "é", "\u034f"]),
    st.sampled_from([1, 15, 16, 17, 30, 31, PART - 1, PART, PART + 1, 3 * PART + 5]),
)


def spans(*pieces: str) -> list[Span]:
    scan, out, settled, fed = RunScan("o"), [], 0, 0
    for number, piece in enumerate(pieces):
        report = scan.feed(piece, last=number == len(pieces) - 1)
        fed += len(piece)
        assert settled <= report.settled <= fed
        assert all(f.span and f.span[0] >= settled for f in report.findings)
        settled = report.settled
        assert fed - settled < PART
        out += [f.span for f in report.findings if f.span]
    assert settled == fed
    return out


@given(parts=st.lists(RUNS, max_size=6), places=st.lists(st.integers(0, 10_000), max_size=30))
def test_any_chunking_finds_the_same(parts: list[str], places: list[int]) -> None:
    text = "".join(parts)
    assert spans(*cut(text, places)) == spans(text)
    assert spans(*text, "") == spans(text)


@pytest.mark.parametrize(("char", "most"), [("\u200b", 16), ("\u0301", 30), ("\U000e0041", 16)])
@pytest.mark.parametrize("more", [0, 1, 2, PART, 5 * PART + 3])
def test_the_whole_run_is_found(char: str, most: int, more: int) -> None:
    count = most + more
    found = spans(f"a{char * count}b")
    assert [i for low, high in found for i in range(low, high)] == (list(range(1, 1 + count)) if more else [])


def test_views_are_refused() -> None:
    with pytest.raises(ConfigError, match="views"):
        filters.build("o", {"use": "obfuscation", "views": ["folded"]})
