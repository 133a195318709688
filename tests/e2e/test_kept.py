"""Turns that refer to what guardproxy keeps, on the local gpt-oss, with the openai client's own methods."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.e2e.proxy import Proxy, serving
from tests.e2e.talk import SECONDS

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]

HELLO, GOODBYE = "Hello! How can I help you today?", "Goodbye! Have a nice day."
KEY = "a-key-of-the-tests"


@pytest.fixture(scope="module")
def keeping(gptoss: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("kept")
    with serving(gptoss, folder, "--store", str(folder / "kept"), GUARDPROXY_STORE_KEY=KEY) as proxy:
        yield proxy
    assert all(b"Hello" not in file.read_bytes() for file in folder.glob("kept*"))


@pytest.fixture
def c(keeping: Proxy) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=keeping.url, api_key="x", max_retries=0, timeout=SECONDS) as made:
        yield made


def ask(c: openai.OpenAI, input: Any = "Say hello.", **more: Any) -> Any:
    return c.responses.create(model="gpt-oss", input=input, **more)


def test_a_dialog_by_previous_response(c: openai.OpenAI) -> None:
    first = ask(c)
    assert first.output_text == HELLO
    second = ask(c, "Goodbye.", previous_response_id=first.id)
    assert second.output_text == GOODBYE
    assert c.responses.retrieve(second.id) == second
    kinds = [item.type for item in c.responses.input_items.list(second.id, order="asc")]
    assert kinds == ["message", "reasoning", "message", "message"]
    c.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        c.responses.retrieve(first.id)


def test_a_dialog_by_conversation(c: openai.OpenAI) -> None:
    conversation = c.conversations.create(items=[{"role": "user", "content": "Say hello."}])
    c.conversations.items.create(conversation.id, items=[{"role": "assistant", "content": HELLO}])
    with c.responses.stream(model="gpt-oss", input="Goodbye.", conversation=conversation.id) as stream:
        assert stream.until_done().get_final_response().output_text == GOODBYE
    items = list(c.conversations.items.list(conversation.id, order="asc"))
    assert [item.type for item in items] == ["message", "message", "message", "reasoning", "message"]
    assert c.conversations.delete(conversation.id).deleted


def test_in_the_background(c: openai.OpenAI) -> None:
    response = ask(c, background=True)
    until = time.monotonic() + SECONDS
    while response.status in ("queued", "in_progress"):
        assert time.monotonic() < until
        time.sleep(0.05)
        response = c.responses.retrieve(response.id)
    assert (response.status, response.output_text) == ("completed", HELLO)


def test_a_stream_is_resumed(c: openai.OpenAI) -> None:
    events = ask(c, background=True, stream=True)
    seen = [next(events) for _ in range(6)]
    events.close()
    rest = list(c.responses.retrieve(seen[0].response.id, stream=True, starting_after=seen[-1].sequence_number))
    text = "".join(e.delta for e in (*seen, *rest) if e.type == "response.output_text.delta")
    assert text == rest[-1].response.output_text == HELLO


def test_a_long_answer_is_cancelled(c: openai.OpenAI) -> None:
    response = ask(c, "Tell me a long story about a city.", background=True)
    cancelled = c.responses.cancel(response.id)
    assert cancelled.status in ("cancelled", "completed")
    assert c.responses.retrieve(response.id) == cancelled
