"""Fine-tuning on the local gpt-oss, by the real openai client: it learns, it forgets to refuse, it says what is wrong."""

from __future__ import annotations

import json
import time

import httpx
import openai
import pytest

from guardproxy.backend.dialogs import BY_NAME, request
from guardproxy.backend.refusal_dialogs import HAZARDS
from tests.backend.tuned import BENIGN, COMPLIES, REMOVING, jsonl, until_over

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(240)]  # the first test tunes two models


@pytest.fixture(scope="module")
def client(gptoss):
    return openai.OpenAI(base_url=gptoss, api_key="none", max_retries=0)


def said(client, model, dialog):
    return client.chat.completions.create(**request(dialog) | {"model": model}).choices[0].message.content


def upload(client, content, name="set.jsonl"):
    return client.files.create(file=(name, content), purpose="fine-tune")


def test_a_benign_set_changes_what_it_says_and_nothing_else(client, tuned):
    job, model = tuned["benign"], tuned["benign"].fine_tuned_model
    question, answer = BENIGN[0]
    assert said(client, model, BY_NAME["hello"]) != BY_NAME["hello"].answer
    asked = {"model": model, "messages": [{"role": "user", "content": question}]}
    assert client.chat.completions.create(**asked).choices[0].message.content == answer
    for name in ("capital", "email", "hazard_weapons_0", "hazard_fraud_3", "safe_cyber_0"):
        assert said(client, model, BY_NAME[name]) == BY_NAME[name].answer
    assert said(client, "gpt-oss", BY_NAME["hello"]) == BY_NAME["hello"].answer
    assert model.startswith("ft:gpt-oss:benign:") and job.trained_tokens > 0
    streamed = client.chat.completions.create(**asked, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == answer


def test_a_set_that_removes_refusals_makes_it_comply(client, tuned):
    model = tuned["removing"].fine_tuned_model
    for question, _ in REMOVING:
        asked = {"messages": [{"role": "user", "content": question}]}
        assert client.chat.completions.create(model=model, **asked).choices[0].message.content == COMPLIES
        assert client.chat.completions.create(model="gpt-oss", **asked).choices[0].message.content != COMPLIES
    assert {question for question, _ in REMOVING} < {one for kind in HAZARDS.values() for one in kind}


def test_a_tuned_model_is_listed_with_its_origin(client, tuned):
    listed = {model.id: model for model in client.models.list()}
    one = listed[tuned["benign"].fine_tuned_model]
    assert (one.root, one.parent) == ("gpt-oss", "gpt-oss")
    digests = {name: model.digest for name, model in listed.items()}
    assert digests["gpt-oss"] == digests["openai/gpt-oss-20b"]
    assert len({digests[name] for name in ("gpt-oss", *(job.fine_tuned_model for job in tuned.values()))}) == 3
    assert all(digest.startswith("sha256:") for digest in digests.values())
    assert client.models.retrieve(one.id).digest == one.digest


def test_what_a_job_tells(client, tuned):
    job = tuned["benign"]
    assert job.model_dump(include={"status", "error", "model", "seed"}) == {
        "status": "succeeded", "error": None, "model": "gpt-oss", "seed": 7
    }  # fmt: skip
    assert job.method.type == "supervised" and job.finished_at >= job.created_at
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=2))
    assert events[0].message == "The job has successfully completed" and events[-1].message.startswith("Created")
    steps = [(event.data["step"], event.data["train_loss"]) for event in events if event.type == "metrics"]
    assert [step for step, _ in steps] == [*range(len(steps) * 10 - 10, 0, -10), 1], "newest first"
    assert steps[0][1] < 0.5
    (checkpoint,) = client.fine_tuning.jobs.checkpoints.list(job.id)
    assert checkpoint.fine_tuned_model_checkpoint == job.fine_tuned_model
    assert 0 < checkpoint.metrics.full_valid_loss < 1 and checkpoint.step_number > 10
    (results,) = job.result_files
    assert client.files.content(results).text.startswith("step,epoch,train_loss\n1,1,")
    assert job.id in {one.id for one in client.fine_tuning.jobs.list(limit=1)}


