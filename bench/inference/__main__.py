"""`python -m bench.inference`: what the models that filters ask cost on this machine, one thread, through the whole stack.

For each model and length: one text alone, and 32 at once (pipes and queue included), in milliseconds, texts a second, and
GFLOP/s against the machine's matmul peak, measured in the same run in a process of its own. Then all filters over one model on
a new message of 128 tokens and on the same message again, what a start takes, what processes weigh, and what waits of a
stream. CPU is the worker's own: on a busy machine it tells more than the clock.

    --models NAME[,NAME] (small)   --config FILE   --short (fewer repetitions)   --json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil

from bench.inference.peak import measured
from bench.inference.stream import TOKENS_PER_SECOND, streamed
from bench.inference.work import Texts, Work, work
from guardproxy import filters
from guardproxy.config import load_inference, named_file
from guardproxy.filters._model_filter import ModelFilter
from guardproxy.inference import models
from guardproxy.inference.classifier import Classifier
from guardproxy.types import Channel, Context, Direction, GuardproxyError, Origin, Report, Role

LENGTHS = (16, 32, 64, 128, 256)
MANY = 32
REPLY = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
MESSAGE = 128
"""Tokens."""
REPLY_CHARACTERS = 1600
BAR_NEW, BAR_SEEN = 15.0, 0.1
"""Milliseconds of all filters together on a message, new and seen before."""


async def _taken(times: int, work: Callable[[int], Awaitable[object]]) -> list[float]:
    """Seconds of each call, sorted."""
    out = []
    for number in range(times):
        started = time.perf_counter()
        await work(number)
        out.append(time.perf_counter() - started)
    return sorted(out)


def _cpu(one: Classifier) -> float:
    """Seconds of processor time that the workers took so far."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in one.pool.pids)


