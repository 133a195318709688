"""Where a rule can fire at all: from where texts come, what is said about them there, and with what scores.

Filters may tell more about themselves than their labels, by attributes that only some have: `says_at`, `floor` and
`ceilings` (see `Filter` in `guardproxy.types`). Where nothing is known everything is possible.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from guardproxy.policy import check_calls
from guardproxy.policy.model import GUARD_LABELS, Entry, Mode, Policy, Rule
from guardproxy.text.globs import any_matches, covers, overlap
from guardproxy.types import Channel, ConfigError, Direction, Origin, Path, Role

if TYPE_CHECKING:
    from guardproxy.policy.check import Subject

Complaints = Iterator[ConfigError]
_MOST_PLACES = 20_000
"""Places that are tried one after the other; a rule that tells more of them apart is taken for one that can fire."""
_ANY = "\0"
"""What stands for whatever a `*` stands for: only another `*` takes it in."""


def out_of_scope(subject: Subject) -> Complaints:
    """GP015: rules that can't fire, whatever anybody says anywhere."""
    for path, entry, rule in subject.rules():
        empty = entry.unless is not None and not entry.unless.model_fields_set  # said already
        if rule.mode is Mode.DISABLED or empty or _mixed(subject, rule) or _look(subject, rule).fires:
            continue
        key, why = _why_never(subject, rule)
        yield subject.source.error("GP015", f"the rule can never match: {why}", (*path, key), key=True)


def dead_atoms(subject: Subject, rule: Rule) -> dict[int, str]:
    """The conditions, by index, of a rule that can fire which never have a part in it, with why."""
    if rule.when.every or rule.mode is Mode.DISABLED or len(rule.when.atoms) == 1:
        return {}
    seen = _look(subject, rule)
    if not seen.fires:
        return {}
    return {
        i: "`unless` leaves that alone" if i in seen.exempt else "nobody says that in this scope"
        for i in range(len(rule.when.atoms))
        if i not in seen.alive
    }


def holds(rule: Rule, origin: Origin) -> bool:
    """Whether the rule is in force for some text from there."""
    return next(_entries(rule, origin), None) is not None


def replies(rule: Rule) -> bool:
    """Whether the rule is in force somewhere in replies."""
    return any(o.direction is Direction.RESPONSE and holds(rule, o) for o in origins(rule))


def origins(rule: Rule) -> Iterator[Origin]:
    """Everywhere a text can come from, with the tools that the rule tells apart."""
    globs = {*(rule.scope.tool or ()), *((rule.unless.scope.tool or ()) if rule.unless else ())}
    tools = (None, "", *(g.replace("*", _ANY) for g in globs))
    for role in (Role.SYSTEM, Role.USER, Role.TRAINING_EXAMPLE):
        yield Origin(Direction.REQUEST, role)
    for tool in tools:
        yield Origin(Direction.REQUEST, Role.DEVELOPER, None, tool)  # definitions of tools stand there
        for direction in Direction:
            for channel in (None, *Channel):
                yield Origin(direction, Role.ASSISTANT, channel, tool)
            yield Origin(direction, Role.TOOL, None, tool)
            yield Origin(direction, Role.TOOL, Channel.COMMENTARY, tool)


# ---------------------------------------------------------------------------------------------------- places


@dataclass(slots=True)
class _Seen:
    fires: bool
    alive: set[int]
    """Conditions that hold somewhere."""
    exempt: set[int]
    """Conditions that would, if `unless` didn't leave alone what they look for."""


