"""A real Prometheus in its own process: an empty store, fast scrapes, the rules of deploy/."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.deploy.expressions import RULES

START_SECONDS = 30
REQUIRED = "REQUIRE_PROMETHEUS"
"""A variable that is set where a missing Prometheus is a failure: in CI."""
MISSING = "NOT RUN: no {name} on PATH; install it (Debian: apt-get install --no-install-recommends prometheus)"


def program(name: str) -> str:
    """Where a program of Prometheus is. Without it the test is told as NOT RUN, and in CI it fails."""
    found = shutil.which(name)
    if found is None and os.environ.get(REQUIRED):
        pytest.fail(MISSING.format(name=name) + f"; {REQUIRED} is set", pytrace=False)
    if found is None:
        pytest.skip(MISSING.format(name=name))
    return found


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def api(self, path: str, **query: Any) -> Any:
        """The data of an answer; an error of Prometheus fails."""
        reply = httpx.get(f"{self.url}/api/v1/{path}", params=query, timeout=10, trust_env=False)
        body = reply.json()
        assert body["status"] == "success", f"{query}: {body.get('error')}"
        return body["data"]

    def label_values(self, series: str, label: str) -> list[str]:
        return sorted(self.api(f"label/{label}/values", **{"match[]": series}))

    def over(self, expr: str, start: float, end: float) -> list[Any]:
        """Series of an expression over a time, a point a second."""
        return self.api("query_range", query=expr, start=start, end=end, step="1s")["result"]

    def up(self) -> bool:
        targets = self.api("targets")["activeTargets"]
        return bool(targets) and all(t["health"] == "up" for t in targets)


@contextlib.contextmanager
def prometheus(target: str, folder: Path) -> Iterator[Prometheus]:
    """Scrapes `target` (host:port) as the job guardproxy every 500 ms until the end of the block."""
    config = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "guardproxy", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--web.listen-address={address}"]
    command += [f"--storage.tsdb.path={folder / 'store'}", "--log.level=warn"]
    with (folder / "prometheus.log").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        one = Prometheus(f"http://{address}")
        _wait(one, process, folder / "prometheus.log")
        yield one
    finally:
        process.terminate()
        process.wait(10)


def _wait(one: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError, ValueError, AssertionError):
            if one.up():
                return
        time.sleep(0.1)
    pytest.fail(f"Prometheus did not start or reaches nothing: {log.read_text()[-2000:]}", pytrace=False)
