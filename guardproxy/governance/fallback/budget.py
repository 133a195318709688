"""What may go to one upstream in a day of UTC. Counted in this process: a restart begins again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

DAY: Final = 86_400.0


class Budget:
    """Requests and tokens of one day. Not for threads."""

    __slots__ = ("_clock", "_day", "_requests", "_tokens", "requests", "tokens")

    def __init__(self, requests: int | None, tokens: int | None, clock: Callable[[], float]) -> None:
        """None: as many as there are. `clock`: seconds since 1970."""
        self.requests, self.tokens = requests, tokens
        self._clock = clock
        self._day, self._requests, self._tokens = self._today(), 0, 0

    @property
    def spent(self) -> bool:
        """Nothing more may be asked today."""
        self._turn()
        over = self.requests is not None and self._requests >= self.requests
        return over or (self.tokens is not None and self._tokens >= self.tokens)

    @property
    def used(self) -> float:
        """The share of what is nearest to its end: 1 where it is spent. A last reply may go beyond it."""
        self._turn()
        requests = self._requests / self.requests if self.requests else 0.0
        return max(requests, self._tokens / self.tokens if self.tokens else 0.0)

    def take(self) -> None:
        """One request goes out."""
        self._turn()
        self._requests += 1

    def spend(self, tokens: int) -> None:
        """It has cost so many."""
        self._turn()
        self._tokens += tokens

    def _today(self) -> int:
        return int(self._clock() // DAY)

    def _turn(self) -> None:
        """Another day, another budget."""
        if (today := self._today()) != self._day:
            self._day, self._requests, self._tokens = today, 0, 0
