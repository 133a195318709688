"""Keys in SQLite: a file that commands and several servers use at once. Synchronous, for one thread at a time.

What stands there opens nothing: a key is kept as its HMAC with a pepper that is not in the file. Each row has a keyed hash of
all that it says, so that who can only write the file can't raise a key's rights either.
"""

from __future__ import annotations

import hmac
import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Final

from guardproxy.governance.caller import Grants, Role
from guardproxy.governance.keys.model import Key, KeyRefused, UnknownKey
from guardproxy.governance.person import scrub
from guardproxy.governance.transaction import transaction
from guardproxy.types import ConfigError

BUSY: Final = 2.0
"""Seconds for which another process may write before this one gives up."""
MAX_KEYS: Final = 100_000
_PROOF: Final = b"guardproxy keys"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proof (mac BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL, roles TEXT NOT NULL, grants TEXT NOT NULL, user TEXT,
  certificate TEXT NOT NULL, created REAL NOT NULL, expires REAL, revoked REAL, rotated REAL, overlap REAL,
  mac BLOB NOT NULL, former BLOB NOT NULL, proof BLOB NOT NULL
);
"""
_COLUMNS: Final = (
    "id, name, tenant, roles, grants, user, certificate, created, expires, revoked, rotated, overlap, "
    "mac, former, proof"
)
_PLACES: Final = ", ".join("?" * 15)


class Pepper:
    """What makes keyed hashes of keys and of rows. It stands in no database."""

    def __init__(self, secret: bytes) -> None:
        self._keys, self._rows = (hmac.digest(secret, b"guardproxy " + what, "sha256") for what in (b"keys", b"rows"))

    def of_key(self, given: bytes) -> bytes:
        """The HMAC-SHA256 under which a key is known."""
        return hmac.digest(self._keys, given, "sha256")

    def of_row(self, *parts: Any) -> bytes:
        return hmac.digest(self._rows, json.dumps(parts).encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with what it is compared with."""

    key: Key
    mac: bytes
    former: bytes
    """Of the secret before the last rotation; random where there is none."""


class Database:
    """All keys of a file."""

    def __init__(self, path: str, pepper: Pepper) -> None:
        """Raises ConfigError when the file can't be used."""
        self.path, self._pepper = path, pepper
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as e:
            raise ConfigError(f"the keys in {path} can't be opened: {e.strerror}") from None
        self._identity = self._file()
        try:
            self._sql = sqlite3.connect(path, isolation_level=None, timeout=BUSY, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                self._sql.execute(f"PRAGMA {pragma}").fetchall()
            self._sql.executescript(_SCHEMA)
            self._check()
        except sqlite3.Error as e:
            raise ConfigError(f"the keys in {path} can't be read: SQLite says: {e}") from None

    def _check(self) -> None:
        """That the file was written with this pepper."""
        with self._change() as sql:
            found = sql.execute("SELECT mac FROM proof").fetchone()
            if found is None:
                sql.execute("INSERT INTO proof VALUES (?)", (self._pepper.of_key(_PROOF),))
        if found is not None and not hmac.compare_digest(found[0], self._pepper.of_key(_PROOF)):
            self._sql.close()
            raise ConfigError(
                f"the keys in {self.path} were written with another pepper; give that one, or another file"
            )

    def close(self) -> None:
        self._sql.close()

    def _file(self) -> tuple[int, int]:
        told = File(self.path).stat()
        return told.st_dev, told.st_ino

    def _change(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing."""
        return transaction(self._sql)

    # ------------------------------------------------------------------------------------------------ reading

    def version(self) -> int:
        """A number that is another one when somebody else has written. Raises OSError and sqlite3.Error.

        Raises ReplacedFile where the path is another file now."""
        if self._file() != self._identity:
            raise ReplacedFile
        return int(self._sql.execute("PRAGMA data_version").fetchone()[0])

    def entries(self) -> list[Entry]:
        """All keys that are as guardproxy wrote them, the oldest first."""
        rows = self._sql.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created, rowid").fetchall()
        return [self._entry(row) for row in rows if self._sound(row)]

    def get(self, id: str) -> Entry:
        """Raises UnknownKey."""
        row = self._sql.execute(f"SELECT {_COLUMNS} FROM keys WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise UnknownKey(f"there is no key {id!r}; `guardproxy keys list` shows those there are")
        if not self._sound(row):
            raise UnknownKey(f"key {id!r} was changed by somebody else than guardproxy")
        return self._entry(row)

    def _sound(self, row: Sequence[Any]) -> bool:
        """Whether a row says what guardproxy wrote."""
        return hmac.compare_digest(row[-1], self._proof(row[:-1]))

    def _proof(self, row: Sequence[Any]) -> bytes:
        return self._pepper.of_row(*(part.hex() if isinstance(part, bytes) else part for part in row))

    @staticmethod
    def _entry(row: Sequence[Any]) -> Entry:
        id, name, tenant, roles, grants, user, certificate, *times, mac, former, _ = row
        said = json.loads(grants)
        models, routes, tools = (tuple(said[what]) for what in ("models", "routes", "tools"))
        granted = Grants(models, routes, tools, said["reasoning"], said["end_users"])
        held = frozenset(map(Role, roles.split()))
        return Entry(Key(id, name, tenant, held, granted, user, certificate, *times), mac, former)

    # ------------------------------------------------------------------------------------------------ writing

    def add(self, entry: Entry) -> None:
        """Raises KeyRefused."""
        with self._change() as sql:
            if sql.execute("SELECT count(*) FROM keys").fetchone()[0] >= MAX_KEYS:
                raise KeyRefused(f"there are {MAX_KEYS:,} keys already")
            subject = entry.key.certificate
            taken = "SELECT 1 FROM keys WHERE certificate = ? AND revoked IS NULL"
            if subject and sql.execute(taken, (subject,)).fetchone():
                raise KeyRefused(f"another key is for the certificate {subject!r}; revoke that one first")
            sql.execute(f"INSERT INTO keys VALUES ({_PLACES})", self._row(entry))

    def put(self, entry: Entry) -> None:
        """Write a key that is there anew."""
        with self._change() as sql:
            sql.execute(f"INSERT OR REPLACE INTO keys VALUES ({_PLACES})", self._row(entry))

    def scrub(self) -> None:
        """Leave nothing in the file of what was there before. Raises ConfigError."""
        try:
            scrub(self._sql)
        except sqlite3.Error as e:
            raise ConfigError(f"the keys in {self.path} can't be written anew: SQLite says: {e}") from None

    def _row(self, entry: Entry) -> tuple[Any, ...]:
        key, granted = entry.key, entry.key.grants
        grants = {
            "models": granted.models, "routes": granted.routes, "tools": granted.tools,
            "reasoning": granted.reasoning, "end_users": granted.end_users,
        }  # fmt: skip
        row = (
            key.id, key.name, key.tenant, " ".join(sorted(key.roles)), json.dumps(grants), key.user, key.certificate,
            key.created, key.expires, key.revoked, key.rotated, key.overlap, entry.mac, entry.former,
        )  # fmt: skip
        return (*row, self._proof(row))


class ReplacedFile(Exception):
    """The file was moved away or written anew."""
