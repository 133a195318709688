"""Bodies are refused with a clear sentence, and replies are read leniently."""

import pytest

from guardproxy.types import WireError
from guardproxy.wire.json import MAX_DEPTH, dump, parse, parse_reply, where


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"x", "The body is not valid JSON: .*line 1, column 1"),
        (b'{"a": 1,\n "b": }', "line 2, column 7"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":1e999}', "not valid JSON"),
        (b"", "^The body is empty; send a JSON object"),
        (b" \r\n\t", "^The body is empty; send a JSON object"),
        (b"[]", "must be a JSON object, not a list"),
        (b'"x"', "must be a JSON object, not a string"),
        (b"null", "must be a JSON object, not null"),
        (b'{"a":"\\ud83d"}', "half of a surrogate pair"),
        (b'{"a":"\\udc4b"}', "half of a surrogate pair"),
        (b'{"a":"\xff"}', "not valid UTF-8"),
        (b'{"a":"\xed\xa0\xbd"}', "not valid UTF-8"),
        (b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "64 levels"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "64 levels"),
        (b'{"a":' * 200_000, "64 levels"),
    ],
)
def test_bad_bodies_are_named(body: bytes, message: str) -> None:
    with pytest.raises(WireError, match=message) as caught:
        parse(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


def test_depth_at_the_bound_passes() -> None:
    inner = MAX_DEPTH - 1
    assert parse(b'{"a":' + b"[" * inner + b"]" * inner + b"}")


def test_the_last_of_duplicate_keys_counts_and_is_all_that_goes_on() -> None:
    assert dump(parse(b'{"a":"first","a":"second"}')) == b'{"a":"second"}'


def test_replies_may_hold_halves_of_characters_and_broken_bytes() -> None:
    assert parse_reply(b'{"a":"\\ud83d"}') == {"a": "\ud83d"}
    assert parse_reply(b'{"a":"\xff"}') == {"a": "\ufffd"}
    assert parse_reply(b'{"a":NaN}') == {"a": None}


@pytest.mark.parametrize("body", [b"{", b"secret words", b"[" * 100_000, b'{"a":"\\ud83d"' + b"[" * 100_000])
def test_garbage_replies_are_refused_without_repeating_them(body: bytes) -> None:
    with pytest.raises(WireError, match=r"^the upstream sent") as caught:
        parse_reply(body)
    assert "secret" not in str(caught.value)


def test_dump_makes_characters_whole() -> None:
    assert dump({"a": "x\ud83dy"}).decode() == '{"a":"x\ufffdy"}'
    assert dump(["\ud83d\udc4b"]).decode() == '["👋"]'


def test_paths_are_readable_and_short() -> None:
    assert where(("messages", 3, "content")) == "messages[3].content"
    assert len(where(("x" * 1000,))) == 64
