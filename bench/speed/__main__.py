"""`python -m bench.speed`: what a guarded request costs beside an unguarded one, and whether every bar is cleared.

One run, interleaved. The upstream and the load run on one core, the contestants on another; every round measures each of
them in a random order, and a ratio is the median of the rounds' own ratios, so that a noisy neighbour weighs on both sides.
Trust CPU and ratios first: wall-clock times depend on who else is there. Ends with 1 when a bar is missed.

    --rounds N (5)    --seconds S per measurement (2)    --only NAME,NAME: these contestants (others' bars are not run)
    --peers           LiteLLM and Portkey too; installs them on first use, into a cache folder
    --memory          resident memory after 2,000 and after 20,000 requests too
    --inside          instead: CPU of guardproxy's own code alone, in one process and without sockets
    --profile         instead: where the time of guardproxy with the default policy goes, by function
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
from contextlib import ExitStack

import uvloop

from bench.speed import load, peers
from bench.speed.contestants import DEFAULT, DIRECT, MOCK, PRESIDIO, Proxy, Running, cores, ours, presidio, running
from bench.speed.inside import inside
from bench.speed.profiling import profile
from bench.speed.report import Rows, bars, table

WARM = 0.5
"""Seconds of each load in the round that is not counted."""
FEW, MANY = 2_000, 20_000
"""Requests after which memory is read."""


async def measure(one: Running, seconds: float, rows: Rows) -> None:
    """All loads on one contestant, once."""
    name, port, head = one.proxy.name, one.port, one.headers
    loads = {
        "whole": lambda: load.whole(port, 32, seconds, head),
        "light": lambda: load.streams(port, 8, seconds, 64, 0, head),
        "tokens": lambda: load.streams(port, 64, seconds, 512, 0, head),
        "paced": lambda: load.streams(port, 64, seconds, 50, 0.02, head),
    }
    for test, run in loads.items():
        if one.proxy.slow and test in ("tokens", "paced"):
            continue
        before = one.cpu()
        result = await run()
        if result.bad:
            raise SystemExit(f"{name}: {result.bad} bad replies in {test}")
        rows.add(test, name, (one.cpu() - before) / result.units * 1e6)
        if test == "paced":
            transits = sorted(result.transits)
            rows.add("first", name, statistics.median(result.first) * 1e3)
            rows.add("transit", name, transits[int(len(transits) * 0.99)] * 1e3)
            rows.add("events", name, result.events / result.units * 100)
    rows.add("memory", name, one.memory())


def contestants(args: argparse.Namespace, upstream: int, notes: list[str]) -> list[Proxy]:
    """Who takes part; `notes` says who does not, and why."""
    found = list(ours())
    guarded, why = presidio()
    if guarded is not None:
        found.append(guarded)
    else:
        notes.append(f"NOT RUN  {PRESIDIO}: {why}")
    if args.peers:
        for make in (peers.litellm, peers.portkey):
            try:
                found.append(make(upstream))
            except (RuntimeError, OSError) as e:
                notes.append(f"NOT RUN  {make.__name__}: {e}")
    only = {name.strip() for name in args.only.split(",") if name.strip()}
    if unknown := only - {p.name for p in found}:
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are: {', '.join(p.name for p in found)}")
    return [p for p in found if not only or p.name in only or p.name == DIRECT]


async def memory(upstream: int, core: int) -> list[float]:
    """Resident memory of guardproxy after many requests, whole and streamed, over that after few."""
    guard = next(p for p in ours() if p.name == DEFAULT)
    with running(guard, upstream, core) as one:
        await load.requests(one.port, 32, FEW)
        few = one.memory()
        await load.requests(one.port, 32, MANY - FEW)
        many = one.memory()
    print(f"\nresident memory: {few:.1f} MiB after {FEW:,} requests, {many:.1f} MiB after {MANY:,}")
    return [many / few]


async def compare(args: argparse.Namespace, there: list[int]) -> int:
    rows, notes, grown = Rows(), [], []
    with ExitStack() as stack:
        mock = stack.enter_context(running(MOCK, 0, there[0]))
        taking_part = contestants(args, mock.port, notes)
        up = [
            stack.enter_context(running(p, mock.port, there[-1])) if p.command else Running(p, mock.port, mock.process)
            for p in taking_part
        ]
        for number in range(args.rounds + 1):
            for one in random.sample(up, len(up)):
                await measure(one, args.seconds if number else WARM, rows if number else Rows())
            print(f"round {number} of {args.rounds}{' (warm-up)' if not number else ''}", file=sys.stderr)
        if args.memory:
            grown = await memory(mock.port, there[-1])
    print("\n" + table(rows, [p.name for p in taking_part]))
    print(
        "\n(n x): against starlette + httpx over aiohttp; at full speed against the bare aiohttp relay. No guard in either."
    )
    print("\n".join(notes))
    return judge(rows, grown, "it is not installed" if args.peers else "give --peers")


def judge(rows: Rows, grown: list[float], why_no_peers: str) -> int:
    """Print every bar; 1 when one is missed."""
    found = bars(rows, grown, why_no_peers)
    print("\nbars:")
    for bar in found:
        print(bar.line())
    return int(any(bar.missed for bar in found))


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--inside", action="store_true")
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    there = cores()
    os.sched_setaffinity(0, {there[0]})
    if args.inside:
        await inside()
        return 0
    if args.profile:
        await profile(args.seconds, there)
        return 0
    return await compare(args, there)


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
