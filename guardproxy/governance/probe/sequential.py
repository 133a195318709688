"""A sequential test for a rate that has fallen: looked at after every request, its false alarms stay bounded all the same.

The rate under test is that of requests drawn at random, with replacement, from a set of probes, so each outcome is a coin of
one unknown bias. The null hypothesis is that this bias is at least a floor. Against it stands a bet: a supermartingale whose
expectation is at most 1 as long as the null holds, whatever the bias is. By Ville's inequality it ever reaches 1/alpha with a
probability of at most alpha ("e-process" in Ramdas, Grünwald, Vovk and Shafer, "Game-theoretic statistics and safe
anytime-valid inference", Statistical Science 38(4), 2023). It is a mixture over rates below the floor, so no size of the fall
must be guessed.

A model that was fine for months and is then swapped must not have to win back what good outcomes cost the bet. Each run
therefore begins a further bet with its own share of the stake, 1/(n(n+1)) for the n-th: shares sum to less than 1, so the bound
holds over the whole life of the test, and a change is found at a price that only grows with the logarithm of the runs.

The floor comes from a baseline that was itself a sample. It is the lower Clopper-Pearson bound of the baseline, whose own
error probability is part of the false-alarm rate that is promised (see `plan`).

Pure: no I/O, no clock, no randomness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

GRID: Final = 24
"""Rates below the floor that are bet on, evenly spaced."""


def lower_bound(kept: int, asked: int, alpha: float) -> float:
    """The least rate under which `kept` or more of `asked` has a probability of `alpha` (Clopper and Pearson 1934).

    The true rate lies below it with a probability of at most `alpha`. 0 where nothing was kept.
    """
    if not 0 <= kept <= asked:
        raise ValueError(f"{kept} of {asked}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha}")
    if kept == 0:
        return 0.0
    low, high = 0.0, kept / asked
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_least(kept, asked, middle) <= alpha else (low, middle)
    return low


def upper_bound(kept: int, asked: int, alpha: float) -> float:
    """The other end."""
    return 1.0 - lower_bound(asked - kept, asked, alpha)


def _at_least(kept: int, asked: int, rate: float) -> float:
    """Probability of `kept` or more of `asked`, each with probability `rate`."""
    if rate <= 0:
        return 0.0
    if rate >= 1:
        return 1.0
    log, log_not = math.log(rate), math.log1p(-rate)
    whole = math.lgamma(asked + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(n + 1) - math.lgamma(asked - n + 1) + n * log + (asked - n) * log_not)
        for n in range(kept, asked + 1)
    )


class Bet:
    """The bet against "the rate is at least `floor`". With a floor of 0 there is nothing to bet on: it stays as it is."""

    __slots__ = ("_grid", "_kept", "_lost", "_stakes", "asked", "kept", "runs")

    def __init__(self, floor: float) -> None:
        if not 0 <= floor <= 1:
            raise ValueError(f"floor {floor}")
        floor = min(floor, 1 - 1e-9)
        self._grid = tuple(floor * (at + 0.5) / GRID for at in range(GRID)) if floor else ()
        self._kept = tuple(rate / floor for rate in self._grid)
        self._lost = tuple((1 - rate) / (1 - floor) for rate in self._grid)
        self._stakes = [0.0] * len(self._grid)
        self.runs = self.asked = self.kept = 0

    def begin(self) -> None:
        """A further run: a fresh share of the stake comes into play."""
        self.runs += 1
        share = 1 / (self.runs * (self.runs + 1) * max(1, len(self._grid)))
        self._stakes = [stake + share for stake in self._stakes]

    def add(self, kept: bool) -> float:
        """One more outcome; returns the value after it."""
        if not self.runs:
            raise RuntimeError("no run has begun")
        self.asked += 1
        self.kept += kept
        factors = self._kept if kept else self._lost
        self._stakes = [stake * factor for stake, factor in zip(self._stakes, factors, strict=True)]
        return self.value

    @property
    def value(self) -> float:
        """Evidence against the null; at most 1 in expectation at any time while the null holds."""
        return math.fsum(self._stakes)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a promised false-alarm rate is spent."""

    alpha: float
    """Probability that a model whose rates are what they were when its baseline was taken ever raises an alarm."""
    bounds: int
    """Floors that are taken from the baseline."""

    @property
    def of_each_floor(self) -> float:
        """Error probability of each lower bound: all of them together get half of alpha."""
        return self.alpha / 2 / max(1, self.bounds)

    @property
    def threshold(self) -> float:
        """The value from which on it is an alarm: the bets get the other half."""
        return 2 / self.alpha
