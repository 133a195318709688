"""Reading the log: the records that somebody asks for, one after the other, in memory that does not grow.

Reading checks nothing: `verify` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Final

import orjson

from guardproxy.amounts import duration
from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.lines import MAX_LINE, lines_of
from guardproxy.governance.audit.people import Known
from guardproxy.types import ConfigError

ERASED: Final = "(erased)"
"""Stands for private details that nobody can read any more."""
_DEEP: Final = 200
"""Brackets without which nothing is nested too deeply."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records. Texts are globs (`*`, `?`), matched whole; None: any."""

    since: str = ""
    """As records write time; empty for no bound. The bound itself is within."""
    until: str = ""
    """The bound itself is not within."""
    action: str | None = None
    actor: str | None = None
    """`cli:NAME` means the person NAME, too."""
    subject: str | None = None
    tenant: str | None = None
    person: str | None = None
    """A name, or a pseudonym."""

    def matches(self, record: Mapping[str, Any], name: str) -> bool:
        """`name`: of the record's person, where it is known."""
        time = str(record.get("time", ""))
        if (self.since and time < self.since) or (self.until and time >= self.until):
            return False
        for glob, key in ((self.action, "action"), (self.subject, "subject"), (self.tenant, "tenant")):
            if glob is not None and not fnmatchcase(str(record.get(key, "")), glob):
                return False
        if self.person is not None and not _either(self.person, name, str(record.get("person", ""))):
            return False
        actor = str(record.get("actor", ""))
        return self.actor is None or _either(self.actor, actor, f"{actor}:{name}" if name else actor)


def _either(glob: str, *values: str) -> bool:
    return any(value and fnmatchcase(value, glob) for value in values)


def records(folder: Folder) -> Iterator[tuple[str, int, dict[str, Any] | None]]:
    """(file, number of the line, record) of every line; None for a line that is no record. Raises ConfigError."""
    numbers = folder.numbers()
    if not numbers:
        raise ConfigError(f"there is no audit log in {folder.path}")
    for number in numbers:
        file = folder.file(number)
        try:
            with file.open("rb") as source:
                for place, line in enumerate(lines_of(source), 1):
                    yield str(file), place, _parsed(line)
        except OSError as e:
            raise ConfigError(f"{file} can't be read: {e.strerror}") from None


def _parsed(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n") and len(line) >= MAX_LINE:
        return None
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if line.count(b"[") + line.count(b"{") > _DEEP:
        try:
            orjson.dumps(found)
        except orjson.JSONEncodeError:
            return None  # nested so deeply that it can be read and not be written
    return found if isinstance(found, dict) else None


def named(record: dict[str, Any], people: Mapping[str, Known]) -> tuple[dict[str, Any], str]:
    """(a record with its private details in the clear, the name of its person): what was erased says so."""
    pseudonym = record.get("person")
    known = people.get(pseudonym) if isinstance(pseudonym, str) else None
    if "private" in record:
        opened = known.private(str(record["private"])) if known is not None else None
        record = {**record, "private": ERASED if opened is None else opened}
    return record, known.name if known is not None else ""


def moment(given: str, now: datetime | None = None) -> str:
    """A time as records write it: of `2026-11-23`, `2026-11-23T09:00`, `2026-11-23T10:00:00+01:00`, or `2h`, `30d` for as
    long ago. Without a zone it is UTC. Raises ConfigError."""
    try:
        if given[-1:].isalpha() and given[:1].isdigit() and "T" not in given:
            at = (now or datetime.now(UTC)) - timedelta(seconds=duration(given))
        else:
            at = datetime.fromisoformat(given)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{given!r} is no time; write one like 2026-11-23, 2026-11-23T09:30 or, for as long ago, 2h or 30d"
        raise ConfigError(message) from None
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
