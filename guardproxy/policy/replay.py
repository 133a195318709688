"""Yesterday's decisions under another policy, made again from the findings that were recorded. No text is needed, and none is
guessed: where the answer hangs on what nobody knows, the answer is that it isn't known, and why.

Every decision is made twice: once with all that is doubtful counted in, once without. More rules and more findings never
weaken an outcome, so where both agree nothing in between can differ.

What is not foreseen: that a filter would fail which didn't, that another model of the same name finds something else, and
that a place where nothing can be replaced would have been met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from guardproxy import __version__
from guardproxy.policy import fingerprint
from guardproxy.policy.decide import decide
from guardproxy.policy.model import Mode, Policy
from guardproxy.policy.narrow import Known, Name, narrow, uncertain
from guardproxy.policy.past import OUTCOMES, Lens, Malformed, Past, Piece, Place
from guardproxy.policy.policies import Policies
from guardproxy.text.globs import overlap
from guardproxy.types import Decision, Direction, Facts, Finding, Origin, Outcome, Role, Span

MEMORY: Final = 50_000
"""Decisions that are remembered, since most are alike."""
_OWN: Final = ("guard.overflow", "guard.schema")
"""Findings of the engine that depend on the whole policy."""
_REPLACING: Final = (Outcome.REDACT, Outcome.REWRITE)
"""What blocks where nothing can be replaced."""
_ASKED: Final = Origin(Direction.REQUEST, Role.USER)


@dataclass(frozen=True, slots=True)
class Again:
    """One decision, made again."""

    before: Outcome
    after: Outcome | None
    """None: it can't be said without the text."""
    rule: str = ""
    """The rule that made the difference: the one that decides now, or that decided and no longer does."""
    why: tuple[str, ...] = ()
    """Why it can't be said; the main reason first."""
    fired_before: frozenset[str] = frozenset()
    fired: frozenset[str] = frozenset()
    """Rules that speak now, shadow ones included."""

    @property
    def same(self) -> bool:
        return self.after is self.before


class Replay:
    """Makes decisions again under these policies."""

    def __init__(self, policies: Policies, *, any_version: bool = False) -> None:
        """`any_version`: what another version of guardproxy found counts as what this one would find."""
        self._policies, self._any_version = policies, any_version
        self._lens = Lens(policies)
        self._subjects = {id(p): _Subject(p) for p in policies.all}
        self._memory: dict[Any, Again] = {}

    def again(self, record: dict[str, Any]) -> Again:
        """The decision of a record. Raises Malformed."""
        basis = record.get("replay")
        if not isinstance(basis, dict):
            if record.get("outcome") not in OUTCOMES:
                raise Malformed("it has no `outcome`")
            return Again(OUTCOMES[record["outcome"]], None, why=("the record doesn't say what a replay needs",))
        key = self._lens.key(record)
        got = self._memory.get(key)
        if got is None:
            if len(self._memory) >= MEMORY:
                self._memory.clear()
            got = self._memory[key] = self._made(self._lens.read(record, key), basis)
        return got

    def _made(self, past: Past, basis: dict[str, Any]) -> Again:
        subject = self._subjects[id(self._policies.of(past.tenant))]
        try:
            result = _Making(subject, past, basis).result()
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as e:
            raise Malformed(f"not a whole decision record ({type(e).__name__}: {e})") from None
        if basis.get("guardproxy") != __version__ and not self._any_version and result.after is not Outcome.BLOCK:
            why = f"guardproxy {basis.get('guardproxy')} looked for it, not {__version__}"
            return replace(result, after=None, why=(why, *result.why))
        return result


