"""The end of the process as requests see it: one moment at which all that still runs must say goodbye.

It tells and counts nothing: who is told, answers. Cutting connections is the process's business (`run`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from guardproxy.types import WireError

CODE = "shutting_down"
MESSAGE = "guardproxy is shutting down; the request may be repeated."


def shutting_down() -> WireError:
    """What a request is answered that has no answer yet."""
    return WireError(MESSAGE, status=503, code=CODE)


class Closing:
    """Shared by all requests; make it inside of the event loop that uses it."""

    def __init__(self) -> None:
        self.told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when everything has to end now. To wait for, beside one's work."""
        self._limits: set[asyncio.Timeout] = set()

    @property
    def now(self) -> bool:
        return self.told.done()

    def tell(self) -> None:
        """Say it. Once is enough."""
        if not self.now:
            self.told.set_result(None)
            for limit in self._limits:
                limit.reschedule(0.0)

    @asynccontextmanager
    async def bounds(self) -> AsyncIterator[None]:
        """Work before any answer: it is cancelled when the end comes. Raises WireError 503 then."""
        try:
            # a timeout that has no time yet: a task of its own would cost every request more than its body does
            async with asyncio.timeout(0.0 if self.now else None) as limit:
                self._limits.add(limit)
                try:
                    yield
                finally:
                    self._limits.discard(limit)
        except TimeoutError:
            if self.now and limit.expired():
                raise shutting_down() from None
            raise
