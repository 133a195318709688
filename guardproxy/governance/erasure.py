"""Erasure of one person's data, in every store that the settings name.

What belongs to their keys goes; their name is taken out of what has to stay (a vote that counted, an incident that was). The
order matters: names are what their keys are found by, so they go last, and an erasure that failed half way can be done again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.audit.people import NAME, People
from guardproxy.governance.batches import BatchStore
from guardproxy.governance.events import Event, Recorder
from guardproxy.governance.incidents.rows import erase as erase_incidents
from guardproxy.governance.keys.database import Database as Keys
from guardproxy.governance.keys.database import Pepper
from guardproxy.governance.keys.store import KeyStore
from guardproxy.governance.person import Person
from guardproxy.governance.training.ledger import Ledger, ledger_of
from guardproxy.store import Store
from guardproxy.store.database import MEMORY, Bounds
from guardproxy.types import ConfigError, GuardproxyError, Json

Told: TypeAlias = Mapping[str, Json]
"""What was found or erased in a store, by kind: `{"asked": 2, "votes": 1}`."""
Work: TypeAlias = Callable[[bool], Awaitable[Told]]
"""Erases, or with True only looks."""
SERVED: Final = ("approvals", "store", "training", "batches")
"""What a guardproxy that serves has open, so that it has to be asked."""
ERASING: Final = "person.erasing"
ERASED: Final = "person.erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of one store."""

    store: str
    told: Told
    problem: str = ""
    """Why it could not be done; empty where it was."""

    @property
    def something(self) -> bool:
        return any(self.told.values())


@dataclass(frozen=True, slots=True)
class Served:
    """The stores of a guardproxy that serves, or that are opened for this. None: there is no such store."""

    approvals: Approvals | None
    store: Store | None
    ledger: Ledger | None
    batches: BatchStore | None = None

    async def done(self, person: Person, *, dry: bool) -> dict[str, Told]:
        """Erase in all of them, or only look. Raises GuardproxyError."""
        out: dict[str, Told] = {}
        if self.approvals is not None:
            asked, votes = await (self.approvals.about(person) if dry else self.approvals.erase(person))
            out["approvals"] = {"asked": asked, "votes": votes}
        if self.store is not None:
            rows = await (self.store.about(person.keys) if dry else self.store.erase(person.keys))
            out["store"] = {"rows": rows}
        if self.ledger is not None:
            files, jobs = await (self.ledger.about(person) if dry else self.ledger.erase(person))
            out["training"] = {"files": files, "jobs": jobs}
        if self.batches is not None:
            asked, made = await (self.batches.about(person.keys) if dry else self.batches.erase(person.keys))
            out["batches"] = {"batch_files": asked, "batches": made}
        return out


async def opened(settings: Settings, person: Person, *, dry: bool) -> dict[str, Told]:
    """`Served.done` on the files themselves, where nobody serves. Raises GuardproxyError."""
    secret = settings.store_key.get_secret_value().encode() if settings.store_key else None
    async with AsyncExitStack() as parts:
        approvals = store = batches = None
        ledger = _ledger(settings)
        if settings.approvals.path != MEMORY:
            approvals = Approvals(settings.approvals.path, secret)
            parts.push_async_callback(approvals.aclose)
            await approvals.start()
        kept = settings.store
        if kept.path not in ("", MEMORY):
            store = Store(kept.path, secret, Bounds(kept.expire, kept.max_size, kept.max_rows), _Uncounted())
            parts.push_async_callback(store.aclose)
            await store.start()
        if settings.batches.path not in ("", MEMORY):
            batches = BatchStore(settings.batches.path, secret, expire=settings.batches.expire)
            parts.push_async_callback(batches.aclose)
            await batches.start()
        if ledger is not None:
            parts.push_async_callback(ledger.aclose)
            await ledger.start()
        return await Served(approvals, store, ledger, batches).done(person, dry=dry)


def _ledger(settings: Settings) -> Ledger | None:
    own = settings.training
    return ledger_of(settings) if own.path and Path(own.path).exists() else None


class _Uncounted:
    """What happens to the store here is told by errors."""

    def store_failed(self, kind: str) -> None:
        return None

    def store_evicted(self, rows: int) -> None:
        return None


async def incidents(settings: Settings, person: Person, *, dry: bool) -> Told:
    """Raises GuardproxyError."""
    own = settings.incidents
    if not own.redis:
        there = await asyncio.to_thread(Path(own.path).exists)
        found = await asyncio.to_thread(erase_incidents, own.path, person, dry=dry) if there else 0
        return {"incidents": found}
    from guardproxy.governance.incidents.redis import of

    rows = of(settings)
    try:
        return {"incidents": await rows.erase(person, dry=dry)}
    finally:
        await rows.aclose()


