"""A real Prometheus watches a real guardproxy; whatever the dashboard and the alerts ask for must have an answer."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from guardproxy.telemetry.metrics import DIRECTIONS
from tests.deploy.expressions import Asked, Undeclared, alerts, asked, dashboard, filled, names_in, operands, variables
from tests.deploy.prometheus import Prometheus, program, prometheus
from tests.deploy.traffic import SECONDS, watched


@dataclass(frozen=True)
class Seen:
    """What Prometheus has of some traffic."""

    prometheus: Prometheus
    start: float
    end: float
    requests: int
    said: str
    """On guardproxy's standard error."""

    def complaints(self, board: Any, rules: list[Asked]) -> list[str]:
        """What does not work in a dashboard and alerts, one line each."""
        try:
            values = variables(board, self.prometheus.label_values)
        except Undeclared as e:
            return [f"variables: undeclared {e}"]
        return [c for one in (*asked(board), *rules) for c in self._complaints(one, values)]

    def _complaints(self, one: Asked, values: dict[str, str]) -> list[str]:
        try:
            expr = filled(one.expr, values)
        except Undeclared as e:
            return [f"{one.place}: undeclared {e}"]
        parts = operands(expr) if one.always else [expr]
        return [f"{one.place}: {trouble}: {part}" for part in parts if (trouble := self._trouble(part, one))]

    def _trouble(self, expr: str, one: Asked) -> str:
        series = self.prometheus.over(expr, self.start, self.end)
        points = [float(value) for s in series for _, value in s["values"]]
        if not points:
            return "empty"
        if all(math.isnan(p) for p in points):
            return "only NaN"
        if not one.always and not any(p for p in points if not math.isnan(p)):
            return "only zeros, although the traffic makes such events"
        wanted = [w.strip("{} ") for w in one.legend.split("{{")[1:] for w in [w.split("}}")[0]]]
        missing = {w for w in wanted if not any(w in s["metric"] for s in series)}
        return f"no label {sorted(missing)} for the legend" if missing else ""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    program("prometheus")
    folder = tmp_path_factory.mktemp("watched")
    with watched(folder) as proxy, prometheus(proxy.metrics, folder) as server:
        start = time.time()
        count = proxy.drive(SECONDS)
        yield Seen(server, start, time.time(), count, proxy.said())


def test_every_expression_has_an_answer(seen: Seen, capsys: pytest.CaptureFixture[str]) -> None:
    board, rules = dashboard(), alerts()
    assert seen.complaints(board, rules) == []
    drawn, queries = len(asked(board)), sum(v["type"] == "query" for v in board["templating"]["list"])
    assert (drawn, len(rules), queries) >= (48, 21, 4)
    with capsys.disabled():
        print(
            f"\n{drawn} expressions of the dashboard, {queries} of its variables and {len(rules)} alerts answered by "
            f"Prometheus over {seen.requests} requests"
        )


def test_the_traffic_makes_every_event(seen: Seen) -> None:
    """Or an answer of the dashboard might come from other series than those that it is about."""
    wanted = {f'{{outcome="{o}", direction="{d}"}}' for o in ("allow", "redact", "block") for d in DIRECTIONS}
    wanted |= {'{mode="shadow", outcome="block"}', '{rule="defaults.failure", outcome="allow"}'}
    events = {f"guardproxy_decisions_total{labels}" for labels in wanted}
    events |= {'guardproxy_filter_failures_total{filter="closed"}', 'guardproxy_failures_allowed_total{filter="open"}'}
    events |= {'guardproxy_upstream_errors_total{code="upstream_status_500"}', "guardproxy_records_dropped_total"}
    events |= {"guardproxy_held_characters", "guardproxy_held_seconds_count", "guardproxy_added_ttft_seconds_count"}
    events |= {f'guardproxy_requests_total{{status="{status}"}}' for status in (200, 400, 500)}
    for event in events:
        series = seen.prometheus.over(event, seen.start, seen.end)
        assert any(float(value) > 0 for s in series for _, value in s["values"]), event


