"""Batches as the event loop uses them: one thread does the work. Nothing is opened before it is started."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from guardproxy.governance.batches.model import Batch, BatchesUnavailable, BatchFile, Line, Owner, Upload
from guardproxy.store.rows import Unreadable

if TYPE_CHECKING:
    from guardproxy.governance.batches.database import Database

MEMORY: Final = ":memory:"
_BLOCK: Final = 1 << 20
"""Bytes of lines that are read at once."""
_T = TypeVar("_T")


class BatchStore:
    """Files of requests, batches and results. Start it before use, and close it.

    All but `start` and `aclose` raise BatchesUnavailable."""

    def __init__(
        self, path: str, key: bytes | None, *, expire: float = 30 * 86_400.0, clock: Callable[[], float] = time.time
    ) -> None:
        """`key`: any long random text; memory does without. `expire`: seconds after which everything is forgotten."""
        self._path, self._key, self._expire, self._clock = path, key, expire, clock
        self._thread = ThreadPoolExecutor(1, "guardproxy-batches")
        self._database: Database | None = None

    async def start(self) -> None:
        """Open the file. Raises ConfigError when that can't be done."""
        self._database = await self._in_thread(self._opened)
        await self.purge()

    def _opened(self) -> Database:
        from guardproxy.governance.batches.database import Database  # cryptography: only who keeps something pays

        return Database(self._path, self._key or os.urandom(32))

    async def aclose(self) -> None:
        if self._database is not None:
            await self._in_thread(self._database.close)
            self._database = None
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _do(self, work: Callable[[Database], _T]) -> _T:
        database = self._database
        if database is None:
            raise BatchesUnavailable("the store of batches is not open")
        try:
            return await self._in_thread(lambda: work(database))
        except Unreadable:
            raise BatchesUnavailable("a row of the store of batches does not match its seal") from None
        except sqlite3.Error as e:
            raise BatchesUnavailable(f"the store of batches can't be used: SQLite says: {e}") from None

    async def purge(self) -> None:
        """Forget what has expired."""
        now = self._clock()
        await self._do(lambda d: d.purge(now, self._expire))

    # ------------------------------------------------------------------------------------------------ files

    async def begin(self, one: BatchFile) -> None:
        """A file comes in. Nobody sees it before `put`."""
        now = self._clock()
        await self._do(lambda d: d.begin(one, now))

    async def put(self, one: BatchFile) -> None:
        """Keep a file that the upstream has."""
        now = self._clock()
        await self._do(lambda d: d.put(one, now))

    async def file(self, owner: Owner, id: str) -> BatchFile | None:
        """A file, if it is there and this owner's."""
        return await self._do(lambda d: d.file(owner, id))

    async def files(self, owner: Owner) -> list[BatchFile]:
        """The newest first."""
        return await self._do(lambda d: d.files(owner))

    async def result(self, one: BatchFile) -> BatchFile:
        """A file of results under an id of ours: the one that it got when it was first seen."""
        now = self._clock()
        return await self._do(lambda d: d.result(one, now))

    async def remove(self, id: str) -> None:
        """Forget a file and its requests."""
        await self._do(lambda d: d.remove(id))

    async def size(self) -> int:
        """Bytes of all files of requests, those that come in too."""
        return await self._do(lambda d: d.size())

    async def add(self, file: str, lines: Sequence[Line], room: int) -> None:
        """More requests of a file: all or none. Raises Duplicate; Full where all files together have more than `room` bytes,
        and for a file that is gone."""
        await self._do(lambda d: d.add(file, lines, room))

    async def line(self, file: str, custom_id: str) -> Line | None:
        """The request of this name."""
        return await self._do(lambda d: d.line(file, custom_id))

    async def pay(self, file: str, number: int) -> bool:
        """Whether this is the first time that a request's reply is paid for."""
        return await self._do(lambda d: d.pay(file, number))

    async def sent(self, file: str) -> AsyncIterator[bytes]:
        """The lines for the upstream in their order, some at a time."""
        after = 0
        while True:
            found, after = await self._do(lambda d, after=after: d.sent(file, after, _BLOCK))  # type: ignore[misc]
            if not found:
                return
            yield b"".join(found)

    # ------------------------------------------------------------------------------------------------ batches

    async def begun(self, one: Batch) -> None:
        """Remember whose a batch is."""
        now = self._clock()
        await self._do(lambda d: d.begun(one, now))

    async def batch(self, owner: Owner, id: str) -> Batch | None:
        """A batch, if it is there and this owner's."""
        return await self._do(lambda d: d.batch(owner, id))

    async def batches(self, owner: Owner) -> list[Batch]:
        """The newest first."""
        return await self._do(lambda d: d.batches(owner))

    async def about(self, keys: frozenset[str]) -> tuple[int, int]:
        """How many files and batches belong to these keys."""
        return await self._do(lambda d: d.about(keys))

    async def erase(self, keys: frozenset[str]) -> tuple[int, int]:
        """Forget all that belongs to these keys: how many files and batches."""
        return await self._do(lambda d: d.erase(keys))

    # ------------------------------------------------------------------------------------------------ uploads

    async def opened(self, one: Upload, most: int, size: int) -> bool:
        """An upload begins; False where so many are under way, or so many bytes are announced."""
        now = self._clock()
        return await self._do(lambda d: d.opened(one, now, most, size))

    async def upload(self, owner: Owner, id: str) -> Upload | None:
        """An upload of this owner's that has not expired, with the parts that are here."""
        now = self._clock()
        return await self._do(lambda d: d.upload(owner, id, now))

    async def part(self, upload: Upload, part: str, most: int) -> bool:
        """A part begins to come in; False where an upload has as many as it may."""
        now = self._clock()
        return await self._do(lambda d: d.part(upload.id, part, now, most))

    async def add_piece(self, part: str, place: int, data: bytes) -> bool:
        """A piece of a part; False where its upload is gone, or has no room for it beside all that comes in."""
        return await self._do(lambda d: d.add_piece(part, place, data))

    async def came(self, upload: Upload, part: str, size: int) -> bool:
        """A part is here, whole; False where the upload is gone, or not so many bytes of it came."""
        return await self._do(lambda d: d.came(upload, part, size))

    async def pieces(self, part: str) -> AsyncIterator[bytes]:
        """All of a part."""
        place = 0
        while (data := await self._do(lambda d, place=place: d.piece(part, place))) is not None:  # type: ignore[misc]
            yield data
            place += 1

    async def remove_part(self, part: str) -> None:
        await self._do(lambda d: d.remove_part(part))

    async def claim(self, upload: Upload) -> bool:
        """End an upload, its parts still there; False where somebody else has."""
        return await self._do(lambda d: d.claim(upload.id))

    async def forget(self, upload: Upload) -> None:
        """Throw an upload and its parts away."""
        await self._do(lambda d: d.forget(upload.id))
