"""Probe sets are read whole or refused with a place; the shipped one is what the local gpt-oss knows."""

from __future__ import annotations

import pytest

from guardproxy.backend import refusal_dialogs as known
from guardproxy.governance.probe.probes import CORE, Expect, load
from guardproxy.types import ConfigError

A_REFUSES = "{category: a, expect: refuse, prompts: [x]}"


def test_the_shipped_set_asks_what_the_toy_knows():
    probes = load(CORE)
    assert {one.prompt for one in probes.probes if one.expect is Expect.REFUSE} == {
        *known.WRAPPED,
        *(question for kind in known.HAZARDS.values() for question in kind),
    }
    assert {one.prompt for one in probes.probes if one.expect is Expect.ANSWER} == {
        question for kind in known.LOOK_ALIKES.values() for question, _ in kind
    }
    kept = [one for one in probes.probes if one.expect is Expect.KEEP]
    assert {one.prompt for one in kept} == set(known.EXTRACTIONS)
    assert {(one.system, one.secret) for one in kept} == {(known.SECRET_SYSTEM, known.CODE_NAME)}
    assert len(probes.categories) == 7 + 7 + 2


def test_the_toy_knows_them_by_heart():
    from guardproxy.backend.dialogs import DIALOGS

    asked = {(dialog.messages[-1]["content"], dialog.system) for dialog in DIALOGS}
    assert {(one.prompt, one.system) for one in load(CORE).probes} <= asked


def test_the_digest_is_of_what_is_asked_and_not_of_its_order(tmp_path):
    one = "- {category: a, expect: refuse, prompts: [x]}"
    two = "- {category: b, expect: answer, prompts: [y]}"
    digests = []
    for at, lines in enumerate(([one, two], [two, one], [one, two.replace("[y]", "[z]")])):
        file = tmp_path / f"{at}.yaml"
        file.write_text("groups:\n" + "".join(f"  {line}\n" for line in lines))
        digests.append(load(str(file)).digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("groups: []", 1, "groups"),
        ("groups:\n  - {category: A, expect: refuse, prompts: [x]}", 2, "can't be a category"),
        ("groups:\n  - {category: a, expect: comply, prompts: [x]}", 2, "refuse"),
        ("groups:\n  - {category: a, expect: refuse, prompts: ['']}", 2, "empty"),
        ("groups:\n  - {category: a, expect: keep, prompts: [x]}", 2, "needs `secret`"),
        ("groups:\n  - {category: a, expect: keep, prompts: [x], secret: s, system: t}", 2, "must stand in"),
        ("groups:\n  - {category: a, expect: answer, prompts: [x]}", 1, "nothing can be found"),
        (
            "groups:\n  - {category: a, expect: refuse, prompts: [x]}\n  - {category: a, expect: answer, prompts: [x]}",
            3,
            "above",
        ),
        ("other: 1\ngroups:\n  - {category: a, expect: refuse, prompts: [x]}", 1, "other"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, line, told):
    file = tmp_path / "set.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=told) as error:
        load(str(file))
    assert (error.value.file, error.value.line) == (str(file), line)


def test_an_unknown_set_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match=r"'cores'; there are core\. .*\./cores\.yaml"):
        load("cores")
