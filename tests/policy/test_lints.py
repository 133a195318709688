"""Warnings: golden cases of policies that work and say more than they do, and that what is said of a hidden rule is so.

Each file in `doubtful/` says at its end what must be warned of, and nothing else may be: most of its rules are look-alikes.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.policy.decide import decide
from guardproxy.policy.lints import hides
from guardproxy.policy.load import examine
from guardproxy.policy.model import Atom, Policy, Rule, Scope, Unless, When
from guardproxy.policy.rollout import Rollout
from guardproxy.types import Channel, Direction, Facts, Finding, Origin, Outcome, Role, Style
from tests.policy.support import CATALOGUE, build
from tests.policy.test_broken import EXPECT

FILES = sorted((Path(__file__).parent / "doubtful").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_warnings_stand_where_the_doubt_is(file: Path) -> None:
    expected = [
        (int(line), int(column), code, part) for line, column, code, part in EXPECT.findall(file.read_text("utf-8"))
    ]
    told = examine(file, detectors.catalogue(), detectors.build)
    assert expected
    assert told.problems == [] and told.policy is not None
    assert [(e.line, e.column, e.code) for e in told.warnings] == [e[:3] for e in expected], told.warnings
    for warning, (*_, part) in zip(told.warnings, expected, strict=True):
        assert part in warning.message
        assert warning.file == str(file)


def test_what_another_policy_of_the_directory_uses_is_used(tmp_path: Path) -> None:
    base = """
schema: guardproxy/v1
policy: base
lists: {ours: ["*@example.com"], lost: [x]}
filters: {pii: {use: pii_patterns}, secrets: {use: secrets}}
rules: [{id: mask, when: pii.*, then: redact}]
tests: [{name: a, given: {role: user, findings: [{label: pii.card}]}, expect: {rules: [mask]}}]
"""
    tenant = """
schema: guardproxy/v1
policy: acme
extends: base
tenants: acme
override: {mask: {unless: {in_list: ours}}}
rules: [{id: keys, when: secret.*, then: redact}]
tests: [{name: a, given: {role: user, findings: [{label: secret.aws}]}, expect: {rules: [keys]}}]
"""
    (tmp_path / "base.yaml").write_text(base)
    told = examine(tmp_path, CATALOGUE, build)
    assert [(e.code, e.line, e.column) for e in told.warnings] == [("GP012", 4, 9), ("GP012", 4, 34), ("GP012", 5, 37)]
    (tmp_path / "acme.yaml").write_text(tenant)
    told = examine(tmp_path, CATALOGUE, build)
    assert [(e.code, Path(e.file).name, e.line, e.column) for e in told.warnings] == [("GP012", "base.yaml", 4, 34)]


def test_a_rule_for_tenants_who_get_another_policy_is_for_nobody(tmp_path: Path) -> None:
    head = "schema: guardproxy/v1\npolicy: "
    base = (
        head
        + """base
filters: {pii: {use: pii_patterns}}
rules:
  - {id: a, scope: {tenant: acme}, when: pii.card, then: block}
  - {id: b, scope: {tenant: [other, globex]}, when: pii.email, then: block}
  - {id: c, scope: {tenant: globex}, when: pii.phone, then: block}
  - {id: d, scope: {tenant: globex}, when: pii.card x2, then: block, mode: disabled}
