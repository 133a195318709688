"""Whose name stands behind a pseudonym of the log, and how it is taken away again.

The log itself never holds a person's name or what is private to a person: it holds `p_…`, an HMAC of the name under a random
key of that person's, and private details encrypted (AES-256-GCM) with that key. Names and keys stand here. Deleting a row
makes every line about that person unreadable, in every copy of the log, and changes no line: the chain stays as it is.
A pseudonym commits to its name: nobody can find another name and key for it, so the table can't be rewritten unnoticed either.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from guardproxy.governance.audit.folder import give_to_owner, opened
from guardproxy.governance.audit.lines import canonical
from guardproxy.governance.events import AuditUnavailable
from guardproxy.types import ConfigError, Json

NAME: Final = "people.db"
_NONCE: Final = 12
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS people (name TEXT PRIMARY KEY, pseudonym TEXT UNIQUE NOT NULL, key BLOB NOT NULL)"
)


def pseudonym_of(name: str, key: bytes) -> str:
    """What the log calls a person. 128 bits."""
    said = name.encode("utf-8", "surrogatepass")
    return "p_" + hmac.new(key, b"guardproxy person\0" + said, hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class People:
    """The table of one log. A connection for each question: they are rare, and other processes ask and erase, too."""

    file: Path

    def written(self, name: str, private: Mapping[str, Json]) -> tuple[str, str]:
        """(pseudonym, private details encrypted) for a new line; a person who is new gets a key. Raises AuditUnavailable."""
        name = name.encode("utf-8", "replace").decode()
        try:
            key = self._key(name)
        except sqlite3.Error as e:
            raise AuditUnavailable(f"the audit log's names {self.file} can't be written: SQLite says: {e}") from None
        pseudonym = pseudonym_of(name, key)
        return pseudonym, _sealed(key, pseudonym, private) if private else ""

    def _key(self, name: str) -> bytes:
        with _connected(self.file, write=True) as sql:
            found = sql.execute("SELECT key FROM people WHERE name = ?", (name,)).fetchone()
            if found is None:
                key = os.urandom(32)
                sql.execute("INSERT OR IGNORE INTO people VALUES (?, ?, ?)", (name, pseudonym_of(name, key), key))
                found = sql.execute("SELECT key FROM people WHERE name = ?", (name,)).fetchone()
            return bytes(found[0])

    def erase(self, name: str) -> str | None:
        """Forget a person; returns the pseudonym that nobody can be found behind any more, or None for somebody unknown.
        Raises AuditUnavailable."""
        if not self.file.exists():
            return None
        try:
            with _connected(self.file, write=True) as sql:
                gone = sql.execute("DELETE FROM people WHERE name = ? RETURNING pseudonym", (name,)).fetchall()
        except sqlite3.Error as e:
            raise AuditUnavailable(f"the audit log's names {self.file} can't be changed: SQLite says: {e}") from None
        return str(gone[0][0]) if gone else None

    def known(self) -> dict[str, Known]:
        """Pseudonym to who it is, for readers. Raises ConfigError."""
        if not self.file.exists():
            return {}
        try:
            with _connected(self.file, write=False) as sql:
                rows = sql.execute("SELECT pseudonym, name, key FROM people").fetchall()
        except AuditUnavailable as e:
            raise ConfigError(str(e)) from None
        except sqlite3.Error as e:
            raise ConfigError(f"the audit log's names {self.file} can't be read: SQLite says: {e}") from None
        return {pseudonym: Known(pseudonym, name, bytes(key)) for pseudonym, name, key in rows}


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the table."""

    pseudonym: str
    name: str
    key: bytes

    @property
    def true(self) -> bool:
        """Whether the pseudonym is that of this name: False where the table was changed."""
        return hmac.compare_digest(self.pseudonym, pseudonym_of(self.name, self.key))

    def private(self, sealed: str) -> dict[str, Json] | None:
        """Private details of a line; None where they were not sealed for this person."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            data = base64.b64decode(sealed, validate=True)
            opened = AESGCM(self.key).decrypt(data[:_NONCE], data[_NONCE:], self.pseudonym.encode())
            found = orjson.loads(opened)
        except (ValueError, InvalidTag):
            return None
        return found if isinstance(found, dict) else None


def _sealed(key: bytes, pseudonym: str, private: Mapping[str, Json]) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, canonical(dict(private)), pseudonym.encode())
    return base64.b64encode(nonce + sealed).decode()


@contextmanager
def _connected(file: Path, *, write: bool) -> Iterator[sqlite3.Connection]:
    """A transaction of its own. Deleted rows are overwritten, and no journal keeps them."""
    if file.is_symlink():
        raise AuditUnavailable(f"the audit log's names {file} are a symbolic link, and never one is followed there")
    if write and not file.exists():  # never opened where it is: closing it would end SQLite's locks of this process
        with suppress(FileExistsError):
            descriptor = opened(file, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            give_to_owner(descriptor, file.parent)
            os.close(descriptor)
    way = file.absolute().as_uri() + ("" if write else "?mode=ro")
    sql = sqlite3.connect(way, uri=True, isolation_level=None, timeout=5.0)
    try:
        if write:
            for pragma in ("secure_delete=ON", "journal_mode=TRUNCATE", "synchronous=FULL"):
                sql.execute(f"PRAGMA {pragma}").fetchall()
            sql.execute(_SCHEMA)
        sql.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        yield sql
        sql.execute("COMMIT")
    finally:
        sql.close()  # what was not committed is undone
