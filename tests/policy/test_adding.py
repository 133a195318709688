"""Tests put into a file: they are there, and every other line is as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy import source
from guardproxy.policy.adding import with_tests
from guardproxy.policy.report import case
from guardproxy.types import ConfigError

ITEM = case("not this", {"role": "user", "text": 'a "b"\n- c: # d'}, {"outcome": "allow"}, "reported")
HEAD = "schema: guardproxy/v1\npolicy: small  # ours\n"
TESTS = "  - name: one\n    given: {role: user, text: x}\n    expect: {outcome: allow}\n"
FILES = {
    "at the end": HEAD + "tests:\n" + TESTS,
    "without a line end": HEAD + "tests:\n" + TESTS.rstrip("\n"),
    "none yet": HEAD + "rules: []\n",
    "empty": HEAD + "tests:\n\nrules: []\n",
    "in the middle": HEAD + "tests:\n" + TESTS + "\n# about rules\n\nrules: []\n",
    "not indented": HEAD + "tests:\n" + TESTS.replace("\n    ", "\n  ").replace("  - ", "- ") + "rules: []\n",
    "indented more": HEAD + "tests:\n" + "".join("    " + x + "\n" for x in TESTS.splitlines()) + "\n\n",
    "a comment inside": HEAD + "tests:  # them\n  # first\n" + TESTS + "  # last\nrules: []\n",
    "a block of text": HEAD
    + "tests:\n"
    + TESTS.replace("x}", "'# x'}")
    + "  - name: >\n      # two\n      - words\nrules: []\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_they_are_there_and_nothing_else_changes(text: str) -> None:
    out = with_tests(text, ITEM, "p.yaml")
    before, after = source.parse(text, "p").data, source.parse(out, "p").data
    added = source.parse("tests:\n" + ITEM, "p").data["tests"]
    assert after == {**before, "tests": [*(before.get("tests") or []), *added]}
    rest = out.splitlines()
    for line in text.splitlines():
        rest = rest[rest.index(line) + 1 :]  # in their order, as they were


@pytest.mark.parametrize("tests", ["tests: []\n", "tests: [{name: one}]\n", "tests: {}\n", "tests: x\n"])
def test_what_a_program_should_not_touch_is_refused(tests: str) -> None:
    with pytest.raises(ConfigError, match=r"^p.yaml:3:1: these tests can't be put in by a program"):
        with_tests(HEAD + tests, ITEM, "p.yaml")


def test_a_test_goes_in_once() -> None:
    out = with_tests(FILES["at the end"], ITEM, "p.yaml")
    with pytest.raises(ConfigError, match="'not this' is there already"):
        with_tests(out, ITEM, "p.yaml")
    for wrong in ("- a\n", "a: [\n", ""):
        with pytest.raises(ConfigError):
            with_tests(wrong, ITEM, "p.yaml")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.sampled_from(sorted(FILES)))
def test_any_name_goes_in(name: str, file: str) -> None:
    item = case(name, {"role": "user", "text": name}, {"outcome": "allow"})
    if name == "one":
        return
    data = source.parse(with_tests(FILES[file], item, "p"), "p").data
    assert data["tests"][-1]["name"] == name and data["policy"] == "small"
