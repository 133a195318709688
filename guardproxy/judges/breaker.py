"""A circuit breaker: who failed several times in a row is left in peace for a while, then tried with one question."""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Counts failures of one server. Not for threads."""

    __slots__ = ("_clock", "_failures", "_in_a_row", "_pause", "_until")

    def __init__(self, failures: int, pause: float, clock: Callable[[], float]) -> None:
        """`failures` in a row open it for `pause` seconds of `clock`."""
        self._failures, self._pause, self._clock = failures, pause, clock
        self._in_a_row = 0
        self._until = 0.0

    @property
    def open(self) -> bool:
        """Nothing may be asked now."""
        return self._in_a_row >= self._failures and self._clock() < self._until

    def admit(self) -> bool:
        """Whether one more question may be asked. After the pause only the first is let through, until it has ended."""
        if self._in_a_row < self._failures:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + self._pause
        return True

    def succeeded(self) -> None:
        self._in_a_row = 0

    def failed(self) -> None:
        self._in_a_row += 1
        if self._in_a_row >= self._failures:
            self._until = self._clock() + self._pause
