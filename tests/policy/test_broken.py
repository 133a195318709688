"""Golden complaints: each file in `broken/` says at its end what must be said about it, and nothing else may be.

A line is `# expect: LINE:COLUMN CODE part of the message`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guardproxy.policy.codes import codes
from guardproxy.policy.load import ConfigErrors, examine, load
from tests.policy.support import CATALOGUE, build

FILES = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
EXPECT = re.compile(r"^# expect: (\d+):(\d+) (GP\d{3}) (.+)$", re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_complaints_stand_where_the_mistake_is(file: Path) -> None:
    expected = [
        (int(line), int(column), code, part) for line, column, code, part in EXPECT.findall(file.read_text("utf-8"))
    ]
    told = examine(file, CATALOGUE, build)
    assert expected
    assert told.policy is None
    assert [(e.line, e.column, e.code) for e in told.problems] == [e[:3] for e in expected], told.problems
    for error, (*_, part) in zip(told.problems, expected, strict=True):
        assert part in error.message
        assert error.file == str(file)


def test_loading_raises_all_of_them() -> None:
    file = next(f for f in FILES if f.stem == "rollout_form")
    with pytest.raises(ConfigErrors) as told:
        load(file, CATALOGUE, build)
    assert len(told.value.errors) == 4
    assert str(told.value).count("GP002") == 4


def test_every_complaint_has_its_case() -> None:
    """That each has its page is tested in test_codes.py."""
    folders = (FILES[0].parent, FILES[0].parents[1] / "doubtful")
    files = [f for folder in folders for f in folder.rglob("*.yaml")]
    assert set(codes()) == {code for f in files for *_, code, _ in EXPECT.findall(f.read_text("utf-8"))}
