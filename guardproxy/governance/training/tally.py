"""What was found in some lines of a training file. Tallies of neighbouring ranges add up to that of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from guardproxy.types import Finding, Outcome

MAX_NOTES: Final = 1_000
"""Lines of which a report says what was found; all are counted."""
MAX_LABELS: Final = 20
"""Labels that are told of one line."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said about one line. Holds nothing of its text."""

    line: int
    labels: Mapping[str, float] = field(default_factory=dict)
    """Label to its highest score."""
    outcome: str = ""
    """What the rules say, if they say anything."""
    rules: tuple[str, ...] = ()
    error: str = ""
    """Why it can't be read."""

    def as_json(self) -> dict[str, Any]:
        if self.error:
            return {"line": self.line, "error": self.error}
        return {"line": self.line, "outcome": self.outcome, "labels": dict(self.labels), "rules": list(self.rules)}

    @classmethod
    def of_json(cls, known: Mapping[str, Any]) -> Note:
        if "error" in known:
            return cls(known["line"], error=known["error"])
        return cls(known["line"], known["labels"], known["outcome"], tuple(known["rules"]))


@dataclass(slots=True)
class Tally:
    """Counts are of examples unless they say otherwise; one example counts once for each label and rule."""

    lines: int = 0
    """Empty ones too."""
    examples: int = 0
    unreadable: int = 0
    """Lines that are no example."""
    characters: int = 0
    """Of what the model learns, and of what stands beside it."""
    tools: int = 0
    reasoning: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    """Findings with a score of 0.5 or more."""
    asked: Counter[str] = field(default_factory=Counter)
    """Examples that meet what a rule on reports asks about, as it is written there."""
    rules: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    noted: int = 0
    """Lines that there was something to say about, beyond `MAX_NOTES` too."""

    def note(self, one: Note) -> None:
        self.noted += 1
        if len(self.notes) < MAX_NOTES:
            self.notes.append(one)

    def add(self, other: Tally) -> None:
        """Count the lines that come behind these, numbered from 1."""
        room = MAX_NOTES - len(self.notes)
        self.notes += [replace(one, line=self.lines + one.line) for one in other.notes[:room]]
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))

    def as_json(self) -> dict[str, Any]:
        """Everything, for `of_json`. The same tally is the same text."""
        counters = {name: dict(sorted(getattr(self, name).items())) for name in _COUNTERS}
        return {
            **{name: getattr(self, name) for name in _NUMBERS},
            **counters,
            "notes": [n.as_json() for n in self.notes],
        }

    @classmethod
    def of_json(cls, known: Mapping[str, Any]) -> Tally:
        out = cls(notes=[Note.of_json(one) for one in known["notes"]])
        for name in _NUMBERS:
            setattr(out, name, int(known[name]))
        for name in _COUNTERS:
            getattr(out, name).update(known[name])
        return out


def amounts(tally: Tally, size: int) -> dict[str, float]:
    """What rules on training files may ask about a file of `size` bytes."""
    stopped = (Outcome.REQUIRE_APPROVAL, Outcome.BLOCK)  # nobody can be asked about a single example
    return {
        "examples": tally.examples,
        "lines": tally.lines,
        "bytes": size,
        "characters": tally.characters,
        "unreadable": tally.unreadable,
        "blocked": sum(tally.outcomes[word(outcome)] for outcome in stopped),
        "redacted": sum(tally.outcomes[word(outcome)] for outcome in (Outcome.REDACT, Outcome.REWRITE)),
        "tool_examples": tally.tools,
        "reasoning_targets": tally.reasoning,
    }


_NUMBERS: Final = ("lines", "examples", "unreadable", "characters", "tools", "reasoning", "noted")
_COUNTERS: Final = ("kinds", "outcomes", "labels", "asked", "rules")


def best(findings: frozenset[Finding]) -> dict[str, float]:
    """Label to its highest score, the surest first."""
    scores: dict[str, float] = {}
    for one in findings:
        scores[one.label] = max(_sure(one.score), scores.get(one.label, 0.0))
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def _sure(score: float) -> float:
    """A score that is no number counts as the highest: a filter that broke must not hide what it saw."""
    return round(min(max(score, 0.0), 1.0), 3) if score == score else 1.0


def word(outcome: Outcome) -> str:
    return outcome.name.lower()
