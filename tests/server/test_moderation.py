"""OpenAI's `moderation` parameter, with OpenAI's own client: it tells what was found, and can only tighten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Silent
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.responses import Responses
from tests.engine.play import guard
from tests.server.support import World, answer, chat, error_of, plays, status_of, streams, whole, world

MAIL, CANARY = "joe@mail.com", "mauve-okapi"


def asks(input: str | None = None, output: str | None = None) -> dict[str, Any]:
    """A `moderation` parameter with these modes."""
    modes = {"input": input, "output": output}
    return {"model": CANARY, "policy": {side: {"mode": mode} for side, mode in modes.items() if mode}}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which scores may be seen."""
    with world(tmp_path_factory.mktemp("moderated"), moderation_scores=True) as one:
        yield one


def client(one: World) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0)


def created(one: World, text: str = "hello", **more: Any) -> Any:
    with client(one) as ai:
        got = ai.chat.completions.create(model="gpt-oss", messages=[{"role": "user", "content": text}], **more)
        return list(got) if more.get("stream") else got


def test_the_reply_says_what_was_found(one: World) -> None:
    one.script = plays(answer(whole(f"mail {MAIL}")))
    got = created(one, moderation=asks())
    asked, said = got.moderation.input, got.moderation.output
    assert (asked.type, said.type, said.model) == ("moderation_results", "moderation_results", "guardproxy")
    (quiet,), (loud,) = asked.results, said.results
    assert (quiet.flagged, loud.flagged, loud.categories["words.mail"]) == (False, True, True)
    assert loud.category_applied_input_types["words.mail"] == ["text"]
    assert (loud.type, loud.categories["violence"]) == ("moderation_result", False)
    assert got.choices[0].message.content == "mail [words.mail]"
    (visit,) = one.visits
    assert "moderation" not in visit.json and CANARY.encode() not in visit.body


def test_a_stream_has_a_chunk_for_it(one: World) -> None:
    one.script = streams("mail joe@", "mail.com now")
    chunks = created(one, f"I am {MAIL}", moderation=asks(), stream=True, stream_options={"include_usage": True})
    (moderated,) = [c for c in chunks if c.moderation]
    assert moderated.choices == [] and moderated.usage is None
    assert moderated.moderation.input.results[0].flagged and moderated.moderation.output.results[0].flagged
    assert chunks.index(moderated) > max(i for i, c in enumerate(chunks) if c.choices)


def test_without_the_parameter_nothing_is_added(one: World) -> None:
    assert created(one).moderation is None
    assert created(one, moderation=None).moderation is None
    one.script = streams("hello")
    assert not [c for c in created(one, stream=True) if c.moderation]


def test_block_blocks_what_policy_would_only_edit(one: World) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        created(one, f"I am {MAIL}", moderation=asks(input="block"))
    assert caught.value.code == "content_filter"
    assert not one.visits
    assert created(one, f"I am {MAIL}", moderation=asks(output="block")).choices[0].finish_reason == "stop"
    one.script = plays(answer(whole(f"mail {MAIL}")))
    got = created(one, moderation=asks(output="block"))
    assert got.choices[0].finish_reason == "content_filter"
    assert "mail" not in got.choices[0].message.content and got.moderation.output.results[0].flagged
    one.script = streams("fine, ", "mail joe@", "mail.com now")
    chunks = created(one, moderation=asks(output="block"), stream=True)
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "content_filter"
    assert "now" not in "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert chunks[-1].moderation.output.results[0].flagged


@pytest.mark.parametrize("mode", [None, "score", "block"])
def test_no_mode_loosens(one: World, mode: str | None) -> None:
    with pytest.raises(openai.BadRequestError):
        created(one, "a bomb", moderation=asks(mode, mode))
    one.script = plays(answer(whole("a bomb")))
    assert created(one, moderation=asks(mode, mode)).choices[0].finish_reason == "content_filter"


def test_arguments_of_a_call_count_too(one: World) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": MAIL})}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    reply = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    one.script = plays(answer(json.dumps(reply).encode()))
    got = created(one, moderation=asks())
    assert got.choices[0].message.tool_calls and got.moderation.output.results[0].flagged
    got = created(one, moderation=asks(output="block"))
    assert (got.choices[0].message.tool_calls, got.choices[0].finish_reason) == (None, "content_filter")


