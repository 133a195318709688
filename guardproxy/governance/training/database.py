"""The ledger of training files, jobs and uploads in SQLite: one file for all processes of a machine. Synchronous.

What rules and people go by stands in a sealed record (AES-256-GCM, bound to its id); the columns beside it only find and count.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from guardproxy.governance.person import ERASED, scrub
from guardproxy.governance.training.records import Changed, Full, Standing, TrainingFile, TrainingJob, Upload
from guardproxy.governance.transaction import transaction
from guardproxy.store.rows import Unreadable
from guardproxy.types import ConfigError

BUSY: Final = 5.0
"""Seconds for which another process may write before this one gives up."""
DAY: Final = 86_400.0
MAX_PARTS: Final = 10_000
MAX_UPLOADS: Final = 64
MAX_JOBS: Final = 100_000
"""Jobs that are known; past it those that were begun first are forgotten."""
REMEMBERED: Final = 7 * DAY
"""Seconds for which it is said of something that it has expired; afterwards it is not known any more."""
Today: TypeAlias = dict[str, float]
_PROOF: Final = b"guardproxy training"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proof (sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS files (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL, created INTEGER NOT NULL,
  here INTEGER NOT NULL, record BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS files_tenant ON files (tenant, created);
CREATE INDEX IF NOT EXISTS files_here ON files (here, created);
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, tenant TEXT NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL,
  created REAL NOT NULL, record BLOB
);
CREATE INDEX IF NOT EXISTS jobs_tenant ON jobs (tenant, key, created);
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL, expires REAL NOT NULL,
  record BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
  id TEXT PRIMARY KEY, upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE, bytes INTEGER
);
CREATE INDEX IF NOT EXISTS parts_upload ON parts (upload);
CREATE TABLE IF NOT EXISTS expired (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, at REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept, and for how long."""

    held: int = 4_000_000_000
    """Bytes of all files and uploads that lie here."""
    files: int = 10_000
    """Files that are known, those that the upstream has too."""
    uploads: int = MAX_UPLOADS
    expire: float = 30 * DAY
    """Seconds for which a file lies here."""


