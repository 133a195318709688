"""What the tests of the pool let workers run: `load` as a pool wants it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from guardproxy.types import ConfigError, Json


def _do(request: Json) -> Json:
    match request["do"]:
        case "echo":
            return request["value"]
        case "sleep":
            time.sleep(request["seconds"])
        case "spin":
            (lambda: sum(1 for _ in iter(int, 1)))()
        case "die":
            os._exit(3)
        case "raise":
            raise ValueError("a secret text")
        case "print":
            print("noise on standard output")
        case "connect":
            try:
                socket.create_connection(("127.0.0.1", 9), timeout=1)
            except OSError as e:
                return type(e).__name__
        case "long":
            return "x" * request["bytes"]
        case "allocate":
            return len(bytearray(request["bytes"]))
    return os.getpid()


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    if options.get("refuse"):
        raise ConfigError("install the thing")
    if options.get("crash"):
        raise RuntimeError("it broke")
    if options.get("exit"):
        os._exit(1)
    return _do, {"pid": os.getpid()}
