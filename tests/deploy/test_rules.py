"""The alerts, by Prometheus' own tool: the files are right, and each alert fires when it should."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from tests.deploy.expressions import ROOT, RULES, rules
from tests.deploy.prometheus import program

TESTS = ROOT / "tests/deploy/rules_test.yml"


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [program("promtool"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_every_alert_has_a_unit_test_that_sees_it_fire() -> None:
    cases = yaml.safe_load(TESTS.read_text("utf-8"))["tests"]
    fired = {c["alertname"] for case in cases for c in case.get("alert_rule_test", ()) if c.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in rules()}


def test_alerts_fire_when_they_should() -> None:
    done = promtool("test", "rules", str(TESTS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_threshold_is_seen(tmp_path: Path) -> None:
    broken = RULES.read_text("utf-8").replace("== 0\n        for: 2m", "== 2\n        for: 2m", 1)
    assert broken != RULES.read_text("utf-8")
    (tmp_path / "rules.yml").write_text(broken)
    cases = TESTS.read_text("utf-8").replace(
        "../../deploy/prometheus/rules/guardproxy.yml", str(tmp_path / "rules.yml")
    )
    (tmp_path / "tests.yml").write_text(cases)
    done = promtool("test", "rules", str(tmp_path / "tests.yml"))
    assert done.returncode == 1
    assert "GuardproxyNotReady" in done.stdout + done.stderr


def test_the_configuration_is_one_that_prometheus_takes() -> None:
    done = promtool("check", "config", "deploy/prometheus/prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS: 1 rule files found" in done.stdout
