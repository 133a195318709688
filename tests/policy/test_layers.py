"""Packs by name, and where everything stands in a policy that is made of several files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from guardproxy import detectors
from guardproxy.cli.test import run_cases
from guardproxy.policy import source
from guardproxy.policy.cases import mismatches, run_pure
from guardproxy.policy.layers import weave
from guardproxy.policy.load import examine, load, load_all
from guardproxy.policy.model import Mode
from tests.policy.support import CATALOGUE, build

PACK = """
schema: guardproxy/v1
policy: cards
lists: {ours: ["4111*"]}
filters:
  pii: {use: pii_patterns}
monitors:
  calls: {use: tool_calls, deny: [pay]}
defaults: {failure: allow}
rules:
  - {id: no-cards, when: pii.card, unless: {in_list: ours}, then: block, title: Cards}
  - {id: no-phones, when: pii.phone, then: block}
  - {id: no-payments, when: call.denied, then: block}
tests:
  - {name: a card, given: {role: user, findings: [{label: pii.card}]}, expect: {outcome: block, rules: [no-cards]}}
  - {name: a phone, given: {role: user, findings: [{label: pii.phone}]}, expect: {outcome: block, rules: [no-phones]}}
  - {name: no pay, given: {role: assistant, tool: pay, call: "{}"}, expect: {outcome: block, rules: [no-payments]}}
  - {name: it fails, given: {role: user, failures: [pii]}, expect: {outcome: block}}
"""
MINE = """
schema: guardproxy/v1
policy: mine
packs: [cards]
filters:
  pii: {use: pii_patterns}
  rude: {use: toxicity}
override:
  no-phones: {then: redact}
rules:
  - {id: polite, when: toxicity.*, then: block}
tests:
  - {name: rude, given: {role: user, findings: [{label: toxicity.insult}]}, expect: {outcome: block, rules: [polite]}}
  - {name: phone, given: {role: user, findings: [{label: pii.phone}]}, expect: {outcome: redact, rules: [no-phones]}}
