"""The end of the process as requests see it: one moment at which all that still runs must say goodbye.

It tells and counts nothing: who is told, answers. Cutting connections is the process's business (`run`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
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
        self.now = False
        """Everything has to end now."""
        self.listeners: set[Callable[[], None]] = set()
        """Called at that moment, once. Who is in here takes itself out again."""

    def tell(self) -> None:
        """Say it. Once is enough."""
        if not self.now:
            self.now = True
            for listener in list(self.listeners):
                listener()

    @asynccontextmanager
    async def bounds(self) -> AsyncIterator[None]:
        """Work before any answer: it is cancelled when the end comes. Raises WireError 503 then."""
        limit = asyncio.timeout(0.0 if self.now else None)

        def end() -> None:
            limit.reschedule(0.0)

        try:
            async with limit:
                self.listeners.add(end)
                try:
                    yield
                finally:
                    self.listeners.discard(end)
        except TimeoutError:
            if self.now and limit.expired():
                raise shutting_down() from None
            raise
