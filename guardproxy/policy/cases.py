"""Tests that authors write beside their rules. Pure ones are decided here; those with a text need the engine.

A case says where a text is from and what must come of it. It never says how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from guardproxy.policy.case_form import (
    CaseEntry,
    ExpectEntry,
    FindingEntry,
    FoundEntry,
    GivenEntry,
    SaidEntry,
    TurnEntry,
)
from guardproxy.policy.decide import decide
from guardproxy.policy.languages import accepted
from guardproxy.policy.model import Policy
from guardproxy.text.globs import matches, overlap
from guardproxy.types import Catalogue, Channel, Decision, Direction, Facts, Finding, Origin, Outcome, Role, Utterance

SHOWN: Final = 10
"""Findings that a failing test lists."""


@dataclass(frozen=True, slots=True)
class Calling:
    """A complete call of a tool."""

    tool: str
    arguments: str
    plain: bool = False
    """The tool takes plain text."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test, or one turn of a conversation that is one. It has either findings (a pure case), a text or calls."""

    name: str
    origin: Origin
    line: int = 0
    findings: tuple[Finding, ...] = ()
    text: str | None = None
    calls: tuple[Calling, ...] = ()
    declared: frozenset[str] = frozenset()
    before: tuple[str, ...] = ()
    """Tools that were called before in the same turn."""
    said: tuple[Utterance, ...] = ()
    """The messages before the text."""
    model: str = ""
    tenant: str = "default"
    route: str = ""
    languages: tuple[str, ...] = ()
    """What the client accepts."""
    outcome: Outcome | None = None
    rules: tuple[str, ...] = ()
    not_rules: tuple[str, ...] = ()
    released: str | None = None
    found: tuple[FoundEntry, ...] = ()
    not_found: tuple[str, ...] = ()
    """Labels (globs)."""
    message: str | None = None
    todo: str | None = None
    turn: int = 0
    """Its place in the conversation, from 1; 0 where there is none."""
    turns: tuple[Case, ...] = ()
    """Earlier turns of the conversation of which something is expected."""

    @property
    def pure(self) -> bool:
        return self.text is None and not self.calls

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where its text is from, or each of its calls."""
        return tuple(replace(self.origin, tool=call.tool) for call in self.calls) or (self.origin,)

    @property
    def parts(self) -> tuple[Case, ...]:
        """All of which something is expected, in their order; the case itself is the last."""
        return (*self.turns, self)

    @property
    def named(self) -> frozenset[str]:
        """The rules that it expects somewhere."""
        return frozenset(name for part in self.parts for name in part.rules)


def compile_case(entry: CaseEntry, line: int, policy: Policy, catalogue: Catalogue) -> Case:
    """A case with its findings placed one after the other in a text that doesn't exist."""
    given = entry.given
    bare = Case(
        name=entry.name,
        origin=_origin(given),
        line=line,
        model=given.model,
        tenant=given.tenant,
        route=given.route,
        languages=accepted(given.accept_language),
        todo=entry.todo,
    )
    if given.conversation is not None:
        return _conversation(bare, given, given.conversation, entry.expect)
    case = replace(
        bare,
        findings=(*_findings(given.findings or [], policy, catalogue), *_failures(given.failures or [])),
        text=given.text,
        calls=(Calling(given.tool or "", given.call, given.plain),) if given.call is not None else (),
        declared=frozenset(given.declared if given.declared is not None else filter(None, [given.tool])),
        before=tuple(given.before),
        said=tuple(map(_said, given.said)),
    )
    return _expecting(case, entry.expect)


def _expecting(case: Case, expect: ExpectEntry) -> Case:
    return replace(
        case,
        outcome=Outcome[expect.outcome.upper()] if expect.outcome else None,
        rules=tuple(expect.rules),
        not_rules=tuple(expect.not_rules),
        released=expect.released,
        found=tuple(expect.findings),
        not_found=tuple(expect.not_findings),
        message=expect.message,
    )


def _origin(given: GivenEntry) -> Origin:
    role = Role(given.role or Role.USER)
    direction = given.direction or (Direction.RESPONSE if role is Role.ASSISTANT else Direction.REQUEST)
    channel = given.channel or (Channel.COMMENTARY if given.call is not None else None)
    return Origin(Direction(direction), role, Channel(channel) if channel else None, given.tool)


def _said(entry: SaidEntry) -> Utterance:
    channel = Channel(entry.channel) if entry.channel else None
    return Utterance(Origin(Direction(entry.direction), Role(entry.role), channel, entry.tool), entry.text)


# ---------------------------------------------------------------------------------------------------- conversations


def _conversation(bare: Case, given: GivenEntry, turns: Sequence[TurnEntry], expect: ExpectEntry) -> Case:
    """The last turn, with those before it of which something is expected."""
    tools = {call.tool for turn in turns for call in turn.calls or ()}
    bare = replace(bare, declared=frozenset(tools if given.declared is None else given.declared))
    whole = [_turn(bare, turns, number) for number in range(1, len(turns) + 1)]
    earlier = (
        _expecting(case, turn.expect) for case, turn in zip(whole[:-1], turns, strict=False) if turn.expect is not None
    )
    return replace(_expecting(whole[-1], expect), turns=tuple(earlier))


