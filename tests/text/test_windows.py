"""Windows of a text: a function of the text alone, whole words, nothing left out."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.text.windows import Sizes, Window, Windows, windows

SMALL = Sizes(width=30, step=20, slack=5)
TEXTS = st.lists(
    st.text(alphabet="ab \n", max_size=60)
    | st.integers(1, 90).map(lambda n: "x" * n)
    | st.sampled_from((" ", "\t", "\u2003", "青")),
    max_size=12,
).map("".join)


def streamed(text: str, places: list[int], sizes: Sizes) -> list[Window]:
    at = sorted(p % (len(text) + 1) for p in places)
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    one, out, fed, settled = Windows(sizes), [], 0, 0
    for number, piece in enumerate(pieces, 1):
        last = number == len(pieces)
        fed += len(piece)
        found = one.add(piece, last=last)
        assert all(settled <= w.start < w.end <= fed for w in found)
        assert settled <= one.settled <= fed
        assert fed - one.settled <= sizes.most, "no more waits than one window"
        assert one.settled == fed or not last
        out += found
        settled = one.settled
    return out


@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=30))
def test_arrival_changes_nothing(text: str, places: list[int]) -> None:
    whole = windows(text, SMALL)
    assert streamed(text, places, SMALL) == whole
    assert streamed(text, list(range(len(text))), SMALL) == whole


@given(TEXTS)
def test_windows_cover_the_text_and_share_some(text: str) -> None:
    found = windows(text, SMALL)
    assert all(w.text == text[w.start : w.end] and 0 < len(w.text) <= SMALL.most for w in found)
    if text:
        assert found[0].start == 0 and found[-1].end == len(text)
    for one, other in itertools.pairwise(found):
        assert one.start < other.start and one.end < other.end
        assert one.end - other.start >= SMALL.width - SMALL.step - SMALL.slack


@given(st.text(min_size=1, max_size=SMALL.most))
def test_a_short_text_is_one_window(text: str) -> None:
    assert windows(text, SMALL) == [Window(0, len(text), text)]


def test_an_empty_text_has_none() -> None:
    assert windows("", SMALL) == []


def test_words_are_whole() -> None:
    text = " ".join(f"word{n:03}" for n in range(400))
    found = windows(text, Sizes())
    assert len(found) > 5
    for one in found:
        assert all(word in text.split() for word in one.text.split()), one


def test_a_word_longer_than_the_slack_is_cut_at_the_same_place() -> None:
    assert [(w.start, w.end) for w in windows("x" * 75, SMALL)] == [(0, 30), (20, 50), (40, 75)]


@pytest.mark.parametrize("sizes", [(30, 30), (30, 28), (10, 0)])
def test_sizes_that_share_nothing_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="follow each other"):
        Sizes(*sizes, slack=5 if sizes[1] else 0)


@given(st.integers(100, 4000), st.integers(50, 4000))
def test_any_sizes_that_a_policy_may_have_fit(width: int, step: int) -> None:
    if step <= width * 5 // 6:
        assert Sizes.of(width, step).step == step
