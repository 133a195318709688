"""A token bucket in whole numbers: exact, pure, and the same in memory, in a file and in Redis.

A bucket is kept as what is missing from it, in units so small that both a tick of the clock and one of what is counted are
a whole number of them. Nothing is ever rounded, so that of `N per T` with a burst of `B` at most `B + N·t/T` is granted in any
time t.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, gcd
from typing import Final

TICKS: Final = (1, 1_000, 1_000_000)
"""Microseconds of a tick: the finest in which a bucket's numbers stay exact where they are floating point (Lua's)."""
EXACT: Final = 1 << 52
OWED: Final = 1 << 60
"""Units that are owed at most, which take years to come back: stores have no room for any number."""
BACK: Final = 60_000_000
"""Microseconds. A clock that goes back by less is waited for (processes read it at different times): nothing flows in. One
that goes back by more was set: the bucket keeps its level and goes on from there."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is missing from a bucket."""

    at: int
    """When that was so, in ticks since 1970."""
    debt: int = 0
    """In the bucket's own units. More than its depth where something cost more than was thought at its start."""


@dataclass(frozen=True)
class Rate:
    """`amount` per `seconds`, of which at most `burst` at once."""

    amount: int
    seconds: int
    burst: int

    @cached_property
    def tick(self) -> int:
        """Microseconds of one tick of this bucket's clock."""
        return next((t for t in TICKS if self.burst * self._cost(t) < EXACT), TICKS[-1])

    def _cost(self, tick: int) -> int:
        ticks = self.seconds * 1_000_000 // tick
        return ticks // gcd(ticks, self.amount)

    @cached_property
    def unit(self) -> int:
        """What one of what is counted costs."""
        return self._cost(self.tick)

    @cached_property
    def flow(self) -> int:
        """What comes back in a tick."""
        ticks = self.seconds * 1_000_000 // self.tick
        return self.amount // gcd(ticks, self.amount)

    @cached_property
    def depth(self) -> int:
        return self.burst * self.unit

    @cached_property
    def most(self) -> int:
        """The most that is owed."""
        return max(self.depth, OWED)

    # ------------------------------------------------------------------------------------------------ time

    def level(self, before: Level | None, now: int) -> Level:
        """The level at a time (microseconds since 1970)."""
        at = now // self.tick
        if before is None:
            return Level(at)
        passed = at - before.at
        if passed < 0:
            return before if -passed * self.tick < BACK else Level(at, before.debt)
        return Level(at, max(0, before.debt - passed * self.flow))

    # ------------------------------------------------------------------------------------------------ taking

    def needed(self, amount: int) -> int:
        """What taking so much costs. More than the bucket holds is taken from a full one."""
        return min(amount, self.burst) * self.unit

    def fits(self, level: Level, amount: int) -> bool:
        return level.debt + self.needed(amount) <= self.depth

    def charged(self, level: Level, amount: int) -> Level:
        """The level after so much was used, or given back where it is negative; whether there was enough or not."""
        return Level(level.at, max(0, min(level.debt + amount * self.unit, self.most)))

    def taken(self, amount: int) -> int:
        """How much of an amount is taken at its start; the rest is charged at the end."""
        return min(amount, self.burst)

    def wait(self, level: Level, amount: int) -> float:
        """Seconds until so much fits."""
        missing = level.debt + self.needed(amount) - self.depth
        return 0.0 if missing <= 0 else -(-missing // self.flow) * self.tick / 1_000_000

    def left(self, level: Level) -> int:
        """How much may be taken now."""
        return max(0, self.depth - level.debt) // self.unit

    def full_in(self, level: Level) -> float:
        """Seconds until the bucket is full."""
        return -(-level.debt // self.flow) * self.tick / 1_000_000

    def scaled(self, share: float) -> Rate:
        """The same for a part of all replicas: at least one at once."""
        # the period grows instead of the amount getting smaller: that would be rounded
        return Rate(self.amount, ceil(self.seconds / share), max(1, int(self.burst * share)))
