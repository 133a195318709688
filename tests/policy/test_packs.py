"""Every policy of `policies/packs` can be served as it stands, and is not read along with the default policy."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest

from guardproxy import detectors
from guardproxy.cli.test import run_cases
from guardproxy.policy.load import examine

POLICIES = Path(__file__).parents[2] / "policies"
PACKS = sorted((POLICIES / "packs").glob("*.yaml"))
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