def test_failures_of_filters_are_told_on_standard_error_but_not_each(seen: Seen) -> None:
    messages = [json.loads(line)["message"] for line in seen.said.splitlines()]
    for name, what in (("closed", "blocked"), ("open", "let through")):
        told = [m for m in messages if m.startswith(f"filter {name} failed (error): its text was {what}")]
        assert 1 < len(told) <= seen.end - seen.start + 1
        assert any(m.endswith(" more since the last line") for m in told)


def test_prometheus_evaluates_the_alerts_and_the_right_ones_wait_or_fire(seen: Seen) -> None:
    (group,) = seen.prometheus.api("rules")["groups"]
    assert {rule["health"] for rule in group["rules"]} == {"ok"}
    state = {rule["name"]: rule["state"] for rule in group["rules"]}
    assert state["GuardproxyFailsOpen"] == state["GuardproxyRecordsDropped"] == "firing"
    assert state["GuardproxyFailsClosed"] == state["GuardproxyUpstreamErrors"] == "pending"
    assert state["GuardproxyIncidentOpen"] == "firing"
    assert state["GuardproxyFallback"] == state["GuardproxyApprovalsWait"] == "pending"
    quiet = {"GuardproxyModelQuarantined", "GuardproxyProbeFails", "GuardproxyKeysTried", "GuardproxyQuotasLost"}
    assert {state[name] for name in quiet} == {"inactive"}
    quiet = {"GuardproxyDown", "GuardproxyReplicaDown", "GuardproxyNotReady", "GuardproxyPoliciesDiffer"}
    assert {state[name] for name in quiet} == {"inactive"}


@pytest.mark.parametrize(
    ("expr", "complaint"),
    [
        ('sum(rate(guardproxy_requests_totals{job=~"$job"}[$__rate_interval]))', "empty"),
        ('sum(guardproxy_in_flight{job=~"$job"}) * 0 / 0', "only NaN"),
        ('guardproxy_in_flight{job=~"$jobs"}', "undeclared $jobs"),
        ('guardproxy_in_flight{job=~"$job"} * 0', "only zeros"),
    ],
)
def test_a_broken_expression_is_found_even_in_a_collapsed_row(seen: Seen, expr: str, complaint: str) -> None:
    board = copy.deepcopy(dashboard())
    row = next(p for p in board["panels"] if p["type"] == "row" and p["collapsed"])
    row["panels"][0]["targets"][0]["expr"] = expr
    (found,) = seen.complaints(board, [])
    assert row["panels"][0]["title"] in found
    assert complaint in found


def test_a_legend_without_its_label_a_broken_alert_and_a_variable_out_of_order_are_found(seen: Seen) -> None:
    board = copy.deepcopy(dashboard())
    board["panels"][1]["targets"][0]["legendFormat"] = "{{tenant}}"
    (found,) = seen.complaints(board, [Asked("alert A", "absent(up == 1) or guardproxy_gone > 1", always=True)])[:1]
    assert "tenant" in found
    (found,) = seen.complaints(dashboard(), [Asked("alert A", "absent(up == 1) or guardproxy_gone > 1", always=True)])
    assert found == "alert A: empty: guardproxy_gone"
    board = copy.deepcopy(dashboard())
    board["templating"]["list"].reverse()
    assert "undeclared" in seen.complaints(board, [])[0]


def test_comparisons_come_off_and_both_sides_stay() -> None:
    assert operands("absent(up == 1)") == ["up"]
    assert operands("a / b > 4 * c and sum(d) > 20") == ["a / b", "4 * c", "sum(d)"]
    assert operands("a / b > 0.8 or (c / d) > 0.9") == ["a / b", "(c / d)"]
    assert operands("changes(a[5m]) > 0") == ["changes(a[5m])"]
    assert names_in("$a and ${b:regex} but {{c}}") == ["a", "b"]
