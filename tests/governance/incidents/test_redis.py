"""Incidents in a real Redis: shared by replicas, ended by nobody but people and time, whatever happens to Redis."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from guardproxy.governance.incidents import IncidentStore, UnknownIncident, Wanted
from guardproxy.governance.incidents.redis import KEY, RedisRows
from guardproxy.governance.incidents.rows import StoreFailed
from guardproxy.governance.person import ERASED, Person
from guardproxy.types import ConfigError
from tests.governance.quotas.support import need_redis, redis_server
from tests.patience import PATIENCE

WANTED = Wanted("lockdown", "keys leaked", 60.0, "jane")
SECRET = b"k" * 32
TESTS = 6


def run(tmp_path: Path, work: Callable[[Any, list[IncidentStore], list[float], Any], Awaitable[None]]) -> None:
    """Two replicas with one Redis; `work` gets the rows of the first, both stores, the time and the process."""
    need_redis(TESTS)

    async def whole() -> None:
        with redis_server(tmp_path) as (process, port):
            rows = [RedisRows(f"redis://127.0.0.1:{port}/0", None, SECRET) for _ in range(2)]
            now = [1000.0]
            stores = [IncidentStore(one, clock=lambda: now[0], elapsed=lambda: now[0]) for one in rows]
            for one in stores:
                await one.start()
            try:
                await work(rows[0], stores, now, (process, port))
            finally:
                for one in stores:
                    await one.aclose()

    asyncio.run(whole())


async def ids(store: IncidentStore) -> list[str]:
    return [one.id for one in await store.open()]


def test_replicas_see_the_same(tmp_path: Path) -> None:
    async def work(rows: Any, stores: list[IncidentStore], now: list[float], _: Any) -> None:
        here, there = stores
        one, two = await here.begin(WANTED), await there.begin(WANTED)
        assert set(await ids(here)) == set(await ids(there)) == {one.id, two.id}
        ended = await there.end(one.id, "joe")
        assert await ids(here) == [two.id] and await here.end(one.id, "jim") == ended, "once more changes nothing"
        with pytest.raises(UnknownIncident):
            await here.end("inc_0", "joe")
        now[0] = 1060.0
        await here.expire()
        assert await ids(there) == []
        assert {(one.opened_by, one.ended_by) for one in await there.all()} == {("jane", "joe"), ("jane", "guardproxy")}

    run(tmp_path, work)


def test_what_is_gone_from_redis_stays_in_force_and_is_put_back(tmp_path: Path, caplog: Any) -> None:
    async def work(rows: Any, stores: list[IncidentStore], now: list[float], _: Any) -> None:
        here, there = stores
        one = await here.begin(WANTED)
        await rows._client.commands.flushall()
        assert await ids(here) == [one.id] and f"{one.id} is gone from Redis" in caplog.text
        assert await ids(there) == [one.id], "put back"
        await here.end(one.id, "joe")
        await rows._client.commands.flushall()
        assert await ids(here) == [], "what has ended is not put back"

    run(tmp_path, work)


def test_nobody_else_opens_or_ends_one(tmp_path: Path, caplog: Any) -> None:
    async def work(rows: Any, stores: list[IncidentStore], now: list[float], process: Any) -> None:
        here, there = stores
        redis = rows._client.commands
        one, two = await here.begin(WANTED), await here.begin(WANTED)
        await there.all()
        first, second = [(await redis.hgetall(KEY))[i.id.encode()] for i in (one, two)]
        for forged in (first.replace(b'"ended":null', b'"ended":1.0'), second, first[32:], b"", b"{}"):
            await redis.hset(KEY, one.id, forged)
            assert one.id in await ids(here) and one.id in await ids(there)
        await redis.hset(KEY, "inc_more", first)
        assert set(await ids(there)) == {one.id, two.id}
        other = RedisRows(f"redis://127.0.0.1:{process[1]}/0", None, b"x" * 32)
        assert await other.all() == [], "another key"
        await other.aclose()
        assert "was not written with this GUARDPROXY_STORE_KEY" in caplog.text

    run(tmp_path, work)


def test_an_end_is_not_taken_back_by_an_old_entry(tmp_path: Path) -> None:
    async def work(rows: Any, stores: list[IncidentStore], now: list[float], _: Any) -> None:
        here, there = stores
        one = await here.begin(WANTED)
        old = (await rows._client.commands.hgetall(KEY))[one.id.encode()]
        await there.all()
        await here.end(one.id, "joe")
        await there.end(one.id, "jim")
        assert {i.ended_by for i in await here.all()} == {"joe"}, "the first end counts"
        await rows._client.commands.hset(KEY, one.id, old)
        assert await ids(there) == [one.id], "an old entry makes things stricter, never looser"

    run(tmp_path, work)


def test_a_redis_that_hangs_or_is_gone_ends_nothing(tmp_path: Path) -> None:
    async def work(rows: Any, stores: list[IncidentStore], now: list[float], process: Any) -> None:
        here, _ = stores
        one = await here.begin(WANTED)
        process[0].send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(StoreFailed, match="Redis at 127"):
            await here.all()
        assert time.monotonic() - began < PATIENCE
        process[0].send_signal(signal.SIGCONT)
        assert await ids(here) == [one.id]
        process[0].kill()
        process[0].wait()
        for asked in (here.all(), here.begin(WANTED), here.end(one.id, "joe"), here.expire()):
            with pytest.raises(StoreFailed):
                await asked
        late = IncidentStore(RedisRows(f"redis://127.0.0.1:{process[1]}/0", None, SECRET))
        with pytest.raises(ConfigError, match="nobody knows what is in force"):
            await late.start()
        await late.aclose()
        with redis_server(tmp_path, process[1]):  # it comes back, and knows nothing any more
            assert await ids(here) == [one.id]

    run(tmp_path, work)


def test_old_ones_go_and_people_can_be_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardproxy.governance.incidents.redis.KEPT", 3)

    async def work(rows: Any, stores: list[IncidentStore], now: list[float], _: Any) -> None:
        here, there = stores
        open_ = await here.begin(Wanted("lockdown", "Jane called", 6000, "Jane"))
        for _again in range(5):
            now[0] += 1
            await there.end((await there.begin(Wanted("lockdown", "why", 60, "joe"))).id, "jane")
        assert len(await here.all()) == 4 and await ids(here) == [open_.id], "what is open never goes"
        assert await rows.erase(Person("jane"), dry=True) == 4
        assert await rows.erase(Person("jane"), dry=False) == 4
        left = await there.all()
        assert {(one.reason, one.opened_by, one.ended_by) for one in left} == {
            (f"{ERASED} called", ERASED, ""), ("why", "joe", ERASED)
        }  # fmt: skip
        assert await rows.erase(Person("jane"), dry=False) == 0 and await ids(there) == [open_.id]

    run(tmp_path, work)
