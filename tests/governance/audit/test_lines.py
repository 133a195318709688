"""One line: what it holds is what was said, and no byte of it can change."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.audit.lines import MAX_LINE, NOTHING, RECORD, Broken, canonical, read, written
from guardproxy.governance.audit.signing import Signer, Verifier, key_id

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=()), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def signer() -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return Signer(key, key_id(key.public_key()))


def fields(details: Any) -> dict[str, Any]:
    return {"time": "2026-11-23T09:00:00.000000Z", "action": "a.b", "actor": "c", "details": details}


@given(st.dictionaries(TEXT, VALUES, max_size=4), st.booleans(), st.data())
def test_a_line_says_what_was_said_and_no_byte_of_it_can_change(
    signer: Signer, details: Any, sign: bool, data: Any
) -> None:
    line, hash = written(fields(details), 7, NOTHING, signer.sign if sign else None)
    one = read(line)
    assert one.hash == hash
    assert one.record["details"] == details
    assert (one.seq, one.prev, bool(one.signature)) == (7, NOTHING, sign)
    assert json.loads(line)["hash"] == hash
    if sign:
        known = Verifier({signer.id: signer.key.public_key()})
        assert known.valid(RECORD, one.signed, one.signature)
        assert not known.valid(RECORD, one.signed + b" ", one.signature)
    at = data.draw(st.integers(0, len(line) - 1))
    other = bytes([line[at] ^ data.draw(st.integers(1, 255))])
    with pytest.raises(Broken):
        read(line[:at] + other + line[at + 1 :])


def test_details_that_look_like_a_signature_are_none() -> None:
    value = '","signature":"0123456789abcdef:' + "A" * 86 + '==","hash":"' + "0" * 64 + '"}'
    line, _ = written(fields({"x": value}), 1, NOTHING)
    assert read(line).signature == ""
    assert read(line).record["details"] == {"x": value}


def test_what_json_cannot_say_is_told_as_near_as_possible() -> None:
    assert json.loads(canonical({"a": "x\ud800y", "b": 1 << 70, "c": [float("nan"), b"\x00"]})) == {
        "a": "x?y",
        "b": str(1 << 70),
        "c": [None, "b'\\x00'"],
    }


def test_an_event_that_is_too_large_says_so() -> None:
    line, _ = written(fields({"x": "y" * MAX_LINE}), 1, NOTHING)
    assert len(line) < 1000
    assert read(line).record["details"]["too_large"] > MAX_LINE
