"""Every store says the same: in memory, in a file, in Redis."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.governance.quotas import Charge, Memory, Rate, Slot, StoreLost, Take
from guardproxy.governance.quotas import store as stores
from guardproxy.governance.quotas.database import Database
from guardproxy.governance.quotas.store import Need, Store
from tests.governance.quotas.support import need_redis, redis_server
from tests.patience import PATIENCE

FEW = Rate(60, 60, 5)
REDIS_TESTS = 15


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    need_redis(REDIS_TESTS)
    with redis_server(tmp_path_factory.mktemp("redis")) as (_, port):
        yield port


def redis_at(port: int, timeout: float = 0.5) -> Any:
    from guardproxy.governance.quotas.redis import RedisStore

    return RedisStore(f"redis://127.0.0.1:{port}/0", None, timeout)


@pytest.fixture(params=["memory", "file", "redis"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Makes stores that share what they keep, where such a store can."""
    if request.param == "memory":
        one = Memory()
        return lambda: one
    if request.param == "file":
        return lambda: Database(str(tmp_path / "quotas.db"), 5.0)
    port = request.getfixturevalue("redis")
    return lambda: redis_at(port)


def run(made: Callable[[], Store], work: Callable[[Store], Any]) -> Any:
    async def whole() -> Any:
        store = made()
        await store.start()
        try:
            return await work(store)
        finally:
            await store.aclose()

    return asyncio.run(whole())


NUMBER = iter(range(1_000_000))


def name() -> str:
    """A bucket that no other test has."""
    return f"requests/60/key/{next(NUMBER)}"


HUGE = [
    (Rate(1, 86_400, 1), 5 * 10**11),
    (Rate(7, 86_400, 7), 1 << 54),
    (Rate(999_999_937, 3600, 999_999_937), 1 << 54),
]


@pytest.mark.parametrize(("rate", "amount"), HUGE)
def test_no_amount_is_too_large_to_be_owed(made: Callable[[], Store], rate: Rate, amount: int) -> None:
    """Nor does one hold up the others that are told behind it."""
    owed, other = name(), name()

    async def work(store: Store) -> None:
        for _ in range(2):
            await store.end([Charge(owed, rate, amount), Charge(other, FEW, 1)], [], "a")
        taken = await store.take([Take(owed, rate, 1)], "b")
        assert taken.refused == 0 and taken.wait >= 300_000
        await store.end([Charge(owed, rate, -amount)], [], "b")
        assert (await store.take([Take(owed, rate, 1)], "b")).refused is None
        left = (await store.take([Take(other, FEW, 1)], "b")).levels[0]
        assert FEW.left(left) in (2, 3)

    run(made, work)


def test_what_is_used_is_seen_and_can_be_forgotten(made: Callable[[], Store]) -> None:
    bucket, slots, other = name(), name().replace("requests", "streams"), name()

    async def work(store: Store) -> None:
        assert (await store.take([Take(bucket, FEW, 3), Slot(slots, 2)], "a")).refused is None
        assert (await store.take([Slot(slots, 2)], "b")).refused is None
        found = {one.bucket: one for one in await store.used(100_000)}
        assert FEW.left(FEW.level(found[bucket].level, store.now())) in (2, 3)
        assert found[slots].had == 2 and other not in found
        assert len(await store.used(1)) == 1
        await store.end([], [slots], "a")
        assert {one.bucket: one.had for one in await store.used(100_000)}[slots] == 1
        assert await store.forget(bucket)
        assert not await store.forget(bucket)
        assert bucket not in {one.bucket for one in await store.used(100_000)}
        assert (await store.take([Take(bucket, FEW, 5)], "a")).refused is None

    run(made, work)


def test_a_slot_that_ends_while_others_are_renewed_is_free(made: Callable[[], Store]) -> None:
    first, second = name(), name()

    async def work(store: Store) -> None:
        leases = {"a": [first], "b": [second]}
        for bucket, lease in ((first, "a"), (second, "b")):
            assert (await store.take([Slot(bucket, 1)], lease)).refused is None
        renewing = asyncio.create_task(store.renew(leases))
        await asyncio.sleep(0)
        del leases["b"]
        await store.end([], [second], "b")
        await renewing
        assert (await store.take([Slot(second, 1)], "c")).refused is None
        assert (await store.take([Slot(first, 1)], "c")).refused == 0

    run(made, work)