async def lengths(one: Classifier, texts: Texts, amount: Work, times: int) -> list[dict[str, float]]:
    """A row for each length."""
    rows = []
    for tokens in LENGTHS:
        singles = [texts.of(tokens) for _ in range(times + 2)]
        many = [[texts.of(tokens) for _ in range(MANY)] for _ in range(max(2, times // 10) + 1)]

        async def single(number: int, singles: list[str] = singles) -> None:
            await one.read("bench", [("user", f"{singles[number]}")])

        async def all_of(number: int, many: list[list[str]] = many) -> None:
            await one.read("bench", [("user", text) for text in many[number]])

        before = _cpu(one)
        alone = (await _taken(len(singles), single))[: len(singles) - 2]
        cpu = (_cpu(one) - before) / len(singles)
        together = await _taken(len(many), all_of)
        real = statistics.mean(texts.count(text) for text in singles)
        middle, batch = statistics.median(alone), statistics.median(together)
        rows.append(
            {
                "tokens": round(real, 1),
                "ms": 1e3 * middle,
                "ms_cpu": 1e3 * cpu,
                "ms_p95": 1e3 * alone[int(0.95 * (len(alone) - 1))],
                "ms_each_of_32": 1e3 * batch / MANY,
                "texts_per_second": MANY / batch,
                "tokens_per_second": MANY * real / batch,
                "gflops": amount.of(round(real)) / middle / 1e9,
                "gflops_of_32": MANY * amount.of(round(real)) / batch / 1e9,
            }
        )
    return rows


def all_filters(model: str) -> list[Any]:
    """Every filter that the shipped model is for."""
    made = [(kind, filters.module(kind)) for kind in filters.kinds()]
    models_of = [(kind, one.Config) for kind, one in made if issubclass(one.Filter, ModelFilter)]
    kinds = [kind for kind, config in models_of if config.model_fields["model"].default == models.SHIPPED]
    return [filters.build(kind, {"use": kind, "model": model}) for kind in kinds]


async def _feed(one: Any, text: str) -> None:
    report = one.open(REPLY, Context()).feed(text, last=True)
    if not isinstance(report, Report):
        await report


async def together(model: str, texts: Texts, times: int) -> dict[str, float]:
    """All filters on one message."""
    them = all_filters(model)
    await asyncio.gather(*(one.start() for one in them))
    try:
        classifier: Classifier = them[0].classifier
        messages = [texts.of(MESSAGE) for _ in range(times)]
        before, cpu = classifier.counts.windows, _cpu(classifier)
        new = await _taken(times, lambda n: asyncio.gather(*(_feed(one, messages[n]) for one in them)))
        read, cpu = classifier.counts.windows - before, _cpu(classifier) - cpu

        async def again(number: int) -> None:
            for one in them:
                await _feed(one, messages[number % times])

        seen = await _taken(max(500, times), again)
        worker = sum(psutil.Process(pid).memory_info().rss for pid in classifier.pool.pids)
    finally:
        for one in them:
            await one.aclose()
    return {
        "filters": len(them),
        "windows_read_per_message": read / times,
        "characters": statistics.mean(map(len, messages)),
        "ms_new": 1e3 * statistics.median(new),
        "ms_new_cpu": 1e3 * cpu / times,
        "ms_new_p95": 1e3 * new[int(0.95 * (times - 1))],
        "ms_seen": 1e3 * statistics.median(seen),
        "worker_mb": worker / 1e6,
        "serving_mb": psutil.Process().memory_info().rss / 1e6,
    }


async def model_figures(name: str, times: int) -> dict[str, Any]:
    """Everything about one model."""
    folder = Path(models.source(name).path)
    texts, amount = Texts(folder / "tokenizer.json"), work(folder / "model.onnx")
    started = time.perf_counter()
    classifier = await models.acquire(name)
    start = time.perf_counter() - started
    try:
        rows = await lengths(classifier, texts, amount, times)
    finally:
        await models.release(classifier)
    size = sum((folder / file).stat().st_size for file in os.listdir(folder))
    about = {"megabytes": size / 1e6, "start_seconds": start, "mflop_per_token": amount.per_token / 1e6}
    all_of, stream = await together(name, texts, times), await streamed(name, texts.long(REPLY_CHARACTERS))
    return {"model": name, **about, "lengths": rows, "together": all_of, "stream": stream}


def show(figures: dict[str, Any]) -> None:
    """The tables."""
    peak = figures["peak"]
    print(
        f"matmul peak of one thread: {peak['float32']:.0f} GFLOP/s float32, {peak['int8']:.0f} GOP/s int8; load average of the "
        f"machine {figures['load']:.1f} on {figures['cores']} cores"
    )
    for one in figures["models"]:
        print(
            f"\n{one['model']}: {one['megabytes']:.1f} MB, {one['mflop_per_token']:.1f} MFLOP a token, ready after "
            f"{one['start_seconds']:.2f} s; {figures['times']} repetitions, medians"
        )
        print(
            "| tokens | one, ms | CPU | p95 | 32 at once, ms each | texts/s | tokens/s | GFLOP/s, one | of 32 | of int8 peak |"
        )
        print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
        for row in one["lengths"]:
            alone = f"{row['ms']:.2f} | {row['ms_cpu']:.1f} | {row['ms_p95']:.2f} | {row['ms_each_of_32']:.2f}"
            rates = f"{row['texts_per_second']:.0f} | {row['tokens_per_second']:.0f} | {row['gflops']:.1f}"
            of_32 = f"{row['gflops_of_32']:.1f} | {row['gflops_of_32'] / peak['int8']:.0%}"
            print(f"| {row['tokens']:.0f} | {alone} | {rates} | {of_32} |")
        all_of = one["together"]
        what = f"{all_of['characters']:.0f} characters, {all_of['windows_read_per_message']:.1f} windows read"
        print(
            f"all {all_of['filters']} filters, a new message of {MESSAGE} tokens ({what}): {all_of['ms_new']:.2f} ms "
            f"(CPU {all_of['ms_new_cpu']:.1f}, p95 {all_of['ms_new_p95']:.2f}; bar {BAR_NEW:.0f}); "
            f"seen before: {all_of['ms_seen']:.3f} ms (bar {BAR_SEEN})"
        )
        for mode, row in one["stream"].items():
            print(
                f"a reply of {REPLY_CHARACTERS} characters, {mode}: {row['characters_waiting_mean']:.0f} characters wait "
                f"(most {row['characters_waiting_most']:.0f}), the first go out after {row['first_text_after_ms']:.0f} ms, "
                f"the end {row['end_after_the_last_delta_ms']:.0f} ms behind the last delta ({TOKENS_PER_SECOND} deltas/s)"
            )
        print(f"memory: worker {all_of['worker_mb']:.0f} MB, this process {all_of['serving_mb']:.0f} MB")


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.inference", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default=models.SHIPPED, help="names, with commas (small)")
    parser.add_argument("--config", type=Path, help="settings in YAML, for models of your own")
    parser.add_argument("--short", action="store_true", help="fewer repetitions")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    args = parser.parse_args()
    times = 15 if args.short else 100
    try:
        models.configure(load_inference(named_file(args.config, os.environ), os.environ))
        found = [asyncio.run(model_figures(name, times)) for name in args.models.split(",")]
    except GuardproxyError as e:
        print(f"bench.inference: {e}", file=sys.stderr)
        return 2
    figures = {"times": times, "cores": os.cpu_count(), "load": os.getloadavg()[0], "peak": measured(), "models": found}
    if args.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
