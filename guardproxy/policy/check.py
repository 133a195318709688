"""What is wrong with a policy beyond its form. Each complaint has a number and a paragraph in docs/policy.md.

Every lint is a function from a Subject to complaints; none changes anything, and none imports a filter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from guardproxy import __version__
from guardproxy.policy import check_calls, check_cases, check_training
from guardproxy.policy.case_form import CaseEntry
from guardproxy.policy.complaints import did_you_mean
from guardproxy.policy.model import GUARD_LABELS, Mode, Policy, Rule
from guardproxy.policy.reach import atom_place, holds, origins, out_of_scope, replies, too_high
from guardproxy.policy.schema import Document, RuleEntry
from guardproxy.policy.source import Source
from guardproxy.policy.templates import PLACEHOLDER, PLACEHOLDERS
from guardproxy.text import PatternError
from guardproxy.text.globs import overlap
from guardproxy.text.syntax import width_of
from guardproxy.types import Catalogue, ConfigError, Direction, Filter, Monitor, Outcome, Path


@dataclass(frozen=True, slots=True)
class Subject:
    """A policy with all that there is to say about it."""

    source: Source
    document: Document
    policy: Policy
    catalogue: Catalogue
    built: Mapping[str, Filter | Monitor]
    """The policy's filters and monitors, unstarted; empty where nobody can build them."""

    def rules(self) -> Iterator[tuple[Path, RuleEntry, Rule]]:
        """(place, as written, as compiled) of each rule, in the order of the file."""
        by_id = {r.id: r for r in self.policy.rules}
        for i, entry in enumerate(self.document.rules):
            yield ("rules", i), entry, by_id[entry.id]

    def tests(self) -> Iterator[tuple[Path, CaseEntry]]:
        for i, entry in enumerate(self.document.tests):
            yield ("tests", i), entry


Complaints = Iterator[ConfigError]


def problems(subject: Subject) -> list[ConfigError]:
    """Everything that keeps the policy from being used, in the order of the file."""
    found = itertools.chain.from_iterable(lint(subject) for lint in _LINTS)
    return sorted(found, key=lambda e: (e.line, e.column, e.code))


# ---------------------------------------------------------------------------------------------------- form


def _version(subject: Subject) -> Complaints:
    wanted = subject.document.requires
    if wanted and _numbers(wanted.lstrip(">= ")) > _numbers(__version__):
        message = f"the policy needs guardproxy {wanted}, and this is {__version__}; upgrade guardproxy"
        yield subject.source.error("GP002", message, ("requires",))


def _numbers(version: str) -> list[int]:
    parts = [int("".join(itertools.takewhile(str.isdigit, p)) or 0) for p in version.split(".")[:3]]
    return parts + [0] * (3 - len(parts))


def _duplicates(subject: Subject) -> Complaints:
    named = [("rule", (*p, "id"), e.id) for p, e, _ in subject.rules()]
    named += [("test", (*p, "name"), e.name) for p, e in subject.tests()]
    seen: dict[tuple[str, str], int] = {}
    for kind, path, name in named:
        if (kind, name) in seen:
            message = f"a {kind} named {name!r} stands in line {seen[kind, name]} already; names are unique"
            yield subject.source.error("GP003", message, path)
        seen.setdefault((kind, name), subject.source.place(path)[0])


def _rule_form(subject: Subject) -> Complaints:
    for path, entry, rule in subject.rules():
        yield from _carried_out(subject, path, entry, rule)
        if entry.with_ and entry.with_.restore_tools and entry.with_.style != "token":
            message = "`restore_tools` says which tools get a value back; only `style: token` keeps one"
            yield subject.source.error("GP002", message, (*path, "with", "restore_tools"), key=True)
        if (entry.to is None) == (entry.then in ("escalate", "route")):
            message = "`to` belongs to `then: escalate` (a filter) and `then: route` (an upstream); add the one that is missing"
            yield subject.source.error("GP002", message, (*path, "then" if entry.to is None else "to"))
        if entry.unless is None:
            continue
        if not entry.unless.model_fields_set:
            message = "`unless` is empty; say what is left alone, or leave it out"
            yield subject.source.error("GP002", message, (*path, "unless"), key=True)
        for name in entry.unless.in_list or ():
            if name not in subject.policy.lists:
                hint = did_you_mean(name, subject.policy.lists)
                message = f"there is no list {name!r}{hint}; define it under `lists:`"
                yield subject.source.error("GP002", message, (*path, "unless", "in_list"))


