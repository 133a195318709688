"""The process's own log: failures of filters are told, and a flood of them is counted."""

from __future__ import annotations

import json
import logging

import pytest

from guardproxy.telemetry.log import FilterFailures, JsonLines


def test_failures_of_filters_are_lines_not_more_than_one_a_second_of_each_kind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 100.0
    failures = FilterFailures(lambda: now)
    with caplog.at_level(logging.WARNING, "guardproxy"):
        for _ in range(1000):
            failures.failed("slow", "timeout", allowed=False)
        failures.failed("slow", "error", allowed=True)
        failures.failed("guard", "timeout", allowed=False)
        now = 101.0
        failures.failed("slow", "timeout", allowed=True)
        now = 102.5
        failures.failed("slow", "timeout", allowed=False)
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert {line["level"] for line in lines} == {"warning"}
    assert [line["message"] for line in lines] == [
        "filter slow failed (timeout): its text was blocked",
        "filter slow failed (error): its text was let through",
        "filter guard failed (timeout): its text was blocked",
        "filter slow failed (timeout): its text was let through; 999 more since the last line",
        "filter slow failed (timeout): its text was blocked",
    ]
