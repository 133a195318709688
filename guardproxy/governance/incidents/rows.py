"""Where incidents stand: in a SQLite file that the processes of one machine share, or in memory."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final, Protocol, TypeVar

from guardproxy.governance.incidents.model import Incident
from guardproxy.governance.person import ERASED, Person, scrub
from guardproxy.types import ConfigError, GuardproxyError

KEPT: Final = 1000
"""Incidents that are remembered; of those that have ended the oldest go."""
BUSY: Final = 5.0
"""Seconds that a change waits for other processes."""
_COLUMNS: Final = "id, pack, reason, opened_by, opened, expires, ended, ended_by"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS incidents (
  id TEXT PRIMARY KEY, pack TEXT NOT NULL, reason TEXT NOT NULL, opened_by TEXT NOT NULL, opened REAL NOT NULL,
  expires REAL NOT NULL, ended REAL, ended_by TEXT NOT NULL
)
"""
_T = TypeVar("_T")


class StoreFailed(GuardproxyError):
    """The incidents can't be read or written now."""


class Rows(Protocol):
    """All incidents. What asks raises StoreFailed."""

    async def start(self) -> None:
        """Raises ConfigError."""
        ...

    async def aclose(self) -> None: ...

    async def all(self) -> list[Incident]:
        """The latest first."""
        ...

    async def add(self, one: Incident) -> None: ...

    async def end(self, ended: Incident) -> None:
        """Write down the end of one. Where it has ended already, nothing changes."""
        ...


class SqliteRows:
    """Of a file."""

    def __init__(self, path: str) -> None:
        """`path`: of the file; empty for this process alone."""
        self._path = path
        self._thread = ThreadPoolExecutor(1, "guardproxy-incidents")
        self._sql: sqlite3.Connection | None = None

    async def start(self) -> None:
        try:
            await self._in_thread(self._open)
        except StoreFailed as e:
            raise ConfigError(f"the incidents in {self._path} can't be opened: {e}") from None

    def _open(self) -> None:
        if self._path and not os.path.exists(self._path):  # noqa: PTH110
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._sql = sqlite3.connect(
            self._path or ":memory:", timeout=BUSY, isolation_level=None, check_same_thread=False
        )
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = FULL")
        self._sql.execute(_SCHEMA)

    async def aclose(self) -> None:
        if self._sql is not None:
            await self._in_thread(self._sql.close)
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (OSError, sqlite3.Error) as e:
            raise StoreFailed(f"{type(e).__name__}: {e}") from None

    @property
    def _rows(self) -> sqlite3.Connection:
        assert self._sql is not None  # started
        return self._sql

    async def all(self) -> list[Incident]:
        query = f"SELECT {_COLUMNS} FROM incidents ORDER BY opened DESC, rowid DESC"  # noqa: S608  (names of ours)
        return [Incident(*row) for row in await self._in_thread(lambda: self._rows.execute(query).fetchall())]

    async def add(self, one: Incident) -> None:
        await self._in_thread(lambda: self._add(one))

    def _add(self, one: Incident) -> None:
        row = (one.id, one.pack, one.reason, one.opened_by, one.opened, one.expires, one.ended, one.ended_by)
        self._rows.execute("INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._rows.execute(
            "DELETE FROM incidents WHERE ended IS NOT NULL AND id NOT IN "
            "(SELECT id FROM incidents ORDER BY opened DESC LIMIT ?)",
            (KEPT,),
        )

    async def end(self, ended: Incident) -> None:
        change = "UPDATE incidents SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL"
        await self._in_thread(lambda: self._rows.execute(change, (ended.ended, ended.ended_by, ended.id)))


def erase(path: str, person: Person, *, dry: bool) -> int:
    """Take somebody's name out of a file of incidents; returns in how many it stood. Raises ConfigError."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY, isolation_level=None)) as sql:
            rows = sql.execute("SELECT id, reason, opened_by, ended_by FROM incidents").fetchall()
            clean = [(*without(person, *row[1:]), row[0]) for row in rows]
            changed = [new for new, row in zip(clean, rows, strict=True) if new[:3] != row[1:]]
            if changed and not dry:
                sql.executemany("UPDATE incidents SET reason = ?, opened_by = ?, ended_by = ? WHERE id = ?", changed)
            if not dry:
                scrub(sql)
    except sqlite3.Error as e:
        raise ConfigError(f"the incidents in {path} can't be changed: SQLite says: {e}") from None
    return len(changed)


def without(person: Person, reason: str, opened_by: str, ended_by: str) -> tuple[str, str, str]:
    """The same without somebody's name."""
    opened, ended = (ERASED if person.named(one) else one for one in (opened_by, ended_by))
    return person.taken_out_of(reason), opened, ended
