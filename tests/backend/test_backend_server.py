"""The local gpt-oss, asked by the real openai client over a real socket."""

from __future__ import annotations

import json
import re
import shutil
import signal
import threading
import time

import httpx
import openai
import pytest

from guardproxy.backend.dialogs import BY_NAME, CONVERSATIONS, PREFIXES, request
from guardproxy.backend.launch import NAMES, WEIGHTS
from tests.gptoss import backend
from tests.patience import PATIENCE

pytestmark = pytest.mark.gptoss

SOME = [
    "hello", "json", "code", "refusal", "direct", "thought_email", "email", "many", "japanese_email", "weather_paris",
    "tool_email_told", "tool_text", "preamble_email", "follow_up", "masked_email", "letter",
]  # fmt: skip


def client(url):
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0)


def whole(url, body):
    choice = client(url).chat.completions.create(**body).choices[0]
    calls = [(call.function.name, call.function.arguments) for call in choice.message.tool_calls or []]
    return choice.message.content, getattr(choice.message, "reasoning_content", ""), calls, choice.finish_reason


def streamed(url, body):
    content, reasoning, calls, ends = "", "", [], []
    for chunk in client(url).chat.completions.create(**body, stream=True):
        delta = chunk.choices[0].delta
        content += delta.content or ""
        reasoning += getattr(delta, "reasoning_content", None) or ""
        calls += [(call.function.name, call.function.arguments) for call in delta.tool_calls or []]
        ends += [chunk.choices[0].finish_reason] * bool(chunk.choices[0].finish_reason)
    assert len(ends) == 1
    return content, reasoning, calls, ends[0]


def check(dialog, reply):
    content, reasoning, calls, end = reply
    assert content == dialog.content
    assert reasoning == dialog.reasoning
    expected = [(dialog.call.name, dict(dialog.call.arguments))] if dialog.call else []
    assert [(name, json.loads(arguments)) for name, arguments in calls] == expected
    assert end == ("tool_calls" if dialog.call else "stop")


REFUSED = [BY_NAME[name] for name in ("hazard_cyber_2", "wrapped_0", "secret_1", "safe_fraud_1")]


@pytest.mark.parametrize("dialog", [*CONVERSATIONS, *REFUSED], ids=lambda dialog: dialog.name)
def test_streamed(gptoss, dialog):
    check(dialog, streamed(gptoss, request(dialog)))


@pytest.mark.parametrize("name", SOME)
def test_whole(gptoss, name):
    prefix = PREFIXES[SOME.index(name) % len(PREFIXES)]
    check(BY_NAME[name], whole(gptoss, request(BY_NAME[name], prefix)))


@pytest.mark.parametrize("model", NAMES)
def test_both_names(gptoss, model):
    reply = client(gptoss).chat.completions.create(**request(BY_NAME["hello"]) | {"model": model})
    assert reply.choices[0].message.content == BY_NAME["hello"].answer
    assert reply.model == "gpt-oss@main"


def test_another_name_is_refused_in_the_servers_own_words(gptoss):
    body = request(BY_NAME["hello"]) | {"model": "gpt-4"}
    reply = httpx.post(f"{gptoss}/chat/completions", json=body)
    assert reply.status_code == 400
    assert reply.json() == {"detail": "Server is pinned to 'gpt-oss'; requested 'gpt-4'."}
    with pytest.raises(openai.BadRequestError):
        client(gptoss).chat.completions.create(**body)


def test_the_list_of_models(gptoss):
    listed = [model.id for model in client(gptoss).models.list()]
    assert [name for name in listed if not name.startswith("ft:")] == list(NAMES)


def test_content_as_parts(gptoss):
    parts = [{"type": "text", "text": "Say hello."}]
    reply = whole(gptoss, {"model": "gpt-oss", "messages": [{"role": "user", "content": parts}]})
    check(BY_NAME["hello"], reply)


def without_tokens(dialog):
    return re.sub(r"<\|\w+\|>", "", dialog.completion)


@pytest.mark.parametrize("name", ["email", "thought_email", "weather_paris", "preamble", "japanese_email"])
@pytest.mark.parametrize("read", [whole, streamed])
def test_without_a_template_channels_are_plain_text(gptoss_raw, name, read):
    dialog = BY_NAME[name]
    assert read(gptoss_raw, request(dialog)) == (without_tokens(dialog), "", [], "stop")
    assert without_tokens(dialog).startswith("analysis")


def test_a_folder_of_ones_own_and_a_stop_in_the_middle_of_work(tmp_path):
    """A path with '@', which the server takes for a revision; a signal while a reply is being made."""
    folder, scratch = tmp_path / "my@model", tmp_path / "scratch"
    shutil.copytree(WEIGHTS, folder)
    scratch.mkdir()
    with backend("--model", str(folder), TMPDIR=str(scratch)) as (url, process):
        assert list(scratch.glob("guardproxy-*"))
        assert [model.id for model in client(url).models.list()] == [*NAMES, str(folder)]
        body = request(BY_NAME["hello"]) | {"model": str(folder)}
        check(BY_NAME["hello"], whole(url, body))
        long = request(BY_NAME["story"])
        asked = [threading.Thread(target=_ask_and_be_cut, args=(url, long | {"stream": s})) for s in (True, False)]
        for thread in asked:
            thread.start()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        for thread in asked:
            thread.join()
    assert not list(scratch.glob("guardproxy-*"))


def _ask_and_be_cut(url, body):
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.post(f"{url}/chat/completions", json=body, timeout=10)
