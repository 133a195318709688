"""Why a policy decides as it does, and what would have to be different: every answer comes from deciding again.

Pure: a policy and facts go in. What the text was is known to who prints this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from guardproxy.policy.decide import decide
from guardproxy.policy.model import FAILURE_RULE, Atom, Mode, Policy, Rule
from guardproxy.policy.narrow import Known, Name, narrow
from guardproxy.policy.past import OUTCOMES, Malformed, place_of
from guardproxy.policy.policies import Policies
from guardproxy.text.globs import matches
from guardproxy.types import Decision, Facts, Finding, Outcome

Status: TypeAlias = Literal["fired", "shadow", "silent", "not here", "disabled"]
_TRIED: Final = 50
"""Findings and rules that are taken away to see what would have been."""
_NEAR: Final = 50


@dataclass(frozen=True, slots=True)
class Looked:
    """One condition of a rule, and what there was for it."""

    label: str
    score: float
    """It takes at least this."""
    times: int
    found: tuple[Finding, ...]
    """Findings with such a label, the highest score first, those left alone too."""
    met: bool


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """What one rule did."""

    rule: Rule | None
    """None: what the defaults do about a failure."""
    id: str
    status: Status
    outcome: Outcome
    """What it says, or would say."""
    why: str = ""
    """Why it didn't look, or found nothing to say."""
    looked: tuple[Looked, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Those that set it off."""


@dataclass(frozen=True, slots=True)
class WouldBe:
    """One change to what there was, and the outcome with it."""

    change: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Explanation:
    """One text, or one part of a request."""

    facts: Facts
    decision: Decision
    rules: tuple[RuleSaid, ...]
    would_be: tuple[WouldBe, ...]


def explain(policy: Policy, facts: Facts) -> Explanation:
    """All rules, and the smallest changes that lead to another outcome."""
    decision = decide(policy, facts)
    rules = tuple(_said(policy, facts, decision))
    return Explanation(facts, decision, rules, tuple(_changes(policy, facts, decision)))


# ---------------------------------------------------------------------------------------------------- rules


def _said(policy: Policy, facts: Facts, decision: Decision) -> Iterator[RuleSaid]:
    outside = policy.outside(facts)
    in_force = policy.in_force(facts.origin, facts.model, facts.tenant, facts.route, outside)
    here = {entry.rule.id: entry for entry in in_force.entries}
    verdicts = {v.rule: v for v in decision.verdicts}
    for rule in policy.rules:
        entry, verdict = here.get(rule.id), verdicts.get(rule.id)
        if rule.mode is Mode.DISABLED:
            yield RuleSaid(rule, rule.id, "disabled", rule.then, "it is disabled")
        elif entry is None:
            yield RuleSaid(rule, rule.id, "not here", rule.then, _why_not(rule, facts))
        else:
            looked = tuple(_looked(atom, facts) for atom in rule.when.atoms)
            if verdict is None:
                why = _why_silent(rule, facts, looked, entry.unless is not None)
                yield RuleSaid(rule, rule.id, "silent", rule.then, why, looked)
            else:
                status: Status = "shadow" if verdict.shadow else "fired"
                why = "its rollout doesn't reach this request" if rule.id in outside else ""
                if verdict.outcome > rule.then:
                    why = "something that is found without a place can't be cut out"
                yield RuleSaid(rule, rule.id, status, verdict.outcome, why, looked, verdict.findings)
    for verdict in decision.verdicts:
        if verdict.rule == FAILURE_RULE:
            yield RuleSaid(None, FAILURE_RULE, "fired", verdict.outcome, "a filter failed", (), verdict.findings)


def _looked(atom: Atom, facts: Facts) -> Looked:
    found = sorted((f for f in facts.findings if matches(atom.label, f.label)), key=lambda f: -f.score)
    enough = [f for f in found if not f.score < atom.score]
    return Looked(atom.label, atom.score, atom.times, tuple(found), len(enough) >= atom.times)


def _why_not(rule: Rule, facts: Facts) -> str:
    """Why a rule doesn't hold where the text is from: the keys of its scope that don't fit."""
    origin = facts.origin
    there: dict[str, object] = {
        "direction": origin.direction.value,
        "role": origin.role.value,
        "channel": origin.channel.value if origin.channel else None,
        "tool": origin.tool,
        "model": facts.model,
        "tenant": facts.tenant,
        "route": facts.route,
    }
    wrong = []
    for name, value in there.items():
        wanted = getattr(rule.scope, name)
        if wanted is None:
            continue
        alone = type(rule.scope)(**{name: wanted})
        if not alone.fits(origin, facts.model, facts.tenant, facts.route):
            wrong.append(f"{name} is {value or 'none'}, not {' or '.join(sorted(map(str, wanted)))}")
    if wrong:
        return f"scope: {'; '.join(wrong)}"
    if rule.unless is not None:
        return "unless: what it leaves alone by where it is from"
    return "it waits for monitors, and those look elsewhere"


def _why_silent(rule: Rule, facts: Facts, looked: tuple[Looked, ...], exempts: bool) -> str:
    met = sum(one.met for one in looked)
    if exempts and (met == len(looked) if rule.when.every else met):
        lists = sorted((rule.unless and rule.unless.in_list) or ())
        which = f" (list {', '.join(lists)})" if lists else ""
        return f"unless: what was found is left alone{which}"
    if not any(one.found for one in looked):
        return "nothing of the kind was found"
    if rule.when.every and met:
        return f"it wants all of {len(looked)} conditions, and {met} {'is' if met == 1 else 'are'} met"
    if any(one.found and not one.found[0].score < one.score for one in looked):
        return "not often enough" if any(one.times > 1 for one in looked) else "its filter isn't one that it waits for"
    return "the scores are too low"


# ---------------------------------------------------------------------------------------------------- what would be


def _changes(policy: Policy, facts: Facts, decision: Decision) -> Iterator[WouldBe]:
    """Changes to one thing that lead to another outcome; where there are none that make it milder, to several."""
    milder = False
    for change in (*_without(policy, facts, decision), *_stricter(policy, facts)):
        if change.outcome is not decision.outcome:
            milder = milder or change.outcome < decision.outcome
            yield change
    if not milder and decision.outcome > Outcome.ALLOW:
        yield from _together(policy, facts, decision)


def _without(policy: Policy, facts: Facts, decision: Decision) -> Iterator[WouldBe]:
    """Each finding lowered or absent, in a list; each rule in shadow."""
    said = [v for v in decision.verdicts if not v.shadow and v.outcome > Outcome.ALLOW]
    rules = {r.id: r for r in policy.rules}
    for finding in list(dict.fromkeys(f for v in said for f in v.findings))[:_TRIED]:
        others = tuple(f for f in facts.findings if f != finding)
        gone = decide(policy, replace(facts, findings=others)).outcome
        lowest = _lowered(policy, facts, finding, others, decision, [rules[v.rule] for v in said if v.rule in rules])
        if lowest is not None:
            yield lowest
        else:
            yield WouldBe(f"without {name_of(finding)}", gone)
        lists = {n for r in rules.values() for n in (r.unless and r.unless.in_list) or ()} - finding.lists
        for name in sorted(lists) if finding.span else ():
            listed = (*others, replace(finding, lists=finding.lists | {name}))
            yield WouldBe(
                f"with {name_of(finding)} in list {name}", decide(policy, replace(facts, findings=listed)).outcome
            )
    for verdict in said[:_TRIED]:
        if verdict.rule in rules:
            shadowed = replace(policy, rules=tuple(_shadowed(r, {verdict.rule}) for r in policy.rules))
            yield WouldBe(f"with rule {verdict.rule} in shadow", decide(shadowed, facts).outcome)


def _lowered(
    policy: Policy, facts: Facts, finding: Finding, others: tuple[Finding, ...], decision: Decision, rules: list[Rule]
) -> WouldBe | None:
    """The highest threshold below which the finding's score leads to another outcome, if there is one."""
    atoms = (a for r in rules for a in r.when.atoms if matches(a.label, finding.label))
    for least in sorted({a.score for a in atoms if a.score <= finding.score and a.score > 0}, reverse=True):
        lower = replace(finding, score=_below(least))
        outcome = decide(policy, replace(facts, findings=(*others, lower))).outcome
        if outcome is not decision.outcome:
            return WouldBe(f"with {name_of(finding)} scored below {least:g} instead of {finding.score:.4g}", outcome)
    return None


def _below(score: float) -> float:
    return max(0.0, score - 1e-9)


def _stricter(policy: Policy, facts: Facts) -> Iterator[WouldBe]:
    """Each finding scored high enough for the next rule."""
    rules = policy.in_force(facts.origin, facts.model, facts.tenant, facts.route, policy.outside(facts)).rules
    for finding in sorted(facts.findings, key=lambda f: -f.score)[:_NEAR]:
        others = tuple(f for f in facts.findings if f != finding)
        steps = {
            a.score for r in rules for a in r.when.atoms if matches(a.label, finding.label) and a.score > finding.score
        }
        for least in sorted(steps)[:1]:
            higher = replace(facts, findings=(*others, replace(finding, score=least)))
            change = f"with {name_of(finding)} scored {least:g} instead of {finding.score:.4g}"
            yield WouldBe(change, decide(policy, higher).outcome)


def _together(policy: Policy, facts: Facts, decision: Decision) -> Iterator[WouldBe]:
    """All that the outcome rests on at once: the rules that say it in shadow, and their findings absent."""
    said = [v for v in decision.verdicts if not v.shadow and v.outcome is decision.outcome]
    ids = {v.rule for v in said}
    found = {f for v in said for f in v.findings}
    left = tuple(f for f in facts.findings if f not in found)
    gone = decide(policy, replace(facts, findings=left)).outcome
    if gone is not decision.outcome:
        names = sorted({f.label for f in found})
        yield WouldBe(f"without all {len(found)} findings of {', '.join(names)}", gone)
    shadowed = replace(policy, rules=tuple(_shadowed(r, ids) for r in policy.rules))
    outcome = decide(shadowed, facts).outcome
    if outcome is not decision.outcome and len(ids) > 1:
        yield WouldBe(f"with rules {', '.join(sorted(ids))} in shadow", outcome)


def _shadowed(rule: Rule, ids: set[str]) -> Rule:
    return replace(rule, mode=Mode.SHADOW) if rule.id in ids and rule.mode is Mode.ENFORCE else rule


def name_of(finding: Finding) -> str:
    """A finding by its label and place."""
    return f"{finding.label} at {finding.span[0]}-{finding.span[1]}" if finding.span else finding.label


# ---------------------------------------------------------------------------------------------------- from a record


def recorded(policies: Policies, record: dict[str, Any]) -> list[tuple[Policy, Facts]]:
    """Each text of a record in which something was found, with the policy of its tenant as it holds there.

    Names that the record doesn't hold are taken for the stricter. Raises Malformed.
    """
    basis = record.get("replay")
    if not isinstance(basis, dict) or record.get("outcome") not in OUTCOMES:
        raise Malformed("the record doesn't say what it takes to decide again")
    try:
        return list(_recorded(policies, record, basis))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as e:
        raise Malformed(f"not a whole decision record ({type(e).__name__}: {e})") from None


def _recorded(policies: Policies, record: dict[str, Any], basis: dict[str, Any]) -> Iterator[tuple[Policy, Facts]]:
    policy = policies.of(record["tenant"])
    by_segment: dict[tuple[int, int], list[Finding]] = {}
    for f in record["findings"]:
        span = None if f["start"] is None else (f["start"], f["end"])
        score = float("nan") if f["score"] is None else float(f["score"])
        finding = Finding(f["filter"], f["label"], score, span, frozenset(f["lists"]))
        by_segment.setdefault((f["segment"], f["place"]), []).append(finding)
    rollout = {rule: (one["by"], float(one["at"])) for rule, one in basis["rollout"].items()}
    exact = None if record["model"] == "other" else record["model"] or ""
    for (_, number), findings in sorted(by_segment.items()):
        place = place_of(basis["places"][number])
        tool = None if place.origin.tool is None else Name.of(place.tools, basis["tools"])
        model = Name(exact, place.models, frozenset(basis["models"]))
        known = Known(model, tool, record["tenant"], record["request_id"], rollout)
        facts = Facts(record["request_id"], place.origin, tuple(findings), record["tenant"], exact or "", place.route)
        yield narrow(policy, known, strict=True), facts
