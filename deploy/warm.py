"""Compiles the patterns of the shipped policy into GUARDPROXY_CACHE, so that a process finds them when it starts."""

from __future__ import annotations

import asyncio

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.server.run import build_guard


async def warm(guard: Guard) -> None:
    """Start the filters and stop them."""
    await guard.start()
    await guard.aclose()


if __name__ == "__main__":
    asyncio.run(warm(build_guard(Settings())))
