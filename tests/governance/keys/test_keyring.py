"""Asking for keys: one path for all, and changes of others in force within a second."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guardproxy.governance.caller import Caller, Role
from guardproxy.governance.keys import Keyring, keyring
from guardproxy.governance.keys.form import new_id, new_key
from tests.governance.keys.support import PEPPER, created, store_at
from tests.patience import soon

FIXED = {"sk-static-0123456789": Caller("static")}


def ring(folder: Path, **more: Any) -> Keyring:
    return Keyring(str(folder / "keys.db"), PEPPER.encode(), **more)


def asked(folder: Path, *given: str, **more: Any) -> list[tuple[str | None, str | None]]:
    async def ask() -> list[tuple[str | None, str | None]]:
        one = ring(folder, fixed=FIXED, **more)
        await one.start()
        try:
            found = [one.verify(text.encode()) for text in given]
            return [(f.caller.key if f.caller else None, f.reason) for f in found]
        finally:
            await one.aclose()

    return asyncio.run(ask())


def test_each_key_opens_as_long_as_it_may(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    now = time.time()
    good, text = created(store)
    ended, late = created(store, expires=now + 100)
    gone, revoked = created(store)
    asyncio.run(store.revoke(gone.id))
    turned, old = created(store)
    _, new = asyncio.run(store.rotate(turned.id, 50.0))
    hard, lost = created(store)
    asyncio.run(store.rotate(hard.id, 0.0))
    given = (text, late, revoked, old, new, lost, new_key(good.id), new_key(new_id()), "", "sk-x", *FIXED)
    at_once = [
        (good.id, None), (ended.id, None), (None, "revoked"), (turned.id, None), (turned.id, None), (None, "wrong"),
        (None, "wrong"), (None, "unknown"), (None, "malformed"), (None, "malformed"), ("static", None),
    ]  # fmt: skip
    assert asked(tmp_path, *given) == at_once
    later = [*at_once]
    later[1], later[3] = (None, "expired"), (None, "wrong")
    assert asked(tmp_path, *given, clock=lambda: now + 200) == later


def test_unknown_wrong_revoked_and_expired_keys_take_one_path(tmp_path: Path, monkeypatch: Any) -> None:
    store = store_at(tmp_path)
    good, text = created(store)
    gone, revoked = created(store)
    asyncio.run(store.revoke(gone.id))
    _, late = created(store, expires=time.time() + 100)
    given = (text, revoked, late, new_key(good.id), new_key(new_id()), "", "x" * 500, *FIXED, text + "x", text.upper())

    async def counted() -> list[tuple[int, int]]:
        one = ring(tmp_path, fixed=FIXED, clock=lambda: time.time() + 200)
        await one.start()
        calls = {"compare": 0, "hash": 0}
        compare, digest = hmac.compare_digest, hmac.digest

        def comparing(a: bytes, b: bytes) -> bool:
            calls["compare"] += 1
            assert len(a) == len(b) == 32
            return compare(a, b)

        def hashing(*args: Any) -> bytes:
            calls["hash"] += 1
            return digest(*args)

        monkeypatch.setattr(hmac, "compare_digest", comparing)
        monkeypatch.setattr(hmac, "digest", hashing)
        out = []
        for text in given:
            before = dict(calls)
            one.verify(text.encode())
            out.append((calls["compare"] - before["compare"], calls["hash"] - before["hash"]))
        monkeypatch.undo()
        await one.aclose()
        return out

    assert set(asyncio.run(counted())) == {(3, 1)}  # this secret, the one before it, and the fixed key


def test_changes_of_another_process_are_in_force_soon(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    first, text = created(store)

    async def follow() -> None:
        one = ring(tmp_path)
        await one.start()
        try:
            opened = one.verify(text.encode())
            assert opened.caller is not None and one.again(opened) == opened
            second, added = await asyncio.to_thread(created, store)
            await soon(lambda: one.verify(added.encode()).caller is not None)
            await asyncio.to_thread(lambda: asyncio.run(store.revoke(first.id)))
            await soon(lambda: one.verify(text.encode()).reason == "revoked")
            assert one.again(opened).reason == "revoked"
            assert (found := one.verify(added.encode()).caller) is not None
            assert (found.key, found.roles) == (second.id, frozenset({Role.CALLER}))
        finally:
            await one.aclose()

    asyncio.run(follow())


def moved(folder: Path, name: Callable[[str], str]) -> None:
    for file in list(folder.iterdir()):
        file.rename(file.with_name(name(file.name)))


def test_a_file_that_went_away_opens_nothing_after_a_while(tmp_path: Path, monkeypatch: Any) -> None:
    store = store_at(tmp_path)
    _, text = created(store)
    store.database.close()

    async def follow() -> None:
        one = ring(tmp_path, fixed=FIXED)
        await one.start()
        try:
            moved(tmp_path, lambda name: "gone-" + name)
            (tmp_path / "keys.db").mkdir()  # nothing can be opened there
            await asyncio.sleep(2 * keyring.INTERVAL)
            assert one.verify(text.encode()).caller is not None
            monkeypatch.setattr(keyring, "STALE", 0.1)
            assert one.verify(text.encode()).reason == "unavailable"
            assert one.verify(b"sk-static-0123456789").caller is not None
            (tmp_path / "keys.db").rmdir()
            moved(tmp_path, lambda name: name.removeprefix("gone-"))
            monkeypatch.setattr(keyring, "STALE", 30.0)
            await soon(lambda: one._database is not None)
            assert one.verify(text.encode()).caller is not None
        finally:
            await one.aclose()

    asyncio.run(follow())


def test_a_certificate_names_its_key(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    key, _ = created(store, certificate="CN=billing,O=acme")

    async def ask() -> list[str | None]:
        one = ring(tmp_path)
        await one.start()
        try:
            found = [one.by_certificate(s) for s in ("CN=billing,O=acme", "CN=billing", "")]
            return [f.key if f else None for f in found]
        finally:
            await one.aclose()

    assert asyncio.run(ask()) == [key.id, None, None]


@pytest.mark.parametrize("text", ["", "gp_", "x" * 100_000])
def test_without_a_file_no_key_opens(text: str) -> None:
    assert Keyring().verify(text.encode()).caller is None


@given(st.binary(max_size=300))
@example(b"\x00" * 64)
def test_whatever_is_given_opens_nothing_and_breaks_nothing(text: bytes) -> None:
    one = Keyring(fixed=FIXED)
    found = one.verify(text)
    assert found.caller is None or text.decode() in FIXED
    assert (found.reason is None) == (found.caller is not None)
    assert one.again(found) == found
