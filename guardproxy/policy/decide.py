"""The decision: a pure function of a policy and facts.

No I/O, no clock, no randomness, no text. The order of rules and of findings means nothing, and more findings never
weaken an outcome: that is what makes a verdict on half a stream final.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guardproxy.policy.model import FAILURE_RULE, UPSTREAM_TOOL, Entry, InForce, Policy
from guardproxy.types import Ask, Decision, Edit, Facts, Finding, Outcome, Style, Verdict

_NOTHING = Decision(Outcome.ALLOW)
_FAILURES = ("guard.error", "guard.timeout")


def decide(policy: Policy, facts: Facts) -> Decision:
    """What all rules say together about one segment. Every rule is evaluated; the strictest outcome wins."""
    findings = facts.findings
    if not findings:
        return _NOTHING
    rules = policy.in_force(facts.origin, facts.model, facts.tenant, facts.route, policy.outside(facts))
    ignored = _ignored(policy, rules, findings)
    verdicts: list[Verdict] = []
    cuts: list[Edit] = []
    ask: set[Ask] = set()
    for index, met in _met(rules, findings, ignored).items():
        entry = rules.entries[index]
        verdict = _verdict(entry, met, findings)
        if verdict is not None:
            verdicts.append(verdict)
            if not entry.shadow and entry.rule.then is Outcome.REDACT:
                cuts += _cuts(entry, verdict.findings)
            if entry.rule.to:
                ask.update(Ask(entry.rule.to, f.span, entry.shadow) for f in verdict.findings)
    verdicts += _failed(policy, findings, ignored, verdicts)
    if not verdicts:
        return _NOTHING
    verdicts.sort(key=lambda v: (v.rule, v.outcome))
    outcome = max((v.outcome for v in verdicts if not v.shadow), default=Outcome.ALLOW)
    return Decision(outcome, unite(cuts), tuple(verdicts), tuple(sorted(ask, key=_asking)))


def routed(policy: Policy, verdicts: Iterable[Verdict]) -> str:
    """The upstream that is asked when all this was said about a request; empty for the main one. Of several rules the first
    by name chooses."""
    fired = {v.rule for v in verdicts if not v.shadow}
    return next((r.upstream for r in sorted(policy.rules, key=lambda r: r.id) if r.upstream and r.id in fired), "")


def _asking(ask: Ask) -> tuple[str, tuple[int, int], bool]:
    return ask.filter, ask.span or (-1, -1), ask.shadow


def _ignored(policy: Policy, rules: InForce, findings: Sequence[Finding]) -> frozenset[int]:
    """Failures of filters that no enforcing rule here needs: they must not be able to block or delay anything."""
    return frozenset(
        i
        for i, f in enumerate(findings)
        if f.label in _FAILURES
        and (f.filter in policy.filters or f.filter in policy.monitors)
        and f.filter not in rules.needed
    )


def _met(rules: InForce, findings: Sequence[Finding], ignored: frozenset[int]) -> dict[int, dict[int, list[int]]]:
    """Entry to atom to the findings (by index) that meet it."""
    met: dict[int, dict[int, list[int]]] = {}
    entries = rules.entries
    for i, finding in enumerate(findings):
        for index, atom, least in rules.wanted(finding.label):
            if finding.score < least:  # a score that is no number passes: a filter that broke must not hide a finding
                continue
            entry = entries[index]
            if (entry.unless is not None and entry.unless.exempts(finding)) or (i in ignored and not entry.shadow):
                continue
            met.setdefault(index, {}).setdefault(atom, []).append(i)
    return met


def _verdict(entry: Entry, met: dict[int, list[int]], findings: Sequence[Finding]) -> Verdict | None:
    rule = entry.rule
    atoms = rule.when.atoms
    enough = [atom for atom, found in met.items() if _times(found, findings, atoms[atom].times)]
    if not enough or (rule.when.every and len(enough) < len(atoms)):
        return None
    if len(enough) == 1:
        matched = [findings[i] for i in met[enough[0]]]
    else:
        matched = [findings[i] for i in {i for atom in enough for i in met[atom]}]
    if len(matched) > 1:
        matched.sort(key=_order)
    outcome = rule.then
    if outcome is Outcome.REDACT and not all(map(_cuttable, matched)):
        outcome = Outcome.BLOCK  # nothing can be cut out of a text when it isn't known where to cut
    return Verdict(rule.id, outcome, entry.shadow, tuple(matched))


def _times(found: list[int], findings: Sequence[Finding], times: int) -> bool:
    """Whether something was found so often. One place counts once, however many rules of a filter see something there."""
    return len(found) >= times and (times == 1 or len({findings[i].span or i for i in found}) >= times)


def _order(finding: Finding) -> tuple[tuple[int, int], str, str, float, list[str]]:
    return finding.span or (-1, -1), finding.label, finding.filter, finding.score, sorted(finding.lists)


def _cuttable(finding: Finding) -> bool:
    return finding.span is not None and finding.span[0] < finding.span[1]


def _cuts(entry: Entry, matched: Iterable[Finding]) -> Iterable[Edit]:
    style, rule = entry.rule.style, entry.rule.id
    return [Edit(f.span[0], f.span[1], style, f.label, rule) for f in matched if f.span and f.span[0] < f.span[1]]


def _failed(
    policy: Policy, findings: Sequence[Finding], ignored: frozenset[int], verdicts: Sequence[Verdict]
) -> list[Verdict]:
    """Verdicts on the failures that no rule treats at least as strictly as the defaults do."""
    failures = [
        f
        for i, f in enumerate(findings)
        if i not in ignored and f.label.startswith("guard.") and f.label != UPSTREAM_TOOL
    ]
    if not failures:
        return []
    out = []
    for mode, outcome in (("allow", Outcome.ALLOW), ("block", Outcome.BLOCK)):
        treated = {
            f
            for v in verdicts
            if not v.shadow and v.outcome > Outcome.ALLOW and v.outcome >= outcome
            for f in v.findings
        }
        left = [f for f in failures if policy.failure_of(f.filter) == mode and f not in treated]
        if left:
            out.append(Verdict(FAILURE_RULE, outcome, False, tuple(sorted(left, key=_order))))
    return out


def unite(cuts: list[Edit]) -> tuple[Edit, ...]:
    """Transitive unions of overlapping spans; touching ones stay apart."""
    if len(cuts) < 2:
        return tuple(cuts)
    cuts.sort(key=lambda e: (e.start, e.end))
    out: list[Edit] = []
    group: list[Edit] = []
    end = -1
    for cut in cuts:
        if group and cut.start >= end:
            out.append(_union(group, end))
            group, end = [], -1
        group.append(cut)
        end = max(end, cut.end)
    out.append(_union(group, end))
    return tuple(out)


def _union(group: list[Edit], end: int) -> Edit:
    """The strictest style wins, ties by rule; then the longest span, and the first, names what was there."""
    if len(group) == 1:
        return group[0]
    won = min(group, key=_rank)
    others = {rule for edit in group for rule in (edit.rule, *edit.others)} - {won.rule}
    return Edit(group[0].start, end, won.style, won.label, won.rule, tuple(sorted(others)))


def _rank(edit: Edit) -> tuple[Style | int, str, int, int, str]:
    return -edit.style, edit.rule, edit.start - edit.end, edit.start, edit.label
