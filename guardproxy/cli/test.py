"""`guardproxy test DIR`: runs the tests that stand in a policy.

Pure ones are decided on given findings. Those with a text go through the real filters and the real Gate, once whole and
once character by character, and both must come out the same.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from guardproxy import detectors
from guardproxy.cli import COMMANDS
from guardproxy.cli.operator import add_config, services
from guardproxy.engine import Cut, Guard, Observer, Silent
from guardproxy.engine.guard import About
from guardproxy.engine.transcript import Transcript
from guardproxy.policy.cases import Case, fired, mismatches, run_pure
from guardproxy.policy.load import ConfigErrors, Examined, examine
from guardproxy.policy.model import Mode, Policy
from guardproxy.server.calls import Conduct
from guardproxy.services import NONE, Services
from guardproxy.text import PatternError
from guardproxy.text.calls import read_call
from guardproxy.types import ConfigError, Decision, Direction, Facts, Outcome
from guardproxy.wire.base import Call


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test. `wrong` holds (expected, got) pairs."""

    case: Case
    status: str
    seconds: float
    decision: Decision
    wrong: tuple[tuple[str, str], ...] = ()


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "test",
        help=COMMANDS["test"],
        description="Run the tests inside a policy. Exit code 0: all pass; 1: some fail, or there are none; "
        "2: the policy has problems.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="directory of the policy, or its file")
    add_config(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(args: argparse.Namespace) -> int:
    known = services(args)
    examined = examine(args.directory, detectors.catalogue(), partial(detectors.build, services=known))
    if examined.policy is None:
        raise ConfigErrors(examined.problems)
    results = asyncio.run(run_cases(examined.policy, examined.cases, known))
    print(as_json(examined, results) if args.format == "json" else as_text(examined, results))
    return 0 if results and not any(r.status == "fail" for r in results) else 1


async def run_cases(policy: Policy, cases: Sequence[Case], known: Services = NONE) -> list[Result]:
    """Run all cases. Filters are built and started only when some case has a text."""
    if all(c.pure for c in cases):
        return [_pure(policy, c) for c in cases]
    filters = detectors.build_filters(policy.filters, known)
    guard = Guard.build(policy, filters, detectors.build_monitors(policy.monitors))
    try:
        await guard.start()
        return [await _case(guard, c) for c in cases]
    except PatternError as e:
        raise ConfigError(f"a filter can't be started: {e}") from None
    finally:
        await guard.aclose()


async def _case(guard: Guard, case: Case) -> Result:
    if case.pure:
        return _pure(guard.policy, case)
    return await (_text_case(guard, case) if case.call is None else _call_case(guard, case))


def _pure(policy: Policy, case: Case) -> Result:
    started = time.perf_counter()
    decision = run_pure(policy, case)
    return _result(case, started, decision, mismatches(case, decision))


async def _text_case(guard: Guard, case: Case) -> Result:
    text = case.text or ""
    started = time.perf_counter()
    decision, released = await _through(guard, case, [text])
    streamed, arrived = await _through(guard, case, list(text) or [""])
    cut = decision.outcome >= Outcome.BLOCK
    wrong = mismatches(case, decision, arrived if cut else released)
    if streamed.outcome is not decision.outcome:
        wrong.append((f"{_name(decision)} as for the whole text", f"{_name(streamed)} when streamed"))
    elif not cut and arrived != released:
        wrong.append((f"released {released!r} as for the whole text", f"released {arrived!r} when streamed"))
    elif not cut and fired(streamed) != fired(decision):
        wrong.append((f"rules {_rules(decision)} as for the whole text", f"rules {_rules(streamed)} when streamed"))
    return _result(case, started, decision, wrong)


async def _call_case(guard: Guard, case: Case) -> Result:
    """A complete call goes through filters and monitors, as at the end of a turn."""
    started = time.perf_counter()
    heard = _Decisions()
    about = _about(case, heard)
    conduct = Conduct(
        lambda tool: case.origin,
        lambda origin: guard.gate(origin, **about),
        lambda origin: guard.watch(origin, **about),
        case.declared,
    )
    call = Call(0, 0, "", case.origin.tool or "", case.call or "", "custom" if case.plain else "function")
    released = ""
    try:
        decided = await conduct.decide([call], [read_call(name, "") for name in case.before])
        released = decided[0][0].arguments
    except Cut:
        pass  # the decisions say so
    decision = heard.together
    return _result(case, started, decision, mismatches(case, decision, released))


class _Decisions(Silent):
    """Hears every decision about a call: on its name, on what is written in it, and on what it does."""

    def __init__(self) -> None:
        self.heard: list[Decision] = []

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.heard.append(decision)

    @property
    def together(self) -> Decision:
        outcome = max((d.outcome for d in self.heard), default=Outcome.ALLOW)
        return Decision(outcome, (), tuple({v.rule: v for d in self.heard for v in d.verdicts}.values()))


class _Listener(Silent):
    """Hears the last decision on a segment: shadow rules speak after the text has gone."""

    decision: Decision | None = None

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.decision = decision


async def _through(guard: Guard, case: Case, pieces: list[str]) -> tuple[Decision, str]:
    """The decision on a text that arrives in these pieces, and all that was released, its placeholders numbered."""
    heard, before = _Listener(), await _transcript(guard, case)
    vault = guard.vault(case.tenant, case.name)
    beside = tuple(u for u in case.said if u.origin.direction is Direction.RESPONSE)
    gate = guard.gate(case.origin, vault=vault, said=before.said, beside=lambda: beside, **_about(case, heard))
    out = []
    try:
        for i, piece in enumerate(pieces, 1):
            out.append(await gate.feed(piece, last=i == len(pieces)))
    except Cut:
        pass  # the decision says so
    await gate.shadow()
    released, decision = "".join(out), heard.decision or gate.decision
    if guard.reviews and case.origin.direction is Direction.REQUEST:
        before.add(case.origin, ("text",), released, gate)
        reviewed = await _reviewed(guard, case, before)
        if reviewed.outcome >= Outcome.BLOCK:  # nothing of the request goes on
            released = ""
        decision = replace(
            decision,
            outcome=max(decision.outcome, reviewed.outcome),
            verdicts=(*decision.verdicts, *reviewed.verdicts),
        )
    return decision, vault.numbered(released) if vault else released


async def _transcript(guard: Guard, case: Case) -> Transcript:
    """What was said before, guarded; none of it is blocked, since the test is about what comes next."""
    transcript = Transcript()
    for number, one in enumerate(case.said):
        if one.origin.direction is Direction.REQUEST:
            gate = guard.gate(one.origin, said=transcript.said, **_about(case, Silent()))
            gate.cuts = False
            text = await gate.feed(one.text, last=True)
            await gate.shadow()
            transcript.add(one.origin, (number,), text, gate)
    return transcript


async def _reviewed(guard: Guard, case: Case, transcript: Transcript) -> Decision:
    """What monitors of conversations make of all that was said."""
    heard = _Listener()
    review = guard.review(**_about(case, heard))
    with contextlib.suppress(Cut):  # the decision says so
        await review.judge(transcript.read)
    await review.shadow()
    return heard.decision or review.decision


def _about(case: Case, observer: Observer) -> About:
    return About(request="test", model=case.model, tenant=case.tenant, route=case.route, observer=observer)


def _result(case: Case, started: float, decision: Decision, wrong: list[tuple[str, str]]) -> Result:
    status = "fail" if wrong else "pass"
    if case.todo:
        status = "todo" if wrong else "fail"
        wrong = [] if wrong else [("still to do", "it passes: take `todo` out")]
    return Result(case, status, time.perf_counter() - started, decision, tuple(wrong))


def _name(decision: Decision) -> str:
    return decision.outcome.name.lower()


def _rules(decision: Decision) -> str:
    return ", ".join(sorted(fired(decision))) or "(none)"


# ---------------------------------------------------------------------------------------------------- printing


def never_fired(policy: Policy, results: Iterable[Result]) -> list[str]:
    """Enabled rules that no test set off."""
    seen = {rule for r in results for rule in fired(r.decision)}
    return [r.id for r in policy.rules if r.mode is not Mode.DISABLED and r.id not in seen]


def as_text(examined: Examined, results: Sequence[Result]) -> str:
    """A line per test, what is wrong with those that fail, and the totals."""
    if not results or examined.policy is None:
        return f"{examined.file}: there are no tests; write some under `tests:`, so that a change can't break a rule unseen"
    width = min(72, max(len(r.case.name) for r in results))
    lines = [examined.file]
    for r in results:
        lines.append(f"  {r.status.upper()}  {r.case.name:<{width}}  {r.seconds * 1000:8.1f} ms")
        lines += _why(examined.file, r)
    counts = [
        f"{sum(r.status == s for r in results)} {word}" for s, word in _WORDS if any(r.status == s for r in results)
    ]
    total = f"{len(results)} test{'' if len(results) == 1 else 's'}: {', '.join(counts)}"
    never = never_fired(examined.policy, results)
    return "\n".join([*lines, total + (f" · rules never fired: {', '.join(never)}" if never else "")])


_WORDS = (("pass", "passed"), ("fail", "failed"), ("todo", "todo"))


def _why(file: str, result: Result) -> list[str]:
    if result.status == "todo":
        return [f"        {result.case.todo}"]
    if result.status == "pass":
        return []
    lines = [f"        {file}:{result.case.line}"]
    for expected, got in result.wrong:
        lines += [f"        expected  {expected}", f"        got       {got}"]
    return lines + [f"        {line}" for line in _seen(result)]


def _seen(result: Result) -> list[str]:
    """What was found, and by which rules it was judged."""
    out = []
    for verdict in result.decision.verdicts:
        shadow = " (shadow)" if verdict.shadow else ""
        for f in verdict.findings:
            where = f"  {f.span[0]}–{f.span[1]}" if f.span else ""
            what = f"  {result.case.text[slice(*f.span)]!r}" if f.span and result.case.text else ""
            out.append(
                f"{f.label} {f.score:.2f}{what}{where}  → {verdict.rule}: {verdict.outcome.name.lower()}{shadow}"
            )
    return out or ["no rule said anything"]


def as_json(examined: Examined, results: Sequence[Result]) -> str:
    """The same for programs."""
    policy = examined.policy
    return json.dumps(
        {
            "file": examined.file,
            "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest} if policy else None,
            "tests": [
                {
                    "name": r.case.name,
                    "line": r.case.line,
                    "status": r.status,
                    "ms": round(r.seconds * 1000, 3),
                    "outcome": _name(r.decision),
                    "rules": sorted(fired(r.decision)),
                    "wrong": [{"expected": e, "got": g} for e, g in r.wrong],
                    "todo": r.case.todo,
                }
                for r in results
            ],
            "totals": {word: sum(r.status == s for r in results) for s, word in _WORDS},
            "never_fired": never_fired(policy, results) if policy else [],
        },
        indent=2,
        ensure_ascii=False,
    )