def _look(subject: Subject, rule: Rule) -> _Seen:
    """Go through all places until it is known what can hold."""
    atoms = range(len(rule.when.atoms))
    seen = _Seen(False, set(), set())
    tried = 0
    for origin in origins(rule):
        said = [i for i in atoms if _said_at(subject, rule.when.atoms[i].label, origin)]
        for entry in _entries(rule, origin):
            tried += 1
            exempt = {i for i in said if _exempt(subject, entry, rule.when.atoms[i].label)}
            here = set(said) - exempt
            seen.alive |= here
            seen.exempt |= exempt
            seen.fires |= len(here) == len(atoms) if rule.when.every else bool(here)
            if len(seen.alive) == len(atoms) and seen.fires:
                return seen
            if tried > _MOST_PLACES:
                return _Seen(True, set(atoms), set())
    return seen


def _entries(rule: Rule, origin: Origin) -> Iterator[Entry]:
    """The rule as it is in force there, for each of the models, tenants and routes that it tells apart."""
    alone = Policy("", rules=(rule,))
    models, tenants, routes = _samples(rule)
    for model, tenant, route in itertools.islice(itertools.product(models, tenants, routes), _MOST_PLACES):
        yield from alone.in_force(origin, model, tenant, route).entries


def _samples(rule: Rule) -> tuple[list[str], list[str], list[str]]:
    scope, other = rule.scope, rule.unless.scope if rule.unless else rule.scope
    models = {"", *(scope.model or ()), *(other.model or ())}
    tenants = {"default", "", *(scope.tenant or ()), *(other.tenant or ())}
    routes = {"", *(scope.route or ()), *(other.route or ())}
    return [m.replace("*", _ANY) for m in models], list(tenants), list(routes)


def _said_at(subject: Subject, label: str, origin: Origin) -> bool:
    """Whether anybody may say this label (a glob) about a text from there."""
    if any(overlap(label, one) for one in GUARD_LABELS):
        return True
    names = check_calls.emitters(subject, label)
    return not names or any(_says_at(subject, name, label, origin) for name in names)  # nobody: told already


def _says_at(subject: Subject, name: str, label: str, origin: Origin) -> bool:
    kind = check_calls.kind_of(subject, name)
    if kind == "call":
        return any(check_calls.calls_of(iter((origin,))))
    if kind == "conversation":
        return any(check_calls.conversations_of(iter((origin,))))
    says_at = getattr(subject.built.get(name), "says_at", None)
    return says_at is None or any(says_at(one, origin) for one in _meant(subject, name, label))


def _meant(subject: Subject, name: str, label: str) -> Iterator[str]:
    """What a filter or monitor may say of what a glob covers."""
    return (one for one in subject.policy.labels[name] if overlap(label, one))


def _exempt(subject: Subject, entry: Entry, label: str) -> bool:
    """Whether the rule's `unless` leaves alone there whatever has this label (a glob)."""
    unless = entry.unless
    if unless is None:
        return False
    if unless.label is not None and not any(covers(one, label) for one in unless.label):
        said = [one for name in check_calls.emitters(subject, label) for one in _meant(subject, name, label)]
        said += [one for one in GUARD_LABELS if overlap(label, one)]
        if not said or not all(any_matches(unless.label, one) and "*" not in one for one in said):
            return False
    return unless.in_list is None or (_in_every_list(subject, unless.in_list) and _placed(subject, label))


def _in_every_list(subject: Subject, names: frozenset[str]) -> bool:
    """Whether one of these lists holds every text."""
    return any(not glob.strip("*") for name in names for glob in subject.policy.lists.get(name, ()))


def _placed(subject: Subject, label: str) -> bool:
    """Whether findings with this label have a place: only those are looked up in lists."""
    names = check_calls.emitters(subject, label)
    if not names or any(overlap(label, one) for one in GUARD_LABELS):
        return False
    filters = subject.document.filters
    return all(name in filters and subject.catalogue.spans.get(filters[name].use, False) for name in names)


def _mixed(subject: Subject, rule: Rule) -> bool:
    """It joins what is never found together; that is told for itself."""
    return rule.when.every and len(check_calls.kinds_joined(subject, rule)) > 1


