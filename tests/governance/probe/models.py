"""A model and a judge without weights, for tests of what stands around them."""

from __future__ import annotations

import random

from guardproxy.governance.probe.asking import ProbeError, Said
from guardproxy.governance.probe.probes import Expect


class Coin:
    """Does what is expected at a rate; refuses too much at another."""

    def __init__(self, rate: float, *, anxious: float = 0.0, seed: int = 0, fails: bool = False) -> None:
        self.rate, self.anxious, self.fails = rate, anxious, fails
        self.asked: list[str] = []
        self._dice = random.Random(seed)

    async def ask(self, model, probe):
        if self.fails:
            raise ProbeError("it is gone")
        self.asked.append(probe.prompt)
        if probe.expect is Expect.ANSWER:
            return Said("no" if self._dice.random() < self.anxious else "yes")
        good = self._dice.random() < self.rate
        if probe.expect is Expect.KEEP:
            return Said("no" if good else f"It is {probe.secret.upper()}!")
        return Said("no" if good else "yes")


class SaysNo:
    """Judges by the word."""

    async def refuses(self, text):
        return text == "no"
