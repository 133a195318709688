"""Training files and uploads outlive the process, are shared by all processes of a machine, and end."""

from __future__ import annotations

import io
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.types import ConfigError
from tests.server.support import answer, plays, status_of, world
from tests.server.tuning import ENVIRON, POLICY, Tuner, at_once, chat, decide, upload


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    ids: list[str] = []
    for run in range(2):
        with world(tmp_path, ENVIRON, policy=POLICY, training={"path": str(tmp_path / "files")}) as one:
            one.script = tuner = Tuner()
            with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
                if not run:
                    ids = [upload(client, chat(text)).id for text in ("fine", "ask joe@mail.com")]
                    continue
                expected = dict(zip(ids, ("processed", "error"), strict=True))
                assert {row.id: row.status for row in client.files.list().data} == expected
                assert client.fine_tuning.jobs.create(model="gpt-oss", training_file=ids[0]).status == "queued"
                assert next(iter(tuner.jobs.values()))["training_file"] == "up-0"


def test_an_upload_goes_on_after_a_restart(tmp_path: Path) -> None:
    data, cut, parts, id = chat("fine") * 9, 100, list[str](), ""
    for run in range(2):
        with world(tmp_path, ENVIRON, policy=POLICY, training={"path": str(tmp_path / "files")}) as one:
            one.script = tuner = Tuner()
            with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
                if not run:
                    id = client.uploads.create(filename="a", purpose="fine-tune", bytes=len(data), mime_type="x").id
                piece = data[cut:] if run else data[:cut]
                parts.append(client.uploads.parts.create(id, data=io.BytesIO(piece)).id)
                if run:
                    assert client.uploads.complete(id, part_ids=parts).status == "completed"
                    assert tuner.files == {"up-0": data}
    left = [path for path in (tmp_path / "files").rglob("*") if path.is_file() and "ledger" not in path.name]
    assert left == []


def test_an_upload_can_be_completed_again_where_the_upstream_failed(tmp_path: Path) -> None:
    data = chat("fine")
    with world(tmp_path, ENVIRON, policy=POLICY, training={"path": str(tmp_path / "files")}) as one:
        tuner, down = Tuner(), plays(answer(b"{}", b"500 Internal Server Error"))
        with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
            id = client.uploads.create(filename="a", purpose="fine-tune", bytes=len(data), mime_type="x").id
            part = client.uploads.parts.create(id, data=io.BytesIO(data)).id
            one.script = down
            with pytest.raises(openai.InternalServerError):
                client.uploads.complete(id, part_ids=[part])
            assert client.files.list().data == []
            one.script = tuner
            assert client.uploads.complete(id, part_ids=[part]).status == "completed"
            assert tuner.files == {"up-0": data}


def test_what_comes_in_has_the_room_that_is_left(tmp_path: Path) -> None:
    data = chat("fine") * 9
    folder = {"path": str(tmp_path / "files"), "max_held": f"{2 * len(data)}B", "max_file": f"{len(data)}B"}
    with world(tmp_path, ENVIRON, policy=POLICY, training=folder) as one:
        one.script = tuner = Tuner()
        with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
            id = client.uploads.create(filename="a", purpose="fine-tune", bytes=len(data), mime_type="x").id
            part = client.uploads.parts.create(id, data=io.BytesIO(data)).id
            other = client.uploads.create(filename="a", purpose="fine-tune", bytes=1, mime_type="x").id
            with pytest.raises(openai.InternalServerError, match="There is no room: more comes in at once") as e:
                client.files.create(file=("a", io.BytesIO(data)), purpose="fine-tune")
            assert (e.value.status_code, e.value.code) == (503, "overloaded")
            assert client.uploads.cancel(other).status == "cancelled"
            assert client.uploads.complete(id, part_ids=[part]).status == "completed"
            assert client.files.create(file=("a", io.BytesIO(data)), purpose="fine-tune").status == "processed"
            assert tuner.files == {"up-0": data, "up-1": data}


def test_a_job_that_the_upstream_refuses_is_not_counted(tmp_path: Path) -> None:
    with world(tmp_path, ENVIRON, policy=POLICY, training={"path": str(tmp_path / "files")}) as one:
        one.script = tuner = Tuner()
        with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
            file = upload(client, chat("fine"))
            for status, count in ((b"400 Bad Request", 0), (b"500 Internal Server Error", 2)):
                one.script = plays(answer(b"{}", status))
                for _ in range(2):
                    with pytest.raises(openai.APIStatusError):
                        client.fine_tuning.jobs.create(model="few-1", training_file=file.id)
                desk = one.running.app.training.desk  # type: ignore[attr-defined]
                number, today = at_once(one, desk.known(lambda db: db.reserve("default", "", 0, time.time())))
                at_once(one, desk.known(lambda db, n=number: db.released(n)))
                assert today["jobs_today"] == count, "whether a job runs at an upstream that failed nobody knows"
            one.script = tuner
            assert client.fine_tuning.jobs.create(model="few-1", training_file=file.id).status == "queued"
            with pytest.raises(openai.PermissionDeniedError):
                client.fine_tuning.jobs.create(model="few-1", training_file=file.id)


