"""Text that goes on and on: what is too much, from the same place on however it is cut, and nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.filters.repetition import STEP, UNIT, Config, RepetitionScan
from guardproxy.types import ConfigError, Context, Direction, Finding, Origin, Report, Role
from tests.cost import grows_like_its_input
from tests.text.corpus import cut

PROSE = " ".join(f"{random.Random(n).randint(0, 10**9)}th" for n in range(2000))


def scan(**options: int) -> RepetitionScan:
    return RepetitionScan("r", Config(use="repetition", **options), reads=True)  # type: ignore[arg-type]


def read(*pieces: str, **options: int) -> list[Finding]:
    one, out, fed, settled = scan(**options), [], 0, 0
    for number, piece in enumerate(pieces):
        report = one.feed(piece, last=number == len(pieces) - 1)
        fed += len(piece)
        assert settled <= report.settled <= fed
        assert all(f.span and settled <= f.span[0] < f.span[1] <= fed for f in report.findings)
        assert len(one._text) + sum(map(len, one._pieces)) <= 3 * (2 * UNIT + STEP) + len(piece), (
            "it keeps a bounded text"
        )
        settled = report.settled
        out += report.findings
    assert settled == fed
    return sorted(out, key=lambda f: (f.label, f.span))


def spans(*pieces: str, **options: int) -> list[tuple[str, int, int]]:
    """Findings of a label that touch, as one."""
    out: list[tuple[str, int, int]] = []
    for f in read(*pieces, **options):
        assert f.span
        start, end = f.span
        if out and out[-1][0] == f.label and out[-1][2] == start:
            start = out.pop()[1]
        out.append((f.label, start, end))
    return out


UNITS = st.sampled_from(["a", "ab", "no ", "é", "x" * 63 + "y", "line one\nline two\n", "w " * 40 + "z", PROSE[:300]])
RUNS = st.builds(lambda unit, count: unit * count, UNITS, st.sampled_from([1, 2, 11, 12, 13, 40]))


@given(
    parts=st.lists(RUNS | st.sampled_from([PROSE[:100], "!", "\n"]), max_size=6),
    places=st.lists(st.integers(0, 100_000), max_size=30),
)
def test_any_chunking_finds_the_same(parts: list[str], places: list[int]) -> None:
    text = "".join(parts)
    options = {"repeats": 10, "min_chars": 128, "max_chars": 2000}
    found = read(text, **options)
    assert read(*cut(text, places), **options) == found
    sevens = [text[i : i + 7] for i in range(0, len(text), 7)]
    assert read(*sevens, "", **options) == found


@pytest.mark.parametrize("unit", ["a", "ab", "no ", "\n", "line one\nline two\n", PROSE[:500], PROSE[:UNIT]])
@pytest.mark.parametrize("before", ["", "Well: ", PROSE[:777]])
def test_copies_are_found_from_the_place_on_where_they_are_too_many(unit: str, before: str) -> None:
    text = before + unit * (3000 // len(unit) + 20) + "!"
    ((label, start, end),) = spans(text)
    allowed = max(12 * len(unit), 600)
    assert label == "output.repetition"
    assert len(before) + allowed - len(unit) <= start <= len(before) + allowed + 2 * STEP
    assert end == len(text) - 1


def test_what_is_allowed_is_left() -> None:
    assert read("no " * 199) == []
    assert read(PROSE[:500] * 11) == []
    assert read(PROSE) == []
    assert read("".join(f"{n}. the same line again\n" for n in range(1000))) == [], "numbered lines differ"


def test_copies_with_copies_inside_are_found() -> None:
    """The nearest earlier place of a stretch need not be the whole copy."""
    inner = PROSE[:100]
    unit = inner + inner + PROSE[200:300]
    assert spans("go " + unit * 30 + "!")[0][0] == "output.repetition"


def test_an_end_and_a_new_beginning() -> None:
    text = "no " * 400 + PROSE[:300] + "yes " * 400
    (_, a, b), (_, c, d) = spans(text)
    assert (b, d) == (1200, len(text))
    assert 600 <= a <= 600 + STEP
    assert 2100 - 4 <= c <= 2100 + STEP


def test_too_long_is_too_long() -> None:
    assert spans(PROSE[:1000], max_chars=200) == [("output.runaway", 200, 1000)]
    assert spans(PROSE[:200], max_chars=200) == []


def test_the_first_part_comes_at_once_and_nothing_waits_before() -> None:
    one = scan()
    settled = [one.feed("no ", last=False).settled for _ in range(200)]
    assert settled == [3 * (n + 1) for n in range(200)]
    reports = [one.feed("no ", last=False) for _ in range(60)]
    assert next(i for i, r in enumerate(reports) if r.findings) <= 2 * STEP // 3


def test_requests_are_not_read_and_views_are_refused() -> None:
    made = filters.build("r", {"use": "repetition"})
    report = made.open(Origin(Direction.REQUEST, Role.USER), Context()).feed("no " * 1000, last=True)
    assert report == Report((), 3000)
    with pytest.raises(ConfigError, match="views"):
        filters.build("r", {"use": "repetition", "views": ["folded"]})


@pytest.mark.parametrize("unit", ["a" * 63 + "b" + "a" * 200 + "c", "a", "ab" * 40 + "c", " "])
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    text = (unit * 64_000)[:64_000]

    def read(size: int) -> None:
        one = scan(max_chars=size // 2)
        for i in range(0, size, 4):
            one.feed(text[i : i + 4], last=False)

    assert grows_like_its_input(read, 64_000)
