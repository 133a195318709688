"""The rows in SQLite. Synchronous, for one thread; bounded in rows, in bytes and in time.

Families (a conversation, or a chain of responses) age as one: each use renews all of a family, and when room is needed the
one that was not used for longest goes as a whole, so that no conversation loses its beginning while it is in use.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from guardproxy.store.rows import Kind, Owner, Row, Unreadable
from guardproxy.types import ConfigError

if TYPE_CHECKING:
    from guardproxy.store.sealing import Seal

MEMORY: Final = ":memory:"
OVERHEAD: Final = 512
"""Bytes that a row counts beside its payload."""
_PROOF: Final = b"guardproxy"
_COLUMNS: Final = "id, kind, tenant, key, family, policy, outcome, created, previous, place, pending, payload"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proof (sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rows (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL, family TEXT NOT NULL,
  policy TEXT NOT NULL, outcome TEXT NOT NULL, created INTEGER NOT NULL, previous TEXT NOT NULL, place INTEGER NOT NULL,
  pending INTEGER NOT NULL, expires REAL NOT NULL, size INTEGER NOT NULL, payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS rows_family ON rows (family, kind, place);
CREATE INDEX IF NOT EXISTS rows_expires ON rows (expires);
CREATE TABLE IF NOT EXISTS names (
  digest BLOB NOT NULL, row TEXT NOT NULL REFERENCES rows (id) ON DELETE CASCADE, PRIMARY KEY (digest, row)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS names_row ON names (row);
"""


class TooLarge(Exception):
    """A row is larger than a row may be, or than the store has room for."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept, and for how long."""

    expire: float = 30 * 86_400.0
    """Seconds from the last use of a conversation to its end."""
    size: int = 1 << 30
    """Bytes of all rows."""
    rows: int = 1_000_000
    payload: int = 32 << 20
    """Bytes of one row."""


