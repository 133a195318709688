"""Files that extend one another: what becomes of them, and what is said about those that don't fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.policy.cases import mismatches, run_pure
from guardproxy.policy.load import examine, load, load_all
from guardproxy.policy.model import Mode
from guardproxy.types import Outcome
from tests.policy.support import CATALOGUE, build
from tests.policy.test_broken import EXPECT

CASES = sorted(p for p in (Path(__file__).parent / "broken" / "tenants").iterdir() if p.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_complaints_stand_in_the_file_and_line_of_the_mistake(case: Path) -> None:
    expected = sorted(
        (file.name, int(line), int(column), code, part)
        for file in sorted(case.rglob("*.yaml"))
        for line, column, code, part in EXPECT.findall(file.read_text("utf-8"))
    )
    told = examine(case, CATALOGUE, build)
    assert expected
    assert told.policy is told.policies is None and told.by_file == ()
    places = [(Path(e.file).name, e.line, e.column, e.code) for e in told.problems]
    assert places == [e[:4] for e in expected], told.problems
    for *place, part in expected:
        said = [e.message for e in told.problems if [Path(e.file).name, e.line, e.column, e.code] == place]
        assert any(part in message for message in said), said


BASE = """
schema: guardproxy/v1
policy: base
version: "1"
lists: {ours: ["*@example.com"], theirs: ["*@example.org"]}
filters:
  pii: {use: pii_patterns}
  rude: {use: toxicity}
defaults: {message: "No.", max_hold: 4000}
rules:
  - {id: mask, when: pii.email, unless: {in_list: theirs}, then: redact, locked: true}
  - {id: polite, when: toxicity.*, then: annotate, mode: shadow, title: Rude?}
tests:
  - {name: masked, given: {role: user, findings: [{label: pii.email}]}, expect: {outcome: redact, rules: [mask]}}
  - {name: rude, given: {role: user, findings: [{label: toxicity.insult}]}, expect: {outcome: allow}}
"""
ACME = """
schema: guardproxy/v1
policy: acme
extends: base
tenants: [acme, acme-staging]
lists: {ours: ["*@acme.example"]}
filters:
  words: {use: patterns, patterns: [{id: ticket, pattern: 'T-\\d{1,6}'}]}
defaults: {message: "Not here."}
override:
  polite: {mode: enforce, then: block, unless: {in_list: ours}}
  mask: {when: [pii.email >= 0.4, pii.phone], then: block}
rules:
  - {id: tickets, when: words.ticket, then: redact}
tests:
  - {name: rude, given: {role: user, findings: [{label: toxicity.insult}]}, expect: {outcome: block}}
  - {name: ticket, given: {role: user, findings: [{label: words.ticket}]}, expect: {outcome: redact, rules: [tickets]}}
