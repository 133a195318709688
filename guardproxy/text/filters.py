"""The base of every filter that is a set of patterns, and the fusion of several into one search."""

from __future__ import annotations

import asyncio
import random
import string
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from guardproxy.text import views
from guardproxy.text.bank import Bank
from guardproxy.text.hush import Hush
from guardproxy.text.rules import Bound, Rule
from guardproxy.text.views import ViewScan
from guardproxy.types import VIEWS, Context, Origin, Scan, View

_TURN = 64
"""Pieces of text, read to warm up, after which other threads have their turn."""
_WORDS = 1000
"""Words to read to warm up: the first ones cost five times what later ones do, those from here on no more than half again."""
_ENOUGH = 300
"""Findings in the text that warms up, after which it is left: such patterns find something everywhere, and finding costs."""
_WARM = 1.0
"""Seconds of reading to warm up, at most."""


class PatternFilter:
    """A filter that is a set of rules. Subclasses give `rules`; streaming is done here, once."""

    hold: bool = True

    def __init__(self, name: str, rules: Sequence[Rule], *, hold: bool = True, views: frozenset[View] = VIEWS) -> None:
        self.name, self.rules, self.hold, self.views = name, tuple(rules), hold, views

    @cached_property
    def bounds(self) -> tuple[Bound, ...]:
        return tuple(Bound(self.name, rule) for rule in self.rules)

    @cached_property
    def bank(self) -> Bank:
        return Bank(self.bounds)

    def open(self, origin: Origin, context: Context) -> Scan:
        return ViewScan(self.bank, self.views, origin.direction) if self.views else self.bank.open()

    def quiet(self, text: str) -> bool:
        """Whether it surely finds nothing in this text, nor in any part of it: says "no" too often, never wrongly "yes".

        For who reads very much text of which hardly any has anything: a hundredth of what a scan takes.
        """
        return self._hush(text)

    @cached_property
    def _hush(self) -> Hush:
        return Hush(self.bank, self.views)

    @property
    def ceilings(self) -> Mapping[str, float]:
        """Label to the highest score of its findings: 1 where a rule judges what it finds."""
        found: dict[str, float] = {}
        for rule in self.rules:
            most = rule.score if rule.judge is None else 1.0
            found[rule.label] = max(most, found.get(rule.label, 0.0))
        return found

    async def start(self) -> None:
        """Compile the patterns (or load them from the cache) before the first request, and read some text.

        RE2 builds its automaton as text asks for it: the first texts would pay ten times what later ones do. It is done in a
        thread, since others may be served meanwhile.
        """
        await asyncio.to_thread(self._warm)

    def _warm(self) -> None:
        self.bank.warm()
        if self.views:
            views.warm()
        scan, found, end = self.bank.open(), 0, time.monotonic() + _WARM
        for number, piece in enumerate(_warm_up()):
            found += len(scan.feed(piece, last=False).findings)
            if found >= _ENOUGH or time.monotonic() > end:
                return  # whoever waits for this policy, as for a lockdown, waits no longer
            if not number % _TURN:
                time.sleep(0)  # who waits for the interpreter has it now, and not after its 5 ms

    async def aclose(self) -> None:
        """Nothing to close."""


def _warm_up() -> Iterator[str]:
    """Made-up words and numbers in pieces of a token's size, the same every time."""
    rng = random.Random(0)  # noqa: S311  (nothing here is secret)
    for _ in range(_WORDS):
        word = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9)))
        yield rng.choice((word, word.title(), str(rng.randint(0, 9999)), word + rng.choice(",.:;-/")))
        yield " "


class FusedFilter(PatternFilter):
    """Several pattern filters searched in one pass; each finding keeps the name of its own filter."""

    def __init__(self, filters: Sequence[PatternFilter]) -> None:
        first = filters[0]
        super().__init__("+".join(f.name for f in filters), [], hold=first.hold, views=first.views)
        self.names = tuple(f.name for f in filters)
        self._all = tuple(b for f in filters for b in f.bounds)

    @cached_property
    def bounds(self) -> tuple[Bound, ...]:
        return self._all


def fuse(filters: Iterable[PatternFilter]) -> PatternFilter:
    """One filter that finds what all of them find. They must agree on `hold` and `views`."""
    group = list(filters)
    return group[0] if len(group) == 1 else FusedFilter(group)
