"""The latest decision records, kept in memory for whoever watches. Bounded in records and in what they hold."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any, Final

RECORDS: Final = 500
ENTRIES: Final = 20_000
"""Findings, verdicts and what else is listed, of all kept records together."""
_OURS: Final = ("findings", "verdicts")
_BASIS: Final = ("places", "asked", "refused")


class Recent:
    """A ring of records, numbered from 1. For one event loop; adding costs a few list operations."""

    def __init__(self, records: int = RECORDS, entries: int = ENTRIES) -> None:
        self.last = 0
        """Number of the latest record; 0 where there was none."""
        self._records, self._bound, self._entries = records, entries, 0
        self._kept: deque[dict[str, Any]] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, record: dict[str, Any]) -> None:
        """Keep a record, which nobody changes any more. The oldest ones make room."""
        self.last += 1
        self._kept.append(record)
        self._entries += _weight(record)
        while len(self._kept) > self._records or (self._entries > self._bound and len(self._kept) > 1):
            self._entries -= _weight(self._kept.popleft())

    def after(self, number: int) -> list[tuple[int, dict[str, Any]]]:
        """Records later than this number that are still kept, oldest first."""
        first = self.last - len(self._kept) + 1
        skip = min(max(0, number + 1 - first), len(self._kept))
        return [(first + skip + i, record) for i, record in enumerate(islice(self._kept, skip, None))]

    def find(self, decision_id: str) -> dict[str, Any] | None:
        """The record of a decision, if it is still kept."""
        return next((r for r in reversed(self._kept) if r.get("decision_id") == decision_id), None)


def _weight(record: dict[str, Any]) -> int:
    basis = record.get("replay") or {}
    return sum(len(part.get(name) or ()) for part, names in ((record, _OURS), (basis, _BASIS)) for name in names)
