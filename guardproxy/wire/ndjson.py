"""Streams of JSON documents, one a line: an incremental decoder over bytes. Knows nothing of what is in a line.

Lines end in LF or CR LF, and reads may cut anywhere. Empty lines say nothing.
"""

from __future__ import annotations

from guardproxy.types import WireError
from guardproxy.wire.sse import Event

MAX_LINE = 1 << 20
"""Bytes of one line."""


class Decoder:
    """Reads one stream. `feed` may be given any pieces of it; the lines are the same."""

    __slots__ = ("_limit", "_pieces", "_size")

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []  # of a line whose end has not come
        self._size = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """Lines that are complete now. Raises WireError for one over the limit."""
        *lines, rest = chunk.split(b"\n")
        events = [event for line in lines for event in self._line(line)]
        if rest:
            self._keep(rest)
        return events

    def close(self) -> list[Event]:
        """The end of the stream. A line without its end is given as it stands: a cut JSON document is none."""
        return self._line(b"")

    def _line(self, end: bytes) -> list[Event]:
        """A line, of which this is the last piece."""
        self._keep(end)
        line = b"".join(self._pieces).strip(b"\r \t")
        self._pieces.clear()
        self._size = 0
        return [Event(line)] if line else []

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise WireError(
                f"the upstream sent a line of more than {self._limit} bytes", status=502, code="upstream_error"
            )
        self._pieces.append(piece)
