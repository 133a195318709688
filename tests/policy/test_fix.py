"""What `check --fix` does to a text: what is certain, where it stands, and not a character more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.policy.cases import run_pure
from guardproxy.policy.fix import Fixed, fix
from guardproxy.policy.load import examine
from tests.policy.test_fuzz import TEXTS

HEAD = "schema: guardproxy/v1  # format\npolicy: fixed\n"
TESTED = """
tests:
  - {name: all, given: {role: user, findings: [{label: pii.card}]}, expect: {rules: [mask]}}
"""
PII = "filters:\n  pii: {use: pii_patterns}\n"
MASK = "rules:\n  - {id: mask, when: pii.*, then: redact}\n"


def fixed(text: str, folder: Path, **beside: str) -> str:
    """The text with all that can be put right; the second time nothing is left to do."""
    file = folder / "policy.yaml"
    file.write_bytes(text.encode())
    for name, other in beside.items():
        (folder / f"{name}.yaml").write_text(other, "utf-8")
    done = _fix(folder)
    assert set(done.after) <= {file}
    assert file.read_bytes() == text.encode(), "nothing is written here"
    new = done.after.get(file, text)
    file.write_bytes(new.encode())
    again = _fix(folder)
    assert (again.after, again.complaints) == ({}, 0)
    assert [str(e) for e in again.examined.problems] == [str(e) for e in done.examined.problems]
    return new


def _fix(folder: Path) -> Fixed:
    return fix(folder, detectors.catalogue(), detectors.build)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("version: 1.10 # ten\n", 'version: "1.10" # ten\n'),
        ("version: 2026\nowner: true\n", 'version: "2026"\nowner: "true"\n'),
        ("lists: {}\nversion: 007\n", 'lists: {}\nversion: "007"\n'),
        ("owner: me\nversion: '1' # one\nowner: me # twice\n", "owner: me\nversion: '1' # one\n"),
        ("lists: {spare: [a, b]}\n", ""),
        ("lists: # of ours\n  # who\n  spare:\n    - a # first\n    - b\n\n", "\n"),
        ("lists:\r\n  spare: [a]\r\nowner: me\r\n", "owner: me\r\n"),
    ],
)
def test_keys_of_the_file(wrong: str, right: str, tmp_path: Path) -> None:
    assert fixed(HEAD + wrong + PII + MASK + TESTED, tmp_path) == HEAD + right + PII + MASK + TESTED


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("pii: {use: pii_patterns, hold: yes}", "pii: {use: pii_patterns, hold: true}"),
        ("pii: {use: pii_patterns, hold: On}", "pii: {use: pii_patterns, hold: true}"),
        ("pii:\n    use: pii_patterns\n    hold: off # why\n", "pii:\n    use: pii_patterns\n    hold: false # why\n"),
        ("pii: {use: pii_patterns}\n  secrets: {use: secrets} # later\n", "pii: {use: pii_patterns}\n"),
        ("pii: {use: pii_patterns}\n  # why\n  secrets:\n    use: secrets\n", "pii: {use: pii_patterns}\n  # why\n"),
        ("secrets: {use: secrets}\n\n  pii: {use: pii_patterns}", "\n  pii: {use: pii_patterns}"),
        ("pii: {use: pii_patterns, use: pii_patterns}", "pii: {use: pii_patterns}"),
        (
            "pii: {use: pii_patterns, # it\n    use: pii_patterns}",
            "pii: {use: pii_patterns, # it\n    use: pii_patterns}",
        ),
        ("pii: {use: pii_patterns, use: secrets}", "pii: {use: pii_patterns, use: secrets}"),
        ("pii: {use: pii_patterns, hold: maybe}", "pii: {use: pii_patterns, hold: maybe}"),
    ],
)
def test_filters(wrong: str, right: str, tmp_path: Path) -> None:
    before, after = f"filters:\n  {wrong}\n", f"filters:\n  {right}\n"
    if "\n\n" in wrong:
        after = after.replace("filters:\n  \n", "filters:\n\n")
    assert fixed(HEAD + before + MASK + TESTED, tmp_path) == HEAD + after + MASK + TESTED


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("when: [pii.*, pii.card]", "when: [pii.*]"),
        ("when: [pii.card, pii.*, pii.card]", "when: [pii.*]"),
        ("when: [ pii.card , pii.* ]", "when: [ pii.* ]"),
        ("when: {any: ['pii.card', \"pii.*\"]}", 'when: {any: ["pii.*"]}'),
        ("when:\n      - pii.card # cards\n      # all\n      - pii.*", "when:\n      # all\n      - pii.*"),
        ("when:\n    - pii.*\n    -   pii.card", "when:\n    - pii.*"),
        ("when:\n      [pii.*,\n       pii.card,\n      ]", "when:\n      [pii.*,\n      ]"),
        ("when: [pii.*, # all\n      pii.card]", "when: [pii.*, # all\n      pii.card]"),
        ("when: pii.*\n    scope: {role: [user, tool, user]}", "when: pii.*\n    scope: {role: [user, tool]}"),
        ("when: pii.card\n    scope: {role: [user, 'user']}", "when: pii.card\n    scope: {role: [user]}"),
        ("when: pii.crad", "when: pii.crad"),
    ],
)
def test_rules(wrong: str, right: str, tmp_path: Path) -> None:
    rule = "rules:\n  - id: mask\n    {}\n    then: redact # so\n"
    assert fixed(HEAD + PII + rule.format(wrong) + TESTED, tmp_path) == HEAD + PII + rule.format(right) + TESTED


def test_what_tests_name_stays(tmp_path: Path) -> None:
    text = HEAD + "filters: {pii: {use: pii_patterns}, secrets: {use: secrets}}\n" + MASK + TESTED
    text += "  - {name: b, given: {role: user, failures: [secrets]}, expect: {outcome: allow}}\n"
    assert fixed(text, tmp_path) == text


def test_what_others_may_use_stays(tmp_path: Path) -> None:
    text = HEAD + "lists: {ours: ['*@example.com']}\n" + PII + MASK + TESTED
    acme = "schema: guardproxy/v1\npolicy: acme\nextends: fixed\ntenants: acme\n"
    used = acme + "override: {mask: {unless: {in_list: ours}}}\n"
    (tmp_path / "policy.yaml").write_text(text)
    (tmp_path / "acme.yaml").write_text(used)
    assert _fix(tmp_path).after == {}
    assert _fix(tmp_path / "policy.yaml").after == {}, "who looks at one file doesn't see who builds on it"
    (tmp_path / "acme.yaml").write_text(acme)
    assert set(_fix(tmp_path).after) == {tmp_path / "policy.yaml"}


def test_what_comes_to_light_is_put_right_too(tmp_path: Path) -> None:
    """A key twice hides that the version has no quotes, and that hides a list that nobody uses."""
    text = HEAD + "version: 1.0\nlists: {spare: [a]}\nowner: me\nowner: me\n" + PII + MASK + TESTED
    assert fixed(text, tmp_path) == HEAD + 'version: "1.0"\nowner: me\n' + PII + MASK + TESTED


def test_a_change_that_makes_it_worse_is_not_kept(tmp_path: Path) -> None:
    """In quotes the number would be a role, and there is none of that name: only the other complaint goes."""
    text = HEAD + "version: 3\n" + PII + "rules:\n  - {id: mask, when: pii.*, scope: {role: 5}, then: redact}\n"
    assert fixed(text, tmp_path) == text.replace("version: 3", 'version: "3"')


def test_files_elsewhere_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    pack = "schema: guardproxy/v1\npolicy: cards\nversion: 1\n" + PII + MASK
    (tmp_path / "packs" / "cards.yaml").write_text(pack)
    (tmp_path / "policy.yaml").write_text("schema: guardproxy/v1\npolicy: mine\npacks: [cards]\n")
    assert _fix(tmp_path).after == {}


# ---------------------------------------------------------------------------------------------------- any file


@settings(max_examples=40)
@given(data=st.data())
def test_a_file_keeps_all_that_it_says(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Lines of shipped and golden policies, some of them doubled: whatever is put right, decisions and comments stay."""
    text = data.draw(st.sampled_from(TEXTS))
    lines = text.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines.insert(at, lines[at])
    folder = tmp_path_factory.mktemp("fixed")
    file = folder / "policy.yaml"
    file.write_text("".join(lines), "utf-8")
    before = examine(folder, detectors.catalogue(), detectors.build)
    done = _fix(folder)
    new = done.after.get(file)
    assert (new is None) == (done.complaints == 0)
    if new is None:
        return
    changed = [line for line in new.splitlines(keepends=True) if line not in lines]
    assert len(changed) <= done.complaints, "a line is as it was, or one complaint was about it"
    kept = [line.strip() for line in new.splitlines() if line.lstrip().startswith("#")]
    assert kept == [line.strip() for line in lines if line.lstrip().startswith("#")]
    assert done.examined.policy is not None or before.problems
    if before.policy is not None:
        assert done.examined.policy is not None
        for case in before.cases:
            if case.pure:
                old, now = run_pure(before.policy, case), run_pure(done.examined.policy, case)
                assert (old.outcome, old.edits) == (now.outcome, now.edits)
