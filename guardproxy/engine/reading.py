"""One filter reading one segment."""

from __future__ import annotations

from guardproxy.types import Filter, Scan


def pace(one: Filter) -> float:
    """Seconds per kilobyte of a filter that reads slowly (a language model); patterns have none."""
    seconds: float = getattr(one, "seconds_per_kilobyte", 0.0)
    return seconds


class Reading:
    """A filter's scan of a segment, with what it said and what it cost."""

    __slots__ = ("dead", "filter", "pace", "scan", "seconds", "settled")

    def __init__(self, one: Filter, scan: Scan) -> None:
        self.filter, self.scan = one, scan
        self.settled, self.seconds, self.dead, self.pace = 0, 0.0, False, pace(one)
