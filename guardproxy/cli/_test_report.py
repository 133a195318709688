"""What `guardproxy test` prints: lines for people, JSON for programs, JUnit's XML for CI."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from guardproxy.cli._plain import plain
from guardproxy.cli._test_runs import Part, Result
from guardproxy.policy.cases import fired
from guardproxy.policy.load import PolicyFile
from guardproxy.policy.model import Atom, Mode, Policy, Rule
from guardproxy.text.globs import overlap
from guardproxy.types import Finding

Ran: TypeAlias = Sequence[tuple[PolicyFile, Sequence[Result]]]
"""The files of a directory, each with what came of its tests."""
WORDS: Final = (("pass", "passed"), ("fail", "failed"), ("todo", "todo"), ("skip", "skipped"))
AROUND: Final = 40
"""Characters of the text that are shown before and after a finding."""
SHOWN: Final = 20
"""Findings of one test that are shown."""
_COLOURS: Final = {"pass": "32", "fail": "31", "todo": "33", "skip": "33"}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one rule: how many tests set it off, and the atoms of its condition that no test met."""

    rule: str
    tests: int
    unmet: tuple[str, ...]


def coverage(ran: Ran) -> list[Coverage]:
    """Every enabled rule, in the order in which they stand; a rule of several policies once."""
    enabled: dict[str, Rule] = {}
    for one, _ in ran:
        for rule in one.policy.rules:
            if rule.mode is not Mode.DISABLED:
                enabled.setdefault(rule.id, rule)
    verdicts = [(v, r) for _, results in ran for r in results for v in r.decision.verdicts]
    out = []
    for rule in enabled.values():
        met = [f for v, _ in verdicts if v.rule == rule.id for f in v.findings]
        unmet = tuple(_atom(a) for a in rule.when.atoms if not any(_meets(a, f) for f in met))
        tests = sum(any(v.rule == rule.id for v in r.decision.verdicts) for _, results in ran for r in results)
        out.append(Coverage(rule.id, tests, unmet))
    return out


def covered(rules: Sequence[Coverage]) -> float:
    """Percent of the rules that some test set off; 100 of none."""
    return 100 * sum(c.tests > 0 for c in rules) / len(rules) if rules else 100.0


def never_fired(ran: Ran) -> list[str]:
    """Enabled rules that no test of any file set off."""
    return [c.rule for c in coverage(ran) if not c.tests]


def _meets(atom: Atom, finding: Finding) -> bool:
    return overlap(atom.label, finding.label) and not finding.score < atom.score


def _atom(atom: Atom) -> str:
    return f"{atom.label} >= {atom.score:g}" + (f" x{atom.times}" if atom.times > 1 else "")


# ---------------------------------------------------------------------------------------------------- text


def as_text(ran: Ran, *, colours: bool = False, quiet: bool = False, verbose: bool = False, table: bool = False) -> str:
    """A line per test (`quiet`: only of those that fail), what is wrong with those, and the totals. `verbose`: what was found
    in each, too."""
    every = [r for _, results in ran for r in results]
    if not every:
        return f"{ran[0][0].file}: there are no tests; write some under `tests:`, so that a change can't break a rule unseen"
    width = min(72, max(len(plain(r.case.name)) for r in every))
    lines = []
    for one, results in ran:
        told = [r for r in results if not quiet or r.status == "fail"]
        lines += [one.file] if told else []
        for r in told:
            status = f"\x1b[{_COLOURS[r.status]}m{r.status.upper()}\x1b[0m" if colours else r.status.upper()
            lines.append(f"  {status}  {plain(r.case.name):<{width}}  {r.seconds * 1000:8.1f} ms")
            lines += _why(one, r, verbose=verbose)
    if table:
        lines += _table(coverage(ran))
    counts = [f"{sum(r.status == s for r in every)} {word}" for s, word in WORDS if any(r.status == s for r in every)]
    total = f"{len(every)} test{'' if len(every) == 1 else 's'}: {', '.join(counts)}"
    never = never_fired(ran)
    return "\n".join([*lines, total + (f" · rules never fired: {', '.join(never)}" if never else "")])


def _table(rules: Sequence[Coverage]) -> list[str]:
    width = max((len(c.rule) for c in rules), default=4)
    lines = [f"{'rule':<{width}}  tests  never met"]
    lines += [f"{c.rule:<{width}}  {c.tests:>5}  {', '.join(c.unmet)}".rstrip() for c in rules]
    return [*lines, f"coverage: {covered(rules):.0f}% of {len(rules)} rules"]


def _why(one: PolicyFile, result: Result, *, verbose: bool = False) -> list[str]:
    lines: list[str] = []
    if result.status == "todo":
        lines.append(plain(result.case.todo or ""))
    elif result.status == "skip":
        lines.append(plain(result.why))
    elif result.status == "fail":
        lines.append(f"{one.file}:{result.case.line}")
        for expected, got in result.wrong:
            lines += [f"expected  {plain(expected)}", f"got       {plain(got)}"]
    if verbose or result.status == "fail":
        for part in result.parts if verbose else _telling(result):
            lines += _seen(one.policy, part, verbose=verbose)
    return [f"        {line}" for line in lines]


def _telling(result: Result) -> Sequence[Part]:
    """The parts that went wrong; where none did, though the test failed, the last one."""
    return [part for part in result.parts if part.wrong] or result.parts[-1:]


