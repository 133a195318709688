"""Where levels are kept: what a request needs is taken all at once or not at all, and what it used is charged at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from guardproxy.governance.quotas.bucket import Level, Rate
from guardproxy.types import GuardproxyError

MAX_BUCKETS: Final = 100_000
"""In memory. When there are more, full ones are forgotten: a full bucket and none are the same."""


class StoreLost(GuardproxyError):
    """The store can't be asked now."""


@dataclass(frozen=True, slots=True)
class Take:
    """So much of a bucket."""

    bucket: str
    rate: Rate
    amount: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the replies that may be in the making at once."""

    bucket: str
    limit: int


Need: TypeAlias = Take | Slot


@dataclass(frozen=True, slots=True)
class Charge:
    """What was used beyond what was taken; negative: given back."""

    bucket: str
    rate: Rate
    amount: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking. Of the needs, in their order."""

    refused: int | None
    """The first that was not met; None: all were taken."""
    wait: float
    """Seconds until all could be met, so far as that can be said."""
    levels: Mapping[int, Level] = field(default_factory=dict)
    """Of those that are buckets: after it was taken, or as it is where nothing was."""


_FULL: Final = Level(0)


@dataclass(frozen=True, slots=True)
class Used:
    """A bucket that is not full, or replies that are in the making."""

    bucket: str
    level: Level = _FULL
    had: int = 0
    """Slots."""


class Store(Protocol):
    """Keeps levels, and who has a slot."""

    async def start(self) -> None:
        """Raises ConfigError."""
        ...

    async def take(self, needs: Sequence[Need], lease: str) -> Taken:
        """All of it or nothing. `lease`: the id under which slots are had. Raises StoreLost."""
        ...

    async def end(self, charges: Sequence[Charge], slots: Sequence[str], lease: str) -> None:
        """Charge what was used and free the slots. Raises StoreLost."""
        ...

    async def renew(self, leases: Mapping[str, Sequence[str]]) -> None:
        """Say that the slots (lease to buckets) are still had; what nobody renews is free after a while. Raises StoreLost.

        Leases may end meanwhile: those are taken out of `leases`, and are not had again."""
        ...

    def now(self) -> int:
        """Microseconds on the clock that its levels are of."""
        ...

    async def used(self, most: int) -> Sequence[Used]:
        """Whatever is used now, for people who look; no more than so many. Raises StoreLost."""
        ...

    async def forget(self, bucket: str) -> bool:
        """Let a bucket be full; False where it was. Raises StoreLost."""
        ...

    async def aclose(self) -> None: ...


SLOT_WAIT: Final = 1.0
"""Seconds after which who found no slot may ask again: nobody knows when one becomes free."""


def decided(needs: Sequence[Need], levels: Mapping[int, Level], had: Mapping[int, int]) -> Taken:
    """What comes of needs, given the levels now and how many have each slot."""
    refused, wait = None, 0.0
    for number, need in enumerate(needs):
        if isinstance(need, Slot):
            fits, patience = had[number] < need.limit, SLOT_WAIT
        else:
            fits = need.rate.fits(levels[number], need.amount)
            patience = need.rate.wait(levels[number], need.amount)
        if not fits:
            refused = number if refused is None else refused
            wait = max(wait, patience)
    if refused is not None:
        return Taken(refused, wait, levels)
    after = {}
    for number, need in enumerate(needs):
        if isinstance(need, Take):
            after[number] = need.rate.charged(levels[number], need.rate.taken(need.amount))
    return Taken(None, 0.0, after)


def microseconds() -> int:
    """Now, on the clock that replicas have in common."""
    return time.time_ns() // 1000


def steady() -> int:
    """Now, on a clock of this process that nobody sets."""
    return time.monotonic_ns() // 1000


class Memory:
    """Of one process: what it forgets at its end, and what stands in where a shared store is lost."""

    def __init__(self, clock: Callable[[], int] = steady) -> None:
        self._clock = clock
        self._levels: dict[str, tuple[Rate, Level]] = {}
        self._slots: dict[str, set[str]] = {}

    async def start(self) -> None:
        return None

    async def aclose(self) -> None:
        return None

    async def renew(self, leases: Mapping[str, Sequence[str]]) -> None:
        return None  # they end with the process

    async def take(self, needs: Sequence[Need], lease: str) -> Taken:
        now = self._clock()
        levels = {n: self._level(need, now) for n, need in enumerate(needs) if isinstance(need, Take)}
        had = {n: len(self._slots.get(one.bucket, ())) for n, one in enumerate(needs) if isinstance(one, Slot)}
        taken = decided(needs, levels, had)
        if taken.refused is None:
            for number, need in enumerate(needs):
                if isinstance(need, Slot):
                    self._slots.setdefault(need.bucket, set()).add(lease)
                else:
                    self._levels[need.bucket] = need.rate, taken.levels[number]
            if len(self._levels) > MAX_BUCKETS:
                self._forget(now)
        return taken

    def now(self) -> int:
        return self._clock()

    async def used(self, most: int) -> Sequence[Used]:
        now = self._clock()
        levels = ((bucket, rate.level(level, now)) for bucket, (rate, level) in self._levels.items())
        found = [Used(bucket, level) for bucket, level in levels if level.debt]
        return [*found, *(Used(bucket, had=len(leases)) for bucket, leases in self._slots.items())][:most]

    async def forget(self, bucket: str) -> bool:
        return self._levels.pop(bucket, None) is not None

    async def end(self, charges: Sequence[Charge], slots: Sequence[str], lease: str) -> None:
        self.end_now(charges, slots, lease)

    def end_now(self, charges: Iterable[Charge], slots: Iterable[str], lease: str) -> None:
        """The same at once: nothing has to be waited for."""
        now = self._clock()
        for one in charges:
            self._levels[one.bucket] = one.rate, one.rate.charged(self._level(one, now), one.amount)
        for bucket in slots:
            had = self._slots.get(bucket, set())
            had.discard(lease)
            if not had:
                self._slots.pop(bucket, None)

    def _level(self, one: Take | Charge, now: int) -> Level:
        kept = self._levels.get(one.bucket)
        return one.rate.level(kept[1] if kept else None, now)

    def _forget(self, now: int) -> None:
        """Full buckets; and of too many others those that will be full first."""
        levels = {bucket: (rate, rate.level(level, now)) for bucket, (rate, level) in self._levels.items()}
        empty = (bucket for bucket, (_, level) in levels.items() if level.debt)
        emptiest = sorted(empty, key=lambda bucket: -levels[bucket][0].full_in(levels[bucket][1]))
        self._levels = {bucket: levels[bucket] for bucket in emptiest[: MAX_BUCKETS * 9 // 10]}
