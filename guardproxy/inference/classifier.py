"""One text classifier, shared by all who use it: filters, policies, requests.

What is asked while the worker is busy waits in one queue and goes to it together; nothing waits for company when the worker
is idle. A text that is being read is read once, however many ask. A full queue is told at once.
"""

from __future__ import annotations

import asyncio
import base64
import math
import struct
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guardproxy.inference.pool import Overloaded, Pool, WorkerError
from guardproxy.inference.score_cache import Key, ScoreCache
from guardproxy.types import Json

Said = tuple[str, str]
"""Who says a text (a role of the model), and the text."""

MAX_WINDOWS, MAX_CHARACTERS = 32, 20_000
"""Of one batch."""
TURN = 0.25
"""Seconds that a batch may take by what the last ones took. Who comes behind it waits so long at most, and nobody is late
because others were put into the same batch."""
_PACE = 0.015
"""Seconds of a window, where the worker doesn't tell what one took when it started."""
SHARE = 64
"""Texts of one ask that wait at once, so that a long text doesn't fill the queue."""
_BASE, _PER_WINDOW = 5.0, 0.5
"""Seconds of a batch after which its worker counts as stuck. Who asks gives up long before."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What is to run, and what it says."""

    name: str
    """As policies name it."""
    module: str
    """What the worker loads."""
    options: Mapping[str, Any] = field(hash=False)
    """For the worker."""
    labels: tuple[str, ...]
    """In the order of the scores."""
    first: frozenset[str]
    """Labels for which the first window of a text speaks."""
    roles: frozenset[str]
    width: int
    """Characters of a window."""
    step: int
    digest: str
    memory: int = 4 << 30
    """Bytes of address space of a worker."""
    pace: float = _PER_WINDOW
    """Seconds of a window after which a worker counts as stuck."""
    start: float = 60.0
    """Seconds after which a worker that is not ready counts as stuck."""


@dataclass(slots=True)
class Counts:
    """What a model did since the process began."""

    seconds: float = 0.0
    """That its workers were busy."""
    windows: int = 0
    """Texts that it read."""
    hits: int = 0
    """Texts that it had read before."""
    refused: int = 0
    """Asks that found the queue full."""


@dataclass(eq=False, slots=True)
class _Ask:
    """Somebody waits for some texts."""

    left: int
    done: asyncio.Future[None]


@dataclass(eq=False, slots=True)
class _Job:
    """A text that waits for the worker, or is with it."""

    key: Key
    said: Said
    asks: list[_Ask] = field(default_factory=list)
    scores: bytes = b""
    alone: bool = False
    """A batch with it failed: it must not take others with it again."""


