"""Waiting for what comes soon, on a machine that may be busy with something else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE: Final = 20.0
"""Seconds of the wall clock: less than it takes to be sure that something hangs, more than any machine needs for it."""
_T = TypeVar("_T")


def eventually(look: Callable[[], _T]) -> _T:
    """The first thing that `look` sees that is something. AssertionError where nothing ever comes."""
    end = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < end, f"nothing came within {PATIENCE:.0f} s"
        time.sleep(0.01)
    return seen


async def soon(look: Callable[[], _T]) -> _T:
    """`eventually`, for who must not hold up the event loop."""
    end = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < end, f"nothing came within {PATIENCE:.0f} s"
        await asyncio.sleep(0.01)
    return seen
