"""The section of the settings that says how much may be used."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from guardproxy.addresses import check_redis
from guardproxy.amounts import Count, Seconds
from guardproxy.sections import Section

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _listed(value: Any) -> Any:
    """One word as a list of it."""
    return (value,) if isinstance(value, str) else value


class QuotaRate(Section):
    """So much in a second, minute, hour or day: `60/minute`."""

    amount: Annotated[float, Field(gt=0, le=1e9)]
    seconds: int

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict | QuotaRate):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:/|per)\s*(second|minute|hour|day|s|m|h|d)", str(value).strip())
        if not match:
            raise ValueError(f"{value!r} is no rate; write an amount and a period: 60/minute, 2.5/day")
        return {"amount": float(match[1]), "seconds": PERIODS[match[2][0]]}


class Quota(Section):
    """One limit, or several for the same. Every one that a request meets has to be kept."""

    per: Annotated[tuple[Literal["key", "tenant", "user", "model"], ...], BeforeValidator(_listed), Field(min_length=1)]
    """Whose use is counted as one: that of a key, a tenant, a user, a model, or a list of them for each combination."""
    requests: QuotaRate | None = None
    """Requests, like `60/minute`."""
    tokens: QuotaRate | None = None
    """Tokens of requests and replies together, like `100000/minute`."""
    cost: QuotaRate | None = None
    """Cost by `prices`, like `2.5/day`."""
    streams: Count | None = None
    """Replies in the making at once, streamed or not."""
    burst: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """How much of it at once, where it is not all of a period."""
    keys: tuple[str, ...] | None = None
    """For these ids of keys only (`*`, `?`)."""
    tenants: tuple[str, ...] | None = None
    """For these tenants only."""
    models: tuple[str, ...] | None = None
    """For these models only, by the upstream's names."""

    @model_validator(mode="after")
    def _something(self) -> Quota:
        rates = [rate for rate in (self.requests, self.tokens, self.cost) if rate is not None]
        if not rates and self.streams is None:
            raise ValueError("a limit has `requests`, `tokens`, `cost` or `streams`")
        if self.burst is not None and len(rates) != 1:
            raise ValueError("`burst` is of one rate; write a limit of its own for each")
        whole = [rate for rate in (self.requests, self.tokens) if rate is not None]
        if any(rate.amount != int(rate.amount) for rate in whole):
            raise ValueError("requests and tokens are whole numbers; take a longer period")
        return self


class QuotaPrice(Section):
    """What a model costs, per million tokens."""

    input: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """Of the request."""
    output: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """Of the reply."""


class Quotas(Section):
    """How much may be used (docs/quotas.md). Without limits, as much as anybody likes."""

    limits: tuple[Quota, ...] = ()
    """The limits. A request must keep all that it meets."""
    prices: dict[str, QuotaPrice] = Field(default={})
    """The upstream's name of a model (or a glob) to its price, in the currency of the limits."""
    reply_tokens: Count = 512
    """Tokens that a reply is taken to have until its end, where its request names no limit."""
    path: str = ""
    """File of what was used, which the processes of one machine may share. Without it, each process counts for itself."""
    redis: str = ""
    """`redis://HOST:PORT/DB` for replicas that share their limits; GUARDPROXY_REDIS_KEY holds its password."""
    timeout: Seconds = 0.1
    """How long a request may wait for the file or for Redis."""
    on_loss: Literal["local", "deny", "allow"] = "local"
    """While those can't be asked: each process keeps `share` of the limits, refuses with 503, or lets everything through."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of each limit, for a process that is alone: 0.5 where there are two replicas."""

    @field_validator("redis")
    @classmethod
    def _address(cls, value: str) -> str:
        return check_redis(value)

    @model_validator(mode="after")
    def _one_place(self) -> Quotas:
        if self.path and self.redis:
            raise ValueError("what was used is kept in `path` or in `redis`, not in both")
        return self
