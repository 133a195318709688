"""What differs between two policies, field by field, and whether it makes rules looser or stricter.

"Looser" means the same as for locked rules. What is changed in both ways, or can't be compared, is called changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TypeAlias

from guardproxy.policy.locks import looser_fields
from guardproxy.policy.model import Policy, Rule, Scope, Unless, When
from guardproxy.policy.policies import Policies
from guardproxy.policy.rollout import Rollout
from guardproxy.types import Outcome, Style

Way: TypeAlias = Literal["stricter", "looser", "changed", ""]
"""Empty: it decides nothing, people read it."""
Kind: TypeAlias = Literal["rule", "filter", "monitor", "list", "default", "policy", "tenant"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. None: it isn't there."""

    kind: Kind
    name: str
    field: str = ""
    """Empty where the whole thing was added or removed."""
    before: str | None = None
    after: str | None = None
    way: Way = "changed"
    tenant: str = ""
    """The tenant whose policy it is; empty for the default one."""


def differences(before: Policies, after: Policies) -> list[Change]:
    """All that differs: of the default policies, then of each tenant's."""
    out = list(_policy(before.default, after.default, ""))
    for tenant in sorted({*before.tenants, *after.tenants}):
        if tenant not in after.tenants or tenant not in before.tenants:
            old, new = (p.of(tenant).name if tenant in p.tenants else None for p in (before, after))
            out.append(Change("tenant", tenant, "", old, new))
        out += _policy(before.of(tenant), after.of(tenant), tenant)
    default = {(c.kind, c.name, c.field, c.before, c.after) for c in out if not c.tenant}
    return [c for c in out if not c.tenant or (c.kind, c.name, c.field, c.before, c.after) not in default]


def _policy(before: Policy, after: Policy, tenant: str) -> Iterator[Change]:
    for name in ("name", "version"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Change("policy", after.name, name, old, new, "", tenant)
    if before.digest != after.digest:
        yield Change("policy", after.name, "digest", before.digest[:12], after.digest[:12], "changed", tenant)
    yield from _rules(before, after, tenant)
    yield from _detectors("filter", before.filters, after.filters, tenant)
    yield from _detectors("monitor", before.monitors, after.monitors, tenant)
    for name in sorted(n for n in before.contents.keys() & after.contents.keys()):
        if before.contents[name] != after.contents[name]:
            was, now = before.contents[name][:12], after.contents[name][:12]
            yield Change("filter", name, "files that it reads", was, now, "changed", tenant)
    yield from _lists(before, after, tenant)
    for field in fields(before.defaults):
        old, new = getattr(before.defaults, field.name), getattr(after.defaults, field.name)
        if old != new:
            way: Way = "" if field.name in _TOLD else _default(field.name, old, new)
            yield Change("default", field.name, field.name, _word(old), _word(new), way, tenant)


def _default(name: str, old: Any, new: Any) -> Way:
    strict: Mapping[str, tuple[str, str]] = {"failure": ("allow", "block"), "reasoning": ("pass", "drop")}
    if name in strict:
        return "stricter" if (old, new) == strict[name] else "looser"
    return "changed"


def _rules(before: Policy, after: Policy, tenant: str) -> Iterator[Change]:
    old, new = {r.id: r for r in before.rules}, {r.id: r for r in after.rules}
    for id in sorted({*old, *new}):
        if id not in old:
            yield Change("rule", id, "", None, summary(new[id]), "stricter" if _acts(new[id]) else "", tenant)
        elif id not in new:
            yield Change("rule", id, "", summary(old[id]), None, "looser" if _acts(old[id]) else "", tenant)
        else:
            yield from _rule(old[id], new[id], tenant)


def _acts(rule: Rule) -> bool:
    return rule.mode == "enforce" and rule.then > Outcome.ALLOW


def _rule(old: Rule, new: Rule, tenant: str) -> Iterator[Change]:
    looser, stricter = looser_fields(old, new), looser_fields(new, old)
    for field in fields(Rule):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was == now:
            continue
        way: Way = ""  # in neither direction is anything lost: people read it, or it says the same in other words
        if field.name in looser:
            way = "changed" if field.name in stricter else "looser"
        elif field.name in stricter:
            way = "stricter"
        yield Change("rule", new.id, _KEYS.get(field.name, field.name), _word(was), _word(now), way, tenant)


_TOLD: Final = ("message", "on_block")
"""Defaults that people read."""
_KEYS: Final = {"style": "with.style", "restore_tools": "with.restore_tools"}


def _detectors(
    kind: Kind, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]], tenant: str
) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            was, now = (None if o is None else _word(dict(o)) for o in (old, new))
            yield Change(kind, name, "", was, now, "changed", tenant)
            continue
        for option in sorted({*old, *new}):
            if option not in old or option not in new or old[option] != new[option]:
                was, now = (_word(o[option]) if option in o else None for o in (old, new))
                yield Change(kind, name, option, was, now, "changed", tenant)


def _lists(before: Policy, after: Policy, tenant: str) -> Iterator[Change]:
    for name in sorted({*before.lists, *after.lists}):
        old, new = before.lists.get(name), after.lists.get(name)
        if old is None or new is None:
            was, now = (None if o is None else _word(o) for o in (old, new))
            yield Change("list", name, "", was, now, "changed", tenant)
            continue
        for glob in sorted({*old, *new}):
            if glob not in new:
                yield Change("list", name, "entry", glob, None, "stricter", tenant)
            elif glob not in old:
                yield Change("list", name, "entry", None, glob, "looser", tenant)


def summary(rule: Rule) -> str:
    """A rule in one line."""
    mode = "" if rule.mode == "enforce" else f" [{rule.mode.value}]"
    scope = "" if rule.scope.empty else f" in {_word(rule.scope)}"
    what = (
        f"escalate to {rule.to}"
        if rule.to
        else f"route to {rule.upstream}"
        if rule.upstream
        else rule.then.name.lower()
    )
    return f"{_word(rule.when)}{scope} -> {what}{mode}"


def _word(value: Any) -> str:
    """A value as an author would write it."""
    match value:
        case When():
            atoms = [f"{a.label} >= {a.score:g}{f' x{a.times}' if a.times > 1 else ''}" for a in value.atoms]
            return atoms[0] if len(atoms) == 1 else f"{'all' if value.every else 'any'}: [{', '.join(atoms)}]"
        case Scope() | Unless():
            return _given(value)
        case Rollout():
            return "all" if value.whole else f"{value.percent:g}% by {value.by}"
        case Outcome() | Style():
            return value.name.lower()
        case frozenset() | tuple() | list():
            words = [_word(v) for v in value]
            return f"[{', '.join(sorted(words) if isinstance(value, frozenset) else words)}]"
        case Mapping():
            return "{" + ", ".join(f"{k}: {_word(v)}" for k, v in value.items()) + "}"
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
    return str(value)


def _given(value: Scope | Unless) -> str:
    parts = []
    for field in fields(value):
        one = getattr(value, field.name)
        if isinstance(one, Scope):
            parts += [] if one.empty else [_given(one)[1:-1]]
        elif one is not None:
            parts.append(f"{field.name}: {_word(one)}")
    return "{" + ", ".join(parts) + "}" if parts else "everywhere"