def keys_of(settings: Settings, name: str) -> list[str]:
    """Ids of the keys that are a person's. Raises ConfigError."""
    if not settings.keys.path or not Path(settings.keys.path).exists():
        return []
    with closing(_keys(settings)) as database:
        return [key.id for key in KeyStore(database, _pepper(settings), "").about(name)]


async def keys(settings: Settings, name: str, actor: str, recorder: Recorder, *, dry: bool) -> Told:
    """Raises ConfigError, and what the recorder raises."""
    with closing(_keys(settings)) as database:
        store = KeyStore(database, _pepper(settings), actor, recorder)
        found = store.about(name) if dry else await store.erase(name)
        return {"keys": [key.id for key in found]}


async def _revoked(settings: Settings, person: Person, actor: str, recorder: Recorder) -> str:
    """End the keys of a person, which stay theirs. Returns why that can't be done; empty where it was."""
    try:
        if mine := keys_of(settings, person.name):
            with closing(_keys(settings)) as database:
                store = KeyStore(database, _pepper(settings), actor, recorder)
                for id in mine:
                    await store.revoke(id)
    except GuardproxyError as e:
        return str(e)
    return ""


def _keys(settings: Settings) -> Keys:
    return Keys(settings.keys.path, _pepper(settings))


def _pepper(settings: Settings) -> Pepper:
    if settings.pepper_key is None:
        raise ConfigError(f"the keys in {settings.keys.path} can't be read without their pepper: set keys.pepper_file")
    return Pepper(settings.pepper_key.get_secret_value().encode())


async def people(settings: Settings, person: Person, actor: str, recorder: Recorder, *, dry: bool) -> Told:
    """The names behind the audit log's pseudonyms. Raises ConfigError, AuditUnavailable."""
    table = People(Path(settings.audit.path) / NAME)
    mine = [one for one in table.known().values() if person.named(one.name)]
    if not dry:
        for one in mine:
            await recorder.record(Event(ERASED, actor, subject=one.pseudonym))
            table.erase(one.name)
    return {"pseudonyms": [one.pseudonym for one in mine]}


async def every(
    settings: Settings, person: Person, served: Work, actor: str, recorder: Recorder, *, dry: bool
) -> list[Erased]:
    """All stores, one after the other. One that fails doesn't keep the others, but for the names, which are found by last.

    First of all it is recorded, by the ids of keys: raises what the recorder raises, and then nothing was erased. Then the keys
    are revoked, or what is erased could come back with the next request."""
    lives_on = ""
    if not dry:
        details: dict[str, Json] = {"keys": sorted(person.keys), "stores": list[Json](stores(settings))}
        await recorder.record(Event(ERASING, actor, details=details))
        lives_on = await _revoked(settings, person, actor, recorder)
    out: list[Erased] = []
    wanted = [name for name in SERVED if name in stores(settings)]
    if wanted:
        try:
            told = await served(dry)
            out += [Erased(name, told.get(name, {})) for name in wanted if name in told]
        except GuardproxyError as e:
            out += [Erased(name, {}, str(e)) for name in wanted]
    steps: dict[str, Work] = {
        "incidents": lambda dry: incidents(settings, person, dry=dry),
        "keys": lambda dry: keys(settings, person.name, actor, recorder, dry=dry),
        "audit": lambda dry: people(settings, person, actor, recorder, dry=dry),
    }
    for name, step in steps.items():
        if name not in stores(settings):
            continue
        if name == "keys" and lives_on:
            out.append(Erased(name, {}, lives_on))
        elif name != "incidents" and any(one.problem for one in out):
            out.append(Erased(name, {}, "left as it is until the others are done: what is theirs is found by this"))
        else:
            out.append(await _tried(name, step, dry))
    return out


async def _tried(name: str, step: Work, dry: bool) -> Erased:
    try:
        return Erased(name, await step(dry))
    except GuardproxyError as e:
        return Erased(name, {}, str(e))


def stores(settings: Settings) -> list[str]:
    """Names of the stores that these settings have."""
    paths = {
        "approvals": settings.approvals.path,
        "store": settings.store.path,
        "training": settings.training.path,
        "batches": settings.batches.path,
        "incidents": settings.incidents.path or settings.incidents.redis,
        "keys": settings.keys.path,
        "audit": settings.audit.path,
    }
    return [name for name, path in paths.items() if path]