"""


def write(directory: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (directory / f"{name}.yaml").write_text(text, encoding="utf-8")
    return directory


def test_a_tenant_gets_what_it_extends_with_its_changes(tmp_path: Path) -> None:
    told = examine(write(tmp_path, base=BASE, acme=ACME), CATALOGUE, build)
    assert (told.problems, told.warnings) == ([], [])
    assert told.policies is not None and told.files == 2
    base, acme = told.policies.default, told.policies.of("acme")
    assert told.policies.of("acme-staging") is acme
    assert told.policies.of("default") is told.policies.of("") is base is told.policy
    assert told.policies.all == (base, acme)
    assert (base.name, acme.name, base.version, acme.version) == ("base", "acme", "1", "0")
    assert acme.lists == {"ours": ("*@acme.example",), "theirs": ("*@example.org",)}
    assert acme.filters.keys() == {"pii", "rude", "words"}
    assert (acme.defaults.message, acme.defaults.max_hold) == ("Not here.", 4000)
    mask, polite, tickets = acme.rules
    assert (mask.id, mask.then, mask.locked, mask.when.atoms[0].score) == ("mask", Outcome.BLOCK, True, 0.4)
    assert (polite.mode, polite.then, polite.title) == (Mode.ENFORCE, Outcome.BLOCK, "Rude?")
    assert polite.unless is not None and polite.unless.in_list == {"ours"}
    assert tickets.id == "tickets"
    assert [r.id for r in base.rules] == ["mask", "polite"] and base.rules[1].mode is Mode.SHADOW


def test_tests_run_against_the_policy_of_their_file(tmp_path: Path) -> None:
    told = examine(write(tmp_path, base=BASE, acme=ACME), CATALOGUE, build)
    base, acme = told.by_file
    assert [Path(f.file).name for f in told.by_file] == ["base.yaml", "acme.yaml"]
    assert (base.tenants, acme.tenants) == ((), ("acme", "acme-staging"))
    assert told.cases == base.cases and told.file == base.file
    assert {c.tenant for c in base.cases} == {"default"} and {c.tenant for c in acme.cases} == {"acme"}
    for one in told.by_file:
        assert [mismatches(c, run_pure(one.policy, c)) for c in one.cases] == [[], []]
    assert mismatches(acme.cases[0], run_pure(base.policy, acme.cases[0]))


def test_a_rule_of_a_tenant_wants_a_test_of_its_own(tmp_path: Path) -> None:
    told = examine(write(tmp_path, base=BASE, acme=ACME.split("tests:")[0]), CATALOGUE, build)
    assert [(Path(e.file).name, e.line, e.code) for e in told.warnings] == [("acme.yaml", 14, "GP010")]


def test_the_digest_covers_all_that_decides_for_a_tenant(tmp_path: Path) -> None:
    def digests(base: str = BASE, acme: str = ACME) -> tuple[str, str]:
        policies = load_all(write(tmp_path, base=base, acme=acme), CATALOGUE, build)
        return policies.default.digest, policies.of("acme").digest

    before = digests()
    assert before[0] != before[1]
    together = load_all(tmp_path, CATALOGUE, build).digest
    assert digests(acme=ACME.replace("acme-staging", "acme-next")) == before, "who gets it doesn't decide what it does"
    assert load_all(tmp_path, CATALOGUE, build).digest != together, "but it decides what happens to whom"
    for changed in (digests(BASE.replace("toxicity.*", "toxicity.insult")), digests(BASE.replace("4000", "5000"))):
        assert changed[0] != before[0]
    assert digests(BASE.replace("4000", "5000"))[1] != before[1]
    ours = digests(acme=ACME.replace(">= 0.4", ">= 0.3"))
    assert ours[0] == before[0] and ours[1] != before[1]
    assert load(tmp_path, CATALOGUE, build).digest == before[0]


def test_policies_build_on_each_other_in_steps(tmp_path: Path) -> None:
    group = ACME.replace("policy: acme", "policy: group").replace("tenants: [acme, acme-staging]\n", "")
    shop = """
schema: guardproxy/v1
policy: shop
extends: group
tenants: shop
override: {tickets: {then: block}, mask: {title: Ours}}
tests:
  - {name: ticket, given: {role: user, findings: [{label: words.ticket}]}, expect: {outcome: block, rules: [tickets]}}
