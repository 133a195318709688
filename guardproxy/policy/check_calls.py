"""What is wrong with what a policy says about calls of tools: monitors, and rules that ask a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from guardproxy.policy.complaints import did_you_mean
from guardproxy.policy.model import GUARD_LABELS, Mode, Rule
from guardproxy.text.globs import overlap
from guardproxy.types import Channel, ConfigError, Direction, Origin, Outcome, Role

if TYPE_CHECKING:
    from guardproxy.policy.check import Subject

Complaints = Iterator[ConfigError]
PATTERNS = frozenset(("control_tokens", "obfuscation", "patterns", "pii_patterns", "secrets"))
"""Filters that are sure of a text while it comes, character by character."""


def sections(subject: Subject) -> Complaints:
    """Entries of `filters` and `monitors`: kinds that there are, in the section where they belong, under names of their own."""
    document, catalogue = subject.document, subject.catalogue
    for section, noun, entries, kinds, others in (
        ("filters", "filter", document.filters, catalogue.labels, catalogue.monitors),
        ("monitors", "monitor", document.monitors, catalogue.monitors, catalogue.labels),
    ):
        named: Mapping[str, Any] = entries
        for name, entry in named.items():
            if entry.use not in kinds:
                yield subject.source.error("GP002", _no_kind(entry.use, noun, kinds, others), (section, name, "use"))
            if name == "guard":
                message = "`guard` is guardproxy's own name for what it saw itself; choose another"
                yield subject.source.error("GP002", message, (section, name), key=True)
            if section == "monitors" and name in document.filters:
                message = f"there is a filter {name!r} too; filters and monitors share their names: choose another"
                yield subject.source.error("GP002", message, (section, name), key=True)


def _no_kind(use: str, noun: str, kinds: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    if use in others:
        other = "monitor" if noun == "filter" else "filter"
        return f"{use!r} is a {other}; move the entry to `{other}s:`"
    hint = did_you_mean(use, kinds) or f"; the {noun}s are {', '.join(sorted(kinds))}"
    return f"there is no {noun} {use!r}{hint}"


# ---------------------------------------------------------------------------------------------------- rules


def emitters(subject: Subject, label: str) -> list[str]:
    """Instances that may say a label (a glob)."""
    return [n for n, labels in subject.policy.labels.items() if any(overlap(label, e) for e in labels)]


def kind_of(subject: Subject, name: str) -> str:
    """What an instance looks at: `text`, `call` or `conversation`. These are never decided together."""
    if name not in subject.document.monitors:
        return "text"
    return "call" if subject.policy.of_calls(name) else "conversation"


def of_conduct(subject: Subject, rule: Rule) -> bool:
    """Only monitors of calls can set the rule off."""
    return only_by(subject, rule, "call")


def only_by(subject: Subject, rule: Rule, kind: str) -> bool:
    """Only what looks at this kind of thing can set the rule off."""
    said = [{kind_of(subject, name) for name in emitters(subject, atom.label)} for atom in rule.when.atoms]
    return all(kinds == {kind} for kinds in said)


def conversations_of(origins: Iterator[Origin]) -> Iterator[Origin]:
    """The one of these places where a conversation is judged: as the user's text."""
    return (o for o in origins if o.direction is Direction.REQUEST and o.role is Role.USER)


def readings(subject: Subject) -> Complaints:
    """What a monitor reads of filters' findings has to be found by some filter."""
    for name, globs in subject.policy.reads.items():
        for glob in globs:
            if not any(kind_of(subject, one) == "text" for one in emitters(subject, glob)):
                said = {
                    label
                    for n, labels in subject.policy.labels.items()
                    for label in labels
                    if n not in subject.policy.monitors
                }
                message = (
                    f"monitor {name!r} reads {glob!r}, which no filter of this policy says{did_you_mean(glob, said)}; "
                    "add one that does under `filters:`"
                )
                yield subject.source.error("GP014", message, ("monitors", name))


