"""The store as the event loop uses it: what goes wrong is counted, and told as what it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from guardproxy.store import Owner, Row, Store, StoreError, Unreadable
from guardproxy.store import store as module
from guardproxy.store.database import MEMORY, Bounds

OWNER = Owner()


class Counts:
    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def store_failed(self, kind: str) -> None:
        self.seen[kind] += 1

    def store_evicted(self, rows: int) -> None:
        self.seen["evicted"] += rows


def row(id: str = "resp_1", payload: bytes = b"{}") -> Row:
    return Row(id, "response", OWNER, id, "digest", "allow", 1, payload)


def during(work: Callable[[Store], Coroutine[Any, Any, None]], **bounds: float) -> Counter[str]:
    counts = Counts()

    async def live() -> None:
        store = Store(MEMORY, None, Bounds(**bounds), counts)
        await store.start()
        try:
            await work(store)
        finally:
            await store.aclose()

    asyncio.run(live())
    return counts.seen


async def broken(store: Store, statement: str) -> None:
    await store._in_thread(lambda: store._database._sql.execute(statement).fetchall())


def test_rows_come_back_and_are_counted() -> None:
    async def work(store: Store) -> None:
        await store.put([row()])
        assert await store.get(OWNER, "response", "resp_1") == row()
        assert (store.rows, store.size > 500) == (1, True)
        assert await store.delete(OWNER, "response", "resp_1")
        assert (store.rows, store.size) == (0, 0)

    assert not during(work)


def test_a_changed_row_is_counted() -> None:
    async def work(store: Store) -> None:
        await store.put([row()])
        await broken(store, "UPDATE rows SET created = 7")
        with pytest.raises(Unreadable):
            await store.get(OWNER, "response", "resp_1")

    assert during(work) == {"unreadable": 1}


def test_what_is_too_large_is_counted_and_so_is_what_goes_for_others() -> None:
    async def work(store: Store) -> None:
        with pytest.raises(StoreError, match="larger"):
            await store.put([row(payload=b"x" * 2000)])
        for n in range(5):
            await store.put([row(f"resp_{n}", b"x" * 300)])

    assert during(work, payload=1000, size=3000) == {"too_large": 1, "evicted": 2}


def test_a_broken_file_is_counted() -> None:
    async def work(store: Store) -> None:
        await broken(store, "DROP TABLE rows")
        for attempt in (store.put([row()]), store.get(OWNER, "response", "x"), store.purge()):
            with pytest.raises(StoreError, match="can't be read or written"):
                await attempt

    assert during(work) == {"error": 3}


def test_what_expired_goes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PURGE", 0.02)

    async def work(store: Store) -> None:
        await store.put([row()])
        async with asyncio.timeout(5):
            while store.rows:  # noqa: ASYNC110  (nothing tells)
                await asyncio.sleep(0.01)

    assert not during(work, expire=0.05)


def test_one_that_was_not_started_says_so() -> None:
    async def live() -> None:
        store = Store(MEMORY, None, Bounds(), Counts())
        with pytest.raises(StoreError, match="not open"):
            await store.get(OWNER, "response", "x")
        await store.aclose()

    asyncio.run(live())