"""


def write(directory: Path, mine: str = MINE, pack: str = PACK) -> Path:
    (directory / "packs").mkdir(exist_ok=True)
    (directory / "packs" / "cards.yaml").write_text(pack, "utf-8")
    (directory / "mine.yaml").write_text(mine, "utf-8")
    return directory


def test_a_pack_brings_all_but_its_defaults(tmp_path: Path) -> None:
    told = examine(write(tmp_path), CATALOGUE, build)
    assert (told.problems, told.warnings) == ([], []), "what nobody hears of in a pack is for its author"
    policy = told.policy
    assert policy is not None and (policy.name, policy.defaults.failure) == ("mine", "block")
    assert {r.id: r.then.name for r in policy.rules} == {
        "no-cards": "BLOCK", "no-payments": "BLOCK", "no-phones": "REDACT", "polite": "BLOCK",
    }  # fmt: skip
    assert (policy.lists, policy.monitors.keys()) == ({"ours": ("4111*",)}, {"calls"})
    assert policy.filters.keys() == {"pii", "rude"}, "what is the same in both is one"


def test_tests_of_a_pack_run_where_it_is_used_unless_they_are_about_what_was_changed(tmp_path: Path) -> None:
    told = examine(write(tmp_path), CATALOGUE, build)
    mine, pack = told.by_file
    assert (Path(mine.file).name, Path(pack.file).name) == ("mine.yaml", "cards.yaml")
    assert told.cases == mine.cases
    assert [c.name for c in pack.cases] == ["cards: a card", "cards: no pay", "cards: it fails"]
    assert pack.cases[0].line == PACK.splitlines().index(next(x for x in PACK.splitlines() if "a card" in x)) + 1
    assert [mismatches(c, run_pure(pack.policy, c)) for c in pack.cases if c.pure] == [[], []]
    told = examine(write(tmp_path, MINE.replace("[cards]", "[{use: cards, tests: false}]")), CATALOGUE, build)
    assert [len(f.cases) for f in told.by_file] == [2]


def test_parts_of_a_pack_can_be_left_out(tmp_path: Path) -> None:
    mine = MINE.replace("[cards]", "[{use: cards, without: [pii, no-cards, ours]}]").replace(
        "pii: {use: pii_patterns}", "pii: {use: pii_patterns, failure: allow}"
    )
    told = examine(write(tmp_path, mine), CATALOGUE, build)
    assert told.problems == [] and told.policy is not None
    assert [r.id for r in told.policy.rules] == ["no-payments", "no-phones", "polite"]
    assert told.policy.lists == {} and told.policy.filters["pii"]["failure"] == "allow"
    assert [c.name for f in told.by_file[1:] for c in f.cases] == ["cards: no pay"]


def test_rules_that_differ_for_people_only_are_one(tmp_path: Path) -> None:
    write(tmp_path, MINE.replace("[cards]", "[cards, more]"))
    same = PACK.replace("title: Cards", "title: Other, tags: [a]").replace("policy: cards", "policy: more")
    (tmp_path / "packs" / "more.yaml").write_text(same, "utf-8")
    policy = load(tmp_path, CATALOGUE, build)
    assert [r.title for r in policy.rules if r.id == "no-cards"] == ["Cards"]


def test_a_tenant_may_take_packs_too(tmp_path: Path) -> None:
    write(tmp_path, MINE)
    (tmp_path / "packs" / "words.yaml").write_text(
        "schema: guardproxy/v1\npolicy: words\nfilters: {secret: {use: secrets}}\n"
        "rules: [{id: secrets, when: secret.*, then: redact}]\n",
        "utf-8",
    )
    (tmp_path / "acme.yaml").write_text(
        "schema: guardproxy/v1\npolicy: acme\nextends: mine\ntenants: acme\npacks: words\n".replace(
            "packs: words", "packs: [words]"
        )
        + "override: {no-cards: {mode: shadow}, secrets: {then: block}}\n",
        "utf-8",
    )
    policies = load_all(tmp_path, CATALOGUE, build)
    rules = {r.id: r for r in policies.of("acme").rules}
    assert rules.keys() == {"no-cards", "no-phones", "no-payments", "polite", "secrets"}
    assert rules["no-cards"].mode is Mode.SHADOW and rules["secrets"].then.name == "BLOCK"
    assert "secrets" not in {r.id for r in policies.default.rules}


def test_everything_in_a_woven_policy_knows_its_place() -> None:
    base = source.parse(
        "policy: a\nfilters:\n  f: {use: x, on: [1, 2]}\nrules:\n  - {id: r, when: a, then: block}\n", "a.yaml"
    )
    own = source.parse(
        "policy: b\noverride:\n  r:\n    when: [b, c]\nrules:\n  - {id: s, when: d, then: block}\n", "b.yaml"
    )
    woven, problems = weave(own, base)
    assert problems == []
    rule = {"id": "r", "when": ["b", "c"], "then": "block"}
    assert woven.data == {
        "policy": "b", "filters": {"f": {"use": "x", "on": [1, 2]}}, "rules": [rule, {"id": "s", "when": "d", "then": "block"}],
    }  # fmt: skip
    assert base.data["rules"][0]["when"] == "a", "what is taken over stays what it was"
    places = {
        ("filters", "f", "on", 1): "a.yaml:3",
        ("rules", 0, "id"): "a.yaml:5",
        ("rules", 0, "when", 1): "b.yaml:4",
        ("rules", 0, "then"): "a.yaml:5",
        ("rules", 1, "when"): "b.yaml:6",
        ("policy",): "b.yaml:1",
    }
    for path, place in places.items():
        error = woven.error("GP001", "x", path)
        assert f"{error.file}:{error.line}" == place, path


@pytest.mark.parametrize(
    "packs",
    ["[tools, injection, toxicity, hazards]", "[reasoning, reversible]"],
)
def test_installed_packs_go_together(packs: str, tmp_path: Path) -> None:
    base = "" if "reversible" in packs else "extends: default\n"
    left = packs.replace("reversible", "{use: reversible, without: [hide-personal-data, show-hidden-runs]}")
    (tmp_path / "mine.yaml").write_text(f"schema: guardproxy/v1\npolicy: mine\n{base}packs: {left}\n", "utf-8")
    assert examine(tmp_path, detectors.catalogue(), detectors.build).problems == []


def test_the_tests_of_an_installed_pack_pass_where_it_is_used(tmp_path: Path) -> None:
    text = "schema: guardproxy/v1\npolicy: mine\nextends: default\npacks: [tools]\n"
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    told = examine(tmp_path, detectors.catalogue(), detectors.build)
    [mine, pack] = told.by_file
    assert mine.cases == () and len(pack.cases) == 17
    results = asyncio.run(run_cases(pack.policy, pack.cases))
    assert [(r.case.name, r.wrong) for r in results if r.status != "pass"] == []