"""
    )
    (tmp_path / "base.yaml").write_text(base)
    alone = [e.code for e in examine(tmp_path, CATALOGUE, build).warnings]
    assert "GP041" not in alone, "the default policy is for every tenant that no other one claims"
    (tmp_path / "acme.yaml").write_text(head + "acme\nextends: base\ntenants: acme\n")
    own = (
        "schema: guardproxy/v1\npolicy: globex\nfilters: {pii: {use: pii_patterns}}\nextends: acme2\ntenants: globex\n"
    )
    catalogue = replace(CATALOGUE, policies={"acme2": tmp_path / "packs" / "acme2.yaml"})
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "acme2.yaml").write_text(head + "acme2\n")
    mine = "rules: [{id: e, scope: {tenant: acme}, when: pii.card, then: block}]\n"
    (tmp_path / "globex.yaml").write_text(own + mine)
    every = examine(tmp_path, catalogue, build)
    assert every.problems == []
    told = [e for e in every.warnings if e.code == "GP041"]
    assert [(Path(e.file).name, e.line, e.column) for e in told] == [("base.yaml", 7, 21), ("globex.yaml", 6, 25)]
    assert "for 'globex', and no such tenant" in told[0].message


def test_who_builds_on_a_rule_may_be_stricter(tmp_path: Path) -> None:
    """It is the rule of the file itself that is pointed out, never one that it took over."""
    head = "schema: guardproxy/v1\npolicy: "
    rules = "rules: [{id: %s, when: pii.*, then: %s}]\n"
    tests = "tests: [{name: a, given: {role: user, findings: [{label: pii.card}]}, expect: {rules: [%s]}}]\n"
    base = head + "base\nfilters: {pii: {use: pii_patterns}}\n" + rules % ("mask", "redact") + tests % "mask"
    tenant = head + "acme\nextends: base\ntenants: acme\n"
    (tmp_path / "base.yaml").write_text(base)
    (tmp_path / "acme.yaml").write_text(tenant + rules % ("stop", "block") + tests % "stop")
    assert examine(tmp_path, CATALOGUE, build).warnings == []
    (tmp_path / "acme.yaml").write_text(tenant + rules % ("note", "redact") + tests % "note")
    [warning] = examine(tmp_path, CATALOGUE, build).warnings
    assert (warning.code, Path(warning.file).name) == ("GP016", "acme.yaml")


# ---------------------------------------------------------------------------------------------------- hidden rules

LABELS = ("pii.card", "pii.email", "pii.phone", "guard.upstream_tool")
globs = st.sampled_from(("pii.*", "*", "pii.card", "pii.email", "*.email", "guard.*"))
atoms = st.builds(Atom, globs, st.sampled_from((0.3, 0.5, 0.8)), st.sampled_from((1, 1, 1, 2)))
whens = st.builds(When, st.lists(atoms, min_size=1, max_size=2).map(tuple), st.booleans())


def sets(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str] | None]:
    return st.none() | st.none() | st.frozensets(st.sampled_from(values), min_size=1)


scopes = st.builds(
    Scope,
    direction=sets(("request", "response")),
    role=sets(("user", "assistant", "tool", "system")),
    channel=st.none() | sets(("analysis", "final")),
    tool=st.none() | st.lists(st.sampled_from(("mail", "mail.*", "*")), min_size=1, max_size=2).map(tuple),
    tenant=sets(("acme", "default")),
)
unlesses = st.none() | st.builds(
    Unless,
    scopes,
    st.none() | st.lists(globs, min_size=1, max_size=2).map(tuple),
    st.none() | st.frozensets(st.sampled_from(("ours", "theirs")), min_size=1),
)


@st.composite
def rules(draw: st.DrawFn, id: str) -> Rule:
    then = draw(st.sampled_from((Outcome.ANNOTATE, Outcome.REDACT, Outcome.REDACT, Outcome.BLOCK, Outcome.BLOCK)))
    return Rule(
        id,
        draw(whens),
        then,
        severity=draw(st.sampled_from(("low", "high"))),
        scope=draw(scopes),
        unless=draw(unlesses),
        style=draw(st.sampled_from((Style.MASK, Style.TOKEN, Style.LABEL))) if then is Outcome.REDACT else Style.LABEL,
        restore_tools=draw(st.sampled_from(((), ("mail",)))),
        rollout=Rollout(draw(st.sampled_from((100, 100, 50))), "request"),
        message=draw(st.sampled_from((None, None, "No."))),
    )


FIELDS = ("when", "scope", "unless", "then", "severity", "style", "message")


@st.composite
def variants(draw: st.DrawFn) -> list[Rule]:
    """A rule, and some that differ from it in a few fields."""
    first = draw(rules("m"))
    out = [first]
    for name in "abcxyz":
        own = draw(rules(name))
        changed = draw(
            st.sets(st.sampled_from(("when", "scope", "unless", "then", "severity", "style", "message")), max_size=3)
        )
        out.append(replace(first, id=name, rollout=own.rollout, **{field: getattr(own, field) for field in changed}))
    return out


places = st.builds(
    Origin,
    st.sampled_from(tuple(Direction)),
    st.sampled_from((Role.USER, Role.ASSISTANT, Role.TOOL, Role.SYSTEM)),
    st.none() | st.sampled_from(tuple(Channel)),
    st.sampled_from((None, "mail", "mail.send", "other")),
    inferred=st.booleans(),
).map(lambda o: replace(o, direction=Direction.REQUEST) if o.role in (Role.USER, Role.SYSTEM) else o)


@st.composite
def findings(draw: st.DrawFn) -> tuple[Finding, ...]:
    out = []
    for at in range(draw(st.integers(1, 4))):
        span = (
            at * 10,
            at * 10 + draw(st.sampled_from((5, 12))),
        )  # `redact` on what has no place is a mistake of its own
        lists = draw(st.frozensets(st.sampled_from(("ours", "theirs"))))
        out.append(
            Finding("pii", draw(st.sampled_from(LABELS)), draw(st.sampled_from((0.2, 0.4, 0.6, 0.9))), span, lists)
        )
    return tuple(out)


def said(policy: Policy, facts: Facts) -> object:
    """All that comes of a decision for the text and who sent it: whichever rule did it."""
    decision = decide(policy, facts)
    if decision.outcome is Outcome.BLOCK:  # nothing of what is found gets out, edited or not
        return decision.outcome, policy.on_block(decision.rule)
    covered = [(e.start, e.end, e.style) for e in decision.edits]
    tools = [policy.restore_tools.get(e.rule) for e in decision.edits if e.style is Style.TOKEN]
    return decision.outcome, covered, tools


@settings(max_examples=80)
@given(some=variants(), where=st.lists(st.tuples(places, findings()), min_size=6, max_size=6))
def test_a_hidden_rule_changes_nothing(some: list[Rule], where: list[tuple[Origin, tuple[Finding, ...]]]) -> None:
    for other, rule in itertools.permutations(some, 2):
        if not hides(other, rule):
            continue
        event("hidden")
        both, without = Policy("p", rules=tuple(sorted((other, rule), key=lambda r: r.id))), Policy("p", rules=(other,))
        for tenant, (origin, found) in zip(("acme", "default") * 3, where, strict=True):
            facts = Facts("r", origin, found, tenant=tenant)
            assert said(both, facts) == said(without, facts)
