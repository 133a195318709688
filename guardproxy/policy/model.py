"""The compiled policy: rules as values, ready to be evaluated. Immutable, shared by all requests.

It knows labels and names of filters, never a filter. It does no I/O and holds no text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from guardproxy.policy.languages import Words, worded
from guardproxy.policy.rollout import EVERYWHERE, Rollout
from guardproxy.policy.templates import filled
from guardproxy.policy.training import Training
from guardproxy.text.globs import any_matches, matches, matches_text, overlap
from guardproxy.types import Direction, Facts, Finding, Origin, Outcome, Role, Style

FailureMode: TypeAlias = Literal["block", "allow"]
Release: TypeAlias = Literal["held", "whole", "eager"]
OnBlock: TypeAlias = Literal["error", "refusal"]
Reasoning: TypeAlias = Literal["pass", "drop"]
LogText: TypeAlias = Literal["none", "hash", "matched"]

FAILURE_RULE: Final = "defaults.failure"
"""Name of the rule that nobody wrote: what a failure does. The dot keeps it apart from every author's id."""
UPSTREAM_TOOL: Final = "guard.upstream_tool"
"""A tool that the upstream runs: nothing failed, so only a rule does something about it."""
GUARD_LABELS: Final = ("guard.error", "guard.timeout", "guard.overflow", "guard.unread", "guard.schema", UPSTREAM_TOOL)
"""What the engine itself says, under the filter that failed or as filter `guard`."""
_NONE: Final[frozenset[str]] = frozenset()
_FEW = 4  # staged rules whose combinations are all foreseen
_CACHED = 1024  # origins remembered per policy; names of tools come from clients, so the memory must have an end


class Mode(StrEnum):
    ENFORCE = "enforce"
    SHADOW = "shadow"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing to look for: findings whose label fits, scored at least `score`, at least `times` of them."""

    label: str
    score: float = 0.5
    times: int = 1


@dataclass(frozen=True, slots=True)
class When:
    """The condition of a rule: any of its atoms, or (`every`) all of them."""

    atoms: tuple[Atom, ...]
    every: bool = False

    @property
    def local(self) -> bool:
        """Each finding decides for itself: what `redact` on a stream needs, since text that is out can't be edited."""
        return all(a.times == 1 for a in self.atoms) and (not self.every or len(self.atoms) == 1)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule holds, by what is known before the first character. None means anywhere."""

    direction: frozenset[str] | None = None
    role: frozenset[str] | None = None
    channel: frozenset[str] | None = None
    tool: tuple[str, ...] | None = None
    model: tuple[str, ...] | None = None
    tenant: frozenset[str] | None = None
    route: frozenset[str] | None = None

    def fits(self, origin: Origin, model: str, tenant: str, route: str) -> bool:
        """Whether text from here is in scope.

        A reply whose channel is not known (`/v1/completions`, channels inferred from text) is in every channel's
        scope, and a tool's answer that doesn't say whose it is in every tool's: of two plans the guard must take the
        stricter one, and rules only add up.
        """
        return (
            (self.direction is None or origin.direction in self.direction)
            and (self.role is None or origin.role in self.role)
            and (self.channel is None or self._has_channel(origin))
            and (self.tool is None or self._has_tool(origin))
            and (self.model is None or any_matches(self.model, model))
            and (self.tenant is None or tenant in self.tenant)
            and (self.route is None or route in self.route)
        )

    def _has_tool(self, origin: Origin) -> bool:
        if origin.tool is None:
            return origin.role is Role.TOOL
        return self.tool is None or any_matches(self.tool, origin.tool)

    def _has_channel(self, origin: Origin) -> bool:
        if origin.channel is None or origin.inferred:
            return origin.role is Role.ASSISTANT
        return self.channel is None or origin.channel in self.channel

    @property
    def empty(self) -> bool:
        return self == _ANYWHERE


_ANYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Unless:
    """What a rule leaves alone: every key that is given must fit. Looks at fixed facts and the matched finding only."""

    scope: Scope = _ANYWHERE
    label: tuple[str, ...] | None = None
    in_list: frozenset[str] | None = None

    @property
    def of_finding(self) -> bool:
        """It looks at the finding too, not only at where the text is from."""
        return self.label is not None or self.in_list is not None

    def exempts(self, finding: Finding) -> bool:
        """Whether this finding is left alone, given that the scope fits."""
        return (self.label is None or any_matches(self.label, finding.label)) and (
            self.in_list is None or not self.in_list.isdisjoint(finding.lists)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. `severity`, `status`, `tags` are for people and never imply an action."""

    id: str
    when: When
    then: Outcome
    title: str = ""
    severity: str = "medium"
    status: str = "stable"
    tags: tuple[str, ...] = ()
    scope: Scope = _ANYWHERE
    unless: Unless | None = None
    style: Style = Style.LABEL
    restore_tools: tuple[str, ...] = ()
    """With `Style.TOKEN`: tools (globs) whose calls get the value itself."""
    template: str = ""
    """With `Outcome.REWRITE`: what stands for the whole text."""
    to: str = ""
    """The filter of stage 2 that is asked about what was found; such a rule allows, as far as outcomes go."""
    upstream: str = ""  # the operator's upstream that is asked instead of the main one; such a rule allows, too
    mode: Mode = Mode.ENFORCE
    rollout: Rollout = EVERYWHERE
    locked: bool = False
    """No policy that extends this one may loosen the rule."""
    message: Words | None = None
    on_block: OnBlock | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where no rule says otherwise. Lengths are in characters."""

    failure: FailureMode = "block"
    release: Release = "held"
    max_hold: int = 16_000
    max_whole: int = 1_000_000
    message: Words = "This content is blocked by policy."
    on_block: OnBlock = "error"
    reasoning: Reasoning = "pass"
    stream_tools: tuple[str, ...] = ()
    """Tools (globs) whose calls are not held until they are complete."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule that is in force at an origin, with what is left of its `unless` there."""

    rule: Rule
    shadow: bool
    unless: Unless | None


