"""Replies of `/embeddings`: whatever form they come in, the numbers arrive, and nothing but numbers."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import WireError
from guardproxy.wire.base import Head
from guardproxy.wire.embeddings import Embeddings, rebuild
from tests.wire.test_canary import has_canary

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6)
VECTORS = st.lists(st.lists(FLOATS, min_size=1, max_size=8), min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def head(count: int, form: str | None) -> Head:
    body = {"model": "m", "input": ["x"] * count, "encoding_format": form}
    return Head("id", "m", 0, echo=Embeddings().read_request(body).echo)


def packed(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@given(VECTORS, st.booleans(), st.sampled_from(["float", "base64", None]))
def test_the_numbers_arrive_in_the_form_that_was_asked_for(
    vectors: list[list[float]], as_base64: bool, form: str | None
) -> None:
    data = [{"index": i, "embedding": packed(v) if as_base64 else v} for i, v in enumerate(vectors)]
    got = json.loads(rebuild({"data": data[::-1]}, head(len(vectors), form)))
    said = [one["embedding"] for one in got["data"]]
    assert said == ([packed(v) for v in vectors] if form == "base64" else vectors)
    assert [one["index"] for one in got["data"]] == list(range(len(vectors)))


@given(JSON, st.integers(1, 2), st.sampled_from(["float", "base64"]))
def test_nothing_but_numbers_gets_through(value: Any, count: int, form: str) -> None:
    for body in (value, {"data": value}, {"data": [value] * count}, {"data": [{"embedding": value}] * count}):
        try:
            got = json.loads(rebuild(body, head(count, form)))
        except WireError as e:
            assert "upstream" not in str(e)
            continue
        for one in got["data"]:
            vector = one["embedding"]
            if isinstance(vector, str):
                assert base64.b64encode(base64.b64decode(vector)).decode() == vector
            else:
                assert all(type(n) is float for n in vector)


def test_nothing_else_of_the_reply_is_kept() -> None:
    canary = "CANARY0123456789CANARY"
    one = {"index": 0, "embedding": [1], "object": canary, canary: canary}
    usage = {"prompt_tokens": 2, "total_tokens": 2, canary: 1, "note": canary}
    out = rebuild({"data": [one], "model": canary, "usage": usage, canary: [canary], "object": canary}, head(1, None))
    assert canary.encode() not in out and not has_canary(out)
    assert json.loads(out)["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


@pytest.mark.parametrize("size", [0, 65_537])
def test_vectors_have_a_size(size: int) -> None:
    with pytest.raises(WireError):
        rebuild({"data": [{"embedding": [0.0] * size}]}, head(1, None))
