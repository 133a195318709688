"""Texts that are looked at and not passed on: what was found, what the rules say, what would be released.

For detector APIs and for the library. The gates are the ones that text passes through elsewhere, except that they read to
the end whatever they find: who asks for findings wants all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from guardproxy.engine.gate import Cut, Gate
from guardproxy.engine.guard import Guard
from guardproxy.engine.json_text import guard_json
from guardproxy.engine.observe import Observer
from guardproxy.types import Edit, Facts, Finding, Origin, Outcome, Utterance, Verdict


@dataclass(frozen=True, slots=True)
class Inspection:
    """One text, read to its end."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    """Spans are in the text. In a JSON document some are in one of its strings, without saying which."""
    verdicts: tuple[Verdict, ...] = ()
    """Of enforcing rules."""
    edits: tuple[Edit, ...] = ()
    """Empty for a JSON document: its edits are made inside of its strings."""
    released: str | None = None
    """The text with its edits made; None where it is blocked."""

    @property
    def acted(self) -> frozenset[Finding]:
        """Findings on which an enforcing rule acts, with redact or stricter."""
        return frozenset(f for v in self.verdicts if v.outcome >= Outcome.REDACT for f in v.findings)


@dataclass(slots=True)
class Tally:
    """What was found in some texts together, by label."""

    outcome: Outcome = Outcome.ALLOW
    acted: set[str] = field(default_factory=set)
    """Labels on which an enforcing rule acts, with redact or stricter."""
    scores: dict[str, float] = field(default_factory=dict)
    """The highest score of each label."""

    def add(self, outcome: Outcome, findings: Iterable[Finding], verdicts: Iterable[Verdict]) -> None:
        """Count one more text."""
        self.outcome = max(self.outcome, outcome)
        for finding in findings:
            # a score that is no number counts as the highest: a filter that broke must not hide what it saw
            score = min(max(finding.score, 0.0), 1.0) if finding.score == finding.score else 1.0
            self.scores[finding.label] = max(score, self.scores.get(finding.label, 0.0))
        for verdict in verdicts:
            if not verdict.shadow and verdict.outcome >= Outcome.REDACT:
                self.acted |= {f.label for f in verdict.findings}

    @property
    def flagged(self) -> bool:
        return self.outcome >= Outcome.REDACT


class Inspector:
    """Reads the texts of one request."""

    def __init__(
        self,
        guard: Guard,
        *,
        observer: Observer,
        request: str = "",
        route: str = "",
        model: str = "",
        tenant: str = "default",
        said: Callable[[], Sequence[Utterance]] | None = None,
        quiet: Callable[[str], bool] | None = None,
    ) -> None:
        """`said`: what was said before, for filters that read more than one text. `quiet`: as in `guard_json`."""
        self._quiet = quiet
        self.model, self._said = model, said
        self._guard, self._observer = guard, observer
        self._request, self._route, self._tenant = request, route, tenant
        self._shadowed: list[Gate] = []

    async def text(self, text: str, origin: Origin, *, json: bool = False) -> Inspection:
        """Read a whole text. `json`: it is a JSON document, edited inside of its strings only."""
        if json:
            return await self._document(text, origin)
        gate = self._gate(origin)
        edits = await gate.judge(text)
        decision = gate.decision
        released = None if decision.outcome >= Outcome.BLOCK else gate.render(text, edits)
        if decision.outcome is Outcome.REWRITE:
            released = self._guard.replacer.rewritten(gate.plan.policy, decision)
        said = tuple(v for v in decision.verdicts if not v.shadow)
        return Inspection(decision.outcome, gate.facts.findings, said, edits, released)

    async def _document(self, text: str, origin: Origin) -> Inspection:
        gates: list[Gate] = []

        def view() -> Gate:
            gates.append(self._gate(origin))
            return gates[-1]

        released: str | None
        try:
            released = await guard_json(text, view, quiet=self._quiet)
        except Cut:  # what would have to change stands where nothing can be changed
            released = None
        outcome = max((g.decision.outcome for g in gates), default=Outcome.ALLOW)
        findings = dict.fromkeys(f for g in gates for f in g.facts.findings)
        verdicts = dict.fromkeys(v for g in gates for v in g.decision.verdicts if not v.shadow)
        if any(g.decision.outcome is Outcome.REWRITE for g in gates):  # it would be no JSON any more
            outcome = Outcome.BLOCK
        if outcome >= Outcome.BLOCK:
            released = None
        return Inspection(outcome, tuple(findings), tuple(verdicts), (), released)

    def unread(self, origin: Origin) -> Inspection:
        """What policy says about a part that no filter can read."""
        findings = (Finding("guard", "guard.unread", 1.0),)
        facts = Facts(self._request, origin, findings, self._tenant, self.model, self._route)
        decision = self._guard.decide(facts)
        self._observer.decided(facts, decision, final=True)
        said = tuple(v for v in decision.verdicts if not v.shadow)
        return Inspection(decision.outcome, findings, said)

    def _gate(self, origin: Origin) -> Gate:
        gate = self._guard.gate(
            origin,
            request=self._request,
            model=self.model,
            tenant=self._tenant,
            route=self._route,
            observer=self._observer,
            said=self._said,
        )
        gate.cuts = False
        if gate.plan.behind:
            self._shadowed.append(gate)
        return gate

    async def close(self) -> None:
        """Run what only shadow rules need, now that the answer is out."""
        for gate in self._shadowed:
            await gate.shadow()
        self._shadowed.clear()
