"""Incidents as they are opened and ended. Each change is told to a recorder before it is made: what can't be written down does
not happen."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from guardproxy.governance.events import Event, Recorder, Unrecorded
from guardproxy.governance.incidents.model import Incident, IncidentRefused, UnknownIncident, Wanted
from guardproxy.governance.incidents.rows import Rows, SqliteRows, StoreFailed

__all__ = ["IncidentStore", "StoreFailed"]

MAX_OPEN: Final = 16
ADMIN: Final = "admin"
"""The actor, where nobody's key says who it is."""
GUARDPROXY: Final = "guardproxy"


class IncidentStore:
    """All incidents. Start it before use, and close it."""

    def __init__(
        self,
        rows: Rows,
        recorder: Recorder | None = None,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """`elapsed`: seconds that nobody can set."""
        self._rows, self._recorder, self._clock, self._elapsed = rows, recorder or Unrecorded(), clock, elapsed
        self._ends: dict[str, float] = {}
        """Until when, of `elapsed`, this process ends none of them, whatever the clock says."""
        self._looked = False

    @classmethod
    def at(
        cls,
        path: str,
        recorder: Recorder | None = None,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> IncidentStore:
        """Those of a file; of this process alone without one."""
        return cls(SqliteRows(path), recorder, clock, elapsed)

    async def start(self) -> None:
        """Raises ConfigError."""
        await self._rows.start()

    async def aclose(self) -> None:
        await self._rows.aclose()

    # ------------------------------------------------------------------------------------------------ reading

    async def all(self) -> list[Incident]:
        """The latest first. Raises StoreFailed."""
        return await self._rows.all()

    async def open(self) -> list[Incident]:
        """Those whose packs are to be in force, the oldest first. Raises StoreFailed."""
        now = self._clock()
        return [one for one in reversed(await self.all()) if one.open(now)]

    # ------------------------------------------------------------------------------------------------ changing

    async def begin(self, wanted: Wanted, actor: str = ADMIN) -> Incident:
        """Open one. `actor`: id of the key that asks for it. Raises IncidentRefused, StoreFailed, and what the recorder
        raises."""
        wanted = wanted.checked()
        if len(await self.open()) >= MAX_OPEN:
            raise IncidentRefused(f"there are {MAX_OPEN} incidents open; close one")
        now = self._clock()
        one = Incident(
            f"inc_{secrets.token_hex(8)}", wanted.pack, wanted.reason.strip(), wanted.by.strip(), now, now + wanted.seconds
        )  # fmt: skip
        await self._tell("opened", one, one.opened_by, actor)
        await self._rows.add(one)
        return one

    async def end(self, id: str, by: str, actor: str = ADMIN) -> Incident:
        """Close one. Once more changes nothing. Raises UnknownIncident, StoreFailed, and what the recorder raises."""
        one = next((one for one in await self.all() if one.id == id), None)
        if one is None:
            raise UnknownIncident(f"there is no incident {id[:64]!r}; `guardproxy incident list` shows those there are")
        if one.ended is not None:
            return one
        return await self._end(one, "closed", by, actor)

    async def expire(self) -> None:
        """End those whose time is over. One that can't be written down stays open. Raises StoreFailed, and what the recorder
        raises.

        A clock that was put forward ends none: for one that this process has seen begin, all its time has to pass."""
        open_, now = await self.open(), self._clock()
        self._ends = {one.id: self._ends.get(one.id, self._end_of(one, now)) for one in open_}
        self._looked = True
        for one in open_:
            if one.due(now) and self._elapsed() >= self._ends[one.id]:
                await self._end(one, "expired", GUARDPROXY, GUARDPROXY)

    def _end_of(self, one: Incident, now: float) -> float:
        whole = one.expires - one.opened
        left = whole if self._looked else min(whole, one.expires - now)  # what was open before only the clock can tell
        return self._elapsed() + left

    async def _end(self, one: Incident, how: str, by: str, actor: str) -> Incident:
        ended = replace(one, ended=self._clock(), ended_by=by)
        await self._tell(how, one, by, actor)
        await self._rows.end(ended)
        return ended

    async def _tell(self, what: str, one: Incident, by: str, actor: str) -> None:
        details = {"pack": one.pack, "expires": one.expires}
        person = "" if actor == GUARDPROXY else by
        private = {"reason": one.reason} if person else {}
        await self._recorder.record(Event(f"incident.{what}", actor, one.id, "", details, person, private))
