"""What a decision log's writer has written, in one digest for each stretch of time.

The audit log holds these digests. So decision records, of which there are far too many for the audit log's own chain, can't
be changed unnoticed either.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from dataclasses import dataclass

MAX_RANGES = 1000
"""Pieces of a file between two seals. There are several only where others write into the same file."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The digest of what one process wrote into a file since the seal before."""

    ranges: tuple[tuple[int, int], ...]
    """Where it stands: offsets in bytes, the second one is not within."""
    sha256: str
    """Of those bytes, one range after the other."""
    records: int
    dropped: int
    """Records that could not be written."""
    whole: bool = True
    """False: there were too many ranges, and the digest is of the first ones."""


class Sealing:
    """The running digest of one descriptor. Used by the thread that writes and by the one that seals."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._begin()

    @staticmethod
    def possible(descriptor: int) -> bool:
        """Whether what is written there can be read again: it is a file."""
        return stat.S_ISREG(os.fstat(descriptor).st_mode)

    def _begin(self) -> None:
        self._digest = hashlib.sha256()
        self._ranges: list[tuple[int, int]] = []
        self._records = self._dropped = 0
        self._whole = True

    def wrote(self, data: bytes) -> None:
        """These bytes were written just now."""
        end = os.lseek(self._descriptor, 0, os.SEEK_CUR)  # with O_APPEND: right behind them, whoever else appends
        start = end - len(data)
        with self._lock:
            self._records += data.count(b"\n")
            if self._ranges and self._ranges[-1][1] == start:
                self._ranges[-1] = (self._ranges[-1][0], end)
            elif len(self._ranges) < MAX_RANGES:
                self._ranges.append((start, end))
            else:
                self._whole = False
                return
            self._digest.update(data)

    def dropped(self, count: int) -> None:
        with self._lock:
            self._dropped += count

    def seal(self) -> Seal | None:
        """What was written since the last time; None for nothing."""
        with self._lock:
            if not self._ranges and not self._dropped:
                return None
            ranges, digest = tuple(self._ranges), self._digest.hexdigest()
            one = Seal(ranges, digest, self._records, self._dropped, self._whole)
            self._begin()
            return one
