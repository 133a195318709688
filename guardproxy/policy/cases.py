"""Tests that authors write beside their rules. Pure ones are decided here; those with a text need the engine.

A case says where a text is from and what must come of it. It never says how.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardproxy.policy.decide import decide
from guardproxy.policy.model import Policy
from guardproxy.policy.schema import CaseEntry, FindingEntry, GivenEntry, SaidEntry
from guardproxy.text.globs import overlap
from guardproxy.types import Catalogue, Channel, Decision, Direction, Facts, Finding, Origin, Outcome, Role, Utterance


@dataclass(frozen=True, slots=True)
class Case:
    """One test. It has either findings (a pure case), a text or a call."""

    name: str
    origin: Origin
    line: int = 0
    findings: tuple[Finding, ...] = ()
    text: str | None = None
    call: str | None = None
    """Arguments of a complete call of the origin's tool."""
    plain: bool = False
    declared: frozenset[str] = frozenset()
    before: tuple[str, ...] = ()
    said: tuple[Utterance, ...] = ()
    """The messages before the text."""
    model: str = ""
    tenant: str = "default"
    route: str = ""
    outcome: Outcome | None = None
    rules: tuple[str, ...] = ()
    released: str | None = None
    todo: str | None = None

    @property
    def pure(self) -> bool:
        return self.text is None and self.call is None


def compile_case(entry: CaseEntry, line: int, policy: Policy, catalogue: Catalogue) -> Case:
    """A case with its findings placed one after the other in a text that doesn't exist."""
    given, expect = entry.given, entry.expect
    return Case(
        name=entry.name,
        origin=_origin(given),
        line=line,
        findings=(*_findings(given.findings or [], policy, catalogue), *_failures(given.failures or [])),
        text=given.text,
        call=given.call,
        plain=given.plain,
        declared=frozenset(given.declared if given.declared is not None else filter(None, [given.tool])),
        before=tuple(given.before),
        said=tuple(map(_said, given.said)),
        model=given.model,
        tenant=given.tenant,
        route=given.route,
        outcome=Outcome[expect.outcome.upper()] if expect.outcome else None,
        rules=tuple(expect.rules),
        released=expect.released,
        todo=entry.todo,
    )


def _origin(given: GivenEntry) -> Origin:
    role = Role(given.role)
    direction = given.direction or (Direction.RESPONSE if role is Role.ASSISTANT else Direction.REQUEST)
    channel = given.channel or (Channel.COMMENTARY if given.call is not None else None)
    return Origin(Direction(direction), role, Channel(channel) if channel else None, given.tool)


def _said(entry: SaidEntry) -> Utterance:
    channel = Channel(entry.channel) if entry.channel else None
    return Utterance(Origin(Direction(entry.direction), Role(entry.role), channel, entry.tool), entry.text)


def _findings(entries: list[FindingEntry], policy: Policy, catalogue: Catalogue) -> Iterator[Finding]:
    at = 0
    for entry in entries:
        name = entry.filter or emitter(policy, entry.label)
        end = at + len(entry.text or "x")
        use = str(policy.filters.get(name, {}).get("use", ""))
        whole = entry.label.startswith("guard.") or name in policy.monitors
        spans = not whole and catalogue.spans.get(use, True)
        lists = policy.lists_of(entry.text) if entry.text else frozenset()
        yield Finding(name, entry.label, entry.score, (at, end) if spans else None, lists)
        at = end + 1


def _failures(names: list[str]) -> Iterator[Finding]:
    return (Finding(name, "guard.error", 1.0) for name in names)


def emitter(policy: Policy, label: str) -> str:
    """The filter that says a label: the first by name; `guard` where none does."""
    return next((n for n in sorted(policy.labels) if any(overlap(label, e) for e in policy.labels[n])), "guard")


def run_pure(policy: Policy, case: Case) -> Decision:
    """What the policy decides on the findings of a case."""
    facts = Facts("test", case.origin, case.findings, tenant=case.tenant, model=case.model, route=case.route)
    return decide(policy, facts)


def fired(decision: Decision) -> set[str]:
    """Ids of the rules that said something, shadow ones included."""
    return {v.rule for v in decision.verdicts}


def mismatches(case: Case, decision: Decision, released: str | None = None) -> list[tuple[str, str]]:
    """(expected, got) of everything that is not as the case says; empty when it passes."""
    out = []
    if case.outcome is not None and decision.outcome is not case.outcome:
        out.append((case.outcome.name.lower(), decision.outcome.name.lower()))
    missing = sorted(set(case.rules) - fired(decision))
    if missing:
        out.append((f"rules {', '.join(missing)}", f"rules {', '.join(sorted(fired(decision))) or '(none)'}"))
    if case.released is not None and released is not None and released != case.released:
        out.append((f"released {case.released!r}", f"released {released!r}"))
    return out
