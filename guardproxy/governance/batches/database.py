"""Batches in SQLite, all texts encrypted: a file, or memory. Synchronous, for one thread at a time."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Final

from guardproxy.governance.batches.model import Batch, BatchFile, Duplicate, Full, Kind, Line, Owner, Upload
from guardproxy.governance.person import scrub
from guardproxy.governance.transaction import transaction
from guardproxy.store.rows import Unreadable
from guardproxy.store.sealing import Seal
from guardproxy.types import ConfigError

MEMORY: Final = ":memory:"
BUSY: Final = 2.0
"""Seconds for which another process may write before this one gives up."""
ABANDONED: Final = 3600.0 * 24
"""Seconds after which a file that never came in whole, or a part of one, is thrown away."""
PENDING: Final = 3600.0
"""Seconds in which an upload has to be completed, as in OpenAI's API."""
MOST: Final = 10_000
"""Rows of one list."""
SPARE: Final = 256
"""Bytes that a request is taken to need besides its texts."""
_PROOF: Final = b"guardproxy batches"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proof (sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS files (
  id TEXT PRIMARY KEY, owner BLOB NOT NULL, created REAL NOT NULL, whole INTEGER NOT NULL, bytes INTEGER NOT NULL,
  result BLOB UNIQUE, sealed BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS files_owner ON files (owner, created);
CREATE TABLE IF NOT EXISTS lines (
  file TEXT NOT NULL, number INTEGER NOT NULL, name BLOB NOT NULL, sealed BLOB NOT NULL, sent BLOB,
  paid INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (file, number), UNIQUE (file, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
  id TEXT PRIMARY KEY, owner BLOB NOT NULL, created REAL NOT NULL, sealed BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS batches_owner ON batches (owner, created);
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, owner BLOB NOT NULL, created REAL NOT NULL, bytes INTEGER NOT NULL, sealed BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (id TEXT PRIMARY KEY, upload TEXT NOT NULL, bytes INTEGER NOT NULL, created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS parts_upload ON parts (upload);
CREATE TABLE IF NOT EXISTS pieces (
  part TEXT NOT NULL, place INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (part, place)
) WITHOUT ROWID;
"""


class Database:
    """All batches of a file. Made and used in one thread."""

    def __init__(self, path: str, secret: bytes) -> None:
        """Raises ConfigError when the file can't be used."""
        self._seal = Seal(b"batches\0" + secret)
        try:
            if path != MEMORY:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._sql = sqlite3.connect(path, isolation_level=None, timeout=BUSY, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                self._sql.execute(f"PRAGMA {pragma}").fetchall()
            self._sql.executescript(_SCHEMA)
            self._check(path)
        except OSError as e:
            raise ConfigError(f"{path} can't keep batches: {e.strerror}; name another `batches: path:`") from None
        except sqlite3.DatabaseError as e:
            raise ConfigError(f"the batches in {path} can't be read: SQLite says: {e}") from None

    def _check(self, path: str) -> None:
        """That the file was written with this key."""
        with self._change() as sql:
            found = sql.execute("SELECT sealed FROM proof").fetchone()
            if found is None:
                sql.execute("INSERT INTO proof VALUES (?)", (self._seal.close(_PROOF, "", _PROOF),))
        try:
            if found is not None:
                self._seal.open(found[0], "", _PROOF)
        except Unreadable:
            self._sql.close()
            raise ConfigError(
                f"the batches in {path} were written with another key; give that one, or another file"
            ) from None

    def close(self) -> None:
        self._sql.close()

    def _change(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing."""
        return transaction(self._sql)

    def purge(self, now: float, expire: float) -> None:
        """Forget what has expired, and what never came in whole."""
        with self._change() as sql:
            times = (now - expire, now - ABANDONED)
            old = sql.execute(
                "SELECT id FROM files WHERE created <= ? OR (NOT whole AND created <= ?)", times
            ).fetchall()
            sql.executemany("DELETE FROM lines WHERE file = ?", old)
            sql.executemany("DELETE FROM files WHERE id = ?", old)
            sql.execute("DELETE FROM batches WHERE created <= ?", (now - expire,))
            for (upload,) in sql.execute("SELECT id FROM uploads WHERE created <= ?", (now - PENDING,)).fetchall():
                self._forget(upload)
            sql.execute("DELETE FROM parts WHERE created <= ?", (now - ABANDONED,))
            sql.execute("DELETE FROM pieces WHERE part NOT IN (SELECT id FROM parts)")

    # ------------------------------------------------------------------------------------------------ files

    def _owner(self, owner: Owner) -> bytes:
        return self._seal.name("owner", owner.tenant, owner.key)

    def begin(self, one: BatchFile, now: float) -> None:
        """A file comes in. Nobody sees it before `put`."""
        self._write_file(one, now, whole=False)

    def put(self, one: BatchFile, now: float) -> None:
        """Keep a file that the upstream has."""
        with self._change() as sql:
            held = "SELECT coalesce(sum(bytes), 0) FROM files WHERE id = ?"
            gone = "SELECT coalesce(sum(length(sent)), 0) FROM lines WHERE file = ?"
            kept = sql.execute(held, (one.id,)).fetchone()[0] - sql.execute(gone, (one.id,)).fetchone()[0]
            self._write_file(one, now, whole=True, size=max(kept, one.bytes))
            sql.execute("UPDATE lines SET sent = NULL WHERE file = ?", (one.id,))

    def _write_file(
        self, one: BatchFile, now: float, *, whole: bool, size: int = 0, result: bytes | None = None
    ) -> None:
        sealed = self._seal.close(json.dumps(asdict(one)).encode(), one.id, b"file")
        self._sql.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
            (one.id, self._owner(one.owner), now, whole, size, result, sealed),
        )

    def file(self, owner: Owner, id: str) -> BatchFile | None:
        """A file, if there is one and it is this owner's. Raises Unreadable."""
        row = self._sql.execute(
            "SELECT id, sealed FROM files WHERE id = ? AND owner = ? AND whole", (id, self._owner(owner))
        ).fetchone()
        return None if row is None else self._file(*row)

    def files(self, owner: Owner) -> list[BatchFile]:
        """An owner's files, the newest first. Raises Unreadable."""
        rows = self._sql.execute(
            "SELECT id, sealed FROM files WHERE owner = ? AND whole ORDER BY created DESC, rowid DESC LIMIT ?",
            (self._owner(owner), MOST),
        )
        return [self._file(*row) for row in rows.fetchall()]

    def _file(self, id: str, sealed: bytes) -> BatchFile:
        said = json.loads(self._seal.open(sealed, id, b"file"))
        read = {"owner": Owner(*said["owner"]), "kind": Kind(said["kind"]), "tokens": tuple(said["tokens"])}
        return BatchFile(**{**said, **read})

    def result(self, one: BatchFile, now: float) -> BatchFile:
        """A file of results under an id of ours: the one that it got when it was first seen."""
        name = self._seal.name("result", one.batch, one.kind, one.upstream)
        with self._change() as sql:
            row = sql.execute("SELECT id, sealed FROM files WHERE result = ?", (name,)).fetchone()
            if row is not None:
                return self._file(*row)
            self._write_file(one, now, whole=True, result=name)
        return one

    def remove(self, id: str) -> None:
        """Forget a file and its requests."""
        with self._change() as sql:
            sql.execute("DELETE FROM lines WHERE file = ?", (id,))
            sql.execute("DELETE FROM files WHERE id = ?", (id,))

    def size(self) -> int:
        """Bytes of all files of requests, those that come in too."""
        (found,) = self._sql.execute("SELECT coalesce(sum(bytes), 0) FROM files").fetchone()
        return int(found)

    # ------------------------------------------------------------------------------------------------ requests

    def add(self, file: str, lines: Sequence[Line], room: int) -> None:
        """More requests of a file: all or none. Raises Duplicate; Full where all files together have more than `room` bytes,
        and for a file that is gone."""
        rows = [self._row(file, line) for line in lines]
        size = sum(len(row[3]) + len(row[4]) + SPARE for row in rows)
        with self._change() as sql:
            if self.size() + size > room:
                raise Full("as many requests are kept as may be")
            if sql.execute("UPDATE files SET bytes = bytes + ? WHERE id = ?", (size, file)).rowcount != 1:
                raise Full("the file took so long that it is not kept any more")
            for line, row in zip(lines, rows, strict=True):
                try:
                    sql.execute("INSERT INTO lines VALUES (?, ?, ?, ?, ?, 0)", row)
                except sqlite3.IntegrityError:
                    raise Duplicate(line.number) from None

    def _row(self, file: str, line: Line) -> tuple[Any, ...]:
        head = json.dumps([line.custom_id, line.request]).encode()
        sealed = self._seal.close(head + b"\n" + line.body, file, b"line %d" % line.number)
        sent = self._seal.close(line.sent, file, b"sent %d" % line.number)
        return file, line.number, self._name(file, line.custom_id), sealed, sent

    def _name(self, file: str, custom_id: str) -> bytes:
        return self._seal.name("custom_id", file, custom_id)

    def line(self, file: str, custom_id: str) -> Line | None:
        """The request of this name. Raises Unreadable."""
        row = self._sql.execute(
            "SELECT number, sealed FROM lines WHERE file = ? AND name = ?", (file, self._name(file, custom_id))
        ).fetchone()
        if row is None:
            return None
        head, _, body = self._seal.open(row[1], file, b"line %d" % row[0]).partition(b"\n")
        named, request = json.loads(head)
        return Line(row[0], named, request, body)

    def pay(self, file: str, number: int) -> bool:
        """Whether this is the first time that a request's reply is paid for."""
        done = self._sql.execute("UPDATE lines SET paid = 1 WHERE file = ? AND number = ? AND NOT paid", (file, number))
        return done.rowcount == 1

    def sent(self, file: str, after: int, most: int) -> tuple[list[bytes], int]:
        """Some lines for the upstream behind the one of this number, and the number of the last one. Raises Unreadable."""
        rows = self._sql.execute(
            "SELECT number, sent FROM lines WHERE file = ? AND number > ? ORDER BY number", (file, after)
        )
        out, size = list[bytes](), 0
        for number, sealed in rows:
            out.append(self._seal.open(sealed, file, b"sent %d" % number))
            after, size = number, size + len(out[-1])
            if size >= most:
                break
        rows.close()
        return out, after

    # ------------------------------------------------------------------------------------------------ batches

    def begun(self, one: Batch, now: float) -> None:
        """Remember whose a batch is."""
        sealed = self._seal.close(json.dumps(asdict(one)).encode(), one.id, b"batch")
        self._sql.execute("INSERT INTO batches VALUES (?, ?, ?, ?)", (one.id, self._owner(one.owner), now, sealed))

    def batch(self, owner: Owner, id: str) -> Batch | None:
        """A batch, if there is one and it is this owner's. Raises Unreadable."""
        row = self._sql.execute(
            "SELECT id, sealed FROM batches WHERE id = ? AND owner = ?", (id, self._owner(owner))
        ).fetchone()
        return None if row is None else self._batch(*row)

    def batches(self, owner: Owner) -> list[Batch]:
        """An owner's batches, the newest first. Raises Unreadable."""
        rows = self._sql.execute(
            "SELECT id, sealed FROM batches WHERE owner = ? ORDER BY created DESC, rowid DESC LIMIT ?",
            (self._owner(owner), MOST),
        )
        return [self._batch(*row) for row in rows.fetchall()]

    def _batch(self, id: str, sealed: bytes) -> Batch:
        said = json.loads(self._seal.open(sealed, id, b"batch"))
        return Batch(**{**said, "owner": Owner(*said["owner"])})

    def about(self, keys: frozenset[str]) -> tuple[int, int]:
        """How many files and batches belong to these keys."""
        files, batches = self._of(keys)
        return len(files), len(batches)

    def erase(self, keys: frozenset[str]) -> tuple[int, int]:
        """Forget all that belongs to these keys: how many files and batches. Nothing of it stays in the file."""
        with self._change() as sql:
            files, batches = self._of(keys)
            sql.executemany("DELETE FROM lines WHERE file = ?", [(one,) for one in files])
            sql.executemany("DELETE FROM files WHERE id = ?", [(one,) for one in files])
            sql.executemany("DELETE FROM batches WHERE id = ?", [(one,) for one in batches])
            for id, sealed in sql.execute("SELECT id, sealed FROM uploads").fetchall():
                if self._upload(id, sealed).owner.key in keys:
                    self._forget(id)
        scrub(self._sql)
        return len(files), len(batches)

    def _of(self, keys: frozenset[str]) -> tuple[list[str], list[str]]:
        """Ids of the files, the unfinished ones too, and of the batches of these keys. Raises Unreadable."""
        files = (self._file(*row) for row in self._sql.execute("SELECT id, sealed FROM files").fetchall())
        batches = (self._batch(*row) for row in self._sql.execute("SELECT id, sealed FROM batches").fetchall())
        return [one.id for one in files if one.owner.key in keys], [one.id for one in batches if one.owner.key in keys]

    # ------------------------------------------------------------------------------------------------ uploads

    def opened(self, one: Upload, now: float, most: int, size: int) -> bool:
        """An upload begins; False where so many are under way, or so many bytes are announced."""
        sealed = self._seal.close(json.dumps({**asdict(one), "parts": {}}).encode(), one.id, b"upload")
        with self._change() as sql:
            count, announced = sql.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM uploads").fetchone()
            if count >= most or announced + one.bytes > size:
                return False
            row = one.id, self._owner(one.owner), now, one.bytes, sealed
            sql.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", row)
        return True

    def upload(self, owner: Owner, id: str, now: float) -> Upload | None:
        """An upload of this owner's that has not expired, with the parts that are here. Raises Unreadable."""
        row = self._sql.execute(
            "SELECT id, sealed FROM uploads WHERE id = ? AND owner = ? AND created > ?",
            (id, self._owner(owner), now - PENDING),
        ).fetchone()
        return None if row is None else self._upload(*row)

    def _upload(self, id: str, sealed: bytes) -> Upload:
        said = json.loads(self._seal.open(sealed, id, b"upload"))
        parts = self._sql.execute("SELECT id, bytes FROM parts WHERE upload = ? AND bytes > 0 ORDER BY rowid", (id,))
        return Upload(**{**said, "owner": Owner(*said["owner"]), "parts": dict(parts.fetchall())})

    def part(self, upload: str, part: str, now: float, most: int) -> bool:
        """A part begins to come in; False where an upload has as many as it may."""
        with self._change() as sql:
            if sql.execute("SELECT count(*) FROM parts WHERE upload = ?", (upload,)).fetchone()[0] >= most:
                return False
            sql.execute("INSERT INTO parts VALUES (?, ?, 0, ?)", (part, upload, now))
        return True

    def add_piece(self, part: str, place: int, data: bytes) -> bool:
        """A piece of a part; False where its upload is gone, or has no room for it beside all that comes in."""
        sealed = self._seal.close(data, part, b"piece %d" % place)
        with self._change() as sql:
            limit = "SELECT id, bytes FROM uploads WHERE id = (SELECT upload FROM parts WHERE id = ?)"
            upload = sql.execute(limit, (part,)).fetchone()
            if upload is None or self._held(upload[0]) + len(data) > upload[1]:
                return False
            sql.execute("INSERT INTO pieces VALUES (?, ?, ?)", (part, place, sealed))
            sql.execute("UPDATE parts SET bytes = bytes - ? WHERE id = ?", (len(data), part))
        return True

    def _held(self, upload: str) -> int:
        """Bytes of an upload that are here. Those of a part that still comes in stand as less than nothing."""
        held = "SELECT coalesce(sum(abs(bytes)), 0) FROM parts WHERE upload = ?"
        return int(self._sql.execute(held, (upload,)).fetchone()[0])

    def came(self, upload: Upload, part: str, size: int) -> bool:
        """A part is here, whole; False where the upload is gone, or not so many bytes of it came."""
        with self._change() as sql:
            if sql.execute("SELECT 1 FROM uploads WHERE id = ?", (upload.id,)).fetchone() is None:
                return False
            done = sql.execute("UPDATE parts SET bytes = ? WHERE id = ? AND bytes = ?", (size, part, -size))
            return done.rowcount == 1

    def piece(self, part: str, place: int) -> bytes | None:
        """Raises Unreadable."""
        row = self._sql.execute("SELECT sealed FROM pieces WHERE part = ? AND place = ?", (part, place)).fetchone()
        return None if row is None else self._seal.open(row[0], part, b"piece %d" % place)

    def remove_part(self, part: str) -> None:
        with self._change() as sql:
            sql.execute("DELETE FROM pieces WHERE part = ?", (part,))
            sql.execute("DELETE FROM parts WHERE id = ?", (part,))

    def claim(self, upload: str) -> bool:
        """End an upload, its parts still there; False where somebody else has."""
        return self._sql.execute("DELETE FROM uploads WHERE id = ?", (upload,)).rowcount == 1

    def forget(self, upload: str) -> None:
        """Throw an upload and its parts away."""
        with self._change():
            self._forget(upload)

    def _forget(self, upload: str) -> None:
        self._sql.execute("DELETE FROM pieces WHERE part IN (SELECT id FROM parts WHERE upload = ?)", (upload,))
        self._sql.execute("DELETE FROM parts WHERE upload = ?", (upload,))
        self._sql.execute("DELETE FROM uploads WHERE id = ?", (upload,))
