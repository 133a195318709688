"""Tests with a text go through the real filters and the real Gate: whole, character by character, and in pieces of random
length. Calls go through filters and monitors as at the end of a turn; those that policy lets out as they come, in pieces too.
However a text is cut, all must come out the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from guardproxy import detectors
from guardproxy.cli._test_runs import Chunking, Part
from guardproxy.engine import Cut, Gate, Guard, JsonStream, Observer, Silent
from guardproxy.engine.guard import About
from guardproxy.engine.transcript import Transcript
from guardproxy.policy.cases import Case, fired, mismatches
from guardproxy.policy.model import Policy
from guardproxy.server.calls import Conduct, guard_call
from guardproxy.services import Services
from guardproxy.text import PatternError
from guardproxy.text.calls import read_call
from guardproxy.text.globs import any_matches
from guardproxy.types import (
    ConfigError,
    Decision,
    Direction,
    Facts,
    Filter,
    Finding,
    Monitor,
    Origin,
    Outcome,
    Role,
)
from guardproxy.wire.base import Call

_ASKED = Origin(Direction.REQUEST, Role.USER)


class Engine:
    """A policy's filters, each started when the first test needs it."""

    def __init__(self, policy: Policy, known: Services, chunking: Chunking) -> None:
        filters = detectors.build_filters(policy.filters, known)
        self.guard = Guard.build(policy, filters, detectors.build_monitors(policy.monitors))
        self.chunking = chunking
        self._started: dict[int, str] = {}
        """Of a filter or monitor: why it can't run; nothing where it does."""

    async def start(self, case: Case) -> str:
        """Start what a test needs; why it can't be run, or nothing. Raises ConfigError for patterns that don't compile."""
        for one in {id(one): one for one in self._needed(case)}.values():
            if id(one) not in self._started:
                try:
                    await one.start()
                    self._started[id(one)] = ""
                except PatternError as e:
                    raise ConfigError(f"a filter can't be started: {e}") from None
                except ConfigError as e:
                    self._started[id(one)] = f"filter {one.name!r} can't be started: {e}"
            if why := self._started[id(one)]:
                return why
        return ""

    def _needed(self, case: Case) -> Iterator[Filter | Monitor]:
        for part in case.parts:
            about = _about(part, Silent())
            origins = dict.fromkeys(part.origins)
            origins |= {one.origin: None for one in part.said}
            if part.origin.direction is Direction.REQUEST and self.guard.reviews:
                origins[_ASKED] = None
            for origin in origins:
                plan = self.guard.watch(origin, **about).plan
                yield from (*plan.enforcing, *plan.shadow, *plan.second.values(), *plan.shadow_second.values())
                yield from (*plan.monitors, *plan.shadow_monitors)
                yield from (*plan.reviewers, *plan.shadow_reviewers)

    async def part(self, case: Case) -> Part:
        """Run one test, or one turn."""
        run = call_case if case.calls else text_case
        return await run(self.guard, case, self.chunking)

    async def aclose(self) -> None:
        await self.guard.aclose()


async def text_case(guard: Guard, case: Case, chunking: Chunking) -> Part:
    decision, whole, found = await _through(guard, case, [case.text or ""])
    cut = decision.outcome >= Outcome.BLOCK
    released, wrong = whole, list[tuple[str, str]]()
    for number, (how, pieces) in enumerate(chunking.of(case)):
        streamed, arrived, _ = await _through(guard, case, pieces)
        if cut and not number:
            released = arrived  # what went out before the cut depends on the pieces; one character each is the finest
        differs = _differs(decision, whole, streamed, arrived, how)
        if differs:
            wrong.append(differs)
            break
    text = case.text or ""
    told = [(f, text[slice(*f.span)] if f.span else None) for f in found]
    unlike = mismatches(case, decision, released, policy=guard.policy, found=told)
    return Part(case, decision, (*unlike, *wrong), found, released)


def _differs(decision: Decision, whole: str, streamed: Decision, arrived: str, how: str) -> tuple[str, str] | None:
    """What is not the same for a text that came in pieces."""
    if streamed.outcome is not decision.outcome:
        return f"{_name(decision)} as for the whole text", f"{_name(streamed)} when streamed {how}"
    if decision.outcome >= Outcome.BLOCK:
        return None
    if arrived != whole:
        return f"released {whole!r} as for the whole text", f"released {arrived!r} when streamed {how}"
    if fired(streamed) != fired(decision):
        return f"rules {_rules(decision)} as for the whole text", f"rules {_rules(streamed)} when streamed {how}"
    return None


# ---------------------------------------------------------------------------------------------------- calls


async def call_case(guard: Guard, case: Case, chunking: Chunking) -> Part:
    """Complete calls, decided together as at the end of a turn; those that go out as they come, in pieces too."""
    decision, released, found = await _called(guard, case)
    whole, wrong = "\n".join(released), list[tuple[str, str]]()
    for number, call in enumerate(case.calls):
        if call.plain or not any_matches(guard.policy.defaults.stream_tools, call.tool):
            continue
        alone = replace(case, calls=(call,))
        first, out, _ = await _called(guard, alone) if len(case.calls) > 1 else (decision, released, found)
        for how, pieces in chunking.cut(call.arguments, f"{case.name} {case.turn} {number}"):
            streamed, arrived = await _flowed(guard, alone, pieces)
            if differs := _differs(first, "\n".join(out), streamed, arrived, how):
                wrong.append(differs)
                break
    unlike = mismatches(case, decision, whole, policy=guard.policy, found=[(f, None) for f in found])
    return Part(case, decision, (*unlike, *wrong), found, whole)