def test_scores_only_where_they_may_be_seen(one: World, seen: World) -> None:
    for place, score in ((one, 1.0), (seen, 1.0)):
        place.script = plays(answer(whole(f"mail {MAIL}")))
        scores = created(place, moderation=asks()).moderation.output.results[0].category_scores
        assert (scores["words.mail"], scores["violence"]) == (score, 0.0)


@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        {},
        {"model": 3},
        {"model": "m", "policy": {"input": {"mode": CANARY}}},
        {"model": "m", "policy": {"input": {}}},
        {"model": "m", CANARY: 1},
        {"model": "m", "policy": {"both": {"mode": "block"}}},
        {"model": "m", "policy": {"input": {"mode": "block", "but": 1}}},
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_what_is_no_moderation_is_refused(one: World, path: str, value: Any) -> None:
    body = {**chat(), "moderation": value} if "chat" in path else {"model": "m", "input": "x", "moderation": value}
    raw = one.post(json.dumps(body).encode(), path)
    assert status_of(raw) == 400 and error_of(raw)["param"].startswith("moderation")
    assert not one.visits


def test_responses_have_it_too(one: World) -> None:
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"mail {MAIL}"}]}
    one.script = plays(answer(json.dumps({"object": "response", "status": "completed", "output": [item]}).encode()))
    with client(one) as ai:
        got = ai.responses.create(model="gpt-oss", input="hello", moderation=asks())  # type: ignore[arg-type]
        assert got.output_text == "mail [words.mail]"
        assert got.moderation is not None and got.moderation.output.type == "moderation_result"
        assert (got.moderation.input.flagged, got.moderation.output.flagged) == (False, True)  # type: ignore[union-attr]
        cut = ai.responses.create(model="gpt-oss", input="hello", moderation=asks(output="block"))  # type: ignore[arg-type]
    assert cut.incomplete_details is not None and cut.incomplete_details.reason == "content_filter"
    assert "moderation" not in one.visits[0].json


# ---------------------------------------------------------------------------------------------------- any cut of a stream


async def streamed(text: str, cuts: list[int], block: bool, codec: Codec) -> tuple[str, bool]:
    """What comes out of a chat stream of this text, and whether the reply's result is flagged."""
    one = Exchange(guard(), codec, request_id="r", route="/r", observer=Silent(), head_id="chatcmpl-1")
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    await one.request({**body, "moderation": asks(output="block" if block else "score")})
    ends = sorted({min(c, len(text)) for c in cuts} | {len(text)})
    pieces = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]

    async def events() -> Any:
        for piece in pieces:
            yield b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]}).encode() + b"\n\n"
        yield b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'

    raw = b"".join([out async for out in one.stream(events())])
    said = [json.loads(line[6:]) for line in raw.decode().splitlines() if line.startswith("data: {")]
    out = "".join(c["delta"].get("content") or "" for e in said for c in e["choices"])
    (found,) = [e["moderation"]["output"]["results"][0]["flagged"] for e in said if "moderation" in e]
    return out, found


@given(
    before=st.text("abc @", max_size=12),
    secret=st.sampled_from(["joe@example.com", "AKIAIOSFODNN7EXAMPLE", ""]),
    cuts=st.lists(st.integers(0, 40), max_size=6),
)
def test_a_blocking_moderation_lets_out_a_beginning_of_what_policy_lets_out(
    before: str, secret: str, cuts: list[int]
) -> None:
    text = f"{before} {secret} end"
    policy, _ = asyncio.run(streamed(text, cuts, False, Chat()))
    strict, flagged = asyncio.run(streamed(text, cuts, True, Chat()))
    if flagged:
        assert secret not in strict and "[" not in strict and not strict.endswith("end")
        assert policy.startswith(
            strict.partition("\n\nThis content")[0].removesuffix("This content is blocked by policy.")
        )
    else:
        assert strict == policy == text


def test_an_image_that_policy_lets_pass_is_told(tmp_path: Path) -> None:
    one = Exchange(guard(), Responses(), request_id="r", route="/r", observer=Silent(), head_id="resp_1")
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
    body = {"model": "m", "input": [{"role": "user", "content": [picture]}], "moderation": asks()}
    with pytest.raises(Blocked):
        asyncio.run(one.request(body))
    assert one._moderated()[0]["categories"]["guard.unread"] is True
