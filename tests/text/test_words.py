"""Words are the same however a text is cut, and however it is dressed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.text.words import MOST, Word, Words, words_of
from tests.text.corpus import cut

PIECES = st.sampled_from(
    ["word", "Größe", "e\u0301", " ", ", ", "\u200b", "日本語", "ไทย", "a" * MOST, "_", "7", "ﬁ", "\u3164", "\ud800"]
)


def read(*pieces: str) -> list[Word]:
    one, out, fed = Words(), [], 0
    for number, piece in enumerate(pieces):
        before = one.pending
        new = list(one.feed(piece, last=number == len(pieces) - 1))
        fed += len(piece)
        assert all(before <= w.start < w.end <= fed for w in new)
        assert before <= one.pending <= fed
        assert fed - one.pending <= MOST
        out += new
    return out


@given(parts=st.lists(PIECES | st.text(max_size=5), max_size=12), places=st.lists(st.integers(0, 10_000), max_size=20))
def test_any_chunking_reads_the_same(parts: list[str], places: list[int]) -> None:
    text = "".join(parts)
    words = read(text)
    assert read(*cut(text, places)) == words
    assert read(*text, "") == words
    assert [w.text for w in words] == words_of(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You ARE, *Ada*!", ["you", "are", "ada"]),
        ("Ｙｏｕ a\u200bre\u00ad", ["you", "are"]),
        ("cafe\u0301 café CAFÉ", ["café"] * 3),
        ("Straße STRASSE", ["strasse"] * 2),
        ("東京tower", ["東", "京", "tower"]),
        ("snake_case-word", ["snake", "case", "word"]),
        ("\u3164 \u3164a", ["a"]),
        ("b" * (MOST + 1), ["b" * MOST, "b"]),
        ("", []),
    ],
)
def test_what_a_word_is(text: str, words: list[str]) -> None:
    assert words_of(text) == words
