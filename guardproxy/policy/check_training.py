"""What is wrong with `training:` beyond its form, and its tests: they need no filter, so `check` runs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from guardproxy.policy.training import FileOutcome, judge
from guardproxy.policy.training_form import facts_of
from guardproxy.types import ConfigError, Path

if TYPE_CHECKING:
    from guardproxy.policy.check import Subject


def rules(subject: Subject) -> Iterator[ConfigError]:
    """GP003: names that stand twice."""
    entry = subject.document.training
    named = [] if entry is None else [("rules", i, "id", one.id) for i, one in enumerate(entry.rules)]
    named += [] if entry is None else [("tests", i, "name", test.name) for i, test in enumerate(entry.tests)]
    seen: dict[tuple[str, str], int] = {}
    for section, index, key, name in named:
        path: Path = ("training", section, index, key)
        if (section, name) in seen:
            message = f"the name {name!r} stands in line {seen[section, name]} already; names are unique"
            yield subject.source.error("GP003", message, path)
        seen.setdefault((section, name), subject.source.place(path)[0])


def conditions(subject: Subject) -> Iterator[tuple[str, Path]]:
    """(label, place) of each condition about labels."""
    entry = subject.document.training
    for i, rule in enumerate(entry.rules if entry is not None else ()):
        for j, one in enumerate(rule.when[0]):
            if one.label:
                when: Path = ("training", "rules", i, "when")
                inside = ((*when, *k, j) for k in ((), ("any",), ("all",)))
                yield one.name, next((p for p in inside if p in subject.source.values), when)


def tests(subject: Subject) -> Iterator[ConfigError]:
    """GP060: a test that fails."""
    training, entry = subject.policy.training, subject.document.training
    for index, test in enumerate(entry.tests if entry is not None else ()):
        got = judge(training, facts_of(training, test.given))
        missing = sorted(set(test.expect.rules) - set(got.rules))
        place: Path = ("training", "tests", index, "name")
        if got.outcome is not FileOutcome[test.expect.outcome.upper()]:
            by = f", by {', '.join(got.rules)}" if got.rules else ""
            message = f"the test fails: expected {test.expect.outcome}, got {got.outcome.word}{by}"
            yield subject.source.error("GP060", message, place)
        elif missing:
            said = ", ".join(got.rules) or "none"
            yield subject.source.error("GP060", f"the test fails: {', '.join(missing)} didn't fire, but {said}", place)
