"""What the dashboard and the alerts ask: every expression, its variables put in, its comparisons taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy/grafana/dashboards/guardproxy.json"
RULES = ROOT / "deploy/prometheus/rules/guardproxy.yml"
BUILT_IN = {"__rate_interval": "4s", "__interval": "1s", "__range": "1m"}
"""Grafana's own variables. A rate needs four scrapes."""
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::\w+)?\})")
_LABEL_VALUES = re.compile(r"label_values\((?P<series>.*), (?P<label>\w+)\)")
_COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")


class Undeclared(Exception):
    """An expression names a variable that the dashboard has not declared before."""


@dataclass(frozen=True)
class Asked:
    """One expression."""

    place: str
    expr: str
    legend: str = ""
    always: bool = False
    """It says something at any time, although it may be zero: an annotation or an alert."""


def dashboard() -> Any:
    return json.loads(DASHBOARD.read_text("utf-8"))


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]


def panels(board: Any) -> Iterator[Any]:
    """All panels but rows, those inside of collapsed rows too."""
    for panel in board.get("panels", ()):
        if panel["type"] != "row":
            yield panel
        yield from panels(panel)


def asked(board: Any) -> list[Asked]:
    """Every expression of a dashboard that draws something."""
    found = [
        Asked(f"panel {panel['title']!r} {target['refId']}", target["expr"], target["legendFormat"])
        for panel in panels(board)
        for target in panel["targets"]
    ]
    notes = board["annotations"]["list"]
    return found + [Asked(f"annotation {n['name']!r}", n["expr"], always=True) for n in notes if "expr" in n]


def alerts() -> list[Asked]:
    return [Asked(f"alert {rule['alert']}", rule["expr"], always=True) for rule in rules()]


def names_in(text: str) -> list[str]:
    """Variables that a text names, in order."""
    return [a or b for a, b in _VARIABLE.findall(text)]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables put in. Raises Undeclared."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in values:
            raise Undeclared(f"${name} in {text!r}")
        return values[name]

    return _VARIABLE.sub(value, text)


def variables(board: Any, label_values: Callable[[str, str], list[str]]) -> dict[str, str]:
    """What each variable stands for, resolved in the order of the dashboard as Grafana does. Raises Undeclared."""
    values = dict(BUILT_IN)
    for variable in board["templating"]["list"]:
        name, kind = variable["name"], variable["type"]
        if kind == "query":
            found = _LABEL_VALUES.fullmatch(filled(variable["query"]["query"], values))
            assert found, f"${name}: {variable['query']} is not label_values(series, label)"
            there = label_values(found["series"], found["label"])
            assert there, f"${name} has no value: {found[0]}"
            values[name] = variable["allValue"] if variable["includeAll"] else there[0]
        else:
            values[name] = variable["query"]
    return values


def operands(expr: str) -> list[str]:
    """The expression without its comparisons and `absent`: what must be there for it to be right when it is quiet.

    Both sides of a comparison are returned; numbers are not.
    """
    sides: list[Any] = []

    def visit(node: Any) -> Any:
        if isinstance(node, promql.BinaryExpr) and str(node.op) in (*_COMPARISONS, "and", "or", "unless"):
            sides.extend((node.lhs, node.rhs))
            return node.lhs
        if isinstance(node, promql.Call) and node.func.name == "absent":
            sides.append(node.args[0])
            return node.args[0]
        return None

    tree = promql.parse(expr)
    kept = promql.transform(tree, post_visit=visit)
    out = [one.prettify() for one in (kept, *(promql.transform(side, post_visit=visit) for side in list(sides)))]
    return list(dict.fromkeys(e for e in out if not isinstance(_bare(promql.parse(e)), promql.NumberLiteral)))


def _bare(node: Any) -> Any:
    return _bare(node.expr) if isinstance(node, promql.ParenExpr) else node


def selectors(expr: str) -> list[Any]:
    """The vector selectors of an expression."""
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        elif isinstance(node, promql.MatrixSelector):
            found.append(node.vector_selector)
        return True

    promql.walk(promql.parse(expr), pre_visit=visit)
    return found
