"""Where the time of guardproxy goes, by function."""

from __future__ import annotations

import pstats
import tempfile
from dataclasses import replace

from bench.speed import load
from bench.speed.contestants import DEFAULT, MOCK, ours, running

SERVING = "server/|engine/|wire/|text/scan|text/bank|telemetry/|uvicorn|aiohttp|orjson|hyperscan|_re2"
"""What is shown of a profile: the work on requests, not that of starting."""


async def profile(seconds: float, cores: list[int]) -> None:
    """Run the default policy under cProfile and print its dearest functions, whole replies and streams apart."""
    guard = next(p for p in ours() if p.name == DEFAULT)
    with running(MOCK, 0, cores[0]) as mock:
        for title, run in (
            ("whole replies", lambda port: load.whole(port, 8, seconds)),
            ("streams at full speed", lambda port: load.streams(port, 8, seconds, 512, 0)),
            ("streams at 50 tokens a second", lambda port: load.streams(port, 32, seconds, 50, 0.02)),
        ):
            with tempfile.NamedTemporaryFile() as file:
                python, *rest = guard.command
                profiled = replace(guard, command=(python, "-m", "cProfile", "-o", file.name, *rest))
                with running(profiled, mock.port, cores[-1]) as one:
                    result = await run(one.port)
                print(f"\n{title}: {result.units} units under the profiler, which makes all of it several times slower")
                pstats.Stats(file.name).sort_stats("tottime").print_stats(SERVING, 25)
