"""Which models may serve: trusted ones at once, new ones after their run, quarantined ones not at all."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from guardproxy.governance.probe import baseline as baselines
from guardproxy.governance.probe.asking import ProbeError
from guardproxy.governance.probe.baseline import Baselines, Identity
from guardproxy.governance.probe.detector import State
from guardproxy.governance.probe.probes import CORE, load
from guardproxy.governance.probe.running import baseline
from guardproxy.governance.probe.standing import Answer, Standing
from guardproxy.governance.probe.verdicts import Verdicts, Word, said
from guardproxy.probing import Probing
from guardproxy.types import WireError
from tests.governance.probe.models import Coin, SaysNo

SET = load(CORE)
BASE, ALIAS = Identity("m", "sha256:1"), Identity("alias", "sha256:1")
GOOD, BAD = Identity("ft:m:good:1", "sha256:2", "m"), Identity("ft:m:bad:1", "sha256:3", "m")
STRANGER = Identity("x", "sha256:4")


class Server:
    """Models by name."""

    def __init__(self, *listed):
        self.listed = list(listed)
        self.rates = {BAD.name: 0.0}
        self.asked = []

    async def models(self):
        if not self.listed:
            raise ProbeError("it is gone")
        return self.listed

    async def ask(self, model, probe):
        self.asked.append(model)
        return await Coin(self.rates.get(model, 1.0)).ask(model, probe)


class Observer:
    def __init__(self):
        self.seen = []

    def probed(self, model, counts, requests):
        self.seen.append((model, requests))

    def alarmed(self):
        self.seen.append("alarm")

    def failed(self):
        self.seen.append("failed")


class Events:
    def __init__(self):
        self.told = []

    async def record(self, event):
        self.told.append((event.action, event.subject))


@pytest.fixture
def made(tmp_path):
    file = tmp_path / "b.json"
    trusted = asyncio.run(baseline(Coin(1.0), SaysNo(), BASE, SET))
    baselines.write(file, Baselines({BASE.key: trusted}))

    def make(*listed, **more):
        settings = Probing(baseline=str(file), **more)
        now = [0.0]
        standing = Standing(settings, Server(*listed), SaysNo(), SET, Observer(), Events(), lambda: now[0])
        return standing, now

    return make


def look(standing):
    asyncio.run(standing.look())


def refused(standing, name):
    try:
        standing.check(name)
    except WireError as e:
        return e.status, e.code
    return None


def test_a_trusted_model_serves_and_is_probed(made):
    standing, now = made(BASE, ALIAS)
    look(standing)
    assert refused(standing, "m") is refused(standing, "alias") is None
    assert standing.server.asked == ["alias"] * 80 or standing.server.asked == ["m"] * 80, "once for both names"
    look(standing)
    assert len(standing.server.asked) == 80
    now[0] = 3601.0
    look(standing)
    assert len(standing.server.asked) == 160


def test_a_new_model_serves_once_it_has_passed(made):
    standing, _ = made(BASE, GOOD)
    assert refused(standing, GOOD.name) == (503, "model_not_released"), "nobody has looked yet"
    look(standing)
    assert refused(standing, GOOD.name) is None
    assert standing.events.told == [("model.released", GOOD.name)]


def test_a_tampered_model_is_quarantined_and_stays_so(made):
    standing, now = made(BASE, BAD)
    look(standing)
    assert refused(standing, BAD.name) == (403, "model_quarantined")
    assert refused(standing, "m") is None
    assert standing.health() == {"ok": True, "healthy": ["m"], "quarantined": [BAD.name]}
    assert "alarm" in standing.observer.seen and ("model.quarantined", BAD.name) in standing.events.told
    asked = len(standing.server.asked)
    standing.server.rates.clear()
    now[0] = 1e6
    look(standing)
    assert refused(standing, BAD.name) == (403, "model_quarantined")
    assert BAD.name not in standing.server.asked[asked:]


def test_weights_that_are_swapped_under_a_name_are_found(made):
    standing, _ = made(BASE)
    look(standing)
    standing.server.listed, standing.server.rates = [Identity("m", "sha256:9")], {"m": 0.2}
    look(standing)
    assert refused(standing, "m") == (403, "model_quarantined")
    assert standing.health()["ok"] is False


def test_a_server_without_digests_is_watched_by_name(made, tmp_path):
    trusted = asyncio.run(baseline(Coin(1.0), SaysNo(), Identity("m"), SET))
    standing, now = made(Identity("m"))
    baselines.write(tmp_path / "b.json", Baselines({"m": trusted}))
    look(standing)
    assert refused(standing, "m") is None
    standing.server.rates, now[0] = {"m": 0.0}, 4000.0
    look(standing)
    assert refused(standing, "m") == (403, "model_quarantined")


@pytest.mark.parametrize("name", ["M", "m@main", "sha256:1", "", "ft:m:bad:1"])
def test_another_spelling_gets_past_nothing(made, name):
    standing, _ = made(BASE)
    look(standing)
    assert refused(standing, name) == (503, "model_not_released")


@pytest.mark.parametrize("name", ["FT:m:bad:1", "ft:m:bad:1:latest"])
def test_another_spelling_gets_past_no_quarantine_where_new_models_serve(made, name):
    standing, _ = made(BASE, BAD, STRANGER, hold_new=False)
    assert refused(standing, name) is None
    look(standing)
    assert refused(standing, BAD.name) == (403, "model_quarantined")
    assert refused(standing, name) == (503, "model_not_released")
    assert refused(standing, "x") is refused(standing, "m") is None


def test_a_name_that_nobody_watches_is_its_weights_too(made):
    other = Identity("b", BAD.digest)
    standing, _ = made(BASE, BAD, other, Identity("c", "sha256:7"), hold_new=False, models=("m", BAD.name))
    look(standing)
    assert refused(standing, "b") == (403, "model_quarantined")
    assert refused(standing, "c") is None


def test_weights_that_get_another_name_are_probed_under_it(made, monkeypatch):
    guards, others = ([one for one in SET.probes if one.expect.guards is of] for of in (True, False))
    drawn = itertools.cycle([*guards[:2], *others[:2]])  # the third kept by nobody would be an alarm
    monkeypatch.setattr(random.SystemRandom, "choice", lambda self, probes: next(drawn))
    standing, now = made(BASE, Identity("a", BAD.digest, "m"), requests=4)
    standing.server.rates = {"a": 0.0, "b": 0.0}
    look(standing)
    assert refused(standing, "a") == (503, "model_not_released"), "too few probes for an alarm"
    standing.server.listed = [BASE, Identity("b", BAD.digest, "m"), Identity("a", GOOD.digest, "m")]
    standing.server.rates = {"a": 1.0, "b": 0.0}
    for _ in range(20):
        now[0] += 4000.0
        look(standing)
    assert refused(standing, "b") == (403, "model_quarantined") and refused(standing, "a") is None


def test_weights_that_hide_while_they_are_probed_do_not_pass(made):
    bad, good = Identity("a", BAD.digest, "m"), Identity("a", GOOD.digest, "m")
    standing, _ = made(BASE, bad)
    honest = standing.server.ask

    async def hidden(model, probe):  # listed as they are, and others stand under the name once the questions come
        if model == "a":
            standing.server.listed = [BASE, good]
        return await honest(model, probe)

    standing.server.ask = hidden
    look(standing)
    assert ("model.released", "a") not in standing.events.told and "failed" in standing.observer.seen
    standing.server.ask, standing.server.listed, standing.server.rates = honest, [BASE, bad], {"a": 0.0}
    look(standing)
    assert refused(standing, "a") == (403, "model_quarantined")


def test_a_model_without_a_baseline_is_held(made):
    standing, _ = made(BASE, STRANGER)
    look(standing)
    assert refused(standing, "x") == (503, "model_not_released")
    assert standing.named(State.UNMEASURED) == ["x"]
    assert "x" not in standing.server.asked
    free, _ = made(BASE, STRANGER, hold_new=False)
    look(free)
    assert refused(free, "x") is None


def test_an_alert_refuses_nobody(made):
    standing, _ = made(BASE, BAD, on_alarm="alert")
    look(standing)
    assert refused(standing, BAD.name) is None
    assert standing.named(State.QUARANTINED) == [BAD.name]


def test_a_new_baseline_of_the_operators_gives_it_another_chance(made, tmp_path):
    standing, _ = made(BASE, BAD)
    look(standing)
    accepted = asyncio.run(baseline(Coin(0.0), SaysNo(), BAD, SET))
    known = baselines.read(tmp_path / "b.json")
    baselines.write(tmp_path / "b.json", Baselines({**known.models, BAD.key: accepted}))
    look(standing)
    assert refused(standing, BAD.name) is None


def test_trouble_leaves_everything_as_it_was(made):
    standing, now = made(BASE, BAD)
    look(standing)
    standing.server.listed, now[0] = [], 1e6

    async def once():
        task = asyncio.create_task(standing.run())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(once())
    assert standing.observer.seen[-1] == "failed"
    assert refused(standing, "m") is None and refused(standing, BAD.name) == (403, "model_quarantined")


def test_labels_of_metrics_come_from_the_operator(made):
    standing, _ = made(BASE, GOOD)
    look(standing)
    assert {model for model, _ in standing.observer.seen} == {"m", ""}


class People:
    """Say what they are told to say."""

    def __init__(self):
        self.says, self.asked = None, []

    async def answer(self, model, probes):
        self.asked.append(model.who.name)
        return self.says


def test_people_let_a_model_serve_that_has_passed(made, tmp_path):
    standing, now = made(BASE, GOOD, release="approval", state=str(tmp_path / "state.json"))
    standing.people = People()
    look(standing)
    assert refused(standing, GOOD.name) == (503, "model_not_released") and refused(standing, "m") is None
    assert standing.named(State.WAITING) == [GOOD.name] and standing.people.asked == [GOOD.name]
    asked = len(standing.server.asked)
    standing.people.says = Answer(True, "apr_1")
    look(standing)
    assert refused(standing, GOOD.name) is None
    assert len(standing.server.asked) == asked, "it needs no other run"
    assert standing.events.told == [("model.released", GOOD.name)]
    now[0] = 4000.0
    look(standing)
    assert standing.people.asked == [GOOD.name] * 2, "nobody is asked about what was said"


def test_people_may_say_no_for_good(made, tmp_path):
    state = {"release": "approval", "state": str(tmp_path / "state.json")}
    standing, _ = made(BASE, GOOD, **state)
    standing.people = People()
    standing.people.says = Answer(False, "apr_1")
    look(standing)
    assert refused(standing, GOOD.name) == (403, "model_denied")
    standing.people.says = Answer(True, "apr_2")
    look(standing)
    assert refused(standing, GOOD.name) == (403, "model_denied")
    free, _ = made(BASE, GOOD, hold_new=False, **state)
    free.verdicts, free.people = standing.verdicts, People()
    look(free)
    assert refused(free, GOOD.name) == (403, "model_denied"), "held or not"


def test_what_was_said_outlives_the_process(made, tmp_path):
    file = tmp_path / "state.json"
    standing, _ = made(BASE, GOOD, BAD)
    standing.verdicts = Verdicts(file, b"secret")
    look(standing)
    again, _ = made(BASE, GOOD, BAD)
    again.verdicts = Verdicts(file, b"secret")
    again.server.rates.clear()  # it behaves now
    look(again)
    assert refused(again, GOOD.name) is None and refused(again, BAD.name) == (403, "model_quarantined")
    assert BAD.name not in again.server.asked and again.events.told == []


def test_a_word_of_another_process_counts_here(made, tmp_path):
    here, _ = made(BASE, GOOD)
    there, _ = made(BASE, GOOD)
    here.verdicts, there.verdicts = Verdicts(tmp_path / "s.json"), Verdicts(tmp_path / "s.json")
    look(here)
    look(there)
    assert refused(here, GOOD.name) is None
    there.server.rates = {GOOD.name: 0.0}
    there.models[GOOD.key].due = 0.0
    look(there)
    look(here)
    assert refused(here, GOOD.name) == (403, "model_quarantined")


def test_a_model_that_waits_is_probed_on_and_falls_back(made, tmp_path):
    standing, now = made(BASE, GOOD, release="approval", state=str(tmp_path / "state.json"))
    standing.people = People()
    look(standing)
    standing.server.rates, now[0] = {GOOD.name: 0.0}, 4000.0
    look(standing)
    assert refused(standing, GOOD.name) == (403, "model_quarantined")
    standing.people.says = Answer(True, "apr_1")
    look(standing)
    assert refused(standing, GOOD.name) == (403, "model_quarantined"), "a yes to what it was doesn't count now"


def test_people_are_not_asked_about_what_another_process_has_just_released(made, tmp_path):
    file = tmp_path / "state.json"
    standing, _ = made(BASE, GOOD, release="approval", state=str(file))
    standing.verdicts, standing.people = Verdicts(file), People()
    asking = standing.server.ask

    async def meanwhile(model, probe):
        if model == GOOD.name and GOOD.key not in Verdicts(file).read():
            Verdicts(file).put(GOOD.key, said(Word.RELEASED, GOOD.name, SET.digest))
        return await asking(model, probe)

    standing.server.ask = meanwhile
    look(standing)
    assert refused(standing, GOOD.name) is None and standing.people.asked == []


def test_only_registered_weights_serve(made):
    standing, _ = made(BASE, GOOD)
    known = {BASE.digest: True}
    standing.allowed = lambda: known
    look(standing)
    assert refused(standing, "m") is None and refused(standing, GOOD.name) == (403, "model_not_registered")
    assert GOOD.name not in standing.server.asked
    known[GOOD.digest] = True
    look(standing)
    assert refused(standing, GOOD.name) is None
    known[GOOD.digest] = known[BASE.digest] = False
    look(standing)
    assert refused(standing, GOOD.name) == refused(standing, "m") == (403, "model_not_registered")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"release": "approval"}, "needs `state`"),
        ({"registry": "weights.jsonl"}, "go together"),
        ({"trust": ["key.pub"]}, "go together"),
        ({"baseline": "b.json", "state": "b.json"}, "a file of its own"),
    ],
)
def test_settings_that_make_no_sense(wrong, said):
    with pytest.raises(ValueError, match=said):
        Probing(**wrong)


def test_a_name_with_other_weights_does_not_serve_before_they_are_known(made):
    standing, _ = made(BASE, GOOD, hold_new=True)
    asyncio.run(standing.look())
    standing.check("m")
    standing.changed(lambda name: name == "m")
    with pytest.raises(WireError) as e:
        standing.check("m")
    assert e.value.status == 503
    asyncio.run(standing.look())
    standing.check("m")


def test_nothing_that_is_quarantined_is_forgotten(made):
    standing, _ = made(BASE, BAD)
    for _ in range(20):
        asyncio.run(standing.look())
        for model in standing.models.values():
            model.due = 0.0
    assert standing.named(State.QUARANTINED) == [BAD.name]
    standing.changed(lambda name: True)
    for name in (BAD.name, BAD.name.upper()):
        with pytest.raises(WireError):
            standing.check(name)


def test_a_list_from_before_a_change_is_asked_for_again(made):
    standing, _ = made(BASE, GOOD, hold_new=True)
    asyncio.run(standing.look())
    plain, asked = standing.server.models, []

    async def models():
        listed = list(await plain())
        if not asked:  # while the answer is on its way, the name gets other weights
            standing.server.listed = [Identity("m", "sha256:9")]
            standing.changed(lambda name: name == "m")
        asked.append(listed)
        return listed

    standing.server.models = models
    standing.server.rates["m"] = 0.0
    asyncio.run(standing.look())
    assert len(asked) >= 2
    with pytest.raises(WireError):
        standing.check("m")
