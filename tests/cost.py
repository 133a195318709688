"""What work costs, told so that a busy or slow machine does not change the answer.

No test passes or fails by the seconds of one run: bench/ measures those. Here time is compared with time, on the same
thread, a moment apart: what takes the square of its input is told from what does not on any machine.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

TRIES = 3
SMALL = 0.02  # seconds: below it, the ratio tells more of the clock than of the work


def seconds(work: Callable[[], Any], tries: int = TRIES) -> float:
    """CPU seconds of this thread for one run, the least of several: others can only ever add to it."""
    best = float("inf")
    collects = gc.isenabled()
    gc.disable()  # a collection walks all that the tests before have left
    try:
        for _ in range(tries):
            began = time.thread_time()
            work()
            best = min(best, time.thread_time() - began)
    finally:
        if collects:
            gc.enable()
    return best


def grows_like_its_input(work: Callable[[int], Any], size: int, times: int = 8, slack: float = 3.0) -> bool:
    """Whether `work(size)` costs at most `slack * times` of `work(size // times)`: the square would cost `times` squared.

    `slack` has room for n log n and for caches that a large input no longer fits; keep it well below `times`.
    """
    assert slack < times
    large = seconds(lambda: work(size), 1)
    if large < SMALL:
        return True
    small = max(seconds(lambda: work(size // times)), SMALL / times)
    if large < slack * times * small:
        return True
    return seconds(lambda: work(size)) < slack * times * small  # the first may have been cold
