"""The openai client's own ways of asking, through guardproxy: helpers, tool loops, errors, async, hanging up."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import jinja2
import openai
import pytest

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import BY_NAME, EMAIL, request
from guardproxy.backend.harmony import chat_template
from tests.e2e.proxy import Proxy
from tests.e2e.talk import CLIENT_KEY, SECONDS, Caller, Said, check, expected, leaks, streamed
from tests.patience import PATIENCE

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]


MESSAGE = "No such doors."
"""What the policy of `strict` says where it blocks the story."""


# -------------------------------------------------------------------------------- helpers


def test_the_stream_helper(guarded: Proxy, caller: Caller) -> None:
    dialog = BY_NAME["email"]
    with caller.client.chat.completions.stream(**request(dialog)) as stream:
        events = list(stream)
        final = stream.get_final_completion()
    wanted = expected(dialog)
    assert final.choices[0].message.content == wanted.content
    assert final.choices[0].finish_reason == "stop"
    deltas = [event.delta for event in events if event.type == "content.delta"]
    assert "".join(deltas) == wanted.content
    assert len(deltas) > 3
    assert [event.content for event in events if event.type == "content.done"] == [wanted.content]
    assert not leaks(dialog, caller.last.raw)


def test_the_stream_helper_with_a_call(guarded: Proxy, caller: Caller) -> None:
    """The helper takes strict tools only; the toy does not mind."""
    dialog = BY_NAME["tool_email"]
    tools = json.loads(json.dumps(dialog.tools))
    for tool in tools:
        tool["function"]["strict"] = True
    with caller.client.chat.completions.stream(**request(dialog) | {"tools": tools}) as stream:
        events = list(stream)
        message = stream.get_final_completion().choices[0].message
    (done,) = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    assert done.name == "send_email"
    assert json.loads(done.arguments)["to"] == "[pii.email]"
    assert message.tool_calls[0].function.arguments == done.arguments


def test_usage_of_a_stream(caller: Caller) -> None:
    create = caller.client.chat.completions.create
    for wanted in (True, False):
        chunks = list(create(**request(BY_NAME["sum"]), stream=True, stream_options={"include_usage": wanted}))
        counts = [chunk.usage for chunk in chunks if chunk.usage]
        assert [bool(c.completion_tokens) for c in counts] == [True] * wanted
        assert len({chunk.id for chunk in chunks}) == 1
        assert all(len(chunk.choices) == 1 for chunk in chunks if not chunk.usage)


def test_a_stop_for_length(caller: Caller) -> None:
    for stream in (False, True):
        said = caller.chat(request(BY_NAME["story"], max_tokens=20), stream=stream)
        assert said.end == "length"
        assert BY_NAME["story"].answer.startswith(said.content)


# -------------------------------------------------------------------------------- a loop of tools


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("name", "result"),
    [("tool_email", '{"status": "sent"}'), ("weather_paris", '{"degrees": 21}'), ("weather_zürich", '{"degrees": 17}')],
)
def test_a_tool_loop(guarded: Proxy, caller: Caller, name: str, result: str, stream: bool) -> None:
    """Call, result, answer, as an agent does it: the call as received goes back with the next request."""
    asked = request(BY_NAME[name])
    first = caller.chat(asked, stream=stream)
    assert first.end == "tool_calls"
    ((function, arguments),) = first.calls
    call = {"id": first.ids[0], "type": "function", "function": {"name": function, "arguments": arguments}}
    answered = [
        {"role": "assistant", "content": first.content, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": first.ids[0], "content": result},
    ]
    second = caller.chat(asked | {"messages": [*asked["messages"], *answered]}, stream=stream)
    told = BY_NAME[name + "_told"]
    assert second.content == expected(told).content
    assert second.end == "stop"
    assert not leaks(told, caller.last.raw)


# -------------------------------------------------------------------------------- models and completions


def test_models(caller: Caller) -> None:
    listed = [model.id for model in caller.client.models.list()]
    assert [name for name in listed if not name.startswith("ft:")] == ["gpt-oss", "openai/gpt-oss-20b"]
    assert caller.client.models.retrieve("gpt-oss").id == "gpt-oss"
    assert caller.client.models.retrieve("openai/gpt-oss-20b").object == "model"
    with pytest.raises(openai.NotFoundError) as refused:
        caller.client.models.retrieve("gpt-4")
    assert refused.value.code == "model_not_found"


def test_both_names_of_the_model(caller: Caller) -> None:
    for name in ("gpt-oss", "openai/gpt-oss-20b"):
        said = caller.chat(request(BY_NAME["email"]) | {"model": name}, stream=False)
        assert said.content == expected(BY_NAME["email"]).content
        assert said.model == name


def test_a_model_that_the_upstream_does_not_have(caller: Caller) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        caller.chat(request(BY_NAME["hello"]) | {"model": "gpt-4"}, stream=True)
    assert "gpt-4" in refused.value.body["message"]


def harmony(dialog: Dialog) -> str:
    """The dialog's prompt as raw Harmony."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)  # as transformers does
    template = environment.from_string(chat_template())
    return template.render(messages=list(dialog.messages), tools=list(dialog.tools), add_generation_prompt=True)


