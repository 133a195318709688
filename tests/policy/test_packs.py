"""Every policy of `policies/packs` can be served as it stands, and is not read along with the default policy."""

from __future__ import annotations

import asyncio
import importlib.util
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.cli.test import run_cases
from guardproxy.policy.load import examine, load
from guardproxy.text import filters
from guardproxy.types import Context, Direction, Origin, Role

POLICIES = Path(__file__).parents[2] / "policies"
PACKS = sorted((POLICIES / "packs").glob("*.yaml"))
_LOCKDOWN = detectors.build(
    "lockdown_text",
    load(POLICIES / "packs" / "lockdown.yaml", detectors.catalogue()).filters["lockdown_text"],
)
assert isinstance(_LOCKDOWN, filters.PatternFilter)
NEEDS = {"pii-presidio": "presidio_analyzer"}


def test_packs_are_not_part_of_the_directory_that_they_stand_in(tmp_path: Path) -> None:
    assert PACKS
    assert examine(POLICIES, detectors.catalogue()).files == 1
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "other.yaml").write_text("no policy at all")
    (tmp_path / "policy.yaml").write_text((POLICIES / "default.yaml").read_text("utf-8"), "utf-8")
    assert examine(tmp_path, detectors.catalogue()).problems == []
    (tmp_path / "deeper" / "packs").mkdir(parents=True)
    (tmp_path / "deeper" / "packs" / "other.yaml").write_text("no policy at all")
    assert examine(tmp_path, detectors.catalogue()).problems, "only right below the directory"


@pytest.mark.parametrize("pack", PACKS, ids=lambda p: p.stem)
def test_packs_keep_their_promises(pack: Path) -> None:
    examined = examine(pack, detectors.catalogue(), detectors.build)
    assert (examined.problems, examined.warnings) == ([], [])
    assert examined.policy is not None and examined.policy.name == pack.stem
    needed = NEEDS.get(pack.stem)
    if needed and importlib.util.find_spec(needed) is None:
        pytest.skip(f"NOT RUN: {len(examined.cases)} tests of {pack.stem} need {needed}")
    results = asyncio.run(run_cases(examined.policy, examined.cases))
    assert [r.case.name for r in results if r.status != "pass"] == []


@given(text=st.text(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=5))
@example(text="x\n" * 100, cuts=[1, 7])
@example(text="", cuts=[])
def test_a_lockdown_finds_the_first_character_and_nothing_more(text: str, cuts: list[int]) -> None:
    """A finding for each character took 15 s at the opening of an incident, and 60 µs a character from then on."""
    bounds = [0, *sorted(cuts), len(text)]
    scan = _LOCKDOWN.open(Origin(Direction.RESPONSE, Role.ASSISTANT), Context())
    pieces = [text[a:b] for a, b in pairwise(bounds)]
    found = [f for n, piece in enumerate(pieces) for f in scan.feed(piece, last=n == len(pieces) - 1).findings]
    assert [f.span for f in found] == [(0, 1)] * bool(text)
