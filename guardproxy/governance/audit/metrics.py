"""What Prometheus sees of the audit log, read from it at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from guardproxy.governance.audit.log import Counts


class Counting(Protocol):
    """What is read of a log."""

    @property
    def counts(self) -> Counts: ...

    @property
    def queue(self) -> int: ...


class AuditCollector(Collector):
    """The counts of one log."""

    def __init__(self, registry: CollectorRegistry, log: Counting) -> None:
        self._log = log
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        counts = self._log.counts
        yield _counter("records", "Lines written to the audit log.", counts.records)
        yield _gauge("queue", "Events that wait to be written to the audit log.", lambda: self._log.queue)
        yield _gauge(
            "last_write_timestamp_seconds",
            "When something was brought to the audit log's disk the last time, in seconds since 1970.",
            lambda: counts.last,
        )
        failures = CounterMetricFamily(
            "guardproxy_audit_failures", "What the audit log could not do.", labels=("kind",)
        )
        for kind, number in counts.failures.items():
            failures.add_metric((kind,), number)
        yield failures


def _counter(name: str, documentation: str, value: float) -> Metric:
    family = CounterMetricFamily(f"guardproxy_audit_{name}", documentation)
    family.add_metric((), value)
    return family


def _gauge(name: str, documentation: str, read: Callable[[], float]) -> Metric:
    family = GaugeMetricFamily(f"guardproxy_audit_{name}", documentation)
    family.add_metric((), read())
    return family
