"""Incidents as they are kept: nothing happens that could not be written down, and what ends stays ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.governance.incidents import IncidentRefused, IncidentStore, UnknownIncident, Wanted

WANTED = Wanted("lockdown", "keys leaked", 60.0, "jane")


class Told:
    """A recorder that may refuse."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.broken = False

    async def record(self, event: Event) -> None:
        if self.broken:
            raise AuditUnavailable("the disk is full")
        self.events.append(event)


def run(path: Path, work: Callable[[IncidentStore, Told, list[float]], Awaitable[None]]) -> None:
    async def whole() -> None:
        told, now = Told(), [1000.0]
        store = IncidentStore.at(str(path), told, lambda: now[0], lambda: now[-1])
        await store.start()
        try:
            await work(store, told, now)
        finally:
            await store.aclose()

    asyncio.run(whole())


def test_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    async def work(store: IncidentStore, told: Told, now: list[float]) -> None:
        one, two = await store.begin(WANTED), await store.begin(WANTED)
        assert [i.id for i in await store.open()] == [one.id, two.id]
        ended = await store.end(one.id, "joe")
        assert (ended.ended, ended.ended_by) == (1000.0, "joe")
        now[0] = 1059.0
        await store.expire()
        assert [i.id for i in await store.open()] == [two.id]
        assert await store.end(one.id, "jim") == ended, "once more changes nothing"
        now[0] = 1060.0
        await store.expire()
        assert await store.open() == []
        assert [(e.action, e.actor, e.person) for e in told.events] == [
            ("incident.opened", "admin", "jane"), ("incident.opened", "admin", "jane"),
            ("incident.closed", "admin", "joe"), ("incident.expired", "guardproxy", ""),
        ]  # fmt: skip
        assert told.events[0].private == {"reason": "keys leaked"} and told.events[0].subject == one.id

    run(tmp_path / "i.db", work)


def test_no_clock_that_jumps_ends_one(tmp_path: Path) -> None:
    async def work(store: IncidentStore, told: Told, now: list[float]) -> None:
        now.append(50.0)  # of the clock that nobody sets
        await store.expire()
        one = await store.begin(WANTED)
        await store.expire()
        now[0] += 1_000_000.0
        now[1] += 59.0
        await store.expire()
        assert [i.id for i in await store.open()] == [one.id], "59 of 60 seconds have passed"
        other = IncidentStore.at(str(tmp_path / "i.db"), told, lambda: now[0], lambda: now[1])
        await other.start()
        now[1] += 1.0
        await store.expire()
        assert await store.open() == [] and await other.open() == []
        two = await store.begin(WANTED)
        await store.expire()
        now[0], now[1] = 1000.0, now[1] + 61.0
        await store.expire()
        assert [i.id for i in await store.open()] == [two.id], "a clock that goes back makes it longer"
        now[0] = two.expires
        await other.expire()  # it began only now, and has nothing but the clock
        assert await other.open() == []
        await other.aclose()

    run(tmp_path / "i.db", work)


def test_what_can_not_be_written_down_does_not_happen(tmp_path: Path) -> None:
    async def work(store: IncidentStore, told: Told, now: list[float]) -> None:
        told.broken = True
        with pytest.raises(AuditUnavailable):
            await store.begin(WANTED)
        assert await store.all() == []
        told.broken = False
        one = await store.begin(WANTED)
        told.broken, now[0] = True, 5000.0
        with pytest.raises(AuditUnavailable):
            await store.end(one.id, "joe")
        with pytest.raises(AuditUnavailable):
            await store.expire()
        assert [i.id for i in await store.open()] == [one.id], "it stays in force"

    run(tmp_path / "i.db", work)


def test_a_file_survives(tmp_path: Path) -> None:
    async def first(store: IncidentStore, told: Told, now: list[float]) -> None:
        await store.begin(WANTED)

    async def second(store: IncidentStore, told: Told, now: list[float]) -> None:
        assert [i.pack for i in await store.open()] == ["lockdown"]

    run(tmp_path / "i.db", first)
    run(tmp_path / "i.db", second)
    assert (tmp_path / "i.db").stat().st_mode & 0o077 == 0


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from guardproxy.governance.incidents import store as module

    monkeypatch.setattr(module, "MAX_OPEN", 2)
    monkeypatch.setattr("guardproxy.governance.incidents.rows.KEPT", 3)

    async def work(store: IncidentStore, told: Told, now: list[float]) -> None:
        for _ in range(6):
            now[0] += 1
            await store.end((await store.begin(WANTED)).id, "joe")
        assert len(await store.all()) <= 4
        await store.begin(WANTED)
        await store.begin(WANTED)
        with pytest.raises(IncidentRefused, match="close one"):
            await store.begin(WANTED)
        with pytest.raises(UnknownIncident):
            await store.end("inc_x", "joe")

    run(tmp_path / "i.db", work)
