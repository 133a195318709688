"""What is kept of batches: encrypted, found by its owner alone, and gone when it has expired."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from guardproxy.governance.batches import (
    Batch,
    BatchesUnavailable,
    BatchFile,
    BatchStore,
    Duplicate,
    Full,
    Kind,
    Line,
    Owner,
    Upload,
)
from guardproxy.types import ConfigError

KEY = b"k" * 32
ROOM = 1_000_000
JANE, JOE = Owner("acme", "gp_jane"), Owner("acme", "gp_joe")


def input_file(id: str = "file-1", owner: Owner = JANE, **more: Any) -> BatchFile:
    return BatchFile(id, owner, Kind.INPUT, 1, "up-1", "set.jsonl", 10, 2, "sha256:1", "digest", **more)


def line(number: int, custom_id: str, text: bytes = b"secret words") -> Line:
    return Line(number, custom_id, f"req_{number}", text, b"sent " + text + b"\n")


def during(path: Path | str, work: Callable[[BatchStore], Awaitable[None]], key: bytes = KEY, **more: Any) -> None:
    async def run() -> None:
        store = BatchStore(str(path), key, **more)
        await store.start()
        try:
            await work(store)
        finally:
            await store.aclose()

    asyncio.run(run())


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_file_is_there_when_it_is_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    async def first(store: BatchStore) -> None:
        one = input_file()
        await store.begin(one)
        assert await store.file(JANE, one.id) is None and await store.files(JANE) == []
        await store.add(one.id, [line(1, "a"), line(3, "b", b"x\ny")], ROOM)
        assert [piece async for piece in store.sent(one.id)] == [b"sent secret words\nsent x\ny\n"]
        await store.put(one)
        assert 512 < await store.size() < 1000, "texts as they are kept, and what they need besides"

    async def again(store: BatchStore) -> None:
        assert await store.file(JANE, "file-1") == input_file() and await store.files(JANE) == [input_file()]
        assert await store.file(JOE, "file-1") is None and await store.files(JOE) == []
        found = await store.line("file-1", "b")
        assert found == Line(3, "b", "req_3", b"x\ny")
        assert await store.line("file-1", "c") is None and await store.line("file-2", "a") is None
        await store.remove("file-1")
        assert await store.line("file-1", "a") is None and await store.files(JANE) == []

    during(tmp_path / "b.sqlite", first)
    raw = everything(tmp_path)
    assert b"secret" not in raw and b"acme" not in raw and b"set.jsonl" not in raw
    during(tmp_path / "b.sqlite", again)


def test_no_two_requests_of_a_file_have_one_name() -> None:
    async def work(store: BatchStore) -> None:
        await store.begin(input_file())
        await store.begin(input_file("file-2"))
        await store.add("file-1", [line(1, "a")], ROOM)
        with pytest.raises(Duplicate) as e:
            await store.add("file-1", [line(2, "b"), line(7, "a")], ROOM)
        assert e.value.number == 7
        assert await store.line("file-1", "b") is None, "all or none"
        await store.add("file-2", [line(1, "a")], ROOM)

    during(":memory:", work)


def test_batches_and_results_have_ids_of_ours() -> None:
    async def work(store: BatchStore) -> None:
        one = Batch("batch_1", JANE, 1, "up", "file-1", "/v1/completions", {"a": "b"})
        await store.begun(one)
        assert await store.batch(JANE, "batch_1") == one and await store.batch(JOE, "batch_1") is None
        assert await store.batches(JANE) == [one] and await store.batches(JOE) == []
        made = BatchFile("file-o", JANE, Kind.OUTPUT, 2, "up-out", batch="batch_1")
        assert await store.result(made) == made
        again = BatchFile("file-p", JANE, Kind.OUTPUT, 3, "up-out", batch="batch_1")
        assert await store.result(again) == made and await store.file(JANE, "file-p") is None

    during(":memory:", work)


def test_what_has_expired_is_gone() -> None:
    now = [0.0]

    async def work(store: BatchStore) -> None:
        await store.put(input_file())
        await store.add("file-1", [line(1, "a")], ROOM)
        await store.begin(input_file("file-2"))
        await store.opened(Upload("upload_1", JANE, "a", 9, 1), 9, 99)
        await store.part(Upload("upload_1", JANE, "a", 9, 1), "part", 9)
        await store.add_piece("part", 0, b"data")
        now[0] = 2 * 86_400.0
        await store.purge()
        assert await store.files(JANE) == [input_file()] and 256 < await store.size() < 1000
        assert [piece async for piece in store.pieces("part")] == []
        now[0] = 3 * 86_400.0
        await store.purge()
        assert await store.files(JANE) == [] and await store.line("file-1", "a") is None

    during(":memory:", work, expire=3 * 86_400.0, clock=lambda: now[0])


def test_what_is_erased_is_in_no_file(tmp_path: Path) -> None:
    async def work(store: BatchStore) -> None:
        for owner in (JANE, JOE):
            await store.put(input_file(f"file-{owner.key}", owner))
            await store.add(f"file-{owner.key}", [line(1, "a")], ROOM)
            await store.begun(Batch(f"batch_{owner.key}", owner, 1, "up", f"file-{owner.key}", "/v1/completions"))
        await store.begin(input_file("file-half", JANE))
        assert await store.about(frozenset({"gp_jane"})) == (2, 1)
        assert b"file-gp_jane" in everything(tmp_path)
        assert await store.erase(frozenset({"gp_jane"})) == (2, 1)
        assert b"file-gp_jane" not in everything(tmp_path)
        assert await store.files(JANE) == [] == await store.batches(JANE)
        assert len(await store.files(JOE)) == len(await store.batches(JOE)) == 1
        assert await store.line("file-gp_joe", "a") is not None
        assert await store.erase(frozenset()) == (0, 0)

    during(tmp_path / "b.sqlite", work)


def test_a_changed_row_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite"

    async def first(store: BatchStore) -> None:
        await store.put(input_file())
        await store.add("file-1", [line(1, "a"), line(2, "b")], ROOM)

    async def second(store: BatchStore) -> None:
        with pytest.raises(BatchesUnavailable):
            await store.line("file-1", "a")

    during(path, first)
    sql = sqlite3.connect(path)
    with sql:
        sql.execute("UPDATE lines SET sealed = (SELECT sealed FROM lines WHERE number = 2) WHERE number = 1")
    sql.close()
    during(path, second)
    with pytest.raises(ConfigError, match="another key"):
        during(path, second, b"x" * 32)
    with pytest.raises(ConfigError, match="can't keep batches"):
        during(tmp_path / "none" / "b", second)


def test_parts_come_back_as_they_were() -> None:
    now = [0.0]

    async def work(store: BatchStore) -> None:
        one = Upload("upload_1", JANE, "a.jsonl", 6, 1)
        assert await store.opened(one, 1, 9) and not await store.opened(Upload("upload_2", JOE, "b", 1, 1), 1, 9)
        assert not await store.opened(Upload("upload_2", JOE, "b", 4, 1), 9, 9)
        for part in ("a", "b", "c"):
            assert await store.part(one, part, 3) is True
        assert await store.part(one, "d", 3) is False
        for place, data in enumerate((b"on", b"e")):
            await store.add_piece("a", place, data)
        assert await store.add_piece("b", 0, b"two") and not await store.add_piece("c", 0, b"x"), (
            "there is no room for it"
        )
        assert not await store.came(one, "a", 2) and await store.came(one, "a", 3) and await store.came(one, "b", 3)
        found = await store.upload(JANE, one.id)
        assert found is not None and found.parts == {"a": 3, "b": 3} and found.filename == "a.jsonl"
        assert await store.upload(JOE, one.id) is None
        assert [piece async for piece in store.pieces("a")] == [b"on", b"e"]
        await store.remove_part("b")
        assert (await store.upload(JANE, one.id) or one).parts == {"a": 3}
        now[0] = 3600.0
        assert await store.upload(JANE, one.id) is None, "an hour has passed"
        assert await store.claim(one) is True and await store.claim(one) is False
        assert await store.came(one, "c", 1) is False, "it is over"
        await store.forget(one)
        assert [piece async for piece in store.pieces("a")] == []
        assert await store.opened(one, 1, 9) and await store.part(one, "a", 1)
        await store.add_piece("a", 0, b"one")
        now[0] = 7200.0
        await store.purge()
        assert [piece async for piece in store.pieces("a")] == [] and await store.opened(one, 1, 9)

    during(":memory:", work, clock=lambda: now[0])


def test_parts_of_somebody_who_is_erased_go() -> None:
    async def work(store: BatchStore) -> None:
        for owner in (JANE, JOE):
            one = Upload(f"upload_{owner.key}", owner, "a", 9, 1)
            await store.opened(one, 9, 99)
            await store.part(one, owner.key, 9)
            await store.add_piece(owner.key, 0, b"data")
        await store.erase(frozenset({"gp_jane"}))
        assert [piece async for piece in store.pieces("gp_jane")] == []
        assert [piece async for piece in store.pieces("gp_joe")] == [b"data"]

    during(":memory:", work)


def test_files_that_come_in_together_have_the_room_of_all() -> None:
    async def work(store: BatchStore) -> None:
        names = [f"file-{n}" for n in range(4)]
        for name in names:
            await store.begin(input_file(name))
        large = b"x" * 1000
        took = 0
        for number in range(1, 20):
            for name in names:
                try:
                    await store.add(name, [line(number, str(number), large)], 20_000)
                except Full:
                    continue
                took += 1
        assert took == 8 and 18_000 < await store.size() <= 20_000
        await store.put(input_file(names[0]))
        assert 13_000 < await store.size() < 18_000, "what was sent is not kept"
        await store.add(names[1], [line(99, "z", large)], 20_000)
        await store.remove(names[1])
        with pytest.raises(Full):
            await store.add(names[1], [line(100, "y")], 20_000)

    during(":memory:", work)


def test_parts_that_come_in_together_have_the_room_of_their_upload() -> None:
    async def work(store: BatchStore) -> None:
        one = Upload("upload_1", JANE, "a", 10, 1)
        await store.opened(one, 9, 99)
        parts = [f"part-{n}" for n in range(9)]
        for part in parts:
            await store.part(one, part, 99)
        came = [await store.add_piece(part, place, b"xxx") for place in range(2) for part in parts]
        assert came.count(True) == 3
        found = await store.upload(JANE, one.id)
        assert found is not None and found.parts == {}, "none is whole"
        await store.remove_part(parts[0])
        assert await store.add_piece(parts[8], 9, b"xxxx") and await store.came(one, parts[8], 4)
        await store.forget(one)
        assert not await store.add_piece(parts[1], 9, b"x"), "it is over"

    during(":memory:", work)
