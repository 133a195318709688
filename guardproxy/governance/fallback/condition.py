"""What health checks have made of one upstream."""

from __future__ import annotations

from typing import Final

FALLS: Final = 3
"""Checks in a row that fail until nothing is sent there."""
RISES: Final = 2
"""Checks in a row that pass until something is again. Both together keep one that comes and goes from being asked by turns."""


class Condition:
    """Healthy until checks say otherwise. Not for threads."""

    __slots__ = ("_in_a_row", "healthy")

    def __init__(self) -> None:
        self.healthy = True
        self._in_a_row = 0  # checks that say the contrary

    def checked(self, fine: bool) -> bool:
        """After a check. Returns whether that has changed the condition."""
        self._in_a_row = 0 if fine == self.healthy else self._in_a_row + 1
        if self._in_a_row < (FALLS if self.healthy else RISES):
            return False
        self.healthy, self._in_a_row = fine, 0
        return True