def calls_of(origins: Iterator[Origin]) -> Iterator[Origin]:
    """Those of these places where monitors look: calls in replies."""
    for origin in origins:
        if (
            origin.direction is Direction.RESPONSE
            and origin.role is Role.ASSISTANT
            and origin.channel is Channel.COMMENTARY
            and origin.tool is not None
        ):
            yield origin


def approvals(subject: Subject) -> Complaints:
    """`require_approval` is about calls of named tools, and for what monitors say."""
    for path, _, rule in subject.rules():
        if rule.then is not Outcome.REQUIRE_APPROVAL:
            continue
        if rule.scope.tool is None:
            message = "`require_approval` holds calls of tools; say which with `scope: {tool: ...}`"
            yield subject.source.error("GP027", message, (*path, "then"))
        for i, atom in enumerate(rule.when.atoms):
            names = emitters(subject, atom.label)
            wrong = next((n for n in sorted(names) if kind_of(subject, n) != "call"), "")
            if wrong or any(overlap(atom.label, label) for label in GUARD_LABELS):
                noun = "monitor" if wrong in subject.document.monitors else "filter"
                said = f"{noun} {wrong!r}" if wrong else "guardproxy itself"
                message = (
                    f"`require_approval` is for what monitors say (`call.*`), and {atom.label!r} is said by {said}; "
                    "name a label of a monitor of calls, or use `block`"
                )
                yield subject.source.error("GP027", message, (*path, "when", i))


def streamed(subject: Subject) -> Complaints:
    """`tool_release: stream` is for tools whose calls no rule has to see whole."""
    for i, tool in enumerate(subject.policy.defaults.stream_tools):
        path = ("defaults", "tool_release", "stream", i)
        for _, _, rule in subject.rules():
            meant = rule.scope.tool is None or any(overlap(tool, one) for one in rule.scope.tool)
            if rule.mode is not Mode.DISABLED and meant and of_conduct(subject, rule):
                message = (
                    f"calls of {tool!r} would go out before they are complete, and rule {rule.id!r} has to see them whole; "
                    "take the tool out here, or out of the rule's `scope`"
                )
                yield subject.source.error("GP029", message, path)
        for name, entry in subject.document.filters.items():
            if entry.use not in PATTERNS and name in _used(subject):
                message = (
                    f"filter {name!r} ({entry.use}) reads more than patterns: calls of {tool!r} have to wait for it"
                )
                yield subject.source.error("GP029", message, path)


def _used(subject: Subject) -> set[str]:
    """Filters that some rule needs."""
    return {n for _, _, rule in subject.rules() for atom in rule.when.atoms for n in emitters(subject, atom.label)}


def mixtures(subject: Subject) -> Complaints:
    """What is written in a call and what it does are decided apart: no `all` can join them."""
    for path, _, rule in subject.rules():
        if not rule.when.every:
            continue
        if len(kinds_joined(subject, rule)) > 1:
            message = (
                "`all` joins what a filter finds in a text with what a monitor says about a call or a conversation, and "
                "these are never found together; write a rule for each"
            )
            yield subject.source.error("GP028", message, (*path, "when"))


def kinds_joined(subject: Subject, rule: Rule) -> set[str]:
    """The kinds of things that some condition of a rule is about alone."""
    said = [{kind_of(subject, name) for name in emitters(subject, atom.label)} for atom in rule.when.atoms]
    return {kind for kinds in said if len(kinds) == 1 for kind in kinds}


def unheard(subject: Subject, names: Iterable[str]) -> Complaints:
    """GP011: something that one of these monitors looks for, and no rule acts on."""
    atoms = [atom.label for _, _, rule in subject.rules() if rule.mode is not Mode.DISABLED for atom in rule.when.atoms]
    for name in names:
        said = [label for label in subject.policy.labels.get(name, ()) if label != "call.any"]
        lost = [label for label in said if not any(overlap(atom, label) for atom in atoms)]
        if lost:
            message = f"no rule acts on {', '.join(map(repr, lost))}, which monitor {name!r} looks for; write one"
            yield subject.source.error("GP011", message, ("monitors", name))
