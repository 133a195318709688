"""Decision records to a file or to standard output, one JSON object a line, off the event loop.

Requests never wait for the disk: a thread writes what has gathered five times a second, the memory for it is bounded, and
what had to be dropped is counted.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import orjson

from guardproxy.telemetry.seals import Sealing
from guardproxy.types import ConfigError

INTERVAL = 0.2
"""Seconds between writes."""
CAPACITY = 10_000
"""Records waiting; the next one is dropped."""


class Journal:
    """A bounded queue with a thread that empties it."""

    def __init__(self, descriptor: int, dropped: Callable[[int], None], *, close: bool = False) -> None:
        self._descriptor, self._dropped, self._close = descriptor, dropped, close
        self._waiting: deque[dict[str, Any]] = deque()
        self._torn = False  # the last write ended inside a line
        self.sealing: Sealing | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guardproxy-journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, target: str, dropped: Callable[[int], None]) -> Journal | None:
        """`-` is standard output, `none` is no journal, anything else a file that is appended to. Raises ConfigError."""
        if target in ("none", ""):
            return None
        if target == "-":
            return cls(sys.stdout.fileno(), dropped)
        try:
            descriptor = os.open(File(target), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as e:
            raise ConfigError(f"the decision log {target} can't be written: {e.strerror}") from None
        return cls(descriptor, dropped, close=True)

    def sealed(self) -> Sealing | None:
        """From now on, what is written is also digested; None where that can't be read again: it is no file."""
        if Sealing.possible(self._descriptor):
            self.sealing = Sealing(self._descriptor)
        return self.sealing

    def write(self, record: dict[str, Any]) -> None:
        """Take a record; the caller does not change it any more."""
        if len(self._waiting) >= CAPACITY:
            self._lost(1)
        else:
            self._waiting.append(record)

    def _lost(self, count: int) -> None:
        self._dropped(count)
        if self.sealing is not None:
            self.sealing.dropped(count)

    def close(self) -> None:
        """Write what is left and stop."""
        self._stop.set()
        self._thread.join(5.0)
        if self._close and not self._thread.is_alive():
            os.close(self._descriptor)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        lines = [b"\n"] if self._torn else []
        while self._waiting:
            lines.append(orjson.dumps(self._waiting.popleft(), option=orjson.OPT_APPEND_NEWLINE))
        if len(lines) > self._torn:
            self._write(b"".join(lines))

    def _write(self, data: bytes) -> None:
        """Write whole lines; those that a full disk or a closed pipe took are counted, and the proxy goes on."""
        written = 0
        try:
            while written < len(data):
                done = os.write(self._descriptor, data[written:])
                if self.sealing is not None:
                    self.sealing.wrote(data[written : written + done])
                written += done
        except OSError:
            self._lost(data.count(b"\n", written))
        self._torn = data[written - 1 : written] not in (b"\n", b"")
