"""Releases before people: one approval for one model, bound to its weights; nobody releases what they have tuned."""

from __future__ import annotations

import asyncio

import pytest

from guardproxy.governance.approvals import Approvals, Kind, OwnRequest, Voter
from guardproxy.governance.approvals import Bounds as Waiting
from guardproxy.governance.events import AuditUnavailable
from guardproxy.governance.probe.baseline import Counts, Identity, Measured
from guardproxy.governance.probe.detector import Detector
from guardproxy.governance.probe.probes import CORE, load
from guardproxy.governance.probe.standing import Answer, Model
from guardproxy.server.releasing import UNKNOWN, Made, Releases

SET = load(CORE)
JANE, JOE, ANN = Voter("jane", "key_jane"), Voter("joe", "key_joe"), Voter("ann", "key_ann")


def model(digest: str = "sha256:2", name: str = "ft:m:good:1") -> Model:
    counts = {category: Counts(40, 40) for category in SET.categories}
    measured = Measured("m", "sha256:1", SET.digest, "2026-11-23T10:00:00+00:00", counts)
    detector = Detector(measured.floors(SET, 0.01))
    detector.begin()
    detector.add(SET.probes[0], True)
    return Model(Identity(name, digest, "m"), measured, detector, trusted=False)


def releases(made: Made | None = None, **bounds) -> Releases:
    async def origin(name: str) -> Made | None:
        return made

    return Releases(Approvals(bounds=Waiting(**bounds)), origin)


def test_two_people_say_yes_and_it_counts_once():
    async def live():
        one = releases(Made("ftjob-1", "acme", "key_jane", ["ab" * 32]))
        assert await one.answer(model(), SET) is None
        assert await one.answer(model(), SET) is None, "it waits"
        (held,) = await one.approvals.listing(Kind.RELEASE)
        assert (held.tenant, held.requester, held.needs) == ("acme", "key_jane", 2)
        assert held.details["files"] == ["ab" * 32] and held.details["job"] == "ftjob-1"
        assert held.details["kept"] == {SET.probes[0].category: "1 of 1"}
        with pytest.raises(OwnRequest):
            await one.approvals.vote(held.id, JANE, approve=True)
        await one.approvals.vote(held.id, JOE, approve=True)
        assert await one.answer(model(), SET) is None
        await one.approvals.vote(held.id, ANN, approve=True)
        assert await one.answer(model("sha256:3"), SET) is None, "other weights ask for themselves"
        assert await one.answer(model(name="again"), SET) == Answer(True, held.id), "the weights count, not the name"
        assert await one.answer(model(), SET) is None, "used up: it is asked anew"
        await one.approvals.aclose()

    asyncio.run(live())


def test_a_copy_comes_from_where_its_weights_come_from():
    async def live():
        async def origin(name: str) -> Made | None:
            return Made("ftjob-1", "acme", "key_jane", []) if name == "ft:m:good:1" else None

        one = Releases(Approvals(), origin)
        copy = model(name="copy")
        copy.who = Identity("copy", "sha256:2", "m", "ft:m:good:1")
        await one.answer(copy, SET)
        (held,) = await one.approvals.listing(Kind.RELEASE)
        assert (held.requester, held.details["job"]) == ("key_jane", "ftjob-1")
        await one.approvals.aclose()

    asyncio.run(live())


def test_one_no_is_enough():
    async def live():
        one = releases()
        await one.answer(model(), SET)
        (held,) = await one.approvals.listing(Kind.RELEASE)
        assert (held.details["job"], held.requester) == (UNKNOWN, "")
        await one.approvals.vote(held.id, JOE, approve=False)
        assert await one.answer(model(), SET) == Answer(False, held.id)
        await one.approvals.aclose()

    asyncio.run(live())


def test_a_server_without_digests_is_asked_about_by_name():
    async def live():
        one = releases(needs={Kind.RELEASE: 1})
        await one.answer(model(""), SET)
        (held,) = await one.approvals.listing(Kind.RELEASE)
        await one.approvals.vote(held.id, JOE, approve=True)
        assert await one.answer(model("", "other"), SET) is None
        assert await one.answer(model(""), SET) == Answer(True, held.id)
        await one.approvals.aclose()

    asyncio.run(live())


class Full:
    async def record(self, event):
        raise AuditUnavailable("the disk is full")


def test_what_cannot_be_asked_waits(caplog):
    async def live():
        one = releases()
        one.approvals.recorder = Full()
        assert await one.answer(model(), SET) is None
        assert "can't be put before people: the disk is full" in caplog.text
        full = releases(count=0)
        assert await full.answer(model(), SET) is None
        await one.approvals.aclose()
        await full.approvals.aclose()

    asyncio.run(live())
