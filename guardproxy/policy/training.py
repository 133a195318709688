"""Rules about training files and the jobs that use them, and the decision, a pure function.

Rules about single examples are ordinary ones with `scope: {role: training_example}`. These look at what a file comes to: how
many examples a label was seen in, how much there is, and what the job wants. They only add up; the strictest outcome wins.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from guardproxy.text.globs import any_matches, matches

COUNTING: Final = "training."
"""How the rules are named that nobody wrote: they only have looked for what is to be counted."""
OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
OF_FILE: Final = (
    "examples", "lines", "bytes", "characters", "unreadable", "blocked", "redacted", "tool_examples", "reasoning_targets",
)  # fmt: skip
"""What is known of every file."""
OF_JOB: Final = (
    "n_epochs", "batch_size", "learning_rate_multiplier", "beta", "compute_multiplier", "eval_interval", "eval_samples",
    "jobs_today", "bytes_today",
)  # fmt: skip
"""What a job may ask for, a rule about it holds for jobs that name a number; and what its key has had in 24 hours, this job
not counted: jobs, and bytes of the files that they named."""
SHARES: Final = frozenset({"unreadable", "blocked", "redacted", "tool_examples", "reasoning_targets"})
"""What may be told as a part of all examples."""


class FileOutcome(IntEnum):
    """What becomes of a training file, or of a job. A total order: the strictest wins."""

    ALLOW = 0
    REQUIRE_APPROVAL = 1
    """It waits until people have said yes."""
    QUARANTINE = 2
    """It is kept and not used; nobody's yes is enough, it has to be put right."""
    DENY = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing to look for. With a label: how many examples it is in; otherwise an amount."""

    text: str
    """As it is written, in one way: the name under which a report counts it."""
    name: str
    """A label (a glob), or an amount."""
    op: str
    number: float
    share: bool = False
    """The number is a part of all examples, from 0 to 1."""
    label: bool = False
    score: float = 0.5

    @property
    def asked(self) -> str:
        """What has to be counted for it."""
        return f"{self.name} >= {self.score:g}"


@dataclass(frozen=True, slots=True)
class TrainingScope:
    """For whom and what a rule holds. None means any; names are globs."""

    model: tuple[str, ...] | None = None
    tenant: tuple[str, ...] | None = None
    key: tuple[str, ...] | None = None
    method: tuple[str, ...] | None = None

    def fits(self, facts: TrainingFacts) -> bool:
        wanted = (
            (self.model, facts.model),
            (self.tenant, facts.tenant),
            (self.key, facts.key),
            (self.method, facts.method),
        )
        return all(globs is None or any_matches(globs, is_) for globs, is_ in wanted)


@dataclass(frozen=True, slots=True)
class TrainingRule:
    id: str
    when: tuple[Condition, ...]
    then: FileOutcome
    every: bool = False
    """All conditions, not any."""
    scope: TrainingScope = TrainingScope()
    title: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """What a policy says about training files."""

    rules: tuple[TrainingRule, ...] = ()
    """Sorted by id."""
    blocked: FileOutcome = FileOutcome.DENY
    """What becomes of a file with an example that an ordinary rule blocks."""
    redacted: FileOutcome = FileOutcome.QUARANTINE
    """What becomes of a file with an example that an ordinary rule would change."""
    unreadable: FileOutcome = FileOutcome.DENY
    """What becomes of a file with a line that is no example."""

    @property
    def asked(self) -> tuple[tuple[str, str, float], ...]:
        """What a scan has to count: (name, label, least score)."""
        found = {c.asked: (c.asked, c.name, c.score) for rule in self.rules for c in rule.when if c.label}
        return tuple(found[name] for name in sorted(found))


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """Everything that the decision on a file or job may depend on."""

    amounts: Mapping[str, float]
    """Of `OF_FILE`, and those of `OF_JOB` that the job names."""
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """`Condition.asked` to the examples that meet it."""
    model: str = ""
    tenant: str = "default"
    key: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class TrainingVerdict:
    """What one rule says, and on account of what."""

    rule: str
    outcome: FileOutcome
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingDecision:
    outcome: FileOutcome
    verdicts: tuple[TrainingVerdict, ...] = ()
    """Sorted, the strictest first."""

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(one.rule for one in self.verdicts)


BASIC: Final = (
    ("blocked", "training.blocked"),
    ("redacted", "training.redacted"),
    ("unreadable", "training.unreadable"),
)
"""Amounts that the policy's own keys are about, and the names of the rules that nobody wrote."""


def judge(training: Training, facts: TrainingFacts) -> TrainingDecision:
    """What all rules say together. Every rule is evaluated; more findings never make it milder."""
    verdicts = [
        TrainingVerdict(name, outcome, (f"{name.partition('.')[2]} > 0",))
        for amount, name in BASIC
        if facts.amounts.get(amount, 0) and (outcome := getattr(training, amount)) > FileOutcome.ALLOW
    ]
    for rule in training.rules:
        if rule.scope.fits(facts):
            met = tuple(one.text for one in rule.when if _met(one, facts))
            if met and (not rule.every or len(met) == len(rule.when)):
                verdicts.append(TrainingVerdict(rule.id, rule.then, met))
    verdicts.sort(key=lambda v: (-v.outcome, v.rule))
    return TrainingDecision(max((v.outcome for v in verdicts), default=FileOutcome.ALLOW), tuple(verdicts))


def _met(one: Condition, facts: TrainingFacts) -> bool:
    value = float(facts.counts.get(one.asked, 0)) if one.label else facts.amounts.get(one.name)
    if value is None:  # the job names none
        return False
    return OPERATORS[one.op](value, one.number * facts.amounts.get("examples", 0) if one.share else one.number)


def counts_of(training: Training, found: Mapping[str, int], examples: int) -> dict[str, int]:
    """What a scan would have counted where so many examples had each of these labels, surely, and no two the same."""
    return {
        name: min(examples, sum(count for label, count in found.items() if matches(glob, label)))
        for name, glob, _ in training.asked
    }
