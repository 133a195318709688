"""Changing keys: what is kept, what is told, and what nobody may write into the file."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guardproxy.governance.caller import Grants, Role
from guardproxy.governance.events import AuditUnavailable
from guardproxy.governance.keys import Database, KeyRefused, KeyStore, Pepper, UnknownKey, Wanted
from guardproxy.types import ConfigError
from tests.governance.keys.support import PEPPER, Heard, created, store_at


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    key, text = created(store, "app", tenant="acme", models=("gpt-*",), user="jane")
    store.database.close()
    assert text.startswith(key.id + "_")
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert key.id.encode() in kept
    assert text.encode() not in kept
    assert text.split("_")[2].encode() not in kept
    assert PEPPER.encode() not in kept
    again = store_at(tmp_path).all()
    assert again == [key]
    assert (again[0].tenant, again[0].grants, again[0].user) == ("acme", Grants(("gpt-*",), end_users=False), "jane")


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store_at(tmp_path)
    assert (tmp_path / "keys.db").stat().st_mode & 0o077 == 0


def test_every_change_is_told_before_it_happens(tmp_path: Path) -> None:
    heard = Heard()
    store = store_at(tmp_path, heard)
    key, text = created(store)
    asyncio.run(store.rotate(key.id, 60.0))
    asyncio.run(store.revoke(key.id))
    asyncio.run(store.revoke(key.id))
    assert [(e.action, e.actor, e.subject) for e in heard.events] == [
        ("key.created", "cli:jane", key.id), ("key.rotated", "cli:jane", key.id), ("key.revoked", "cli:jane", key.id)
    ]  # fmt: skip
    assert text not in repr(heard.events)
    assert heard.events[0].person == "app" and "name" not in heard.events[0].details
    created(store, "jane's laptop", user="jane")
    (event,) = heard.events[3:]
    assert (event.person, event.private, "name" in event.details) == ("jane", {"name": "jane's laptop"}, False)
    heard.fails = True
    before = store.all()
    for change in (store.create(Wanted("other")), store.rotate(created_id(store), 0.0)):
        with pytest.raises((AuditUnavailable, KeyRefused)):
            asyncio.run(change)
    assert store.all() == before


def created_id(store: KeyStore) -> str:
    return store.all()[0].id


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(""), "key's name"),
        (Wanted("a\nb"), "key's name"),
        (Wanted("a", tenant="a b"), "key's tenant"),
        (Wanted("a", tenant="../x"), "key's tenant"),
        (Wanted("a", roles=frozenset()), "at least one role"),
        (Wanted("a", grants=Grants(models=("gpt-[ab]",))), "no name with"),
        (Wanted("a", grants=Grants(tools=("a,b",))), "no name with"),
        (Wanted("a", grants=Grants(routes=("",))), "no name with"),
        (Wanted("a", user="x\0"), "user's name"),
        (Wanted("a", certificate="ä"), "ASCII"),
        (Wanted("a", expires=1.0), "expired already"),
    ],
)
def test_what_no_key_can_be(tmp_path: Path, wanted: Wanted, why: str) -> None:
    store = store_at(tmp_path)
    with pytest.raises(KeyRefused, match=why):
        asyncio.run(store.create(wanted))
    assert store.all() == []


def test_what_can_not_be_rotated(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    revoked, _ = created(store)
    asyncio.run(store.revoke(revoked.id))
    bound, text = created(store, certificate="CN=billing")
    assert text == ""
    for id, why in ((revoked.id, "is revoked"), (bound.id, "no secret")):
        with pytest.raises(KeyRefused, match=why):
            asyncio.run(store.rotate(id, 0.0))
    with pytest.raises(UnknownKey, match="keys list"):
        asyncio.run(store.rotate("gp_aaaaaaaa", 0.0))
    with pytest.raises(KeyRefused, match="revoke that one first"):
        created(store, "second", certificate="CN=billing")


def test_another_pepper_opens_nothing(tmp_path: Path) -> None:
    store_at(tmp_path).database.close()
    with pytest.raises(ConfigError, match="another pepper"):
        Database(str(tmp_path / "keys.db"), Pepper(b"another one"))


@pytest.mark.parametrize(
    "change",
    [
        "roles = 'caller operator'", "tenant = 'other'", "expires = NULL", "revoked = NULL", "mac = zeroblob(32)",
        "former = zeroblob(32)", "grants = replace(grants, 'small', '*')", "id = 'gp_aaaaaaaa'",
    ],
)  # fmt: skip
def test_who_can_only_write_the_file_gains_nothing(tmp_path: Path, change: str) -> None:
    store = store_at(tmp_path)
    key, _ = created(store, expires=9e9, models=("small",))
    asyncio.run(store.revoke(key.id))
    assert len(store.all()) == 1
    with sqlite3.connect(tmp_path / "keys.db") as sql:
        sql.execute(f"UPDATE keys SET {change}")
    assert store.all() == []
    with pytest.raises(UnknownKey):
        store.database.get(key.id)


def test_roles_are_kept(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    key, _ = created(store, "all", *Role)
    assert store.all()[0].roles == key.roles == frozenset(Role)


def test_several_may_write_at_once(tmp_path: Path) -> None:
    stores = [store_at(tmp_path) for _ in range(4)]

    def work(store: KeyStore) -> list[str]:
        made = [created(store, f"key {n}")[0].id for n in range(10)]
        asyncio.run(store.revoke(made[0]))
        return made

    with ThreadPoolExecutor(len(stores)) as threads:
        made = {id for ids in threads.map(work, stores) for id in ids}
    there = {key.id: key.state(0.0) for key in stores[0].all()}
    assert there.keys() == made and len(made) == 40
    assert sorted(there.values()).count("revoked") == 4