def _carried_out(subject: Subject, path: Path, entry: RuleEntry, rule: Rule) -> Complaints:
    """`with` says what its outcome needs, and nothing else."""
    error, given = subject.source.error, entry.with_.model_fields_set if entry.with_ else set()
    if rule.then is Outcome.REWRITE:
        if "template" not in given:
            yield error("GP002", "`then: rewrite` needs the text to write: `with: {template: ...}`", (*path, "then"))
        for name in PLACEHOLDER.findall(rule.template):
            if name not in PLACEHOLDERS:
                hint = did_you_mean(name, PLACEHOLDERS)
                known = ", ".join(f"{{{p}}}" for p in PLACEHOLDERS)
                message = f"a template has no placeholder {{{name}}}{hint}; known are {known}"
                yield error("GP002", message, (*path, "with", "template"))
        if more := given - {"template"}:
            message = f"`{min(more)}` says how a span is replaced, and `then: rewrite` replaces the whole text"
            yield error("GP002", message, (*path, "with", min(more)), key=True)
    elif entry.with_ and "template" in given:
        message = "`template` stands for a whole text: it needs `then: rewrite`"
        yield error("GP002", message, (*path, "with", "template"), key=True)
    elif entry.with_ and rule.then is not Outcome.REDACT:
        message = f"`style` says how a span is replaced; it means nothing with `then: {entry.then}`"
        yield error("GP002", message, (*path, "with"), key=True)


# ---------------------------------------------------------------------------------------------------- labels


def _unknown_labels(subject: Subject) -> Complaints:
    for path, entry, rule in subject.rules():
        for i, atom in enumerate(rule.when.atoms):
            if message := _unknown(subject, atom.label):
                yield subject.source.error("GP014", message, atom_place(subject, path, i))
        for label in (entry.unless and entry.unless.label) or ():
            if message := _unknown(subject, label):
                yield subject.source.error("GP014", message, (*path, "unless", "label"))
    for label, place in check_training.conditions(subject):
        if message := _unknown(subject, label):
            yield subject.source.error("GP014", message, place)


def _unknown(subject: Subject, label: str) -> str:
    """Why no finding can have this label (a glob); empty when one can."""
    mine = {e: name for name, labels in subject.policy.labels.items() for e in labels}
    if any(overlap(label, e) for e in (*mine, *GUARD_LABELS)):
        return ""
    kinds = [k for k, labels in subject.catalogue.labels.items() if any(overlap(label, e) for e in labels if e != "*")]
    if kinds:
        add = f"{kinds[0]}: {{use: {kinds[0]}}}"
        return f"no filter of this policy emits {label!r}; add one that does under `filters:`, as in `{add}`"
    monitors = [k for k, labels in subject.catalogue.monitors.items() if any(overlap(label, e) for e in labels)]
    if monitors:
        mine_too = [n for n, entry in subject.document.monitors.items() if entry.use in monitors]
        if mine_too:
            return f"monitor {mine_too[0]!r} can't say {label!r} with the options that it has; give it the one for that"
        add = f"{monitors[0]}: {{use: {monitors[0]}}}"
        return f"no monitor of this policy says {label!r}; add one that does under `monitors:`, as in `{add}`"
    families = {f"{e.partition('.')[0]}.*" for e in mine}
    hint = did_you_mean(label, (*mine, *GUARD_LABELS, *families))
    return f"no filter emits {label!r}{hint}"