def _seen(policy: Policy, part: Part, *, verbose: bool = False) -> list[str]:
    """What was found, underlined in the text, by which rules it was judged, and which rules wanted a higher score.
    `verbose`: what no rule wants, too, and what came of it."""
    told = [(f, w) for f, w in _judged(policy, part) if w or verbose]
    lines = [f"turn {part.case.turn}, {part.case.origin.role}:"] if part.case.turn else []
    lines += [plain(f"call {call.tool} {_short(call.arguments)}".rstrip()) for call in part.case.calls]
    if not told:
        lines.append("no rule said anything")
    for finding, word in told[:SHOWN]:
        lines += [line.rstrip() for line in underlined(part.case.text or "", finding, word)]
    if len(told) > SHOWN:
        lines.append(f"and {len(told) - SHOWN} more")
    if verbose:
        released = f", released {part.released!r}" if part.released is not None else ""
        lines.append(plain(f"{part.decision.outcome.name.lower()}{released}"))
    return lines


def _short(text: str) -> str:
    return text if len(text) <= 4 * AROUND else f"{text[: 4 * AROUND]}…"


def _judged(policy: Policy, part: Part) -> Iterator[tuple[Finding, str]]:
    rules = {r.id: r for r in policy.rules}
    known = set()
    for v in part.decision.verdicts:
        for f in v.findings:
            known.add(f)
            wanted = _wanted(rules[v.rule], f) if v.rule in rules else ""
            yield f, f"→ {v.rule}{wanted}: {v.outcome.name.lower()}{' (shadow)' if v.shadow else ''}"
    case = part.case
    in_force = policy.rules_for(case.origin, model=case.model, tenant=case.tenant, route=case.route)
    for f in dict.fromkeys(part.found):
        if f not in known:
            below = [
                f"{r.id} wants >= {min(a.score for a in fits):g}"
                for r in in_force
                if (fits := [a for a in r.when.atoms if overlap(a.label, f.label)])
                and all(f.score < a.score for a in fits)
            ]
            yield f, f"({', '.join(below)})" if below else ""


def _wanted(rule: Rule, finding: Finding) -> str:
    least = [a.score for a in rule.when.atoms if _meets(a, finding)]
    return f" (>= {min(least):g})" if least else ""


def underlined(text: str, finding: Finding, word: str) -> list[str]:
    """The text around a finding, and a line of carets below it; control characters are escaped, so that both fit."""
    what = f"{finding.label} {finding.score:.2f}"
    if finding.span is None or not text:
        return [f"{what}  {word}"]
    start, end = finding.span
    shown = min(end, start + 2 * AROUND)
    before, after = text[max(0, start - AROUND) : start], text[shown : shown + AROUND]
    before = ("…" if start > AROUND else "") + plain(before)
    inside = plain(text[start:shown])
    after = plain(after) + ("…" if shown + AROUND < len(text) else "")
    carets = "^" * max(1, _columns(inside))
    return [f"| {before}{inside}{after}", f"| {' ' * _columns(before)}{carets} {what} at {start}–{end} {word}"]


def _columns(text: str) -> int:
    """Columns that a terminal gives to a text: none to marks, two to wide characters."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


# ---------------------------------------------------------------------------------------------------- programs


def as_json(ran: Ran) -> str:
    """The same for programs."""
    every = [r for _, results in ran for r in results]
    [(first, _), *_] = ran
    policy = first.policy
    return json.dumps(
        {
            "file": first.file,
            "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
            "tests": [_entry(one, r) for one, results in ran for r in results],
            "totals": {word: sum(r.status == s for r in every) for s, word in WORDS},
            "never_fired": never_fired(ran),
            "coverage": [{"rule": c.rule, "tests": c.tests, "never_met": list(c.unmet)} for c in coverage(ran)],
        },
        indent=2,
        ensure_ascii=False,
    )


def _entry(one: PolicyFile, r: Result) -> dict[str, Any]:
    return {
        "file": one.file,
        "policy": one.policy.name,
        "name": r.case.name,
        "line": r.case.line,
        "status": r.status,
        "ms": round(r.seconds * 1000, 3),
        "outcome": r.decision.outcome.name.lower(),
        "rules": sorted(fired(r.decision)),
        "wrong": [{"expected": e, "got": g} for e, g in r.wrong],
        "turns": [_turn(part) for part in r.parts if part.case.turn],
        "skipped": r.why or None,
        "todo": r.case.todo,
    }


def _turn(part: Part) -> dict[str, Any]:
    return {
        "turn": part.case.turn,
        "outcome": part.decision.outcome.name.lower(),
        "rules": sorted(fired(part.decision)),
        "passed": not part.wrong,
    }


def as_junit(ran: Ran) -> str:
    """JUnit's XML, as CI systems read it: a suite for each file; what is to do counts as skipped."""
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name="guardproxy test")
    for one, results in ran:
        if not results:
            continue
        suite = ElementTree.SubElement(root, "testsuite", {"name": one.file, "errors": "0", **_counts(results)})
        for r in results:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                name=plain(r.case.name),
                classname=one.policy.name,
                file=one.file,
                line=str(r.case.line),
                time=f"{r.seconds:.4f}",
            )
            if r.status == "fail":
                expected, got = r.wrong[0]
                failure = ElementTree.SubElement(case, "failure", message=plain(f"expected {expected}, got {got}"))
                failure.text = "\n".join(line.strip() for line in _why(one, r))
            elif r.status == "todo":
                ElementTree.SubElement(case, "skipped", message=plain(f"todo: {r.case.todo}"))
            elif r.status == "skip":
                ElementTree.SubElement(case, "skipped", message=plain(r.why))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _counts(results: Iterable[Result]) -> dict[str, str]:
    every = list(results)
    return {
        "tests": str(len(every)),
        "failures": str(sum(r.status == "fail" for r in every)),
        "skipped": str(sum(r.status in ("todo", "skip") for r in every)),
        "time": f"{sum(r.seconds for r in every):.4f}",
    }
