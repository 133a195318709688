"""Writes dashboards/guardproxy.json: `python deploy/grafana/dashboard.py`. The panels are in
panels.py; never change the JSON by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from panels import HERE, RATE, ROWS, Panel, Query

FILE = Path(__file__).parent / "dashboards" / "guardproxy.json"
SCHEMA_VERSION = 42
"""Of Grafana 12; newer ones migrate it when they read it."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
RUNBOOK = "${runbook}"
"""Address of docs/operations.md as the operators' browsers reach it: a text box on the dashboard."""
Json = dict[str, Any]


def _panel(panel: Panel, number: int, grid: Json) -> Json:
    steps = panel.steps or ((0, "text" if panel.kind == "stat" else "green"),)
    defaults: Json = {
        "unit": panel.unit,
        "color": {"mode": "thresholds" if panel.kind == "stat" else "palette-classic"},
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": None if not i else at, "color": color} for i, (at, color) in enumerate(steps)],
        },
        "custom": {} if panel.kind == "stat" else _drawn(panel),
    }
    for name, value in (("min", panel.least), ("max", panel.most), ("decimals", panel.decimals)):
        if value is not None:
            defaults[name] = value
    link = {"title": "Runbook", "url": f"{RUNBOOK}#{panel.alert.lower()}", "targetBlank": True}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": grid,
        "links": [link] if panel.alert else [],
        "fieldConfig": {"defaults": defaults, "overrides": [_colored(n, c) for n, c in panel.colors.items()]},
        "options": _stat() if panel.kind == "stat" else _graph(),
        "targets": [_target(query, i) for i, query in enumerate(panel.queries)],
    }


def _drawn(panel: Panel) -> Json:
    drawn: Json = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 60 if panel.stacked else 8,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
    }
    return drawn


def _colored(name: str, color: str) -> Json:
    value = {"mode": "fixed", "fixedColor": color}
    return {
        "matcher": {"id": "byRegexp" if name.startswith("/") else "byName", "options": name},
        "properties": [{"id": "color", "value": value}],
    }


def _stat() -> Json:
    return {
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "textMode": "value",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }


def _graph() -> Json:
    return {
        "legend": {
            "displayMode": "table",
            "placement": "bottom",
            "showLegend": True,
            "calcs": ["mean", "max"],
            "sortBy": "Max",
            "sortDesc": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _target(query: Query, number: int) -> Json:
    return {
        "refId": chr(ord("A") + number),
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend,
        "range": not query.instant,
        "instant": query.instant,
    }


def _row(title: str, number: int, y: int, panels: list[Json]) -> Json:
    grid = {"h": 1, "w": 24, "x": 0, "y": y}
    return {"id": number, "type": "row", "title": title, "collapsed": bool(panels), "gridPos": grid, "panels": panels}


def _panels() -> list[Json]:
    out: list[Json] = []
    number, y = 1, 0
    for title, panels, height, collapsed in ROWS:
        width, inner = 24 // len(panels), []
        for i, panel in enumerate(panels):
            grid = {"h": height, "w": width, "x": i * width, "y": y + 1}
            inner.append(_panel(panel, number + 1 + i, grid))
        out.append(_row(title, number, y, inner if collapsed else []))
        out += [] if collapsed else inner
        number, y = number + 1 + len(panels), y + 1 + (0 if collapsed else height)
    return out


def _asked(name: str, label: str, query: str, *, several: bool) -> Json:
    """A variable whose values Prometheus knows."""
    variable: Json = {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": "A"},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": several,
        "includeAll": several,
        "current": {"text": "All", "value": "$__all"} if several else {},
    }
    return variable | ({"allValue": ".*"} if several else {})


def _variables() -> list[Json]:
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}},
        _asked("job", "Job", "label_values(guardproxy_policy_info, job)", several=False),
        _asked("instance", "Instance", 'label_values(guardproxy_policy_info{job=~"$job"}, instance)', several=True),
        _asked("model", "Model", f"label_values(guardproxy_requests_total{{{HERE}}}, model)", several=True),
        _asked("rule", "Rule", f"label_values(guardproxy_decisions_total{{{HERE}}}, rule)", several=True),
        {
            "name": "runbook",
            "label": "Runbook",
            "type": "textbox",
            "query": "docs/operations.md",
            "current": {"text": "docs/operations.md", "value": "docs/operations.md"},
            "hide": 2,
        },
    ]


def _annotations() -> list[Json]:
    ours = {
        "name": "Starts",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "blue",
        "expr": f"changes(process_start_time_seconds{{{HERE}}}{RATE}) > 0",
        "titleFormat": "{{instance}} started",
        "step": "30s",
    }
    return [ours]


def dashboard() -> Json:
    """The whole dashboard as Grafana reads it."""
    return {
        "uid": "guardproxy",
        "title": "guardproxy",
        "description": "The guard in front of a gpt-oss: traffic, decisions, failures, added latency, upstream, saturation.",
        "tags": ["guardproxy", "llm"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "links": [
            {"title": "Runbook", "type": "link", "icon": "doc", "url": f"{RUNBOOK}#runbook", "targetBlank": True}
        ],
        "templating": {"list": _variables()},
        "annotations": {"list": _annotations()},
        "panels": _panels(),
    }


def text() -> str:
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
