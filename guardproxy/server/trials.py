"""Candidate policies at work: what they say about each request, told beside the traffic and never in its way."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from guardproxy.engine.candidate import Trial, Tried
from guardproxy.server.snapshot import Lease
from guardproxy.telemetry import Metrics, Record
from guardproxy.telemetry.log import internal_error
from guardproxy.types import Json, Outcome

MAX_WAITING: Final = 256
"""Requests that a candidate has still to decide about. What comes while there are more is unknown to it."""
AT_ONCE: Final = 4
"""Requests that a candidate reads at a time."""
LAST: Final = 5.0
"""Seconds at the end of the process for what still waits."""
BUSY: Final = Tried(Outcome.ALLOW, unknown=frozenset({"busy"}))
FAILED: Final = Tried(Outcome.ALLOW, unknown=frozenset({"failed"}))


class Trials:
    """Ends requests: those that a candidate reads too are recorded when it has decided."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    def finish(self, record: Record, status: int, lease: Lease) -> None:
        """The request has ended with this status. The lease is given back."""
        trial = lease.trial
        if trial is None or not trial.heard_some:
            record.finish(status)
            lease.release()
            return
        record.finish(status, later=True)
        if len(self._tasks) >= MAX_WAITING:
            self._tell(record, lease, BUSY)
            return
        task = asyncio.create_task(self._run(record, lease, trial))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, record: Record, lease: Lease, trial: Trial) -> None:
        tried = BUSY
        try:
            async with self._turn:
                tried = await trial.run()
        except Exception as e:
            internal_error(e, record.request_id)
            tried = FAILED
        finally:
            self._tell(record, lease, tried)

    def _tell(self, record: Record, lease: Lease, tried: Tried) -> None:
        candidate, trial = lease.candidate, lease.trial
        assert candidate is not None
        assert trial is not None
        trial.forget()
        record.candidate = {**candidate.name.shown(), **shown(tried)}
        self._metrics.candidate_decisions.of(record.outcome.name.lower(), tried.name).inc()
        record.write()
        lease.release()

    async def aclose(self) -> None:
        """What still waits has a moment; then it is unknown."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST)
        for task in self._tasks:
            task.cancel()
        for task in list(self._tasks):
            with suppress(asyncio.CancelledError):
                await task


def shown(tried: Tried) -> dict[str, Json]:
    """What a candidate says, as records have it."""
    verdicts: list[Json] = [
        {
            "rule": verdict.rule,
            "outcome": verdict.outcome.name.lower(),
            "shadow": verdict.shadow,
            "direction": origin.direction.value,
            "role": origin.role.value,
        }
        for origin, verdict in tried.verdicts[:1000]
    ]
    unknown: list[Json] = sorted(tried.unknown)
    return {
        "outcome": tried.name,
        "at_least": tried.outcome.name.lower(),
        "unknown": unknown,
        "verdicts": verdicts,
    }