def test_all_or_nothing(made: Callable[[], Store]) -> None:
    small, large = name(), name()

    async def work(store: Store) -> None:
        needs: list[Need] = [Take(large, Rate(100, 60, 100), 1), Take(small, Rate(1, 60, 1), 1)]
        assert (await store.take(needs, "a")).refused is None
        second = await store.take(needs, "b")
        assert second.refused == 1 and 55 < second.wait <= 60
        assert needs[0].rate.left(second.levels[0]) == 99, "nothing was taken of the other"

    run(made, work)


def test_exactly_the_burst_is_granted_to_many_at_once(made: Callable[[], Store]) -> None:
    bucket = name()

    async def work(store: Store) -> None:
        slow = Rate(1, 86_400, 20)
        said = await asyncio.gather(*(store.take([Take(bucket, slow, 1)], f"{n}") for n in range(50)))
        assert sum(one.refused is None for one in said) == 20

    run(made, work)


def test_what_was_used_beyond_is_charged_and_too_much_given_back(made: Callable[[], Store]) -> None:
    bucket = name()
    rate = Rate(10, 86_400, 10)

    async def work(store: Store) -> None:
        assert (await store.take([Take(bucket, rate, 4)], "a")).refused is None
        await store.end([Charge(bucket, rate, 3)], [], "a")
        taken = await store.take([Take(bucket, rate, 3)], "b")
        assert taken.refused is None and rate.left(taken.levels[0]) == 0
        await store.end([Charge(bucket, rate, -2)], [], "b")
        taken = await store.take([Take(bucket, rate, 3)], "c")
        assert taken.refused == 0 and rate.left(taken.levels[0]) == 2
        await store.end([Charge(bucket, rate, 100)], [], "c")
        assert (await store.take([Take(bucket, rate, 1)], "d")).wait > 86_400 * 9, "debts count"

    run(made, work)


def test_slots_are_had_by_so_many_and_free_again(made: Callable[[], Store]) -> None:
    bucket = name()

    async def work(store: Store) -> None:
        said = [await store.take([Slot(bucket, 2)], lease) for lease in "abc"]
        assert [one.refused for one in said] == [None, None, 0] and said[2].wait == stores.SLOT_WAIT
        await store.end([], [bucket], "a")
        await store.end([], [bucket], "a")
        assert (await store.take([Slot(bucket, 2)], "d")).refused is None
        assert (await store.take([Slot(bucket, 2)], "e")).refused == 0
        await store.renew({"b": [bucket], "d": [bucket]})
        assert (await store.take([Slot(bucket, 2)], "e")).refused == 0

    run(made, work)


@pytest.mark.parametrize("kind", ["file", "redis"])
def test_slots_of_who_was_killed_become_free(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guardproxy.governance.quotas import database

    monkeypatch.setattr(database, "LEASE", 0.2)
    if kind == "redis":
        port = request.getfixturevalue("redis")
        from guardproxy.governance.quotas import redis as module

        monkeypatch.setattr(module, "LEASE", 0.2)
        store: Store = redis_at(port)
    else:
        store = Database(str(tmp_path / "quotas.db"), 5.0)
    bucket = name()

    async def work(store: Store) -> None:
        assert (await store.take([Slot(bucket, 1)], "killed")).refused is None
        assert (await store.take([Slot(bucket, 1)], "next")).refused == 0
        await asyncio.sleep(0.3)
        assert (await store.take([Slot(bucket, 1)], "next")).refused is None

    run(lambda: store, work)


def test_a_file_survives_a_restart(tmp_path: Path) -> None:
    rate, bucket = Rate(1, 86_400, 3), name()

    async def work(store: Store) -> int:
        said = [await store.take([Take(bucket, rate, 1)], "a") for _ in range(2)]
        return sum(one.refused is None for one in said)

    file = lambda: Database(str(tmp_path / "quotas.db"), 5.0)  # noqa: E731
    assert [run(file, work) for _ in range(3)] == [2, 1, 0]
    assert (tmp_path / "quotas.db").stat().st_mode & 0o077 == 0


def _takes(path: str, count: int) -> int:
    async def work(store: Store) -> int:
        return sum([(await store.take([Take("shared", Rate(1, 86_400, 30), 1)], "x")).refused is None
                    for _ in range(count)])  # fmt: skip

    return int(run(lambda: Database(path, 10.0), work))


def test_processes_of_one_machine_share_a_file(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        granted = pool.starmap(_takes, [(str(tmp_path / "quotas.db"), 25)] * 2)
    assert sum(granted) == 30


@given(st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(0, 8), st.integers(-3, 8)), max_size=15))
@settings(max_examples=20)
def test_a_file_and_memory_agree(steps: list[tuple[int, int, int]]) -> None:
    now = [1_700_000_000_000_000]

    async def work(file: str) -> None:
        both: list[Store] = [Memory(lambda: now[0]), Database(file, 1.0, lambda: now[0])]
        for store in both:
            await store.start()
        for passed, amount, more in steps:
            now[0] += passed
            said = [await store.take([Take("b", FEW, amount)], "x") for store in both]
            assert said[0] == said[1]
            for store in both:
                await store.end([Charge("b", FEW, more)], [], "x")
        for store in both:
            await store.aclose()

    with TemporaryDirectory() as folder:
        asyncio.run(work(f"{folder}/quotas.db"))


