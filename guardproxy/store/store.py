"""The store as the event loop uses it: one thread does the work, and every way in which it fails is counted."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol, TypeAlias, TypeVar

from guardproxy.store.database import MEMORY, Bounds, Database, TooLarge
from guardproxy.store.rows import Kind, Owner, Row, Unreadable
from guardproxy.telemetry.log import logger, place_of
from guardproxy.types import GuardproxyError

__all__ = ["MEMORY", "Bounds", "Store", "StoreError"]

PURGE = 60.0
"""Seconds between two looks for what has expired."""
Failure: TypeAlias = Literal["error", "unreadable", "too_large"]
_T = TypeVar("_T")


class StoreError(GuardproxyError):
    """The store could not do what it was asked to: a full disk, a broken file, too large a row."""


class Counts(Protocol):
    """Who counts what happens to the store."""

    def store_failed(self, kind: Failure) -> None: ...

    def store_evicted(self, rows: int) -> None: ...


class Store:
    """Rows of one file, or of memory. Start it before use, and close it."""

    def __init__(self, path: str, key: bytes | None, bounds: Bounds, counts: Counts) -> None:
        """`key` is any long random text; a store in memory does without."""
        self._path, self._bounds, self._counts = path, bounds, counts
        from guardproxy.store.sealing import Seal  # cryptography is some megabytes: only who keeps something pays

        self._seal = Seal(key or os.urandom(32))
        self._thread = ThreadPoolExecutor(1, "guardproxy-store")
        self._database: Database | None = None
        self._purging: asyncio.Task[None] | None = None

    @property
    def rows(self) -> int:
        return self._database.rows if self._database else 0

    @property
    def size(self) -> int:
        """Bytes."""
        return self._database.size if self._database else 0

    async def start(self) -> None:
        """Open the file. Raises ConfigError when that can't be done."""
        self._database = await self._in_thread(lambda: Database(self._path, self._seal, self._bounds))
        await self.purge()
        self._purging = asyncio.create_task(self._purge())

    async def aclose(self) -> None:
        if self._purging is not None:
            self._purging.cancel()
        if self._database is not None:
            await self._in_thread(self._database.close)
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _do(self, work: Callable[[Database], _T]) -> _T:
        database = self._database
        if database is None:
            raise StoreError("the store is not open")
        try:
            return await self._in_thread(lambda: self._counted(work, database))
        except Unreadable:
            self._counts.store_failed("unreadable")
            logger.error("a row of the store does not match its seal: it was changed, or moved")
            raise
        except TooLarge:
            self._counts.store_failed("too_large")
            raise StoreError("it is larger than the store takes") from None
        except sqlite3.Error as e:
            self._counts.store_failed("error")
            logger.error("%s at %s in the store", type(e).__name__, place_of(e))
            raise StoreError("the store can't be read or written now") from None

    def _counted(self, work: Callable[[Database], _T], database: Database) -> _T:
        before = database.evicted
        try:
            return work(database)
        finally:
            if database.evicted > before:
                self._counts.store_evicted(database.evicted - before)

    async def _purge(self) -> None:
        while True:
            await asyncio.sleep(PURGE)
            try:
                await self._do(Database.purge)
            except StoreError:  # counted and logged; what has expired is not read either way
                continue

    # ------------------------------------------------------------------------------------------------ rows
    # All raise StoreError; what reads raises Unreadable.

    async def get(self, owner: Owner, kind: Kind, id: str) -> Row | None:
        """A row, if it is there, has not expired and belongs to this owner."""
        return await self._do(lambda d: d.get(owner, kind, id))

    async def chain(self, owner: Owner, id: str, most: int) -> list[Row]:
        """A response and those before it, the first one first."""
        return await self._do(lambda d: d.chain(owner, id, most))

    async def items(self, owner: Owner, conversation: str) -> list[Row]:
        """The items of a conversation in their order."""
        return await self._do(lambda d: d.items(owner, conversation))

    async def named(self, owner: Owner, name: str) -> Row | None:
        """The newest row that holds an item of this name."""
        return await self._do(lambda d: d.named(owner, name))

    async def put(self, rows: Sequence[Row], conversation: str = "", items: Sequence[Row] = ()) -> bool:
        """Keep rows, and items at the end of a conversation: all or none. False where that conversation is not there."""
        return await self._do(lambda d: d.put(rows, conversation, items))

    async def delete(self, owner: Owner, kind: Kind, id: str) -> bool:
        """Delete a row and what belongs to it alone; False where there is none."""
        return await self._do(lambda d: d.delete(owner, kind, id))

    async def purge(self) -> int:
        """Delete what has expired; returns how many rows."""
        return await self._do(Database.purge)

    async def about(self, keys: Iterable[str]) -> int:
        """How many rows belong to these keys."""
        return await self._do(lambda d: d.about(keys))

    async def erase(self, keys: Iterable[str]) -> int:
        """Delete all that belongs to these keys; returns how many rows."""
        return await self._do(lambda d: d.erase(keys))
