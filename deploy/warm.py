"""Compiles the patterns of the shipped policy into GUARDPROXY_CACHE, so that a process finds them when it starts."""

from __future__ import annotations

import asyncio

from guardproxy.config import Settings
from guardproxy.server.reload import Reloader, open_policies


async def warm(policies: Reloader) -> None:
    """Start the filters and stop them."""
    await policies.start()
    await policies.aclose()


if __name__ == "__main__":
    asyncio.run(warm(open_policies(Settings())))
