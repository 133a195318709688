"""An upstream's answer whose cost is counted: once, when it is let go of."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from guardproxy.governance.fallback import Budget, Usage
from guardproxy.server.upstream import Answered


class Metered(Answered):
    """Another answer, and what it costs."""

    __slots__ = ("_answer", "_budget", "_usage")

    def __init__(self, answer: Answered, usage: Usage, budget: Budget) -> None:
        self.status, self.content_type, self.retry_after = answer.status, answer.content_type, answer.retry_after
        self._answer, self._usage = answer, usage
        self._budget: Budget | None = budget

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._answer.chunks()) as chunks:
            async for chunk in chunks:
                self._usage.feed(chunk)
                yield chunk

    def close(self) -> None:
        if self._budget is not None and self.status == 200:
            self._budget.spend(self._usage.tokens)
        self._budget = None
        self._answer.close()
