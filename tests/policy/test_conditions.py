from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from guardproxy.policy.conditions import ATOM, parse_atom, parse_when
from guardproxy.policy.model import Atom, When


@pytest.mark.parametrize(
    ("text", "atom"),
    [
        ("pii.*", Atom("pii.*")),
        ("*", Atom("*")),
        ("pii.email >= 0.6", Atom("pii.email", 0.6)),
        ("pii.email>=1", Atom("pii.email", 1.0)),
        ("pii.email >= .25 x3", Atom("pii.email", 0.25, 3)),
        ("pii.national_id.de x12", Atom("pii.national_id.de", 0.5, 12)),
    ],
)
def test_atoms(text: str, atom: Atom) -> None:
    assert parse_atom(text) == atom
    assert re.search(ATOM, text)


@pytest.mark.parametrize(
    "text", ["", "pii >= 2", "pii > 0", "pii x0", "x y", "PII", "pii >= 0.5 x", "a, b", "pii >= -1"]
)
def test_what_is_no_atom(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse_atom(text)


@given(st.text("pi.*>=0123456789x _-", max_size=14))
def test_the_published_pattern_accepts_what_is_read(text: str) -> None:
    try:
        atom = parse_atom(text)
    except PydanticCustomError:
        return
    assert re.search(ATOM, text.strip())
    assert 0 <= atom.score <= 1
    assert atom.times >= 1


def test_conditions() -> None:
    one, two = Atom("a"), Atom("b")
    assert parse_when("a") == When((one,))
    assert parse_when(["a", "b"]) == parse_when({"any": ["a", "b"]}) == When((one, two))
    assert parse_when({"all": ["a", "b"]}) == When((one, two), every=True)
