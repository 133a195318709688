from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.text.globs import any_matches, either, matches, matches_text, overlap
from tests.cost import grows_like_its_input


@pytest.mark.parametrize(
    ("glob", "name", "fits"),
    [
        ("pii.*", "pii.email", True),
        ("pii.*", "pii.national_id.de", True),
        ("pii.*", "pii", False),
        ("*.email", "pii.email", True),
        ("*", "", True),
        ("pii.email", "pii_email", False),
        ("ab*b", "ab", False),
        ("a**c", "abc", True),
        ("[a-z]?", "a", False),
        ("PII.*", "pii.email", False),
    ],
)
def test_star_is_the_only_special_character(glob: str, name: str, fits: bool) -> None:
    assert matches(glob, name) is fits


def test_texts_of_lists_are_compared_without_case() -> None:
    assert matches_text("*@example.com", "Joe@Example.COM")
    assert not matches_text("*@example.com", "joe@example.com.evil.test")


def test_any_of_several_globs() -> None:
    assert any_matches(["a*", "b*"], "bcd")
    assert not any_matches([], "bcd")


def test_a_hostile_text_does_not_make_matching_slow() -> None:
    assert not matches("*a" * 30 + "*b", "a" * 20_000)
    assert grows_like_its_input(lambda size: matches("*a" * 30 + "*b", "a" * size), 20_000)


def _reference(glob: str, name: str) -> bool:
    if not glob:
        return not name
    if glob[0] == "*":
        return _reference(glob[1:], name) or (bool(name) and _reference(glob, name[1:]))
    return bool(name) and glob[0] == name[0] and _reference(glob[1:], name[1:])


small_globs = st.text("ab*", max_size=6)


@given(small_globs, st.text("ab", max_size=7))
def test_matches_as_the_definition_says(glob: str, name: str) -> None:
    assert matches(glob, name) == _reference(glob, name)


NAMES = ["".join(n) for size in range(9) for n in itertools.product("ab", repeat=size)]


@given(st.text("ab*", max_size=4), st.text("ab*", max_size=4))
def test_two_globs_overlap_when_a_name_fits_both(one: str, other: str) -> None:
    assert overlap(one, other) == any(_reference(one, n) and _reference(other, n) for n in NAMES)


@given(st.lists(st.text("ab.*", max_size=5), max_size=6), st.text("ab.", max_size=6))
def test_either_says_what_any_says(globs: list[str], name: str) -> None:
    assert either(globs)(name) is any_matches(globs, name)
