"""What was not run for want of Prometheus is told at the end, so that nobody takes silence for success."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2] for report in skipped if "NOT RUN" in str(report.longrepr)]
    if reasons:
        terminalreporter.section("NOT RUN", sep="=", red=True, bold=True)
        for reason in sorted(set(reasons)):
            count = reasons.count(reason)
            terminalreporter.write_line(f"{count} test{'s' * (count > 1)} {reason.removeprefix('Skipped: ')}", red=True)
