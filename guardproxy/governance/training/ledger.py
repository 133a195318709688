"""What is known of training files, jobs and uploads, and the bytes that wait: one folder for all processes of a machine.

Records lie in SQLite (`ledger.db`), bytes in files beside it, encrypted in chunks. A file's bytes lie here only while it waits
for people or for its author; what passed is the upstream's. Whoever works on a file or an upload has a lock on its bytes, which
ends with the process: what was begun and broken off can be begun again.
"""

from __future__ import annotations

import asyncio
import fcntl
import math
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeVar

from guardproxy.config import Settings
from guardproxy.governance.person import Person
from guardproxy.governance.training.database import Bounds, Database
from guardproxy.governance.training.records import Busy, Changed, Full
from guardproxy.store.rows import Unreadable
from guardproxy.store.streams import Sealing, opened
from guardproxy.types import ConfigError, GuardproxyError

STALE: Final = 3600.0
"""Seconds after which bytes that belong to nothing are what an ended process has left."""
_MODE: Final = 0o700
_SPOOL, _KEPT = "spool", "kept"
_T = TypeVar("_T")


class LedgerUnavailable(GuardproxyError):
    """The ledger can't be read or written now."""


class Ledger:
    """Everything that is known, by id. Opened by `start`; what reads and writes records goes through `do`."""

    def __init__(
        self,
        folder: Path,
        secret: bytes | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`secret`: what records and bytes are encrypted with; None: they lie in clear."""
        self.bounds, self.clock = bounds or Bounds(), clock
        self._folder, self._secret = folder, secret
        self._database: Database | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._coming = Counter[str]()

    async def start(self) -> None:
        """Raises ConfigError where the folder can't be used."""
        try:
            for part in (_SPOOL, _KEPT):
                (self._folder / part).mkdir(parents=True, exist_ok=True, mode=_MODE)
            if next((self._folder / "files").glob("*.json"), None) is not None:
                raise ConfigError(
                    f"{self._folder} was written by a guardproxy that kept one JSON file for each training file; name another "
                    "`training: path:`, and have the files uploaded again"
                )
        except OSError as e:
            raise ConfigError(
                f"{self._folder} can't keep training files: {e.strerror}; name another `training: path:`"
            ) from None
        self._thread = ThreadPoolExecutor(1, "guardproxy-training")
        self._database = await asyncio.get_running_loop().run_in_executor(self._thread, self._opened)

    def _opened(self) -> Database:
        return Database(self._folder / "ledger.db", self._secret, self.bounds)

    async def aclose(self) -> None:
        database, self._database = self._database, None
        if self._thread is not None:
            if database is not None:
                await asyncio.get_running_loop().run_in_executor(self._thread, database.close)
            self._thread.shutdown()
            self._thread = None

    async def do(self, work: Callable[[Database], _T]) -> _T:
        """Read or write records. Raises LedgerUnavailable; Changed; Full; whatever `work` raises."""
        database = self._database
        if database is None or self._thread is None:
            raise LedgerUnavailable("the ledger of training files is not open")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(database))
        except sqlite3.Error as e:
            raise LedgerUnavailable(f"the ledger of training files can't be used: SQLite says: {e}") from None

    # ------------------------------------------------------------------------------------------------ bytes

    def incoming(self, id: str, room: float = math.inf, of: str = "") -> Sealing:
        """What takes the bytes of a file, or of a part of an upload (`of`), in. Its `write` raises Full where more than `room`
        bytes of files, or of this upload, are on their way in at once. Raises LedgerUnavailable."""
        try:
            return _Incoming(self._folder / _SPOOL / id, id, self._secret, self._coming, room, of)
        except OSError as e:
            raise LedgerUnavailable(f"{self._folder} can't be written: {e.strerror}") from None

    def keep(self, id: str) -> None:
        """What has come in stays until `discard`, over a power cut too."""
        (self._folder / _SPOOL / id).replace(self._folder / _KEPT / id)
        folder = os.open(self._folder / _KEPT, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self, id: str) -> Iterator[bytes]:
        """The bytes again. Raises Changed, at the latest at the end: what came before is to be thrown away then."""
        try:
            with (self._folder / _KEPT / id).open("rb") as file:
                yield from opened(file, id, self._secret)
        except FileNotFoundError:
            raise Changed(f"the bytes of {id} are gone") from None
        except Unreadable as e:
            raise Changed(str(e)) from None

    def discard(self, *ids: str) -> None:
        """Throw bytes away."""
        for id in ids:
            (self._folder / _KEPT / id).unlink(missing_ok=True)

    @contextmanager
    def handling(self, id: str) -> Iterator[None]:
        """Nobody else handles this meanwhile, in this process or another. Look at its record again, inside. Raises Busy.

        What has no bytes here any more needs no lock: there is nothing left to be done with it.
        """
        path = self._folder / _KEPT / id
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Busy(f"{id} is being worked on; try again in a moment") from None
        try:
            yield
        finally:
            os.close(lock)

    def mark(self, id: str) -> None:
        """Make something to lock for what has no bytes of its own."""
        (self._folder / _KEPT / id).touch(0o600)

    # ------------------------------------------------------------------------------------------------ people

    async def about(self, person: Person) -> tuple[int, int]:
        """How many files (those that come in parts too) and jobs are somebody's. Raises LedgerUnavailable."""
        return await self.do(lambda db: db.about(sorted(person.keys)))

    async def erase(self, person: Person) -> tuple[int, int]:
        """Forget somebody's files, and whose their jobs were; what a model was tuned on stays known by digest. The upstream's
        files are its own. Raises LedgerUnavailable; Changed; Busy, where one of them is being sent to the upstream."""
        with ExitStack() as locks:
            for id in await self.do(lambda db: db.own(sorted(person.keys))):
                locks.enter_context(self.handling(id))
            files, jobs, bytes_of = await self.do(lambda db: db.erase(sorted(person.keys)))
            self.discard(*bytes_of)
            await self.do(Database.scrub)
        return files, jobs

    # ------------------------------------------------------------------------------------------------ what is left over

    async def tidy(self) -> None:
        """Remove what ended processes have left."""
        known = await self.do(Database.here)
        await asyncio.to_thread(self._tidy, known)

    def _tidy(self, known: set[str]) -> None:
        before = time.time() - STALE
        for part in (_SPOOL, _KEPT):
            for path in (self._folder / part).iterdir():
                try:
                    if (part == _SPOOL or path.name not in known) and path.stat().st_mtime < before:
                        path.unlink()
                except FileNotFoundError:  # another process was faster
                    continue