# ---------------------------------------------------------------------------------------------------- redaction


def _not_local(subject: Subject) -> Complaints:
    for path, _, rule in subject.rules():
        if rule.then is Outcome.REDACT and not rule.when.local and replies(rule):
            counted = next((f"`x{a.times}`" for a in rule.when.atoms if a.times > 1), "`all`")
            message = (
                f"`redact` with {counted} can't be applied to a reply: text before the last match is sent already; "
                "use `block`, drop the condition, or `scope: {direction: request}`"
            )
            yield subject.source.error("GP021", message, (*path, "when"))


def _never_given_back(subject: Subject) -> Complaints:
    for path, entry, rule in subject.rules():
        reversible = entry.with_ is not None and entry.with_.style == "token"
        if reversible and not any(o.direction is Direction.REQUEST and holds(rule, o) for o in origins(rule)):
            message = (
                "`style: token` gives back what it masked in a request, and this rule reads none; use `label`, or widen "
                "the `scope`"
            )
            yield subject.source.error("GP026", message, (*path, "with", "style"))


def _no_spans(subject: Subject) -> Complaints:
    for path, _, rule in subject.rules():
        if rule.then not in (Outcome.REDACT, Outcome.REWRITE):
            continue
        for i, atom in enumerate(rule.when.atoms):
            if message := _uncuttable(subject, rule, atom.label):
                yield subject.source.error("GP024", message, atom_place(subject, path, i))


def _uncuttable(subject: Subject, rule: Rule, label: str) -> str:
    """Why what this label finds can't be cut out of a text; empty when it can."""
    emitting = check_calls.emitters(subject, label)
    verb = rule.then.name.lower()
    done = "cut out" if rule.then is Outcome.REDACT else "written anew"
    for name in emitting:
        if name in subject.document.monitors:
            what = "what a call does" if subject.policy.of_calls(name) else "a conversation"
            return f"`{verb}` needs a text: {label!r} is about {what}, and that can't be {done}; use `block`"
        entry = subject.document.filters[name]
        if rule.then is Outcome.REDACT and not subject.catalogue.spans.get(entry.use, True):
            return f"`redact` needs to know where: filter {name!r} says only that {label!r} is somewhere; use `block`"
        if not entry.hold and replies(rule):
            why = f"filter {name!r} has `hold: false`, so what it finds is out already"
            return f"`{verb}` needs text to wait: {why}; use `block`, or let the filter hold"
    if not emitting and any(overlap(label, g) for g in GUARD_LABELS):
        if rule.then is Outcome.REWRITE:
            return f"`rewrite` is for what filters find, and {label!r} says that a text could not be read; use `block`"
        return f"`redact` needs to know where, and {label!r} is about the whole text; use `block`"
    return ""


# ---------------------------------------------------------------------------------------------------- stages


def _escalations(subject: Subject) -> Complaints:
    """GP023: whom a rule escalates to must wait to be asked, and who waits must be asked by somebody."""
    filters = subject.document.filters
    asked = {e.to for _, e, rule in subject.rules() if rule.mode is not Mode.DISABLED and not rule.upstream}
    for path, entry, _ in subject.rules():
        if entry.to is None or entry.then != "escalate":
            continue
        if entry.to not in filters:
            hint = did_you_mean(entry.to, filters)
            yield subject.source.error("GP023", f"there is no filter {entry.to!r}{hint}", (*path, "to"))
        elif filters[entry.to].stage != 2:
            message = f"filter {entry.to!r} reads everything already; give it `stage: 2`, or don't escalate to it"
            yield subject.source.error("GP023", message, (*path, "to"))
    for name, one in filters.items():
        if one.stage == 2 and name not in asked:
            message = f"filter {name!r} has `stage: 2`, and no rule escalates to it: it would never run"
            yield subject.source.error("GP023", message, ("filters", name, "stage"))


