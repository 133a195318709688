"""Names for requests, decisions and replies: unguessable, and the same length always."""

from __future__ import annotations

import os


def new(prefix: str) -> str:
    """`prefix` and 128 random bits in hexadecimal. A `uuid.uuid4()` says the same at five times the cost."""
    return prefix + os.urandom(16).hex()