@pytest.mark.parametrize("name", ["email", "thought_card", "tool_card", "german_email", "hello"])
def test_completions_of_raw_harmony(strict: Proxy, name: str) -> None:
    """A client that speaks Harmony itself gets thinking, calls and answers as one text: masked all the same."""
    dialog, caller = BY_NAME[name], Caller(strict.url)
    body: dict[str, Any] = {"model": "gpt-oss", "prompt": harmony(dialog), "max_tokens": 200}
    reply = caller.client.completions.create(**body)
    whole = caller.last.raw
    text = "".join(c.text for chunk in caller.client.completions.create(**body, stream=True) for c in chunk.choices)
    wanted = expected(dialog)
    assert strict.tap.last.asked["prompt"] == body["prompt"]
    assert reply.choices[0].finish_reason == "stop"
    assert reply.choices[0].text == text
    assert text.startswith("analysis" + wanted.reasoning)
    assert all(part in text for part in (wanted.content, wanted.calls[0][1] if wanted.calls else ""))
    assert not leaks(dialog, whole + caller.last.raw + text)


def test_prompts_of_completions_are_guarded(guarded: Proxy, caller: Caller) -> None:
    prompt = f"<|start|>user<|message|>Write to {EMAIL}.<|end|>"
    caller.client.completions.create(model="gpt-oss", prompt=prompt, max_tokens=4)
    token = "[injection.control_token]"
    assert guarded.tap.last.asked["prompt"] == f"{token}user{token}Write to [pii.email].{token}"
    with pytest.raises(openai.BadRequestError):
        caller.client.completions.create(model="gpt-oss", prompt=[1, 2, 3], max_tokens=4)
    assert len(guarded.tap.posts) == 1


# -------------------------------------------------------------------------------- errors and blocks


def test_an_unknown_parameter_is_named(guarded: Proxy, caller: Caller) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        caller.client.chat.completions.create(**request(BY_NAME["hello"]), extra_body={"frobnicate": 1})
    assert refused.value.param == "frobnicate"
    assert refused.value.code == "unknown_parameter"
    assert "frobnicate" in refused.value.body["message"]
    assert not guarded.tap.visits


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_blocked_request(strict: Proxy, stream: bool) -> None:
    caller = Caller(strict.url)
    body = {"model": "gpt-oss", "messages": [{"role": "user", "content": "Where is the Bluebird file?"}]}
    with pytest.raises(openai.BadRequestError) as refused:
        caller.chat(body, stream=stream)
    assert refused.value.code == "content_filter"
    assert refused.value.body["message"] == "Not this bird."
    assert refused.value.body["innererror"]["content_filter_result"] == {"words": {"filtered": True, "detected": True}}
    assert "luebird" not in caller.last.raw
    assert not strict.tap.visits


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_blocked_reply(strict: Proxy, stream: bool) -> None:
    """A stream ends before the words that block, with what stood before them; of a whole reply nothing is left."""
    dialog, caller = BY_NAME["story"], Caller(strict.url)
    said = caller.chat(request(dialog), stream=stream)
    before = dialog.answer.partition("hidden doors")[0]
    assert said.end == "content_filter"
    assert said.content.endswith(MESSAGE)
    assert "hidden" not in caller.last.raw
    released = said.content.removesuffix(MESSAGE).rstrip()
    assert released == (before.rstrip() if stream else "")
    if stream:
        assert caller.last.raw.rstrip().endswith("data: [DONE]")
        strict.tap.last.wait_gone()
        assert not strict.tap.last.ended