class Classifier:
    """Made and started by `models.acquire`. Belongs to one event loop."""

    def __init__(
        self,
        spec: Spec,
        *,
        workers: int = 1,
        cache: int = 32_000_000,
        queue: int = 512,
        counts: Counts | None = None,
        start_deadline: float | None = None,
    ) -> None:
        """`cache`: bytes; `queue`: texts that may wait."""
        self.spec, self.queue, self.counts = spec, queue, counts or Counts()
        self.cache = ScoreCache(cache, spec.digest)
        self.pool = Pool(
            spec.module,
            spec.options,
            workers=workers,
            start_deadline=spec.start if start_deadline is None else start_deadline,
            memory=spec.memory,
        )
        self._scores = struct.Struct(f"<{len(spec.labels)}e")
        self._free, self._pace = workers, _PACE
        self._jobs: dict[Key, _Job] = {}
        self._pending: dict[Key, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = self._closed = False

    async def start(self) -> None:
        """Load the model. Raises ConfigError with what an operator has to do."""
        await self.pool.start()
        self._pace = max(1e-4, float(self.pool.about.get("seconds", _PACE)))

    async def aclose(self) -> None:
        """End the workers. Whoever still waits gets an error."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in list(self._jobs.values()):
            self._fail(job, WorkerError("the model was closed"))
        await self.pool.aclose()

    @property
    def waiting(self) -> int:
        """Texts that wait for a worker."""
        return len(self._pending)

    # -------------------------------------------------------------------------------------------- asking

    def known(self, tenant: str, texts: Sequence[Said]) -> list[bytes] | None:
        """The packed scores of these texts if all of them were read before."""
        out = []
        for role, text in texts:
            scores = self.cache.get(self.cache.key(tenant, role, text))
            if scores is None:
                return None
            out.append(scores)
        self.counts.hits += len(out)
        return out

    async def read(self, tenant: str, texts: Sequence[Said]) -> list[bytes]:
        """The packed scores of these texts. Raises Overloaded, TimeoutError, WorkerError."""
        out: list[bytes] = []
        for at in range(0, len(texts), SHARE):
            out += await self._some(tenant, texts[at : at + SHARE])
        return out

    def unpack(self, scores: bytes) -> tuple[float, ...]:
        """Calibrated logits by label; 0 is the operating point."""
        return self._scores.unpack(scores)

    async def _some(self, tenant: str, texts: Sequence[Said]) -> list[bytes]:
        keys = [self.cache.key(tenant, role, text) for role, text in texts]
        scores: dict[Key, bytes] = {}
        wanted: dict[Key, Said] = {}
        for key, said in zip(keys, texts, strict=True):
            if (value := self.cache.get(key)) is not None:
                scores[key] = value
                self.counts.hits += 1
            else:
                wanted[key] = said
        if wanted:
            scores |= await self._wait(wanted)
        return [scores[key] for key in keys]

    async def _wait(self, wanted: Mapping[Key, Said]) -> dict[Key, bytes]:
        if self._closed:
            raise WorkerError("the model was closed")
        new = [key for key in wanted if key not in self._jobs]
        if len(self._pending) + len(new) > self.queue:
            self.counts.refused += 1
            raise Overloaded(f"{len(self._pending)} texts wait already")
        ask = _Ask(len(wanted), asyncio.get_running_loop().create_future())
        for key in new:
            self._jobs[key] = self._pending[key] = _Job(key, wanted[key])
        jobs = [self._jobs[key] for key in wanted]
        for job in jobs:
            job.asks.append(ask)
        self._wake()
        try:
            await ask.done
        finally:
            for job in jobs:
                self._leave(job, ask)
        return {job.key: job.scores for job in jobs}

    def _leave(self, job: _Job, ask: _Ask) -> None:
        """Nobody reads what nobody waits for any more; what the worker has already, it reads to the end."""
        if ask in job.asks:
            job.asks.remove(ask)
            if not job.asks and self._pending.pop(job.key, None) is not None:
                del self._jobs[job.key]

    # -------------------------------------------------------------------------------------------- working

    def _wake(self) -> None:
        """Look at the queue once everybody who can ask now has asked: they go to the worker together."""
        if not self._woken and self._free and self._pending:
            self._woken = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._woken = False
        while self._free and self._pending and not self._closed:
            self._free -= 1
            self._task(self._run(self._batch()))

    def _batch(self) -> list[_Job]:
        """The next texts of the queue, in the order in which they came."""
        most = max(1, min(MAX_WINDOWS, int(TURN / self._pace)))
        batch: list[_Job] = []
        characters = 0
        for job in self._pending.values():
            characters += len(job.said[1])
            if batch and (len(batch) >= most or characters > MAX_CHARACTERS or job.alone):
                break
            batch.append(job)
            if job.alone:
                break
        for job in batch:
            del self._pending[job.key]
        return batch

    async def _run(self, batch: list[_Job]) -> None:
        started = time.perf_counter()
        try:
            deadline = _BASE + self.spec.pace * len(batch)
            reply = await self.pool.call([job.said for job in batch], deadline=deadline)
            scores = self._parts(reply, len(batch))
        except TimeoutError as e:
            for job in batch:
                self._fail(job, e)
        except WorkerError as e:
            self._again(batch, e)
        else:
            self.counts.windows += len(batch)
            self._pace += 0.3 * ((time.perf_counter() - started) / len(batch) - self._pace)
            for job, one in zip(batch, scores, strict=True):
                self._done(job, one)
        finally:
            self.counts.seconds += time.perf_counter() - started
            self._free += 1
            self._wake()

    def _parts(self, reply: Json, count: int) -> list[bytes]:
        """The scores of each text. Raises WorkerError where they are not what was asked for."""
        size = self._scores.size
        try:
            raw = base64.b64decode(reply, validate=True)
        except (TypeError, ValueError):
            raw = b""
        if len(raw) != size * count or any(map(math.isnan, struct.unpack(f"<{len(raw) // 2}e", raw))):
            raise WorkerError("a model's answer is not what was asked for")
        return [raw[at : at + size] for at in range(0, len(raw), size)]

    def _again(self, batch: list[_Job], error: WorkerError) -> None:
        """A text that the model fails at must not fail the others of its batch: each is asked about alone, once."""
        for job in batch:
            if job.alone or len(batch) == 1:
                self._fail(job, error)
            elif job.asks:
                job.alone = True
                self._pending[job.key] = job
            else:
                del self._jobs[job.key]

    def _done(self, job: _Job, scores: bytes) -> None:
        del self._jobs[job.key]
        self.cache.put(job.key, scores)
        job.scores = scores
        asks, job.asks = job.asks, []
        for ask in asks:
            ask.left -= 1
            if not ask.left and not ask.done.done():
                ask.done.set_result(None)

    def _fail(self, job: _Job, error: Exception) -> None:
        self._jobs.pop(job.key, None)
        self._pending.pop(job.key, None)
        asks, job.asks = job.asks, []
        for ask in asks:
            if not ask.done.done():
                ask.done.set_exception(error)

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def score(logit: float) -> float:
    """A calibrated logit as a score between 0 and 1."""
    return 1.0 / (1.0 + math.exp(-logit))