def test_two_processes_use_an_approved_file_once_and_count_together(tmp_path: Path) -> None:
    sections: Any = {"training": {"path": str(tmp_path / "files")}, "approvals": {"path": str(tmp_path / "approvals")}}
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    with (
        world(folders[0], ENVIRON, policy=POLICY, **sections) as a,
        world(folders[1], ENVIRON, policy=POLICY, **sections) as b,
        openai.OpenAI(base_url=f"{a.url}/v1", api_key="k", max_retries=0) as first,
        openai.OpenAI(base_url=f"{b.url}/v1", api_key="k", max_retries=0) as second,
        ThreadPoolExecutor(6) as threads,
    ):
        a.script = b.script = tuner = Tuner()
        one = upload(first, chat("odd"))
        approval = str(second.files.retrieve(one.id).status_details).split("approval ", 1)[1].split(" ")[0]
        assert decide(b, approval, "jane") == decide(a, approval, "joe") == 200

        def job(client: openai.OpenAI) -> str:
            try:
                return client.fine_tuning.jobs.create(model="few-1", training_file=one.id).status
            except openai.APIStatusError as e:
                return str(e.code)

        said = list(threads.map(job, (first, second) * 3))
        assert list(tuner.files.values()) == [chat("odd")], "it reaches the upstream once"
        assert set(said) <= {"queued", "training_file_busy", "training_job_denied"}
        said += [job(client) for client in (first, second) * 3]
        assert said.count("queued") == len(tuner.jobs) == 3
        assert said[-1] == "training_job_denied"
        assert {row.id for row in first.files.list().data} == {row.id for row in second.files.list().data} == {one.id}


def test_what_waits_for_too_long_goes_and_is_told(tmp_path: Path) -> None:
    sections: Any = {"training": {"path": str(tmp_path / "files"), "expire": "1h"}}
    with world(tmp_path, ENVIRON, policy=POLICY, **sections) as one:
        one.script = Tuner()
        told: list[Event] = []
        desk = one.running.app.training.desk  # type: ignore[attr-defined]
        desk.events.record, record = _into(told), desk.events.record
        with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
            held, used = upload(client, chat("odd")), upload(client, chat("fine"))
            begun = client.uploads.create(filename="a", purpose="fine-tune", bytes=9, mime_type="x")
            client.uploads.parts.create(begun.id, data=io.BytesIO(b"12345"))
            del told[:]
            at_once(one, desk.sweep())
            assert told == []
            desk.ledger.clock = lambda: time.time() + 3601
            at_once(one, desk.sweep())
            at_once(one, desk.sweep())
            for action, id, more in (
                ("training.file_expired", held.id, {"standing": "waiting"}),
                ("training.upload_expired", begun.id, {"bytes": 9, "came": 5}),
            ):
                [event] = [event for event in told if event.action == action]
                assert (event.actor, event.subject, event.tenant) == ("guardproxy", id, "default")
                assert more.items() <= dict(event.details).items()
            with pytest.raises(openai.NotFoundError, match="any more: it has waited for too long"):
                client.files.retrieve(held.id)
            with pytest.raises(openai.NotFoundError) as e:
                client.uploads.complete(begun.id, part_ids=["x"])
            assert e.value.code == "upload_expired"
            assert [row.id for row in client.files.list().data] == [used.id], "the upstream has that one"
        desk.events.record = record
        assert list((tmp_path / "files" / "kept").iterdir()) == []


def _into(told: list[Event]) -> Any:
    async def record(event: Event) -> None:
        told.append(event)

    return record


def test_what_can_t_be_recorded_does_not_expire(tmp_path: Path) -> None:
    sections: Any = {"training": {"path": str(tmp_path / "files"), "expire": "1h"}}
    with world(tmp_path, ENVIRON, policy=POLICY, **sections) as one:
        one.script = Tuner()
        desk = one.running.app.training.desk  # type: ignore[attr-defined]
        with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
            held = upload(client, chat("odd"))

            async def fails(event: Event) -> None:
                raise AuditUnavailable("the disk is full")

            desk.events.record, record = fails, desk.events.record
            desk.ledger.clock = lambda: time.time() + 3601
            with pytest.raises(AuditUnavailable):
                at_once(one, desk.sweep())
            desk.events.record = record
            assert client.files.retrieve(held.id).status == "uploaded"


def test_bytes_that_were_changed_are_not_sent_on(tmp_path: Path) -> None:
    with world(tmp_path, ENVIRON, policy=POLICY, training={"path": str(tmp_path / "files")}) as one:
        one.script = tuner = Tuner()
        with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
            held = upload(client, chat("odd"))
            kept = tmp_path / "files" / "kept" / held.id
            assert b"odd" not in kept.read_bytes()
            data = bytearray(kept.read_bytes())
            data[-1] ^= 1
            kept.write_bytes(data)
            approval = str(held.status_details).split("approval ", 1)[1].split(" ")[0]
            assert decide(one, approval, "jane") == decide(one, approval, "joe") == 200
            with pytest.raises(openai.InternalServerError) as e:
                client.fine_tuning.jobs.create(model="gpt-oss", training_file=held.id)
            assert e.value.code == "training_file_changed"
            assert tuner.jobs == {}
            with sqlite3.connect(tmp_path / "files" / "ledger.db") as sql:
                sql.execute("UPDATE files SET record = zeroblob(99)")
            sql.close()
            with pytest.raises(openai.InternalServerError) as e:
                client.files.retrieve(held.id)
            assert e.value.code == "training_record_changed"
            for name in ("..", "ledger.db"):
                raw = one.raw(b"DELETE /v1/files/%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" % name.encode())
                assert status_of(raw) == 404


def test_without_a_key_a_folder_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="clear_text: true"),
        world(tmp_path, policy=POLICY, training={"path": str(tmp_path / "files")}),
    ):
        pass
