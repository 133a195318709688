"""A policy for one place of a record, where names are known only as globs that cover them, and what isn't known is assumed.

Two assumptions are enough: the strict one has every doubtful rule hold, the lenient one has none. Since rules only add up,
every decision that is possible lies between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from guardproxy.policy.model import Mode, Policy, Rule, Scope, Unless
from guardproxy.policy.rollout import EVERYWHERE, place
from guardproxy.text.globs import any_matches


@dataclass(frozen=True, slots=True)
class Name:
    """What is known of a name: the name itself, or which globs cover it and which ones were tried."""

    exact: str | None = None
    covered: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()

    @classmethod
    def of(cls, covered: Collection[str], tried: Collection[str], exact: str | None = None) -> Name:
        plain = next((glob for glob in sorted(covered) if "*" not in glob), None)
        return cls(exact if exact is not None else plain, frozenset(covered), frozenset(tried))

    def fits(self, globs: Collection[str]) -> bool | None:
        """Whether one of the globs covers the name; None where that can't be said."""
        if self.exact is not None:
            return any_matches(globs, self.exact)
        if any(glob in self.covered or not glob.strip("*") for glob in globs):
            return True
        return False if all(glob in self.tried for glob in globs) else None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one place and of the request it is in."""

    model: Name
    tool: Name | None = None
    """None: the text is of no tool."""
    tenant: str = "default"
    request: str = ""
    rollout: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Rule to what its rollout went by, and this request's place there."""


def narrow(policy: Policy, known: Known, *, strict: bool) -> Policy:
    """The policy with all names and rollouts resolved: its rules ask for no tool, no model and no part of the traffic."""
    rules = tuple(r for rule in policy.rules if (r := _rule(rule, known, strict)) is not None)
    return policy if rules == policy.rules else replace(policy, rules=rules)


def uncertain(policy: Policy, known: Known) -> tuple[str, ...]:
    """Ids of the rules of which it can't be said whether they hold here, or act."""
    return tuple(r.id for r in policy.rules if r.mode is not Mode.DISABLED and _doubtful(r, known))


def _doubtful(rule: Rule, known: Known) -> bool:
    return _shape(_rule(rule, known, True)) != _shape(_rule(rule, known, False))


def _shape(rule: Rule | None) -> object:
    return rule and (rule.mode, rule.scope, rule.unless)


def _rule(rule: Rule, known: Known, strict: bool) -> Rule | None:
    scope = _narrowed(rule.scope, known, doubt=strict)
    if scope is None:
        return None
    unless = rule.unless
    if unless is not None:
        rest = _narrowed(unless.scope, known, doubt=not strict)
        unless = None if rest is None else Unless(rest, unless.label, unless.in_list)
    mode = rule.mode
    if mode is Mode.ENFORCE and not rule.rollout.whole:
        reached = _reached(rule, known)
        mode = Mode.ENFORCE if reached or (reached is None and strict) else Mode.SHADOW
    new = replace(rule, scope=scope, unless=unless, mode=mode, rollout=EVERYWHERE)
    return rule if _shape(new) == _shape(rule) and rule.rollout.whole else new


def _narrowed(scope: Scope, known: Known, *, doubt: bool) -> Scope | None:
    """The scope without its globs, where they fit; None where they don't. `doubt`: what is assumed where nobody knows."""
    if scope.tool is not None and known.tool is not None:
        fits = known.tool.fits(scope.tool)
        if not (doubt if fits is None else fits):
            return None
        scope = replace(scope, tool=None)
    if scope.model is not None:
        fits = known.model.fits(scope.model)
        if not (doubt if fits is None else fits):
            return None
        scope = replace(scope, model=None)
    return scope


def _reached(rule: Rule, known: Known) -> bool | None:
    rollout = rule.rollout
    if rollout.by in ("request", "tenant"):
        key = known.tenant if rollout.by == "tenant" else ""
        return place(rule.id, key or known.request) < rollout.percent
    by, at = known.rollout.get(rule.id, ("", 0.0))
    return at < rollout.percent if by == rollout.by else None
