"""What a policy does without saying so, or says without doing it: warnings. Such a policy can be used as it stands.

Every lint is a function from a Subject to complaints, and complains only about what is so whatever may be found.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace

from guardproxy.policy import check_calls
from guardproxy.policy.cases import Case, compile_case, fired, run_pure
from guardproxy.policy.check import Subject
from guardproxy.policy.locks import all_covered, exempts_no_more, implies, within
from guardproxy.policy.model import Atom, Mode, Rule, Scope
from guardproxy.policy.reach import atom_place, dead_atoms, floors, replies, written
from guardproxy.text.globs import covers, overlap
from guardproxy.types import ConfigError, Outcome, Path, Role, Style

Complaints = Iterator[ConfigError]
Entry = tuple[str, str]
"""Section and name."""
_FEW = 100  # conditions of a rule that are compared with each other
_MOST_PAIRS = 100_000  # values that are
_SEVERITIES = ("info", "low", "medium", "high", "critical")
_OF_REQUESTS = frozenset({Role.SYSTEM.value, Role.DEVELOPER.value, Role.USER.value, Role.TRAINING_EXAMPLE.value})


def warnings(subject: Subject, cases: Iterable[Case], tenants: Sequence[str] = ()) -> list[ConfigError]:
    """All that stands in no other policy's hands. `cases`: the tests that are known for its rules; `tenants`: whose it is."""
    found = itertools.chain(
        untested(subject, cases), _vain_tests(subject, tenants), *(lint(subject) for lint in _LINTS)
    )
    return sorted(found, key=lambda e: (e.file, e.line, e.column, e.code))


# ---------------------------------------------------------------------------------------------------- tests


def untested(subject: Subject, cases: Iterable[Case]) -> Complaints:
    """GP010: enforcing rules that no test names and no pure test sets off."""
    cases = tuple(cases)
    seen = {name for c in cases for name in c.named}
    seen |= {name for c in cases if c.pure for name in fired(run_pure(subject.policy, c))}
    for path, _, rule in subject.rules():
        if rule.mode is Mode.ENFORCE and rule.id not in seen:
            message = (
                f"no test names {rule.id!r}; write `rules: [{rule.id}]` in the `expect` of a test that sets it off"
            )
            yield subject.source.error("GP010", message, (*path, "id"))


def _vain_tests(subject: Subject, tenants: Sequence[str]) -> Complaints:
    """GP013: tests that expect a rule which can't fire where their text is from."""
    rules = {rule.id: rule for rule in subject.policy.rules}
    for path, entry in subject.tests():
        if entry.todo is not None:
            continue
        case = compile_case(entry, 0, subject.policy, subject.catalogue)
        if tenants and "tenant" not in entry.given.model_fields_set:
            case = replace(case, tenant=tenants[0])
        for i, name in enumerate(entry.expect.rules):
            why = _why_not(subject, rules[name], case) if name in rules else ""
            if why:
                message = f"the test expects rule {name!r}, which {why}"
                yield subject.source.error("GP013", message, (*path, "expect", "rules", i))


def _why_not(subject: Subject, rule: Rule, case: Case) -> str:
    """Why a rule can't fire in a test; empty where it may."""
    if rule.mode is Mode.DISABLED:
        return "is disabled; take it out of `rules`, or enable it"
    rules_for = subject.policy.rules_for
    there = (rules_for(o, model=case.model, tenant=case.tenant, route=case.route) for o in case.origins)
    if not any(rule.id == one.id for rules in there for one in rules):
        return "doesn't hold for a text from there; look at its `scope` and `unless`, or change `given`"
    if case.pure and rule.id not in fired(run_pure(subject.policy, case)):
        return "isn't set off by what is given; look at its `when` and `unless`, or change `given`"
    return ""


def _same_tests(subject: Subject) -> Complaints:
    """GP019: tests that are given the same and expect the same."""
    seen: dict[str, str] = {}
    for path, entry in subject.tests():
        content = json.dumps(entry.model_dump(mode="json", exclude={"name", "todo"}), sort_keys=True)
        if content in seen:
            message = f"the test is the same as {seen[content]!r}; leave one out"
            yield subject.source.error("GP019", message, (*path, "name"))
        seen.setdefault(content, entry.name)


# ---------------------------------------------------------------------------------------------------- what nobody uses


def unused(subject: Subject, elsewhere: Container[Entry]) -> Complaints:
    """GP012: filters, monitors and lists that no rule needs. `elsewhere`: those that some policy of the directory uses."""
    for entry in _entries(subject):
        if entry not in elsewhere and (message := _idle(subject, *entry)):
            asked = any(rule.to == entry[1] for *_, rule in subject.rules())
            yield subject.source.error("GP012", message, entry, key=True, remedy="" if asked else "drop")


def used(subject: Subject) -> set[Entry]:
    """The filters, monitors and lists that some rule of this policy needs."""
    return {entry for entry in _entries(subject) if not _idle(subject, *entry)}


