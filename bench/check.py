"""`python -m bench.check`: how long `guardproxy check` takes on each policy that is shipped, and on a large one.

Each run is a process of its own, started anew: that is what an author waits for. The bar is put to its processor time, since it
has one thread and neighbours cost it wall time. The large policy is made here: 300 rules with many conditions, tools and
exceptions, and as many tests. A shipped policy that takes a second or more is a failure.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
MOST: Final = 1.0
"""Seconds that a shipped policy may take, start of the process included."""
RULE: Final = (
    "  - {{id: r{i}, scope: {{tool: [{tools}], model: ['m{i}-*', 'gpt-*']}}, "
    "when: [pii.card >= 0.{score}, pii.email x{times}], unless: {{role: user, tool: [x{i}, {tools}]}}, then: block}}\n"
)
CASE: Final = (
    "  - {{name: test {i}, given: {{role: tool, tool: t1.a, model: m{i}-a, findings: [{{label: pii.card}}]}}, "
    "expect: {{rules: [r{i}]}}}}\n"
)


def large(rules: int = 300) -> str:
    """A policy with many rules that are much alike."""
    tools = ", ".join(f"'t{i}.*'" for i in range(30))
    lines = ["schema: guardproxy/v1\npolicy: large\nfilters: {pii: {use: pii_patterns}}\nrules:\n"]
    lines += [RULE.format(i=i, tools=tools, score=i % 9 + 1, times=i % 5 + 1) for i in range(rules)]
    lines += ["tests:\n", *(CASE.format(i=i) for i in range(rules))]
    return "".join(lines)


def shipped() -> Iterator[Path]:
    yield ROOT / "policies"
    yield from sorted((ROOT / "policies" / "packs").glob("*.yaml"))
    yield ROOT / "docs" / "example-bank" / "policies"


def seconds(policy: Path, runs: int) -> tuple[float, float]:
    """(processor seconds, wall seconds) of `check`, medians over the runs. Raises where it finds a problem."""
    cpu, wall = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "guardproxy", "check", str(policy)], cwd=ROOT, check=True, capture_output=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - start)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(cpu), statistics.median(wall)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.check", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each policy (default: 5)")
    runs = parser.parse_args().runs
    worst = 0.0
    print(f"{'policy':<40}{'CPU s':>8}{'wall s':>8}")
    for policy in shipped():
        cpu, wall = seconds(policy, runs)
        worst = max(worst, cpu)
        print(f"{policy.relative_to(ROOT)!s:<40}{cpu:>8.2f}{wall:>8.2f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        file.write_text(large(), encoding="utf-8")
        cpu, wall = seconds(file, runs)
        print(f"{'300 rules, 300 tests':<40}{cpu:>8.2f}{wall:>8.2f}")
    print(f"the slowest of what is shipped: {worst:.2f} s of processor time; bar: {MOST:g} s")
    return 0 if worst < MOST else 1


if __name__ == "__main__":
    sys.exit(main())
