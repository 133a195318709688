"""What a worker process runs: `python -m guardproxy.inference.child MODULE PARENT MEMORY`.

It reads its options, loads MODULE, says that it is ready, and answers one message after another. It ends when standard
input ends, when its parent dies (even in the middle of a computation, on Linux), and at its limit of memory. It can't
reach the network: a library that tries to fetch something gets an error.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from guardproxy.inference import frames
from guardproxy.types import ConfigError, Json

_PR_SET_PDEATHSIG = 1
_NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto"})


class NoNetwork(OSError):
    """Something in a worker tried to reach the network."""


def _no_network(event: str, arguments: Any) -> None:
    if event in _NETWORK:
        raise NoNetwork(f"workers have no network ({event})")


def _confine(parent: int, memory: int) -> None:
    """Die with the parent, stay within memory, write no core files, never use the network."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # elsewhere the end of standard input has to do
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    sys.addaudithook(_no_network)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages alone: what a library prints goes to standard error."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, out


def _answer(model: Callable[[Json], Json], request: Json) -> Json:
    try:
        return {"result": model(request)}
    except Exception as e:
        return {"error": type(e).__name__}  # never its text: that may hold what a user wrote


def main() -> None:
    """Load and serve. Errors at the start are told to the parent as a sentence for its operator."""
    module, parent, memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    _confine(parent, memory)
    source, out = _pipes()

    def say(message: Json) -> None:
        out.write(frames.pack(message))
        out.flush()

    options = frames.read(source)
    if options is None:
        return
    try:
        model, about = importlib.import_module(module).load(options)
    except ConfigError as e:
        say({"config_error": e.message})
        return
    except Exception as e:
        say({"start_error": f"{type(e).__name__}: {e}"})
        return
    say({"ready": about})
    while (request := frames.read(source)) is not None:
        say(_answer(model, request))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        main()
