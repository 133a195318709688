"""`python -m bench.replay`: how long `guardproxy replay` takes for a million decisions.

The log is made by a seed: records as the proxy writes them, under the default policy, three of four without findings, the
rest with personal data, secrets and scores that hardly ever repeat; 50,000 of them, and then again with other ids. It is
replayed under the default policy with one rule more. Time is that of the whole command, loading of the policy included.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import IO, Any

import orjson

from guardproxy import detectors
from guardproxy.library import policy_folder
from guardproxy.policy.decide import decide
from guardproxy.policy.load import load
from guardproxy.policy.model import Policy
from guardproxy.services import Services
from guardproxy.telemetry import Metrics, Recorder
from guardproxy.telemetry.basis import Basis
from guardproxy.telemetry.record import PolicyName
from guardproxy.text.globs import overlap
from guardproxy.types import Channel, Direction, Facts, Finding, Origin, Role

SHARE_WITH_FINDINGS = 0.25
DISTINCT = 50_000
ORIGINS = (
    Origin(Direction.REQUEST, Role.SYSTEM),
    Origin(Direction.REQUEST, Role.USER),
    Origin(Direction.REQUEST, Role.TOOL, tool="search"),
    Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.ANALYSIS),
    Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL),
)
ROUTES = ("/v1/chat/completions", "/v1/responses", "/v1/messages")


class _Into:
    """A journal that writes at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, record: dict[str, Any]) -> None:
        self._file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def write_log(file: IO[bytes], policy: Policy, count: int, seed: int) -> None:
    """Records of `count` requests."""
    dice = random.Random(seed)
    recorder = Recorder(Metrics(), _Into(file), known_model=lambda name: True)  # type: ignore[arg-type]
    name = PolicyName(policy.name, policy.version, policy.digest, basis=Basis.of(policy))
    labels = [(n, label.replace("*", "other")) for n in sorted(policy.labels) for label in policy.labels[n]]
    for number in range(count):
        record = recorder.start(f"req_{number}", dice.choice(ROUTES), name)
        record.model = dice.choice(("gpt-oss-20b", "gpt-oss-120b"))
        for origin in ORIGINS[dice.randrange(2) :]:
            base = Facts(record.request_id, origin, (), "default", record.model, record.route)
            facts = _found(base, policy, labels, dice) if dice.random() < SHARE_WITH_FINDINGS / 4.5 else base
            record.decided(facts, decide(policy, facts), final=True)
        record.finish(200)


def fill(log: Path, policy: Policy, count: int, seed: int) -> None:
    """A log of `count` records."""
    made = io.BytesIO()
    write_log(made, policy, min(count, DISTINCT), seed)
    lines = [line.partition(b'"time":')[2] for line in made.getvalue().splitlines(keepends=True)]
    with log.open("wb") as file:
        for number in range(count):
            file.write(b'{"decision_id":"dec_%032x","time":%s' % (number, lines[number % len(lines)]))


def _found(base: Facts, policy: Policy, labels: list[tuple[str, str]], dice: random.Random) -> Facts:
    """The facts of a text in which one to six things were found, by filters that read texts from there."""
    in_force = policy.in_force(base.origin, base.model, base.tenant, base.route)
    there = [(n, label) for n, label in labels if n in in_force.needed | in_force.shadow]
    found = []
    for _ in range(dice.randint(1, 6) if there else 0):
        by, label = dice.choice(there)
        start = dice.randrange(4000)
        found.append(Finding(by, label, dice.random(), (start, start + dice.randint(4, 40))))
    return Facts(base.request, base.origin, tuple(found), base.tenant, base.model, base.route)


def changed(folder: Path, into: Path) -> None:
    """The default policy with one rule more."""
    text = (folder / "default.yaml").read_text("utf-8")
    rule = "rules:\n  - {id: bench-notes, title: for the bench, when: pii.* >= 0.97, then: block}\n"
    into.write_text(text.replace("\nrules:\n", f"\n{rule}", 1), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = policy_folder()
    policy = load(folder, detectors.catalogue(), partial(detectors.build, services=Services(folder=folder)))
    assert any(overlap("pii.*", label) for labels in policy.labels.values() for label in labels)
    with tempfile.TemporaryDirectory() as name:
        log, other = Path(name) / "decisions.jsonl", Path(name) / "policy.yaml"
        fill(log, policy, args.records, args.seed)
        changed(folder, other)
        started, used = time.perf_counter(), os.times().children_user
        command = [sys.executable, "-m", "guardproxy", "replay", str(log), "--policy", str(other)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, busy = time.perf_counter() - started, os.times().children_user - used
        print(done.stdout)
        rate = args.records / seconds
        size = log.stat().st_size / 1e6
    print(
        f"{args.records:,} records ({size:,.0f} MB) in {seconds:.1f} s ({busy:.1f} s of processor time): {rate:,.0f} a second"
    )


if __name__ == "__main__":
    main()
