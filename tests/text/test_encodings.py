"""Stretches of encoded text: found wherever they begin, and placed on whole units."""

from __future__ import annotations

import base64
import random

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.text import Rule
from guardproxy.text.bank import Bank, Bound
from guardproxy.text.encodings import BASE64, HEX, Stretches

BANK = Bank([Bound("f", Rule("r", "t", "secret[0-9]{4}"))])
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=12, max_size=60)


def spans(text: str, least: int = 16) -> list[tuple[int, int] | None]:
    return [f.span for f in Stretches(BANK, least).read(text, last=True)]


@given(text=PRINTABLE, junk=st.text("ABCab01_/-", max_size=9))
def test_any_printable_text_is_decoded_wherever_it_begins(text: str, junk: str) -> None:
    text = f"{text} secret1234 {text}"
    for encode in (base64.b64encode, base64.urlsafe_b64encode, lambda raw: raw.hex().encode()):
        encoded = encode(text.encode()).decode()
        found = {s for s in spans(junk + encoded) if s}
        unit, size = (2, 1) if encode not in (base64.b64encode, base64.urlsafe_b64encode) else (4, 3)
        first = text.index("secret1234")
        low, high = len(junk) + first // size * unit, len(junk) + -(-(first + 10) // size) * unit
        assert (low, high) in found


def test_hashes_and_words_are_no_stretches() -> None:
    rng = random.Random(1)
    one = Stretches(BANK, 24)
    for _ in range(500):
        one.read(rng.randbytes(32).hex() + " authentication_middleware_configuration/settings\n", last=False)
    assert not one.busy


def test_units_match_all_that_decodes_to_printable_text_and_ascii_alone() -> None:
    rng = random.Random(2)
    for _ in range(3000):
        raw = rng.randbytes(3)
        quad = base64.b64encode(raw).decode()
        plain = all(32 <= b < 128 or b in b"\t\n\r" for b in raw)
        match = BASE64.units.match(quad)
        found = bool(match and match.end() == 4)
        assert found or not plain
        assert not found or raw.isascii()
        pair = HEX.units.match(raw[:1].hex())
        assert bool(pair and pair.end()) is (32 <= raw[0] < 128 or raw[0] in b"\t\n\r")


def test_a_short_text_may_be_gone_past_only_while_no_stretch_can_begin() -> None:
    one = Stretches(BANK, 16)
    assert one.skip("word wor")
    assert one.hold == 5
    assert one.skip("dword")
    assert one.run == "wordword"
    assert not one.skip("wordword")