def _entries(subject: Subject) -> Iterator[Entry]:
    document = subject.document
    yield from (("lists", name) for name in document.lists)
    yield from (("filters", name) for name in document.filters)
    yield from (("monitors", name) for name in document.monitors)


def _idle(subject: Subject, section: str, name: str) -> str:
    """Why nothing comes of an entry; empty where something may. A rule that is disabled keeps what it names."""
    policy, rules = subject.policy, subject.policy.rules  # those that only count for `training:` too
    if section == "lists":
        named = any(rule.unless and name in (rule.unless.in_list or ()) for rule in rules)
        return (
            ""
            if named
            else f"no rule leaves alone what is in list {name!r}; take the list out, or name it in an `unless`"
        )
    globs = {atom.label for rule in rules for atom in rule.when.atoms}
    globs |= {glob for reads in policy.reads.values() for glob in reads}
    if any(overlap(glob, label) for glob in globs for label in policy.labels.get(name, ())):
        return ""
    noun = section[:-1]
    if any(rule.to == name for rule in rules):
        return f"{noun} {name!r} is asked, and no rule acts on what it says; write one, or don't escalate to it"
    return f"no rule acts on what {noun} {name!r} says, so it never runs; take it out, or write a rule"


def _unheard(subject: Subject) -> Complaints:
    """GP011: something that a monitor looks for, and no rule acts on."""
    return check_calls.unheard(subject, [n for n in subject.document.monitors if not _idle(subject, "monitors", n)])


# ---------------------------------------------------------------------------------------------------- rules


def hides(other: Rule, rule: Rule) -> bool:
    """Whether nothing comes of a rule, since another one always fires with it and is as strict at least.

    Not asked of rules that allow (they count), escalate or only watch, nor of a locked rule that only a loose one hides.
    """
    if rule.then is Outcome.ALLOW or rule.mode is not Mode.ENFORCE or (rule.locked and not other.locked):
        return False
    return (
        other.mode is Mode.ENFORCE
        and other.rollout.whole
        and _as_strict(other, rule)
        and implies(rule.when, other.when)
        and within(_filled(rule.scope), _filled(other.scope))
        and exempts_no_more(rule.unless, other.unless)
    )


def _filled(scope: Scope) -> Scope:
    """The scope with the direction that its roles imply."""
    if scope.direction is None and scope.role is not None and scope.role <= _OF_REQUESTS:
        return replace(scope, direction=frozenset({"request"}))
    return scope


def _as_strict(other: Rule, rule: Rule) -> bool:
    if other.then is Outcome.BLOCK and rule.then is not Outcome.BLOCK:
        return True
    if other.then is not rule.then or _SEVERITIES.index(rule.severity) > _SEVERITIES.index(other.severity):
        return False
    if rule.then is Outcome.BLOCK:  # the first by name says what the client is told
        return other.id < rule.id or (other.message, other.on_block) == (rule.message, rule.on_block)
    if rule.then is not Outcome.REDACT:
        return rule.then is not Outcome.REWRITE  # which template is written depends on names and findings
    if other.style is Style.TOKEN:  # what masks as well decides who gets the value back
        return rule.style is Style.TOKEN and all_covered(rule.restore_tools, other.restore_tools)
    return other.style >= rule.style


def _hidden(subject: Subject) -> Complaints:
    """GP016: rules of this file that another one always hides."""
    rules = [(path, rule) for path, _, rule in subject.rules()]
    for index, (path, rule) in enumerate(rules):
        if subject.source.file_of(path) != subject.source.file:
            continue  # whoever builds on a rule may well be stricter
        others = [
            other
            for at, (_, other) in enumerate(rules)
            if at != index and hides(other, rule) and not (at > index and hides(rule, other))
        ]
        if others:
            other = min(others, key=lambda one: (-one.then, one.id))
            does = "does the same; leave one of them out"
            if other.then is not rule.then:
                does = f"is stricter (`{other.then.name.lower()}`); leave this one out, or narrow the other"
            message = f"the rule changes nothing: whenever it fires, {other.id!r} fires too and {does}"
            yield subject.source.error("GP016", message, (*path, "id"))


def _experiments(subject: Subject) -> Complaints:
    """GP040: a rule that says of itself that it isn't settled, and acts on everything."""
    for path, _, rule in subject.rules():
        if rule.status == "experimental" and rule.mode is Mode.ENFORCE and rule.rollout.whole:
            message = (
                "the rule is experimental and acts on all of the traffic; try it with `mode: shadow` or a `rollout`, or say "
                "`status: stable`"
            )
            yield subject.source.error("GP040", message, (*path, "status"))


