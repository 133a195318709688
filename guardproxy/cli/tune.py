"""`guardproxy tune DIR --data FILE...`: thresholds from labelled texts. The real filters read them; nothing is written."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from guardproxy import detectors, filters
from guardproxy.cli import COMMANDS
from guardproxy.cli._labelled import Labelled, labelled
from guardproxy.cli._tune_report import Found, Left, Outcome, as_json, as_text
from guardproxy.cli.operator import add_config, services
from guardproxy.engine import Guard, Silent
from guardproxy.engine.gate import Gate
from guardproxy.engine.limits import Deadline
from guardproxy.engine.plan import Plan
from guardproxy.policy.load import ConfigErrors, PolicyFile, examine
from guardproxy.policy.model import Entry, Mode, Policy, Rule
from guardproxy.policy.rollout import EVERYWHERE
from guardproxy.policy.truth import Positive, Truth, Untold, positive
from guardproxy.policy.tune import STEPS, Condition, Tally, tuned
from guardproxy.services import Services
from guardproxy.text import PatternError
from guardproxy.text.globs import matches
from guardproxy.types import ConfigError, Facts, Filter, Finding, Origin
from guardproxy.types import Outcome as Effect

AT_ONCE: Final = 32
"""Texts that are read at a time, so that models get some together."""
PATIENCE: Final = 120.0
"""Seconds that a filter may take for a text at least, those in which it waits for its turn included."""
ORIGINS: Final = 1000
"""Origins whose rules are remembered; names of tools come from the data."""
FLOOR: Final = 0.01
"""What a filter's `threshold` is set to meanwhile, where it has one: scores below it are not known."""
EVERY: Final = 2.0
"""Seconds between two words on progress."""
_FAILURES: Final = ("guard.error", "guard.timeout", "guard.overflow")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "tune",
        help=COMMANDS["tune"],
        description="Say for each rule at which threshold it speaks on a wanted share of harmless texts, and what that costs "
        "in recall. Nothing is changed: the line to change is printed. Exit code 0: thresholds were found; 1: for some "
        "condition there is none, or the texts are too few to state the rate; 2: something can't be read.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="directory of the policy, or its file")
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help='labelled texts: rows {"text", "role", "labels": {name: 0, 1 or null}}, or .csv or .tsv with a header; .gz too',
    )
    parser.add_argument("--rule", action="append", default=[], metavar="ID", help="only this rule; several are fine")
    parser.add_argument(
        "--fpr",
        type=_rate,
        default=Fraction("0.01"),
        metavar="RATE",
        help="wanted share of harmless texts that the rule speaks on (default: 0.01)",
    )
    parser.add_argument(
        "--positive",
        type=_positive,
        action="append",
        default=[],
        metavar="[RULE:]KEY=VALUE",
        help="which texts a rule ought to speak on; several are joined by or (default: by the names of its labels)",
    )
    parser.add_argument("--text", default="text", metavar="NAME", help="the column that holds the text (default: text)")
    parser.add_argument(
        "--role", default="", metavar="ROLE", help="who says all texts (default: the row's `role`, or user)"
    )
    parser.add_argument("--tenant", default="default", metavar="NAME", help="whose policy it is (default: default)")
    add_config(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _rate(text: str) -> Fraction:
    try:
        rate = Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is no rate; write one like 0.01 or 1%") from None
    if not 0 <= rate < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate from 0 to below 1")
    return rate


def _positive(text: str) -> Positive:
    try:
        return positive(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(str(e)) from None


def run(args: argparse.Namespace) -> int:
    known = services(args.config, args.directory)
    examined = examine(args.directory, *detectors.reading(known))
    if examined.policies is None:
        raise ConfigErrors(examined.problems)
    policy = examined.policies.of(args.tenant)
    file = next(one for one in examined.by_file if one.policy is policy)
    subjects, left = _subjects(file, args)
    told = asyncio.run(_read(policy, subjects, known, args)) if subjects else 0
    outcome = _outcome(file, subjects, left, told, args.fpr)
    print(as_json(outcome) if args.format == "json" else as_text(outcome, args.directory))
    return 0 if outcome.fine else 1


@dataclass(slots=True)
class Subject:
    """A rule whose thresholds are looked for."""

    rule: Rule
    truth: Truth
    readers: frozenset[str]
    tallies: list[Tally] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    """Why texts don't count, with how many."""


def _subjects(file: PolicyFile, args: argparse.Namespace) -> tuple[list[Subject], list[Left]]:
    """The rules that are asked for, and why others can't be tuned."""
    policy, rules = file.policy, {r.id: r for r in file.policy.rules}
    for id in (*args.rule, *(p.rule for p in args.positive if p.rule)):
        if id not in rules:
            raise ConfigError(f"there is no rule {id!r} in {file.file}; there are {', '.join(rules)}")
    subjects, left = [], list[Left]()
    meanings = _meanings(policy)
    for rule in (rules[id] for id in (dict.fromkeys(args.rule) or rules)):
        truth = Truth(rule, args.positive, meanings)
        why = _why_not(policy, rule, truth, named=bool(args.rule))
        if why:
            left.append(Left(rule, why))
        else:
            subjects.append(Subject(rule, truth, policy.readers(rule)))
    if args.rule and left:
        raise ConfigError("; ".join(f"rule {one.rule.id} can't be tuned: {one.why}" for one in left))
    return subjects, left


def _why_not(policy: Policy, rule: Rule, truth: Truth, *, named: bool) -> str:
    if rule.mode is Mode.DISABLED and not named:
        return "it is disabled; --rule names it all the same"
    if policy.readers(rule) & policy.monitors.keys():
        return "monitors judge calls and conversations, not single texts"
    if any(atom.label.startswith("guard.") for atom in rule.when.atoms):
        return "it is about failures, which have no score"
    if not truth.possible:
        return f"no label of the data can be told from its own; say --positive {rule.id}:KEY=VALUE"
    return ""


def _meanings(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Label of a filter to the names of what its model was taught."""
    out: dict[str, tuple[str, ...]] = {}
    for options in policy.filters.values():
        kind = getattr(filters.module(str(options["use"])), "Filter", None)
        out |= getattr(kind, "OUTPUTS", {})
    return out


# ---------------------------------------------------------------------------------------------------- reading


async def _read(policy: Policy, subjects: Sequence[Subject], known: Services, args: argparse.Namespace) -> int:
    """Read and count all texts; how many there were."""
    watching, built, floors = _watching(policy, subjects, known)
    for subject in subjects:
        said = floors.keys() & subject.readers
        lowest = round(FLOOR * STEPS) if said else 0
        rule = next(r for r in watching.rules if r.id == subject.rule.id)
        subject.tallies = [
            Tally(Condition(rule, i, {name: floors[name] for name in said}, lowest))
            for i in range(len(rule.when.atoms))
        ]
    guard = Guard.build(watching, built)
    try:
        await guard.start()
        return await _Reading(guard, subjects, args.tenant).all(_told(_rows(args), quiet=args.quiet))
    except PatternError as e:
        raise ConfigError(f"a filter can't be started: {e}") from None
    finally:
        await guard.aclose()


def _watching(
    policy: Policy, subjects: Sequence[Subject], known: Services
) -> tuple[Policy, dict[str, Filter], dict[str, float]]:
    """The policy with nothing but these rules, which annotate wherever a text may come from, and what asks filters of
    stage 2; its filters, which say what they can about low scores too; and what those said as they were."""
    wanted = {s.rule.id for s in subjects}
    rules = tuple(_everywhere(r) for r in policy.rules if r.id in wanted or (r.to and r.mode is not Mode.DISABLED))
    watching, built = replace(policy, rules=rules), detectors.build_filters(policy.filters, known)
    kept = frozenset().union(*(watching.readers(r) for r in rules if r.to)) | policy.second
    floors: dict[str, float] = {}
    for name, options in policy.filters.items():
        threshold = getattr(getattr(built[name], "config", None), "threshold", None)
        if isinstance(threshold, float) and threshold > FLOOR and name not in kept:
            wanted_labels = [a.label for r in rules for a in r.when.atoms]
            labels = [one for one in policy.labels[name] if any(matches(glob, one) for glob in wanted_labels)]
            if labels:
                floors[name] = threshold
                built[name] = filters.build(name, {**options, **_lowered(built[name], labels)}, known)
    return watching, built, floors


def _lowered(one: Filter, labels: Sequence[str]) -> dict[str, Any]:
    """Options with which a filter tells about low scores, and of these labels only: low scores are many."""
    narrowing = hasattr(getattr(one, "config", None), "labels")
    return {"threshold": FLOOR, **({"labels": list(labels)} if narrowing else {})}


def _everywhere(rule: Rule) -> Rule:
    """The rule for whatever model, tenant and route: texts don't tell, and scores don't depend on it."""
    scope = replace(rule.scope, model=None, tenant=None, route=None)
    then = rule.then if rule.to else Effect.ANNOTATE
    return replace(rule, scope=scope, then=then, mode=Mode.ENFORCE, rollout=EVERYWHERE)


def _rows(args: argparse.Namespace) -> Iterator[Labelled]:
    for file in args.data:
        yield from labelled(file, text=args.text, role=args.role)


def _told(rows: Iterator[Labelled], *, quiet: bool) -> Iterator[Labelled]:
    """The rows, with a word about progress now and then where somebody watches."""
    quiet = quiet or not sys.stderr.isatty()
    started = said = time.monotonic()
    for number, row in enumerate(rows, 1):
        yield row
        if not quiet and (now := time.monotonic()) - said > EVERY:
            said = now
            print(f"{number:,} texts, {number / (now - started):,.0f} a second", file=sys.stderr)


class _Patient(Silent):
    """Nobody waits for an answer here, so filters may take their time: a text that isn't read says nothing."""

    def opens(self, plan: Plan, facts: Facts, **rest: Any) -> Gate:
        return Gate(plan, facts, **{**rest, "observer": self, "deadline": Deadline(base=PATIENCE)})


class _Reading:
    """Reads texts and counts what was found. Keeps no text longer than it takes to read it."""

    def __init__(self, guard: Guard, subjects: Sequence[Subject], tenant: str) -> None:
        self._guard, self._subjects, self._tenant = guard, subjects, tenant
        self._entries: dict[Origin, Mapping[str, Entry]] = {}

    async def all(self, rows: Iterator[Labelled]) -> int:
        """Returns how many there were. Raises ConfigError."""
        total, running = 0, set[asyncio.Task[None]]()
        try:
            for row in rows:
                total += 1
                if asked := self._asked(row):
                    running.add(asyncio.create_task(self._one(row, asked)))
                if len(running) >= AT_ONCE:
                    done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        task.result()
            await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
        return total

    def _asked(self, row: Labelled) -> list[tuple[Subject, Entry, bool]]:
        """The rules that a text says something about, and whether they ought to speak."""
        out = []
        for subject in self._subjects:
            try:
                harmful = subject.truth.of(row.labels)
            except Untold as e:
                raise row.error(f"{e} (rule {subject.rule.id})") from None
            entry = self._entry(subject, row.origin) if row.origin is not None else None
            if row.origin is None:
                subject.left["training examples"] += 1
            elif harmful is None:
                subject.left["not labelled"] += 1
            elif entry is None:
                subject.left["not in its scope"] += 1
            else:
                out.append((subject, entry, harmful))
        return out

    def _entry(self, subject: Subject, origin: Origin) -> Entry | None:
        entries = self._entries.get(origin)
        if entries is None:
            if len(self._entries) >= ORIGINS:
                self._entries.clear()
            in_force = self._guard.policy.in_force(origin, "", self._tenant, "")
            entries = self._entries[origin] = {entry.rule.id: entry for entry in in_force.entries}
        return entries.get(subject.rule.id)

    async def _one(self, row: Labelled, asked: Sequence[tuple[Subject, Entry, bool]]) -> None:
        assert row.origin is not None
        gate = self._guard.gate(row.origin, request="tune", tenant=self._tenant, observer=_Patient())
        gate.cuts = False
        await gate.judge(row.text)
        gate.end()
        findings = gate.facts.findings
        for subject, entry, harmful in asked:
            if self._failed(subject, findings):
                subject.left["not read: a filter failed, was too slow, or found too much"] += 1
                continue
            for tally in subject.tallies:
                tally.add(entry, findings, harmful=harmful)

    def _failed(self, subject: Subject, findings: Sequence[Finding]) -> bool:
        return any(
            f.label in _FAILURES and (f.filter in subject.readers or f.filter not in self._guard.policy.filters)
            for f in findings
        )


# ---------------------------------------------------------------------------------------------------- the outcome


def _outcome(file: PolicyFile, subjects: Sequence[Subject], left: list[Left], total: int, rate: Fraction) -> Outcome:
    """What was found, rule by rule. Raises ConfigError where a label that was named doesn't occur."""
    found = []
    for subject in subjects:
        missing = subject.truth.missing
        if missing and not subject.truth.assumed:
            raise ConfigError(f"no row has a label {' or '.join(missing)}, which --positive names")
        counted = subject.tallies[0].harmless.total + subject.tallies[0].harmful.total
        if counted and not missing:
            points = tuple(tuned(tally, rate) for tally in subject.tallies)
            found.append(Found(subject.rule, subject.truth, points, dict(subject.left.most_common())))
        elif missing:
            left.append(Left(subject.rule, f"no row has a label {' or '.join(missing)}; say which with --positive"))
        else:
            why = ", ".join(f"{n:,} {what}" for what, n in subject.left.most_common())
            left.append(Left(subject.rule, f"no row counts for it{f' ({why})' if why else ''}"))
    return Outcome(file, rate, total, tuple(found), tuple(left))
