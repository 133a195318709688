"""What all tests share: no model hub, one hypothesis profile, the local gpt-oss, a word about what was not run."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

from tests.gptoss import gptoss, gptoss_raw, probe_baseline, tuned  # noqa: F401  (fixtures)

os.environ["HF_HUB_OFFLINE"] = "1"

settings.register_profile("ci", deadline=None, max_examples=40, derandomize=False, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("ci")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was not run for want of another program is told at the end, so that nobody takes silence for success."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2] for report in skipped if "NOT RUN" in str(report.longrepr)]
    if reasons:
        terminalreporter.section("NOT RUN", sep="=", red=True, bold=True)
        for reason in sorted(set(reasons)):
            count = reasons.count(reason)
            terminalreporter.write_line(f"{count} test{'s' * (count > 1)} {reason.removeprefix('Skipped: ')}", red=True)
