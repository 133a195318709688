"""What a policy may not change about another one that it extends: locked rules, and all that they read.

A locked rule may be made stricter and never looser. Field by field, "looser" means:

- `locked`: taken away;
- `mode`: from enforce to shadow, or from either to disabled;
- `then`: a milder outcome. `redact` may only become `block`, since what a person approves would go out unmasked. An
  escalation stays one, to the same filter;
- `scope`: any key that fits fewer places;
- `when`: any finding that would have set the rule off, or been redacted by it, and no longer does: another label, a higher
  score, a higher count, one condition more;
- `unless`: any exception that was not there: the key added, or fitting more;
- `with`: a style that is milder where spans overlap, or one that gives values back (`token`); more tools that get them;
- `rollout`: fewer requests, or others;
- anything else that decides: any change.

What people read (`title`, `severity`, `tags`, `message`, `on_block`, …) is free. Where any rule is locked, so are:

- the filters and monitors that it depends on, with all their options, and the lists in its `unless` (they may get shorter);
- what becomes of training files (`training`): only stricter;
- `defaults`: `failure`, `release`, `max_hold`, `max_whole`, `reasoning` and `tool_release` may only get stricter;
- the rules that escalate to such a filter, as if they were locked themselves;
- what they keep back: no rule may be added or widened that masks with `style: token`, unless every locked rule that acts in
  replies acts on the same requests too. What such a rule masks there comes back in the reply, behind all filters.

Where it is not clear whether a change loosens something it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Final

from guardproxy.policy.model import Atom, Defaults, Mode, Policy, Rule, Scope, Unless, When
from guardproxy.policy.source import Source
from guardproxy.text.globs import covers
from guardproxy.types import ConfigError, Outcome, Path, Style

_FREE: Final = frozenset({"id", "title", "severity", "status", "tags", "message", "on_block"})
_MODES: Final = (Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE)
_RELEASES: Final = ("eager", "held", "whole")
_KEYS: Final = {"style": "with", "restore_tools": "with"}
"""Fields of a rule that stand under another key."""


def loosened(before: Policy, after: Policy, source: Source) -> Iterator[ConfigError]:
    """GP031: everything that a file loosens of the policy that it extends. `source` is the whole of it, as woven."""
    locked = [rule for rule in before.rules if rule.locked]
    if not locked:
        return
    read = frozenset(name for rule in locked for name in before.readers(rule))
    now = {rule.id: rule for rule in after.rules}
    for rule in before.rules:
        if rule.locked or rule.to in read:
            yield from _rule(rule, now[rule.id], source)
    yield from _read(locked, before, after, source)
    yield from _defaults(before.defaults, after.defaults, source)
    yield from _given_back(locked, before, after, source)
    for key in ("blocked", "redacted", "unreadable"):  # its rules only add up
        if getattr(after.training, key) < getattr(before.training, key):
            message = (
                f"there are locked rules, and this `{key}` would let training files pass that they stop; leave it out"
            )
            yield source.error("GP031", message, ("training", key), key=True)


def _at(source: Source, id: str) -> Path:
    return next(("rules", i) for i, rule in enumerate(source.data["rules"]) if rule["id"] == id)


def _rule(before: Rule, after: Rule, source: Source) -> Iterator[ConfigError]:
    at = _at(source, before.id)
    for name in dict.fromkeys(_KEYS.get(field, field) for field in looser_fields(before, after)):
        path: Path = (*at, name)
        if path not in source.keys or source.file_of(path) != source.file:  # another `then` took it away
            path = (*at, "then")
        why = "locked" if before.locked else "what a locked rule waits for"
        message = (
            f"rule {before.id!r} is {why}, and this `{path[-1]}` would loosen it; leave it out, or make it stricter"
        )
        yield source.error("GP031", message, path, key=True)


def looser_fields(before: Rule, after: Rule) -> list[str]:
    """The fields of a rule that were loosened. A field that nothing is known about must not change."""
    out = []
    for name in (f.name for f in fields(Rule)):
        old, new = getattr(before, name), getattr(after, name)
        known = _LOOSER.get(name)
        if name not in _FREE and old != new and (known is None or known(before, after)):
            out.append(name)
    return out


def _outcome(before: Rule, after: Rule) -> bool:
    if before.then in (Outcome.ALLOW, Outcome.ANNOTATE):
        return after.then < before.then
    return after.then not in (before.then, Outcome.BLOCK)


def _style(before: Rule, after: Rule) -> bool:
    if not before.then is after.then is Outcome.REDACT:
        return False
    return after.style < before.style or (after.style is Style.TOKEN and before.style is not Style.TOKEN)


def _tools(before: Rule, after: Rule) -> bool:
    return not all_covered(before.restore_tools, after.restore_tools)


def _rollout(before: Rule, after: Rule) -> bool:
    old, new = before.rollout, after.rollout
    return not new.whole and (new.percent < old.percent or new.by != old.by)


def all_covered(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Whether every name that some of the narrow globs covers is covered by one of the wide ones."""
    plain, starred = frozenset(wide), [one for one in wide if "*" in one]
    return all(other in plain or any(covers(one, other) for one in starred) for other in narrow)


def within(narrow: Scope, wide: Scope) -> bool:
    """Whether everything that fits one scope surely fits the other."""
    for field in fields(Scope):
        mine, theirs = getattr(narrow, field.name), getattr(wide, field.name)
        if theirs is None:
            continue
        if mine is None:
            return False
        if not (all_covered(theirs, mine) if isinstance(mine, tuple) else mine <= theirs):
            return False
    return True


