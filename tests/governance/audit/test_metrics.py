"""The metrics of the page are those there are."""

import asyncio
import re
from pathlib import Path

from guardproxy.config import load
from guardproxy.governance.audit import AuditLog
from guardproxy.governance.audit.metrics import AuditCollector
from guardproxy.telemetry import Metrics
from tests.governance.audit.support import settings

ROOT = Path(__file__).parents[3]


def test_the_metrics_of_the_docs_are_those_there_are(tmp_path: Path) -> None:
    metrics, log = Metrics(), AuditLog.open(settings(tmp_path))
    AuditCollector(metrics.registry, log)
    there = set(re.findall(r"^# HELP (guardproxy_audit_\w+)", metrics.exposition("")[0].decode(), re.MULTILINE))
    asyncio.run(log.aclose())
    page = (ROOT / "docs/audit.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(guardproxy_audit_\w+)`", page, re.MULTILINE)) == there
    assert len(there) == 4


def test_the_settings_of_the_docs_are_settings(tmp_path: Path) -> None:
    page = (ROOT / "docs/audit.md").read_text("utf-8")
    [written] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "config.yaml"
    file.write_text(written)
    assert load(file, {}, serving=False).audit.mode == "strict"