class InForce:
    """The rules in force at one origin, indexed by the labels that findings turn out to have."""

    __slots__ = ("_wanted", "entries", "needed", "rules", "shadow")

    def __init__(self, entries: tuple[Entry, ...], needed: frozenset[str], shadow: frozenset[str]) -> None:
        self.entries, self.needed, self.shadow = entries, needed, shadow
        self.rules = tuple(e.rule for e in entries)
        self._wanted: dict[str, tuple[tuple[int, int, float], ...]] = {}

    def wanted(self, label: str) -> tuple[tuple[int, int, float], ...]:
        """(entry, atom, least score) of every atom that a finding with this label can meet."""
        got = self._wanted.get(label)
        if got is None:
            if len(self._wanted) >= _CACHED:
                self._wanted.clear()
            got = self._wanted[label] = tuple(
                (i, j, atom.score)
                for i, entry in enumerate(self.entries)
                for j, atom in enumerate(entry.rule.when.atoms)
                if matches(atom.label, label)
            )
        return got


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """One policy, compiled. Two policies with the same `digest` decide the same."""

    name: str
    version: str = ""
    digest: str = ""
    defaults: Defaults = Defaults()
    rules: tuple[Rule, ...] = ()
    """Sorted by id: their order in the file means nothing."""
    filters: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """Filter instance to its options, `use` among them."""
    monitors: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """Monitor instance to its options. Filters and monitors share one name space."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """List to its globs, compared without regard to case."""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Filter or monitor instance to what it may say; `*` at the end of one means "and below"."""
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Monitor instance to the labels (globs) of filters whose findings it reads."""
    contents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Filter or monitor instance to the digest of the files that it reads, if it reads any."""
    log: LogText = "none"
    """What decision records hold of the text that a rule matched."""
    training: Training = Training()  # noqa: RUF009 (frozen)
    _staged: tuple[Rule, ...] = field(default=(), init=False, repr=False)
    """Enforcing rules that act for a part of the traffic."""
    _unstaged: list[Policy] = field(default_factory=list, init=False, repr=False)
    _shadowed: dict[frozenset[str], tuple[Rule, ...]] = field(default_factory=dict, init=False, repr=False)
    _in_force: dict[tuple[object, ...], InForce] = field(default_factory=dict, init=False, repr=False)
    _filters_for: dict[tuple[Rule, ...], tuple[frozenset[str], frozenset[str]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        staged = tuple(r for r in self.rules if r.mode is Mode.ENFORCE and not r.rollout.whole)
        object.__setattr__(self, "_staged", staged)

    @property
    def unstaged(self) -> Policy:
        """The policy as it will be when every rule is rolled out: what an author's tests are about."""
        if not self._staged:
            return self
        if not self._unstaged:
            rules = tuple(replace(r, rollout=EVERYWHERE) for r in self.rules)
            self._unstaged.append(replace(self, rules=rules))
        return self._unstaged[0]

    def outside(self, facts: Facts) -> frozenset[str]:
        """Ids of the rules that only watch here, since their rollout doesn't reach this request."""
        if not self._staged:
            return _NONE
        return frozenset(r.id for r in self._staged if not r.rollout.reaches(r.id, facts))

    def stages(self) -> Iterator[frozenset[str]]:
        """What `outside` may be, as far as it can be foreseen: all of it for few staged rules, its ends for many."""
        ids = [r.id for r in self._staged]
        sizes = range(len(ids) + 1) if len(ids) <= _FEW else sorted({0, len(ids)})
        for size in sizes:
            yield from map(frozenset, itertools.combinations(ids, size))

    def _staged_rules(self, outside: frozenset[str]) -> tuple[Rule, ...]:
        """The rules, with those in shadow that a rollout leaves out."""
        if not outside:
            return self.rules
        got = self._shadowed.get(outside)
        if got is None:
            got = tuple(replace(r, mode=Mode.SHADOW) if r.id in outside else r for r in self.rules)
            _remember(self._shadowed, outside, got)
        return got

    @property
    def approves(self) -> bool:
        """Some rule in force asks a person: a reply may have to be kept whole until one has answered."""
        return any(r.then is Outcome.REQUIRE_APPROVAL and r.mode is Mode.ENFORCE for r in self.rules)

    @property
    def watched(self) -> tuple[bool, bool]:
        """(some enforcing rule needs a monitor of calls, some shadow rule does)."""
        enforce, shadow = (self._monitoring(mode) for mode in (Mode.ENFORCE, Mode.SHADOW))
        return any(map(self.of_calls, enforce)), any(map(self.of_calls, shadow))

    @property
    def reviewed(self) -> bool:
        """Some rule in force needs a monitor of conversations."""
        needed = self._monitoring(Mode.ENFORCE) | self._monitoring(Mode.SHADOW)
        return not all(map(self.of_calls, needed))

    def _monitoring(self, mode: Mode) -> frozenset[str]:
        return self._emitting(r for r in self.rules if r.mode is mode) & self.monitors.keys()

    def finds(self, label: str) -> bool:
        """Some rule in force has a filter run that may say this label."""
        used = self._emitting(r for r in self.rules if r.mode is not Mode.DISABLED)
        return any(overlap(label, said) for name in used for said in self.labels[name])

    def _of_conversations(self, rule: Rule) -> bool:
        """Only monitors of conversations can set the rule off: what those read is looked for in requests only."""
        names = self._saying({atom.label for atom in rule.when.atoms}) if self.monitors else frozenset()
        return bool(names) and all(name in self.monitors and not self.of_calls(name) for name in names)

    def of_calls(self, name: str) -> bool:
        """Whether a monitor looks at calls; others look at conversations."""
        return any(label.startswith("call.") for label in self.labels.get(name, ()))

    @property
    def restore_tools(self) -> Mapping[str, tuple[str, ...]]:
        """Each rule that masks reversibly, with the tools that get what it masks."""
        return {r.id: r.restore_tools for r in self.rules if r.style is Style.TOKEN and r.mode is Mode.ENFORCE}

    def rules_for(
        self,
        origin: Origin,
        *,
        model: str = "",
        tenant: str = "default",
        route: str = "",
        outside: frozenset[str] = _NONE,
    ) -> tuple[Rule, ...]:
        """The rules in force for text from here, shadow ones included, disabled ones not. `origin.path` is ignored."""
        return self.in_force(origin, model, tenant, route, outside).rules

    def in_force(self, origin: Origin, model: str, tenant: str, route: str, outside: frozenset[str] = _NONE) -> InForce:
        place = (origin.direction, origin.role, origin.channel, origin.inferred, origin.tool)
        key = (*place, model, tenant, route, outside)
        got = self._in_force.get(key)
        if got is None:
            asked = origin.direction is Direction.REQUEST and origin.role is Role.USER
            rules = (r for r in self._staged_rules(outside) if asked or not self._of_conversations(r))
            entries = tuple(e for r in rules if (e := _entry(r, origin, model, tenant, route)))
            got = InForce(entries, *self.filters_for(tuple(e.rule for e in entries)))
            _remember(self._in_force, key, got)
        return got

    def filters_for(self, rules: tuple[Rule, ...]) -> tuple[frozenset[str], frozenset[str]]:
        """(filters and monitors that an enforcing rule needs, those that only shadow rules need), by instance name."""
        got = self._filters_for.get(rules)
        if got is None:
            enforcing = [r for r in rules if r.mode is Mode.ENFORCE]
            needed = self._asked(self._emitting(enforcing), enforcing)
            got = needed, self._asked(self._emitting(rules), rules) - needed
            _remember(self._filters_for, rules, got)
        return got

    def _asked(self, names: frozenset[str], rules: Iterable[Rule]) -> frozenset[str]:
        """Without the filters of stage 2 to which none of these rules escalates."""
        asked = {rule.to for rule in rules}
        return frozenset(name for name in names if name not in self.second or name in asked)

    @property
    def second(self) -> frozenset[str]:
        """The filters of stage 2."""
        return frozenset(name for name, options in self.filters.items() if options.get("stage") == 2)

    def readers(self, rule: Rule) -> frozenset[str]:
        """The filters and monitors that a rule depends on: who may say its labels, who is read for that, who is asked."""
        return self._emitting([rule]) | frozenset(filter(None, [rule.to]))

    def _emitting(self, rules: Any) -> frozenset[str]:
        named = self._saying({atom.label for rule in rules for atom in rule.when.atoms})
        return named | self._saying({glob for name in named for glob in self.reads.get(name, ())})

    def _saying(self, globs: set[str]) -> frozenset[str]:
        """Who may say a label that fits one of these."""
        return frozenset(
            name for name, labels in self.labels.items() if any(overlap(g, label) for g in globs for label in labels)
        )

    def failure_of(self, name: str) -> FailureMode:
        """What a failure of this filter or monitor does; `guard` and unknown names get the default."""
        own: FailureMode | None = (self.filters.get(name) or self.monitors.get(name, {})).get("failure")
        return own or self.defaults.failure

    def lists_of(self, text: str) -> frozenset[str]:
        """The lists that a matched text is in: what the engine puts into `Finding.lists`."""
        return frozenset(n for n, globs in self.lists.items() if any(matches_text(g, text) for g in globs))

    def on_block(self, rule_id: str, languages: tuple[str, ...] = ()) -> tuple[str, OnBlock]:
        """(message for a client that accepts these languages, form of the answer) when this rule blocks."""
        rule = next((r for r in self.rules if r.id == rule_id), None)
        message, form = (rule.message, rule.on_block) if rule else (None, None)
        return worded(message or self.defaults.message, languages), form or self.defaults.on_block

    def rewritten(self, rule_id: str, label: str, languages: tuple[str, ...] = ()) -> str:
        """What stands for a whole text that this rule rewrites. Nothing of the text goes into it."""
        rule = next(r for r in self.rules if r.id == rule_id)
        message = worded(rule.message or self.defaults.message, languages)
        return filled(rule.template, {"rule": rule.id, "label": label, "message": message})


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    if len(memory) >= _CACHED:
        memory.clear()
    memory[key] = value


def _entry(rule: Rule, origin: Origin, model: str, tenant: str, route: str) -> Entry | None:
    if rule.mode is Mode.DISABLED or not rule.scope.fits(origin, model, tenant, route):
        return None
    if (unless := rule.unless) is not None:
        if not _surely(unless.scope, origin, model, tenant, route):
            unless = None
        elif not unless.of_finding:
            return None
    return Entry(rule, rule.mode is Mode.SHADOW, unless)


def _surely(scope: Scope, origin: Origin, model: str, tenant: str, route: str) -> bool:
    """Like `fits`, but an uncertain channel or tool fits none: an exception needs certainty, a rule a possibility."""
    if scope.tool is not None and origin.tool is None:
        return False
    if scope.channel is not None and (origin.inferred or origin.channel not in scope.channel):
        return False
    return scope.fits(origin, model, tenant, route)
