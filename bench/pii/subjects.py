"""The filters that are compared, and how they read a text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from guardproxy import filters
from guardproxy.filters import presidio
from guardproxy.types import Context, Direction, Filter, Finding, Origin, Report, Role

ORIGIN = Origin(Direction.REQUEST, Role.USER)


@asynccontextmanager
async def started(**options: Any) -> AsyncIterator[Filter]:
    """A filter, started."""
    one = filters.build("bench", options)
    await one.start()
    try:
        yield one
    finally:
        await one.aclose()


async def read(one: Filter, text: str) -> tuple[Finding, ...]:
    """All findings in a whole text."""
    report = one.open(ORIGIN, Context()).feed(text, last=True)
    return (report if isinstance(report, Report) else await report).findings


def subjects(model: str) -> dict[str, dict[str, Any]]:
    """Name to options."""
    out: dict[str, dict[str, Any]] = {"pii_patterns": {"use": "pii_patterns"}, "presidio, forms": {"use": "presidio"}}
    if model:
        usual = presidio.Config(use="presidio", model=model).wanted(frozenset())
        out["presidio, model"] = {"use": "presidio", "model": model, "entities": sorted({*usual, "ORGANIZATION"})}
    return out
