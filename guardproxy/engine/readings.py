"""The filters of one gate at work on one part of its text: all at once, each under its deadline.

Text waits for filters that hold. The others are listened to as they get ready: one that takes its time does not keep a
stream from flowing, only its end waits for the last word.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine, Iterable
from dataclasses import replace
from typing import Final

from guardproxy.engine.limits import Deadline
from guardproxy.engine.observe import FailureKind, Observer
from guardproxy.engine.plan import Plan
from guardproxy.types import Context, Filter, Finding, Origin, Report, Scan

WAITING: Final = 1000
"""Reports that a filter which doesn't hold may owe; one more is a timeout."""


def allowed(deadline: Deadline, one: Filter, characters: int, pieces: int) -> float:
    """Seconds that a filter may have taken for so much text. Slow ones ask for more: `seconds_per_kilobyte` of what they
    read at a steady pace, or `seconds(characters)` for who waits for others."""
    more = getattr(one, "seconds", None)
    pace: float = getattr(one, "seconds_per_kilobyte", 0.0)
    return deadline.seconds(characters, pieces, pace) + (more(characters) if callable(more) else 0.0)


class Reading:
    """One filter's scan of the part, with what it cost."""

    __slots__ = ("dead", "filter", "found", "owed", "scan", "seconds", "settled", "task")

    def __init__(self, one: Filter, scan: Scan) -> None:
        self.filter, self.scan = one, scan
        self.settled, self.seconds, self.dead = 0, 0.0, False
        self.owed: list[Awaitable[Report]] = []
        """Reports that nobody waits for yet, in order."""
        self.task: asyncio.Task[None] | None = None
        self.found: list[Finding] = []
        """What those that came in said."""

    def failed(self, kind: FailureKind) -> list[Finding]:
        self.dead = True
        names = getattr(self.filter, "names", (self.filter.name,))
        return [Finding(name, f"guard.{kind}", 1.0) for name in names]

    def take(self, report: Report) -> tuple[Finding, ...]:
        self.settled = report.settled
        return report.findings


def opened(filters: Iterable[Filter], origin: Origin, context: Context) -> list[Reading]:
    """A scan of every filter."""
    return [Reading(one, one.open(origin, context)) for one in filters]


async def feed(
    readings: list[Reading], text: str, *, last: bool, deadline: Deadline, length: int, pieces: int
) -> list[Finding]:
    """What the filters say now. `length` and `pieces` of all that was fed: their time is reckoned by it."""
    found: list[Finding] = []
    waiting: list[Coroutine[None, None, list[Finding]]] = []
    for reading in readings:
        if reading.dead:
            continue
        limit = allowed(deadline, reading.filter, length, pieces)
        started = time.perf_counter()
        try:
            report = reading.scan.feed(text, last=last)
        except Exception:
            found += reading.failed("error")
            continue
        reading.seconds += time.perf_counter() - started
        if type(report) is Report:
            found += reading.take(report)
        elif reading.filter.hold:
            waiting.append(_given(reading, report, limit))  # type: ignore[arg-type]
        else:
            found += _owes(reading, report, limit)  # type: ignore[arg-type]
        if reading.seconds > deadline.base and reading.seconds > limit:
            found += reading.failed("timeout")
    for findings in await asyncio.gather(*waiting) if waiting else ():
        found += findings
    for reading in readings:
        if last and reading.task is not None:
            await reading.task
        if reading.found:
            found += reading.found
            reading.found = []
    return found


def settled(readings: Iterable[Reading]) -> int | None:
    """Up to where every filter that text waits for is sure; None where there is none."""
    return min((r.settled for r in readings if r.filter.hold and not r.dead), default=None)


def close(readings: Iterable[Reading], observer: Observer) -> None:
    """Tell what they cost, and wait for nobody any more."""
    for reading in readings:
        observer.filter_ran(reading.filter.name, reading.seconds)
        if reading.task is not None:
            reading.task.cancel()
        for report in reading.owed:
            if asyncio.iscoroutine(report):
                report.close()
        reading.owed.clear()


async def _given(reading: Reading, wanted: Awaitable[Report], limit: float) -> list[Finding]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(max(limit - reading.seconds, 0.0)):
            report = await wanted
    except TimeoutError:
        return reading.failed("timeout")
    except Exception:
        return reading.failed("error")
    else:
        return list(reading.take(report))
    finally:
        reading.seconds += time.perf_counter() - started


def _owes(reading: Reading, report: Awaitable[Report], limit: float) -> list[Finding]:
    reading.owed.append(report)
    if len(reading.owed) > WAITING:
        return reading.failed("timeout")
    if reading.task is None or reading.task.done():
        reading.task = asyncio.get_running_loop().create_task(_listen(reading, limit))
    return []


async def _listen(reading: Reading, limit: float) -> None:
    """Take the reports that are owed, in order."""
    while reading.owed and not reading.dead:
        reading.found += await _given(reading, reading.owed.pop(0), limit)


async def behind(
    plan: Plan, text: str, origin: Origin, about: Context, deadline: Deadline, observer: Observer
) -> list[Finding]:
    """What filters say about a text that is out: for shadow rules, so a failure only counts."""
    found: list[Finding] = []
    for one in plan.shadow:
        try:
            async with asyncio.timeout(allowed(deadline, one, len(text), 1)):
                report = one.open(origin, about).feed(text, last=True)
                found += (report if isinstance(report, Report) else await report).findings
        except Exception as e:
            kind: FailureKind = "timeout" if isinstance(e, TimeoutError) else "error"
            observer.filter_failed(one.name, kind, allowed=True)
    lists_of = plan.policy.lists_of
    return [f if f.span is None else replace(f, lists=lists_of(text[slice(*f.span)])) for f in found]
