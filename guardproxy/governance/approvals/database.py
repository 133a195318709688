"""Approvals in SQLite: a file that several processes may share, or memory. Synchronous, for one thread at a time."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from guardproxy.governance.approvals.model import (
    Approval,
    Ask,
    Decided,
    Full,
    Kind,
    NotApproved,
    OwnRequest,
    Status,
    UnknownApproval,
    Vote,
    Voter,
)
from guardproxy.governance.person import ERASED, Person, scrub
from guardproxy.store.rows import Unreadable
from guardproxy.store.sealing import Seal
from guardproxy.types import ConfigError

MEMORY: Final = ":memory:"
BUSY: Final = 2.0
"""Seconds for which another process may write before this one gives up."""
_ID: Final = re.compile(r"apr_[0-9a-f]{32}")
_PROOF: Final = b"guardproxy approvals"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proof (sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS approvals (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, tenant TEXT NOT NULL, requester TEXT NOT NULL,
  bound BLOB NOT NULL, created REAL NOT NULL, expires REAL NOT NULL, needs INTEGER NOT NULL, status TEXT NOT NULL,
  details BLOB NOT NULL, payload BLOB NOT NULL, proof BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS approvals_expires ON approvals (expires);
CREATE TABLE IF NOT EXISTS votes (
  approval TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE, identity TEXT NOT NULL, name TEXT NOT NULL,
  approve INTEGER NOT NULL, comment TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (approval, identity)
);
"""
_SHOWN: Final = "id, kind, subject, tenant, requester, created, expires, needs, status, bound, details, proof"


