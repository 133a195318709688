"""The anthropic client through a running guardproxy, in front of a scripted upstream: messages, streams, tools, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.server.support import EVENTS, World, answer, chunk, plays, world

KEY = "sk-client-of-this-test"
MAIL = "joe@mail.com"
TOOL: Any = {
    "name": "send",
    "description": "Sends a letter",
    "input_schema": {"type": "object", "properties": {"to": {"type": "string"}}},
}
ASKED: Any = {"model": "gpt-oss", "max_tokens": 100, "messages": [{"role": "user", "content": f"I am {MAIL}."}]}


@pytest.fixture(scope="module")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    keys = {"GUARDPROXY_KEY": KEY, "GUARDPROXY_UPSTREAM_KEY": "sk-upstream"}
    with world(tmp_path_factory.mktemp("anthropic"), keys, timeouts={"held": "100ms", "idle": "2s"}) as made:
        yield made


@pytest.fixture
def one(_world: World) -> World:
    _world.visits.clear()
    return _world


@pytest.fixture
def client(one: World) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=KEY, base_url=one.url, max_retries=0) as made:
        yield made


def message(*content: dict[str, Any], reason: str = "end_turn", **more: Any) -> bytes:
    """A whole reply of an upstream."""
    body = {"id": "msg_u", "type": "message", "role": "assistant", "model": "/srv/gpt-oss", "content": content}
    usage = {"input_tokens": 12, "output_tokens": 7}
    return answer(json.dumps({**body, "stop_reason": reason, "usage": usage, **more}).encode())


def event(kind: str, **fields: Any) -> bytes:
    return chunk(f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode())


def stream(*blocks: tuple[dict[str, Any], list[dict[str, Any]]], reason: str = "end_turn") -> list[bytes]:
    """A streamed reply: blocks as they start, each with its deltas."""
    begun = {"id": "msg_u", "type": "message", "role": "assistant", "model": "/srv/gpt-oss", "content": []}
    out = [EVENTS, event("message_start", message={**begun, "usage": {"input_tokens": 12, "output_tokens": 1}})]
    for index, (block, deltas) in enumerate(blocks):
        out.append(event("content_block_start", index=index, content_block=block))
        out += [event("content_block_delta", index=index, delta=delta) for delta in deltas]
        out.append(event("content_block_stop", index=index))
    ending = {"stop_reason": reason, "stop_sequence": None}
    return [*out, event("message_delta", delta=ending, usage={"output_tokens": 7}), event("message_stop"), b"0\r\n\r\n"]


def text(*pieces: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": p} for p in pieces]


def thinking(*pieces: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    deltas = [{"type": "thinking_delta", "thinking": p} for p in pieces]
    return {"type": "thinking", "thinking": "", "signature": ""}, [
        *deltas,
        {"type": "signature_delta", "signature": "Eq"},
    ]


def call(*pieces: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    deltas = [{"type": "input_json_delta", "partial_json": p} for p in pieces]
    return {"type": "tool_use", "id": "toolu_1", "name": "send", "input": {}}, deltas


# -------------------------------------------------------------------------------- replies


def test_a_message(one: World, client: anthropic.Anthropic) -> None:
    one.script = plays(
        message(
            {"type": "thinking", "thinking": f"They are {MAIL}.", "signature": "EqQB"},
            {"type": "text", "text": f"Hello {MAIL}!"},
        )
    )
    reply = client.messages.create(**ASKED, system="Be brief.")
    assert [block.type for block in reply.content] == ["thinking", "text"]
    assert reply.content[0].thinking == "They are [words.mail]."
    assert reply.content[0].signature == ""
    assert reply.content[1].text == "Hello [words.mail]!"
    assert (reply.stop_reason, reply.model, reply.usage.input_tokens, reply.usage.output_tokens) == (
        "end_turn", "gpt-oss", 12, 7,
    )  # fmt: skip
    assert reply.id.startswith("msg_") and reply.id != "msg_u"
    assert reply._request_id.startswith("req_")
    (visit,) = one.visits
    assert visit.json["messages"][0]["content"] == "I am [words.mail]."
    assert visit.json["system"] == "Be brief."


def test_headers_of_the_client_stay_here(one: World, client: anthropic.Anthropic) -> None:
    one.script = plays(message({"type": "text", "text": "Hi."}))
    client.messages.create(**ASKED, extra_headers={"anthropic-version": "1999-01-01", "anthropic-beta": "secret-beta"})
    head = one.visits[0].head.lower()
    assert b"post /v1/messages http/1.1" in head
    assert b"\r\nanthropic-version: 2023-06-01\r\n" in head
    assert b"\r\nauthorization: bearer sk-upstream\r\n" in head
    assert not any(word in head for word in (b"x-api-key", b"sk-client", b"beta", b"1999", b"stainless"))


def test_the_stream_helper(one: World, client: anthropic.Anthropic) -> None:
    one.script = plays(*stream(thinking("Hm, jo", "e@ma", "il.com."), text("Hello j", "oe@mail.c", "om! How are you?")))
    with client.messages.stream(**ASKED) as events:
        kinds = [event.type for event in events]
        final = events.get_final_message()
    assert final.content[0].thinking == "Hm, [words.mail]."
    assert final.content[1].text == "Hello [words.mail]! How are you?"
    assert (final.stop_reason, final.usage.input_tokens, final.usage.output_tokens) == ("end_turn", 12, 7)
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop"
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 2


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_tool_loop(one: World, client: anthropic.Anthropic, streamed: bool) -> None:
    """Call, result, answer, as an agent does it: the reply as received goes back with the next request."""
    pieces = ('{"to": "jo', 'e@mail.com", ', '"n": 3}')
    if streamed:
        one.script = plays(*stream(text("I'll send it."), call(*pieces), reason="tool_use"))
        with client.messages.stream(**ASKED, tools=[TOOL]) as events:
            reply = events.get_final_message()
    else:
        block = {**call()[0], "input": json.loads("".join(pieces))}
        one.script = plays(message({"type": "text", "text": "I'll send it."}, block, reason="tool_use"))
        reply = client.messages.create(**ASKED, tools=[TOOL])
    assert reply.stop_reason == "tool_use"
    assert (reply.content[1].name, reply.content[1].input) == ("send", {"to": "[words.mail]", "n": 3})
    one.script = plays(message({"type": "text", "text": "Sent."}))
    result: Any = {"type": "tool_result", "tool_use_id": reply.content[1].id, "content": f"sent to {MAIL}"}
    messages = [
        *ASKED["messages"],
        {"role": "assistant", "content": reply.content},
        {"role": "user", "content": [result]},
    ]
    told = client.messages.create(**{**ASKED, "messages": messages}, tools=[TOOL])
    assert told.content[0].text == "Sent."
    sent = one.visits[-1].json["messages"]
    assert sent[1]["content"][1] == {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "send",
        "input": {"to": "[words.mail]", "n": 3},
    }
    assert sent[2]["content"][0]["content"] == "sent to [words.mail]"


def test_tokens_are_counted_of_what_would_be_sent(one: World, client: anthropic.Anthropic) -> None:
    one.script = plays(answer(b'{"input_tokens": 42, "note": "x"}'))
    counted = client.messages.count_tokens(model="gpt-oss", messages=ASKED["messages"])
    assert counted.input_tokens == 42
    assert one.visits[0].json == {"model": "gpt-oss", "messages": [{"role": "user", "content": "I am [words.mail]."}]}
    with pytest.raises(anthropic.BadRequestError, match="Unknown parameter: `stream`"):
        client.messages.count_tokens(model="gpt-oss", messages=ASKED["messages"], extra_body={"stream": True})


# -------------------------------------------------------------------------------- cuts and errors


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_cut_reply_is_a_refusal(one: World, client: anthropic.Anthropic, streamed: bool) -> None:
    if streamed:
        one.script = plays(*stream(text("Take a look. ", "Here: a bomb", " and more")))
        with client.messages.stream(**ASKED) as events:
            reply = events.get_final_message()
    else:
        one.script = plays(message({"type": "text", "text": "Take a look. Here: a bomb and more"}))
        reply = client.messages.create(**ASKED)
    assert reply.stop_reason == "refusal"
    said = "".join(block.text for block in reply.content)
    assert "bomb" not in said and "more" not in said
    assert "policy" in said.lower()
    assert reply.usage.output_tokens > 0


def test_a_cut_call_never_goes_out(one: World, client: anthropic.Anthropic) -> None:
    one.script = plays(*stream(text("Now."), call('{"to": "a bo', 'mb"}'), reason="tool_use"))
    with client.messages.stream(**ASKED, tools=[TOOL]) as events:
        reply = events.get_final_message()
    assert reply.stop_reason == "refusal"
    assert {block.type for block in reply.content} == {"text"}


def test_a_blocked_request(one: World, client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        client.messages.create(**{**ASKED, "messages": [{"role": "user", "content": "how to build a bomb"}]})
    body: Any = refused.value.body
    assert body["type"] == "error"
    assert (body["error"]["type"], body["error"]["code"]) == ("invalid_request_error", "content_filter")
    assert body["error"]["message"]
    assert refused.value.request_id is not None
    assert not one.visits


@pytest.mark.parametrize(
    ("change", "message_"),
    [
        ({"extra_body": {"logit_bias": {}}}, "Unknown parameter: `logit_bias`"),
        ({"extra_body": {"temperature": "hot"}}, "`temperature`: expected a number, got a string"),
        ({"messages": [{"role": "oracle", "content": "x"}]}, r"`messages\[0\].role`: expected one of user, assistant"),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, r"content\[0\].type`: expected one of text"),
        ({"extra_body": {"mcp_servers": [{"url": "http://x"}]}}, "`mcp_servers` is not accepted"),
    ],
)
def test_a_bad_parameter(one: World, client: anthropic.Anthropic, change: dict[str, Any], message_: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=message_) as refused:
        client.messages.create(**{**ASKED, **change})
    body: Any = refused.value.body
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")
    assert not one.visits


def test_keys(one: World) -> None:
    one.script = plays(message({"type": "text", "text": "Hi."}))
    with anthropic.Anthropic(auth_token=KEY, base_url=one.url, max_retries=0) as bearer:
        assert bearer.messages.create(**ASKED).content[0].text == "Hi."
    with (
        anthropic.Anthropic(api_key="sk-wrong", base_url=one.url, max_retries=0) as wrong,
        pytest.raises(anthropic.AuthenticationError) as refused,
    ):
        wrong.messages.create(**ASKED)
    body: Any = refused.value.body
    assert body["error"]["type"] == "authentication_error"
    assert "x-api-key" in body["error"]["message"]


def test_an_unknown_model(one: World, client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as refused:
        client.messages.create(**{**ASKED, "model": "../etc"})
    body: Any = refused.value.body
    assert body["error"]["type"] == "not_found_error"


def test_what_is_not_here_says_what_is(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as refused:
        client.messages.batches.list()
    assert "/v1/messages" in refused.value.body["error"]["message"]  # type: ignore[index]


def test_the_upstreams_error(one: World, client: anthropic.Anthropic) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": f"too much from {MAIL}"}}
    one.script = plays(answer(json.dumps(error).encode(), b"529 Overloaded"))
    with pytest.raises(anthropic.InternalServerError) as failed:
        client.messages.create(**ASKED)
    body: Any = failed.value.body
    assert (failed.value.status_code, body["error"]["message"]) == (529, "too much from [words.mail]")


def test_an_upstream_that_is_down(one: World, client: anthropic.Anthropic) -> None:
    one.script = plays(close=True)
    with pytest.raises(anthropic.InternalServerError) as failed:
        client.messages.create(**ASKED)
    body: Any = failed.value.body
    assert (failed.value.status_code, body["error"]["type"]) == (502, "api_error")
    assert "closed the connection" in body["error"]["message"]


@pytest.mark.parametrize("how", ["breaks off", "reports"])
def test_an_error_in_a_stream(one: World, client: anthropic.Anthropic, how: str) -> None:
    begun = stream(text("Hello, my dear friend, how are"))[:-4]
    said = {"type": "api_error", "message": f"no more for {MAIL}"}
    one.script = plays(*begun, event("error", error=said) if how == "reports" else b"", close=True)
    got = ""
    with pytest.raises(anthropic.APIStatusError) as failed, client.messages.stream(**ASKED) as events:
        for piece in events.text_stream:
            got += piece
    assert "Hello, my dear friend".startswith(got[:10])
    body: Any = failed.value.body
    assert body["error"]["type"] == "api_error"
    assert ("o more for [words.mail]" if how == "reports" else "broke off") in body["error"]["message"]


def test_pings_keep_a_stream_alive(one: World, client: anthropic.Anthropic) -> None:
    """While the upstream is silent the client gets events that say nothing, which its parser skips."""
    one.script = plays(*stream(text("Hello, ", "world.")), pause=0.15)
    with client.messages.with_streaming_response.create(**ASKED, stream=True) as raw:
        body = raw.read()
    assert body.count(b'event: ping\ndata: {"type":"ping"}\n\n') >= 2
    one.script = plays(*stream(text("Hello, ", "world.")), pause=0.15)
    with client.messages.stream(**ASKED) as events:
        assert events.get_final_text() == "Hello, world."
