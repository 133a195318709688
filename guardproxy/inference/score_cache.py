"""What a model said of a text, kept by content so that no text is read twice. Bounded in bytes; what was not used goes first.

A hit tells that somebody sent the same text before. So each tenant has a key of its own, made from one that only this
process knows: nobody's answer comes faster for what another tenant sent, and no key tells of its text.
"""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import blake2b

Key = bytes
_KEY_SIZE = 16
_OVERHEAD = 160
"""Bytes that an entry costs besides its value: key, two objects, the slot of the table (measured, CPython 3.11)."""


class ScoreCache:
    """Key to packed scores of one model. Failures are never put in."""

    def __init__(self, limit: int, digest: str, secret: bytes | None = None) -> None:
        """`limit`: bytes; `digest`: of the model; `secret`: 16 to 32 bytes, random if absent."""
        self._limit, self._secret = limit, secret or os.urandom(32)
        self._digest = digest.encode()
        self._entries: dict[Key, bytes] = {}
        self._size = 0
        self._tenant = lru_cache(1024)(self._key_of_tenant)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """Bytes, about."""
        return self._size

    def _key_of_tenant(self, tenant: str) -> bytes:
        return blake2b(self._digest + b"\0" + tenant.encode("utf-8", "surrogatepass"), key=self._secret).digest()

    def key(self, tenant: str, role: str, text: str) -> Key:
        """A keyed hash (RFC 7693) of model, role and text, by the tenant's key."""
        said = f"{role}\0{text}".encode("utf-8", "surrogatepass")
        return blake2b(said, digest_size=_KEY_SIZE, key=self._tenant(tenant)).digest()

    def get(self, key: Key) -> bytes | None:
        value = self._entries.pop(key, None)
        if value is not None:
            self._entries[key] = value  # the youngest is last
        return value

    def put(self, key: Key, value: bytes) -> None:
        cost = len(value) + _OVERHEAD
        old = self._entries.pop(key, None)
        if old is not None:
            self._size -= len(old) + _OVERHEAD
        if cost > self._limit:
            return
        self._entries[key] = value
        self._size += cost
        while self._size > self._limit:
            oldest = next(iter(self._entries))
            self._size -= len(self._entries.pop(oldest)) + _OVERHEAD
