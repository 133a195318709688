"""Tests of a policy are run here: pure ones are decided on given findings, the others are handed to the engine.

The engine is imported only where a test needs it: most tests are pure, and who writes them waits for each import.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from guardproxy.policy.cases import Case, mismatches, run_pure
from guardproxy.policy.model import Policy
from guardproxy.services import NONE, Services
from guardproxy.types import Decision, Finding, Outcome

LONGEST_PIECE: Final = 40
"""Characters of a random piece at most; about a line."""


@dataclass(frozen=True, slots=True)
class Chunking:
    """How texts are cut into pieces besides whole and character by character."""

    times: int = 2
    seed: int = 0

    def of(self, case: Case) -> Iterator[tuple[str, list[str]]]:
        """The ways to cut the text of a case: (what it is called, the pieces); the same for the same seed, test and text,
        whatever other tests there are."""
        yield from self.cut(case.text or "", f"{case.name}{f' {case.turn}' if case.turn else ''}")

    def cut(self, text: str, name: str) -> Iterator[tuple[str, list[str]]]:
        """The same for any text; `name` is what the random pieces depend on besides."""
        yield "character by character", list(text) or [""]
        for number in range(self.times if len(text) > 1 else 0):
            chance = random.Random(f"{self.seed} {number} {name}")  # noqa: S311 (not a secret)
            at, pieces = 0, list[str]()
            while at < len(text):
                length = chance.randint(1, LONGEST_PIECE)
                pieces.append(text[at : at + length])
                at += length
            yield f"in pieces (--seed {self.seed}, chunking {number + 1})", pieces


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a test, or of one turn of a conversation. `wrong` holds (expected, got) pairs."""

    case: Case
    decision: Decision
    wrong: tuple[tuple[str, str], ...] = ()
    found: tuple[Finding, ...] = ()
    """All that filters and monitors found, or that the test gives, whether a rule wanted it or not."""
    released: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test: pass, fail, todo or skip."""

    case: Case
    status: str
    seconds: float
    decision: Decision
    """The last part's, with the verdicts of all."""
    wrong: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    """One, or as many as the conversation has turns of which something is expected; none for a test that was not run."""
    why: str = ""
    """Why it was skipped."""


async def run_cases(
    policy: Policy,
    cases: Sequence[Case],
    known: Services = NONE,
    chunking: Chunking = Chunking(),
    *,
    skips: bool = True,
) -> list[Result]:
    """Run all cases, every rule rolled out. Filters are built when some case has a text, and those started that some case
    needs. `skips`: a case whose filters can't be started is skipped; otherwise it fails."""
    policy = policy.unstaged
    if all(c.pure for c in cases):
        return [_pure(policy, c) for c in cases]
    from guardproxy.cli._test_engine import Engine

    engine = Engine(policy, known, chunking)
    out = []
    try:
        for case in cases:
            started = time.perf_counter()
            missing = "" if case.pure else await engine.start(case)
            if case.pure:
                out.append(_pure(policy, case))
            elif missing:
                out.append(skipped(case, started, missing, fails=not skips))
            else:
                out.append(result(case, started, tuple([await engine.part(one) for one in case.parts])))
    finally:
        await engine.aclose()
    return out


def _pure(policy: Policy, case: Case) -> Result:
    started = time.perf_counter()
    decision = run_pure(policy, case)
    wrong = mismatches(case, decision, policy=policy, found=[(f, None) for f in case.findings])
    return result(case, started, (Part(case, decision, tuple(wrong), case.findings),))


def result(case: Case, started: float, parts: tuple[Part, ...]) -> Result:
    """All parts together."""
    wrong = tuple((_named(part, e), _named(part, g)) for part in parts for e, g in part.wrong)
    status = "fail" if wrong else "pass"
    if case.todo:
        status = "todo" if wrong else "fail"
        wrong = () if wrong else (("still to do", "it passes: take `todo` out"),)
    last = parts[-1].decision
    verdicts = tuple(v for part in parts for v in part.decision.verdicts)
    decision = Decision(last.outcome, last.edits, verdicts)
    return Result(case, status, time.perf_counter() - started, decision, wrong, parts)


def _named(part: Part, what: str) -> str:
    return f"turn {part.case.turn}: {what}" if part.case.turn else what


def skipped(case: Case, started: float, why: str, *, fails: bool) -> Result:
    """A test that could not be run."""
    status = "todo" if case.todo else "fail" if fails else "skip"
    wrong = (("to be run", f"skipped, and --no-skip is given: {why}"),) if status == "fail" else ()
    return Result(case, status, time.perf_counter() - started, Decision(Outcome.ALLOW), wrong, why=why)