class Database:
    """All approvals of a file. Made and used in one thread."""

    def __init__(self, path: str, secret: bytes, count: int, size: int) -> None:
        """Raises ConfigError when the file can't be used. `count`, `size`: how many may wait, and their bytes."""
        self._seal, self._count, self._size = Seal(b"approvals\0" + secret), count, size
        if path != MEMORY:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            self._sql = sqlite3.connect(path, isolation_level=None, timeout=BUSY, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                self._sql.execute(f"PRAGMA {pragma}").fetchall()
            self._sql.executescript(_SCHEMA)
            self._check(path)
        except sqlite3.DatabaseError as e:
            raise ConfigError(f"the approvals in {path} can't be read: SQLite says: {e}") from None

    def _check(self, path: str) -> None:
        """That the file was written with this key."""
        self._sql.execute("BEGIN IMMEDIATE")
        found = self._sql.execute("SELECT sealed FROM proof").fetchone()
        if found is None:
            self._sql.execute("INSERT INTO proof VALUES (?)", (self._seal.close(_PROOF, "", _PROOF),))
        self._sql.execute("COMMIT")
        try:
            if found is not None:
                self._seal.open(found[0], "", _PROOF)
        except Unreadable:
            self._sql.close()
            raise ConfigError(
                f"the approvals in {path} were written with another key; give that one, or another file"
            ) from None

    def close(self) -> None:
        self._sql.close()

    @contextmanager
    def _change(self, now: float) -> Iterator[sqlite3.Connection]:
        """All or nothing, with what has expired gone."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            self._sql.execute("DELETE FROM approvals WHERE expires <= ?", (now,))
            yield self._sql
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            raise

    # ------------------------------------------------------------------------------------------------ reading

    def pending(self, now: float) -> int:
        """How many wait for an answer."""
        found = self._sql.execute("SELECT count(*) FROM approvals WHERE status = 'pending' AND expires > ?", (now,))
        return int(found.fetchone()[0])

    def listing(self, now: float) -> list[Approval]:
        """All that have not expired, the oldest first."""
        rows = self._sql.execute(f"SELECT {_SHOWN} FROM approvals WHERE expires > ? ORDER BY created, rowid", (now,))
        return [one for row in rows.fetchall() if (one := self._sound(row)) is not None]

    def get(self, id: str, now: float) -> Approval:
        """Raises UnknownApproval."""
        row = None
        if _ID.fullmatch(id):
            found = self._sql.execute(f"SELECT {_SHOWN} FROM approvals WHERE id = ? AND expires > ?", (id, now))
            row = found.fetchone()
        if row is None:
            raise UnknownApproval("there is no such approval")
        return self._approval(row)

    def _sound(self, row: tuple[Any, ...]) -> Approval | None:
        try:
            return self._approval(row)
        except UnknownApproval:
            return None

    def _approval(self, row: tuple[Any, ...]) -> Approval:
        """Raises UnknownApproval for one that somebody without the key has changed: a yes can't be written into the file."""
        *plain, bound, sealed, proof = row
        id, kind, subject, tenant, requester, created, expires, needs, status = plain
        votes = self._votes(id)
        if not hmac.compare_digest(proof, self._proof(plain, bound, votes)):
            raise UnknownApproval("it was changed by somebody else than guardproxy, or written with another key")
        return Approval(
            *(id, Kind(kind), subject, tenant, requester, created, expires, needs, Status(status)),
            votes=tuple(Vote(name, bool(approve), comment, at) for _, name, approve, comment, at in votes),
            details=json.loads(self._seal.open(sealed, id, b"details")),
        )

    def _votes(self, id: str) -> list[tuple[Any, ...]]:
        found = self._sql.execute(
            "SELECT identity, name, approve, comment, at FROM votes WHERE approval = ? ORDER BY at, rowid", (id,)
        )
        return found.fetchall()

    def _proof(self, plain: Sequence[Any], bound: bytes, votes: Sequence[Any]) -> bytes:
        """A keyed hash of everything that isn't encrypted."""
        return self._seal.name("approval", json.dumps([list(plain), bound.hex(), votes]))

    def _prove(self, id: str) -> None:
        """After a change."""
        *plain, bound, _, _ = self._sql.execute(f"SELECT {_SHOWN} FROM approvals WHERE id = ?", (id,)).fetchone()
        proof = self._proof(plain, bound, self._votes(id))
        self._sql.execute("UPDATE approvals SET proof = ? WHERE id = ?", (proof, id))

    # ------------------------------------------------------------------------------------------------ writing

    def ask(self, ask: Ask, needs: int, now: float, seconds: float) -> Approval:
        """Keep something for so long, until so many have said yes. Raises Full."""
        id = f"apr_{secrets.token_hex(16)}"
        details = self._seal.close(json.dumps(ask.kept()).encode(), id, b"details")
        payload = self._seal.close(ask.payload, id, _identity(ask.kind, ask.bound))
        with self._change(now) as sql:
            count, size = sql.execute(
                "SELECT count(*), coalesce(sum(length(payload) + length(details)), 0) FROM approvals"
            ).fetchone()
            if count >= self._count or size + len(payload) + len(details) > self._size:
                raise Full(
                    "too many replies, files and models wait for approval; decide some of them, or try again later"
                )
            sql.execute(
                "INSERT INTO approvals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, '')",
                (id, ask.kind, ask.subject, ask.tenant, ask.requester, ask.bound, now, now + seconds, needs, details, payload),
            )  # fmt: skip
            self._prove(id)
        return self.get(id, now)

    def vote(self, id: str, voter: Voter, approve: bool, comment: str, now: float) -> tuple[Approval, bool]:
        """Say yes or no, and whether that decided it. The same again changes nothing, one no is enough, and a person's
        yes counts once. Raises UnknownApproval, Decided and OwnRequest."""
        with self._change(now) as sql:
            one = self.get(id, now)
            if approve and voter.asked(one):
                raise OwnRequest("whoever asks for something can't approve it")
            wanted = Status.APPROVED if approve else Status.DENIED
            if one.status is not Status.PENDING:
                if one.status is not wanted:
                    raise Decided(one.status)
                return one, False
            before = [vote for vote in self._votes(id) if vote[0] in voter.identities]
            if not any(bool(said) == approve for _, _, said, _, _ in before):
                sql.executemany(
                    "DELETE FROM votes WHERE approval = ? AND identity = ?", [(id, identity) for identity, *_ in before]
                )
                row = (id, voter.identity, voter.name, approve, comment, now)
                sql.execute("INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?)", row)
            agreed = sql.execute("SELECT count(*) FROM votes WHERE approval = ? AND approve", (id,)).fetchone()[0]
            decides = not approve or agreed >= one.needs
            if decides:
                sql.execute("UPDATE approvals SET status = ? WHERE id = ?", (wanted, id))
            self._prove(id)
        return self.get(id, now), decides

    def take(self, id: str, kind: Kind, bound: bytes, now: float) -> tuple[Approval, bytes]:
        """Use an approval, once. Raises UnknownApproval, also for what it isn't bound to, and NotApproved."""
        with self._change(now) as sql:
            one = self.get(id, now)
            (sealed, held) = sql.execute("SELECT payload, bound FROM approvals WHERE id = ?", (id,)).fetchone()
            if one.kind is not kind or not hmac.compare_digest(held, bound):
                raise UnknownApproval("it is bound to something else")
            if one.status is not Status.APPROVED:
                raise NotApproved(one.status)
            payload = self._seal.open(sealed, id, _identity(kind, bound))
            sql.execute("DELETE FROM approvals WHERE id = ?", (id,))
        return one, payload

    def about(self, person: Person) -> tuple[int, int]:
        """How much somebody asked for, and how often they voted."""
        return len(self._asked_by(person)), len(self._votes_of(person))

    def erase(self, person: Person, now: float) -> tuple[int, int]:
        """Forget what somebody asked for, and who they are in what they voted on: the vote itself counts on."""
        with self._change(now) as sql:
            asked = [(id,) for id in self._asked_by(person)]
            gone = sql.executemany("DELETE FROM approvals WHERE id = ?", asked).rowcount if asked else 0
            votes = self._votes_of(person)
            for approval, identity in votes:
                other = f"{ERASED} {self._seal.name('erased', identity).hex()[:16]}"
                sql.execute(
                    "UPDATE votes SET identity = ?, name = ?, comment = '' WHERE approval = ? AND identity = ?",
                    (other, ERASED, approval, identity),
                )
                self._prove(approval)
        scrub(self._sql)
        return gone, len(votes)

    def _asked_by(self, person: Person) -> list[str]:
        """Ids of what their keys asked for, or a token that named them."""
        rows = self._sql.execute(f"SELECT {_SHOWN} FROM approvals").fetchall()
        named = {one.id for row in rows if (one := self._sound(row)) is not None and person.named(one.person)}
        return [row[0] for row in rows if row[4] in person.keys or row[0] in named]

    def _votes_of(self, person: Person) -> list[tuple[str, str]]:
        mine = {f"key {key}" for key in person.keys}
        rows = self._sql.execute("SELECT approval, identity, name FROM votes").fetchall()
        return [(approval, identity) for approval, identity, name in rows if identity in mine or person.named(name)]


def _identity(kind: Kind, bound: bytes) -> bytes:
    """What a payload is sealed to: one that was moved to another row does not open."""
    return f"payload {kind} ".encode() + bound
