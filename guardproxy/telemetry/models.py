"""What the models of this process did, read when it is scraped. The label `model` is a name from the operator's settings."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from guardproxy.inference import models


class ModelCollector(Collector):
    """The families `guardproxy_model_*`. A model has lines from its first start on."""

    def collect(self) -> Iterator[Metric]:
        counts, label = models.counts(), ("model",)
        seconds = CounterMetricFamily(
            "guardproxy_model_seconds", "Time that a model's workers were busy.", labels=label
        )
        windows = CounterMetricFamily("guardproxy_model_windows", "Windows of text that a model read.", labels=label)
        hits = CounterMetricFamily("guardproxy_model_cache_hits", "Windows that a model had read before.", labels=label)
        refused = CounterMetricFamily("guardproxy_model_refused", "Asks that found the queue full.", labels=label)
        for name, one in counts.items():
            for family, value in (
                (seconds, one.seconds),
                (windows, one.windows),
                (hits, one.hits),
                (refused, one.refused),
            ):
                family.add_metric((name,), value)
        queue = GaugeMetricFamily("guardproxy_model_queue", "Windows that wait for a model's worker.", labels=label)
        kept = GaugeMetricFamily("guardproxy_model_cache_bytes", "Scores that a model's cache keeps.", labels=label)
        waiting, size = dict.fromkeys(counts, 0), dict.fromkeys(counts, 0)
        for classifier in models.running():
            waiting[classifier.spec.name] += classifier.waiting
            size[classifier.spec.name] += classifier.cache.size
        for name in counts:
            queue.add_metric((name,), waiting[name])
            kept.add_metric((name,), size[name])
        yield from (seconds, windows, hits, refused, queue, kept)
