"""The policy of all packs that the bench measures is one that checks, and holds what the packs hold."""

from __future__ import annotations

from pathlib import Path

import yaml

from bench.conversation import PACKS, every_pack
from guardproxy import detectors
from guardproxy.policy.load import examine


def test_all_packs_make_one_policy(tmp_path: Path) -> None:
    policy = every_pack()
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump(policy))
    assert examine(file, detectors.catalogue(), detectors.build).problems == []
    packs = [yaml.safe_load(one.read_text()) for one in PACKS.glob("*.yaml")]
    assert len(policy["rules"]) == sum(len(one["rules"]) for one in packs) > 40
    used = {options["use"] for one in packs for options in one.get("filters", {}).values()}
    assert {options["use"] for options in policy["filters"].values()} == used
    assert {rule["then"] for rule in policy["rules"]} <= {"annotate", "escalate"}
