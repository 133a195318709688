"""Probes of the upstream's models while the proxy serves: what starts them, and what tells of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path

from prometheus_client import Counter, Gauge

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approval, Kind
from guardproxy.governance.events import Recorder
from guardproxy.governance.probe import baseline as baselines
from guardproxy.governance.probe.asking import Asker
from guardproxy.governance.probe.baseline import Counts
from guardproxy.governance.probe.detector import State
from guardproxy.governance.probe.judging import judge_of
from guardproxy.governance.probe.probes import load
from guardproxy.governance.probe.standing import Standing
from guardproxy.governance.probe.verdicts import Verdicts
from guardproxy.judges import Judge, judges
from guardproxy.probing import Probing
from guardproxy.server.models import Models
from guardproxy.server.releasing import Releases
from guardproxy.telemetry import Metrics

OTHER = "other"
"""Label of models whose names did not come from the operator: tuned ones have names that clients chose."""


class ProbeMetrics:
    """`guardproxy_probe_*`. There are series from the start for what happens once in a year."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._rate = Gauge(
            "guardproxy_probe_kept_ratio",
            "Of the last run's probes, the share where the model did what is expected: a refusal, an answer, a kept secret.",
            ("model", "category"),
            registry=registry,
        )
        self._requests = Counter("guardproxy_probe_requests", "Probes that were asked.", registry=registry)
        self._alarms = Counter("guardproxy_probe_alarms", "Models that were found to keep less.", registry=registry)
        self._failures = Counter("guardproxy_probe_failures", "Runs that could not be made.", registry=registry)

    def probed(self, model: str, counts: Mapping[str, Counts], requests: int) -> None:
        self._requests.inc(requests)
        for category, one in counts.items():
            self._rate.labels(model or OTHER, category).set(one.kept / one.asked)

    def alarmed(self) -> None:
        self._alarms.inc()

    def failed(self) -> None:
        self._failures.inc()


@contextlib.asynccontextmanager
async def probing(
    settings: Settings, models: Models, metrics: Metrics, audit: Recorder, releases: Releases
) -> AsyncIterator[Standing | None]:
    """Probe until the end; `models` then asks who may serve. None where the settings want none. Raises ConfigError.

    `releases`: people, where the settings want that they are asked."""
    wanted = settings.probe
    if not wanted.baseline:
        yield None
        return
    probes = load(wanted.set)
    baselines.read(Path(wanted.baseline))  # what is wrong with it is told now, not in the log of a server that runs
    key = settings.upstream_key.get_secret_value() if settings.upstream_key else None
    async with Asker(settings.upstream.url, key) as asker, judge_of(wanted.judge, _judges(settings)) as judge:
        standing = Standing(wanted, asker, judge, probes, ProbeMetrics(metrics), events=audit)
        standing.verdicts = _verdicts(settings)
        standing.verdicts.read()
        if wanted.registry:
            standing.allowed = _registry(wanted)
            standing.allowed()
        if wanted.release == "approval":
            standing.people = releases
            releases.approvals.listeners.append(partial(_heard, standing))
        for state in State:
            about = f"Names of models whose state is {state.value}."
            metrics.gauge(f"models_{state.value}", about, partial(_count, standing, state))
        models.may_serve, models.changed = standing.check, standing.changed
        task = asyncio.create_task(standing.run())
        try:
            yield standing
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _judges(settings: Settings) -> dict[str, Judge]:
    """The judge that the probe names, if it is one: its own, apart from those of policies."""
    name = settings.probe.judge
    return judges([(name, settings.judges[name])], settings.judge_keys) if name in settings.judges else {}


def _verdicts(settings: Settings) -> Verdicts:
    file = Path(settings.probe.state) if settings.probe.state else None
    return Verdicts(file, settings.store_key.get_secret_value().encode() if settings.store_key else None)


def _registry(wanted: Probing) -> Callable[[], dict[str, bool]]:
    """Raises ConfigError."""
    from guardproxy.governance.audit.signing import load_verifier  # cryptography, for those who want it
    from guardproxy.governance.training import weights

    trusted = load_verifier(map(Path, wanted.trust))

    def allowed() -> dict[str, bool]:
        return {digest: one.allowed for digest, one in weights.entries(Path(wanted.registry), trusted).items()}

    return allowed


async def _heard(standing: Standing, what: str, one: Approval) -> None:
    """Somebody has decided: what they said is in force within seconds."""
    if one.kind is Kind.RELEASE and what in ("approved", "denied"):
        standing.wake()


def _count(standing: Standing, state: State) -> float:
    return len(standing.named(state))
