"""A short run of the bench of reloads: nothing fails, nothing is mixed. (Its latencies mean nothing here.)"""

from __future__ import annotations

import asyncio

import pytest

from bench import reload


def test_reloads_under_load_fail_nothing_and_mix_nothing() -> None:
    got = asyncio.run(reload.measure(reloads=21, rate=40.0, clients=4, pause=0.02, normal=0.1, wrong=10, shadow=True))
    assert (dict(got.failed), got.mixed) == ({}, [])
    assert dict(got.reloads) == {"success": 19, "failure": 2}
    assert got.policies > 5
    assert got.requests > 20
    assert got.fine


def test_what_the_bench_would_see() -> None:
    """Its checks can fail: a record, a header or a text of another policy."""
    seen = reload.Seen()
    seen.answers = {
        "a": ("1" * 12, "label", "label"),
        "b": ("1" * 12, "label", "mask"),
        "c": ("2" * 12, "mask", "mask"),
    }
    styles = {"1" * 64: "label", "2" * 64: "mask"}

    class Log:
        def read_text(self) -> str:
            return "\n".join(f'{{"request_id": "{name}", "policy": {{"digest": "{"1" * 64}"}}}}' for name in "abc")

    assert reload._mixed(seen, styles, Log()) == (["b", "c"], 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [0, 1, 20, 41])
def test_every_policy_of_it_is_another(version: int) -> None:
    assert reload.policy(version) != reload.policy(version + 1)
    assert "redcat" in reload.policy(version, wrong=True)
