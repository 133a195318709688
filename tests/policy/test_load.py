from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.load import examine, load, load_all
from guardproxy.policy.model import Atom, Mode, When
from guardproxy.types import ConfigError, Outcome, Style
from tests.policy.support import CATALOGUE, build

TEXT = """# one
schema: guardproxy/v1
policy: acme
version: "2026.10"
lists: {ours: ["*@example.com"]}
filters:
  pii: {use: pii_patterns, failure: allow}
  rude: {use: toxicity, hold: false}
defaults: {failure: allow, release: whole, max_hold: 4000, message: "No.", on_block: refusal, reasoning: drop}
rules:
  - id: stop
    title: Two at once
    severity: high
    status: experimental
    tags: [a.b]
    scope: {direction: response, role: [assistant, tool], channel: final, tool: "x*", model: m, tenant: t, route: /r}
    when: {all: [pii.email x2, "toxicity.* >= .7"]}
    unless: {in_list: ours, label: [pii.card], role: tool}
    then: block
    mode: shadow
    message: Stopped.
    on_block: error
  - {id: mask, when: [pii.card >= 0.25, pii.phone], then: redact, with: {style: hash}}
tests:
  - {name: x, given: {role: user, findings: []}, expect: {outcome: allow}}
"""


def write(directory: Path, text: str = TEXT, name: str = "p.yaml") -> Path:
    file = directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_all_of_a_file_arrives_in_the_policy(tmp_path: Path) -> None:
    write(tmp_path)
    policy = load(tmp_path, CATALOGUE, build)
    assert (policy.name, policy.version, len(policy.digest)) == ("acme", "2026.10", 64)
    defaults = policy.defaults
    assert (defaults.failure, defaults.release, defaults.max_hold, defaults.max_whole) == (
        "allow",
        "whole",
        4000,
        1_000_000,
    )
    assert (defaults.message, defaults.on_block, defaults.reasoning) == ("No.", "refusal", "drop")
    assert policy.filters["pii"] == {"use": "pii_patterns", "failure": "allow"}
    assert policy.labels["rude"] == CATALOGUE.labels["toxicity"]
    assert policy.lists == {"ours": ("*@example.com",)}
    mask, stop = policy.rules
    assert (mask.id, mask.then, mask.style, mask.when) == (
        "mask", Outcome.REDACT, Style.HASH, When((Atom("pii.card", 0.25), Atom("pii.phone"))),
    )  # fmt: skip
    assert stop.when == When((Atom("pii.email", 0.5, 2), Atom("toxicity.*", 0.7)), every=True)
    assert (stop.title, stop.severity, stop.status, stop.tags) == ("Two at once", "high", "experimental", ("a.b",))
    assert (stop.then, stop.mode, stop.message, stop.on_block) == (Outcome.BLOCK, Mode.SHADOW, "Stopped.", "error")
    scope = stop.scope
    assert (scope.direction, scope.role, scope.channel) == ({"response"}, {"assistant", "tool"}, {"final"})
    assert (scope.tool, scope.model, scope.tenant, scope.route) == (("x*",), ("m",), {"t"}, {"/r"})
    assert stop.unless is not None
    assert (stop.unless.in_list, stop.unless.label, stop.unless.scope.role) == ({"ours"}, ("pii.card",), {"tool"})


def test_nothing_of_a_policy_can_be_changed(tmp_path: Path) -> None:
    write(tmp_path)
    policy = load(tmp_path, CATALOGUE)
    with pytest.raises(TypeError):
        policy.filters["pii"]["failure"] = "block"  # type: ignore[index]
    with pytest.raises(TypeError):
        policy.lists["ours"] = ()  # type: ignore[index]
    with pytest.raises(AttributeError):
        policy.name = "other"  # type: ignore[misc]


def test_the_digest_is_of_what_decides(tmp_path: Path) -> None:
    def digest(text: str) -> str:
        write(tmp_path, text)
        return load(tmp_path, CATALOGUE).digest

    head, rules = TEXT.split("  - id: stop")
    body, last = rules.split("  - {id: mask")
    last, tests = last.split("tests:")
    swapped = f"{head}  - {{id: mask{last}  - id: stop{body}tests:{tests}"
    same = digest(TEXT)
    assert digest(TEXT.replace("# one", "# another")) == same
    assert digest(TEXT.replace("name: x", "name: y")) == same
    assert digest(swapped) == same
    assert digest(TEXT.replace(">= 0.25", ">= 0.26")) != same
    assert digest(TEXT.replace("failure: allow}", "failure: block}")) != same


def test_a_file_may_be_named_instead_of_its_directory(tmp_path: Path) -> None:
    assert load(write(tmp_path), CATALOGUE).name == "acme"


def test_one_policy_is_that_of_every_tenant(tmp_path: Path) -> None:
    write(tmp_path)
    policies = load_all(tmp_path, CATALOGUE, build)
    assert policies.of("anybody") is policies.default
    assert policies.all == (policies.default,)
    assert policies.default.digest == load(tmp_path, CATALOGUE, build).digest


def test_packs_are_policies_of_their_own(tmp_path: Path) -> None:
    write(tmp_path)
    pack = write(tmp_path, TEXT.replace("acme", "other"), "packs/other.yaml")
    assert load(tmp_path, CATALOGUE).name == "acme"
    assert load(pack, CATALOGUE).name == "other"


def test_hidden_folders_are_not_policies(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, TEXT, "..data/p.yaml")
    assert load(tmp_path, CATALOGUE).name == "acme"


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_nothing_to_read_is_told_apart_from_problems(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="there is no"):
        load(tmp_path / name, CATALOGUE)


def test_problems_of_all_parts_are_gathered(tmp_path: Path) -> None:
    write(tmp_path, TEXT.replace("use: toxicity", "use: toxicity, unknown: 1").replace("pii.phone", "pii.fone"))
    assert [e.code for e in examine(tmp_path, CATALOGUE, build).problems] == ["GP002", "GP014"]


DEFAULT = (Path(__file__).parents[2] / "policies" / "default.yaml").read_text(encoding="utf-8")
WORDS = ["", "x", "true", "3", "[]", "{}", "~", "[a, b]", "{a: b}", "'*'", "- x", ": ", "\n"]


@given(st.lists(st.tuples(st.integers(0, len(DEFAULT) - 1), st.integers(0, 12), st.sampled_from(WORDS)), max_size=3))
def test_a_damaged_policy_is_read_or_refused_and_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[int, int, str]]
) -> None:
    text = DEFAULT
    for at, length, word in damages:
        text = text[:at] + word + text[at + length :]
    file = write(tmp_path_factory.mktemp("damaged"), text)
    examined = examine(file, CATALOGUE, build)
    assert (examined.policy is None) == bool(examined.problems)
    assert all(e.code and e.line >= 1 and e.column >= 1 and e.message for e in examined.problems)
