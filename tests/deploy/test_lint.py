"""What can be said of the dashboard and the alerts without running them."""

from __future__ import annotations

import re
import runpy
from dataclasses import dataclass, field
from typing import Any

import promql_parser as promql
import pytest

from guardproxy.governance.audit.log import Counts
from guardproxy.governance.audit.metrics import AuditCollector
from guardproxy.governance.probe.detector import State
from guardproxy.server.probing import ProbeMetrics
from guardproxy.telemetry import Metrics
from tests.deploy.expressions import ROOT, Asked, alerts, asked, dashboard, names_in, panels, rules, selectors

BOARD = dashboard()
PANELS = list(panels(BOARD))
TITLES = [f"{p['id']} {p['title']}" for p in PANELS]
UNITS = {"short", "reqps", "ops", "percentunit", "s", "bytes"}
PAGE = (ROOT / "docs/operations.md").read_text("utf-8")


@dataclass
class Counted:
    """What the metrics read of an audit log."""

    counts: Counts = field(default_factory=Counts)
    queue: int = 0


def anchors() -> set[str]:
    """Anchors that a page's headings have, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def metrics() -> set[str]:
    made = Metrics()
    states = (f"models_{state.value}" for state in State)
    for name in (
        "held_characters",
        "held_characters_limit",
        "in_flight_limit",
        "approvals_pending",
        "incidents_open",
        *states,
    ):
        made.gauge(name, "", lambda: 0)
    ProbeMetrics(made)
    AuditCollector(made.registry, Counted())
    return {"up", *made.registry._names_to_collectors}


def test_the_json_is_what_the_generator_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "deploy/grafana")  # as for a program that is run
    made = runpy.run_path(str(ROOT / "deploy/grafana/dashboard.py"))
    assert made["FILE"].read_text("utf-8") == made["text"](), "run: python deploy/grafana/dashboard.py"


@pytest.mark.parametrize("panel", PANELS, ids=TITLES)
def test_every_panel_says_what_it_shows(panel: Any) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 10
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["datasource"]["uid"] == "${datasource}"
    assert all(t["datasource"]["uid"] == "${datasource}" for t in panel["targets"])
    assert [t["refId"] for t in panel["targets"]] == list("ABCDEF")[: len(panel["targets"])]


@pytest.mark.parametrize("one", asked(BOARD), ids=lambda a: a.place)
def test_every_query_keeps_to_the_chosen_job_and_instances(one: Asked) -> None:
    expr = re.sub(r"\$__rate_interval", "1m", one.expr)
    for selector in selectors(expr):
        chosen = {m.name: m.value for m in selector.matchers.matchers}
        assert (chosen.get("job"), chosen.get("instance")) == ("$job", "$instance"), selector.prettify()
    assert re.findall(r"\[([^\]]*)\]", re.sub(r'"[^"]*"', "", one.expr)) in (
        [],
        *(["$__rate_interval"] * n for n in (1, 2)),
    )


def test_model_and_rule_are_chosen_wherever_they_are_labels() -> None:
    for one in asked(BOARD):
        for metric, variable in (("guardproxy_requests_total", "model"), ("guardproxy_decisions_total", "rule")):
            assert metric not in one.expr or variable in names_in(one.expr), one.place


def test_variables_are_declared_before_they_are_used_and_all_are_used() -> None:
    declared: list[str] = []
    for variable in BOARD["templating"]["list"]:
        assert set(names_in(str(variable.get("query")))) <= set(declared)
        declared.append(variable["name"])
    built_in = {"__rate_interval", "__interval", "__range"}
    used = set(names_in(str({k: v for k, v in BOARD.items() if k != "templating"}))) - built_in
    assert used == set(declared)


def test_the_dashboard_as_a_whole() -> None:
    assert BOARD["schemaVersion"] >= 42
    assert BOARD["graphTooltip"] == 1  # one crosshair over all panels
    assert BOARD["uid"] == "guardproxy"
    assert [p["title"] for p in BOARD["panels"] if p["type"] == "row"][:2] == ["Now", "Traffic"]
    ids = [p["id"] for p in (*BOARD["panels"], *PANELS)]
    assert len({p["id"] for p in PANELS} | {p["id"] for p in BOARD["panels"]}) == len(set(ids))
    assert any("#runbook" in link["url"] for link in BOARD["links"])


def test_panels_do_not_lie_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken, panel["title"]
        assert grid["x"] + grid["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("one", [*asked(BOARD), *alerts()], ids=lambda a: a.place)
def test_every_metric_is_one_that_guardproxy_has(one: Asked) -> None:
    named = {s.name for s in selectors(re.sub(r"\$__rate_interval", "1m", one.expr))} - {None, ""}
    for pattern in re.findall(r'__name__=~"([^"]+)"', one.expr):
        named |= (found := {name for name in metrics() if re.fullmatch(pattern, name)})
        assert found
    assert named
    assert named <= metrics()


@pytest.mark.parametrize("rule", rules(), ids=lambda r: r["alert"])
def test_every_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    notes = rule["annotations"]
    assert {"summary", "description", "runbook_url"} == set(notes)
    page, _, anchor = notes["runbook_url"].partition("#")
    assert page == "docs/operations.md"
    assert anchor == rule["alert"].lower()
    assert anchor in anchors()
    assert promql.parse(rule["expr"])


def test_links_of_panels_lead_to_alerts() -> None:
    links = [link["url"] for panel in PANELS for link in panel["links"]]
    assert len(links) > 15
    assert {link.partition("#")[2] for link in links} <= {rule["alert"].lower() for rule in rules()}
    assert "runbook" in anchors()
