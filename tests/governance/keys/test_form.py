"""The text of a key: what is made is read back, and nothing else is."""

from hypothesis import example, given
from hypothesis import strategies as st

from guardproxy.governance.keys import form

MADE = form.new_key(form.new_id())


def test_keys_are_made_of_256_random_bits() -> None:
    ids = {form.new_id() for _ in range(50)}
    keys = {form.new_key(id) for id in ids}
    assert len(ids) == len(keys) == 50
    assert all(form.id_of(key.encode()) in ids for key in keys)
    assert 32**form.SECRET_LENGTH >= 2**256


@given(bits=st.integers(0, 2**256 - 1))
def test_each_secret_has_its_own_text(bits: int) -> None:
    text = "".join(form._ALPHABET[(bits >> 5 * place) & 31] for place in range(form.SECRET_LENGTH))
    back = sum(form._ALPHABET.index(letter) << 5 * place for place, letter in enumerate(text))
    assert back == bits


@given(st.binary(max_size=200))
@example(b"")
@example(MADE.encode() + b"\n")
@example(b" " + MADE.encode())
@example(MADE.upper().encode())
@example(MADE.encode()[:-1])
def test_what_has_another_form_has_no_id(given_: bytes) -> None:
    assert form.id_of(given_) == ""


@given(place=st.integers(0, len(MADE) - 1), byte=st.integers(0, 255))
def test_a_changed_key_is_another_key_or_none(place: int, byte: int) -> None:
    changed = bytearray(MADE.encode())
    changed[place] = byte
    found = form.id_of(bytes(changed))
    assert found == "" or found == changed[: len(found)].decode()
    assert (bytes(changed) == MADE.encode()) or found == "" or bytes(changed) != MADE.encode()
