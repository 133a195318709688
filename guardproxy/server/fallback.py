"""Health checks of upstreams that stand in for each other, and the metrics about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from prometheus_client import Gauge

from guardproxy.config import Settings
from guardproxy.server.destinations import Destination, Destinations
from guardproxy.server.models import ROUTE
from guardproxy.server.upstream import Upstream
from guardproxy.telemetry import Metrics
from guardproxy.telemetry.log import logger
from guardproxy.types import UpstreamError

PATIENCE: Final = 2.0
"""Seconds that a check may take."""
_FINE: Final = frozenset({200, 404, 405, 501})
"""Whoever answers so serves, with a list of models or without one."""


@asynccontextmanager
async def checking(settings: Settings, upstreams: Destinations, metrics: Metrics) -> AsyncIterator[None]:
    """Check until the end of the block those whose settings say how often."""
    measure(upstreams, metrics)
    intervals = {name: one.check_interval for name, one in settings.upstreams.items()}
    intervals[""] = settings.upstream.check_interval
    tasks = [asyncio.create_task(_watch(upstreams.to(name), every)) for name, every in intervals.items() if every]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def measure(upstreams: Destinations, metrics: Metrics) -> None:
    """`guardproxy_upstream_available` and `guardproxy_upstream_budget_used_ratio`."""
    every = [upstreams.main, *upstreams.others.values()]
    about = "Whether health checks, breaker and budget let an upstream be asked."
    available = Gauge("guardproxy_upstream_available", about, ("upstream",), registry=metrics.registry)
    about = "Share of an upstream's budget of the day that is spent."
    used = Gauge("guardproxy_upstream_budget_used_ratio", about, ("upstream",), registry=metrics.registry)
    for one in every:
        available.labels(one.label).set_function(partial(_available, one))
        if (budget := one.member.budget) is not None:
            used.labels(one.label).set_function(partial(getattr, budget, "used"))


def _available(one: Destination) -> float:
    return float(one.member.why_not() is None)


async def _watch(one: Destination, interval: float) -> None:
    upstream, condition = one.asked, one.member.condition
    assert isinstance(upstream, Upstream)
    while True:
        trouble = await check(upstream)
        if condition.checked(not trouble):
            logger.warning(
                "%s is %s: %s", one.label, "healthy" if not trouble else "unhealthy", trouble or "it answers"
            )
        await asyncio.sleep(interval)


async def check(upstream: Upstream) -> str:
    """Ask for its list of models. Returns what is wrong; empty where nothing is."""
    try:
        answer = await upstream.get(ROUTE, seconds=PATIENCE)
    except UpstreamError as e:
        return str(e)
    answer.close()
    return "" if answer.status in _FINE else f"it answers with status {answer.status}"
