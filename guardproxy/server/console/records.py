"""Pages of decisions: the latest as they come, and one with all that its record tells."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from guardproxy.policy.model import Policy, Rule
from guardproxy.server.console.layout import PREFIX, badge, choice, facts, field, table
from guardproxy.server.console.markup import Child, Html, el, visible
from guardproxy.text.globs import matches
from guardproxy.types import Outcome

SHOWN: Final = 100
"""Rows of the page; the browser keeps as many while new ones come."""
LONGEST: Final = 120
"""Characters of a name in a row."""
NAME: Final = 14
"""Characters of a decision's id in a row: enough to tell it by; the link has all of it."""
_HEADS: Final = ("Time", "Outcome", "Rules", "Found", "Route", "Model", "Status", "Decision")
_OUTCOMES: Final = tuple(o.name.lower() for o in Outcome)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions to show; empty for any."""

    outcome: str = ""
    rule: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        return cls(query.get("outcome", "")[:40], query.get("rule", "")[:200])

    def fits(self, record: Mapping[str, Any]) -> bool:
        return self.outcome in ("", record["outcome"]) and (
            not self.rule or any(v["rule"] == self.rule for v in record["verdicts"])
        )


def row(number: int, record: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of the page tells, as plain strings in which nothing is hidden."""
    rules = dict.fromkeys(v["rule"] + (" (shadow)" if v["shadow"] else "") for v in record["verdicts"])
    labels = dict.fromkeys(f["label"] for f in record["findings"])
    return {
        "number": number,
        "id": _short(record["decision_id"]),
        "name": _short(record["decision_id"], NAME),
        "time": _short(record["time"]),
        "outcome": record["outcome"],
        "rules": [_short(r) for r in list(rules)[:8]],
        "labels": [_short(one) for one in list(labels)[:8]],
        "route": _short(record["route"]),
        "model": _short(record["model"] or ""),
        "status": str(record["status"]) + (f" {_short(record['error'])}" if record["error"] else ""),
    }


def _short(text: str, most: int = LONGEST) -> str:
    text = visible(str(text)).replace("\n", "⟨U+000A⟩")
    return text if len(text) <= most else text[: most - 1] + "…"


def listing(kept: Iterable[tuple[int, Mapping[str, Any]]], wanted: Wanted, rules: Iterable[str], last: int) -> Child:
    """The page of the latest decisions. `kept`: oldest first."""
    rows = [row(n, r) for n, r in kept if wanted.fits(r)][::-1][:SHOWN]
    names = sorted({*rules, *filter(None, [wanted.rule])})
    controls = el(
        "form",
        field(
            "Outcome",
            choice("outcome", [("", "any"), *((o, o.replace("_", " ")) for o in _OUTCOMES)], wanted.outcome),
            "outcome",
        ),
        field("Rule", choice("rule", [("", "any"), *((n, n) for n in names)], wanted.rule), "rule"),
        el("button", "Show"),
        el("button", "Pause", type="button", id="pause", aria_pressed="false", hidden=True, class_="quiet"),
        method="get",
        action=PREFIX,
        class_="bar",
        role="search",
        aria_label="Which decisions",
    )
    status = el("p", "New decisions appear when the page is loaded again.", id="live", role="status", class_="hint")
    query = {"data_last": str(last), "data_outcome": wanted.outcome, "data_rule": wanted.rule, "data_shown": str(SHOWN)}
    none = el("p", "No decision yet that fits.", id="none", hidden=bool(rows))
    shown = table("The latest decisions, newest first", _HEADS, map(_tr, rows), id="rows", **query)
    return [
        el(
            "p",
            "What guardproxy decided, request by request. No text of a request or a reply is shown here.",
            class_="hint",
        ),
        controls,
        status,
        none,
        shown,
    ]


def _tr(one: dict[str, Any]) -> Html:
    """A row. The script of the page makes the same from the same strings."""
    return el(
        "tr",
        el("td", el("time", _clock(one["time"]), datetime=one["time"])),
        el("td", badge(one["outcome"])),
        el("td", ", ".join(one["rules"]) or "–", class_="wide"),
        el("td", ", ".join(one["labels"]) or "–"),
        el("td", one["route"], class_="wider"),
        el("td", one["model"] or "–", class_="wide"),
        el("td", one["status"]),
        el("td", el("a", one["name"], href=f"{PREFIX}/decisions/{one['id']}"), class_="short"),
    )


def _clock(time: str) -> str:
    return time[11:23] or time


