"""The lines of a file, a range of bytes at a time, in constant memory.

A line belongs to the range that it begins in. Ranges are cut at fixed places: whoever reads them, in whatever order, reads
the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from guardproxy.wire.training import MAX_LINE

RANGE: Final = 4 << 20
"""Bytes of a range."""
_BLOCK: Final = 1 << 16
BOM: Final = b"\xef\xbb\xbf"


def lines(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The lines that begin in [start, end), without their ends. One that is too long comes as its first bytes, one more than
    `MAX_LINE`."""
    at = start
    if start:
        file.seek(start - 1)
        _skip(file)
        at = file.tell()
    while end is None or at < end:
        line = file.readline(MAX_LINE + 1)
        if not line:
            return
        first = not at
        at += len(line)
        line = line.removesuffix(b"\n")
        if len(line) > MAX_LINE:
            at += _skip(file)
            yield line
        else:
            yield (line.removeprefix(BOM) if first else line).rstrip(b"\r\n")


def _skip(file: BinaryIO) -> int:
    """Read past the next end of line; how many bytes that took."""
    passed = 0
    while block := file.readline(_BLOCK):
        passed += len(block)
        if block.endswith(b"\n"):
            break
    return passed


def ranges(size: int) -> int:
    """How many ranges a file of so many bytes has."""
    return -(-size // RANGE)
