"""Ranges of a training file read by Ray Data, on as many machines as its cluster has. The file lies where all can read it.

The ranges are those that one machine reads, and come back in their order, so that the report is the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guardproxy.cli._scan_runs import Local, Setup
from guardproxy.governance.training.tally import Tally
from guardproxy.types import ConfigError


class Ranges:
    """Reads ranges in a worker of Ray. Made once in each."""

    def __init__(self, setup: Setup, path: Path, plain: bool) -> None:
        self._local, self._path, self._plain = Local(setup), path, plain

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        tally = self._local.read(self._path, int(row["number"]), plain=self._plain)
        return {**row, "policy": self._local.guard.policy.digest, "tally": json.dumps(tally.as_json())}


def start(address: str) -> None:
    """Join a cluster, or begin one on this machine. Raises ConfigError without Ray."""
    try:
        import ray
        import ray.data
    except ImportError:
        raise ConfigError("--engine ray needs Ray Data; install it with: pip install 'guardproxy[ray]'") from None
    if not ray.is_initialized():
        more = {} if address else {"include_dashboard": False}
        ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **more)
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False


def stop() -> None:
    import ray

    ray.shutdown()


def tallies(
    setup: Setup, path: Path, first: int, end: int, *, plain: bool, workers: int
) -> Iterator[tuple[str, Tally]]:
    """(digest of the policy, tally) of each range from `first` on, before `end`, in order."""
    import ray

    if first >= end:
        return
    numbers = ray.data.from_items([{"number": number} for number in range(first, end)], override_num_blocks=end - first)
    pool = ray.data.ActorPoolStrategy(size=workers)
    read = numbers.map(Ranges, fn_constructor_args=(setup, path, plain), compute=pool)
    for expected, row in enumerate(read.iter_rows(), first):
        if row["number"] != expected:
            raise RuntimeError("Ray Data gave ranges back in another order")
        yield row["policy"], Tally.of_json(json.loads(row["tally"]))
