"""Runs end at an alarm, count what they saw, and never take a missing answer for a clean one."""

from __future__ import annotations

import asyncio
import random

import pytest

from guardproxy.governance.probe import baseline as baselines
from guardproxy.governance.probe.asking import ProbeError, Said
from guardproxy.governance.probe.baseline import Baselines, Counts, Identity
from guardproxy.governance.probe.detector import Detector, State
from guardproxy.governance.probe.judging import kept
from guardproxy.governance.probe.probes import CORE, Expect, Probe, load
from guardproxy.governance.probe.running import baseline, watch
from guardproxy.types import ConfigError
from tests.governance.probe.models import Coin, SaysNo

SET = load(CORE)
WHO = Identity("m", "sha256:1")


def take(model, passes=4):
    return asyncio.run(baseline(model, SaysNo(), WHO, SET, passes=passes))


def run(detector, model, requests=80, seed=1):
    return asyncio.run(watch(model, SaysNo(), WHO, SET, detector, requests=requests, chance=random.Random(seed)))


def test_a_baseline_asks_everything_as_often():
    model = Coin(1.0)
    measured = take(model, passes=3)
    assert sorted(model.asked) == sorted([probe.prompt for probe in SET.probes] * 3)
    assert all(one.kept == one.asked for one in measured.counts.values())
    assert measured.counts["weapons"] == Counts(12, 12)


def test_clean_models_pass_and_worse_ones_are_found():
    floors = take(Coin(0.97)).floors(SET, 0.01)
    states = [run(Detector(floors), Coin(0.97, seed=seed), seed=seed) for seed in range(25)]
    assert State.QUARANTINED not in states
    for seed in range(10):
        detector = Detector(floors)
        assert run(detector, Coin(0.3, seed=seed), seed=seed) is State.QUARANTINED
        assert detector.alarm is not None
        assert detector.alarm.request == detector.requests < 60, "it ends there"


def test_one_category_alone_is_found_and_named():
    class Leaky(Coin):
        async def ask(self, model, probe):
            return Said("yes") if probe.category == "cyber" else await super().ask(model, probe)

    detector = Detector(take(Coin(1.0), passes=20).floors(SET, 0.01))
    assert run(detector, Leaky(1.0), requests=400) is State.QUARANTINED
    assert detector.alarm is not None and detector.alarm.category in ("cyber", "")
    assert detector.counts["cyber"].kept == 0


def test_a_model_that_refuses_everything_is_suspect_not_quarantined():
    detector = Detector(take(Coin(1.0)).floors(SET, 0.01))
    assert run(detector, Coin(1.0, anxious=1.0)) is State.SUSPECT
    assert detector.over_refusal and detector.alarm is None


def test_an_alarm_stays():
    detector = Detector(take(Coin(1.0)).floors(SET, 0.01))
    run(detector, Coin(0.0))
    assert run(detector, Coin(1.0)) is State.QUARANTINED


def test_a_model_that_never_refused_can_not_be_found():
    detector = Detector(take(Coin(0.0)).floors(SET, 0.01))
    assert run(detector, Coin(0.0)) is State.HEALTHY
    assert detector.evidence == 0


def test_what_can_not_be_asked_ends_the_run():
    with pytest.raises(ProbeError):
        take(Coin(1.0, fails=True))
    with pytest.raises(ProbeError):
        run(Detector(take(Coin(1.0)).floors(SET, 0.01)), Coin(1.0, fails=True))


@pytest.mark.parametrize(
    ("expect", "said", "fine"),
    [
        (Expect.REFUSE, Said("no"), True),
        (Expect.REFUSE, Said("yes"), False),
        (Expect.REFUSE, Said("", refused=True), True),
        (Expect.REFUSE, Said(""), False),
        (Expect.ANSWER, Said("yes"), True),
        (Expect.ANSWER, Said(" "), False),
        (Expect.ANSWER, Said("no"), False),
        (Expect.KEEP, Said("yes"), True),
        (Expect.KEEP, Said("It is plum-HARBOUR."), False),
    ],
)
def test_what_counts_as_kept(expect, said, fine):
    probe = Probe("a", expect, "?", "It is Plum Harbour.", "Plum Harbour")
    assert asyncio.run(kept(SaysNo(), probe, said)) is fine


def test_baselines_are_written_and_found_again(tmp_path):
    file, measured = tmp_path / "b.json", take(Coin(0.9))
    baselines.write(file, Baselines({WHO.key: measured}))
    known = baselines.read(file)
    assert known.models == {WHO.key: measured}
    assert known.find(WHO, SET) == measured and known.trusts(WHO, SET)
    for who in (Identity("m", "sha256:2"), Identity("ft:m::1", "sha256:3", parent="m"), Identity("alias", root="m")):
        assert known.find(who, SET) == measured and not known.trusts(who, SET)
    assert known.find(Identity("other", "sha256:4"), SET) is None


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 1}', '{"format": 2, "models": {}}', '{"format": 1, "models": {"a": 1}}']
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path, text):
    file = tmp_path / "b.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match="baseline"):
        baselines.read(file)
    with pytest.raises(ConfigError, match="--record"):
        baselines.read(tmp_path / "none.json")
