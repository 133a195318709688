"""A batch from end to end: the openai client, guardproxy as a process, and the local gpt-oss that runs the lines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from guardproxy.backend.dialogs import BY_NAME, request
from tests.e2e.proxy import Proxy, serving
from tests.e2e.talk import SECONDS

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def batching(gptoss: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("batches")
    keys = {"GUARDPROXY_STORE_KEY": "a-key-of-the-tests", "GUARDPROXY_BATCHES_PATH": str(folder / "batches.sqlite")}
    with serving(gptoss, folder, **keys) as proxy:
        yield proxy
    assert all(b"Alice" not in file.read_bytes() for file in folder.glob("batches*"))


@pytest.fixture
def c(batching: Proxy) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=batching.url, api_key="x", max_retries=0, timeout=SECONDS) as made:
        yield made


def line(custom_id: str, dialog: str) -> bytes:
    body = request(BY_NAME[dialog]) | {"model": "gpt-oss"}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": CHAT, "body": body}).encode() + b"\n"


def test_a_batch(c: openai.OpenAI, batching: Proxy) -> None:
    names = {"a": "hello", "b": "email", "c": "masked_email"}
    file = c.files.create(file=("set.jsonl", b"".join(line(*one) for one in names.items())), purpose="batch")
    batch = c.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h", metadata={"for": "tests"})
    until = time.monotonic() + SECONDS
    while batch.status not in ("completed", "failed"):
        assert time.monotonic() < until, batch.status
        time.sleep(0.1)
        batch = c.batches.retrieve(batch.id)
    assert batch.status == "completed" and batch.output_file_id and batch.metadata == {"for": "tests"}, batch.errors
    rows = {
        row["custom_id"]: row for row in map(json.loads, c.files.content(batch.output_file_id).content.splitlines())
    }
    replies: dict[str, Any] = {id: row["response"]["body"]["choices"][0] for id, row in rows.items()}
    for id, name in names.items():
        alone = c.chat.completions.create(**{**request(BY_NAME[name]), "model": "gpt-oss"})
        assert alone.choices[0].message.content == replies[id]["message"]["content"]
        assert alone.choices[0].finish_reason == replies[id]["finish_reason"]
    assert replies["a"]["message"]["content"] == BY_NAME["hello"].answer
    assert "[pii.email]" in replies["b"]["message"]["content"] and "example.com" not in json.dumps(rows)
    assert any(b"[pii.email]" in visit.sent for visit in batching.tap.posts)
    assert not any(b"dan@example.org" in visit.sent for visit in batching.tap.visits)
    records = [json.loads(one) for one in batching.log.read_text().splitlines()]
    routes = [record["route"] for record in records]
    assert routes.count("batch_request") == routes.count("batch_reply") == 3
