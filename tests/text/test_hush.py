"""Hush: where it says that a text is quiet, no search finds anything in it, nor in any part of it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from guardproxy.text.hush import Hush
from guardproxy.types import VIEWS, Direction, View
from tests.text.test_views import BANK, MANY, TEXTS, VALUES, read

WORDS = st.text("abcdefghijklmnop ÄöüñéßЖ漢,.!?'\"\n", max_size=40)
MIXED = st.lists(TEXTS | WORDS | st.sampled_from(VALUES), max_size=4)
HUSH = {bank: Hush(bank, VIEWS) for bank in (BANK, MANY)}


@given(pieces=MIXED, direction=st.sampled_from(list(Direction)))
@example(pieces=["4 quiet words", "alice.berg@exam\u200bple.com"], direction=Direction.REQUEST)
def test_a_quiet_text_has_nothing_in_any_part(pieces: list[str], direction: Direction) -> None:
    for bank, hush in HUSH.items():
        if hush("\n".join(pieces)):
            assert not any(read(bank, [piece], direction).findings for piece in pieces)


def test_ordinary_text_is_quiet_and_values_are_not() -> None:
    hush = HUSH[BANK]
    assert hush("Write the answer in three short sentences – “plainly”, s’il vous plaît. Übung: 12 + 30 = 42.")
    assert not any(hush(f"Mail or call {value}, please.") for value in VALUES)
    for disguised in (
        "alice&#64;example.com",
        "YWxpY2VAZXhhbXBsZS5jb20=",
        "ａｌｉｃｅ＠example.com",
        "616c69636540622e636f",
    ):
        assert not hush(f"this is {disguised}.")


def test_views_that_are_not_read_are_not_asked_about() -> None:
    plain = Hush(BANK, frozenset[View]())
    assert plain("YWxpY2VAZXhhbXBsZS5jb20= ａｌｉｃｅ") and not plain(VALUES[0])
