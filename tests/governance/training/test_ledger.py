"""The ledger: one folder for several processes, which count together and never work on the same thing at once."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from guardproxy.config import Settings
from guardproxy.governance.person import ERASED, Person
from guardproxy.governance.training.database import DAY, REMEMBERED, Bounds
from guardproxy.governance.training.ledger import Ledger, LedgerUnavailable, ledger_of
from guardproxy.governance.training.records import Busy, Changed, Full, Standing, TrainingFile, TrainingJob, Upload
from guardproxy.types import ConfigError

SECRET = b"a secret of the tests"


def file(id: str, size: int = 10, key: str = "jane", created: int = 1, **more: Any) -> TrainingFile:
    known = {"standing": Standing.WAITING, "outcome": "require_approval", "because": ["r"], "tally": {}, **more}
    return TrainingFile(id, "porters.jsonl", size, created, "sha256:0", "acme", key, "policy", **known)


def upload(id: str, size: int = 10, expires: int = 100, tenant: str = "acme") -> Upload:
    return Upload(id, tenant, "jane", "porters.jsonl", size, 1, expires)


@asynccontextmanager
async def opened(folder: Path, bounds: Bounds | None = None, secret: bytes | None = SECRET) -> AsyncIterator[Ledger]:
    one = Ledger(folder, secret, bounds)
    await one.start()
    try:
        yield one
    finally:
        await one.aclose()


def came(one: Ledger, id: str, data: bytes = b"what the model learns") -> None:
    sink = one.incoming(id)
    sink.write(data)
    sink.close()
    one.keep(id)


def everything(folder: Path) -> bytes:
    assert all(not path.stat().st_mode & 0o077 for path in folder.rglob("*"))
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.glob("*/*"))


def test_processes_see_what_the_others_know(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as a, opened(tmp_path) as b:
            await a.do(lambda db: db.put(file("f")))
            assert await b.do(lambda db: db.file("f")) == file("f")
            assert await b.do(lambda db: db.files("acme")) == [file("f")]
            assert await b.do(lambda db: db.files("other")) == []
            assert await b.do(lambda db: db.remove("f"))
            assert await a.do(lambda db: db.file("f")) is None
            assert not await a.do(lambda db: db.remove("f"))

    asyncio.run(main())


def test_jobs_under_way_are_counted_by_all_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as a, opened(tmp_path) as b:
            asked = [one.do(lambda db: db.reserve("acme", "jane", 7, 1000.0)) for one in (a, b) * 10]
            done = await asyncio.gather(*asked)
            assert sorted(today["jobs_today"] for _, today in done) == list(range(20))
            assert all(today["bytes_today"] == 7 * today["jobs_today"] for _, today in done)
            numbers = sorted(number for number, _ in done)
            for number in numbers[:5]:
                await a.do(lambda db, n=number: db.released(n))  # type: ignore[misc]
            job = TrainingJob("ftjob", "acme", "jane", 1, {"up": "f"}, 7)
            await a.do(lambda db: db.begun(numbers[-1], job))
            await a.do(lambda db: db.released(numbers[-1]))
            assert await b.do(lambda db: db.job("ftjob")) == job
            assert await b.do(lambda db: db.jobs("acme", 9)) == await b.do(lambda db: db.jobs(None, 9)) == [job]
            assert await b.do(lambda db: db.jobs("other", 9)) == []
            for tenant, key, now, count in (
                ("acme", "jane", 1001.0, 15),
                ("acme", "joe", 1001.0, 0),
                ("other", "jane", 1001.0, 0),
                ("acme", "jane", 1000.0 + DAY, 1),
            ):
                _, today = await b.do(lambda db, t=tenant, k=key, n=now: db.reserve(t, k, 1, n))  # type: ignore[misc]
                assert today["jobs_today"] == count

    asyncio.run(main())


def test_an_id_that_the_upstream_gives_again_is_the_new_job_and_both_count(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as one:
            for key in ("jane", "joe"):
                number, _ = await one.do(lambda db, k=key: db.reserve("acme", k, 1, 1.0))  # type: ignore[misc]
                job = TrainingJob("ftjob", "acme", key, 1)
                await one.do(lambda db, n=number, j=job: db.begun(n, j))  # type: ignore[misc]
            assert [job.key for job in await one.do(lambda db: db.jobs(None, 9))] == ["joe"]
            assert (await one.do(lambda db: db.reserve("acme", "jane", 1, 2.0)))[1]["jobs_today"] == 1

    asyncio.run(main())


def _holds(folder: Path, locked: Event, end: Event) -> None:
    with Ledger(folder, SECRET).handling("f"):
        locked.set()
        end.wait(20)
        os._exit(9)  # as if it were killed: nothing is put away


def test_a_lock_holds_against_other_processes_and_ends_with_its_own(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as one:
            came(one, "f")
            with one.handling("f"), pytest.raises(Busy), Ledger(tmp_path, SECRET).handling("f"):
                pass
            context = multiprocessing.get_context("spawn")
            locked, end = context.Event(), context.Event()
            process = context.Process(target=_holds, args=(tmp_path, locked, end))
            process.start()
            assert locked.wait(20)
            with pytest.raises(Busy, match="try again"), one.handling("f"):
                pass
            end.set()
            process.join(20)
            with one.handling("f"):
                assert b"".join(one.read("f")) == b"what the model learns"
            with one.handling("gone"):
                pass

    asyncio.run(main())


def _works(folder: Path, told: Connection) -> None:
    """Keeps files and begins jobs, and says what it has done, until it is killed."""

    async def once(one: Ledger, id: str) -> None:
        came(one, id, id.encode() * 20_000)
        await one.do(lambda db: db.put(file(id)))
        number, _ = await one.do(lambda db: db.reserve("acme", "jane", 1, 1.0))
        await one.do(lambda db: db.begun(number, TrainingJob(f"job-{id}", "acme", "jane", 1)))
        told.send(id)

    async def main() -> None:
        async with opened(folder) as one:
            while True:
                await once(one, os.urandom(8).hex())

    asyncio.run(main())


def test_what_was_said_to_be_kept_is_kept_when_processes_are_killed(tmp_path: Path) -> None:
    context, said, dice = multiprocessing.get_context("spawn"), list[str](), random.Random(7)
    working = []
    for _ in range(4):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_works, args=(tmp_path, theirs))
        process.start()
        theirs.close()
        working.append((process, ours))
    for process, ours in working:
        said += [ours.recv() for _ in range(dice.randint(1, 12))]
        process.kill()
        process.join(20)
        with contextlib.suppress(EOFError):
            while True:
                said.append(ours.recv())

    async def main() -> None:
        async with opened(tmp_path) as one:
            for id in said:
                assert await one.do(lambda db, i=id: db.file(i)) == file(id)  # type: ignore[misc]
                assert await one.do(lambda db, i=id: db.job(f"job-{i}"))  # type: ignore[misc]
                assert b"".join(one.read(id)) == id.encode() * 20_000
                with one.handling(id):
                    pass

    assert len(said) >= 4
    asyncio.run(main())


def test_nothing_of_a_file_lies_in_clear(tmp_path: Path) -> None:
    async def main(folder: Path, secret: bytes | None) -> str:
        async with opened(folder, secret=secret) as one:
            came(one, "f")
            await one.do(lambda db: db.put(file("f")))
            await one.do(lambda db: db.opened(upload("u")))
            kept = everything(folder)
        return "".join(word for word in ("porters.jsonl", "what the model learns") if word.encode() in kept)

    assert asyncio.run(main(tmp_path / "a", SECRET)) == ""
    assert asyncio.run(main(tmp_path / "b", None)) == "porters.jsonlwhat the model learns"


def test_a_ledger_opens_with_its_own_key_only(tmp_path: Path) -> None:
    async def main(first: bytes | None, second: bytes | None, folder: Path) -> None:
        async with opened(folder, secret=first):
            pass
        with pytest.raises(ConfigError, match="another GUARDPROXY_STORE_KEY, or without one"):
            async with opened(folder, secret=second):
                pass

    for number, (first, second) in enumerate(((SECRET, b"x"), (SECRET, None), (None, SECRET))):
        asyncio.run(main(first, second, tmp_path / str(number)))


def test_without_a_key_clear_text_has_to_be_said(tmp_path: Path) -> None:
    said: dict[str, Any] = {"upstream": {"url": "http://127.0.0.1:1/v1"}, "training": {"path": str(tmp_path)}}
    with pytest.raises(
        ConfigError, match="set GUARDPROXY_STORE_KEY to a random key, or say `training: clear_text: true`"
    ):
        ledger_of(Settings.model_validate(said))
    said["training"]["clear_text"] = True
    assert ledger_of(Settings.model_validate(said)).bounds == Bounds()


def test_what_was_changed_is_not_believed(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as one:
            for id in ("f", "g"):
                came(one, id)
                await one.do(lambda db, i=id: db.put(file(i)))  # type: ignore[misc]
            with sqlite3.connect(tmp_path / "ledger.db") as sql:
                sql.execute("UPDATE files SET record = (SELECT record FROM files WHERE id = 'g') WHERE id = 'f'")
            sql.close()
            with pytest.raises(Changed, match="somebody else"):
                await one.do(lambda db: db.file("f"))
            (tmp_path / "kept" / "f").write_bytes((tmp_path / "kept" / "g").read_bytes())
            for id in ("f", "gone"):
                with pytest.raises(Changed):
                    list(one.read(id))

    asyncio.run(main())


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, Bounds(held=100, files=3, uploads=2)) as one:
            await one.do(lambda db: db.put(file("a", 60)))
            await one.do(lambda db: db.opened(upload("u", 30)))
            for work in (
                lambda db: db.put(file("b", 11)),
                lambda db: db.opened(upload("v", 11)),
                lambda db: db.check_room(11),
            ):
                with pytest.raises(Full, match="as many training files wait as are kept"):
                    await one.do(work)
            await one.do(lambda db: db.put(file("a", 60, upstream="up")))  # it has gone
            await one.do(lambda db: db.put(file("b", 11)))
            await one.do(lambda db: db.put(file("c", 11)))
            with pytest.raises(Full, match="3 training files are known"):
                await one.do(lambda db: db.put(file("d", 1)))
            await one.do(lambda db: db.opened(upload("v", 1)))
            with pytest.raises(Full, match="too many uploads"):
                await one.do(lambda db: db.opened(upload("w", 1)))

    asyncio.run(main())


def test_many_files_at_once_have_the_room_of_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as one:
            a, b, part = one.incoming("a", 10), one.incoming("b", 10), one.incoming("p", 10, "u")
            a.write(b"123456")
            part.write(b"1234567890")
            with pytest.raises(Full, match="more comes in at once"):
                b.write(b"12345")
            b.discard()
            a.write(b"7890")
            with pytest.raises(Full):
                part.write(b"1")
            a.close()
            a.discard()
            part.discard()
            again = one.incoming("c", 10)
            again.write(b"1234567890")
            again.close()
            assert names(tmp_path) == ["spool/c"]

    asyncio.run(main())


def test_parts_are_an_upload_s_until_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with opened(tmp_path) as a, opened(tmp_path) as b:
            await a.do(lambda db: db.opened(upload("u")))
            for id, size in (("p", 6), ("q", 4)):
                await b.do(lambda db, i=id: db.part(i, "u"))  # type: ignore[misc]
                assert await a.do(lambda db, i=id, s=size: db.came(i, upload("u"), s))  # type: ignore[misc]
            await a.do(lambda db: db.part("r", "u"))
            with pytest.raises(Full, match="more than the upload's"):
                await a.do(lambda db: db.came("r", upload("u"), 1))
            known = await b.do(lambda db: db.upload("u"))
            assert known is not None and known.parts == {"p": 6, "q": 4}
            monkeypatch.setattr("guardproxy.governance.training.database.MAX_PARTS", 3)
            with pytest.raises(Full, match="at most 3 parts"):
                await a.do(lambda db: db.part("s", "u"))
            await a.do(lambda db: db.dropped("r"))
            assert await a.do(lambda db: db.late(99)) == []
            assert await a.do(lambda db: db.late(100)) == ["u"]
            assert await a.do(lambda db: db.closed("u", expired=100)) == ["p", "q"]
            assert await b.do(lambda db: db.closed("u")) is None
            assert not await b.do(lambda db: db.came("p", upload("u"), 1)), "it has gone meanwhile"
            assert await b.do(lambda db: db.expired("u", "acme"))
            assert not await b.do(lambda db: db.expired("u", "other"))
            await b.do(lambda db: db.late(100 + REMEMBERED))
            assert not await b.do(lambda db: db.expired("u", "acme"))

    asyncio.run(main())


def test_files_that_have_waited_for_too_long_are_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, Bounds(expire=100)) as one:
            await one.do(lambda db: db.put(file("old", created=1)))
            await one.do(lambda db: db.put(file("used", created=1, upstream="up")))
            await one.do(lambda db: db.put(file("new", created=2)))
            assert await one.do(lambda db: db.overdue(101)) == ["old"]
            assert await one.do(lambda db: db.remove("old", expired=101))
            assert await one.do(lambda db: db.expired("old", "acme"))

    asyncio.run(main())


def test_what_an_ended_process_has_left_goes_when_it_is_old(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as one:
            for id in ("kept", "orphan", "young"):
                came(one, id)
            await one.do(lambda db: db.put(file("kept")))
            await one.do(lambda db: db.opened(upload("u")))
            one.mark("u")
            one.incoming("broken").close()
            one.incoming("coming").close()
            for name in ("kept/kept", "kept/orphan", "kept/u", "spool/broken"):
                os.utime(tmp_path / name, (1, 1))
            await one.tidy()
            assert names(tmp_path) == ["kept/kept", "kept/u", "kept/young", "spool/coming"]

    asyncio.run(main())


def test_somebody_s_files_go_and_their_jobs_lose_the_name(tmp_path: Path) -> None:
    async def main() -> tuple[Sequence[TrainingFile], Sequence[TrainingJob]]:
        async with opened(tmp_path) as one, opened(tmp_path) as other:
            for key in ("jane", "joe"):
                came(one, f"f-{key}")
                await one.do(lambda db, k=key: db.put(file(f"f-{k}", key=k)))  # type: ignore[misc]
                number, _ = await one.do(lambda db, k=key: db.reserve("acme", k, 1, 1.0))  # type: ignore[misc]
                job = TrainingJob(f"j-{key}", "acme", key, 1)
                await one.do(lambda db, n=number, j=job: db.begun(n, j))  # type: ignore[misc]
            await one.do(lambda db: db.reserve("acme", "jane", 1, 1.0))
            await one.do(lambda db: db.opened(upload("u")))
            await one.do(lambda db: db.part("p", "u"))
            came(one, "p")
            one.mark("u")
            jane = Person("Jane", frozenset({"jane"}))
            assert await other.about(jane) == (2, 2)
            with one.handling("f-jane"), pytest.raises(Busy):
                await other.erase(jane)
            assert await other.erase(jane) == (2, 2)
            assert await other.about(jane) == (0, 0)
            assert [path.name for path in (tmp_path / "kept").iterdir()] == ["f-joe"]
            return await one.do(lambda db: db.files("acme")), await one.do(lambda db: db.jobs(None, 9))

    files, jobs = asyncio.run(main())
    assert [one.id for one in files] == ["f-joe"]
    assert {job.id: job.key for job in jobs} == {"j-jane": ERASED, "j-joe": "joe"}


def test_a_folder_that_can_t_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "old" / "files").mkdir(parents=True)
    (tmp_path / "old" / "files" / "0.json").write_text("{}")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ledger.db").write_text("no database at all, but long enough to be one")

    async def main(folder: Path) -> None:
        async with opened(folder):
            pass

    for name, message in (("file", "can't keep"), ("old", "one JSON file"), ("broken", "can't be read")):
        with pytest.raises(ConfigError, match=message):
            asyncio.run(main(tmp_path / name))
    with pytest.raises(LedgerUnavailable):
        asyncio.run(Ledger(tmp_path / "unopened").do(lambda db: db.overdue(1)))
    with pytest.raises(LedgerUnavailable, match="can't be written"):
        Ledger(tmp_path / "nowhere").incoming("f")