async def _called(guard: Guard, case: Case) -> tuple[Decision, list[str], tuple[Finding, ...]]:
    """The decision on whole calls, their arguments as they go out, none where they don't, and what was found."""
    heard = _Decisions()
    about = _about(case, heard)
    conduct = Conduct(
        lambda tool: replace(case.origin, tool=tool),
        lambda origin: guard.gate(origin, **about),
        lambda origin: guard.watch(origin, **about),
        case.declared,
    )
    calls = [_call(case, number) for number in range(len(case.calls))]
    released: list[str] = []
    with contextlib.suppress(Cut):  # the decisions say so
        decided = await conduct.decide(calls, [read_call(name, "") for name in case.before])
        released = [call.arguments for call, _ in decided]
    return heard.together, released, heard.found


def _call(case: Case, number: int) -> Call:
    one = case.calls[number]
    return Call(0, number, "", one.tool, one.arguments, "custom" if one.plain else "function")


async def _flowed(guard: Guard, case: Case, pieces: Sequence[str]) -> tuple[Decision, str]:
    """The decision on a call that goes out as it comes, and what did."""
    heard = _Decisions()
    about, origin = _about(case, heard), replace(case.origin, tool=case.calls[0].tool)
    out: list[str] = []
    with contextlib.suppress(Cut):
        await guard_call(replace(_call(case, 0), arguments=""), origin, lambda where: guard.gate(where, **about))
        stream = JsonStream(lambda: guard.gate(origin, **about))
        for number, piece in enumerate(pieces, 1):
            out.append(await stream.feed(piece, last=number == len(pieces)))
    return heard.together, "".join(out)


class _Decisions(Silent):
    """Hears every decision about a call: on its name, on what is written in it, and on what it does."""

    def __init__(self) -> None:
        self.heard: list[Decision] = []
        self.found: tuple[Finding, ...] = ()

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.found += facts.findings
        self.heard.append(decision)

    @property
    def together(self) -> Decision:
        outcome = max((d.outcome for d in self.heard), default=Outcome.ALLOW)
        return Decision(outcome, (), tuple({v.rule: v for d in self.heard for v in d.verdicts}.values()))


# ---------------------------------------------------------------------------------------------------- texts


class _Listener(Silent):
    """Hears the last decision on a segment: shadow rules speak after the text has gone."""

    decision: Decision | None = None
    found: tuple[Finding, ...] = ()

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.found = facts.findings
        self.decision = decision


async def _through(guard: Guard, case: Case, pieces: Sequence[str]) -> tuple[Decision, str, tuple[Finding, ...]]:
    """The decision on a text that arrives in these pieces, all that was released, its placeholders numbered, and what was
    found."""
    heard, before = _Listener(), await _transcript(guard, case)
    vault = guard.vault(case.tenant, case.name)
    beside = tuple(u for u in case.said if u.origin.direction is Direction.RESPONSE)
    gate = guard.gate(
        case.origin,
        vault=vault,
        languages=case.languages,
        said=before.said,
        beside=lambda: beside,
        **_about(case, heard),
    )
    out = []
    try:
        for i, piece in enumerate(pieces, 1):
            out.append(await gate.feed(piece, last=i == len(pieces)))
    except Cut:
        pass  # the decision says so
    await gate.shadow()
    released, decision, found = "".join(out), heard.decision or gate.decision, heard.found
    if guard.reviews and case.origin.direction is Direction.REQUEST:
        before.add(case.origin, ("text",), released, gate)
        reviewed, more = await _reviewed(guard, case, before)
        if reviewed.outcome >= Outcome.BLOCK:  # nothing of the request goes on
            released = ""
        found = (*found, *more)
        decision = replace(
            decision,
            outcome=max(decision.outcome, reviewed.outcome),
            verdicts=(*decision.verdicts, *reviewed.verdicts),
        )
    return decision, vault.numbered(released) if vault else released, found


async def _transcript(guard: Guard, case: Case) -> Transcript:
    """What was said before, guarded; none of it is blocked, since the test is about what comes next."""
    transcript = Transcript()
    for number, one in enumerate(case.said):
        if one.origin.direction is Direction.REQUEST:
            gate: Gate = guard.gate(one.origin, said=transcript.said, **_about(case, Silent()))
            gate.cuts = False
            text = await gate.feed(one.text, last=True)
            await gate.shadow()
            transcript.add(one.origin, (number,), text, gate)
    return transcript


async def _reviewed(guard: Guard, case: Case, transcript: Transcript) -> tuple[Decision, tuple[Finding, ...]]:
    """What monitors of conversations make of all that was said, and what they found."""
    heard = _Listener()
    review = guard.review(**_about(case, heard))
    with contextlib.suppress(Cut):  # the decision says so
        await review.judge(transcript.read)
    await review.shadow()
    return heard.decision or review.decision, heard.found


def _about(case: Case, observer: Observer) -> About:
    return About(request="test", model=case.model, tenant=case.tenant, route=case.route, observer=observer)


def _name(decision: Decision) -> str:
    return decision.outcome.name.lower()


def _rules(decision: Decision) -> str:
    return ", ".join(sorted(fired(decision))) or "(none)"
