from __future__ import annotations

import json

import pytest

from guardproxy import filters, monitors
from guardproxy.cli import main


def test_every_filter_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["filters", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [f["use"] for f in listed] == [*filters.kinds(), *monitors.kinds()]
    assert all(f["about"] for f in listed)
    control = next(f for f in listed if f["use"] == "control_tokens")
    assert control["labels"] == ["injection.control_token"]


def test_the_list_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["filters"]) == 0
    out = capsys.readouterr().out
    assert "control_tokens: " in out
    assert "  labels   injection.control_token\n" in out
    assert max(map(len, out.splitlines())) < 130
