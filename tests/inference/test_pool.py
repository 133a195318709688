"""The pool of worker processes: nothing that a worker does can hang, fill or outlive the serving process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.inference import MAX_MESSAGE, Overloaded, Pool, WorkerError, frames
from guardproxy.types import ConfigError

ROOT = Path(__file__).parents[2]
MODULE = "tests.inference.workers"


@asynccontextmanager
async def pool(options: dict[str, Any] | None = None, **how: Any) -> AsyncIterator[Pool]:
    one = Pool(MODULE, options or {}, **how)
    await one.start()
    try:
        yield one
    finally:
        await one.aclose()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


async def echo(one: Pool, value: Any) -> Any:
    return await one.call({"do": "echo", "value": value})


def test_calls_are_answered_in_their_own_order() -> None:
    async def go() -> None:
        async with pool(workers=2) as one:
            assert await asyncio.gather(*(echo(one, n) for n in range(50))) == list(range(50))
            assert len(one.pids) == 2 and one.about["pid"] in one.pids

    asyncio.run(go())


@settings(max_examples=60)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4), max_leaves=8))
def test_messages_arrive_as_they_are(value: Any) -> None:
    import io

    assert frames.read(io.BytesIO(frames.pack(value))) == value


@pytest.mark.parametrize("data", [b"\0", b"\0\0\0\5abc", b"\xff\xff\xff\xff"])
def test_broken_frames_are_told(data: bytes) -> None:
    import io

    with pytest.raises(frames.FrameError):
        frames.read(io.BytesIO(data))


def test_surrogates_and_noise_do_no_harm() -> None:
    async def go() -> None:
        async with pool() as one:
            assert await echo(one, "a\ud800b") == "a\ud800b"
            await one.call({"do": "print"})
            assert await echo(one, 1) == 1

    asyncio.run(go())


def test_an_error_of_the_model_says_no_text_and_costs_no_worker() -> None:
    async def go() -> None:
        async with pool() as one:
            with pytest.raises(WorkerError, match="ValueError") as e:
                await one.call({"do": "raise"})
            assert "secret" not in str(e.value)
            assert await echo(one, 1) == 1
            assert one.restarts == 0

    asyncio.run(go())


@pytest.mark.parametrize(
    "request_", [{"do": "die"}, {"do": "long", "bytes": MAX_MESSAGE + 1}], ids=["dies", "too long"]
)
def test_a_dead_worker_is_replaced(request_: dict[str, Any]) -> None:
    async def go() -> None:
        async with pool() as one:
            before = one.pids
            with pytest.raises(WorkerError):
                await one.call(request_)
            assert await echo(one, "again") == "again"
            assert one.restarts == 1 and not set(before) & set(one.pids)
            assert all(gone(pid) for pid in before)

    asyncio.run(go())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_worker_that_dies_idle_is_replaced(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """The loop that serves says it in its own way when a pipe was closed long ago."""

    async def run() -> None:
        async with pool() as one:
            assert await echo(one, "1") == "1"
            [pid] = one.pids
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.5)
            with pytest.raises(WorkerError):
                await echo(one, "2")
            assert await echo(one, "3") == "3"
            assert one.pids != (pid,)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(run())


@pytest.mark.parametrize("how", ["deadline", "cancelled"])
def test_a_stuck_worker_is_killed_and_replaced(how: str) -> None:
    async def go() -> None:
        async with pool(deadline=0.5 if how == "deadline" else 60.0) as one:
            (stuck,) = one.pids
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5 if how == "cancelled" else 60):
                    await one.call({"do": "spin"})
            one.deadline = 20.0
            assert await echo(one, "again") == "again"
            assert gone(stuck) and one.restarts == 1

    asyncio.run(go())


def test_a_caller_that_goes_away_costs_no_restart() -> None:
    async def go() -> None:
        async with pool() as one:
            for _ in range(5):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await one.call({"do": "sleep", "seconds": 0.1})
            assert await echo(one, "mine") == "mine", "never the answer to another's call"
            assert one.restarts == 0

    asyncio.run(go())


def test_a_full_queue_is_told_at_once() -> None:
    async def go() -> None:
        async with pool(queue=2) as one:
            busy = [asyncio.create_task(one.call({"do": "sleep", "seconds": 0.3})) for _ in range(3)]
            await asyncio.sleep(0.05)
            with pytest.raises(Overloaded):
                await echo(one, 1)
            assert all(isinstance(pid, int) for pid in await asyncio.gather(*busy))

    asyncio.run(go())


def test_long_requests_are_refused_and_do_no_harm() -> None:
    async def go() -> None:
        async with pool() as one:
            with pytest.raises(WorkerError, match="longer"):
                await echo(one, "x" * MAX_MESSAGE)
            assert await echo(one, "x" * 1_000_000) == "x" * 1_000_000

    asyncio.run(go())


def test_workers_reach_no_network() -> None:
    async def go() -> None:
        async with pool() as one:
            assert await one.call({"do": "connect"}) == "NoNetwork"

    asyncio.run(go())


@pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: limits of address space are set on Linux only")
def test_memory_is_bounded() -> None:
    async def go() -> None:
        async with pool(memory=1 << 30) as one:
            with pytest.raises(WorkerError, match="MemoryError"):
                await one.call({"do": "allocate", "bytes": 2 << 30})
            assert await echo(one, 1) == 1

    asyncio.run(go())


@pytest.mark.parametrize(
    ("options", "said"),
    [({"refuse": 1}, "install the thing"), ({"crash": 1}, "it broke"), ({"exit": 1}, "did not get ready")],
)
def test_a_worker_that_cannot_start_is_a_config_error(options: dict[str, Any], said: str) -> None:
    async def go() -> None:
        one = Pool(MODULE, options, workers=2)
        with pytest.raises(ConfigError, match=said):
            await one.start()
        assert not one.pids
        with pytest.raises(WorkerError, match="not started"):
            await echo(one, 1)

    asyncio.run(go())


def test_closing_ends_what_is_stuck() -> None:
    async def go() -> tuple[int, ...]:
        one = Pool(MODULE, {}, workers=2)
        await one.start()
        pids = one.pids
        stuck = asyncio.create_task(one.call({"do": "spin"}))
        await asyncio.sleep(0.1)
        await one.aclose()
        with pytest.raises(WorkerError):
            await stuck
        await one.aclose()
        return pids

    assert all(gone(pid) for pid in asyncio.run(go()))


PARENT = """
import asyncio
from guardproxy.inference import Pool

async def main():
    pool = Pool("tests.inference.workers", {}, workers=2)
    await pool.start()
    print(*pool.pids, flush=True)
    await pool.call({"do": BUSY, "seconds": 100})
    await asyncio.sleep(100)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: needs prctl")
@pytest.mark.parametrize("busy", ["spin", "sleep", "echo"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(busy: str, end: signal.Signals) -> None:
    code = PARENT.replace("BUSY", repr(busy)).replace('"seconds"', '"value": 1, "seconds"')
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2 and not any(map(gone, pids))
        time.sleep(0.1)
        parent.send_signal(end)
        parent.wait()
        assert until(lambda: all(map(gone, pids)))
