"""`python -m bench.speed`: CPU per request and per token, in one run, interleaved: direct, bare relays, guardproxy.

The upstream and the load run on one core, the proxy under test on the other; every round measures every proxy in a random
order, and ratios are medians of the rounds' own ratios. Trust CPU and ratios first: wall-clock times depend on neighbours.

    --rounds N (5)    --seconds S per measurement (2)    --only NAME,NAME
    --profile         instead: where the time of guardproxy with the default policy goes, by function
"""

from __future__ import annotations

import argparse
import os
import pstats
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

from bench.speed import load

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVING = "server/|engine/|wire/|text/scan|text/bank|telemetry/|uvicorn|aiohttp|httpx|orjson|hyperscan|_re2"
"""What is shown of a profile: the work on requests, not that of starting."""
BASE = "starlette + httpx over aiohttp"
Rows = dict[tuple[str, str], list[float]]


@dataclass(frozen=True)
class Proxy:
    """One contestant; `command` gets the port and the upstream's base."""

    name: str
    command: tuple[str, ...]


def proxies() -> tuple[Proxy, ...]:
    serve = ("-m", "guardproxy", "serve", "--upstream", "{base}/v1", "--port", "{port}", "--admin-port", "{admin}",
             "--decision-log", "none")  # fmt: skip
    return (
        Proxy("direct", ()),
        Proxy("bare aiohttp", ("-m", "bench.speed.relay", "{port}", "{base}", "aiohttp")),
        Proxy(BASE, ("-m", "bench.speed.relay", "{port}", "{base}", "starlette")),
        Proxy("guardproxy, no rules", (*serve, "--policies", str(HERE / "no_rules"))),
        Proxy("guardproxy, default policy", (*serve, "--policies", str(ROOT / "policies"))),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(proxy: Proxy, upstream: int, core: int) -> Iterator[tuple[int, psutil.Process]]:
    """The proxy, up and warm, on one core."""
    port = free_port()
    values = {"port": str(port), "base": f"http://127.0.0.1:{upstream}", "admin": str(free_port())}
    command = [sys.executable, *(part.format(**values) for part in proxy.command)]
    child = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    try:
        wait(port, child)
        yield port, psutil.Process(child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()


def wait(port: int, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    body = b'{"model":"gpt-oss","messages":[{"role":"user","content":"hi"}]}'
    while time.monotonic() < end and child.poll() is None:
        try:
            url = f"http://127.0.0.1:{port}/v1/chat/completions"
            urllib.request.urlopen(
                urllib.request.Request(url, body, {"content-type": "application/json"}), timeout=5
            ).read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{child.args!r} did not come up")


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def measure(name: str, port: int, process: psutil.Process, seconds: float, rows: Rows) -> None:
    """All loads on one proxy, once."""
    for test, run in (
        ("whole", lambda: load.whole(port, 32, seconds)),
        ("tokens", lambda: load.streams(port, 64, seconds, 512, 0)),
        ("paced", lambda: load.streams(port, 64, seconds, 50, 0.02)),
    ):
        before = cpu(process)
        result = await run()
        if result.bad:
            raise SystemExit(f"{name}: {result.bad} bad replies in {test}")
        rows.setdefault((test, name), []).append((cpu(process) - before) / result.units * 1e6)
        if test == "paced":
            rows.setdefault(("first", name), []).append(statistics.median(result.first) * 1e3)
            transits = sorted(result.transits)
            rows.setdefault(("transit", name), []).append(transits[int(len(transits) * 0.99)] * 1e3)
            rows.setdefault(("events", name), []).append(result.events / result.units * 100)
    rows.setdefault(("memory", name), []).append(process.memory_info().rss / 2**20)


def show(rows: Rows, names: list[str]) -> None:
    """Medians, and medians of paired ratios."""
    columns = (
        ("whole", "us CPU/request", True), ("tokens", "us CPU/token", True), ("paced", "us/token at 50/s", True),
        ("first", "ms to first", False), ("transit", "ms transit p99", False), ("events", "% events", False),
        ("memory", "MiB", False),
    )  # fmt: skip
    print("\n" + " " * 34 + "".join(f"{title:>26}" if ratio else f"{title:>16}" for _, title, ratio in columns))
    for name in names:
        line = f"{name:<34}"
        for test, _, ratio in columns:
            values = rows[test, name]
            line += f"{statistics.median(values):>12.1f}" if ratio else f"{statistics.median(values):>16.1f}"
            if ratio:
                base = "bare aiohttp" if test == "tokens" else BASE
                pairs = zip(values, rows.get((test, base), []), strict=False)
                ratios = [a / b for a, b in pairs if b]
                line += f" ({statistics.median(ratios):>6.2f} x rel)" if ratios else " " * 14
        print(line)
    print(
        "\nrel: whole and paced against the starlette relay, tokens at full speed against bare aiohttp (no guard in either)"
    )


async def profile(seconds: float) -> None:
    """Run the default policy under cProfile and print its dearest functions, whole replies and streams apart."""
    serve = proxies()[-1].command
    with running(Proxy("mock", ("-m", "bench.speed.mock", "{port}")), 0, 0) as (upstream, _):
        for title, load_one in (
            ("whole replies", lambda port: load.whole(port, 8, seconds)),
            ("streams at full speed", lambda port: load.streams(port, 8, seconds, 512, 0)),
            ("streams at 50 tokens a second", lambda port: load.streams(port, 32, seconds, 50, 0.02)),
        ):
            with tempfile.NamedTemporaryFile() as file:
                with running(Proxy(title, ("-m", "cProfile", "-o", file.name, *serve)), upstream, 1) as (port, _):
                    result = await load_one(port)
                print(
                    f"\n{title}: {result.units} units under the profiler (which makes all of it several times slower)"
                )
                pstats.Stats(file.name).sort_stats("tottime").print_stats(SERVING, 25)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    if args.profile:
        await profile(args.seconds)
        return
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    chosen = [p for p in proxies() if not args.only or p.name in args.only.split(",") or p.name == "direct"]
    rows: Rows = {}
    with running(Proxy("mock", ("-m", "bench.speed.mock", "{port}")), 0, cores[0]) as (upstream, mock):
        from contextlib import ExitStack

        with ExitStack() as stack:
            up = {"direct": (upstream, mock)} | {
                p.name: stack.enter_context(running(p, upstream, cores[-1])) for p in chosen if p.command
            }
            for number in range(args.rounds + 1):
                order = random.sample(list(up.items()), len(up))
                for name, (port, process) in order:
                    await measure(name, port, process, args.seconds if number else 0.5, rows if number else {})
                print(f"round {number} of {args.rounds}{' (warm-up)' if not number else ''}", file=sys.stderr)
    show(rows, [p.name for p in chosen])


if __name__ == "__main__":
    uvloop.run(main())