# ---------------------------------------------------------------------------------------------------- one decision


def without_text(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without the matched text that a policy has had written down."""
    kept = [{name: value for name, value in f.items() if name != "text"} for f in record["findings"]]
    return {**record, "findings": kept}


def detail(record: Mapping[str, Any], policy: Policy) -> Child:
    """All that a record tells, and why each rule spoke."""
    told = record["policy"]
    other = told["digest"] != policy.digest
    report = el(
        "a", "Report a false positive", href=f"{PREFIX}/decisions/{record['decision_id']}/report", class_="button"
    )
    acted = any(not v["shadow"] or v["outcome"] != "allow" for v in record["verdicts"])
    return [
        facts(
            (
                ("Outcome", badge(record["outcome"])),
                ("Time", record["time"]),
                ("Request", record["request_id"]),
                ("Route", f"{record['route']}{', streamed' if record['stream'] else ''}"),
                ("Model", record["model"] or "–"),
                ("Tenant", record["tenant"]),
                ("Status", f"{record['status']} {record['error'] or ''}"),
                ("Policy", f"{told['name']} {told['version']} ({told['digest'][:12]})"),
            )
        ),
        el("p", report) if acted else None,
        el("p", "Another policy is in force now; titles and thresholds below are its own.", class_="hint")
        if other
        else None,
        el("h2", "Rules that spoke"),
        _verdicts(record, policy),
        el("h2", "What was found"),
        _findings(record, policy),
        _rest(record),
    ]


def _verdicts(record: Mapping[str, Any], policy: Policy) -> Html:
    if not record["verdicts"]:
        return el("p", "None.")
    titles = {rule.id: rule.title for rule in policy.rules}
    rows = (
        el(
            "tr",
            el("td", el("b", v["rule"]), el("br"), titles.get(v["rule"], "")),
            el("td", badge(v["outcome"]), " shadow" if v["shadow"] else None),
            el("td", where(v)),
        )
        for v in record["verdicts"]
    )
    return table("Rules that spoke", ("Rule", "Outcome", "Where"), rows)


def _findings(record: Mapping[str, Any], policy: Policy) -> Html:
    if not record["findings"]:
        return el("p", "Nothing.")
    more = record["findings_total"] - len(record["findings"])
    told = any("text" in f or "hash" in f for f in record["findings"])  # as the policy's `log` says
    rows = (
        el(
            "tr",
            el("td", el("b", f["label"])),
            el("td", score(f["score"]), class_="number"),
            el("td", _thresholds(f, policy)),
            el("td", "whole text" if f["start"] is None else f"{f['start']}–{f['end']}", class_="number"),
            el("td", f["filter"]),
            el("td", where(f), f", in {', '.join(f['lists'])}" if f["lists"] else None),
            el("td", el("code", f.get("text") or f.get("hash") or "–")) if told else None,
        )
        for f in record["findings"]
    )
    heads = ("Label", "Score", "Wanted by", "Characters", "Filter", "Where", *(("Text",) if told else ()))
    found = table("What was found", heads, rows)
    return el("div", found, el("p", f"{more} more were not recorded.") if more > 0 else None)


def _thresholds(finding: Mapping[str, Any], policy: Policy) -> Child:
    wanted = list(looking(policy.rules, finding["label"]))
    if not wanted:
        return "no rule"
    return el(
        "ul",
        (
            el(
                "li",
                f"{rule.id}: ≥ {least:g}, ",
                "met" if finding["score"] is None or finding["score"] >= least else "not met",
            )
            for rule, least in wanted
        ),
    )


def score(value: float | None) -> str:
    """A score for a person. None is one that is no number: a filter that broke."""
    return "no number" if value is None else f"{value:.4g}"


def looking(rules: Iterable[Rule], label: str) -> Iterator[tuple[Rule, float]]:
    """Rules that look for a label, with the score that they want of it."""
    for rule in rules:
        fitting = [atom.score for atom in rule.when.atoms if matches(atom.label, label)]
        if fitting:
            yield rule, min(fitting)


def where(place: Mapping[str, Any]) -> str:
    """Where in a request or reply a part of a record is about."""
    words = [place["direction"], place["role"], place["channel"], place["tool"] and f"tool {place['tool']}"]
    return f"{', '.join(filter(None, words))} (text {place['segment'] + 1})"


def _rest(record: Mapping[str, Any]) -> Html:
    whole = json.dumps(record, indent=2, ensure_ascii=False)
    return el("details", el("summary", "The whole record"), el("pre", whole))
