"""Rules that do more than block and redact, in batches; and the other dialects."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.server.batches.batcher import Batcher, line, result
from tests.server.support import World, chat, whole, world

POLICY = """
schema: guardproxy/v1
policy: careful
filters:
  pii: {use: pii_patterns, only: [pii.email]}
  words: {use: patterns, keywords: [{id: hard, words: [reactor]}, {id: worse, words: [warhead]}]}
monitors:
  calls: {use: tool_calls, deny: [never]}
rules:
  - {id: hide, when: pii.*, then: redact, with: {style: token, restore_tools: [look]}}
  - {id: elsewhere, when: words.hard, scope: {direction: request}, then: route, to: managed}
  - {id: no, when: words.worse, then: block}
  - {id: ask, scope: {tool: shell}, when: call.any, then: require_approval}
  - {id: never, when: [call.denied, call.undeclared], then: block}
"""
TOOLS = [{"type": "function", "function": {"name": n}} for n in ("shell", "look", "never")]
JANE = "jane@example.com"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("careful")
    (folder / "own").mkdir()
    (folder / "own" / "policy.yaml").write_text(POLICY)
    managed = {"managed": {"url": "http://127.0.0.1:9/v1", "external": False}}
    with world(folder, policies=str(folder / "own"), upstreams=managed, batches={"path": ":memory:"}) as made:
        yield made


@pytest.fixture
def batcher(one: World) -> Batcher:
    one.script = made = Batcher()
    return made


@pytest.fixture
def client(one: World, batcher: Batcher) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as made:
        yield made


def uploaded(client: openai.OpenAI, data: bytes) -> str:
    return client.files.create(file=("x", io.BytesIO(data)), purpose="batch").id


def done(
    client: openai.OpenAI, batcher: Batcher, file: str, results: bytes, url: Any = "/v1/chat/completions"
) -> list[Any]:
    made = client.batches.create(input_file_id=file, endpoint=url, completion_window="24h")
    batcher.finish(results)
    output = client.batches.retrieve(made.id).output_file_id
    assert output is not None
    return [json.loads(row) for row in client.files.content(output).content.splitlines()]


def test_placeholders_are_given_back_to_their_own_request(client: openai.OpenAI, batcher: Batcher) -> None:
    file = uploaded(client, line("a", f"mail {JANE}") + line("b", "hello"))
    shown = batcher.sent()[0]["body"]["messages"][0]["content"]
    [placeholder] = re.findall(r"\[pii\.email:[a-z2-7]{8}\]", shown)
    assert JANE not in json.dumps(batcher.sent())
    rows = done(client, batcher, file, result("a", f"to {placeholder}") + result("b", f"to {placeholder}"))
    said = [row["response"]["body"]["choices"][0]["message"]["content"] for row in rows]
    assert said == [f"to {JANE}", f"to {placeholder}"], "another request never masked it"


def test_a_routed_line_is_refused_by_name(client: openai.OpenAI, batcher: Batcher) -> None:
    with pytest.raises(openai.BadRequestError) as e:
        uploaded(client, line("a") + line("b", "a reactor"))
    assert e.value.code == "batch_line_routed" and "line 2" in str(e.value) and batcher.files == {}


def called(name: str, arguments: str) -> Any:
    reply = json.loads(whole(""))
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    reply["choices"][0] |= {"message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    return reply


def test_calls_are_judged_as_those_of_their_request(client: openai.OpenAI, batcher: Batcher) -> None:
    lines = b"".join(line(name, f"mail {JANE}", tools=TOOLS) for name in "abc") + line("d")
    file = uploaded(client, lines)
    placeholder = re.findall(r"\[pii\.email:[a-z2-7]{8}\]", json.dumps(batcher.sent()[0]))[0]
    rows = done(
        client,
        batcher,
        file,
        result("a", called("look", json.dumps({"to": placeholder})))
        + result("b", called("shell", '{"command": "ls"}'))
        + result("c", called("never", "{}"))
        + result("d", called("look", "{}")),
    )
    message = rows[0]["response"]["body"]["choices"][0]["message"]
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"to": JANE}
    assert rows[1]["response"] is None and rows[1]["error"]["code"] == "approval_unavailable"
    for row in rows[2:]:  # one that is denied, one that its request never declared
        assert row["response"]["body"]["choices"][0]["finish_reason"] == "content_filter"
        assert not row["response"]["body"]["choices"][0]["message"].get("tool_calls")
    assert "command" not in json.dumps(rows)


def test_responses_and_completions(client: openai.OpenAI, batcher: Batcher) -> None:
    asked = {"model": "m", "input": f"mail {JANE}", "instructions": "short", "metadata": {"a": "b"}}
    row = {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": asked}
    file = uploaded(client, json.dumps(row).encode())
    [sent] = batcher.sent()
    assert sent["body"]["store"] is False and JANE not in json.dumps(sent) and "metadata" not in sent["body"]
    text = {"type": "output_text", "text": "a warhead", "annotations": []}
    item = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [text]}
    reply = {"id": "r", "object": "response", "status": "completed", "model": "/secret", "output": [item]}
    [got] = done(client, batcher, file, result("a", reply), "/v1/responses")
    body = got["response"]["body"]
    assert body["status"] == "incomplete" and body["incomplete_details"] == {"reason": "content_filter"}
    assert body["metadata"] == {"a": "b"} and body["model"] == "m" and "warhead" not in json.dumps(got)

    batcher.files.clear()
    row = {"custom_id": "a", "method": "POST", "url": "/v1/completions", "body": {"model": "m", "prompt": f"x {JANE}"}}
    file = uploaded(client, json.dumps(row).encode())
    assert JANE not in json.dumps(batcher.sent())
    choice = {"index": 0, "text": "to joe@example.com", "finish_reason": "stop"}
    [got] = done(
        client, batcher, file, result("a", {"object": "text_completion", "choices": [choice]}), "/v1/completions"
    )
    assert re.fullmatch(r"to \[pii\.email[^\]]*\]", got["response"]["body"]["choices"][0]["text"])


@pytest.mark.parametrize("more", [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"background": True}])
def test_what_refers_to_what_is_kept_is_refused(client: openai.OpenAI, batcher: Batcher, more: Any) -> None:
    row = {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"model": "m", "input": "hello", **more}}
    with pytest.raises(openai.BadRequestError) as e:
        uploaded(client, json.dumps(row).encode())
    assert "line 1" in str(e.value) and batcher.files == {}


def test_a_picture_is_nothing_that_a_filter_can_read(client: openai.OpenAI, batcher: Batcher) -> None:
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]
    body = chat(messages=[{"role": "user", "content": parts}])
    row = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    with pytest.raises(openai.BadRequestError) as e:
        uploaded(client, json.dumps(row).encode())
    assert e.value.code == "batch_file_denied" and "guard.unread" in str(e.value)
