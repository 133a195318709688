"""A training file as it comes in: written down, hashed and scanned line by line, in constant memory."""

from __future__ import annotations

import hashlib
from typing import Final

from guardproxy.governance.training.lines import BOM
from guardproxy.governance.training.scanner import Scanner
from guardproxy.governance.training.tally import Tally
from guardproxy.store.streams import Sink
from guardproxy.types import GuardproxyError
from guardproxy.wire.training import MAX_LINE

BATCH: Final = 1 << 17
"""Bytes of lines that are scanned at once."""


class TooMuch(GuardproxyError):
    """The file is larger than files may be."""


class Lines:
    """Cuts what comes in pieces into lines, as `lines` cuts a file."""

    def __init__(self, most: int | None = None) -> None:
        """`most`: bytes of a line, else `MAX_LINE`; of a longer one come so many, and one."""
        self._most, self._rest = MAX_LINE if most is None else most, bytearray()
        self._first, self._skipping = True, False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole now."""
        out: list[bytes] = []
        at = 0
        while (end := data.find(b"\n", at)) >= 0:
            self._take(data[at:end], out)
            if not self._skipping:
                out.append(self._line())
            self._skipping, at = False, end + 1
        self._take(data[at:], out)
        return out

    def end(self) -> list[bytes]:
        """What is left: a last line without an end."""
        return [self._line()] if self._rest else []

    def _take(self, data: bytes, out: list[bytes]) -> None:
        if self._skipping:
            return
        self._rest += data[: self._most + 1 - len(self._rest)]
        if len(self._rest) > self._most:  # told at once, as one byte more than a line may have
            out.append(self._line())
            self._skipping = True

    def _line(self) -> bytes:
        line, self._rest = bytes(self._rest), bytearray()
        first, self._first = self._first, False
        if len(line) > self._most:
            return line
        return (line.removeprefix(BOM) if first else line).rstrip(b"\r\n")


class Intake:
    """One file on its way in. What it was written to stays until `discard`."""

    def __init__(self, scanner: Scanner, sink: Sink, limit: int) -> None:
        self._scanner, self._file, self._limit = scanner, sink, limit
        self._lines, self._waiting, self._bytes = Lines(), list[bytes](), 0
        self._hash = hashlib.sha256()
        self.size = 0
        self.tally = Tally()

    async def take(self, data: bytes) -> None:
        """The next bytes. Raises TooMuch."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooMuch(f"a training file may have {self._limit:,} bytes")
        self._file.write(data)
        self._hash.update(data)
        self._waiting += self._lines.feed(data)
        self._bytes += len(data)
        if self._bytes >= BATCH:
            await self._scan()

    async def end(self) -> str:
        """There is no more: the file's digest, as `sha256:…`."""
        self._waiting += self._lines.end()
        await self._scan()
        self._file.close()
        return f"sha256:{self._hash.hexdigest()}"

    async def _scan(self) -> None:
        lines, self._waiting, self._bytes = self._waiting, [], 0
        self.tally.add(await self._scanner.read(lines))

    def discard(self) -> None:
        """Throw away what has come in."""
        self._file.discard()
