"""Arguments of calls: one reading, or none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.text.calls import MAX_DEPTH, read_call, strings, unescaped

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.booleans())
def test_a_document_is_read_as_it_is(value: object, ascii: bool) -> None:
    call = read_call("f", json.dumps(value, ensure_ascii=ascii))
    assert call.parsed and call.value == value


@given(st.text(alphabet='{}[]":,\\ua1n ', max_size=20))
def test_what_is_read_is_what_json_says(text: str) -> None:
    call = read_call("f", text)
    if call.parsed and text.strip():
        assert call.value == json.loads(text)


def test_no_arguments_are_an_empty_object() -> None:
    assert read_call("f", " \n") == read_call("f", " \n", plain=False)
    assert read_call("f", "").value == {}
    assert read_call("f", "", plain=True).parsed is False


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, 100_000])
def test_depth_is_bounded(depth: int) -> None:
    assert read_call("f", "[" * depth + "]" * depth).parsed is (depth == MAX_DEPTH)


def test_strings_are_given_in_order_with_their_keys() -> None:
    assert strings({"a": ["b", {"c": 1, "d": "e"}], "f": None, "g": "h"}) == ["a", "b", "c", "d", "e", "f", "g", "h"]


def test_escapes_of_what_is_no_json_are_decoded() -> None:
    assert unescaped('{"a\\u0062": "\\/\\"') == '{"ab": "/"'
