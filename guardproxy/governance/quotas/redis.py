"""Levels in Redis, for replicas that share them: one script takes all or nothing, on Redis' own clock. After a few failures
nothing is asked for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from typing import Any, Final

from guardproxy.governance.quotas.bucket import BACK, Level
from guardproxy.governance.quotas.database import LEASE
from guardproxy.governance.quotas.store import SLOT_WAIT, Charge, Need, Slot, StoreLost, Taken, Used, microseconds
from guardproxy.governance.redis_client import RedisClient
from guardproxy.judges.breaker import Breaker

PREFIX: Final = "{guardproxy:quotas}:"
"""Of every key. The braces keep all of them on one node of a cluster, as a script wants it."""
FAILURES, PAUSE = 3, 1.0
"""Failures in a row after which Redis is left in peace, and seconds until one more question."""
_PAGE: Final = 500
"""Keys that are looked at at once, for people."""

SCRIPT: Final = """
local mode, lease, until_, back = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local t = redis.call('TIME')
local us = tonumber(t[1]) * 1000000 + tonumber(t[2])
local refused, wait, out, keep, owed, forever = -1, 0, {}, {}, 2 ^ 60, 1e15
local function say(x) return string.format('%.0f', x) end
for i, key in ipairs(KEYS) do
  local a = 5 + (i - 1) * 5
  local kind = ARGV[a]
  if kind == 'slot' then
    local limit = tonumber(ARGV[a + 1])
    if mode == 'take' then
      redis.call('ZREMRANGEBYSCORE', key, '-inf', say(us))
      if redis.call('ZCARD', key) >= limit then
        if refused < 0 then refused = i - 1 end
        wait = math.max(wait, tonumber(ARGV[a + 2]))
      end
    end
    keep[i] = false
    out[i] = ''
  else
    local tick, flow, need, depth = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
    local now = math.floor(us / tick)
    local had = redis.call('HMGET', key, 'at', 'debt')
    local at, debt = tonumber(had[1]) or now, tonumber(had[2]) or 0
    local passed = now - at
    if passed >= 0 then
      at, debt = now, math.max(0, debt - passed * flow)
    elseif -passed * tick >= back then
      at = now
    end
    if mode == 'take' and debt + need > depth then
      if refused < 0 then refused = i - 1 end
      wait = math.max(wait, math.ceil((debt + need - depth) / flow) * tick)
    end
    keep[i] = {at, debt, math.max(0, math.min(debt + need, math.max(depth, owed))), tick, flow}
    out[i] = say(at) .. ':' .. say(debt)
  end
end
if refused < 0 then
  for i, key in ipairs(KEYS) do
    local one = keep[i]
    if one then
      redis.call('HSET', key, 'at', say(one[1]), 'debt', say(one[3]))
      redis.call('PEXPIRE', key, say(math.min(math.ceil(one[3] / one[5]) * one[4] / 1000 + 120000, forever)))
      out[i] = say(one[1]) .. ':' .. say(one[3])
    elseif mode == 'end' then
      redis.call('ZREM', key, lease)
    else
      redis.call('ZADD', key, say(us + until_), lease)
      redis.call('PEXPIRE', key, say(until_ / 1000 + 1000))
    end
  end
