"""Who reads the ranges of a training file: this process, or several that each load the policy themselves."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from guardproxy import detectors
from guardproxy.cli.operator import services
from guardproxy.engine import Guard
from guardproxy.governance.training.lines import RANGE, lines
from guardproxy.governance.training.scanner import Scanner
from guardproxy.governance.training.tally import Tally
from guardproxy.policy.load import load_all
from guardproxy.policy.model import Policy
from guardproxy.text import PatternFilter
from guardproxy.types import GuardproxyError


@dataclass(frozen=True, slots=True)
class Setup:
    """What a process needs to read as every other one does."""

    policy: Path
    config: Path | None
    tenant: str
    model: str


class Local:
    """Reads ranges in this process."""

    def __init__(self, setup: Setup) -> None:
        self._runner = asyncio.Runner()
        try:
            self.guard = self._runner.run(self._start(setup))
        except BaseException:
            self._runner.close()
            raise
        self._scanner = Scanner(self.guard, model=setup.model, tenant=setup.tenant)

    @staticmethod
    async def _start(setup: Setup) -> Guard:
        known = services(setup.config, setup.policy)
        policies = load_all(setup.policy, *detectors.reading(known))
        policy = policies.of(setup.tenant)
        filters = detectors.build_filters(policy.filters, known)
        guard = Guard.build(policy, filters, detectors.build_monitors(policy.monitors))
        try:
            for one in guard.used:
                if not isinstance(one, PatternFilter):  # those only get ready for the first requests
                    await one.start()
        except BaseException:
            await guard.aclose()
            raise
        return guard

    @property
    def patient(self) -> bool:
        """A model reads every line: it has processes of its own, and one of ours keeps them busy."""
        return self._scanner.patient

    def read(self, path: Path, number: int, *, plain: bool) -> Tally:
        with path.open("rb") as file:
            some = lines(file, number * RANGE, (number + 1) * RANGE)
            return self._runner.run(self._scanner.read(some, plain=plain))

    def close(self) -> None:
        self._runner.run(self.guard.aclose())
        self._runner.close()


class Reader:
    """Reads a file's ranges, in order."""

    def __init__(self, setup: Setup, workers: int, *, cluster: str | None = None) -> None:
        """`cluster`: address of Ray's, empty for one of this machine; None: without Ray."""
        self._local, self._setup = Local(setup), setup
        self._cluster = cluster
        self._workers = 1 if self._local.patient and cluster is None else workers
        self._pool: ProcessPoolExecutor | None = None

    @property
    def policy(self) -> Policy:
        return self._local.guard.policy

    def tallies(self, path: Path, first: int, end: int, *, plain: bool) -> Iterator[Tally]:
        """One tally for each range from `first` on, before `end`."""
        if self._cluster is not None:
            from guardproxy.cli import _scan_ray

            _scan_ray.start(self._cluster)
            for digest, tally in _scan_ray.tallies(
                self._setup, path.resolve(), first, end, plain=plain, workers=self._workers
            ):
                yield self._same(digest, tally)
            return
        if self._workers < 2:
            yield from (self._local.read(path, number, plain=plain) for number in range(first, end))
            return
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, context, _begin, (self._setup,))
        waiting: deque[Future[tuple[str, Tally]]] = deque()
        number = first
        while waiting or number < end:
            while number < end and len(waiting) < 2 * self._workers:
                with _uninterrupted():
                    waiting.append(self._pool.submit(_read, path, number, plain))
                number += 1
            yield self._same(*waiting.popleft().result())

    def _same(self, digest: str, tally: Tally) -> Tally:
        """A tally that was made under this policy. Raises GuardproxyError for another."""
        if digest != self.policy.digest:
            raise GuardproxyError("the policy was changed while files were scanned; scan them again")
        return tally

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if self._cluster is not None and sys.modules.get("ray") is not None:
            from guardproxy.cli import _scan_ray

            _scan_ray.stop()
        self._local.close()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """What is started here ignores Ctrl-C: this process hears it, and tells the others to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_local: Local | None = None


def _begin(setup: Setup) -> None:
    """In a process of the pool, once."""
    global _local
    _local = Local(setup)


def _read(path: Path, number: int, plain: bool) -> tuple[str, Tally]:
    assert _local is not None
    return _local.guard.policy.digest, _local.read(path, number, plain=plain)