"""
    told = examine(write(tmp_path, base=BASE, a_shop=shop, group=group), CATALOGUE, build)
    assert (told.problems, told.warnings) == ([], [])
    assert told.policies is not None and told.policies.tenants.keys() == {"shop"}
    rules = {r.id: r for r in told.policies.of("shop").rules}
    assert (rules["tickets"].then, rules["mask"].then, rules["polite"].then) == (Outcome.BLOCK,) * 3
    assert [f.policy.name for f in told.by_file] == ["base", "shop", "group"]
    loose = shop.replace("mask: {title: Ours}", "mask: {when: pii.email}")
    [problem] = examine(write(tmp_path, a_shop=loose), CATALOGUE, build).problems
    assert (problem.code, problem.line) == ("GP031", 6), "what was made stricter on the way is locked as well"


def test_an_installed_policy_can_be_extended(tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    installed.mkdir()
    catalogue = replace(CATALOGUE, policies={"base": write(installed, base=BASE) / "base.yaml"})
    mine = write(tmp_path, acme=ACME)
    policies = load_all(mine / "acme.yaml", catalogue, build)
    assert (policies.default.name, policies.of("acme").name) == ("base", "acme"), (
        "all other tenants get the installed one"
    )
    write(tmp_path, acme=ACME.replace("tenants: [acme, acme-staging]\n", ""))
    policies = load_all(mine / "acme.yaml", catalogue, build)
    assert policies.all == (policies.default,) and policies.default.name == "acme"
    [problem] = examine(mine / "acme.yaml", CATALOGUE, build).problems
    assert problem.code == "GP036"
    write(installed, base=BASE.replace("pii.email,", "pii.mail,"))
    problem = examine(mine / "acme.yaml", catalogue, build).problems[-1]
    assert (problem.code, problem.file) == ("GP014", str(installed / "base.yaml"))


def test_one_broken_file_doesnt_blame_the_others(tmp_path: Path) -> None:
    told = examine(write(tmp_path, base=BASE.replace("\nrules:", "\nrulez:"), acme=ACME), CATALOGUE, build)
    assert [(Path(e.file).name, e.code) for e in told.problems] == [("base.yaml", "GP002")]


NAMES = st.sampled_from(["base", "a", "b", "c"])
FILES = st.lists(
    st.tuples(NAMES, st.none() | NAMES, st.lists(st.sampled_from(["x", "y", "z"]), max_size=2)), max_size=5
)


@given(FILES)
def test_files_fit_together_or_are_told_why_not(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, str | None, list[str]]]
) -> None:
    directory = tmp_path_factory.mktemp("files")
    for number, (name, extends, tenants) in enumerate(files):
        text = f"schema: guardproxy/v1\npolicy: {name}\n"
        text += f"extends: {extends}\n" if extends else ""
        text += f"tenants: [{', '.join(tenants)}]\n" if tenants else ""
        write(directory, **{f"f{number}": text})
    if not files:
        return
    told = examine(directory, CATALOGUE, build)
    assert (told.policies is None) == bool(told.problems)
    assert all(Path(e.file).is_file() and e.line >= 1 and e.code == "GP036" for e in told.problems)
    if told.policies is not None:
        names = [name for name, _, _ in files]
        claimed = [tenant for *_, tenants in files for tenant in tenants]
        assert len(set(names)) == len(names) and len(set(claimed)) == len(claimed)
        assert sum(extends is None for _, extends, _ in files) == 1
        by_tenant = {tenant: name for name, _, tenants in files for tenant in tenants}
        assert {t: p.name for t, p in told.policies.tenants.items()} == by_tenant


WORDS = ["", "x", "true", "3", "[]", "{}", "~", "[a, b]", "{a: b}", "mask", "- x", ": ", "\n", "locked: true", "acme"]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 900), st.integers(0, 12), st.sampled_from(WORDS)), max_size=3)
)
def test_damaged_files_are_read_or_refused_and_never_crash(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[int, int, int, str]]
) -> None:
    texts = [text.replace("toxicity.insult", "toxicity.hate") for text in (BASE, ACME)]
    for which, at, length, word in damages:
        text = texts[which]
        texts[which] = text[: at % len(text)] + word + text[at % len(text) + length :]
    directory = write(tmp_path_factory.mktemp("damaged"), base=texts[0], acme=texts[1])
    told = examine(directory, detectors.catalogue(), detectors.build)
    assert (told.policies is None) == bool(told.problems) == (told.by_file == ())
    assert all(e.code and e.line >= 1 and e.column >= 1 and Path(e.file).is_file() for e in told.problems)
