"""The quick look: whether a text holds a match."""

import pytest

from guardproxy.text.seen import seen, spelled
from guardproxy.text.syntax import PatternError


def test_it_sees_characters_of_any_script() -> None:
    look = seen(f"[{spelled('ａ-ｚ😀')}]x", wide=True)
    assert look("é ｃx".encode())
    assert look("😀x".encode())
    assert not look("cx 😁x".encode())
    assert not look(b"")


def test_what_hyperscan_refuses_is_an_error() -> None:
    with pytest.raises(PatternError, match="hyperscan refused"):
        seen(r"(?=a)b", wide=False)
