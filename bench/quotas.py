"""What a quota costs a request: four buckets and a slot taken and ended, in memory, in a file, in Redis.

    python -m bench.quotas [--requests N] [--at-once N]

Redis is run where `redis-server` and redis-py are there; then it is hung (SIGSTOP), and what a question costs is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from guardproxy.governance.quotas import Charge, Memory, Rate, Slot, StoreLost, Take
from guardproxy.governance.quotas.database import Database
from guardproxy.governance.quotas.store import Need, Store

RATE = Rate(1_000_000_000, 60, 1_000_000_000)
NEEDS: list[Need] = [
    Take("requests/key", RATE, 1),
    Take("tokens/key", RATE, 700),
    Take("requests/tenant", RATE, 1),
    Take("cost/tenant", RATE, 20),
    Slot("streams/key", 1_000_000),
]


async def one(store: Store, lease: str) -> float:
    began = time.perf_counter()
    taken = await store.take(NEEDS, lease)
    took = time.perf_counter() - began
    assert taken.refused is None
    await store.end([Charge("tokens/key", RATE, -200)], ["streams/key"], lease)
    return took


async def many(store: Store, requests: int, at_once: int) -> list[float]:
    async def client(number: int) -> list[float]:
        return [await one(store, f"{number}-{n}") for n in range(requests // at_once)]

    return [t for times in await asyncio.gather(*map(client, range(at_once))) for t in times]


def said(what: str, times: list[float], seconds: float) -> None:
    ms = sorted(t * 1000 for t in times)
    p99 = ms[min(len(ms) - 1, int(len(ms) * 0.99))]
    print(f"{what:28} p50 {statistics.median(ms):8.3f} ms   p99 {p99:8.3f} ms   {len(ms) / seconds:9.0f} requests/s")


async def measure(what: str, store: Store, requests: int, at_once: int) -> None:
    await store.start()
    for clients in (1, at_once):
        began = time.perf_counter()
        times = await many(store, requests, clients)
        said(f"{what}, {clients} at once", times, time.perf_counter() - began)


async def hung(store: Store) -> None:
    times = []
    for _ in range(20):
        began = time.perf_counter()
        try:
            await store.take(NEEDS, "x")
        except StoreLost:
            times.append(time.perf_counter() - began)
    print(f"{'Redis hung':28} {len(times)} of 20 lost; longest {max(times) * 1000:.1f} ms, the 17 after the third "
          f"{max(times[3:]) * 1000:.2f} ms at most")  # fmt: skip


async def with_redis(requests: int, at_once: int, folder: str) -> None:
    from guardproxy.governance.quotas.redis import RedisStore

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        await asyncio.sleep(0.5)
        store = RedisStore(f"redis://127.0.0.1:{port}/0", None, 1.0)
        await measure("Redis", store, requests, at_once)
        await store.aclose()
        quick = RedisStore(f"redis://127.0.0.1:{port}/0", None, 0.1)
        await one(quick, "warm")
        server.send_signal(signal.SIGSTOP)
        await hung(quick)
        server.send_signal(signal.SIGCONT)
    finally:
        server.kill()
        server.wait()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=32)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        await measure("memory", Memory(), args.requests, args.at_once)
        file = Database(str(Path(folder) / "quotas.db"), 5.0)
        await measure("file", file, args.requests, args.at_once)
        await file.aclose()
        if shutil.which("redis-server") and importlib.util.find_spec("redis"):
            await with_redis(args.requests, args.at_once, folder)
        else:
            print("Redis: NOT RUN, there is no redis-server or no redis-py")


if __name__ == "__main__":
    asyncio.run(main())