def _turn(bare: Case, turns: Sequence[TurnEntry], number: int) -> Case:
    """One turn, as it comes after those before it.

    A client sends the conversation with each request: what was said before a request, or before the reply to it, is part of
    that request. What the model said since then is of the same reply.
    """
    turn, before = turns[number - 1], turns[: number - 1]
    same = len(list(takewhile(_replies, reversed(before)))) if _replies(turn) else 0
    history, reply = before[: len(before) - same], before[len(before) - same :]
    said = [u for one in history for u in _utterances(one, Direction.REQUEST)]
    said += [u for one in reply if one.calls is None for u in _utterances(one, Direction.RESPONSE)]
    channel = turn.channel or (Channel.COMMENTARY if turn.calls else None)
    calls = tuple(Calling(call.tool, call.arguments, call.plain) for call in turn.calls or ())
    direction = Direction.RESPONSE if _replies(turn) else Direction.REQUEST
    tool = calls[0].tool if calls else turn.tool
    return replace(
        bare,
        origin=Origin(direction, Role(turn.role), Channel(channel) if channel else None, tool),
        text=None if calls else turn.text or "",
        calls=calls,
        before=tuple(call.tool for one in reply for call in one.calls or ()),
        said=tuple(said),
        turn=number,
    )


def _replies(turn: TurnEntry) -> bool:
    return Role(turn.role) is Role.ASSISTANT


def _utterances(turn: TurnEntry, direction: Direction) -> Iterator[Utterance]:
    role, channel = Role(turn.role), Channel(turn.channel) if turn.channel else None
    if turn.text is not None:
        yield Utterance(Origin(direction, role, channel, turn.tool), turn.text)
    for call in turn.calls or ():
        yield Utterance(Origin(direction, role, Channel.COMMENTARY, call.tool), call.arguments)


# ---------------------------------------------------------------------------------------------------- findings


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


# ---------------------------------------------------------------------------------------------------- results


def run_pure(policy: Policy, case: Case) -> Decision:
    """What the policy decides on the findings of a case, every rule rolled out."""
    facts = Facts("test", case.origin, case.findings, tenant=case.tenant, model=case.model, route=case.route)
    return decide(policy.unstaged, facts)


def fired(decision: Decision) -> set[str]:
    """Ids of the rules that said something, shadow ones included."""
    return {v.rule for v in decision.verdicts}


def mismatches(
    case: Case,
    decision: Decision,
    released: str | None = None,
    *,
    policy: Policy | None = None,
    found: Iterable[tuple[Finding, str | None]] = (),
) -> list[tuple[str, str]]:
    """(expected, got) of everything that is not as the case says; empty when it passes.

    `policy`: for what the client is told; without it that is not compared. `found`: all findings, each with its text.
    """
    out = []
    if case.outcome is not None and decision.outcome is not case.outcome:
        out.append((case.outcome.name.lower(), decision.outcome.name.lower()))
    missing = sorted(set(case.rules) - fired(decision))
    if missing:
        out.append((f"rules {', '.join(missing)}", f"rules {', '.join(sorted(fired(decision))) or '(none)'}"))
    unwanted = sorted(set(case.not_rules) & fired(decision))
    if unwanted:
        out.append((f"not rules {', '.join(unwanted)}", f"rules {', '.join(sorted(fired(decision)))}"))
    if case.released is not None and released is not None and released != case.released:
        out.append((f"released {case.released!r}", f"released {released!r}"))
    out += _unlike(case, list(found))
    if case.message is not None and policy is not None and (told := _told(policy, case, decision)) != case.message:
        out.append(
            (f"message {case.message!r}", "no message: nothing is blocked" if told is None else f"message {told!r}")
        )
    return out


def _told(policy: Policy, case: Case, decision: Decision) -> str | None:
    """What the client is told; None where nothing is blocked."""
    if decision.outcome < Outcome.BLOCK:
        return None
    return policy.on_block(decision.rule, case.languages)[0]


def _unlike(case: Case, found: list[tuple[Finding, str | None]]) -> Iterator[tuple[str, str]]:
    """Findings that are missing, or that should not be there."""
    every = list(dict.fromkeys(_shown(f.label, text, f.score, f.filter) for f, text in found))
    got = ", ".join(every[:SHOWN]) + (f" and {len(every) - SHOWN} more" if len(every) > SHOWN else "") or "(none)"
    for one in case.found:
        if not any(_fits(one, finding, text) for finding, text in found):
            least = f" >= {one.score:g}" if one.score is not None else ""
            yield f"finding {_shown(one.label + least, one.text, None, one.filter)}", f"findings {got}"
    unwanted = [label for label in case.not_found if any(matches(label, f.label) for f, _ in found)]
    if unwanted:
        yield f"no findings {', '.join(unwanted)}", f"findings {got}"


def _fits(wanted: FoundEntry, finding: Finding, text: str | None) -> bool:
    return (
        matches(wanted.label, finding.label)
        and (wanted.text is None or wanted.text == text)
        and (wanted.score is None or not finding.score < wanted.score)
        and (wanted.filter is None or wanted.filter == finding.filter)
    )


def _shown(label: str, text: str | None, score: float | None, filter: str | None) -> str:
    parts = [label, f"{score:.2f}" if score is not None else "", f"by {filter}" if filter else ""]
    return " ".join([p for p in parts if p] + ([repr(text)] if text is not None else []))