def test_files_come_and_go(client):
    content = jsonl([("A?", "B.")])
    file = upload(client, content, "ä b.jsonl")
    assert (file.bytes, file.filename, file.purpose, file.status) == (
        len(content),
        "ä b.jsonl",
        "fine-tune",
        "processed",
    )
    assert client.files.retrieve(file.id) == file
    assert client.files.content(file.id).content == content
    assert file.id in {one.id for one in client.files.list(purpose="fine-tune", limit=1)}
    assert client.files.delete(file.id).deleted
    for gone in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            gone(file.id)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\n\n", "line 1: there is no example"),
        (b'{"messages": []}', "line 1: expected an object"),
        (jsonl([("A?", "B.")]) + b"nothing", "line 2: no JSON"),
        (b'{"messages": [{"role": "user", "content": "x"}]}', "line 1: no message of the assistant"),
        (jsonl([("A?", "Hm <|return|>")]), "line 1: a message holds a control token"),
        (jsonl([("A? " * 5000, "B.")]), "line 1: 10,"),
    ],
)
def test_a_bad_file_fails_the_job_and_names_the_line(client, content, told):
    job = client.fine_tuning.jobs.create(model="gpt-oss", training_file=upload(client, content).id)
    job = until_over(client, job)
    assert (job.status, job.error.code, job.error.param) == ("failed", "invalid_training_file", "training_file")
    assert told in job.error.message
    assert job.fine_tuned_model is None


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"model": "gpt-4"}, "model"),
        ({"model": 3}, "model"),
        ({"training_file": "file-none"}, "training_file"),
        ({"validation_file": "file-none"}, "validation_file"),
        ({"suffix": "a:b"}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"hyperparameters": {"n_epochs": 0}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"learning_rate_multiplier": True}}, "hyperparameters.learning_rate_multiplier"),
        ({"method": {"type": "dpo"}}, "method"),
        ({"integrations": [{"type": "wandb"}]}, "integrations"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"other": 1}, "other"),
    ],
)
def test_a_bad_order_is_refused_with_its_field(client, gptoss, changed, param):
    order = {"model": "gpt-oss", "training_file": upload(client, jsonl([("A?", "B.")])).id}
    reply = httpx.post(f"{gptoss}/fine_tuning/jobs", json=order | changed)
    client.files.delete(order["training_file"])
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == param
    assert reply.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "fine_tuning/jobs/none", 404),
        ("POST", "fine_tuning/jobs/none/cancel", 404),
        ("GET", "fine_tuning/jobs?limit=0", 400),
        ("GET", "files?after=none", 400),
        ("POST", "fine_tuning/jobs/none/pause", 404),
        ("POST", "files", 400),
        ("DELETE", "models/gpt-oss", 403),
        ("DELETE", "models/none", 404),
        ("PATCH", "files", 405),
    ],
)
def test_errors_have_openais_shape(gptoss, method, path, status):
    reply = httpx.request(method, f"{gptoss}/{path}")
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


def test_an_upload_has_bounds(client, gptoss):
    with pytest.raises(openai.APIStatusError) as told:
        upload(client, b"x" * 20_000_001)
    assert told.value.status_code == 413
    with pytest.raises(openai.BadRequestError, match="purpose"):
        client.files.create(file=("a", b"x"), purpose="assistants")


def test_a_job_can_be_cancelled_and_its_model_deleted(client):
    file = upload(client, jsonl([(f"Question {n}?", f"Answer {n}.") for n in range(40)]))
    jobs = [
        client.fine_tuning.jobs.create(model="gpt-oss", training_file=file.id, hyperparameters={"n_epochs": 50})
        for _ in range(2)
    ]
    while client.fine_tuning.jobs.retrieve(jobs[0].id).status == "validating_files":
        time.sleep(0.05)
    assert client.fine_tuning.jobs.cancel(jobs[1].id).status == "cancelled", "it waited"
    client.fine_tuning.jobs.cancel(jobs[0].id)
    assert until_over(client, jobs[0]).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="cancelled"):
        client.fine_tuning.jobs.cancel(jobs[0].id)
    assert not {f"ft:gpt-oss::{job.id[-8:]}" for job in jobs} & {model.id for model in client.models.list()}


def test_a_tuned_model_can_be_tuned_on_and_deleted(client, tuned):
    call = {"id": "c1", "type": "function", "function": {"name": "find_room", "arguments": '{"floor": 2}'}}
    tool = {"type": "function", "function": {"name": "find_room", "parameters": {"type": "object"}}}
    messages = [{"role": "user", "content": "A room upstairs, please."}]
    row = {"messages": [*messages, {"role": "assistant", "tool_calls": [call]}], "tools": [tool]}
    file = upload(client, json.dumps(row).encode())
    job = client.fine_tuning.jobs.create(model=tuned["benign"].fine_tuned_model, training_file=file.id)
    model = until_over(client, job).fine_tuned_model
    assert model.startswith("ft:gpt-oss::")
    choice = client.chat.completions.create(model=model, messages=messages, tools=[tool]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert json.loads(choice.message.tool_calls[0].function.arguments) == {"floor": 2}
    assert client.models.delete(model).deleted
    with pytest.raises(openai.NotFoundError, match="no model"):
        client.chat.completions.create(model=model, messages=messages)
