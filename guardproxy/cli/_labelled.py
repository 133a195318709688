"""Labelled texts from files, a row at a time: JSON Lines and tables. What can't be read is an error with its place."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import orjson

from guardproxy.types import Channel, ConfigError, Direction, Origin, Role

MAX_LINE: Final = 16 << 20
"""Bytes of one line, and characters of one cell: more is no text that anybody labelled."""
DOCUMENT: Final = {"document": Role.TOOL}
"""Roles of data sets that are ours under another name: a document reaches a model as what a tool returns."""
TRAINING: Final = "training_example"
"""Rows of this role are no message of a conversation."""
_DIALECTS: Final = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text. `origin` is None for a training example."""

    text: str
    origin: Origin | None
    labels: Mapping[str, Any]
    file: str
    line: int

    def error(self, message: str) -> ConfigError:
        return ConfigError(message, self.file, self.line, 1)


def labelled(file: Path, *, text: str = "text", role: str = "") -> Iterator[Labelled]:
    """The rows of a file: a table if it ends in .csv or .tsv, otherwise JSON Lines; either may be gzipped. `text`: name of
    the column that holds the text; `role`: who says all of them, whatever the rows say. Raises ConfigError."""
    name = file.name.removesuffix(".gz")
    delimiter = _DIALECTS.get(Path(name).suffix.lower())
    try:
        with _opened(file) as lines:
            rows = _objects(lines, str(file)) if delimiter is None else _table(lines, str(file), delimiter)
            for line, row in rows:
                yield _labelled(row, str(file), line, text, role)
    except (OSError, EOFError, zlib.error) as e:
        raise ConfigError(f"{file} can't be read: {getattr(e, 'strerror', None) or e}") from None


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    with file.open("rb") as opened:
        compressed = opened.peek(2)[:2] == b"\x1f\x8b"
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=opened)) if compressed else opened


def _lines(lines: IO[bytes], file: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := lines.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise ConfigError(f"the line is longer than {MAX_LINE >> 20} MiB", file, number, 1)
        yield number, line


def _objects(lines: IO[bytes], file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in _lines(lines, file):
        if line.isspace():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as e:
            message = f'not JSON ({e.msg}); each line is an object like {{"text": …, "labels": {{…}}}}'
            raise ConfigError(message, file, number, e.colno) from None
        if not isinstance(row, dict):
            raise ConfigError('not an object; each line is one like {"text": …, "labels": {…}}', file, number, 1)
        yield number, row


def _table(lines: IO[bytes], file: str, delimiter: str) -> Iterator[tuple[int, dict[str, Any]]]:
    at = 0

    def decoded() -> Iterator[str]:
        nonlocal at
        for at, line in _lines(lines, file):
            try:
                yield line.decode("utf-8-sig" if at == 1 else "utf-8")
            except UnicodeDecodeError:
                raise ConfigError("not UTF-8 text; save the table as UTF-8", file, at, 1) from None

    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(decoded(), delimiter=delimiter, strict=True)
    try:
        head = next(reader, [])
        if len(set(head)) < len(head):
            raise ConfigError("two columns have the same name", file, 1, 1)
        begins = at + 1
        for row in reader:
            if row and len(row) != len(head):
                message = f"{len(row)} cells where the first line names {len(head)} columns"
                raise ConfigError(message, file, begins, 1)
            if row:
                yield begins, dict(zip(head, row, strict=True))
            begins = at + 1
    except csv.Error as e:
        raise ConfigError(f"not a table: {e}; is a quote never closed?", file, at, 1) from None


def _labelled(row: dict[str, Any], file: str, line: int, text: str, role: str) -> Labelled:
    told = row.get(text)
    if not isinstance(told, str):
        have = ", ".join(map(str, row))[:200]
        what = "is no text" if text in row else f"is missing; the row has {have or 'nothing'}"
        raise ConfigError(f"{text!r} {what}; --text names the column that holds the text", file, line, 1)
    labels = row.get("labels")
    inner = labels if isinstance(labels, dict) else {}
    return Labelled(
        told,
        _origin(row, file, line, role),
        {**{key: value for key, value in row.items() if key != text and value is not inner}, **inner},
        file,
        line,
    )


def _origin(row: Mapping[str, Any], file: str, line: int, role: str) -> Origin | None:
    said = role or row.get("role") or Role.USER
    if said == TRAINING:
        return None
    try:
        who = DOCUMENT.get(str(said)) or Role(said)
        direction = Direction.RESPONSE if who is Role.ASSISTANT else Direction.REQUEST
        channel = Channel(row["channel"]) if row.get("channel") else None
    except ValueError as e:
        known = ", ".join([*Role, *DOCUMENT, TRAINING])
        raise ConfigError(f"{e}; roles are {known}, channels {', '.join(Channel)}", file, line, 1) from None
    tool = row.get("tool")
    return Origin(direction, who, channel, str(tool) if tool else None)
