"""A client of Redis that never waits longer than it is told to.

redis-py repeats commands by itself unless told otherwise: with a Redis that hangs each would take seconds. Here nothing is
repeated, and each question has its time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from guardproxy.types import ConfigError

CONNECTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class RedisClient:
    """Commands and scripts go to `commands`; each may raise one of `failures`."""

    commands: Any
    failures: tuple[type[Exception], ...]
    host: str
    """For people."""
    timeout: float
    """Seconds that a question may take."""

    @classmethod
    def of(cls, url: str, password: str | None, timeout: float, setting: str) -> RedisClient:
        """Nothing is connected yet. `setting`: what wants it. Raises ConfigError where redis-py isn't installed."""
        try:
            import redis.asyncio as redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
            from redis.exceptions import RedisError
        except ImportError:
            raise ConfigError(f"`{setting}` needs redis-py: pip install 'guardproxy[redis]'") from None
        pool = redis.BlockingConnectionPool.from_url(
            url,
            password=password,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            timeout=timeout,
            max_connections=CONNECTIONS,
            retry=Retry(NoBackoff(), 0),
            retry_on_error=[],
            health_check_interval=0,
        )
        failures = (RedisError, OSError, TimeoutError)
        return cls(redis.Redis(connection_pool=pool), failures, urlsplit(url).hostname or "", timeout)

    async def aclose(self) -> None:
        try:
            async with asyncio.timeout(self.timeout):
                await self.commands.aclose()
                await self.commands.connection_pool.disconnect()
        except self.failures:
            return
