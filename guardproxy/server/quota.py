"""Quotas at the edge: what a request takes before anything is done for it, and what it is charged when all is over.

What its reply will cost is a guess at the start: the request's length and the most tokens that it allows. At the end the
upstream's own count stands in its place, or ours where there is none: a reply that was cut, broken off, cancelled or never
read counts as far as it came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from guardproxy.config import Settings
from guardproxy.governance.caller import Caller
from guardproxy.governance.quotas import (
    Charge,
    Limit,
    Memory,
    Price,
    Slot,
    StoreLost,
    Subject,
    Table,
    Take,
    Taken,
    What,
)
from guardproxy.governance.quotas.limits import MICRO, take
from guardproxy.governance.quotas.store import Need, Store
from guardproxy.server.authentication import user_for
from guardproxy.server.edge import Headers, Wait
from guardproxy.server.output import Spent
from guardproxy.telemetry import Metrics, Record, ids
from guardproxy.telemetry.log import logger
from guardproxy.types import Json, WireError
from guardproxy.wire.json import dump

RENEWAL: Final = 10.0
"""Seconds between two times at which slots are renewed, and at which what could not be charged is tried again."""
MAX_UNPAID: Final = 10_000
"""Ends of requests that wait for their store; of more the oldest are forgotten, and that is counted."""
UNREACHABLE: Final = "upstream_unreachable"
"""Code of the error where an upstream never had the request."""
MAX_GUESS: Final = 10_000_000
"""Tokens of one request, and of one reply."""
_BYTES_A_TOKEN: Final = 4
_PATIENT: Final = 60.0
"""Seconds. OpenAI's clients wait so long at most; told to wait longer they try again at once, so they are told not to."""
_ASKED_FOR: Final = ("/v1/chat/completions", "/v1/completions")
"""Dialects whose streams tell their counts only where they are asked to."""
_SAID: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(slots=True)
class Charging:
    """What one request took. `end` it once."""

    quotas: Quotas
    record: Record
    limits: Sequence[Limit] = ()
    needs: Sequence[Need] = ()
    store: Store | None = None
    """Where it was taken; None: nowhere."""
    lease: str = ""
    headers: Headers = ()
    price: Price = field(default_factory=Price)
    prompt: int = 0
    """Tokens of the request, as guessed."""
    reply: int = 0
    """Tokens of the reply, as guessed."""
    sent: bool = False
    """An upstream works on it, or has."""
    over: bool = False

    def asked(self, model: str) -> None:
        """The upstream is asked now, for this model."""
        self.sent, self.price = True, self.quotas.price(model)

    def recalls(self, body: Json) -> None:
        """The request as the upstream gets it, with what is kept of its conversation: that is read there, too."""
        if self.limits:
            self.prompt = max(self.prompt, -(-len(dump(body)) // _BYTES_A_TOKEN))

    def wanting(self, body: Json, route: str) -> Json:
        """A request as it asks the upstream for its counts too, whether its client wants them or not."""
        if route not in _ASKED_FOR or not isinstance(body, dict) or not body.get("stream"):
            return body
        if not any(limit.what in (What.TOKENS, What.COST) for limit in self.limits):
            return body
        return {**body, "stream_options": {**(body.get("stream_options") or {}), "include_usage": True}}

    def failed(self) -> None:
        """The upstream did not take it: it costs nothing but a request."""
        self.sent = False

    def more(self, requests: int) -> None:
        """It was so many requests more than one."""
        found = zip(self.limits, self.needs, strict=True)
        counted = [one for limit, one in found if limit.what is What.REQUESTS and isinstance(one, Take)]
        if requests > 0:
            self.quotas.end(self.store, [Charge(one.bucket, one.rate, requests) for one in counted], (), self.lease)

    def end(self, spent: Spent) -> None:
        """Charge what was used, and free what was held. Waits for nothing."""
        if self.over:
            return
        self.over = True
        if not self.limits:
            return
        prompt, completion, counted = self._used(spent)
        cost = self.price.of(prompt, completion)
        self.record.charged(prompt, completion, counted, cost / MICRO)
        used = {What.TOKENS: prompt + completion, What.COST: cost}
        charges, slots = [], []
        for limit, need in zip(self.limits, self.needs, strict=True):
            if isinstance(need, Slot):
                slots.append(need.bucket)
            elif (amount := used.get(limit.what)) is not None and (more := amount - need.rate.taken(need.amount)):
                charges.append(Charge(need.bucket, need.rate, more))
        self.quotas.end(self.store, charges, slots, self.lease)

    def _used(self, spent: Spent) -> tuple[int, int, str]:
        """Tokens of the request and of the reply, and whose count that is."""
        if not self.sent:
            return 0, 0, "none"
        return used(spent, self.prompt, self.reply)


class Quotas:
    """All limits of a process. Shared by all requests; start and close it."""

    def __init__(self, settings: Settings, store: Store | None, metrics: Metrics) -> None:
        """`store`: None for this process alone."""
        own = settings.quotas
        self.table = Table(own.limits, own.prices)
        self.known: Callable[[str], bool] = lambda model: settings.models is not None
        """Whether a model is counted under its own name: others count as one, or every name would be a new bucket."""
        self._alone = Memory()
        self._shared: Store | None = store
        self._store: Store = store or self._alone
        self._on_loss, self._share, self._guess = own.on_loss, own.share, own.reply_tokens
        self._metrics = metrics
        limited = (name for one in own.limits for name in one.models or ())
        targets = (one.model for one in settings.upstreams.values())
        self._named = {*own.prices, *limited, *targets}  # a glob is no model's name
        self._leases: dict[str, list[str]] = {}
        self._unpaid: list[tuple[Sequence[Charge], Sequence[str], str]] = []
        self._later: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None
        for limit in self.table.limits:
            metrics.quota_refused.of("+".join(limit.per), limit.what.value)

    async def start(self) -> None:
        """Raises ConfigError."""
        await self._store.start()
        if self._shared is not None:
            self._renewing = asyncio.create_task(self._renew())

    async def aclose(self) -> None:
        """Tell what is still to be told, once, and close the store."""
        if self._renewing is not None:
            self._renewing.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)
        if self._unpaid:
            await self.renew()
        await self._store.aclose()

    @property
    def store(self) -> Store:
        """Where levels are kept."""
        return self._store

    @property
    def unpaid(self) -> int:
        """Requests whose end the store was not told yet."""
        return len(self._unpaid)

    # ------------------------------------------------------------------------------------------------ beginning

    async def begin(self, caller: Caller, body: dict[str, Any], size: int, model: str, record: Record) -> Charging:
        """Take what a request to a model needs. `size`: bytes of its body. Raises OverQuota, and WireError 503."""
        if not self.table.limits:
            return Charging(self, record)
        who = self._subject(caller, body, model)
        price = self.price(model)
        charging = Charging(self, record, price=price, prompt=-(-size // _BYTES_A_TOKEN))
        charging.reply = 0 if "input" in body and "embed" in record.route else _most(body, self._guess)
        guess = charging.prompt + charging.reply
        amounts = {What.TOKENS: guess, What.COST: price.of(charging.prompt, charging.reply)}
        charging.limits = self.table.meeting(who)
        charging.needs = [take(limit, who, amounts.get(limit.what, 1)) for limit in charging.limits]
        return await self._take(charging)

    async def one(self, caller: Caller, record: Record) -> Charging:
        """Count a request that no model is asked for. Raises OverQuota, and WireError 503."""
        who = Subject(caller.key, caller.tenant, caller.user or "")
        limits = [
            limit
            for limit in self.table.meeting(who)
            if limit.what is What.REQUESTS and "model" not in limit.per and limit.models == ("*",)
        ]
        return await self._take(Charging(self, record, limits, [take(limit, who, 1) for limit in limits]))

    # ------------------------------------------------------------------------------------------------ batches

    def guess(self, body: dict[str, Any], size: int, *, reply: bool = True) -> tuple[int, int]:
        """Tokens of a request of so many bytes, and of its reply if it has any, as guessed."""
        return -(-size // _BYTES_A_TOKEN), _most(body, self._guess) if reply else 0

    async def batch(
        self, caller: Caller, model: str, requests: int, tokens: tuple[int, int], record: Record
    ) -> Charging:
        """Take what a batch of so many requests needs, as guessed: all at once. Raises OverQuota, and WireError 503."""
        who, price = self._subject(caller, {}, model), self.price(model)
        charging = Charging(self, record, price=price, prompt=tokens[0], reply=tokens[1])
        amounts = {What.REQUESTS: requests, What.TOKENS: sum(tokens), What.COST: price.of(*tokens)}
        charging.limits = [limit for limit in self.table.meeting(who) if limit.what in amounts]
        charging.needs = [take(limit, who, amounts[limit.what]) for limit in charging.limits]
        return await self._take(charging)

    def settle(
        self, caller: Caller, model: str, guessed: tuple[int, int], spent: tuple[int, int], counted: str, record: Record
    ) -> None:
        """Charge what the reply to a request of a batch has used beyond what was guessed. Tokens: of request and reply."""
        who, price = self._subject(caller, {}, model), self.price(model)
        record.charged(*spent, counted, price.of(*spent) / MICRO)
        beyond = {What.TOKENS: sum(spent) - sum(guessed), What.COST: price.of(*spent) - price.of(*guessed)}
        charges = [
            Charge(limit.bucket(who), limit.rate, more)
            for limit in self.table.meeting(who)
            if limit.rate is not None and (more := beyond.get(limit.what, 0)) > 0
        ]
        self.end(self._store, charges, (), "")

    def _subject(self, caller: Caller, body: Json, model: str) -> Subject:
        strange = self._strange(model)
        counted = "other" if strange else model
        return Subject(caller.key, caller.tenant, user_for(caller, body) or "", model, counted, strange)

    def _strange(self, model: str) -> bool:
        """Whether neither the settings nor the upstream's list know this name."""
        return not self.known(model) and model not in self._named

    def price(self, model: str) -> Price:
        """What a model costs; one that nobody knows as much as any does."""
        return self.table.price(model, strange=self._strange(model))

    async def _take(self, charging: Charging) -> Charging:
        if not charging.limits:
            return charging
        charging.lease = ids.new("lease_")
        try:
            charging.store, taken = self._store, await self._store.take(charging.needs, charging.lease)
        except StoreLost as e:
            taken = await self._without(charging, e)
        except asyncio.CancelledError:  # nobody waits for the answer any more: whether it was yes is not known
            self.end(self._store, (), _slots(charging.needs), charging.lease)
            raise
        charging.headers = _headers(charging, taken)
        if taken.refused is not None:
            limit = charging.limits[taken.refused]
            self._metrics.quota_refused.of("+".join(limit.per), limit.what.value).inc()
            charging.record.over_quota(limit.said)
            raise OverQuota(limit, taken.wait, charging.headers)
        if (slots := _slots(charging.needs)) and charging.store is self._shared:  # others are in memory
            self._leases[charging.lease] = slots
        return charging

    async def _without(self, charging: Charging, lost: StoreLost) -> Taken:
        """What holds while the store can't be asked."""
        self._metrics.quota_store_failures.inc()
        logger.warning("quotas: %s; %s", lost, _MEANWHILE[self._on_loss])
        if self._on_loss == "deny":
            raise WireError(
                "guardproxy can't count this request now; try again.", status=503, code="quotas_unavailable"
            )
        if self._on_loss == "allow":
            charging.store = None
            return Taken(None, 0.0)
        charging.store = self._alone
        charging.needs = [_scaled(need, self._share) for need in charging.needs]
        return await self._alone.take(charging.needs, charging.lease)

    # ------------------------------------------------------------------------------------------------ the end

    def end(self, store: Store | None, charges: Sequence[Charge], slots: Sequence[str], lease: str) -> None:
        """Charge and free. What the store can't be told now, it is told later."""
        self._leases.pop(lease, None)
        if not charges and not slots:
            return
        if store is self._alone:
            self._alone.end_now(charges, slots, lease)
        elif store is not None:
            self._soon(self._tell(charges, slots, lease))

    async def _tell(self, charges: Sequence[Charge], slots: Sequence[str], lease: str) -> None:
        try:
            await self._store.end(charges, slots, lease)
        except StoreLost:
            self._metrics.quota_store_failures.inc()
            self._unpaid.append((charges, slots, lease))
            del self._unpaid[:-MAX_UNPAID]

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            await self.renew()

    async def renew(self) -> None:
        """Say that slots are still had, and tell what could not be told."""
        try:
            if self._leases:
                await self._store.renew(self._leases)
            while self._unpaid:
                await self._pay(self._unpaid.pop(0))
        except StoreLost:
            self._metrics.quota_store_failures.inc()

    async def _pay(self, one: tuple[Sequence[Charge], Sequence[str], str]) -> None:
        try:
            await self._store.end(*one)
        except BaseException:  # the process ends, say
            self._unpaid.insert(0, one)
            raise


_MEANWHILE: Final = {
    "local": "this process counts alone",
    "deny": "requests are refused",
    "allow": "requests are not counted",
}


class OverQuota(Wait):
    """A limit is reached."""

    def __init__(self, limit: Limit, wait: float, headers: Headers) -> None:
        seconds = max(1, ceil(wait))
        later = (b"x-should-retry", b"false") if wait > _PATIENT else (b"retry-after-ms", b"%d" % ceil(wait * 1000))
        super().__init__(
            f"The limit of {limit.said} is reached; try again in {seconds} s.",
            status=429,
            code="insufficient_quota" if limit.what is What.COST else "rate_limit_exceeded",
            headers=(*headers, (b"retry-after", b"%d" % seconds), later),
        )


def used(spent: Spent, prompt: int, reply: int) -> tuple[int, int, str]:
    """Tokens of a request and of its reply, and whose count that is. `prompt`, `reply`: as guessed.

    No reply has so many tokens as an upstream might say by mistake: nobody is to be kept out for years by one."""
    usage = spent.usage if spent.usage is not None else spent.cut
    if not isinstance(usage, dict) or not usage:
        return (prompt, spent.tokens, "guardproxy") if spent.characters else (prompt, reply, "guess")
    asked = usage.get("prompt_tokens", prompt)
    total = usage.get("total_tokens", 0) - asked
    said = max(usage.get("completion_tokens", 0), total)
    if not spent.ended or not usage.keys() & {"completion_tokens", "total_tokens"}:
        said = max(said, spent.tokens)
    return min(asked, MAX_GUESS), min(said, MAX_GUESS), "upstream"


def _slots(needs: Sequence[Need]) -> list[str]:
    return [need.bucket for need in needs if isinstance(need, Slot)]


def _scaled(need: Need, share: float) -> Need:
    """A need of a process that is alone."""
    if isinstance(need, Slot):
        return Slot(need.bucket, max(1, int(need.limit * share)))
    return Take(need.bucket, need.rate.scaled(share), need.amount)


def _most(body: dict[str, Any], otherwise: int) -> int:
    """The most tokens that a reply may have, as its request says."""
    options = body.get("options")
    said = [body.get(name) for name in _SAID]
    said.append(options.get("num_predict") if isinstance(options, dict) else None)
    most = max((one for one in said if type(one) is int and one > 0), default=otherwise)
    choices = max((one for one in (body.get("n"), body.get("best_of")) if type(one) is int and one > 0), default=1)
    prompts = body.get("prompt")
    return min(most * choices * (len(prompts) or 1 if isinstance(prompts, list) else 1), MAX_GUESS)


def _headers(charging: Charging, taken: Taken) -> Headers:
    """What is left, as OpenAI's API tells it: of each kind for the limit that is nearest."""
    out: list[tuple[bytes, bytes]] = []
    for what in (What.REQUESTS, What.TOKENS):
        nearest: tuple[float, Take, int, float] | None = None
        for number, level in taken.levels.items():
            need = charging.needs[number]
            if charging.limits[number].what is not what or not isinstance(need, Take):
                continue
            left = need.rate.left(level)
            if nearest is None or left / need.rate.burst < nearest[0]:
                nearest = left / need.rate.burst, need, left, need.rate.full_in(level)
        if nearest is not None:
            _, need, left, full = nearest
            name = what.value.encode()
            out += [
                (b"x-ratelimit-limit-" + name, b"%d" % need.rate.burst),
                (b"x-ratelimit-remaining-" + name, b"%d" % left),
                (b"x-ratelimit-reset-" + name, duration(full)),
            ]
    return tuple(out)


def duration(seconds: float) -> bytes:
    """As OpenAI writes it: `120ms`, `6m0s`, `1h0m3s`."""
    if seconds < 1:
        return b"%dms" % ceil(seconds * 1000)
    whole = ceil(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return b"%dh%dm%ds" % (hours, minutes, rest)
    return b"%dm%ds" % (minutes, rest) if minutes else b"%ds" % rest


def store_of(settings: Settings) -> Store | None:
    """Where these settings keep what was used, not started. Raises ConfigError."""
    own = settings.quotas
    if own.redis:
        from guardproxy.governance.quotas.redis import RedisStore

        password = settings.redis_key.get_secret_value() if settings.redis_key else None
        return RedisStore(own.redis, password, own.timeout)
    if own.path:
        from guardproxy.governance.quotas.database import Database

        return Database(own.path, own.timeout)
    return None
