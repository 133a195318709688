"""Fine-tuning with OpenAI's own client: what passes reaches the upstream as it was scanned, and nothing else does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from guardproxy.governance.training.records import TrainingJob
from guardproxy.server.jobs import made
from tests.server.support import World, body_of, error_of, status_of, world
from tests.server.tuning import ENVIRON, POLICY, Tuner, at_once, chat, decide, upload


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tmp = tmp_path_factory.mktemp("tuning")
    with world(tmp, ENVIRON, policy=POLICY, training={"path": str(tmp / "files"), "max_file": "1MB"}) as one:
        yield one


@pytest.fixture
def tuner(_running: World) -> Tuner:
    _running.visits.clear()
    _running.script = made = Tuner()
    return made


@pytest.fixture
def client(_running: World, tuner: Tuner) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{_running.url}/v1", api_key="k", max_retries=0) as one:
        yield one


def test_a_file_that_passes_arrives_as_it_is_and_is_tuned_on(client: openai.OpenAI, tuner: Tuner) -> None:
    data = chat("fine") * 3
    one = upload(client, data)
    assert (one.status, one.bytes, one.filename, one.purpose) == ("processed", len(data), "set.jsonl", "fine-tune")
    assert one.id.startswith("file-") and tuner.files == {"up-0": data}
    job = client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id, hyperparameters={"n_epochs": 2})
    assert tuner.jobs[job.id]["training_file"] == "up-0"
    assert (job.training_file, job.status, job.model) == (one.id, "queued", "gpt-oss")
    assert "note" not in job.model_dump()
    got = client.fine_tuning.jobs.retrieve(job.id)
    assert got.error is not None and got.error.message == "[words.mail] failed"
    said = client.fine_tuning.jobs.list_events(job.id).data
    assert [event.message for event in said] == ["ask [words.mail]", ""]
    [point] = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert point.metrics.model_dump(exclude_none=True) == {"loss": 0.5} and point.step_number == 3
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    assert job.id in [row.id for row in client.fine_tuning.jobs.list().data]
    assert one.id in [row.id for row in client.files.list().data]
    assert client.files.delete(one.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(one.id)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (chat("fine") + chat("a bomb"), "training_file_denied"),
        (chat("fine") + b"no json\n", "training_file_denied"),
        (b"", "invalid_training_file"),
        (b"\n\n", "invalid_training_file"),
    ],
)
def test_a_file_that_is_denied_never_leaves(client: openai.OpenAI, tuner: Tuner, data: bytes, code: str) -> None:
    with pytest.raises(openai.BadRequestError) as e:
        upload(client, data)
    assert e.value.code == code and "bomb" not in str(e.value).replace("words.bomb", "")
    assert tuner.files == {}


def test_a_file_in_quarantine_is_kept_and_not_used(client: openai.OpenAI, tuner: Tuner) -> None:
    one = upload(client, chat("ask joe@mail.com"))
    assert one.status == "error" and "quarantined by policy (training.redacted)" in str(one.status_details)
    with pytest.raises(openai.PermissionDeniedError) as e:
        client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id)
    assert e.value.code == "training_file_quarantined" and tuner.files == tuner.jobs == {}


def test_a_file_that_waits_is_used_when_two_people_have_agreed(
    client: openai.OpenAI, tuner: Tuner, _running: World
) -> None:
    one = upload(client, chat("odd"))
    assert one.status == "uploaded" and tuner.files == {}
    approval = str(one.status_details).split("approval ", 1)[1].split(" ")[0]
    with pytest.raises(openai.PermissionDeniedError) as e:
        client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id)
    assert e.value.code == "approval_required"
    assert decide(_running, approval, "jane") == 200
    assert client.files.retrieve(one.id).status == "uploaded", "one is not enough"
    assert decide(_running, approval, "joe") == 200
    job = client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id)
    assert job.training_file == one.id and list(tuner.files.values()) == [chat("odd")]
    assert client.files.retrieve(one.id).status == "processed"


def test_a_job_is_decided_by_what_it_asks_for(client: openai.OpenAI, tuner: Tuner, _running: World) -> None:
    one = upload(client, chat("fine"))
    for more, code in (
        ({"model": "gpt-oss", "hyperparameters": {"n_epochs": 51}}, "training_job_denied"),
        ({"model": "other-1"}, "training_job_denied"),
        ({"model": "gpt-oss", "integrations": [{"type": "wandb", "wandb": {"project": "x"}}]}, "integrations_refused"),
    ):
        with pytest.raises(openai.PermissionDeniedError) as e:
            client.fine_tuning.jobs.create(training_file=one.id, **more)
        assert e.value.code == code
    wanted: Any = {"model": "gpt-oss", "training_file": one.id, "hyperparameters": {"n_epochs": 6}}
    with pytest.raises(openai.BadRequestError) as held:
        client.fine_tuning.jobs.create(**wanted)
    assert held.value.code == "approval_required" and tuner.jobs == {}
    id = str(held.value).split("approval ", 1)[1].split(".")[0]
    again = {"extra_headers": {"x-guardproxy-approval": id}}
    with pytest.raises(openai.BadRequestError):
        client.fine_tuning.jobs.create(**wanted, **again)
    assert decide(_running, id, "jane") == decide(_running, id, "joe") == 200
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.create(**{**wanted, "hyperparameters": {"n_epochs": 7}}, **again)
    assert client.fine_tuning.jobs.create(**wanted, **again).status == "queued"
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.create(**wanted, **again)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"hyperparameters": {"examples": 0}}, "unknown_parameter"),
        ({"hyperparameters": {"jobs_today": 0}}, "unknown_parameter"),
        ({"hyperparameters": {"num_epochs": 51}}, "unknown_parameter"),
        (
            {
                "hyperparameters": {"n_epochs": 51},
                "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}},
            },
            "invalid_request",
        ),
        ({"method": {"type": "supervised", "supervised": {"n_epochs": 51}}}, "invalid_request"),
        ({"method": {"type": "supervised", "supervised": {"n_epochs": 51}, "dpo": {}}}, "invalid_request"),
        ({"seed": "a bomb"}, "invalid_request"),
        ({"seed": {"text": "a bomb"}}, "invalid_request"),
    ],
)
def test_no_amount_gets_past_the_rules_in_another_place(
    client: openai.OpenAI, tuner: Tuner, more: dict[str, Any], code: str
) -> None:
    one = upload(client, chat("fine"))
    with pytest.raises(openai.BadRequestError) as e:
        client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id, extra_body=more)
    assert e.value.code == code and tuner.jobs == {}


def test_whoever_tuned_a_model_can_not_hide_it_behind_other_jobs(
    client: openai.OpenAI, tuner: Tuner, _running: World
) -> None:
    one = upload(client, chat("fine"))
    job = client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id)
    tuner.jobs[job.id]["fine_tuned_model"] = "ft:mine"
    desk = _running.running.app.training.desk  # type: ignore[attr-defined]
    others = [TrainingJob(f"ftjob-other-{n}", "default", "k", 0) for n in range(120)]
    for other in others:
        number, _ = at_once(_running, desk.known(lambda db: db.reserve("default", "k", 0, 0.0)))
        at_once(_running, desk.known(lambda db, n=number, o=other: db.begun(n, o)))
    for name in ("ft:mine", "ft:mine:step-3"):
        found = at_once(_running, made(desk, name))
        assert found is not None and found.job == job.id and len(found.digests) == 1
    assert at_once(_running, made(desk, "ft:other")) is None
    at_once(_running, desk.known(lambda db: db._sql.execute("DELETE FROM jobs WHERE key = 'k'") and None))


def test_a_key_has_so_many_jobs_a_day(client: openai.OpenAI, tuner: Tuner, _running: World) -> None:
    data = chat("fine") * 5
    one = upload(client, data)
    assert 200 < len(data) < 1000
    desk = _running.running.app.training.desk  # type: ignore[attr-defined]
    at_once(_running, desk.known(lambda db: db._sql.execute("DELETE FROM jobs") and None))
    for _ in range(3):
        client.fine_tuning.jobs.create(model="few-1", training_file=one.id)
    for model in ("few-1", "small-1"):  # three jobs, and more than 1,000 bytes
        with pytest.raises(openai.PermissionDeniedError) as e:
            client.fine_tuning.jobs.create(model=model, training_file=one.id)
        assert e.value.code == "training_job_denied"
    assert client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id).status == "queued"


def test_jobs_name_files_that_passed_only(client: openai.OpenAI, tuner: Tuner) -> None:
    one = upload(client, chat("fine"))
    held = upload(client, chat("ask joe@mail.com"))
    for files in ({"training_file": "up-0"}, {"training_file": one.id, "validation_file": "up-0"}):
        with pytest.raises(openai.NotFoundError) as e:
            client.fine_tuning.jobs.create(model="gpt-oss", **files)
        assert e.value.code == "file_not_found"
    with pytest.raises(openai.PermissionDeniedError):
        client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id, validation_file=held.id)
    grader = {"type": "reinforcement", "reinforcement": {"grader": {"type": "python", "source": "a bomb"}}}
    with pytest.raises(openai.BadRequestError) as e2:
        client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id, method=grader)  # type: ignore[arg-type]
    assert e2.value.code == "content_filter" and tuner.jobs == {}


def test_a_list_has_jobs_that_the_upstream_forgot(client: openai.OpenAI, tuner: Tuner) -> None:
    one = upload(client, chat("fine"))
    job = client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id)
    tuner.jobs.clear()
    assert {row.id: row.status for row in client.fine_tuning.jobs.list().data}[job.id] is None
    with pytest.raises(openai.InternalServerError):
        client.fine_tuning.jobs.retrieve(job.id)


def test_an_upload_in_parts_is_one_file(client: openai.OpenAI, tuner: Tuner) -> None:
    data = chat("fine") + chat("a bomb")
    for text, passes in ((data, False), (chat("fine") * 9, True)):
        made = client.uploads.create(filename="a.jsonl", purpose="fine-tune", bytes=len(text), mime_type="text/jsonl")
        cut = len(chat("fine")) + 70  # within the word
        parts = [client.uploads.parts.create(made.id, data=io.BytesIO(piece)).id for piece in (text[:cut], text[cut:])]
        assert tuner.files == {}
        if not passes:
            with pytest.raises(openai.BadRequestError) as e:
                client.uploads.complete(made.id, part_ids=parts)
            assert e.value.code == "training_file_denied"
            continue
        done = client.uploads.complete(made.id, part_ids=parts)
        assert done.status == "completed" and done.file is not None and done.file.status == "processed"
        assert tuner.files == {"up-0": text}
        with pytest.raises(openai.NotFoundError):
            client.uploads.complete(made.id, part_ids=parts)


def test_parts_are_bounded_and_can_be_cancelled(client: openai.OpenAI, tuner: Tuner) -> None:
    made = client.uploads.create(filename="a", purpose="fine-tune", bytes=10, mime_type="text/jsonl")
    with pytest.raises(openai.BadRequestError) as e:
        client.uploads.parts.create(made.id, data=io.BytesIO(b"x" * 11))
    assert e.value.code == "upload_too_large"
    with pytest.raises(openai.BadRequestError) as e:
        client.uploads.complete(made.id, part_ids=["part_x"])
    assert client.uploads.cancel(made.id).status == "cancelled"
    with pytest.raises(openai.NotFoundError):
        client.uploads.parts.create(made.id, data=io.BytesIO(b"x"))
    with pytest.raises(openai.BadRequestError):
        client.uploads.create(filename="a", purpose="fine-tune", bytes=2_000_000, mime_type="x")


@pytest.mark.parametrize("purpose", ["batch", "assistants", "evals"])
def test_other_purposes_are_refused_by_name(client: openai.OpenAI, tuner: Tuner, purpose: Any) -> None:
    with pytest.raises(openai.PermissionDeniedError) as e:
        client.files.create(file=("x", io.BytesIO(chat("fine"))), purpose=purpose)
    assert e.value.code == "purpose_refused" and purpose in str(e.value)
    with pytest.raises(openai.PermissionDeniedError):
        client.uploads.create(filename="a", purpose=purpose, bytes=10, mime_type="x")
    assert tuner.files == {}


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/load_lora_adapter", "/v1/batches", "/v1/batches/b1/cancel"),
        *("/api/create", "/api/pull", "/api/push", "/api/copy"),
        *("/v1/fine_tuning/checkpoints/c/permissions", "/v1/fine_tuning/alpha/graders/run", "/api/blobs/sha256:1"),
    ],
)
def test_back_doors_are_refused_by_name(_running: World, tuner: Tuner, path: str) -> None:
    raw = _running.post(b"{}", path)
    assert status_of(raw) == 403 and b"; this is refused." in body_of(raw)
    assert path.startswith("/api/") or error_of(raw)["code"] == "refused_by_guardproxy"
    assert _running.visits == []


def test_bad_forms_are_told(_running: World, tuner: Tuner) -> None:
    def form(body: bytes, kind: bytes = b"multipart/form-data; boundary=b") -> bytes:
        head = b"POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: " + kind + b"\r\nconnection: close\r\n"
        return _running.raw(head + b"content-length: %d\r\n\r\n" % len(body) + body)

    file = b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n' + chat("fine") + b"\r\n"
    purpose = b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
    for body, kind, code in (
        (b"{}", b"application/json", "unsupported_media_type"),
        (file + purpose, b"multipart/form-data; boundary=b", "invalid_form"),
        (purpose + b"--b--\r\n", b"multipart/form-data; boundary=b", "missing_parameter"),
        (file + b"--b--\r\n", b"multipart/form-data; boundary=b", "invalid_request"),
        (file + file + b"--b--\r\n", b"multipart/form-data; boundary=b", "invalid_form"),
        (b"no form at all", b"multipart/form-data; boundary=b", "invalid_form"),
    ):
        raw = form(body, kind)
        assert error_of(raw)["code"] == code, body
    assert status_of(form(file + purpose + b"--b--\r\n")) == 200, "the purpose may come last"
    large = file.replace(b"\r\n\r\n", b"\r\n\r\n" + b"x" * 1_100_000)
    assert status_of(form(large + purpose + b"--b--\r\n")) == 413
    assert list(tuner.files.values()) == [chat("fine")]


def test_without_a_folder_nothing_is_tuned(one: World) -> None:
    raw = one.post(b'{"model": "m", "training_file": "f"}', "/v1/fine_tuning/jobs")
    assert status_of(raw) == 403 and error_of(raw)["code"] == "training_refused"
    assert body_of(raw) and one.visits == []


def test_models_are_tuned_by_the_names_that_clients_have_for_them(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"training": {"path": str(tmp_path / "files")}, "models": {"small": "gpt-oss:20b"}}
    with world(tmp_path, ENVIRON, policy=POLICY, **settings) as one:
        tuner = one.script = Tuner()
        with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
            file = upload(client, chat("fine"))
            for name in ("gpt-oss:20b", "gpt-oss:120b", "Small"):
                with pytest.raises(openai.NotFoundError) as e:
                    client.fine_tuning.jobs.create(model=name, training_file=file.id)
                assert e.value.code == "model_not_found"
            assert tuner.jobs == {}
            assert client.fine_tuning.jobs.create(model="small", training_file=file.id).model == "small"
            assert [job["model"] for job in tuner.jobs.values()] == ["gpt-oss:20b"]