def for_nobody(wholes: Iterable[tuple[Subject, Callable[[str], bool]]]) -> Complaints:
    """GP041: rules for tenants who never get them. With each policy of a directory: whether a tenant gets it."""
    named: dict[tuple[str, int, int], ConfigError] = {}
    reached = set[tuple[str, int, int]]()
    for subject, gets in wholes:
        for path, _, rule in subject.rules():
            if rule.scope.tenant is None or rule.mode is Mode.DISABLED:
                continue
            who = " and ".join(map(repr, sorted(rule.scope.tenant)))
            message = (
                f"the rule is for {who}, and no such tenant gets this policy or one that builds on it; put the rule into "
                "theirs, or take the key out"
            )
            error = subject.source.error("GP041", message, (*path, "scope", "tenant"), key=True)
            place = error.file, error.line, error.column
            named.setdefault(place, error)
            if any(map(gets, rule.scope.tenant)):
                reached.add(place)
    return (error for place, error in named.items() if place not in reached)


def _too_late(subject: Subject) -> Complaints:
    """GP030: text goes out at once, and rules say that some of it is to be replaced first."""
    enforced = [rule for *_, rule in subject.rules() if rule.mode is Mode.ENFORCE]
    if subject.policy.defaults.release != "eager" or any(rule.then is Outcome.REWRITE for rule in enforced):
        return  # what is rewritten is held to its end
    late = [rule.id for rule in enforced if rule.then is Outcome.REDACT and replies(rule)]
    if late:
        message = (
            f"`release: eager` lets text of replies out before {' and '.join(map(repr, late[:3]))} can redact it; use `held`, "
            "or `scope: {direction: request}` for such rules"
        )
        yield subject.source.error("GP030", message, ("defaults", "release"))


# ---------------------------------------------------------------------------------------------------- conditions


def _said_twice(subject: Subject) -> Complaints:
    """GP019: conditions that another one of the same rule includes, or that can't hold where the rule does."""
    for path, _, rule in subject.rules():
        atoms = rule.when.atoms
        dead = dead_atoms(subject, rule)
        for i, why in dead.items():
            message = f"the condition `{atoms[i].label}` changes nothing: {why}"
            yield subject.source.error("GP019", message, atom_place(subject, path, i))
        if rule.when.every and rule.then is Outcome.REDACT:
            continue  # each of them says what is cut out
        for i, atom in enumerate(atoms[:_FEW]):
            other = next((o for j, o in enumerate(atoms[:_FEW]) if _covered(rule, i, j) and j not in dead), None)
            if other is not None and i not in dead:
                message = f"the condition `{_written(atom)}` changes nothing beside `{_written(other)}`; leave it out"
                yield subject.source.error("GP019", message, atom_place(subject, path, i), remedy="drop")


def _covered(rule: Rule, i: int, j: int) -> bool:
    """Whether condition `i` of a rule says nothing beside condition `j`. Of two that say the same the second doesn't."""
    one, other = rule.when.atoms[i], rule.when.atoms[j]
    if i == j or (one == other and i < j):
        return False
    narrow, wide = (other, one) if rule.when.every else (one, other)
    return covers(wide.label, narrow.label) and wide.score <= narrow.score and wide.times <= narrow.times


def _written(atom: Atom) -> str:
    times = f" x{atom.times}" if atom.times > 1 else ""
    return f"{atom.label} >= {atom.score:g}{times}"


def _values_twice(subject: Subject) -> Complaints:
    """GP019: an entry of a list that stands there already."""
    for name, globs in subject.document.lists.items():
        yield from _twice(subject, ("lists", name), [glob.lower() if glob.isascii() else glob for glob in globs])
    for path, entry, _ in subject.rules():
        for key, part in (("scope", entry.scope), ("unless", entry.unless)):
            for field in sorted(part.model_fields_set) if part is not None else ():
                yield from _twice(subject, (*path, key, field), getattr(part, field))


def _twice(subject: Subject, path: Path, values: Sequence[str]) -> Complaints:
    seen: set[str] = set()
    starred = [value for value in values if "*" in value][: _MOST_PAIRS // max(1, len(values))]
    for i, value in enumerate(values):
        wider = next((one for one in starred if one != value and covers(one, value)), "")
        if value in seen:
            message = f"{value!r} stands twice in this list; leave one out"
            yield subject.source.error("GP019", message, (*path, i), remedy="drop")
        elif wider and not covers(value, wider):
            message = f"{value!r} changes nothing beside {wider!r}, which covers it; leave it out"
            yield subject.source.error("GP019", message, (*path, i), remedy="drop")
        seen.add(value)


def _below_the_floor(subject: Subject) -> Complaints:
    """GP018: a score that is wanted, and that the filters which say it don't report."""
    for path, _, rule in subject.rules():
        for i, atom in enumerate(rule.when.atoms):
            found = floors(subject, atom.label)
            if found and atom.score < min(found.values()) and ">=" in written(subject, path, i):
                name, floor = min(found.items(), key=lambda one: one[1])
                message = (
                    f"filter {name!r} reports nothing below {floor:g}, so `>= {atom.score:g}` is the same as `>= {floor:g}`; "
                    "let the filter report more, or raise the score"
                )
                yield subject.source.error("GP018", message, atom_place(subject, path, i))


_LINTS: tuple[Callable[[Subject], Complaints], ...] = (
    _unheard, _same_tests, _hidden, _experiments, _too_late, _said_twice, _values_twice, _below_the_floor,
)  # fmt: skip
