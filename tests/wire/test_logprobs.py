"""Logprobs say nothing that the text does not, or they are null."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.wire import logprobs
from guardproxy.wire.base import Text
from guardproxy.wire.chat import Chat
from guardproxy.wire.json import dump


def token(text: str, raw: Any = "same", **more: Any) -> dict[str, Any]:
    return {"token": text, "logprob": -0.5, "bytes": list(text.encode()) if raw == "same" else raw, **more}


def test_tokens_of_the_text_are_kept() -> None:
    entries = [token("Hel", top_logprobs=[token("Bye")]), token("lo", None)]
    assert logprobs.chat(entries, "Hello") == [
        {"token": "Hel", "logprob": -0.5, "bytes": [72, 101, 108], "top_logprobs": [token("Bye")]},
        {"token": "lo", "logprob": -0.5, "bytes": None, "top_logprobs": []},
    ]


def test_a_character_in_two_tokens() -> None:
    raw = "👋".encode()
    kept = logprobs.chat([token("bytes:\\xf0\\x9f", list(raw[:2])), token("\\x91\\x8b", list(raw[2:]))], "👋")
    assert kept and bytes(kept[0]["bytes"] + kept[1]["bytes"]) == raw
    assert kept[0]["token"] == "\ufffd"


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [],
        {},
        "Hello",
        [token("Hell")],
        [token("Hello", None), token("!")],
        [token("x", list(b"Hell"))],
        [token("Hello", [300])],
        [token("Hello", "Hello")],
        [{"token": "Hello"}],
        [{"token": 1, "logprob": -1}],
        [None],
        [token("Hello") | {"logprob": True}],
    ],
)
def test_anything_else_is_null(entries: Any) -> None:
    assert logprobs.chat(entries, "Hello") is None


def test_a_string_can_not_differ_from_its_bytes() -> None:
    kept = logprobs.chat([token("a secret", list(b"Hello"), top_logprobs=[token("a secret", list(b"Bye"))])], "Hello")
    assert kept and kept[0]["token"] == "Hello" and kept[0]["top_logprobs"][0]["token"] == "Bye"


def test_alternatives_are_short() -> None:
    kept = logprobs.chat([token("Hi", top_logprobs=[token("x" * 65), token("y" * 64), "z"])], "Hi")
    assert kept and [a["token"] for a in kept[0]["top_logprobs"]] == ["y" * 64]
    assert logprobs.completion({"tokens": ["Hi"], "top_logprobs": [{"x" * 65: -1, "y": -2, "z": "?"}]}, "Hi") == {
        "tokens": ["Hi"],
        "token_logprobs": None,
        "top_logprobs": [{"y": -2.0}],
        "text_offset": None,
    }


def test_offsets_are_counted_here() -> None:
    kept = logprobs.completion(
        {"tokens": ["ab", "c", "d"], "text_offset": [7, 104, 105], "token_logprobs": [None, -1, -2.5]}, "abcd"
    )
    assert kept and kept["text_offset"] == [7, 9, 10] and kept["token_logprobs"] == [None, -1.0, -2.5]


@pytest.mark.parametrize(
    "value",
    [None, {}, {"tokens": []}, {"tokens": "Hi"}, {"tokens": ["H"]}, {"tokens": ["Hi", ""], "x": 1} | {"tokens": [1]}],
)
def test_other_legacy_forms_are_null(value: Any) -> None:
    assert logprobs.completion(value, "Hi") is None


@given(st.lists(st.text(min_size=1), min_size=1), st.data())
def test_any_split_of_a_text_is_its_tokens(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces).encode("utf-8", "replace").decode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text.encode())))))
    raw = text.encode()
    parts = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    kept = logprobs.chat([token("?", list(p)) for p in parts], text)
    assert kept and b"".join(bytes(k["bytes"]) for k in kept) == raw


def test_they_go_with_their_field() -> None:
    body = {
        "choices": [{"index": 0, "delta": {"content": "Hi", "reasoning": "r"}, "logprobs": {"content": [token("Hi")]}}]
    }
    thought, said = Chat().reader().event(dump(body))
    assert isinstance(thought, Text) and thought.logprobs is None
    assert isinstance(said, Text) and said.logprobs == {
        "content": [{**token("Hi"), "top_logprobs": []}],
        "refusal": None,
    }
