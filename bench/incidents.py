"""How soon an incident is in force everywhere: replicas in processes of their own, before no backend at all.

    python -m bench.incidents [--replicas N] [--rounds N] [--policies P]

One replica is asked to open `lockdown`, and to close it again; a client of every replica asks all the time. Seconds count from
the moment somebody asks to open (or close) until the answer, and until every replica answers every request accordingly.
Ends with 1 where the median of the last replica is not within a second.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from bench.governance.world import GUARDPROXY, child

BAR = 1.0
"""Seconds within which an incident is to be in force on every replica."""
PATIENCE = 30.0
HEADER = "x-guardproxy-incident"


class Took(NamedTuple):
    """Seconds from asking on."""

    answered: float
    everywhere: float
    """Until the last replica does as was asked."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One guardproxy: its two listeners."""

    url: str
    admin: str

    def locked(self, client: httpx.Client) -> bool:
        """Whether a request is under an incident now. Where it is not, the backend that isn't there is missed: 502."""
        message = {"role": "user", "content": "Is the museum open on Monday?"}
        reply = client.post(f"{self.url}/chat/completions", json={"model": "m", "messages": [message]})
        return HEADER in reply.headers


def until(replica: Replica, locked: bool, began: float, into: list[float]) -> None:
    """Note the seconds after which it is (or is not) locked."""
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        while time.monotonic() - began < PATIENCE:
            if replica.locked(client) == locked:
                into.append(time.monotonic() - began)
                return
            time.sleep(0.005)


def everywhere(replicas: list[Replica], locked: bool, ask: Callable[[], httpx.Response]) -> tuple[Took, Any]:
    """What it took from asking on, and the answer."""
    into: list[float] = []
    began = time.monotonic()
    watching = [threading.Thread(target=until, args=(one, locked, began, into)) for one in replicas]
    for one in watching:
        one.start()
    reply = ask()
    answered = time.monotonic() - began
    for one in watching:
        one.join()
    if len(into) < len(replicas):
        raise SystemExit(f"after {PATIENCE:.0f} s it is not in force on {len(replicas) - len(into)} replicas")
    return Took(answered, max(into)), reply.raise_for_status().json()


def serving(stack: ExitStack, folder: Path, policies: str, number: int) -> Replica:
    """A guardproxy that shares the incidents of the folder."""
    settings = {
        "upstream": {"url": "http://127.0.0.1:9/v1"},
        "policies": policies,
        "incidents": {"path": str(folder / "incidents.db")},
        "decision_log": str(folder / f"decisions-{number}.jsonl"),
    }
    file = folder / f"settings-{number}.yaml"
    file.write_text(json.dumps({name: value for name, value in settings.items() if value}))
    command = [*GUARDPROXY, "serve", "--config", str(file), "--port", "0", "--admin-port", "0"]
    line = stack.enter_context(child(command, "metrics", folder / f"serve-{number}.err"))
    urls = re.findall(r"http://127\.0\.0\.1:\d+(?:/v1)?", line)
    return Replica(urls[0], urls[-1])


def run(replicas: list[Replica], rounds: int) -> dict[str, list[Took]]:
    """What each opening took, and each closing."""
    opened, closed = [], []
    with httpx.Client(base_url=f"{replicas[0].admin}/admin", trust_env=False, timeout=PATIENCE) as admin:
        for _ in range(rounds):
            said = {"pack": "lockdown", "reason": "bench", "for": "10m", "by": "bench"}
            took, incident = everywhere(replicas, True, partial(admin.post, "/incidents", json=said))
            opened.append(took)
            path = f"/incidents/{incident['id']}/close"
            took, _ = everywhere(replicas, False, partial(admin.post, path, json={"by": "bench"}))
            closed.append(took)
    return {"open": opened, "close": closed}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--policies", default="", help="a policy (default: the shipped one)")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        replicas = [serving(stack, Path(name), said.policies, number) for number in range(said.replicas)]
        figures = run(replicas, said.rounds)
    print(f"{said.replicas} replicas, {said.rounds} rounds, {os.cpu_count()} cores; seconds, median and most")
    for what, took in figures.items():
        answered, last = zip(*took, strict=True)
        print(
            f"{what:<6} answered {statistics.median(answered):.2f} {max(answered):.2f}   "
            f"in force on the last replica {statistics.median(last):.2f} {max(last):.2f}"
        )
    return int(statistics.median(one.everywhere for one in figures["open"]) > BAR)


if __name__ == "__main__":
    raise SystemExit(main())
