"""Changes of keys. Each is told to a recorder before it is made: what can't be written down does not happen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from guardproxy.governance.events import Event, Recorder, Unrecorded
from guardproxy.governance.keys.database import Database, Entry, Pepper
from guardproxy.governance.keys.form import new_id, new_key
from guardproxy.governance.keys.model import Key, KeyRefused, Wanted
from guardproxy.governance.person import ERASED, Person
from guardproxy.types import Json


@dataclass(slots=True)
class KeyStore:
    """Keys of a file, for who may change them. `actor`: who that is, as events name people."""

    database: Database
    pepper: Pepper
    actor: str
    recorder: Recorder = field(default_factory=Unrecorded)
    clock: Callable[[], float] = time.time

    def all(self) -> list[Key]:
        """The oldest first."""
        return [entry.key for entry in self.database.entries()]

    async def create(self, wanted: Wanted) -> tuple[Key, str]:
        """A new key, and its text: nobody can show that again. Raises KeyRefused, and what the recorder raises."""
        wanted, now = wanted.checked(), self.clock()
        if wanted.expires is not None and wanted.expires <= now:
            raise KeyRefused("the key would have expired already")
        id = new_id()
        key = Key(
            id, wanted.name, wanted.tenant, wanted.roles, wanted.grants, wanted.user, wanted.certificate, now, wanted.expires
        )  # fmt: skip
        text = "" if wanted.certificate else new_key(id)
        mac = self.pepper.of_key(text.encode()) if text else os.urandom(32)
        await self._tell("created", key, roles=[*sorted(key.roles)], models=[*key.grants.models],
                         routes=[*key.grants.routes], tools=[*key.grants.tools], expires=key.expires)  # fmt: skip
        self.database.add(Entry(key, mac, os.urandom(32)))
        return key, text

    async def revoke(self, id: str) -> Key:
        """End a key. Once more changes nothing. Raises UnknownKey, and what the recorder raises."""
        entry = self.database.get(id)
        if entry.key.revoked is not None:
            return entry.key
        key = replace(entry.key, revoked=self.clock(), overlap=None)
        await self._tell("revoked", key)
        self.database.put(Entry(key, entry.mac, os.urandom(32)))
        return key

    def about(self, name: str) -> list[Key]:
        """The keys of a person: those that bear their name, or say that they are theirs."""
        person = Person(name)
        return [key for key in self.all() if person.named(key.name) or person.named(key.user)]

    async def erase(self, name: str) -> list[Key]:
        """Revoke the keys of a person and take the names away; the ids stay. Raises what the recorder raises."""
        gone = self.about(name)
        for key in gone:
            key = await self.revoke(key.id)
            nameless = replace(key, name=ERASED, user=None, certificate="")
            self.database.put(Entry(nameless, os.urandom(32), os.urandom(32)))
        self.database.scrub()
        return gone

    async def rotate(self, id: str, overlap: float) -> tuple[Key, str]:
        """A new secret for a key: what it owns stays its own. The old one is taken for `overlap` seconds more.

        Raises UnknownKey, KeyRefused, and what the recorder raises."""
        entry, now = self.database.get(id), self.clock()
        if (state := entry.key.state(now)) != "active":
            raise KeyRefused(f"the key {id} is {state}; create another one")
        if entry.key.certificate:
            raise KeyRefused(f"the key {id} has no secret: it belongs to a certificate")
        key = replace(entry.key, rotated=now, overlap=now + overlap if overlap > 0 else None)
        text = new_key(id)
        await self._tell("rotated", key, overlap=overlap)
        former = entry.mac if overlap > 0 else os.urandom(32)
        self.database.put(Entry(key, self.pepper.of_key(text.encode()), former))
        return key, text

    async def _tell(self, what: str, key: Key, **more: Json) -> None:
        # a name is a person's as far as anybody can tell, so that it can be forgotten: the log holds a pseudonym
        private: dict[str, Json] = {"name": key.name} if key.user else {}
        person = key.user or key.name
        await self.recorder.record(Event(f"key.{what}", self.actor, key.id, key.tenant, more, person, private))