def _routes(subject: Subject) -> Complaints:
    """GP033: who is asked is chosen before anybody is, and among those whom the operator has named."""
    known = subject.catalogue.upstreams
    for path, _, rule in subject.rules():
        if not rule.upstream:
            continue
        if rule.scope.direction != frozenset({"request"}):
            message = "`then: route` chooses who is asked, and a reply is too late for that; add `scope: {direction: request}`"
            yield subject.source.error("GP033", message, (*path, "then"))
        if known is not None and rule.upstream not in known:
            there = f"there are {', '.join(sorted(known))}" if known else "there are none"
            hint = did_you_mean(rule.upstream, known)
            message = f"the operator's settings (`upstreams:`) have no {rule.upstream!r}{hint}; {there}"
            yield subject.source.error("GP033", message, (*path, "to"))


# ---------------------------------------------------------------------------------------------------- patterns


def _patterns(subject: Subject) -> Complaints:
    most = subject.policy.defaults.max_hold
    for name, built in subject.built.items():
        entry: Path = ("filters", name)
        widest, at = int(getattr(built, "window", 0)), entry  # text waits for what is read at once
        for rule in getattr(built, "rules", ()):
            place = entry_place(subject.source, name, rule.id)
            try:
                width = width_of(rule.pattern, ignore_case=rule.ignore_case)
            except PatternError as e:
                yield subject.source.error("GP020", f"{rule.id}: {e}", place)
                continue
            if width > widest:
                widest, at = width, place
        if widest > most and getattr(built, "hold", True):
            message = (
                f"filter {name!r} can match {widest:,} characters, and no more than {most:,} are held; "
                f"bound the pattern, or set `defaults: {{max_hold: {widest}}}`"
            )
            yield subject.source.error("GP025", message, at)


def entry_place(source: Source, name: str, entry: str) -> Path:
    """Where an entry of a filter's options stands, by its id (or that of a rule made of it).

    Filters that bring their own patterns have no entries: then it is the filter itself.
    """
    for key, value in source.data["filters"][name].items():
        for i, one in enumerate(value if isinstance(value, list) else ()):
            id = one.get("id") if isinstance(one, dict) else None
            if isinstance(id, str) and (entry == id or entry.startswith(f"{id}.")):
                path = ("filters", name, key, i)
                return (*path, "pattern") if "pattern" in one else path
    return ("filters", name)


# ---------------------------------------------------------------------------------------------------- tests


def _tests(subject: Subject) -> Complaints:
    for path, entry in subject.tests():
        yield from _given(subject, (*path, "given"), entry)
        yield from check_cases.expected(subject, path, entry, _unknown)


def _given(subject: Subject, path: Path, entry: CaseEntry) -> Complaints:
    given, error = entry.given, subject.source.error
    yield from check_cases.given(subject, path, entry)
    detectors = (*subject.policy.filters, *subject.policy.monitors)
    for i, name in enumerate(given.failures or ()):
        if name not in detectors:
            message = f"there is no filter {name!r} that could fail{did_you_mean(name, detectors)}"
            yield error("GP002", message, (*path, "failures", i))
    for i, finding in enumerate(given.findings or ()):
        here = (*path, "findings", i)
        if finding.filter is not None and finding.filter not in (*detectors, "guard"):
            hint = did_you_mean(finding.filter, detectors)
            yield error("GP002", f"there is no filter {finding.filter!r}{hint}", (*here, "filter"))
        if message := _unknown(subject, finding.label):
            yield error("GP014", message, (*here, "label"))


_LINTS: tuple[Callable[[Subject], Complaints], ...] = (
    _version, _duplicates, check_calls.sections, _rule_form, _unknown_labels, out_of_scope, too_high, _not_local,
    _never_given_back, _no_spans, _escalations, _routes, check_calls.approvals, check_calls.streamed, check_calls.mixtures,
    check_calls.readings, _patterns, _tests, check_training.rules, check_training.tests,
)  # fmt: skip
