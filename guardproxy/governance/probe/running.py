"""Runs of probes: a baseline, which asks everything some times; and a watch, which asks at random until it is told to stop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from guardproxy.governance.probe.asking import Said
from guardproxy.governance.probe.baseline import Counts, Identity, Measured
from guardproxy.governance.probe.detector import Detector, State
from guardproxy.governance.probe.judging import Judge, kept
from guardproxy.governance.probe.probes import Probe, ProbeSet

AT_ONCE: Final = 4
"""Probes that are asked at the same time."""
PASSES: Final = 4
"""Times that a baseline asks each probe: floors of single categories need some numbers."""
REQUESTS: Final = 80
"""Of one run of the watch."""


class Asks(Protocol):
    """Whoever answers."""

    async def ask(self, model: str, probe: Probe) -> Said:
        """Raises ProbeError."""
        ...


Told = Callable[[Probe, Said, bool], None]
"""Told of each outcome, in order."""


def _untold(probe: Probe, said: Said, fine: bool) -> None:
    return None


async def baseline(
    asks: Asks, judge: Judge, who: Identity, probes: ProbeSet, *, passes: int = PASSES, told: Told = _untold
) -> Measured:
    """Ask each probe `passes` times. Raises ProbeError: a baseline with gaps would be none."""
    counts = dict.fromkeys(probes.categories, Counts())
    for _ in range(passes):
        for some in _batches(probes.probes):
            for probe, said, fine in await _outcomes(asks, judge, who.name, some):
                counts[probe.category] = counts[probe.category].plus(fine)
                told(probe, said, fine)
    taken = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Measured(who.name, who.digest, probes.digest, taken, counts)


async def watch(
    asks: Asks,
    judge: Judge,
    who: Identity,
    probes: ProbeSet,
    detector: Detector,
    *,
    requests: int = REQUESTS,
    chance: random.Random | None = None,
    told: Told = _untold,
) -> State:
    """One run of at most `requests` probes, drawn at random with replacement (the test needs that); ends at an alarm.

    Raises ProbeError: what was asked until then has counted, so that nobody gains by failing.
    """
    chance = chance or random.SystemRandom()
    detector.begin()
    drawn = [chance.choice(probes.probes) for _ in range(requests)]
    for some in _batches(drawn):
        for probe, said, fine in await _outcomes(asks, judge, who.name, some):
            state = detector.add(probe, fine)
            told(probe, said, fine)
            if state is State.QUARANTINED:
                return state
    return detector.state


async def _outcomes(asks: Asks, judge: Judge, model: str, some: Sequence[Probe]) -> list[tuple[Probe, Said, bool]]:
    async def one(probe: Probe) -> tuple[Probe, Said, bool]:
        said = await asks.ask(model, probe)
        return probe, said, await kept(judge, probe, said)

    tasks = [asyncio.ensure_future(one(probe)) for probe in some]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _batches(probes: Sequence[Probe]) -> list[Sequence[Probe]]:
    return [probes[at : at + AT_ONCE] for at in range(0, len(probes), AT_ONCE)]
