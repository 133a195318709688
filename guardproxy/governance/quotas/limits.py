"""Which limits a request meets, and which bucket of each: from the settings, and from who asks for what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from math import ceil
from typing import Final

from guardproxy.governance.quotas.bucket import Rate
from guardproxy.governance.quotas.store import Slot, Take
from guardproxy.quotas import Quota, QuotaPrice

MICRO: Final = 1_000_000
"""Costs are counted in millionths of the currency."""
_PERIODS: Final = {1: "second", 60: "minute", 3600: "hour", 86_400: "day"}
_LONGEST: Final = 128
"""Characters of a name in a bucket's id; of longer ones a hash stands there."""


class What(StrEnum):
    """What is counted."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    COST = "cost"
    STREAMS = "streams"
    """Replies in the making at once, streamed or not: asking for a whole one is no way round."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks for what."""

    key: str = ""
    tenant: str = ""
    user: str = ""
    """Empty where nobody is named: all of those of a key count as one."""
    model: str = ""
    counted: str = ""
    """The name under which the model is counted."""
    strange: bool = False
    """Nobody knows this name: to its server it may be another spelling of any model's."""


@dataclass(frozen=True, slots=True)
class Price:
    """Of a model, per million tokens, in the currency that limits are in."""

    input: float = 0.0
    output: float = 0.0

    def of(self, prompt: int, completion: int) -> int:
        """What so many tokens cost, in millionths, rounded up."""
        return ceil(prompt * self.input + completion * self.output)


@dataclass(frozen=True)
class Limit:
    """One limit of the settings, on one thing."""

    what: What
    per: tuple[str, ...]
    rate: Rate | None = None
    """None for `streams`."""
    streams: int = 0
    keys: tuple[str, ...] = ("*",)
    tenants: tuple[str, ...] = ("*",)
    models: tuple[str, ...] = ("*",)

    def meets(self, who: Subject) -> bool:
        asked = [(who.key, self.keys), (who.tenant, self.tenants)]
        if not who.strange:
            asked.append((who.model, self.models))
        return all(any(fnmatchcase(name, glob) for glob in globs) for name, globs in asked)

    def bucket(self, who: Subject) -> str:
        """The id of the bucket. Tells keys, tenants and models by name, and a person by a hash alone."""
        return self.family + "+".join(_named(per, who) for per in self.per)

    @cached_property
    def family(self) -> str:
        """What the ids of all its buckets begin with."""
        return f"{self.what.value}/{self._period}{self._where}/{'+'.join(self.per)}/"

    @property
    def _where(self) -> str:
        """Tells limits apart that are alike, but for other keys, tenants or models."""
        where = (self.keys, self.tenants, self.models)
        if all(globs == ("*",) for globs in where):
            return ""
        return "~" + hashlib.blake2b(repr(where).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()

    @property
    def _period(self) -> str:
        rate = self.rate
        return str(self.streams) if rate is None else f"{rate.amount}:{rate.seconds}:{rate.burst}"

    @property
    def said(self) -> str:
        """In words, for clients and operators."""
        if self.rate is None:
            return f"{self.streams} replies at once for each {' and '.join(self.per)}"
        amount = f"{self.rate.amount / MICRO:g}" if self.what is What.COST else f"{self.rate.amount}"
        period = _PERIODS.get(self.rate.seconds, f"{self.rate.seconds} s")
        what = "of cost" if self.what is What.COST else self.what.value
        return f"{amount} {what} per {period} for each {' and '.join(self.per)}"


def _named(per: str, who: Subject) -> str:
    if per == "user":  # a person's name may be personal data; one of another key or tenant is somebody else
        return hashlib.blake2b(f"{who.tenant}\0{who.key}\0{who.user}".encode(), digest_size=12).hexdigest()
    name: str = who.counted if per == "model" else getattr(who, per)
    if len(name) <= _LONGEST and name.isprintable() and not set(name) & {"/", "+"}:
        return name
    return "#" + hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Table:
    """All limits and prices."""

    def __init__(self, quotas: Iterable[Quota], prices: Mapping[str, QuotaPrice]) -> None:
        self.limits = list(dict.fromkeys(limit for quota in quotas for limit in _of(quota)))
        self._prices = {name: Price(price.input, price.output) for name, price in prices.items()}

    def behind(self, bucket: str) -> tuple[Limit, dict[str, str]] | None:
        """Which limit a bucket is of, and whose it is; None for one of a limit that is no longer set."""
        for limit in self.limits:
            if bucket.startswith(limit.family):
                names = bucket.removeprefix(limit.family).split("+")
                return limit, dict(zip(limit.per, names, strict=False))
        return None

    def meeting(self, who: Subject) -> list[Limit]:
        return [limit for limit in self.limits if limit.meets(who)]

    def price(self, model: str, *, strange: bool = False) -> Price:
        """Of a model: by its name, else by the first glob that matches, else nothing. `strange`: the highest there is."""
        if strange:
            prices = self._prices.values()
            return Price(max((p.input for p in prices), default=0.0), max((p.output for p in prices), default=0.0))
        exact = self._prices.get(model)
        return exact or next((p for glob, p in self._prices.items() if fnmatchcase(model, glob)), Price())


def take(limit: Limit, who: Subject, amount: int) -> Take | Slot:
    """What a request needs of a limit."""
    bucket = limit.bucket(who)
    return Slot(bucket, limit.streams) if limit.rate is None else Take(bucket, limit.rate, amount)


def _of(quota: Quota) -> Iterable[Limit]:
    where = (tuple(quota.keys or ("*",)), tuple(quota.tenants or ("*",)), tuple(quota.models or ("*",)))
    for what, factor in ((What.REQUESTS, 1), (What.TOKENS, 1), (What.COST, MICRO)):
        said = getattr(quota, what.value)
        if said is not None:
            amount = round(said.amount * factor)
            burst = amount if quota.burst is None else max(1, round(quota.burst * factor))
            yield Limit(what, quota.per, Rate(amount, said.seconds, burst), 0, *where)
    if quota.streams is not None:
        yield Limit(What.STREAMS, quota.per, None, quota.streams, *where)
