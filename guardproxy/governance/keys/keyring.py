"""Keys as a server asks for them: all in memory, compared in constant time, read anew when somebody changes them."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from guardproxy.governance.caller import Caller, Grants
from guardproxy.governance.keys.database import Database, Entry, Pepper, ReplacedFile
from guardproxy.governance.keys.form import id_of
from guardproxy.governance.keys.model import Key, State
from guardproxy.governance.person import Person
from guardproxy.telemetry.log import logger
from guardproxy.types import ConfigError

INTERVAL: Final = 0.25
"""Seconds between two looks at whether the file was changed."""
STALE: Final = 30.0
"""Seconds for which keys are still known when their file can't be read; then nobody is."""
_NOBODY: Final = Key("", "", "", frozenset(), Grants((), (), (), False, False), None, "", 0.0)
Reason: TypeAlias = Literal["malformed", "unknown", "wrong", "revoked", "expired", "unavailable", "claims"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a key is. With a caller it opens."""

    caller: Caller | None
    reason: Reason | None = None
    """Why it doesn't; for metrics, never for who gave it."""
    id: str = ""
    """The key's, as it was given."""
    mac: bytes = field(default=b"", repr=False)
    until: float | None = None
    """Unix time at which a token ends; None for keys, which are asked about again."""


class Keyring:
    """Who has which key. Start it before use, and close it."""

    def __init__(
        self,
        path: str = "",
        pepper: bytes | None = None,
        fixed: Mapping[str, Caller] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`path`: of the file; empty for none. `fixed`: texts of keys that the environment holds, and who uses each."""
        self._path, self._pepper, self._clock = path, Pepper(pepper or os.urandom(32)), clock
        self._fixed = [(self._pepper.of_key(text.encode()), caller) for text, caller in (fixed or {}).items()]
        self._nobody = Entry(_NOBODY, os.urandom(32), os.urandom(32))
        self._kept: dict[str, Entry] = {}
        self._certificates: dict[str, str] = {}
        self._seen = time.monotonic()
        self._version: int | None = None
        self._database: Database | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def named(self) -> bool:
        """Whether people have keys of their own."""
        return bool(self._path)

    # ------------------------------------------------------------------------------------------------ asking

    def verify(self, given: bytes) -> Found:
        """Whose key this is. One path for all: one HMAC is made of it and compared as often, whatever it is."""
        return self._judged(id_of(given), self._pepper.of_key(given))

    def again(self, found: Found) -> Found:
        """Whether what was found still holds: the key may have been revoked or rotated since, a token may have ended."""
        if found.until is not None:
            return found if self._clock() < found.until else Found(None, "expired", until=found.until)
        return self._judged(found.id, found.mac)

    def _judged(self, id: str, mac: bytes) -> Found:
        now = self._clock()
        entry = (None if self.stale else self._kept.get(id)) or self._nobody
        overlaps = entry.key.overlap is not None and now < entry.key.overlap
        right = hmac.compare_digest(mac, entry.mac) | (hmac.compare_digest(mac, entry.former) & overlaps)
        fixed = [caller for held, caller in self._fixed if hmac.compare_digest(mac, held)]
        state = entry.key.state(now)
        if fixed:
            return Found(fixed[0], None, id, mac)
        if right and state == "active":
            return Found(entry.key.caller(), None, id, mac)
        return Found(None, self._reason(id, entry, state if right else None), id, mac)

    def _reason(self, id: str, entry: Entry, state: State | None) -> Reason:
        if state == "revoked" or state == "expired":
            return state
        if self.stale:
            return "unavailable"
        return "malformed" if not id else "unknown" if entry is self._nobody else "wrong"

    def by_certificate(self, subject: str) -> Caller | None:
        """Who has the client certificate with this subject."""
        entry = None if self.stale else self._kept.get(self._certificates.get(subject, ""))
        return entry.key.caller() if entry and entry.key.state(self._clock()) == "active" else None

    def of_person(self, user: str | None) -> frozenset[str]:
        """Ids of all keys that name this person, revoked ones too. Names in other letters are the same name."""
        if user is None:
            return frozenset()
        person = Person(user)
        return frozenset(id for id, entry in self._kept.items() if person.named(entry.key.user))

    @property
    def stale(self) -> bool:
        """The file could not be read for so long that nothing in it counts any more."""
        return bool(self._path) and time.monotonic() - self._seen > STALE

    # ------------------------------------------------------------------------------------------------ the file

    async def start(self) -> None:
        """Open the file and follow it. Raises ConfigError."""
        if not self._path:
            return
        self._thread = ThreadPoolExecutor(1, "guardproxy-keys")
        await self._in_thread(self._read)
        self._task = asyncio.create_task(self._follow())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._thread is not None:
            await self._in_thread(self._close)
            self._thread.shutdown()
            self._thread = self._task = None

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _follow(self) -> None:
        failed = ""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self._in_thread(self._read)
            except (OSError, sqlite3.Error, ValueError, LookupError, ConfigError, ReplacedFile) as e:
                if type(e).__name__ != failed:  # once, not four times a second
                    logger.error("the keys can't be read anew: %s", type(e).__name__)
                failed = type(e).__name__
            else:
                failed = ""

    def _read(self) -> None:
        """Know what the file says now."""
        if self._database is None:
            self._database = Database(self._path, self._pepper)
        try:
            version = self._database.version()
        except ReplacedFile:
            self._close()
            raise
        if version != self._version:
            entries = self._database.entries()
            self._kept = {entry.key.id: entry for entry in entries}
            self._certificates = {
                e.key.certificate: e.key.id for e in entries if e.key.certificate and e.key.revoked is None
            }
            self._version = version
        self._seen = time.monotonic()

    def _close(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
        self._database = self._version = None
