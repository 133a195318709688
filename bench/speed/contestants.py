"""What is measured: processes in front of one upstream, each started, warmed and ended here."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE = 180.0
"""Seconds that a proxy may take to start: some import for half a minute."""

DIRECT = "direct"
AIOHTTP = "bare aiohttp relay"
RELAY = "starlette + httpx over aiohttp"
HTTPX = "starlette + httpx"
NO_RULES = "guardproxy (no rules)"
DEFAULT = "guardproxy (default policy)"
PRESIDIO = "guardproxy (presidio)"
LITELLM = "LiteLLM (no guard)"
PORTKEY = "Portkey (no guard)"


@dataclass(frozen=True)
class Proxy:
    """One contestant. `command` and `headers` may name {port}, {admin} and {base}, the upstream's URL."""

    name: str
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    """Lines for the head of every request."""
    slow: bool = False
    """It takes only the small loads: the others would take it minutes."""


@dataclass(frozen=True)
class Running:
    """A contestant that serves."""

    proxy: Proxy
    port: int
    process: psutil.Process
    headers: tuple[str, ...] = ()

    def cpu(self) -> float:
        """Seconds of processor time that it and its children have used."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(t.user + t.system for t in (one.cpu_times() for one in family))

    def memory(self) -> float:
        """Resident MiB of it and its children."""
        family = [self.process, *self.process.children(recursive=True)]
        return float(sum(one.memory_info().rss for one in family)) / 2**20


MOCK = Proxy("mock", (sys.executable, "-m", "bench.speed.mock", "{port}"))


def guardproxy(name: str, policy: Path) -> Proxy:
    serve = (sys.executable, "-m", "guardproxy", "serve", "--upstream", "{base}/v1", "--port", "{port}",
             "--admin-port", "{admin}", "--decision-log", "none", "--policies", str(policy))  # fmt: skip
    return Proxy(name, serve)


def relay(name: str, kind: str) -> Proxy:
    return Proxy(name, (sys.executable, "-m", "bench.speed.relay", "{port}", "{base}", kind))


def ours() -> tuple[Proxy, ...]:
    """Everything that needs nothing but guardproxy's own dependencies."""
    return (
        Proxy(DIRECT),
        relay(AIOHTTP, "aiohttp"),
        relay(HTTPX, "httpx"),
        relay(RELAY, "starlette"),
        guardproxy(NO_RULES, HERE / "no_rules"),
        guardproxy(DEFAULT, ROOT / "policies" / "default.yaml"),
    )


def presidio() -> tuple[Proxy | None, str]:
    """The shipped policy that uses presidio, or why it can't be run here."""
    used = (f for f in sorted((ROOT / "policies").rglob("*.yaml")) if "use: presidio" in f.read_text())
    file = next(used, None)
    if file is None:
        return None, "no shipped policy uses it"
    if importlib.util.find_spec("presidio_analyzer") is None:
        return None, "presidio is not installed; pip install 'guardproxy[pii]'"
    return guardproxy(PRESIDIO, file), ""


# ---------------------------------------------------------------------------------------------------- running


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(proxy: Proxy, upstream: int, core: int) -> Iterator[Running]:
    """The proxy on one core, from its first answer on."""
    values = {"port": str(free_port()), "base": f"http://127.0.0.1:{upstream}", "admin": str(free_port())}
    child = subprocess.Popen(
        [part.format(**values) for part in proxy.command],
        cwd=ROOT,
        env={**os.environ, **proxy.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if proxy.slow else None,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    headers = tuple(line.format(**values) for line in proxy.headers)
    one = Running(proxy, int(values["port"]), psutil.Process(child.pid), headers)
    try:
        _wait(one, child)
        yield one
    finally:
        family = one.process.children(recursive=True) if child.poll() is None else []
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for left in psutil.wait_procs(family, timeout=2)[1]:
            left.kill()


def _wait(one: Running, child: subprocess.Popen[bytes]) -> None:
    body = b'{"model":"gpt-oss","messages":[{"role":"user","content":"hi"}]}'
    url = f"http://127.0.0.1:{one.port}/v1/chat/completions"
    head = dict(line.split(": ", 1) for line in ("content-type: application/json", *one.headers))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and child.poll() is None:
        try:
            urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=5).read()
            return
        except urllib.error.HTTPError as e:
            raise SystemExit(f"{one.proxy.name} answers {e.code}: {e.read(500)!r}") from None
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{one.proxy.name} did not come up: {' '.join(map(str, child.args))}")  # type: ignore[arg-type]
