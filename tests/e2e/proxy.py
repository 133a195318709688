"""`guardproxy serve` in its own process, as a user starts it, in front of a tapped upstream."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.tap import SECONDS, Tap, tapped
from tests.ready import first_line

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
NOTHING = "(?!)"
READY = re.compile(
    r"guardproxy: (http://127\.0\.0\.1:\d+/v1) → \S+ · policy \S+ \S+ \([0-9a-f]{12}\) · metrics (\S+)\n.*", re.DOTALL
)
"""An upstream that is down is told in a second line."""


@dataclass
class Proxy:
    """A running guardproxy."""

    url: str
    """Base URL as the openai client takes it."""
    metrics_url: str
    process: subprocess.Popen[bytes]
    tap: Tap
    log: Path
    errors: Path

    def records(self, ids: set[str]) -> list[dict[str, Any]]:
        """The decision records of these requests, once all are written; fails when one is missing or twice there."""
        deadline, found = time.monotonic() + SECONDS, []
        while time.monotonic() < deadline and len(found) < len(ids):
            time.sleep(0.05)
            found = [r for r in map(json.loads, self.log.read_text().splitlines()) if r["decision_id"] in ids]
        assert sorted(r["decision_id"] for r in found) == sorted(ids)
        return found

    def metrics(self) -> dict[str, float]:
        """Samples of a scrape: `name{label="value"}` to value."""
        reply = httpx.get(self.metrics_url, timeout=SECONDS, trust_env=False)
        assert reply.status_code == 200
        lines = [line.rsplit(" ", 1) for line in reply.text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def said(self) -> str:
        """What it wrote to standard error."""
        return self.errors.read_text(errors="replace")

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            pytest.fail(f"guardproxy ended with code {self.process.returncode}: {self.said()}", pytrace=False)


@contextlib.contextmanager
def serving(
    upstream: str, folder: Path, *arguments: str, module: str = "guardproxy", expected: str = NOTHING, **environ: str
) -> Iterator[Proxy]:
    """A proxy in front of `upstream` until the end of the block.

    It must end cleanly and have complained of nothing: no line on standard error that doesn't match `expected`.
    """
    log, errors = folder / "decisions.jsonl", folder / "errors.txt"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GUARDPROXY_")}
    with tapped(upstream) as tap, errors.open("wb") as complaints:
        command = [
            sys.executable,
            "-m",
            module,
            "serve",
            "--upstream",
            tap.url,
            "--port",
            "0",
            "--admin-port",
            "0",
        ]
        process = subprocess.Popen(
            [*command, "--decision-log", str(log), *arguments],
            cwd=ROOT,
            env={**ours, **environ},
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        try:
            url, metrics = _ready(process, errors)
            yield Proxy(url, metrics, process, tap, log, errors)
            process.terminate()
            code = process.wait(20)
            unexpected = [line for line in errors.read_text().splitlines() if not re.fullmatch(expected, line)]
            assert (code, unexpected) == (0, [])
        finally:
            process.kill()
            process.wait(SECONDS)
            process.stdout.close()


def _ready(process: subprocess.Popen[bytes], errors: Path) -> tuple[str, str]:
    line = first_line(process, START_SECONDS)
    if found := READY.fullmatch(line.decode()):
        return found[1], found[2]
    said = errors.read_text(errors="replace").strip() or f"nothing more, for {START_SECONDS} s"
    pytest.fail(f"guardproxy serve did not start. It said: {line.decode()}{said}", pytrace=False)
