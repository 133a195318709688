"""Decision logs and files of texts, read a line at a time. What can't be read is named by its line and counted."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import orjson

from guardproxy.types import Channel, ConfigError, Direction, Origin, Role

SHOWN: Final = 20
"""Complaints about lines that are printed; the rest is counted."""
MAX_LINE: Final = 64 << 20
"""Bytes of one line: more is no record."""


class Lines:
    """The records of a log, in order. Iterate once."""

    def __init__(self, name: str, *, strict: bool = False) -> None:
        """`-` is standard input. `strict`: what is no record is a ConfigError instead of a complaint."""
        self.name, self._strict = name, strict
        self.number = 0
        """The line that was read last, from 1."""
        self.malformed = 0
        self._file = _opened(name)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        try:
            yield from self._records()
        finally:
            if self._file is not sys.stdin.buffer:
                self._file.close()

    def _records(self) -> Iterator[dict[str, Any]]:
        for line in self._lines():
            self.number += 1
            if line.isspace():
                continue
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                whole = line.endswith(b"\n")
                self.complain("not JSON" if whole else "the line ends too early: the log was cut off here")
                continue
            if not isinstance(record, dict) or not isinstance(record.get("decision_id"), str):
                self.complain("not a decision record (it has no `decision_id`)")
                continue
            yield record

    def _lines(self) -> Iterator[bytes]:
        while True:
            try:
                line = self._file.readline(MAX_LINE)
            except (EOFError, zlib.error, gzip.BadGzipFile) as e:
                self.number += 1
                self.complain(f"the compressed log is broken from here on ({e})")
                return
            except OSError as e:
                raise ConfigError(f"{self.name} can't be read: {e.strerror or e}") from None
            if not line:
                return
            yield line

    def complain(self, why: str) -> None:
        """The line that was read last is no record. Raises ConfigError where this must not be."""
        self.malformed += 1
        shown = "standard input" if self.name == "-" else self.name
        if self._strict:
            raise ConfigError(f"{why}; without --strict such lines are left out", shown, self.number, 1)
        if self.malformed <= SHOWN:
            more = "; further ones are only counted" if self.malformed == SHOWN else ""
            print(f"{shown}:{self.number}: {why}: left out{more}", file=sys.stderr)


def _opened(name: str) -> IO[bytes]:
    if name == "-":
        return sys.stdin.buffer
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - `Lines` closes it
    except OSError as e:
        raise ConfigError(f"{name} can't be read: {e.strerror}") from None
    compressed = file.peek(2)[:2] == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if compressed else file


@dataclass(frozen=True, slots=True)
class Row:
    """One text of a decision."""

    text: str
    origin: Origin


def texts_of(file: Path) -> dict[str, list[Row]]:
    """Decision id to its texts. Raises ConfigError: a text that is left out would make a decision look harmless."""
    out: dict[str, list[Row]] = {}
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.isspace():
                    id, row = _row(line, str(file), number)
                    out.setdefault(id, []).append(row)
    except OSError as e:
        raise ConfigError(f"{file} can't be read: {e.strerror}") from None
    return out


def _row(line: bytes, file: str, number: int) -> tuple[str, Row]:
    try:
        row = orjson.loads(line)
        id = row.get("decision_id", row.get("id"))
        role = Role(row.get("role", "user"))
        direction = row.get("direction") or (Direction.RESPONSE if role is Role.ASSISTANT else Direction.REQUEST)
        channel = Channel(row["channel"]) if row.get("channel") else None
        if not isinstance(id, str) or not isinstance(row["text"], str):
            raise ValueError("`id` and `text` are texts")
        return id, Row(row["text"], Origin(Direction(direction), role, channel, row.get("tool")))
    except (ValueError, KeyError, AttributeError, TypeError) as e:
        shape = '{"id": "dec_…", "text": "…", "role": "user", "channel": …, "tool": …}'
        raise ConfigError(f"not a text of a decision ({e}); write {shape}", file, number, 1) from None
