"""Messages between the serving process and a worker: four bytes of length, then JSON in ASCII."""

from __future__ import annotations

import json
import struct
from typing import BinaryIO

from guardproxy.types import Json

LENGTH = struct.Struct(">I")
MAX_MESSAGE = 4 << 20
"""Bytes of the longest message, either way."""


class FrameError(Exception):
    """A message that is too long, or that broke off."""


def pack(message: Json) -> bytes:
    """A message with its length. ASCII, so that a lone surrogate survives. Raises FrameError."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_MESSAGE:
        raise FrameError(f"a message of {len(body)} bytes is longer than {MAX_MESSAGE}")
    return LENGTH.pack(len(body)) + body


def size(head: bytes) -> int:
    """The length that a head announces. Raises FrameError."""
    (length,) = LENGTH.unpack(head)
    if length > MAX_MESSAGE:
        raise FrameError(f"a message of {length} bytes is longer than {MAX_MESSAGE}")
    return int(length)


def read(stream: BinaryIO) -> Json | None:
    """The next message, or None at the end of the stream. Raises FrameError."""
    head = stream.read(LENGTH.size)
    if not head:
        return None
    if len(head) < LENGTH.size:
        raise FrameError("a message broke off")
    length = size(head)
    body = stream.read(length)
    if len(body) < length:
        raise FrameError("a message broke off")
    return json.loads(body)
