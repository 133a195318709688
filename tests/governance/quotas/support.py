"""A Redis of our own, where this machine has one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVER = shutil.which("redis-server")
MISSING = [
    what for what, there in (("redis-server", SERVER), ("redis-py", importlib.util.find_spec("redis"))) if not there
]


def need_redis(tests: int) -> None:
    """Skip where there is none, unless it must be there."""
    if MISSING:
        assert not os.environ.get("REQUIRE_REDIS"), f"there is no {MISSING[0]}"
        pytest.skip(f"NOT RUN: {tests} tests need {' and '.join(MISSING)}")


@contextmanager
def redis_server(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """(the process, its port). It keeps nothing on disk."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    said = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([str(SERVER), *said], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "redis-server does not start"
                time.sleep(0.02)
        yield process, port
    finally:
        process.kill()
        process.wait()
