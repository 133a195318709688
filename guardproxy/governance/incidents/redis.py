"""Incidents in Redis, for replicas on several machines.

Whoever can write there can open nothing and end nothing: each entry has a MAC. Whoever can delete there, or a Redis that
forgets, ends nothing either: what a process knows to be open stays so until somebody has closed it, and is put back.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable
from dataclasses import asdict, replace
from typing import Any, Final, TypeVar

import orjson

from guardproxy.config import STORE_KEY, Settings
from guardproxy.governance.incidents.model import Incident
from guardproxy.governance.incidents.rows import KEPT, StoreFailed, without
from guardproxy.governance.person import Person
from guardproxy.governance.redis_client import RedisClient
from guardproxy.telemetry.log import logger
from guardproxy.types import ConfigError

KEY: Final = "{guardproxy:incidents}"
TIMEOUT: Final = 0.5
"""Seconds for one question: all replicas look four times a second."""
_EXCHANGE: Final = (
    "if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end"
)
_T = TypeVar("_T")


def of(settings: Settings) -> RedisRows:
    """Those of the settings. Raises ConfigError."""
    if settings.store_key is None:
        raise ConfigError(
            f"incidents in Redis are signed: set {STORE_KEY} to a random key, the same one for all replicas"
        )
    password = settings.redis_key.get_secret_value() if settings.redis_key else None
    return RedisRows(settings.incidents.redis, password, settings.store_key.get_secret_value().encode())


class RedisRows:
    """Implements `rows.Rows`."""

    def __init__(self, url: str, password: str | None, key: bytes, timeout: float = TIMEOUT) -> None:
        """`key`: what the entries are signed with, the same for all replicas. Raises ConfigError without redis-py."""
        self._client = RedisClient.of(url, password, timeout, "incidents.redis")
        self._exchange: Any = self._client.commands.register_script(_EXCHANGE)
        self._key = hmac.digest(key, b"guardproxy incidents", "sha256")
        self._known: dict[str, Incident] = {}
        """Those that are open, as far as this process has seen."""
        self._forged: set[str] = set()

    async def start(self) -> None:
        try:
            await self.all()
        except StoreFailed as e:
            raise ConfigError(f"the incidents can't be read, so nobody knows what is in force: {e}") from None

    async def aclose(self) -> None:
        await self._client.aclose()

    async def all(self) -> list[Incident]:
        found: dict[bytes, bytes] = await self._ask(self._client.commands.hgetall(KEY))
        told = [one for field, value in found.items() if (one := self._read(field, value)) is not None]
        there = {one.id for one in told}
        for one in [one for one in self._known.values() if one.id not in there]:
            logger.error("the open incident %s is gone from Redis; it stays in force, and is put back", one.id)
            await self._ask(self._client.commands.hset(KEY, one.id, self._signed(one)))
            told.append(one)
        self._known = {one.id: one for one in told if one.ended is None}
        return sorted(told, key=lambda one: (one.opened, one.id), reverse=True)

    async def add(self, one: Incident) -> None:
        await self._ask(self._client.commands.hset(KEY, one.id, self._signed(one)))
        self._known[one.id] = one
        if over := [old.id for old in (await self.all())[KEPT:] if old.ended is not None]:
            await self._ask(self._client.commands.hdel(KEY, *over))

    async def end(self, ended: Incident) -> None:
        open_ = self._known.get(ended.id)
        if open_ is not None:
            await self._ask(self._exchange(keys=[KEY], args=[ended.id, self._signed(open_), self._signed(ended)]))
            del self._known[ended.id]

    async def erase(self, person: Person, *, dry: bool) -> int:
        """Take somebody's name out; returns in how many it stood."""
        changed = 0
        for one in await self.all():
            reason, opened_by, ended_by = without(person, one.reason, one.opened_by, one.ended_by)
            clean = replace(one, reason=reason, opened_by=opened_by, ended_by=ended_by)
            changed += clean != one
            if clean != one and not dry:
                args = [one.id, self._signed(one), self._signed(clean)]
                await self._ask(self._exchange(keys=[KEY], args=args))
        return changed

    async def _ask(self, question: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._client.timeout):
                return await question
        except self._client.failures as e:
            raise StoreFailed(f"Redis at {self._client.host}: {type(e).__name__}") from None

    # ------------------------------------------------------------------------------------------------ entries

    def _signed(self, one: Incident) -> bytes:
        text = orjson.dumps(asdict(one), option=orjson.OPT_SORT_KEYS)
        return self._mac(one.id.encode(), text) + text

    def _read(self, field: bytes, value: bytes) -> Incident | None:
        """An entry that one of us has written; None for another one, which is told once."""
        mac, text = value[:32], value[32:]
        if hmac.compare_digest(mac, self._mac(field, text)):
            return Incident(**orjson.loads(text))
        name = field[:64].decode("latin-1")
        if name not in self._forged and len(self._forged) < KEPT:
            self._forged.add(name)
            logger.error("an incident in Redis was not written with this GUARDPROXY_STORE_KEY; it is not in force")
        return None

    def _mac(self, field: bytes, text: bytes) -> bytes:
        return hmac.digest(self._key, field + b"\0" + text, "sha256")