class Database:
    """One store. Used by the thread that made it, and by one process."""

    def __init__(self, path: str, seal: Seal, bounds: Bounds) -> None:
        """Raises ConfigError when the file can't be used: by this process, or with this key."""
        self._seal, self._bounds, self._path = seal, bounds, path
        self.evicted = 0
        """Rows that went to make room."""
        self.expired = 0
        if path != MEMORY:
            _touch(path)
        try:
            self._sql = sqlite3.connect(path, isolation_level=None, timeout=1.0)
            self._sql.text_factory = lambda text: text.decode("utf-8", "replace")
            self._prepare()
        except sqlite3.OperationalError as e:
            busy = "locked" in str(e)
            why = "another process uses it; a store belongs to one guardproxy" if busy else f"SQLite says: {e}"
            raise ConfigError(f"the store {path} can't be opened: {why}") from None
        except sqlite3.DatabaseError as e:
            raise ConfigError(f"the store {path} can't be read: SQLite says: {e}") from None
        self.rows, self.size = self._one("SELECT count(*), coalesce(sum(size), 0) FROM rows")

    def _prepare(self) -> None:
        for pragma in ("auto_vacuum=INCREMENTAL", "locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
            self._sql.execute(f"PRAGMA {pragma}").fetchall()
        self._sql.execute("PRAGMA foreign_keys=ON")
        self._sql.execute("PRAGMA secure_delete=ON")
        self._sql.executescript(_SCHEMA)
        proof = self._one("SELECT sealed FROM proof")
        if proof is None:
            self._sql.execute("INSERT INTO proof VALUES (?)", (self._seal.close(_PROOF, "", _PROOF),))
            return
        try:
            self._seal.open(proof[0], "", _PROOF)
        except Unreadable:
            self._sql.close()
            raise ConfigError(
                f"the store {self._path} was written with another key; give that one, or another file"
            ) from None

    def close(self) -> None:
        self._sql.close()

    def _one(self, statement: str, *values: Any) -> Any:
        return self._sql.execute(statement, values).fetchone()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing."""
        counted = self.rows, self.size, self.evicted
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            self.rows, self.size, self.evicted = counted
            raise

    # ------------------------------------------------------------------------------------------------ reading

    def _read(self, found: tuple[Any, ...]) -> Row:
        id, kind, tenant, key, family, policy, outcome, created, previous, place, pending, sealed = found
        row = Row(id, kind, Owner(tenant, key), family, policy, outcome, created, b"", previous, place, bool(pending))
        try:
            return replace(row, payload=self._seal.open(sealed, family, row.identity()))
        except TypeError:  # a value of another type than was ever written
            raise Unreadable("a stored row does not match its seal") from None

    def get(self, owner: Owner, kind: Kind, id: str) -> Row | None:
        """A row, if it is there, has not expired and belongs to this owner. Raises Unreadable."""
        found = self._one(
            f"SELECT {_COLUMNS} FROM rows WHERE id = ? AND kind = ? AND tenant = ? AND key = ? AND expires > ?",
            id, kind, owner.tenant, owner.key, time.time(),
        )  # fmt: skip
        return None if found is None else self._read(found)

    def chain(self, owner: Owner, id: str, most: int) -> list[Row]:
        """A response and those before it, the first one first; at most so many. A broken chain ends where it breaks."""
        rows: list[Row] = []
        seen: set[str] = set()
        while id and id not in seen and len(rows) < most:
            seen.add(id)
            row = self.get(owner, "response", id)
            if row is None:
                break
            rows.append(row)
            id = row.previous
        return rows[::-1]

    def items(self, owner: Owner, conversation: str) -> list[Row]:
        """The items of a conversation in their order. Raises Unreadable."""
        found = self._sql.execute(
            f"SELECT {_COLUMNS} FROM rows WHERE family = ? AND kind = 'item' AND tenant = ? AND key = ? AND expires > ? "
            "ORDER BY place",
            (conversation, owner.tenant, owner.key, time.time()),
        ).fetchall()
        return [self._read(one) for one in found]

    def named(self, owner: Owner, name: str) -> Row | None:
        """The newest row that holds an item of this name. Raises Unreadable."""
        found = self._one(
            f"SELECT {_COLUMNS} FROM rows WHERE id IN (SELECT row FROM names WHERE digest = ?) AND expires > ? "
            "ORDER BY created DESC, rowid DESC LIMIT 1",
            self._name(owner, name), time.time(),
        )  # fmt: skip
        return None if found is None else self._read(found)

    def _name(self, owner: Owner, name: str) -> bytes:
        return self._seal.name(owner.tenant, owner.key, name)

    # ------------------------------------------------------------------------------------------------ writing

    def put(self, rows: Iterable[Row], conversation: str = "", items: Iterable[Row] = ()) -> bool:
        """Keep rows, and items at the end of a conversation: all or none. A row that is there is replaced.

        What is used anew lives as long again. False where the conversation is not there (any more): the items are not kept
        then. Raises TooLarge.
        """
        with self._transaction():
            for row in rows:
                self._put(row)
            added = list(items)
            if not added:
                return True
            if self.get(added[0].owner, "conversation", conversation) is None:
                return False
            (last,) = self._one(
                "SELECT coalesce(max(place), 0) FROM rows WHERE family = ? AND kind = 'item'", conversation
            )
            first = max(last + 1, time.time_ns() // 1000)  # places of deleted items are not given again
            for place, row in enumerate(added, first):
                self._put(replace(row, place=place))
        return True

    def _put(self, row: Row) -> None:
        if len(row.payload) > self._bounds.payload:
            raise TooLarge
        sealed = self._seal.close(row.payload, row.family, row.identity())
        size, owner, expires = len(sealed) + OVERHEAD, row.owner, time.time() + self._bounds.expire
        self._drop("id = ? AND tenant = ? AND key = ?", row.id, owner.tenant, owner.key)
        self._make_room(size, row.family)
        said = (row.id, row.kind, owner.tenant, owner.key, row.family, row.policy, row.outcome, row.created)
        self._sql.execute(
            f"INSERT INTO rows ({_COLUMNS}, expires, size) VALUES ({', '.join('?' * 14)})",
            (*said, row.previous, row.place, row.pending, sealed, expires, size),
        )
        self.rows, self.size = self.rows + 1, self.size + size
        self._sql.executemany(
            "INSERT OR IGNORE INTO names VALUES (?, ?)", [(self._name(owner, name), row.id) for name in row.names]
        )
        self._sql.execute("UPDATE rows SET expires = ? WHERE family = ?", (expires, row.family))

    def _make_room(self, size: int, family: str) -> None:
        while self.size + size > self._bounds.size or self.rows + 1 > self._bounds.rows:
            oldest = self._one("SELECT family FROM rows WHERE family != ? ORDER BY expires, created LIMIT 1", family)
            if oldest is None:
                raise TooLarge
            self.evicted += self._drop("family = ?", oldest[0])

    def _drop(self, condition: str, *values: Any) -> int:
        """Delete rows; returns how many."""
        gone = self._sql.execute(f"DELETE FROM rows WHERE {condition} RETURNING size", values).fetchall()
        self.rows -= len(gone)
        self.size -= sum(size for (size,) in gone)
        return len(gone)

    def delete(self, owner: Owner, kind: Kind, id: str) -> bool:
        """Delete a row with what belongs to it alone: a response's events, a conversation's items."""
        with self._transaction():
            mine = "tenant = ? AND key = ?"
            gone = self._drop(f"id = ? AND kind = ? AND {mine}", id, kind, owner.tenant, owner.key)
            if gone and kind == "conversation":
                self._drop(f"family = ? AND kind = 'item' AND {mine}", id, owner.tenant, owner.key)
            if gone and kind == "response":
                self._drop(f"id = ? AND kind = 'events' AND {mine}", events_id(id), owner.tenant, owner.key)
        return gone > 0

    def about(self, keys: Iterable[str]) -> int:
        """How many rows belong to these keys."""
        return sum(self._one("SELECT count(*) FROM rows WHERE key = ?", key)[0] for key in keys)

    def erase(self, keys: Iterable[str]) -> int:
        """Delete all that belongs to these keys; returns how many rows. Nothing of it stays in the file."""
        with self._transaction():
            gone = sum(self._drop("key = ?", key) for key in keys)
        self._sql.execute("PRAGMA incremental_vacuum").fetchall()
        self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone

    def purge(self) -> int:
        """Delete what has expired; returns how many rows."""
        with self._transaction():
            gone = self._drop("expires <= ?", time.time())
        self.expired += gone
        if gone:
            self._sql.execute("PRAGMA incremental_vacuum").fetchall()
            self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone


def events_id(response: str) -> str:
    """The id of the row that has a response's events."""
    return response + ".events"


def _touch(path: str) -> None:
    """Make the file, for its owner alone; SQLite gives its own files beside it the same rights. Raises ConfigError."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as e:
        raise ConfigError(f"the store {path} can't be written: {e.strerror}") from None
