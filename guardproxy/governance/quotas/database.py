"""Levels in a file of SQLite: they survive a restart, and the processes of one machine share them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Final, TypeVar

from guardproxy.governance.quotas.bucket import Level
from guardproxy.governance.quotas.store import Charge, Need, Slot, StoreLost, Take, Taken, Used, decided, microseconds
from guardproxy.governance.transaction import transaction
from guardproxy.types import ConfigError

LEASE: Final = 30.0
"""Seconds for which a slot is had without being renewed: what a process that was killed leaves behind."""
_SWEEP: Final = 1000
"""Requests after which full buckets are forgotten."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS levels (bucket TEXT PRIMARY KEY, at INTEGER, debt INTEGER, full REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slots (bucket TEXT, lease TEXT, expires INTEGER, PRIMARY KEY (bucket, lease)) WITHOUT ROWID;
"""
_T = TypeVar("_T")


class Database:
    """A store in a file. Every transaction is one thread's."""

    def __init__(self, path: str, timeout: float, clock: Callable[[], int] = microseconds) -> None:
        """`timeout`: seconds that a request may wait for the others of the machine."""
        self._path, self._timeout, self._clock = path, timeout, clock
        self._thread = ThreadPoolExecutor(1, "guardproxy-quotas")
        self._sql: sqlite3.Connection | None = None
        self._count = 0

    async def start(self) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        except (OSError, sqlite3.Error) as e:
            raise ConfigError(f"the quotas in {self._path} can't be opened: {e}") from None

    def _open(self) -> None:
        if not os.path.exists(self._path):  # noqa: PTH110
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._sql = sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = NORMAL")  # the power's end may cost the last moments, never the file
        self._sql.executescript(_SCHEMA)

    async def aclose(self) -> None:
        if self._sql is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._sql.close)
        self._thread.shutdown()

    # ------------------------------------------------------------------------------------------------ asking

    async def take(self, needs: Sequence[Need], lease: str) -> Taken:
        return await self._done(lambda: self._take(needs, lease))

    async def end(self, charges: Sequence[Charge], slots: Sequence[str], lease: str) -> None:
        await self._done(lambda: self._end(charges, slots, lease))

    async def renew(self, leases: Mapping[str, Sequence[str]]) -> None:
        now = dict(leases)  # what ends from here on is told to the thread behind this
        await self._done(lambda: self._renew(now))

    def now(self) -> int:
        return self._clock()

    async def used(self, most: int) -> Sequence[Used]:
        return await self._done(lambda: self._used(most))

    async def forget(self, bucket: str) -> bool:
        return await self._done(lambda: self._forget(bucket))

    async def _done(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (OSError, OverflowError, sqlite3.Error) as e:
            raise StoreLost(f"{type(e).__name__}: {e}") from None

    # ------------------------------------------------------------------------------------------------ in its thread

    def _change(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing, and nobody between reading and writing."""
        assert self._sql is not None  # started
        return transaction(self._sql)

    def _take(self, needs: Sequence[Need], lease: str) -> Taken:
        with self._change() as sql:
            now = self._clock()
            self._sweep(sql, now)
            levels = {n: self._level(sql, one, now) for n, one in enumerate(needs) if isinstance(one, Take)}
            count = "SELECT count(*) FROM slots WHERE bucket = ? AND expires > ?"
            had = {
                n: sql.execute(count, (one.bucket, now)).fetchone()[0]
                for n, one in enumerate(needs)
                if isinstance(one, Slot)
            }
            taken = decided(needs, levels, had)
            if taken.refused is None:
                for number, need in enumerate(needs):
                    if isinstance(need, Slot):
                        row = (need.bucket, lease, now + int(LEASE * 1e6))
                        sql.execute("INSERT OR REPLACE INTO slots VALUES (?, ?, ?)", row)
                    else:
                        self._keep(sql, need, taken.levels[number], now)
            return taken

    def _end(self, charges: Sequence[Charge], slots: Sequence[str], lease: str) -> None:
        with self._change() as sql:
            now = self._clock()
            for one in charges:
                self._keep(sql, one, one.rate.charged(self._level(sql, one, now), one.amount), now)
            gone = [(bucket, lease) for bucket in slots]
            sql.executemany("DELETE FROM slots WHERE bucket = ? AND lease = ?", gone)

    def _renew(self, leases: Mapping[str, Sequence[str]]) -> None:
        with self._change() as sql:
            until = self._clock() + int(LEASE * 1e6)
            rows = [(bucket, lease, until) for lease, buckets in leases.items() for bucket in buckets]
            sql.executemany("INSERT OR REPLACE INTO slots VALUES (?, ?, ?)", rows)

    def _used(self, most: int) -> list[Used]:
        with self._change() as sql:
            now = self._clock()
            levels = sql.execute(
                "SELECT bucket, at, debt FROM levels WHERE full > ? LIMIT ?", (now / 1e6, most)
            ).fetchall()
            slots = "SELECT bucket, count(*) FROM slots WHERE expires > ? GROUP BY bucket LIMIT ?"
            had = sql.execute(slots, (now, most)).fetchall()
        return [*(Used(b, Level(at, debt)) for b, at, debt in levels), *(Used(b, had=n) for b, n in had)][:most]

    def _forget(self, bucket: str) -> bool:
        with self._change() as sql:
            return sql.execute("DELETE FROM levels WHERE bucket = ?", (bucket,)).rowcount > 0

    @staticmethod
    def _level(sql: sqlite3.Connection, one: Take | Charge, now: int) -> Level:
        row = sql.execute("SELECT at, debt FROM levels WHERE bucket = ?", (one.bucket,)).fetchone()
        return one.rate.level(None if row is None else Level(*row), now)

    @staticmethod
    def _keep(sql: sqlite3.Connection, one: Take | Charge, level: Level, now: int) -> None:
        full = now / 1e6 + one.rate.full_in(level)
        sql.execute("INSERT OR REPLACE INTO levels VALUES (?, ?, ?, ?)", (one.bucket, level.at, level.debt, full))

    def _sweep(self, sql: sqlite3.Connection, now: int) -> None:
        """Forget full buckets: a full one and none are the same."""
        self._count += 1
        if self._count % _SWEEP == 1:
            sql.execute("DELETE FROM levels WHERE full < ?", (now / 1e6 - 120.0,))  # clocks may go back a little
            sql.execute("DELETE FROM slots WHERE expires < ?", (now,))
