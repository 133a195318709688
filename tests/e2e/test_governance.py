"""The story of `python -m bench.governance`: who may do what, a release, an attack, an incident, the audit."""

from __future__ import annotations

import json

import httpx
import pytest

from bench.governance.story import STORY, tell
from bench.governance.world import world
from tests.gptoss import backend

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(420)]  # it tunes two models


def test_all_of_it(gptoss, probe_baseline, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GUARDPROXY_STORE_KEY", "a" * 32)
    # a backend of its own: models that other tests have tuned would wait for their release, too
    with backend() as (ours, _), world(tmp_path, ours, gptoss, 80, probe_baseline) as one:
        tell(one)
        metrics = httpx.get(f"{one.admin}/metrics", trust_env=False).text
    said = capsys.readouterr().out
    assert all(title in said for title, _ in STORY)
    for line in (
        "guardproxy_probe_alarms_total 1.0",
        "guardproxy_models_quarantined 1.0",
        "guardproxy_incidents_open 0.0",
    ):
        assert f"\n{line}\n" in metrics, line
    assert one.models["forced"] not in metrics, "its name did not come from the operator"
    records = [json.loads(line) for line in (tmp_path / "decisions.jsonl").read_text().splitlines()]
    asked = {record["model"] for record in records}
    assert {one.models["benign"], one.models["forced"], "gpt-oss"} <= asked, "what reaches an upstream has a record"
