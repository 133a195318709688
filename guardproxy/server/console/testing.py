"""The page of the policy's tests: those on given findings are run; those with a text need filters of their own."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from guardproxy.policy.cases import Case, fired, mismatches, run_pure
from guardproxy.policy.load import Examined, PolicyFile
from guardproxy.policy.model import Mode, Policy
from guardproxy.server.console.layout import PREFIX, badge, notice, prose, table
from guardproxy.server.console.markup import Child, Html, el

SHOWN: Final = 500
"""Tests on the page."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One test, run."""

    case: Case
    status: str
    """`pass`, `fail`, `todo`, or `not run` for one with a text."""
    wrong: tuple[tuple[str, str], ...] = ()
    """(expected, got)."""
    rules: frozenset[str] = frozenset()
    seconds: float = 0.0


def run(policy: Policy, cases: tuple[Case, ...]) -> Iterator[Ran]:
    """Every test on given findings, run; the others told."""
    for case in cases:
        if not case.pure:
            yield Ran(case, "not run")
            continue
        started = time.perf_counter()
        decision = run_pure(policy, case)
        wrong = tuple(mismatches(case, decision, policy=policy, found=[(f, None) for f in case.findings]))
        if case.todo and not wrong:
            wrong = (("still to do", "it passes: take `todo` out"),)
            status = "fail"
        else:
            status = "todo" if case.todo else "fail" if wrong else "pass"
        yield Ran(case, status, wrong, frozenset(fired(decision)), time.perf_counter() - started)


def tests_page(examined: Examined, in_force: Collection[str]) -> Child:
    """What comes of the tests that stand in the files now. `in_force`: digests of the policies that are."""
    again = el("p", el("a", "Run them again", href=PREFIX + "/tests", class_="button"))
    if examined.policy is None:
        problems = (el("li", f"line {e.line}: {e.code} {e.message}") for e in examined.problems[:50])
        return [
            notice(el("p", "The files of the policy have problems; nothing was run."), el("ol", problems), kind="bad"),
            again,
        ]
    return [again, [_file(one, in_force, named=len(examined.by_file) > 1) for one in examined.by_file]]


def _file(file: PolicyFile, in_force: Collection[str], *, named: bool) -> Child:
    done = list(run(file.policy, file.cases))
    ran = [one for one in done if one.status != "not run"]
    left = len(done) - len(ran)
    counts = {s: sum(one.status == s for one in ran) for s in ("pass", "fail", "todo")}
    total = f"{len(ran)} run: {counts['pass']} passed, {counts['fail']} failed, {counts['todo']} to do"
    more = (
        f"; {left} with a text or a call were not run here: `guardproxy test` runs them on real filters" if left else ""
    )
    covered = frozenset[str]().union(*(one.rules | set(one.case.rules) for one in done))
    never = [r.id for r in file.policy.rules if r.mode is not Mode.DISABLED and r.id not in covered]
    other = file.policy.digest not in in_force
    return [
        el("h2", file.file) if named else None,
        notice(el("p", el("b", prose(f"{total}{more}."))), kind="bad" if counts["fail"] else "good"),
        el("p", "The files have changed since they were loaded: this is not in force.", class_="hint")
        if other
        else None,
        el("p", f"Rules that no test here is about: {', '.join(never)}.") if never else None,
        table(f"Tests of {file.policy.name}", ("Test", "Result", "Rules", "Why"), map(_row, done[:SHOWN]))
        if done
        else None,
        el("p", f"{len(done) - SHOWN} more.") if len(done) > SHOWN else None,
    ]


def _row(one: Ran) -> Html:
    why: Child = [el("span", f"expected {expected}, got {got}", el("br")) for expected, got in one.wrong]
    return el(
        "tr",
        el("td", el("b", one.case.name), el("br"), el("span", f"line {one.case.line}", class_="hint")),
        el("td", badge(one.status)),
        el("td", ", ".join(sorted(one.rules or set(one.case.rules))) or "–"),
        el("td", one.case.todo if one.status == "todo" else why),
    )
