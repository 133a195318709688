"""`python -m bench.cases`: how long `guardproxy test` takes on tests of given findings, the start of the process included.

Each run is a process of its own: that is what an author waits for. The bar is put to its processor time, since neighbours cost
it wall time. Tests with a text are not measured here: what those cost is what their filters cost.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
MOST: Final = 1.0
"""Seconds that `CASES` of them may take."""
CASES: Final = 100
HEAVY: Final = ("torch", "numpy", "aiohttp", "guardproxy.engine", "guardproxy.server")
"""What none of them needs."""
_CASE: Final = (
    "  - {{name: test {i}, given: {{role: user, findings: [{{label: pii.email, score: 0.{score}}}]}}, "
    "expect: {{outcome: {outcome}}}}}\n"
)


def policy(cases: int) -> str:
    """The shipped policy with so many tests, all of which pass."""
    lines = ["schema: guardproxy/v1\npolicy: many\nextends: default\ntests:\n"]
    lines += [_CASE.format(i=i, score=i % 9 + 1, outcome="redact" if i % 9 >= 4 else "allow") for i in range(cases)]
    return "".join(lines)


def seconds(file: Path, runs: int) -> tuple[float, float]:
    """(processor seconds, wall seconds), medians over the runs. Raises where a test fails."""
    cpu, wall = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "guardproxy", "test", str(file), "-q"],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - start)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(cpu), statistics.median(wall)


def imported(file: Path) -> list[str]:
    """Which of the heavy ones a run imports."""
    code = (
        "import contextlib, io, sys\nfrom guardproxy.cli import main\n"
        f"with contextlib.redirect_stdout(io.StringIO()): main(['test', {str(file)!r}])\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.split()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cases", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each number of tests (default: 5)")
    runs = parser.parse_args().runs
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.yaml"
        print(f"{'tests':<10}{'CPU s':>8}{'wall s':>8}")
        for cases in (1, CASES, 1000):
            file.write_text(policy(cases), encoding="utf-8")
            figures[cases] = seconds(file, runs)
            print(f"{cases:<10}{figures[cases][0]:>8.2f}{figures[cases][1]:>8.2f}", flush=True)
        heavy = imported(file)
    print(f"imported of what none needs: {', '.join(heavy) or 'nothing'}")
    print(f"{CASES} tests of findings: {figures[CASES][0]:.2f} s of processor time; bar: {MOST:g} s")
    return 0 if figures[CASES][0] < MOST and not heavy else 1


if __name__ == "__main__":
    sys.exit(main())