def test_a_file_that_others_hold_is_lost_and_not_waited_for(tmp_path: Path) -> None:
    import sqlite3

    path = str(tmp_path / "quotas.db")

    async def work(store: Store) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(StoreLost, match="OperationalError"):
            await store.take([Take("b", FEW, 1)], "a")
        assert time.monotonic() - began < PATIENCE
        other.execute("ROLLBACK")
        other.close()
        assert (await store.take([Take("b", FEW, 1)], "a")).refused is None

    run(lambda: Database(path, 0.1), work)


@given(steps=st.lists(st.tuples(st.integers(0, 8), st.integers(-3, 8)), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None)
def test_redis_counts_as_memory_does(redis: int, steps: list[tuple[int, int]]) -> None:
    slow = Rate(7, 86_400, 23)  # nothing flows in while this runs
    bucket = name()

    async def work(store: Store) -> None:
        memory = Memory()
        for amount, more in steps:
            first = await memory.take([Take(bucket, slow, amount)], "x")
            second = await store.take([Take(bucket, slow, amount)], "x")
            assert first.refused == second.refused and abs(first.wait - second.wait) < 5
            assert slow.left(first.levels[0]) == slow.left(second.levels[0])
            for one in (memory, store):
                await one.end([Charge(bucket, slow, more)], [], "x")

    run(lambda: redis_at(redis), work)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["stopped", "hung"])
def test_a_redis_that_is_gone_costs_its_time_and_no_more(how: int, tmp_path: Path) -> None:
    need_redis(2)

    async def work(store: Any, process: subprocess.Popen[bytes]) -> list[float]:
        assert (await store.take([Take("b", FEW, 1)], "a")).refused is None
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()
        took = []
        for _ in range(6):
            began = time.monotonic()
            with pytest.raises(StoreLost):
                await store.take([Take("b", FEW, 1)], "a")
            took.append(time.monotonic() - began)
        if how == signal.SIGSTOP:
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(1.1)
            assert (await store.take([Take("b", FEW, 1)], "a")).refused is None, "it is asked again"
        return took

    with redis_server(tmp_path) as (process, port):
        took = run(lambda: redis_at(port, 0.1), lambda store: work(store, process))
    assert max(took) < 0.5, "each question has its time"
    assert max(took[3:]) < 0.05, "then it is left in peace"


def test_redis_forgets_its_scripts_and_goes_on(redis: int) -> None:
    async def work(store: Any) -> None:
        bucket = name()
        assert (await store.take([Take(bucket, FEW, 1)], "a")).refused is None
        await store._client.commands.script_flush()
        assert (await store.take([Take(bucket, FEW, 1)], "a")).refused is None

    run(lambda: redis_at(redis), work)


def test_redis_keys_go_by_themselves(redis: int) -> None:
    async def work(store: Any) -> None:
        bucket, slot = name(), name()
        await store.take([Take(bucket, FEW, 5), Slot(slot, 2)], "a")
        from guardproxy.governance.quotas.redis import PREFIX

        assert 0 < await store._client.commands.ttl(PREFIX + bucket) < 200
        assert 0 < await store._client.commands.ttl(PREFIX + slot) < 60

    run(lambda: redis_at(redis), work)


def test_memory_does_not_grow_with_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_BUCKETS", 100)
    store = Memory()

    async def work() -> None:
        for n in range(1000):
            await store.take([Take(f"b{n}", FEW, 1 + n % 5)], "x")

    asyncio.run(work())
    assert len(store._levels) <= 101


def test_who_sets_the_clock_fills_no_bucket_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(store: Store) -> None:
        need: list[Need] = [Take("a", Rate(1, 86_400, 1), 1)]
        assert (await store.take(need, "a")).refused is None
        monkeypatch.setattr(time, "time_ns", lambda: 2**62)
        assert (await store.take(need, "b")).refused == 0

    run(Memory, work)
