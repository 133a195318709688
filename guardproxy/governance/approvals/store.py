"""Approvals as the event loop uses them: one thread does the work; who wants to know is told."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

from guardproxy.governance.approvals.model import Approval, Ask, Kind, Status, Voter
from guardproxy.governance.events import Event, Recorder, Unrecorded
from guardproxy.governance.person import Person
from guardproxy.types import GuardproxyError, Json

if TYPE_CHECKING:
    from guardproxy.governance.approvals.database import Database

MEMORY: Final = ":memory:"
ADMIN: Final = "admin"
"""The actor of a vote: who has the admin key, or sits at this machine where there is none."""
GUARDPROXY: Final = "guardproxy"
"""The actor, where nobody asked with a key."""
Happening: TypeAlias = Literal["held", "approved", "denied", "released"]
Listener: TypeAlias = Callable[[Happening, Approval], Awaitable[None]]
_T = TypeVar("_T")


class ApprovalsUnavailable(GuardproxyError):
    """The store of approvals can't be read or written now."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much waits, and for how long."""

    seconds: float = 3600.0
    """After which an approval expires, decided or not."""
    count: int = 1000
    size: int = 64_000_000
    """Bytes of all together."""
    needs: Mapping[Kind, int] = field(default_factory=lambda: {Kind.TRAINING: 2, Kind.RELEASE: 2})
    """How many people have to say yes, by kind; one for those that aren't named."""


@dataclass
class Approvals:
    """Everything that waits for people. Nothing is opened, and no cryptography loaded, before it is needed."""

    path: str = MEMORY
    key: bytes | None = None
    """What the file is encrypted with; None in memory, where a random one serves."""
    bounds: Bounds = field(default_factory=Bounds)
    recorder: Recorder = field(default_factory=Unrecorded)
    clock: Callable[[], float] = time.time
    listeners: list[Listener] = field(default_factory=list)
    """Told after the fact, in order. What they raise is theirs to handle."""
    pending: int = 0
    """How many wait, when somebody looked last."""
    _database: Database | None = None
    _thread: ThreadPoolExecutor | None = None

    async def start(self) -> None:
        """Open the file. Raises ConfigError."""
        if self.path != MEMORY:
            await self.count()

    async def aclose(self) -> None:
        if self._thread is not None:
            if self._database is not None:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._database.close)
            self._thread.shutdown()
            self._database = self._thread = None

    async def _do(self, work: Callable[[Database], _T]) -> _T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "guardproxy-approvals")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._opened()))
        except sqlite3.Error as e:
            raise ApprovalsUnavailable(f"the store of approvals can't be used: SQLite says: {e}") from None

    def _opened(self) -> Database:
        if self._database is None:
            from guardproxy.governance.approvals.database import Database

            self._database = Database(self.path, self.key or os.urandom(32), self.bounds.count, self.bounds.size)
        return self._database

    async def _tell(self, what: Happening, one: Approval) -> None:
        await self.count()
        for listener in self.listeners:
            await listener(what, one)

    async def _record(
        self, action: str, one: Approval, by: Voter | None = None, comment: str = "", **more: Json
    ) -> None:
        """`by`: who votes, and `comment` why; else whoever asked for it."""
        actor = (by.key or ADMIN) if by is not None else (one.requester or GUARDPROXY)
        details: dict[str, Json] = {"kind": one.kind.value, "subject": one.subject, **more}
        person = by.name if by is not None else ""
        private = {"comment": comment} if comment else {}
        await self.recorder.record(Event(f"approval.{action}", actor, one.id, one.tenant, details, person, private))

    # ------------------------------------------------------------------------------------------------ what is asked

    async def count(self) -> int:
        """How many wait for an answer."""
        if self.path != MEMORY or self._database is not None:
            self.pending = await self._do(lambda db: db.pending(self.clock()))
        return self.pending

    async def ask(self, ask: Ask) -> Approval:
        """Keep something until people have answered. Raises Full and ApprovalsUnavailable."""
        needs = ask.needs if ask.needs is not None else self.bounds.needs.get(ask.kind, 1)
        one = await self._do(lambda db: db.ask(ask, needs, self.clock(), self.bounds.seconds))
        await self._record("held", one, needs=one.needs)
        await self._tell("held", one)
        return one

    async def listing(self, kind: Kind | None = None) -> list[Approval]:
        """All that have not expired, the oldest first."""
        if self.path == MEMORY and self._database is None:
            return []
        found = await self._do(lambda db: db.listing(self.clock()))
        return [one for one in found if kind is None or one.kind is kind]

    async def get(self, id: str) -> Approval:
        """Raises UnknownApproval."""
        return await self._do(lambda db: db.get(id, self.clock()))

    async def vote(self, id: str, voter: Voter, *, approve: bool, comment: str = "") -> Approval:
        """Say yes or no. Raises UnknownApproval, Decided and OwnRequest.

        It is written down before it counts: a log that can't be written keeps everything waiting."""
        one = await self.get(id)
        if one.status is Status.PENDING:
            await self._record("voted", one, voter, approve=approve, comment=comment)
        try:
            one, decides = await self._do(lambda db: db.vote(id, voter, approve, comment, self.clock()))
        except GuardproxyError:  # it has expired since, somebody else was faster, or it is their own
            await self._record("void", one, voter)
            raise
        if decides:
            await self._record("decided", one, voter, decision=one.status.value)
            await self._tell("approved" if one.status is Status.APPROVED else "denied", one)
        return one

    async def take(self, id: str, kind: Kind, bound: bytes) -> bytes:
        """Use an approval, once: what was kept with it. Raises UnknownApproval, and NotApproved while it may not be used."""
        one, payload = await self._do(lambda db: db.take(id, kind, bound, self.clock()))
        await self._record("released", one)
        await self._tell("released", one)
        return payload

    async def about(self, person: Person) -> tuple[int, int]:
        """How much somebody asked for, and how often they voted."""
        if self.path == MEMORY and self._database is None:
            return 0, 0
        return await self._do(lambda db: db.about(person))

    async def erase(self, person: Person) -> tuple[int, int]:
        """Forget what somebody asked for, and their name in what they voted on."""
        if self.path == MEMORY and self._database is None:
            return 0, 0
        gone = await self._do(lambda db: db.erase(person, self.clock()))
        await self.count()
        return gone
