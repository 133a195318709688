"""A checked document becomes a Policy: names to enumerations, options frozen, labels of each filter resolved.

Nothing is judged here; what is wrong with a policy is said by `check`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from guardproxy.policy.languages import Words
from guardproxy.policy.model import Atom, Defaults, Mode, Policy, Rule, Scope, Unless, When
from guardproxy.policy.rollout import EVERYWHERE, Rollout
from guardproxy.policy.schema import DefaultsEntry, Document, RuleEntry, ScopeEntry, UnlessEntry
from guardproxy.policy.training import COUNTING, Training
from guardproxy.policy.training_form import compile_training
from guardproxy.types import Catalogue, Filter, Json, Monitor, Outcome, Role, Style

Detector = Filter | Monitor
_NONE: Mapping[str, Detector] = MappingProxyType({})


def compile_policy(document: Document, data: Json, catalogue: Catalogue, built: Mapping[str, Detector]) -> Policy:
    """The policy of a document. `data` is the document as it was read, for the filters' own options."""
    filters = {name: _frozen(options) for name, options in data.get("filters", {}).items()}
    monitors = {name: _frozen(options) for name, options in data.get("monitors", {}).items()}
    training = compile_training(document.training)
    rules = (*map(compile_rule, document.rules), *_counting(training))
    return Policy(
        name=document.policy,
        version=document.version,
        digest=digest(document, built),
        defaults=_defaults(document.defaults),
        rules=tuple(sorted(rules, key=lambda r: r.id)),
        filters=MappingProxyType(filters),
        monitors=MappingProxyType(monitors),
        lists=MappingProxyType({name: tuple(globs) for name, globs in document.lists.items()}),
        labels=MappingProxyType(
            {n: labels_of(n, o, catalogue, built.get(n)) for n, o in (*filters.items(), *monitors.items())}
        ),
        log=document.log.text,
        training=training,
        reads=MappingProxyType({n: tuple(getattr(built.get(n), "reads", ())) for n in monitors}),
        contents=MappingProxyType(_contents(built)),
    )


def _counting(training: Training) -> Iterator[Rule]:
    """What rules on reports count has to be looked for: a rule for each that allows, and has its filters run."""
    examples = Scope(role=frozenset({Role.TRAINING_EXAMPLE}))
    for rule in training.rules:
        if atoms := tuple(Atom(c.name, c.score) for c in rule.when if c.label):
            yield Rule(f"{COUNTING}{rule.id}", When(atoms), Outcome.ALLOW, title=rule.title, scope=examples)


def _defaults(entry: DefaultsEntry) -> Defaults:
    release = entry.tool_release
    streamed = () if release == "call" else tuple(release.stream)
    plain = entry.model_dump(exclude={"tool_release", "message"})
    return Defaults(**plain, message=_words(entry.message), stream_tools=streamed)


def _words(message: str | dict[str, str]) -> Words:
    return message if isinstance(message, str) else tuple(message.items())


def digest(document: Document, built: Mapping[str, Detector] = _NONE) -> str:
    """SHA-256 of what decides, files that filters read included: comments, layout, tests and the order of rules don't
    count."""
    content = document.model_dump(
        mode="json", by_alias=True, exclude={"tests", "extends", "tenants", "packs", "override"}
    )
    content["rules"].sort(key=lambda r: r["id"])
    if (training := content.pop("training")) is not None:
        training["rules"].sort(key=lambda r: r["id"])
        content["training"] = {key: value for key, value in training.items() if key != "tests"}
    for entry in (content["defaults"], *content["rules"]):  # the first of several languages is the one to fall back on
        if isinstance(entry["message"], dict):
            entry["message"] = list(entry["message"].items())
    if read := _contents(built):
        content["read"] = read
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _contents(built: Mapping[str, Detector]) -> dict[str, str]:
    return {name: one.digest for name, one in built.items() if hasattr(one, "digest")}


def labels_of(name: str, options: Mapping[str, Any], catalogue: Catalogue, built: Detector | None) -> tuple[str, ...]:
    """What an instance may say: the catalogue's word, or where authors choose the labels, what they chose."""
    if (own := getattr(built, "labels", None)) is not None:
        return tuple(own)
    known = catalogue.labels.get(str(options["use"])) or catalogue.monitors.get(str(options["use"]), ())
    if known and not any(label.startswith("*") for label in known):
        return known
    if built is not None and hasattr(built, "rules"):
        return tuple(sorted({rule.label for rule in built.rules}))
    return tuple(sorted(_written(name, options))) or (f"{name}.*",)


def _written(name: str, options: Mapping[str, Any]) -> set[str]:
    """Labels in a filter's options: `label` of each entry, or `instance.id` where it has none."""
    entries = [e for value in options.values() if isinstance(value, (list, tuple)) for e in value]
    named = [e for e in entries if isinstance(e, Mapping)]
    return {str(e.get("label") or f"{name}.{e['id']}") for e in named if e.get("label") or e.get("id")}


def _frozen(options: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(options))


def compile_rule(entry: RuleEntry) -> Rule:
    """One rule as it is evaluated."""
    return Rule(
        id=entry.id,
        when=entry.when,
        then=Outcome.ALLOW if entry.then in ("escalate", "route") else Outcome[entry.then.upper()],
        to=(entry.to or "") if entry.then == "escalate" else "",
        upstream=(entry.to or "") if entry.then == "route" else "",
        title=entry.title,
        severity=entry.severity,
        status=entry.status,
        tags=tuple(entry.tags),
        scope=_scope(entry.scope),
        unless=_unless(entry.unless),
        style=Style[entry.with_.style.upper()] if entry.with_ else Style.LABEL,
        restore_tools=tuple(entry.with_.restore_tools) if entry.with_ else (),
        template=(entry.with_.template or "") if entry.with_ else "",
        mode=Mode(entry.mode),
        rollout=Rollout(entry.rollout.percent, entry.rollout.by) if entry.rollout else EVERYWHERE,
        locked=entry.locked,
        message=_words(entry.message) if entry.message is not None else None,
        on_block=entry.on_block,
    )


def _scope(entry: ScopeEntry) -> Scope:
    def names(values: list[Any] | None) -> frozenset[str] | None:
        return frozenset(values) if values is not None else None

    return Scope(
        direction=names(entry.direction),
        role=names(entry.role),
        channel=names(entry.channel),
        tool=tuple(entry.tool) if entry.tool is not None else None,
        model=tuple(entry.model) if entry.model is not None else None,
        tenant=names(entry.tenant),
        route=names(entry.route),
    )


def _unless(entry: UnlessEntry | None) -> Unless | None:
    if entry is None:
        return None
    label = tuple(entry.label) if entry.label is not None else None
    return Unless(_scope(entry), label, frozenset(entry.in_list) if entry.in_list is not None else None)
