"""The base of every filter that is a set of patterns, and the fusion of several into one search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from guardproxy.text.bank import Bank
from guardproxy.text.rules import Bound, Rule
from guardproxy.text.scan import BankScan
from guardproxy.types import Context, Origin


class PatternFilter:
    """A filter that is a set of rules. Subclasses give `rules`; streaming is done here, once."""

    hold: bool = True

    def __init__(self, name: str, rules: Sequence[Rule], *, hold: bool = True) -> None:
        self.name, self.rules, self.hold = name, tuple(rules), hold

    @cached_property
    def bounds(self) -> tuple[Bound, ...]:
        return tuple(Bound(self.name, rule) for rule in self.rules)

    @cached_property
    def bank(self) -> Bank:
        return Bank(self.bounds)

    def open(self, origin: Origin, context: Context) -> BankScan:
        return self.bank.open()

    async def start(self) -> None:
        """Compile the patterns (or load them from the cache) before the first request."""
        _ = self.bank

    async def aclose(self) -> None:
        """Nothing to close."""


class FusedFilter(PatternFilter):
    """Several pattern filters searched in one pass; each finding keeps the name of its own filter."""

    def __init__(self, filters: Sequence[PatternFilter]) -> None:
        super().__init__("+".join(f.name for f in filters), [], hold=filters[0].hold)
        self.names = tuple(f.name for f in filters)
        self._all = tuple(b for f in filters for b in f.bounds)

    @cached_property
    def bounds(self) -> tuple[Bound, ...]:
        return self._all


def fuse(filters: Iterable[PatternFilter]) -> PatternFilter:
    """One filter that finds what all of them find. They must agree on `hold`."""
    group = list(filters)
    return group[0] if len(group) == 1 else FusedFilter(group)
