"""Packs above policies make them stricter and nothing else, and taking them away leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.policy.decide import decide
from guardproxy.policy.load import Examined, examine
from guardproxy.types import Direction, Facts, Finding, Origin, Role

SMALL = """
schema: guardproxy/v1
policy: small
version: "1"
defaults: {failure: allow}
lists: {fine: ["joe@*"]}
filters:
  words: {use: patterns, patterns: [{id: mail, pattern: '[a-z]{1,9}@[a-z]{1,9}'}, {id: bomb, pattern: bomb}]}
monitors:
  calls: {use: tool_calls, deny: [rm]}
rules:
  - {id: mask, title: M, severity: low, when: words.mail, then: redact, unless: {in_list: fine}}
  - {id: refuse, title: R, severity: high, when: words.bomb, then: block, locked: true}
  - {id: ask, title: A, when: call.denied, then: require_approval, scope: {tool: "*"}}
tests:
  - {name: masked, given: {role: user, text: 'jim@mail'}, expect: {outcome: redact}}
"""
ACME = """
schema: guardproxy/v1
policy: acme
extends: small
tenants: [acme, other]
override: {mask: {then: block}}
"""
PACK = """
schema: guardproxy/v1
policy: mine
version: "7"
defaults: {failure: block}
filters: {more: {use: patterns, patterns: [{id: x, pattern: x}]}}
rules:
  - {id: more-x, title: X, when: more.x, then: redact}
  - {id: more-mail, title: X, when: words.mail, then: block}
"""
PACKS = ("lockdown", "read-only-tools", "mine")


def looked(folder: Path, *above: str) -> Examined:
    return examine(folder, detectors.catalogue(), detectors.build, above=above)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("above")
    (made / "packs").mkdir()
    for name, text in (("small", SMALL), ("acme", ACME), ("packs/mine", PACK)):
        (made / f"{name}.yaml").write_text(text)
    return made


@pytest.fixture(scope="module")
def both(folder: Path) -> tuple[Examined, Examined]:
    return looked(folder), looked(folder, *PACKS)


LABELS = ("words.mail", "words.bomb", "call.denied", "call.any", "call.unparsable", "lockdown_text.any", "more.x",
          "guard.error", "guard.overflow", "guard.unread")  # fmt: skip
FINDINGS = st.builds(
    lambda label, start, lists: Finding(
        {"lockdown_text": "lockdown_text"}.get(label.split(".")[0], label.split(".")[0]),
        label, 1.0, (start, start + 3), frozenset(["fine"] if lists else []),
    ),
    st.sampled_from(LABELS), st.integers(0, 5), st.booleans(),
)  # fmt: skip


@given(
    st.lists(FINDINGS, max_size=5),
    st.sampled_from(list(Direction)),
    st.sampled_from([None, "rm", "get_x"]),
    st.sampled_from(["", "acme"]),
    st.lists(st.sampled_from(PACKS), unique=True),
)
def test_never_less_strict(
    folder: Path, findings: list[Finding], direction: Direction, tool: str | None, tenant: str, packs: list[str]
) -> None:
    plain, above = CACHE.setdefault((), looked(folder)), CACHE.setdefault(tuple(packs), looked(folder, *packs))
    assert plain.policies and above.policies
    role = Role.USER if direction is Direction.REQUEST else Role.ASSISTANT
    facts = Facts("r", Origin(direction, role, tool=tool), tuple(findings), tenant or "default", "m", "r")
    before, after = decide(plain.policies.of(tenant), facts), decide(above.policies.of(tenant), facts)
    assert after.outcome >= before.outcome
    rules = {(v.rule, v.outcome) for v in before.verdicts if v.rule != "defaults.failure"}
    assert rules <= {(v.rule, v.outcome) for v in after.verdicts}


CACHE: dict[tuple[str, ...], Examined] = {}


def test_every_tenant_gets_them_and_tests_are_those_without(both: tuple[Examined, Examined]) -> None:
    plain, above = both
    assert plain.policies and above.policies and above.problems == []
    assert above.policies.tenants.keys() == plain.policies.tenants.keys() == {"acme", "other"}
    for before, after in zip(plain.policies.all, above.policies.all, strict=True):
        assert {r.id for r in after.rules} - {r.id for r in before.rules} == {
            "lockdown-nothing-passes", "read-only-tools-alone", "more-x", "more-mail",
        }  # fmt: skip
        assert (after.name, after.version, after.defaults) == (before.name, before.version, before.defaults)
        assert after.digest != before.digest
    assert [p.policy.digest for p in above.by_file] == [p.policy.digest for p in plain.by_file]
    assert list(map(str, above.warnings)) == list(map(str, plain.warnings))


def test_without_them_everything_is_the_same(folder: Path, both: tuple[Examined, Examined]) -> None:
    plain, _ = both
    again = looked(folder)
    assert plain.policies and again.policies and again.policies.digest == plain.policies.digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PACK.replace("more-x, title: X, when: more.x, then: redact", "more-x, title: X, when: more.x, then: redact, "
                      "with: {style: token}"), "may only make it stricter"),
        (PACK.replace("more:", "words:").replace("more.x", "words.x"), "differ"),
        (PACK.replace("id: more-x", "id: refuse"), "differ"),
        (PACK.replace("policy: mine", "policy: mine\nextends: small"), "stands for itself"),
        ("nothing", "expected"),
    ],
)  # fmt: skip
def test_packs_that_do_not_go(text: str, told: str, folder: Path) -> None:
    (folder / "packs" / "bad.yaml").write_text(text)
    examined = looked(folder, "bad")
    assert examined.policies is None and told in "\n".join(map(str, examined.problems))


def test_a_pack_that_is_not_there(folder: Path) -> None:
    examined = looked(folder, "lokdown")
    assert examined.policies is None and "did you mean 'lockdown'" in str(examined.problems[0])
