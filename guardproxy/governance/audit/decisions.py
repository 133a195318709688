"""Decision logs against their digests in the audit log.

The records themselves are not in the chain: there are too many. Instead, at each checkpoint, one line says where in the
decision log a process wrote since the last one, and the digest of those bytes. With the chain intact, so are the records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.query import records
from guardproxy.governance.audit.verify import Problem
from guardproxy.governance.events import Event
from guardproxy.telemetry.seals import Seal
from guardproxy.types import ConfigError

SEALED: Final = "decisions.sealed"
_CHUNK: Final = 1 << 20


def sealed(file: str, one: Seal) -> Event:
    """What the audit log is told of a stretch of a decision log."""
    details: dict[str, Any] = {
        "ranges": [list(pair) for pair in one.ranges],
        "sha256": one.sha256,
        "records": one.records,
        "dropped": one.dropped,
        "whole": one.whole,
    }
    return Event(SEALED, "guardproxy", file, details=details)


@dataclass(slots=True)
class Decisions:
    """What came of it."""

    problem: Problem | None = None
    notices: list[str] = field(default_factory=list)
    stretches: int = 0
    """That are as they were written."""
    records: int = 0
    """In them."""
    dropped: int = 0
    """That were never written, as the log says."""


@dataclass(slots=True)
class _File:
    path: Path
    size: int
    covered: list[tuple[int, int]] = field(default_factory=list)


def verify_decisions(folder: Folder, files: Sequence[Path]) -> Decisions:
    """Look for every stretch in these files: a decision log, and what rotation made of earlier ones. To be asked of an audit
    log that `verify` found intact. Raises ConfigError when a file can't be read."""
    out, there = Decisions(), [_opened(file) for file in files]
    for place, line, record in records(folder):
        if record is None or record.get("action") != SEALED or record.get("actor") != "guardproxy":
            continue
        try:
            details = record["details"]
            ranges = [(int(start), int(end)) for start, end in details["ranges"]]
            dropped, count, sha256 = int(details["dropped"]), int(details["records"]), str(details["sha256"])
        except (KeyError, TypeError, ValueError):
            out.problem = Problem("this is no digest of decision records", place, line)
            return out
        out.dropped += dropped
        found = next((one for one in there if _is_there(one, ranges, sha256)), None)
        if found is None:
            out.problem = _missing(record, ranges, there)
            return out
        found.covered += ranges
        out.stretches += 1
        out.records += count
        there.sort(key=lambda one: one is not found)  # the next one is most likely there, too
    for one in there:
        out.notices += [
            f"{one.path}: bytes {start} to {end} have no digest: a process was killed before it could say one, one runs now, "
            "or somebody else wrote them"
            for start, end in _gaps(one)
        ]
    return out


def _opened(file: Path) -> _File:
    try:
        return _File(file, file.stat().st_size)
    except OSError as e:
        raise ConfigError(f"the decision log {file} can't be read: {e.strerror}") from None


def _is_there(file: _File, ranges: Sequence[tuple[int, int]], sha256: str) -> bool:
    """Whether the file has these bytes there."""
    if any(end > file.size for _, end in ranges):
        return False
    digest = hashlib.sha256()
    try:
        with file.path.open("rb") as source:
            for start, end in ranges:
                source.seek(start)
                left = end - start
                while left > 0 and (piece := source.read(min(left, _CHUNK))):
                    digest.update(piece)
                    left -= len(piece)
    except OSError as e:
        raise ConfigError(f"the decision log {file.path} can't be read: {e.strerror}") from None
    return digest.hexdigest() == sha256


def _missing(record: dict[str, Any], ranges: Sequence[tuple[int, int]], there: Sequence[_File]) -> Problem:
    count, end = record["details"]["records"], ranges[-1][1] if ranges else 0
    said = f"{count} decision records, written until {record['time']} (audit record {record['seq']})"
    large = [one for one in there if one.size >= end]
    if not large:
        return Problem(f"{said}, are missing: the decision log was cut off, or one of its files was not given")
    first = large[0].path
    message = f"among {said} from here on, some were changed, deleted or moved; or one of the log's files was not given"
    return Problem(message, str(first), _line_at(first, ranges[0][0] if ranges else 0))


def _line_at(file: Path, offset: int) -> int:
    """The number of the line in which a byte stands."""
    with file.open("rb") as source:
        number = 1
        while offset > 0 and (piece := source.read(min(offset, _CHUNK))):
            number += piece.count(b"\n")
            offset -= len(piece)
    return number


def _gaps(file: _File) -> Iterator[tuple[int, int]]:
    """What no stretch covers, between and behind those that are there."""
    edges = [(0, 0), *sorted(file.covered), (file.size, file.size)]
    reached = 0
    for (_, end), (start, _) in pairwise(edges):
        reached = max(reached, end)
        if start > reached:
            yield reached, start
