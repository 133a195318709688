"""Server-sent events: an incremental decoder over bytes, and the encoder. Knows nothing of JSON or of any dialect.

Lines end in LF, CR LF or CR, and reads may cut anywhere: inside a line end, inside a character, inside a field name.
Comments are told as keep-alives; their text is the upstream's and goes no further.
"""

from __future__ import annotations

from typing import NamedTuple

from guardproxy.types import WireError

MAX_EVENT = 1 << 20
"""Bytes of one event."""
_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event, or a keep-alive (a comment or an event without data)."""

    data: bytes
    name: bytes = b""
    """Value of the `event:` line; empty for the default type."""
    comment: bool = False


KEEP_ALIVE = Event(b"", comment=True)


class Decoder:
    """Reads one stream. `feed` may be given any pieces of it; the events are the same."""

    __slots__ = ("_cr", "_data", "_fresh", "_inside", "_limit", "_name", "_pieces", "_size")

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._fresh = True  # nothing but a part of a byte order mark has been seen
        self._cr = False  # the last byte was CR: an LF now belongs to it
        self._pieces: list[bytes] = []  # of a line whose end has not come
        self._size = 0  # bytes of the event so far
        self._data: list[bytes] = []  # `data:` lines of the event so far
        self._name = b""
        self._inside = False  # lines of an event have been read, its end not

    def feed(self, chunk: bytes) -> list[Event]:
        """Events that are complete now. Raises WireError for an event over the limit."""
        if (  # one event of one line, at once: what nearly every read of a slow stream is
            chunk[:6] == b"data: "
            and chunk[-2:] == b"\n\n"
            and chunk.find(b"\n") == len(chunk) - 2 > 6
            and not (self._fresh or self._cr or self._inside or self._pieces)
            and b"\r" not in chunk
            and len(chunk) <= self._limit
        ):
            return [Event(chunk[6:-2])]
        if self._fresh and not (chunk := self._start(chunk)):
            return []
        if self._cr or b"\r" in chunk:
            chunk = self._line_ends(chunk)
        if b"\n" not in chunk:
            self._keep(chunk)
            return []
        if self._pieces:
            held = b"".join(self._pieces)
            self._pieces.clear()
            self._size -= len(held)
            chunk = held + chunk
        events: list[Event] = []
        if self._inside:
            chunk = self._lines(chunk, events)
        blocks = chunk.split(b"\n\n")
        rest = blocks.pop()
        self._size = 0 if blocks else self._size
        for block in blocks:
            if block[:6] == b"data: " and b"\n" not in block and len(block) > 6:
                events.append(Event(block[6:]))
            elif block := block.removeprefix(b"\n"):
                self._lines(block + b"\n\n", events)
        if len(chunk) > self._limit and any(len(b) > self._limit for b in blocks):
            raise self._too_large()
        self._rest(rest, events)
        return events

    def close(self) -> list[Event]:
        """The end of the stream. An event whose blank line never came is given as it stands: a reader tells whether it
        is whole, since a cut JSON document is none."""
        events: list[Event] = []
        if self._pieces:
            self._line(b"".join(self._pieces), events)
            self._pieces.clear()
        if self._data:
            self._end(events)
        return events

    def _start(self, chunk: bytes) -> bytes:
        """Drop a byte order mark, which may itself be cut."""
        chunk = b"".join(self._pieces) + chunk
        self._pieces.clear()
        if len(chunk) < len(_BOM) and _BOM.startswith(chunk):
            self._keep(chunk)
            return b""
        self._fresh, self._size = False, 0
        return chunk.removeprefix(_BOM)

    def _line_ends(self, chunk: bytes) -> bytes:
        if self._cr and chunk[:1] == b"\n":
            chunk, self._cr = chunk[1:], False
        if chunk:
            self._cr = chunk[-1:] == b"\r"
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._grow(len(piece))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise self._too_large()

    def _too_large(self) -> WireError:
        return WireError(
            f"the upstream sent an event of more than {self._limit} bytes", status=502, code="upstream_error"
        )

    def _rest(self, rest: bytes, events: list[Event]) -> None:
        """What follows the last blank line: read its whole lines, keep the last one."""
        if b"\n" in rest:
            lines = rest.split(b"\n")
            rest = lines.pop()
            for line in lines:
                if line or self._inside:
                    self._line(line, events)
        self._keep(rest)

    def _lines(self, chunk: bytes, events: list[Event]) -> bytes:
        """Read lines up to the end of the event; what follows it is returned."""
        self._inside = True
        at = 0
        while self._inside and (end := chunk.find(b"\n", at)) >= 0:
            self._line(chunk[at:end], events)
            at = end + 1
        return chunk[at:]

    def _line(self, line: bytes, events: list[Event]) -> None:
        if not line:
            self._end(events)
            return
        self._inside = True
        self._grow(len(line) + 1)
        if line[0] == 58:  # a colon: a comment
            events.append(KEEP_ALIVE)
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value

    def _end(self, events: list[Event]) -> None:
        if self._data:
            data = b"\n".join(self._data)
            events.append(Event(data, self._name) if data else KEEP_ALIVE)
        self._data, self._name, self._inside, self._size = [], b"", False, 0


def encode(data: bytes) -> bytes:
    """One event. JSON has no line ends of its own, so that is one `data:` line; other data may need several."""
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\ndata: ")
    return b"data: " + data + b"\n\n"


def comment(text: bytes = b"keep-alive") -> bytes:
    """A comment, which clients skip. The text is ours and has no line end."""
    return b": " + text + b"\n\n"
