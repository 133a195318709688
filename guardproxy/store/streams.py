"""Files that are encrypted as they are written, and read again in constant memory: AES-256-GCM, a chunk at a time.

Each file has a key of its own (HKDF over a random salt and the file's name). A chunk's nonce is its number and whether it is
the last one, as in STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, 2015): chunks that were
changed, moved, repeated, left out or cut off at the end don't open, nor does a file under another name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from guardproxy.store.rows import Unreadable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"guardproxy stream 1\n"
CHUNK: Final = 1 << 16
"""Bytes of a chunk, before they are sealed."""
_SALT, _TAG, _NUMBER = 32, 16, 11
_CHANGED: Final = "the file was changed, cut or moved while it was kept, or written with another key"


class Sink(Protocol):
    """What takes a file in."""

    def write(self, data: bytes, /) -> object: ...

    def close(self) -> None:
        """It is whole: on the disk when this returns."""

    def discard(self) -> None:
        """Throw it away; nothing happens to one that was moved since."""


class Sealing:
    """Writes a file, sealed under `secret` or, without one, in clear. It exists from the start, for its owner alone."""

    def __init__(self, path: Path, name: str, secret: bytes | None) -> None:
        """`name`: what it is sealed to. Raises OSError."""
        self._path = path
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._waiting, self._number = bytearray(), 0
        self._cipher = None
        if secret is not None:
            salt = os.urandom(_SALT)
            self._cipher = _cipher(secret, salt, name)
            self._file.write(MAGIC + salt)

    @property
    def descriptor(self) -> int:
        """Of the file, for locks."""
        return self._file.fileno()

    def write(self, data: bytes) -> None:
        if self._cipher is None:
            self._file.write(data)
            return
        self._waiting += data
        while len(self._waiting) > CHUNK:  # one is kept back: it may be the last
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        assert self._cipher is not None
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, None))
        self._number += 1

    def close(self) -> None:
        if self._file.closed:
            return
        if self._cipher is not None:
            self._seal(bytes(self._waiting), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def opened(file: BinaryIO, name: str, secret: bytes | None) -> Iterator[bytes]:
    """The pieces of a file, as they were given to `Sealing`. Raises Unreadable, at the latest at the end: what came before is
    to be thrown away then."""
    if secret is None:
        while data := file.read(CHUNK):
            yield data
        return
    head = file.read(len(MAGIC) + _SALT)
    if len(head) < len(MAGIC) + _SALT or not head.startswith(MAGIC):
        raise Unreadable(_CHANGED)
    from cryptography.exceptions import InvalidTag

    cipher, number = _cipher(secret, head[len(MAGIC) :], name), 0
    sealed = file.read(CHUNK + _TAG)
    while True:
        following = file.read(CHUNK + _TAG)
        try:
            chunk = cipher.decrypt(_nonce(number, last=not following), sealed, None)
        except (InvalidTag, ValueError):
            raise Unreadable(_CHANGED) from None
        yield chunk
        if not following:
            return
        sealed, number = following, number + 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NUMBER, "big") + bytes([last])


def _cipher(secret: bytes, salt: bytes, name: str) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"guardproxy stream\0" + name.encode("utf-8", "surrogatepass")
    return AESGCM(HKDF(SHA256(), 32, salt=salt, info=info).derive(secret))