class _Incoming(Sealing):
    """Bytes on their way in: many at once must not fill the disk before any of them is whole, and counted."""

    def __init__(self, path: Path, name: str, secret: bytes | None, coming: Counter[str], room: float, of: str) -> None:
        super().__init__(path, name, secret)
        self._coming, self._room, self._of, self._size = coming, room, of, 0

    def write(self, data: bytes) -> None:
        self._size += len(data)
        self._coming[self._of] += len(data)
        if self._coming[self._of] > self._room:
            raise Full("more comes in at once than may be kept; try again when some of it is decided")
        super().write(data)

    def close(self) -> None:
        super().close()
        self._counted()

    def discard(self) -> None:
        super().discard()
        self._counted()

    def _counted(self) -> None:
        self._coming[self._of] -= self._size
        self._size = 0
        if not self._coming[self._of]:
            del self._coming[self._of]


def ledger_of(settings: Settings) -> Ledger:
    """The ledger of these settings, not opened. Raises ConfigError where it would be written in clear, and nobody said so."""
    own = settings.training
    secret = settings.store_key.get_secret_value().encode() if settings.store_key else None
    if secret is None and not own.clear_text:
        raise ConfigError(
            f"training files in {own.path} are written encrypted only: set GUARDPROXY_STORE_KEY to a random key, or say "
            "`training: clear_text: true`"
        )
    return Ledger(Path(own.path), secret, Bounds(own.max_held, own.max_files, expire=own.expire))
