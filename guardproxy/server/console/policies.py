"""The page of the policy in force: its rules, what tests them, and how reloading goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from guardproxy.policy.cases import Case, fired, run_pure
from guardproxy.policy.model import Policy, Rule, Scope, When
from guardproxy.server.console.access import Visitor
from guardproxy.server.console.layout import PREFIX, badge, facts, notice, post, table
from guardproxy.server.console.markup import Child, Html, el
from guardproxy.server.reload import Report
from guardproxy.types import Json

RELOAD: Final = PREFIX + "/policy/reload"
_RESULTS: Final = {
    "success": "The files were loaded, and are in force.",
    "unchanged": "The files say what is in force already.",
    "superseded": "The files changed meanwhile; they are loaded again.",
    "failure": "The files can't be put in force. What was in force before goes on.",
}

_HEADS = ("Rule", "Mode", "Severity", "When", "Where", "Then", "Tests")


def policy_page(policy: Policy, cases: Iterable[Case] | None) -> Child:
    """`cases`: the tests in its files; None where those can't be read any more, or are not those of this policy."""
    tested = None if cases is None else tests_by_rule(policy, cases)
    return [
        facts(
            (
                ("Name", policy.name),
                ("Version", policy.version),
                ("Digest", el("code", policy.digest)),
                ("Rules", str(len(policy.rules))),
                ("Filters", ", ".join(sorted(policy.filters)) or "none"),
                ("Monitors", ", ".join(sorted(policy.monitors)) or "none"),
                ("Failures", policy.defaults.failure),
            )
        ),
        None
        if cases is not None
        else el("p", "Its files have changed or can't be read: tests are not counted.", class_="hint"),
        el("h2", "Rules"),
        table("Rules of the policy", _HEADS, (_rule(rule, tested) for rule in policy.rules)),
    ]


def _rule(rule: Rule, tested: Mapping[str, int] | None) -> Html:
    return el(
        "tr",
        el("td", el("b", rule.id), el("br"), rule.title),
        el("td", rule.mode.value, _rollout(rule), class_="short"),
        el("td", rule.severity, class_="short"),
        el("td", el("code", condition(rule.when)), class_="wide"),
        el("td", scope(rule.scope), class_="wide"),
        el("td", badge(rule.then.name.lower())),
        el("td", "–" if tested is None else str(tested.get(rule.id, 0)), class_="number"),
    )


def _rollout(rule: Rule) -> Child:
    stage = rule.rollout
    return None if stage.whole else [el("br"), f"{stage.percent:g} % by {stage.by}"]


def condition(when: When) -> str:
    """A condition as its author would write it."""
    atoms = [f"{a.label} >= {a.score:g}" + (f" x{a.times}" if a.times > 1 else "") for a in when.atoms]
    return (" and " if when.every else " or ").join(atoms)


def scope(one: Scope) -> str:
    """Where a rule holds, in words."""
    parts = [
        ", ".join(sorted(values))
        for values in (one.direction, one.role, one.channel, one.tool, one.model, one.tenant, one.route)
        if values is not None
    ]
    return "; ".join(parts) or "anywhere"


def tests_by_rule(policy: Policy, cases: Iterable[Case]) -> Counter[str]:
    """How many tests name a rule, or set it off with findings."""
    counted: Counter[str] = Counter()
    for case in cases:
        counted.update({*case.rules, *(fired(run_pure(policy, case)) if case.pure else ())})
    return counted


# ---------------------------------------------------------------------------------------------------- in force


def policies_in_force(shown: list[Json], chosen: Policy) -> Child:
    """Links to the policies in force, where there are several: tenants may have their own."""
    if len(shown) < 2:
        return None

    def item(one: Mapping[str, Json]) -> Html:
        here = "true" if one["digest"] == chosen.digest else None
        link = el("a", one["name"], href=f"{PREFIX}/policy?digest={one['digest']}", aria_current=here)
        return el("li", link, f" for {', '.join(one['tenants'])}" if one["tenants"] else " for everybody else")

    items = map(item, shown)
    return el("nav", el("ul", items), aria_label="Policies in force")


def reload_status(status: Mapping[str, Json], visitor: Visitor) -> Child:
    """How loading the files went, and a button to load them now."""
    when = "by themselves when they change" if status["watched"] else "on demand only"
    return [
        el("h2", "Files"),
        _watched(status),
        el("p", f"They are loaded {when}.", class_="hint"),
        post(RELOAD, visitor, el("button", "Load them now")),
        _candidate(status.get("candidate")),
    ]


def _candidate(status: Mapping[str, Json] | None) -> Child:
    if status is None:
        return None
    names = ", ".join(f"{one['name']} {one['version']} ({one['digest'][:12]})" for one in status["policies"])
    return [el("h2", "Candidate, watching only"), facts((("Policies", names),)), _watched(status)]


def _watched(status: Mapping[str, Json]) -> Child:
    last = status["last_load"]
    older = ", ".join(f"{one['digest'][:12]} ({one['requests']} requests)" for one in status["older"])
    told = facts(
        (
            ("Directory", el("code", status["directory"])),
            ("In force since", _time(status["loaded"])),
            ("Last load", f"{last['result']}, {_time(last['at'])}" if last else "–"),
            ("Requests now", str(status["requests"])),
            *([("Under older policies", older)] if older else []),
        )
    )
    return [told, _problems(last["problems"]) if last and last["problems"] else None]


def _time(seconds: float | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds").replace("+00:00", " UTC") if seconds else "–"


def _problems(problems: Iterable[str]) -> Html:
    return notice(
        el("p", el("b", _RESULTS["failure"])), el("ol", (el("li", p) for p in list(problems)[:50])), kind="bad"
    )


def reloaded(reports: Iterable[Report]) -> Child:
    """What came of loading, of the policy and of a candidate."""
    kinds = {"success": "good", "failure": "bad"}
    out: list[Child] = []
    for what, one in zip(("", "Candidate: "), reports, strict=False):
        below = " What is wrong is told below." if one.problems else ""
        out.append(notice(el("p", el("b", what, _RESULTS[one.result], below)), kind=kinds.get(one.result, "note")))
    return out
