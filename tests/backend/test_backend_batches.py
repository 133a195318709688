"""Batches of the local gpt-oss by the real openai client: its own replies, line by line, and what is wrong by number."""

from __future__ import annotations

import json
import time

import openai
import pytest

from guardproxy.backend.dialogs import BY_NAME, request

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(120)]
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def client(gptoss):
    return openai.OpenAI(base_url=gptoss, api_key="none", max_retries=0)


def line(custom_id, dialog="hello", **more):
    body = request(BY_NAME[dialog]) | {"model": "gpt-oss"}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": CHAT, "body": body} | more) + "\n"


def begun(client, content, **more):
    file = client.files.create(file=("set.jsonl", content.encode()), purpose="batch")
    order = {"input_file_id": file.id, "endpoint": CHAT, "completion_window": "24h"} | more
    return client.batches.create(**order)


def until_over(client, batch):
    for _ in range(600):
        if batch.status in ("completed", "failed", "cancelled"):
            return batch
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    raise AssertionError(batch.status)


def test_each_line_is_answered(client):
    wrong = line("c", body={"model": "none", "messages": [{"role": "user", "content": "hello"}]})
    batch = begun(client, line("a") + "\n" + line("b", "capital") + wrong, metadata={"a": "b"})
    assert batch.status in ("validating", "in_progress") and batch.metadata == {"a": "b"}
    batch = until_over(client, batch)
    assert batch.status == "completed" and batch.request_counts.model_dump() == {
        "total": 3,
        "completed": 2,
        "failed": 1,
    }
    rows = [json.loads(row) for row in client.files.content(batch.output_file_id).content.splitlines()]
    assert [row["custom_id"] for row in rows] == ["a", "b"]
    for row, name in zip(rows, ("hello", "capital"), strict=True):
        assert row["response"]["body"]["choices"][0]["message"]["content"] == BY_NAME[name].answer
    [row] = [json.loads(row) for row in client.files.content(batch.error_file_id).content.splitlines()]
    assert row["custom_id"] == "c" and row["response"]["status_code"] >= 400
    assert batch.id in {one.id for one in client.batches.list(limit=1)}
    with pytest.raises(openai.BadRequestError, match="can't be cancelled"):
        client.batches.cancel(batch.id)


@pytest.mark.parametrize(
    ("content", "number", "told"),
    [
        ("nothing\n", 1, "no JSON"),
        (line("a") + line("a"), 2, "another line"),
        (line("a", url="/v1/completions"), 1, "Expected"),
        ("\n", None, "1 to 50,000"),
    ],
)
def test_a_bad_line_fails_the_batch_and_is_named(client, content, number, told):
    batch = until_over(client, begun(client, content))
    assert batch.status == "failed" and batch.output_file_id is None
    assert batch.errors.data[0].line == number and told in batch.errors.data[0].message


@pytest.mark.parametrize(
    "more", [{"input_file_id": "file-none"}, {"endpoint": "/v1/embeddings"}, {"completion_window": "1h"}]
)
def test_a_bad_order_is_refused_with_its_field(client, more):
    with pytest.raises(openai.BadRequestError) as told:
        begun(client, line("a"), **more)
    assert told.value.param == next(iter(more))


def test_a_batch_can_be_cancelled(client):
    batch = begun(client, "".join(line(str(n), "story") for n in range(50)))
    assert client.batches.cancel(batch.id).status == "cancelling"
    batch = until_over(client, batch)
    assert batch.status == "cancelled" and batch.request_counts.completed < 50
