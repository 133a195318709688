"""The shape of `training:` in a policy file: what becomes of training files, and of the jobs that use them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from guardproxy.policy.conditions import LABEL
from guardproxy.policy.form import OneOrMore, RuleId, Strict, Text
from guardproxy.policy.training import (
    OF_FILE,
    OF_JOB,
    Condition,
    FileOutcome,
    Training,
    TrainingFacts,
    TrainingRule,
    TrainingScope,
    counts_of,
)
from guardproxy.policy.training_conditions import CONDITIONS_SCHEMA, parse_conditions

Fate: TypeAlias = Literal["allow", "require_approval", "quarantine", "deny"]
_Conditions: TypeAlias = Annotated[
    tuple[tuple[Condition, ...], bool], BeforeValidator(parse_conditions), WithJsonSchema(CONDITIONS_SCHEMA)
]


class TrainingScopeEntry(Strict):
    """For whom and what a rule holds. Keys that are left out mean any; all that are given must fit."""

    model: OneOrMore[Text] | None = Field(default=None, description="Model that is to be tuned; globs.")
    tenant: OneOrMore[Text] | None = Field(default=None, description="Tenant of the key; globs.")
    key: OneOrMore[Text] | None = Field(default=None, description="Id of the key; globs.")
    method: OneOrMore[Literal["supervised", "dpo", "reinforcement"]] | None = Field(
        default=None, description="How the job tunes. A file that no job uses yet has none."
    )


class TrainingRuleEntry(Strict):
    """One rule about a training file, or about a job that uses it. They only add up; the strictest wins."""

    id: RuleId = Field(description="Unique name of the rule.")
    title: str = Field(default="", description="What it does, for people.")
    description: str = Field(default="", description="More about it.")
    scope: TrainingScopeEntry = Field(
        default=TrainingScopeEntry(), description="Where it holds; everywhere if left out."
    )
    when: _Conditions = Field(description="What the file, or the job, comes to.")
    then: Fate = Field(
        description="What becomes of it: allow < require_approval < quarantine (kept, and not used) < deny."
    )
    message: Text | None = Field(default=None, description="For who sent it.")


class TrainingGivenEntry(Strict):
    """A file, or a job, of a test."""

    examples: int = Field(default=100, ge=0, description="How many examples it has.")
    labels: dict[Annotated[str, Field(pattern=rf"^{LABEL}$")], Annotated[int, Field(ge=0)]] = Field(
        default={}, description="Label to the examples that it is in, with score 1, no two labels in the same one."
    )
    amounts: dict[Literal[*OF_FILE, *OF_JOB], Annotated[float, Field(ge=0, strict=False)]] = Field(  # type: ignore[valid-type]
        default={}, description="Other amounts of the file, and what the job asks for."
    )
    model: str = Field(default="", description="Model that is to be tuned.")
    tenant: Text = Field(default="default", description="Tenant of the key.")
    key: str = Field(default="", description="Id of the key.")
    method: str = Field(default="", description="How the job tunes.")


class TrainingExpectEntry(Strict):
    """What must become of it."""

    outcome: Fate = Field(description="The strictest outcome.")
    rules: list[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]] = Field(
        default=[], description="Rules that must be among those that fired."
    )


class TrainingTestEntry(Strict):
    """A test of these rules. `guardproxy check` runs it: it needs no filter."""

    name: Text = Field(description="What must hold, as a sentence.")
    given: TrainingGivenEntry = Field(description="The file or job.")
    expect: TrainingExpectEntry = Field(description="What must become of it.")


class TrainingEntry(Strict):
    """What becomes of training files, and of jobs. Rules about single examples are ordinary ones."""

    blocked: Fate = Field(default="deny", description="What becomes of a file with an example that a rule blocks.")
    redacted: Fate = Field(
        default="quarantine", description="What becomes of a file with an example that a rule would change."
    )
    unreadable: Fate = Field(default="deny", description="What becomes of a file with a line that is no example.")
    rules: list[TrainingRuleEntry] = Field(default=[], description="What else is looked at. They only add up.")
    tests: list[TrainingTestEntry] = Field(default=[], description="What must hold.")


def compile_training(entry: TrainingEntry | None) -> Training:
    """The rules as they are evaluated."""
    if entry is None:
        return Training()
    rules = tuple(sorted(map(_rule, entry.rules), key=lambda rule: rule.id))
    return Training(rules, *(FileOutcome[word.upper()] for word in (entry.blocked, entry.redacted, entry.unreadable)))


def _rule(entry: TrainingRuleEntry) -> TrainingRule:
    conditions, every = entry.when
    scope = {name: tuple(given) if given else None for name, given in entry.scope.model_dump().items()}
    outcome = FileOutcome[entry.then.upper()]
    return TrainingRule(entry.id, conditions, outcome, every, TrainingScope(**scope), entry.title, entry.message or "")


def facts_of(training: Training, given: TrainingGivenEntry) -> TrainingFacts:
    """What a test gives, as a scan would have told it."""
    amounts = {"examples": given.examples, "lines": given.examples, **given.amounts}
    counts = counts_of(training, given.labels, given.examples)
    return TrainingFacts(amounts, counts, given.model, given.tenant, given.key, given.method)
