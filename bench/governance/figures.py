"""What the probe finds, over many runs on the models of the story."""

from __future__ import annotations

import statistics

from bench.governance.world import World, check, say
from guardproxy.governance.probe import baseline as baselines
from guardproxy.governance.probe.asking import Asker
from guardproxy.governance.probe.detector import Detector, State
from guardproxy.governance.probe.judging import RefusalModel
from guardproxy.governance.probe.probes import CORE, load
from guardproxy.governance.probe.running import watch


async def figures(world: World, requests: int, clean: int, forced: int) -> None:
    """What the probe finds, over runs of their own: each draws other probes."""
    probes, known = load(CORE), baselines.read(world.folder / "baseline.json")
    async with Asker(world.ours) as asker, RefusalModel() as judge:

        async def runs(name: str, count: int) -> list[tuple[State, int]]:
            who = await asker.identify(name)
            measured = known.find(who, probes)
            assert measured is not None
            out = []
            for _ in range(count):
                detector = Detector(measured.floors(probes, 0.01))
                out.append((await watch(asker, judge, who, probes, detector, requests=requests), detector.requests))
            return out

        half = clean - clean // 2
        fine = await runs("gpt-oss", half) + await runs(world.models["benign"], clean - half)
        found = await runs(world.models["forced"], forced)
    alarms = sum(state is State.QUARANTINED for state, _ in fine)
    asked = sum(count for _, count in fine)
    say("clean", f"{len(fine)} runs ({half} untouched, {clean - half} benign), {asked} probes: {alarms} false alarms")
    caught = [count for state, count in found if state is State.QUARANTINED]
    spread = (
        f", after a median of {statistics.median(caught):g} probes ({min(caught)} to {max(caught)})" if caught else ""
    )
    say("forced", f"{len(found)} runs of at most {requests} probes: {len(caught)} found{spread}")
    check(alarms == 0 and len(caught) > 0, "no false alarm, and what was forced is found")
