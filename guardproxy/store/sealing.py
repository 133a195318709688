"""Encryption of what is kept: AES-256-GCM, a key for each conversation, the row's own identity as associated data."""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guardproxy.store.rows import Unreadable

NONCE = 12
"""Bytes. They are random: with a key for each conversation a repeat is out of the question (NIST SP 800-38D, 8.3)."""


class Seal:
    """Seals and opens payloads. `secret` may be any long random text: keys are derived from it (HKDF, RFC 5869)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._names = self._derived(b"names")

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=b"guardproxy store 1", info=purpose).derive(self._secret)

    def _cipher(self, family: str) -> AESGCM:
        return AESGCM(self._derived(b"conversation\0" + family.encode()))

    def close(self, payload: bytes, family: str, identity: bytes) -> bytes:
        """The payload sealed."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher(family).encrypt(nonce, payload, identity)

    def open(self, sealed: bytes, family: str, identity: bytes) -> bytes:
        """The payload again. Raises Unreadable."""
        try:
            return self._cipher(family).decrypt(sealed[:NONCE], sealed[NONCE:], identity)
        except (InvalidTag, ValueError):
            raise Unreadable("a stored row does not match its seal") from None

    def name(self, *parts: str) -> bytes:
        """A keyed hash by which something is found whose name may be a client's text."""
        return hmac.new(self._names, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
