"""Public keys of an identity provider: asked for over HTTP, kept for a while, never taken from anywhere else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import jwt
import orjson

from guardproxy.telemetry.log import logger

MAX_SIZE: Final = 262_144
"""Bytes of a list of keys."""
MAX_KEYS: Final = 100
TIMEOUT: Final = 5.0
AGAIN: Final = 10.0
"""Seconds between two tries for a key that is not there, or after a failure."""
STALE: Final = 3600.0
"""Seconds for which keys are used although the provider can't be asked."""
LEAST_RSA: Final = 2048


class Unreachable(Exception):
    """No keys are known, and the provider can't be asked."""


@dataclass(slots=True)
class Jwks:
    """The keys at one address. Its client follows no redirects."""

    url: str
    refresh: float
    """Seconds after which they are asked for anew."""
    client: httpx.AsyncClient
    clock: Callable[[], float] = time.monotonic
    _keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict)
    _asked: float | None = None
    _read: float | None = None
    _task: asyncio.Task[None] | None = None
    """Asks, for all who wait: one that goes away must not end it, or nobody would ever get an answer."""

    async def key(self, id: str) -> jwt.PyJWK | None:
        """The key of this id; None where the provider has none. Raises Unreachable."""
        now = self.clock()
        fresh = self._read is not None and now - self._read < STALE
        if fresh and id in self._keys:
            if now - (self._read or 0.0) >= self.refresh and self._may_ask(now):
                self._asking()  # nobody waits for it
            return self._keys[id]
        if self._may_ask(now) or self._busy:
            await asyncio.shield(self._asking())
        if self._read is None or self.clock() - self._read >= STALE:
            raise Unreachable
        return self._keys.get(id)

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _may_ask(self, now: float) -> bool:
        return self._asked is None or now - self._asked >= AGAIN

    @property
    def _busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def _asking(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ask())
        return self._task

    async def _ask(self) -> None:
        self._asked = self.clock()
        try:
            self._keys = usable(orjson.loads(await self._body()))
            self._read = self.clock()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as e:
            logger.error("the keys of an identity provider can't be read: %s", type(e).__name__)

    async def _body(self) -> bytes:
        body = b""
        async with asyncio.timeout(TIMEOUT), self.client.stream("GET", self.url) as reply:
            if reply.status_code != 200:
                raise ValueError(f"it answers {reply.status_code}")
            async for piece in reply.aiter_bytes():
                body += piece
                if len(body) > MAX_SIZE:
                    raise ValueError("the list of keys is too large")
        return body


def usable(listed: Any) -> dict[str, jwt.PyJWK]:
    """The keys of a list that may verify signatures: public ones of known kinds that say their id. Raises ValueError."""
    keys = listed.get("keys") if isinstance(listed, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError("that is no list of keys")
    out: dict[str, jwt.PyJWK] = {}
    for one in keys:
        if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC", "OKP") or one.get("use", "sig") != "sig":
            continue
        if not isinstance(id := one.get("kid"), str) or not id or "d" in one:
            continue
        try:
            made = jwt.PyJWK(one)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, ArithmeticError, NotImplementedError):
            continue  # of a kind that this version does not know, or for no algorithm at all (`none`)
        if one["kty"] != "RSA" or made.key.key_size >= LEAST_RSA:
            out[id] = made
    return out