class _Subject:
    """A policy, with what is looked up for many records."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.detectors, self.lists = fingerprint.of_detectors(policy), fingerprint.of_lists(policy)
        self.bounds = fingerprint.bounds(policy)
        self.staged = frozenset(r.id for r in policy.rules if not r.rollout.whole)
        self.narrowed = lru_cache(maxsize=4096)(self._narrowed)

    def _narrowed(
        self, tool: Name | None, model: Name, tenant: str, request: str, rollout: tuple[tuple[str, str, float], ...]
    ) -> tuple[Policy, Policy, tuple[str, ...]]:
        """(with all that is doubtful, without, ids of the doubtful rules)."""
        known = Known(model, tool, tenant, request, {rule: (by, at) for rule, by, at in rollout})
        strict, lenient = (narrow(self.policy, known, strict=one) for one in (True, False))
        doubtful = uncertain(self.policy, known)
        return strict, lenient if doubtful else strict, doubtful


class _Making:
    """One record under one policy."""

    def __init__(self, subject: _Subject, past: Past, basis: dict[str, Any]) -> None:
        self.subject, self.past, self.basis = subject, past, basis
        self.alike = past.digest == subject.policy.digest
        self.low = self.high = Outcome.ALLOW
        self.why: dict[str, None] = {}
        self.fired: set[str] = set()
        self.rules: list[tuple[Outcome, str]] = []
        self._changed_lists = frozenset(n for n, d in subject.lists.items() if basis["lists"].get(n) != d)
        self._second = subject.policy.second

    def result(self) -> Again:
        past = self.past
        if self.alike and not past.complete:  # the same policy decides the same about what isn't written down, too
            return Again(past.outcome, past.outcome, past.rule, (), past.fired, past.fired)
        policies = [self._at(place) for place in past.places]
        for place, (strict, lenient, doubtful) in zip(past.places, policies, strict=True):
            self._unread(place, strict, lenient, doubtful)
        self._reviewed()
        for piece in past.pieces:
            if piece.place < 0:
                continue  # the record isn't complete, which is said below
            strict, lenient, _ = policies[piece.place]
            self._piece(piece, past.places[piece.place], strict, lenient)
        self._general()
        before = past.outcome
        if self.low is not self.high and self.low is not Outcome.BLOCK:
            return Again(before, None, self._rule(before), tuple(self.why), past.fired, frozenset(self.fired))
        rule = self._rule(before)
        return Again(before, self.low, rule, (), past.fired, frozenset(self.fired))

    def _rule(self, before: Outcome) -> str:
        """The rule that decides now where it is stricter, the one that decided where it is not."""
        now = min(self.rules, key=lambda one: (-one[0], one[1]), default=(Outcome.ALLOW, ""))
        return now[1] if self.low >= before else self.past.rule

    def _doubt(self, why: str, worst: Outcome = Outcome.BLOCK) -> None:
        """Something isn't known that could lead to this outcome."""
        if worst > self.high:
            self.high = worst
        if worst > self.low:
            self.why[why] = None

    # ------------------------------------------------------------------------------------------------ places

    def _at(self, place: Place) -> tuple[Policy, Policy, tuple[str, ...]]:
        past, basis = self.past, self.basis
        tool = None if place.origin.tool is None else Name.of(place.tools, basis["tools"])
        model = Name(past.model, place.models, frozenset(basis["models"]))
        staged = self.subject.staged
        rollout = tuple(one for one in past.rollout if one[0] in staged)
        return self.subject.narrowed(tool, model, past.tenant, past.request if staged else "", rollout)

    def _unread(self, place: Place, strict: Policy, lenient: Policy, doubtful: tuple[str, ...]) -> None:
        """Doubt about a place: filters that the policy wants there, and that did not read it, or read it otherwise."""
        past = self.past
        in_force = strict.in_force(place.origin, "", past.tenant, place.route)
        for name in sorted(in_force.needed):
            if name in self._second or not self._looks(name, place.origin):
                continue
            if name in place.read_by and self._same(name) and name not in past.failed:
                continue
            self._doubt(self._reason(name, place), self._worst(strict, place, name))
        if doubtful and in_force.needed != lenient.in_force(place.origin, "", past.tenant, place.route).needed:
            self._doubt(f"whether {doubtful[0]} holds there depends on a name or a key that no record holds")

    def _looks(self, name: str, origin: Origin) -> bool:
        """Whether a filter or monitor has anything to do with text from there."""
        policy = self.subject.policy
        if name not in policy.monitors:
            return True
        if policy.of_calls(name):
            return origin.direction is Direction.RESPONSE and origin.tool is not None
        return origin.direction is Direction.REQUEST and origin.role is Role.USER

    def _same(self, name: str) -> bool:
        return bool(self.basis["filters"].get(name) == self.subject.detectors[name])

    def _reason(self, name: str, place: Place) -> str:
        if name not in self.basis["filters"]:
            return f"{name} is new: it has not read the text"
        if not self._same(name):
            return f"{name} has other options: it has not read the text with these"
        return f"{name} failed" if name in place.read_by else f"{name} did not read text from there"

    def _worst(self, policy: Policy, place: Place, name: str) -> Outcome:
        """The strictest that findings of this filter could lead to."""
        said = policy.labels.get(name, ())
        if any(overlap(glob, label) for globs in policy.reads.values() for glob in globs for label in said):
            return Outcome.BLOCK  # a monitor reads what it says, and makes of it what it likes
        worst = Outcome.ALLOW
        for entry in policy.in_force(place.origin, "", self.past.tenant, place.route).entries:
            rule = entry.rule
            heard = any(overlap(atom.label, label) for atom in rule.when.atoms for label in said)
            if heard and not entry.shadow:
                # nothing can be cut out where a finding has no span, and nobody knows what an escalation leads to
                worst = max(worst, Outcome.BLOCK if rule.to or rule.then in _REPLACING else rule.then)
        return worst

    def _reviewed(self) -> None:
        """A request whose user said nothing is a conversation all the same."""
        places, policy = self.past.places, self.subject.policy
        if not policy.monitors or any(p.origin.role is Role.USER for p in places):
            return
        asked = next((p for p in places if p.origin.direction is Direction.REQUEST), None)
        if asked is not None:
            place = replace(asked, origin=_ASKED, tools=frozenset(), read_by=frozenset())
            strict, _, _ = self._at(place)
            needed = strict.in_force(_ASKED, "", self.past.tenant, place.route).needed & policy.monitors.keys()
            for name in sorted(n for n in needed if self._looks(n, _ASKED)):
                self._doubt(self._reason(name, place), self._worst(strict, place, name))

    # ------------------------------------------------------------------------------------------------ findings

    def _piece(self, piece: Piece, place: Place, strict: Policy, lenient: Policy) -> None:
        most, least = self._decided(strict, piece, place, True), self._decided(lenient, piece, place, False)
        self.high, self.low = max(self.high, most[0]), max(self.low, least[0])
        if most[0] is not least[0]:
            self.why[self._difference(piece)] = None
        for verdict in most[1].verdicts:
            self.fired.add(verdict.rule)
            if not verdict.shadow:
                self.rules.append((verdict.outcome, verdict.rule))

    def _difference(self, piece: Piece) -> str:
        if any(f.label in _OWN for f in piece.findings):
            return "a text was too long or fitted no schema, under the policy of then"
        if self._changed_lists and any(f.span for f in piece.findings):
            return f"list {min(self._changed_lists)} has changed: whether the text is in it is not recorded"
        return "whether a rule holds depends on a name or a key that no record holds"

    def _decided(self, policy: Policy, piece: Piece, place: Place, strict: bool) -> tuple[Outcome, Decision]:
        in_force = policy.in_force(place.origin, "", self.past.tenant, place.route)
        runs = in_force.needed | in_force.shadow
        found, second = [], dict[str, list[Finding]]()
        for finding in piece.findings:
            name = finding.filter
            if name in self._second:
                second.setdefault(name, []).append(finding)
            elif name in runs and (self._same(name) or strict):
                found.append(self._listed(finding, strict))
            elif name not in self.basis["filters"] and (self.alike or strict or finding.label not in _OWN):
                found.append(finding)
        decision = self._decide(policy, place, found)
        if decision.ask or piece.asked:
            decision = self._escalated(policy, place, piece, (found, second), decision, strict)
        outcome = decision.outcome
        if outcome is Outcome.REWRITE and (0, 0) in piece.refused:
            outcome = Outcome.BLOCK
        elif outcome is Outcome.REWRITE and self.past.outcome < Outcome.REWRITE:
            self._doubt("whether other words may stand for that text is not recorded")
        if outcome < Outcome.BLOCK and any(_meet((e.start, e.end), s) for e in decision.edits for s in piece.refused):
            outcome = Outcome.BLOCK
        return outcome, decision

    def _escalated(
        self,
        policy: Policy,
        place: Place,
        piece: Piece,
        said: tuple[list[Finding], dict[str, list[Finding]]],
        decision: Decision,
        strict: bool,
    ) -> Decision:
        """The decision with what filters of stage 2 said, where they would be asked the same."""
        found, second = said
        out, taken = self._closure(policy, place, found, second, decision, strict)
        then = {name: {span for one, span in piece.asked if one == name} for name in taken}
        unlike = {name for name in taken if {a.span for a in out.ask if a.filter == name} != then[name]}
        for name in sorted(taken):
            asked = {a.span for a in out.ask if a.filter == name and not a.shadow}
            if strict and not (asked <= then[name] and self._same_or(name, False)):
                self._doubt(f"{name} was not asked about this, or has other options")
        if unlike and not strict:  # what was said may have been said about more than would be asked now
            left = {name: said for name, said in second.items() if name not in unlike}
            out, _ = self._closure(policy, place, found, left, decision, strict)
        return out

    def _closure(
        self,
        policy: Policy,
        place: Place,
        found: list[Finding],
        second: dict[str, list[Finding]],
        decision: Decision,
        strict: bool,
    ) -> tuple[Decision, set[str]]:
        """The decision when all that it asks for has been answered, and who was asked."""
        taken: set[str] = set()
        while more := {ask.filter for ask in decision.ask} & self._second - taken:
            taken |= more
            added = [f for n in sorted(more) if self._same_or(n, strict) for f in second.get(n, ())]
            found = [*found, *(self._listed(f, strict) for f in added)]
            decision = self._decide(policy, place, found)
        return decision, taken

    def _same_or(self, name: str, strict: bool) -> bool:
        return strict or (name in self.basis["filters"] and self._same(name))

    def _decide(self, policy: Policy, place: Place, found: list[Finding]) -> Decision:
        return decide(policy, Facts("", place.origin, tuple(found), self.past.tenant, "", place.route))

    def _listed(self, finding: Finding, strict: bool) -> Finding:
        """The finding with the policy's lists: those that have changed may hold its text, or not."""
        if not self._changed_lists or finding.span is None:
            return finding
        lists = finding.lists - self._changed_lists
        return replace(finding, lists=lists if strict else lists | self._changed_lists)

    # ------------------------------------------------------------------------------------------------ in general

    def _general(self) -> None:
        """Doubt about the record as a whole."""
        past = self.past
        if not past.complete:
            self._doubt("more was found than the record holds")
        if self.basis["bounds"] != self.subject.bounds:
            self._doubt("how much text may wait (release, max_hold, max_whole) is set otherwise")
        if past.outcome >= Outcome.REQUIRE_APPROVAL and self.low < past.outcome:
            self._doubt(f"{past.rule} cut the text; what would have followed was never read")


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def enabled(policies: Policies) -> Iterator[str]:
    """Ids of all rules that are not disabled."""
    yield from sorted({r.id for p in policies.all for r in p.rules if r.mode is not Mode.DISABLED})
