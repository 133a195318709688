"""What the gate costs the serving process, and what a read by a worker takes."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable

from bench.pii.subjects import ORIGIN, read, started
from guardproxy.types import Context, Filter, Report

PLAIN = (
    "the proxy reads each message with care and forwards it to client while Alice works in Paris for Siemens since May "
    "and nobody else knows why they cost so much; see (below), e.g. this: well-known"
)
DATA = " Write to alice.johnson@example.com or +1 415 555 0132, card 4111 1111 1111 1111. "


def prose(length: int, seed: int = 0) -> str:
    rng = random.Random(seed)
    words, out = PLAIN.split(), list[str]()
    while sum(map(len, out)) + len(out) < length:
        out.append(rng.choice(words))
    return " ".join(out)[:length]


def _clean(one: Filter, text: str) -> float:
    started_at = time.perf_counter()
    report = one.open(ORIGIN, Context()).feed(text, last=True)
    taken = time.perf_counter() - started_at
    assert isinstance(report, Report)
    return taken


def _streamed(one: Filter, text: str) -> float:
    scan = one.open(ORIGIN, Context())
    started_at = time.perf_counter()
    for at in range(0, len(text), 4):
        scan.feed(text[at : at + 4], last=False)
    return (time.perf_counter() - started_at) / (len(text) / 4)


def _median(measure: Callable[[], float], times: int) -> str:
    return f"{1e6 * statistics.median(measure() for _ in range(times)):9.1f} µs"


async def _timed(work: Callable[[], Awaitable[object]], times: int) -> str:
    taken = []
    for _ in range(times):
        started_at = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - started_at)
    return f"{1e6 * statistics.median(taken):9.1f} µs"


async def show() -> None:
    """Medians, in the serving process; reads by a worker are wall time."""
    text = prose(2048)
    numbers = prose(1000) + " in 2024, 17 of 42 at 10:45 " + prose(1000, 1)
    async with started(use="presidio") as one:
        print(f"2 KB of clean text, whole           {_median(lambda: _clean(one, text), 500)}")
        print(f"2 KB with small numbers, whole      {_median(lambda: _clean(one, numbers), 500)}")
        print(f"clean text, each delta of 4 letters {_median(lambda: _streamed(one, text), 30)}")
        planted = prose(1000) + DATA + prose(1000, 1)
        print(f"2 KB with three data, worker too    {await _timed(lambda: read(one, planted), 100)}")