def test_a_blocked_reply_in_the_stream_helper(strict: Proxy) -> None:
    """It raises the client's own error for this, which holds what was released."""
    caller = Caller(strict.url)
    with caller.client.chat.completions.stream(**request(BY_NAME["story"])) as stream:
        with pytest.raises(openai.ContentFilterFinishReasonError):
            stream.get_final_completion()
        content = stream.current_completion_snapshot.choices[0].message.content
    assert content.startswith("Once upon a time")
    assert "hidden" not in content


# -------------------------------------------------------------------------------- many at once, and hanging up


def _async_client(url: str) -> openai.AsyncOpenAI:
    http = httpx.AsyncClient(trust_env=False, timeout=SECONDS)
    return openai.AsyncOpenAI(base_url=url, api_key=CLIENT_KEY, max_retries=0, timeout=SECONDS, http_client=http)


def test_streams_side_by_side(guarded: Proxy) -> None:
    """Six at once with the async client: each gets its own text, and nothing of another's."""
    names = ["email", "phone", "card", "german_email", "tool_email", "hello"]

    async def one(client: openai.AsyncOpenAI, dialog: Dialog) -> Said:
        chunks = await client.chat.completions.create(**request(dialog), stream=True)
        return streamed(iter([chunk async for chunk in chunks]))

    async def all_of_them() -> list[Said]:
        async with asyncio.timeout(SECONDS), _async_client(guarded.url) as client:
            return await asyncio.gather(*(one(client, BY_NAME[name]) for name in names))

    for name, said in zip(names, asyncio.run(all_of_them()), strict=True):
        check(BY_NAME[name], said)


def test_async_whole(guarded: Proxy) -> None:
    async def ask() -> str | None:
        async with asyncio.timeout(SECONDS), _async_client(guarded.url) as client:
            reply = await client.chat.completions.create(**request(BY_NAME["many"]))
            return reply.choices[0].message.content

    assert asyncio.run(ask()) == expected(BY_NAME["many"]).content


def test_hanging_up_stops_the_upstream(guarded: Proxy, caller: Caller) -> None:
    """The client leaves a long stream after its first line: the upstream's connection is closed long before its end."""
    create = caller.client.chat.completions.with_streaming_response.create
    with create(**request(BY_NAME["story"]), stream=True) as reply:
        first = next(reply.iter_lines())
        left = time.monotonic()
    assert first.startswith("data: {")
    visit = guarded.tap.last
    assert visit.wait_gone() - left < PATIENCE
    assert not visit.ended
    assert caller.chat(request(BY_NAME["sum"]), stream=False).content == BY_NAME["sum"].answer
    (record,) = guarded.records({reply.headers["x-guardproxy-decision"]})
    assert (record["status"], record["error"]) == (499, "client_gone")


def test_leaving_a_stream_of_chunks(guarded: Proxy, caller: Caller) -> None:
    """The same with the client's usual stream, left in the middle, and with a whole reply that is not waited for."""
    chunks = caller.client.chat.completions.create(**request(BY_NAME["letter"]), stream=True)
    for _, _chunk in zip(range(5), chunks, strict=False):
        pass
    chunks.close()
    guarded.tap.last.wait_gone()
    assert not guarded.tap.last.ended
    with pytest.raises(openai.APITimeoutError):
        caller.client.chat.completions.create(**request(BY_NAME["story"]), timeout=0.2)
    guarded.tap.last.wait_gone()
    assert not guarded.tap.last.pieces
