"""Ed25519 keys (RFC 8032) that sign the log: one file for who writes it, one for who verifies it.

The public file is worth keeping away from the machine that writes the log, like the checkpoints: who can change both the log
and the key that it is verified with can make anything look right.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from guardproxy.types import ConfigError

PUBLIC: Final = ".pub"
"""What the name of the public file ends with."""


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key in signatures: the first 64 bits of the SHA-256 of its public half, in hexadecimal digits."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key."""

    key: Ed25519PrivateKey
    id: str

    def sign(self, what: bytes, body: bytes) -> str:
        """`KEY ID:BASE64` over what it is and the bytes."""
        return f"{self.id}:{base64.b64encode(self.key.sign(what + body)).decode()}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """Public keys that are trusted."""

    keys: Mapping[str, Ed25519PublicKey]

    def knows(self, signature: str) -> bool:
        """Whether it says to be of a trusted key."""
        return signature.partition(":")[0] in self.keys

    def valid(self, what: bytes, body: bytes, signature: str) -> bool:
        """Whether a trusted key has signed this."""
        id, _, value = signature.partition(":")
        key = self.keys.get(id)
        if key is None:
            return False
        try:
            key.verify(base64.b64decode(value, validate=True), what + body)
        except (InvalidSignature, ValueError):
            return False
        return True


def create(file: Path) -> tuple[Path, str]:
    """Make a key: FILE for who writes, FILE.pub for who verifies. Returns (public file, id). Raises ConfigError; a file that
    is there is never written over."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = file.with_name(file.name + PUBLIC)
    if public.exists():
        raise ConfigError(f"{public} is there already; a key is never written over: give another name")
    _write(file, secret, 0o600)
    _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return public, key_id(key.public_key())


def _write(file: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise ConfigError(f"{file} is there already; a key is never written over: give another name") from None
    except OSError as e:
        raise ConfigError(f"the key {file} can't be written: {e.strerror}") from None
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def load_signer(file: Path) -> Signer:
    """The private key of a file. Raises ConfigError."""
    data = _read(file)
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f"{file} holds no private key; make one with `guardproxy audit key FILE`") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"the key in {file} is not an Ed25519 one; make one with `guardproxy audit key FILE`")
    return Signer(key, key_id(key.public_key()))


def load_verifier(files: Iterable[Path]) -> Verifier:
    """The public keys of files; a private key stands for its public half. Raises ConfigError."""
    found = {}
    for file in files:
        key = _public(file)
        found[key_id(key)] = key
    return Verifier(found)


def _public(file: Path) -> Ed25519PublicKey:
    data = _read(file)
    if b"PRIVATE KEY" in data:
        return load_signer(file).key.public_key()
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{file} holds no key; give the file whose name ends in {PUBLIC}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"the key in {file} is not an Ed25519 one")
    return key


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as e:
        raise ConfigError(f"the key {file} can't be read: {e.strerror}") from None