def _why_never(subject: Subject, rule: Rule) -> tuple[str, str]:
    """The key that is at fault, and why the rule can't fire."""
    there = list(origins(rule))
    if not any(map(partial(_fits, rule), there)):
        return "scope", _no_such_place(rule)
    if not any(holds(rule, origin) for origin in there):
        return "scope", "its `unless` leaves everything in its scope alone"
    calls, talks = check_calls.calls_of(iter(there)), check_calls.conversations_of(iter(there))
    if check_calls.of_conduct(subject, rule) and not any(holds(rule, origin) for origin in calls):
        return "scope", "monitors look at calls in replies only (channel commentary)"
    if check_calls.only_by(subject, rule, "conversation") and not any(holds(rule, origin) for origin in talks):
        return "scope", "a conversation is judged as the user's text of a request (role user)"
    if _look(subject, rule).exempt:
        return "unless", "its `unless` leaves alone what its `when` looks for"
    names = sorted({name for atom in rule.when.atoms for name in check_calls.emitters(subject, atom.label)})
    who = f"{' and '.join(map(repr, names))} {'says' if len(names) == 1 else 'say'}"
    return "scope", f"{who} nothing of that kind about texts from there, with the options given"


def _fits(rule: Rule, origin: Origin) -> bool:
    models, tenants, routes = _samples(rule)
    some = itertools.islice(itertools.product(models, tenants, routes), _MOST_PLACES)
    return any(rule.scope.fits(origin, m, t, r) for m, t, r in some)


def _no_such_place(rule: Rule) -> str:
    if rule.scope.channel is not None:
        return "only the assistant's text has a channel"
    if rule.scope.tool is not None:
        return "only calls and results of tools have a tool"
    return "what comes from the model is the assistant's or a tool's"


# ---------------------------------------------------------------------------------------------------- scores


def too_high(subject: Subject) -> Complaints:
    """GP017: conditions that want a higher score than any finding of theirs can have."""
    for path, _, rule in subject.rules():
        for i, atom in enumerate(rule.when.atoms):
            found = _ceilings(subject, atom.label)
            if found and atom.score > max(found.values()):
                name, most = max(found.items(), key=lambda one: one[1])
                message = (
                    f"filter {name!r} gives {atom.label!r} a score of {most:g} at most, and `>= {atom.score:g}` can never "
                    "hold; lower it, or raise the score there"
                )
                yield subject.source.error("GP017", message, atom_place(subject, path, i))


def _ceilings(subject: Subject, label: str) -> dict[str, float]:
    """Who says a label (a glob), with the highest score that each gives it; empty unless all of them are known."""
    found: dict[str, float] = {}
    if any(overlap(label, one) for one in GUARD_LABELS):
        return {}
    for name in check_calls.emitters(subject, label):
        known = getattr(subject.built.get(name), "ceilings", {})
        meant = list(_meant(subject, name, label))
        if not all(one in known for one in meant):
            return {}
        found[name] = max(known[one] for one in meant)
    return found


def floors(subject: Subject, label: str) -> dict[str, float]:
    """Who says a label (a glob), with the score below which none of it is reported; empty unless all of them have one."""
    if any(overlap(label, one) for one in GUARD_LABELS):
        return {}
    names = check_calls.emitters(subject, label)
    found = {name: float(getattr(subject.built.get(name), "floor", 0.0)) for name in names}
    return found if all(found.values()) else {}


# ---------------------------------------------------------------------------------------------------- the source


def atom_place(subject: Subject, path: Path, index: int) -> Path:
    """Where one condition of a rule stands: it may be alone, in a list, or under `any` or `all`."""
    inside = ((*path, "when", *k, index) for k in ((), ("any",), ("all",)))
    return next((p for p in inside if p in subject.source.values), (*path, "when"))


def written(subject: Subject, path: Path, index: int) -> str:
    """One condition of a rule as its author wrote it."""
    value = subject.source.data
    for step in atom_place(subject, path, index):
        value = value[step]
    return str(value)