end
return {refused, say(wait), out}
"""
"""`take`, `end` and `renew`: as `store.decided`, but for numbers, which are floating point here and exact up to 2^53. `owed` is
`bucket.OWED`; `forever` is a time in milliseconds that Redis takes."""


class RedisStore:
    """A store in Redis."""

    def __init__(self, url: str, password: str | None, timeout: float) -> None:
        """`timeout`: seconds that a request may wait for it. Raises ConfigError where redis-py isn't installed."""
        self._client = RedisClient.of(url, password, timeout, "quotas.redis")
        self._script: Any = self._client.commands.register_script(SCRIPT)
        self.breaker = Breaker(FAILURES, PAUSE, time.monotonic)

    async def start(self) -> None:
        return None  # who starts while Redis is away serves as when it goes away later

    async def aclose(self) -> None:
        await self._client.aclose()

    async def take(self, needs: Sequence[Need], lease: str) -> Taken:
        keys, args = [], []
        for need in needs:
            keys.append(PREFIX + need.bucket)
            if isinstance(need, Slot):
                args += ["slot", need.limit, int(SLOT_WAIT * 1e6), 0, 0]
            else:
                rate = need.rate
                args += ["rate", rate.tick, rate.flow, rate.needed(need.amount), rate.depth]
        refused, wait, out = await self._ask("take", lease, keys, args)
        levels = {n: Level(*map(int, said.split(b":"))) for n, said in enumerate(out) if said}
        return Taken(None if refused < 0 else int(refused), int(wait) / 1e6, levels)

    async def end(self, charges: Sequence[Charge], slots: Sequence[str], lease: str) -> None:
        keys = [PREFIX + one.bucket for one in charges] + [PREFIX + bucket for bucket in slots]
        args: list[Any] = []
        for one in charges:
            args += ["rate", one.rate.tick, one.rate.flow, one.amount * one.rate.unit, one.rate.depth]
        args += ["slot", 0, 0, 0, 0] * len(slots)
        await self._ask("end", lease, keys, args)

    async def renew(self, leases: Mapping[str, Sequence[str]]) -> None:
        for lease, buckets in list(leases.items()):
            if lease not in leases:
                continue
            keys = [PREFIX + bucket for bucket in buckets]
            await self._ask("renew", lease, keys, ["slot", 0, 0, 0, 0] * len(keys))

    def now(self) -> int:
        return microseconds()

    async def used(self, most: int) -> Sequence[Used]:
        found: list[Used] = []
        cursor, seen = 0, set[bytes]()
        while len(found) < most:
            cursor, keys = await self._told(self._client.commands.scan(cursor, match=f"{PREFIX}*", count=_PAGE))
            fresh = list(dict.fromkeys(key for key in keys if key not in seen))
            seen.update(fresh)
            found += await self._told(self._page(fresh))
            if not cursor:
                break
        return found[:most]

    async def _page(self, keys: Sequence[bytes]) -> list[Used]:
        async with self._client.commands.pipeline(transaction=False) as asked:
            names = [key.decode("utf-8", "replace").removeprefix(PREFIX) for key in keys]
            for key, name in zip(keys, names, strict=True):
                if name.startswith("streams/"):
                    asked.zcount(key, f"({microseconds()}", "+inf")
                else:
                    asked.hmget(key, "at", "debt")
            said = await asked.execute(raise_on_error=False)  # a key that is not as ours are is not ours
        found = []
        for name, one in zip(names, said, strict=True):
            if isinstance(one, int):
                found.append(Used(name, had=one))
            elif isinstance(one, list) and None not in one:
                found.append(Used(name, Level(int(one[0]), int(one[1]))))
        return found

    async def forget(self, bucket: str) -> bool:
        return bool(await self._told(self._client.commands.delete(PREFIX + bucket)))

    async def _ask(self, mode: str, lease: str, keys: list[str], args: list[Any]) -> Any:
        return await self._told(self._script(keys=keys, args=[mode, lease, int(LEASE * 1e6), BACK, *args]))

    async def _told(self, question: Awaitable[Any]) -> Any:
        """Raises StoreLost."""
        if not self.breaker.admit():
            if isinstance(question, Coroutine):
                question.close()
            raise StoreLost("Redis has failed and is left in peace for a moment")
        try:
            async with asyncio.timeout(self._client.timeout):
                said = await question
        except self._client.failures as e:
            self.breaker.failed()
            raise StoreLost(f"Redis at {self._client.host}: {type(e).__name__}") from None
        self.breaker.succeeded()
        return said
