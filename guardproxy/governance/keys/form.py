"""The text of an API key: an id by which people speak of it, and 256 random bits that nobody keeps."""

from __future__ import annotations

import re
import secrets
from typing import Final

PREFIX: Final = "gp_"
ID_LENGTH: Final = 8
SECRET_LENGTH: Final = 52
"""Characters: 256 bits, five in each."""
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
ID: Final = re.compile(rf"{PREFIX}[a-z2-7]{{{ID_LENGTH}}}")
_KEY: Final = re.compile(rf"({PREFIX}[a-z2-7]{{{ID_LENGTH}}})_[a-z2-7]{{{SECRET_LENGTH}}}".encode())


def new_id() -> str:
    """An id: the part of a key that may be shown."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))


def new_key(id: str) -> str:
    """A key of this id."""
    bits = secrets.randbits(256)
    return id + "_" + "".join(_ALPHABET[(bits >> 5 * place) & 31] for place in range(SECRET_LENGTH))


def id_of(given: bytes) -> str:
    """The id in what somebody gives as a key; empty for what has not the form of one."""
    match = _KEY.fullmatch(given)
    return match[1].decode() if match else ""