class Database:
    """Made in one thread, and used by one at a time."""

    def __init__(self, path: Path, secret: bytes | None, bounds: Bounds) -> None:
        """`secret`: what records are sealed with; None: they are written in clear. Raises ConfigError."""
        self._bounds, self._path = bounds, path
        self._seal = None
        if secret is not None:
            from guardproxy.store.sealing import Seal

            self._seal = Seal(b"training\0" + secret)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._sql = sqlite3.connect(path, isolation_level=None, timeout=BUSY, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                self._sql.execute(f"PRAGMA {pragma}").fetchall()
            self._sql.executescript(_SCHEMA)
            self._check()
        except OSError as e:
            raise ConfigError(f"the ledger {path} can't be written: {e.strerror}") from None
        except sqlite3.DatabaseError as e:
            raise ConfigError(f"the ledger {path} can't be read: SQLite says: {e}") from None

    def _check(self) -> None:
        """That the file was written with this key."""
        with self._change() as sql:
            found = sql.execute("SELECT sealed FROM proof").fetchone()
            if found is None:
                sql.execute("INSERT INTO proof VALUES (?)", (self._sealed(_PROOF, "", "proof"),))
        try:
            if found is not None and self._opened(found[0], "", "proof") != _PROOF:
                raise Unreadable("not in clear")
        except Unreadable:
            self._sql.close()
            raise ConfigError(
                f"the ledger {self._path} was written with another GUARDPROXY_STORE_KEY, or without one; give that one, or "
                "another `training: path:`"
            ) from None

    def close(self) -> None:
        self._sql.close()

    def _change(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing."""
        return transaction(self._sql)

    def _sealed(self, data: bytes, id: str, kind: str) -> bytes:
        return data if self._seal is None else self._seal.close(data, id, kind.encode())

    def _opened(self, data: bytes, id: str, kind: str) -> bytes:
        return data if self._seal is None else self._seal.open(data, id, kind.encode())

    def _record(self, one: TrainingFile | TrainingJob | Upload) -> bytes:
        return self._sealed(json.dumps(asdict(one)).encode(), one.id, type(one).__name__)

    def _known(self, id: str, record: bytes, kind: type[Any]) -> Any:
        """Raises Changed."""
        try:
            one = kind(**json.loads(self._opened(record, id, kind.__name__)))
            if one.id != id:
                raise ValueError("another's")
        except (Unreadable, ValueError, TypeError):
            raise Changed(f"what the ledger says of {id} was written by somebody else than guardproxy") from None
        if isinstance(one, TrainingFile):
            one.standing = Standing(one.standing)
        return one

    def _all(self, statement: str, *values: Any) -> list[Any]:
        return self._sql.execute(statement, values).fetchall()

    def _one(self, statement: str, *values: Any) -> Any:
        return self._sql.execute(statement, values).fetchone()

    # ------------------------------------------------------------------------------------------------ files

    def file(self, id: str) -> TrainingFile | None:
        """Raises Changed."""
        found = self._one("SELECT record FROM files WHERE id = ?", id)
        return None if found is None else self._known(id, found[0], TrainingFile)

    def files(self, tenant: str) -> list[TrainingFile]:
        """A tenant's, the oldest first. Raises Changed."""
        rows = self._all("SELECT id, record FROM files WHERE tenant = ? ORDER BY created, id", tenant)
        return [one for id, record in rows if (one := self._known(id, record, TrainingFile)).tenant == tenant]

    def put(self, one: TrainingFile) -> None:
        """Keep what is known of a file. Raises Full where it is new and there is no room."""
        here = not one.upstream
        with self._change() as sql:
            if sql.execute("SELECT 1 FROM files WHERE id = ?", (one.id,)).fetchone() is None:
                self._check_room(one.bytes)
                if self._one("SELECT count(*) FROM files")[0] >= self._bounds.files:
                    raise Full(f"{self._bounds.files:,} training files are known; delete some")
            sql.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (one.id, one.tenant, one.key, one.bytes, one.created_at, here, self._record(one)),
            )

    def check_room(self, size: int) -> int:
        """How many bytes have room. Raises Full where so many more have none."""
        with self._change():
            return self._check_room(size)

    def _check_room(self, size: int) -> int:
        held = self._one(
            "SELECT (SELECT coalesce(sum(bytes), 0) FROM files WHERE here) + (SELECT coalesce(sum(bytes), 0) FROM uploads)"
        )[0]
        if held + size > self._bounds.held:
            raise Full("as many training files wait as are kept; delete some, or have them approved")
        return int(self._bounds.held - held)

    def remove(self, id: str, *, expired: float = 0.0) -> bool:
        """Forget a file; False where it was not there. `expired`: when, for who asks."""
        with self._change() as sql:
            gone = sql.execute("DELETE FROM files WHERE id = ? RETURNING tenant", (id,)).fetchall()
            if gone and expired:
                sql.execute("INSERT OR REPLACE INTO expired VALUES (?, ?, ?)", (id, gone[0][0], expired))
        return bool(gone)

    def overdue(self, now: float) -> list[str]:
        """Ids of files that have lain here for too long."""
        return [
            id for (id,) in self._all("SELECT id FROM files WHERE here AND created <= ?", now - self._bounds.expire)
        ]

    def expired(self, id: str, tenant: str) -> bool:
        """Whether a file or an upload was this tenant's, and is gone since."""
        return self._one("SELECT 1 FROM expired WHERE id = ? AND tenant = ?", id, tenant) is not None

    def here(self) -> set[str]:
        """Ids of files, uploads and parts whose bytes belong here."""
        everything = "SELECT id FROM files WHERE here UNION ALL SELECT id FROM uploads UNION ALL SELECT id FROM parts"
        return {id for (id,) in self._all(everything)}

    # ------------------------------------------------------------------------------------------------ jobs

    def reserve(self, tenant: str, key: str, size: int, now: float) -> tuple[int, Today]:
        """Count a job that is about to begin. Its number, and what the key had in the 24 hours before, others under way too."""
        with self._change() as sql:
            last = sql.execute(
                "INSERT INTO jobs (tenant, key, bytes, created) VALUES (?, ?, ?, ?)", (tenant, key, size, now)
            ).lastrowid
            assert last is not None
            sql.execute("DELETE FROM jobs WHERE number <= ?", (last - MAX_JOBS,))
            count, total = self._one(
                "SELECT count(*), coalesce(sum(bytes), 0) FROM jobs "
                "WHERE tenant = ? AND key = ? AND created > ? AND number < ?",
                tenant, key, now - DAY, last,
            )  # fmt: skip
        return last, {"jobs_today": count, "bytes_today": total}

    def begun(self, number: int, job: TrainingJob) -> None:
        """What became of a reservation. An upstream that gives an id again means the new one; the old one still counts."""
        with self._change() as sql:
            sql.execute("UPDATE jobs SET id = NULL, record = NULL WHERE id = ?", (job.id,))
            sql.execute("UPDATE jobs SET id = ?, record = ? WHERE number = ?", (job.id, self._record(job), number))

    def released(self, number: int) -> None:
        """Nothing became of it."""
        with self._change() as sql:
            sql.execute("DELETE FROM jobs WHERE number = ? AND id IS NULL", (number,))

    def job(self, id: str) -> TrainingJob | None:
        """Raises Changed."""
        found = self._one("SELECT record FROM jobs WHERE id = ?", id)
        return None if found is None else self._known(id, found[0], TrainingJob)

    def jobs(self, tenant: str | None, most: int) -> list[TrainingJob]:
        """A tenant's or all, the newest first. Raises Changed."""
        rows = self._all(
            "SELECT id, record FROM jobs WHERE id IS NOT NULL AND (tenant = ? OR ? IS NULL) ORDER BY number DESC LIMIT ?",
            tenant, tenant, most,
        )  # fmt: skip
        return [one for id, record in rows if tenant in (None, (one := self._known(id, record, TrainingJob)).tenant)]

    # ------------------------------------------------------------------------------------------------ uploads

    def opened(self, one: Upload) -> None:
        """A new upload. Raises Full."""
        with self._change() as sql:
            if self._one("SELECT count(*) FROM uploads")[0] >= self._bounds.uploads:
                raise Full("too many uploads are under way; complete or cancel some")
            self._check_room(one.bytes)
            sql.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)",
                (one.id, one.tenant, one.key, one.bytes, one.expires_at, self._record(one)),
            )

    def upload(self, id: str) -> Upload | None:
        """With the parts that are all here. Raises Changed."""
        found = self._one("SELECT record FROM uploads WHERE id = ?", id)
        if found is None:
            return None
        one: Upload = self._known(id, found[0], Upload)
        one.parts = dict(
            self._all("SELECT id, bytes FROM parts WHERE upload = ? AND bytes IS NOT NULL ORDER BY rowid", id)
        )
        return one

    def part(self, id: str, upload: str) -> None:
        """A part that comes in. Raises Full."""
        with self._change() as sql:
            if self._one("SELECT count(*) FROM parts WHERE upload = ?", upload)[0] >= MAX_PARTS:
                raise Full(f"an upload has at most {MAX_PARTS:,} parts")
            sql.execute("INSERT INTO parts SELECT ?, id, NULL FROM uploads WHERE id = ?", (id, upload))

    def came(self, id: str, upload: Upload, size: int) -> bool:
        """A part is all here. False where the upload has gone meanwhile. Raises Full where all parts together are too many."""
        with self._change() as sql:
            total = self._one("SELECT coalesce(sum(bytes), 0) FROM parts WHERE upload = ?", upload.id)[0]
            if total + size > upload.bytes:
                raise Full("the parts are more than the upload's `bytes`")
            return sql.execute("UPDATE parts SET bytes = ? WHERE id = ?", (size, id)).rowcount > 0

    def dropped(self, part: str) -> None:
        """A part did not come."""
        with self._change() as sql:
            sql.execute("DELETE FROM parts WHERE id = ?", (part,))

    def closed(self, upload: str, *, expired: float = 0.0) -> list[str] | None:
        """Forget an upload: the ids of its parts, None where it was not there."""
        with self._change() as sql:
            parts = [id for (id,) in self._all("SELECT id FROM parts WHERE upload = ?", upload)]
            gone = sql.execute("DELETE FROM uploads WHERE id = ? RETURNING tenant", (upload,)).fetchall()
            if gone and expired:
                sql.execute("INSERT OR REPLACE INTO expired VALUES (?, ?, ?)", (upload, gone[0][0], expired))
        return parts if gone else None

    def late(self, now: float) -> list[str]:
        """Ids of uploads that nobody completed in time."""
        with self._change() as sql:
            sql.execute("DELETE FROM expired WHERE at <= ?", (now - REMEMBERED,))
            return [id for (id,) in self._all("SELECT id FROM uploads WHERE expires <= ?", now)]

    # ------------------------------------------------------------------------------------------------ people

    def scrub(self) -> None:
        """Write the file anew without what was deleted. Raises sqlite3.Error where somebody reads for too long."""
        scrub(self._sql)

    def own(self, keys: list[str]) -> list[str]:
        """Ids of the files and uploads of these keys."""
        return [
            id for (id,) in self._of(keys, "SELECT id FROM files WHERE {0} UNION ALL SELECT id FROM uploads WHERE {0}")
        ]

    def _of(self, keys: list[str], statement: str) -> list[Any]:
        return self._all(statement.format("key IN (SELECT value FROM json_each(?1))"), json.dumps(keys))

    def about(self, keys: list[str]) -> tuple[int, int]:
        """How many files, uploads among them, and jobs are these keys'."""
        return len(self.own(keys)), self._of(keys, "SELECT count(*) FROM jobs WHERE {0}")[0][0]

    def erase(self, keys: list[str]) -> tuple[int, int, list[str]]:
        """Forget files and uploads of these keys, and that jobs were theirs: how many, and ids of bytes that may lie here.
        Raises Changed."""
        with self._change() as sql:
            gone = self.own(keys)
            jobs = self._of(keys, "SELECT number, id, record FROM jobs WHERE {0}")
            parts = self._of(keys, "SELECT id FROM parts WHERE upload IN (SELECT id FROM uploads WHERE {0})")
            for number, id, record in jobs:
                if id is not None:
                    job = self._known(id, record, TrainingJob)
                    job.key = ERASED
                    record = self._record(job)
                sql.execute("UPDATE jobs SET key = ?, record = ? WHERE number = ?", (ERASED, record, number))
            self._of(keys, "DELETE FROM files WHERE {0}")
            self._of(keys, "DELETE FROM uploads WHERE {0}")
        return len(gone), len(jobs), [*gone, *(id for (id,) in parts)]
