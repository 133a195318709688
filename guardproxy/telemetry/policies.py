"""Metrics of the policies themselves: which are in force, what comes of loading them, and what a candidate would decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import InfoMetricFamily, Metric
from prometheus_client.registry import Collector

RESULTS: Final = ("success", "unchanged", "superseded", "failure")
"""What comes of a loading. `superseded`: the files changed again before it could be put in force."""


class PolicyMetrics(Collector):
    """Of one policy directory: `kind` is `policy` for what is enforced, `candidate` for what only runs beside it."""

    def __init__(self, registry: CollectorRegistry, kind: str, what: str) -> None:
        self._kind, self._what = kind, what
        self.names: Callable[[], Iterable[tuple[str, str, str]]] = tuple
        """Name, version and digest of the policies in force."""
        self._reloads = Counter(f"guardproxy_{kind}_reloads", f"Loadings of {what}.", ("result",), registry=registry)
        self._time = Gauge(
            f"guardproxy_{kind}_last_reload_success_timestamp_seconds",
            f"When {what} was loaded with success the last time, in seconds since 1970.",
            registry=registry,
        )
        self._failed = Gauge(
            f"guardproxy_{kind}_reload_failed",
            f"1 while {what} can't be loaded as the files say it, and an earlier one goes on.",
            registry=registry,
        )
        registry.register(self)

    def expect(self) -> None:
        """Begin to count at zero."""
        for result in RESULTS:
            self._reloads.labels(result)

    def loaded(self, result: str, at: float) -> None:
        """A loading has ended."""
        self._reloads.labels(result).inc()
        if result == "success":
            self._time.set(at)
        if result != "superseded":
            self._failed.set(result == "failure")

    def collect(self) -> Iterator[Metric]:
        family = InfoMetricFamily(f"guardproxy_{self._kind}", f"What is in force of {self._what}.")
        for name, version, digest in self.names():
            family.add_metric((), {"policy": name, "version": version, "digest": digest})
        yield family

    def describe(self) -> Iterator[Metric]:
        yield InfoMetricFamily(f"guardproxy_{self._kind}", f"What is in force of {self._what}.")