def implies(before: When, after: When) -> bool:
    """Whether all findings that set off the first condition set off the second, and each of them has its part in it."""

    def enough(old: Atom, new: Atom) -> bool:
        return covers(new.label, old.label) and new.score <= old.score and new.times <= old.times

    if not all(any(enough(old, new) for new in after.atoms) for old in before.atoms):
        return False
    if not after.every:
        return True
    if before.every:
        return all(any(enough(old, new) for old in before.atoms) for new in after.atoms)
    return all(enough(old, new) for old in before.atoms for new in after.atoms)


def exempts_no_more(before: Unless | None, after: Unless | None) -> bool:
    """Whether all that is left alone now was left alone before."""
    if after is None or before is None:
        return after is None
    labels = before.label is None or (after.label is not None and all_covered(before.label, after.label))
    lists = before.in_list is None or (after.in_list is not None and after.in_list <= before.in_list)
    return labels and lists and within(after.scope, before.scope)


_LOOSER: Final[Mapping[str, Callable[[Rule, Rule], bool]]] = {
    "locked": lambda before, after: before.locked,
    "mode": lambda before, after: _MODES.index(after.mode) < _MODES.index(before.mode),
    "then": _outcome,
    "to": lambda before, after: bool(before.to),
    "upstream": lambda before, after: bool(before.upstream) and after.then is not Outcome.BLOCK,
    "scope": lambda before, after: not within(before.scope, after.scope),
    "when": lambda before, after: not implies(before.when, after.when),
    "unless": lambda before, after: not exempts_no_more(before.unless, after.unless),
    "style": _style,
    "restore_tools": _tools,
    "rollout": _rollout,
}


# ---------------------------------------------------------------------------------------------------- what they read


def _read(locked: list[Rule], before: Policy, after: Policy, source: Source) -> Iterator[ConfigError]:
    said = set[Path]()
    for rule in locked:
        for name in sorted(before.readers(rule)):
            for section, old, new in (
                ("filters", before.filters, after.filters),
                ("monitors", before.monitors, after.monitors),
            ):
                if name in old and old[name] != new.get(name) and (section, name) not in said:
                    said.add((section, name))
                    message = f"locked rule {rule.id!r} depends on {section[:-1]} {name!r}; use another name for yours"
                    yield source.error("GP031", message, (section, name), key=True)
        for name in sorted((rule.unless and rule.unless.in_list) or ()):
            longer = set(after.lists.get(name, ())) - set(before.lists.get(name, ()))
            if longer and ("lists", name) not in said:
                said.add(("lists", name))
                message = (
                    f"locked rule {rule.id!r} leaves alone what is in list {name!r}: it may get shorter, not longer"
                )
                yield source.error("GP031", message, ("lists", name), key=True)


def _defaults(before: Defaults, after: Defaults, source: Source) -> Iterator[ConfigError]:
    wrong = {
        "failure": before.failure == "block" and after.failure != "block",
        "release": _RELEASES.index(after.release) < _RELEASES.index(before.release),
        "max_hold": after.max_hold < before.max_hold,
        "max_whole": after.max_whole < before.max_whole,
        "reasoning": before.reasoning == "drop" and after.reasoning != "drop",
        "tool_release": not all_covered(before.stream_tools, after.stream_tools),
    }
    for key in (key for key, looser in wrong.items() if looser):
        message = f"there are locked rules, and this `{key}` would loosen what they rest on; leave it out"
        yield source.error("GP031", message, ("defaults", key), key=True)


def _given_back(locked: list[Rule], before: Policy, after: Policy, source: Source) -> Iterator[ConfigError]:
    """What `style: token` masks comes back in the reply behind all filters, so that no rule sees it there."""
    old = {rule.id: rule for rule in before.rules}
    for rule in after.rules:
        if rule.style is not Style.TOKEN or rule.mode is not Mode.ENFORCE or _no_wider(rule, old.get(rule.id)):
            continue
        kept = next((one.id for one in locked if _keeps_back(one, rule)), None)
        if kept is not None:
            message = (
                f"`style: token` would give back in replies what locked rule {kept!r} keeps back; use another style"
            )
            yield source.error("GP031", message, (*_at(source, rule.id), "with"), key=True)


def _no_wider(rule: Rule, was: Rule | None) -> bool:
    """Whether a rule gives nothing back that it didn't give back before."""
    return (
        was is not None
        and was.style is Style.TOKEN
        and was.mode is Mode.ENFORCE
        and within(rule.scope, was.scope)
        and implies(rule.when, was.when)
        and all_covered(was.restore_tools, rule.restore_tools)
    )


def _keeps_back(locked: Rule, token: Rule) -> bool:
    """Whether a locked rule might be passed by. It isn't where it acts on the same requests, in a way that wins there."""
    gives_back = locked.then is Outcome.REDACT and locked.style is Style.TOKEN
    if locked.mode is not Mode.ENFORCE or locked.then < Outcome.REDACT or gives_back:
        return False
    if locked.then is Outcome.REDACT and locked.style < Style.TOKEN:
        return True
    replies = locked.scope.direction is None or "response" in locked.scope.direction
    return replies and not within(replace(token.scope, direction=frozenset({"request"})), locked.scope)
