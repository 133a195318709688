"""The process's own log: one JSON object a line on standard error. Exceptions appear as their type and place only.

An exception's message or a traceback's locals may quote what a client or a model wrote; so neither is ever formatted.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path as File
from types import TracebackType
from typing import Any

import orjson

logger = logging.getLogger("guardproxy")


def place_of(error: BaseException) -> str:
    """`file.py:12 function` of the innermost frame."""
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return ""
    code = traceback.tb_frame.f_code
    return f"{File(code.co_filename).name}:{traceback.tb_lineno} {code.co_name}"


class JsonLines(logging.Formatter):
    """A record as one line. Only messages that this code base wrote are formatted with their arguments."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if _ours(record.name) else _template(record),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= {"error": type(error).__name__, "at": place_of(error)}
        return orjson.dumps(line).decode()


def _template(record: logging.LogRecord) -> str:
    """What a library was going to say, without what it was going to say it about."""
    lines = str(record.msg).strip().splitlines()
    return lines[0][:200] if lines else ""


def _ours(name: str) -> bool:
    return name.split(".")[0] == "guardproxy"


def internal_error(error: BaseException, request_id: str) -> None:
    """Something happened while serving a request that should not have."""
    logger.error("%s at %s while serving %s", type(error).__name__, place_of(error), request_id)


class FilterFailures:
    """Tells of filters that fail: a line for each filter and kind of failure, not more than one a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: dict[tuple[str, str], float] = {}
        self._untold: Counter[tuple[str, str]] = Counter()

    def failed(self, filter: str, kind: str, *, allowed: bool) -> None:
        """One happened. `allowed`: policy let the text through in spite of it. What is not told now is counted."""
        key, now = (filter, kind), self._clock()
        if now < self._next.get(key, now):
            self._untold[key] += 1
            return
        self._next[key] = now + 1
        more = f"; {untold} more since the last line" if (untold := self._untold.pop(key, 0)) else ""
        what = "let through" if allowed else "blocked"
        logger.warning("filter %s failed (%s): its text was %s%s", filter, kind, what, more)


def configure(level: int = logging.INFO) -> None:
    """Send every logger of the process to standard error as JSON lines: ours from `level` on, others' warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "aiohttp", "asyncio"):
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate, other.disabled = name != "uvicorn.access", name == "uvicorn.access"
        other.setLevel(logging.ERROR if name.startswith("uvicorn") else logging.WARNING)  # not a line per bad request


def loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception handler for the event loop: its own would print the exception's message."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        logger.error("%s at %s in a task of nobody", type(error).__name__, place_of(error))
    else:
        logger.error("the event loop complains: %s", str(context.get("message", ""))[:200])
