"""Exchanges of Messages and of Ollama's own API: cuts, seams, dropped thinking, placeholders, unknown things, refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from guardproxy.engine import Guard
from guardproxy.policy.model import Defaults
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.types import Outcome, Style
from guardproxy.wire.dialects import by_name
from tests.engine.play import RULES, guard, policy, rule
from tests.server.exchanges import BOMB, GUARD, KEY, MAIL, SORRY, exchange

CODECS = by_name()
DROPPING = guard(policy(defaults=replace(Defaults(), reasoning="drop")))
REVERSIBLE = guard(policy((rule("hide", "pii.*", Outcome.REDACT, style=Style.TOKEN), *RULES[1:])))


def on(name: str, one: Guard = GUARD) -> Exchange:
    return exchange(one, codec=CODECS[name])


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def block(index: int, kind: str, *pieces: str) -> bytes:
    start = event("content_block_start", index=index, content_block={"type": kind, kind: ""})
    deltas = [event("content_block_delta", index=index, delta={"type": f"{kind}_delta", kind: p}) for p in pieces]
    return start + b"".join(deltas) + event("content_block_stop", index=index)


def call(index: int, input: str) -> bytes:
    start = {"type": "tool_use", "id": f"t{index}", "name": "f", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": input}
    return (
        event("content_block_start", index=index, content_block=start)
        + event("content_block_delta", index=index, delta=delta)
        + event("content_block_stop", index=index)
    )


def ending(reason: str = "end_turn") -> bytes:
    return event("message_delta", delta={"stop_reason": reason}, usage={"output_tokens": 3}) + event("message_stop")


def line(**said: Any) -> bytes:
    return json.dumps({"message": {"role": "assistant", **said}, "done": False}).encode() + b"\n"


LAST = b'{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","eval_count":3}\n'


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def streamed(one: Exchange, *data: bytes, size: int = 1 << 20) -> bytes:
    async def run() -> bytes:
        return b"".join([out async for out in one.stream(pieces(b"".join(data), size))])

    return asyncio.run(run())


def messages(raw: bytes) -> tuple[list[tuple[str, str]], str]:
    """(kind and text of each block, reason of the end)."""
    bodies = [json.loads(frame.partition("\ndata: ")[2]) for frame in raw.decode().split("\n\n") if frame]
    blocks: list[list[str]] = []
    for body in bodies:
        if body["type"] == "content_block_start":
            blocks.append([body["content_block"]["type"], ""])
        elif body["type"] == "content_block_delta":
            (said,) = (v for k, v in body["delta"].items() if k != "type")
            blocks[-1][1] += said
    last = bodies[-2]["delta"]["stop_reason"] if bodies[-1]["type"] == "message_stop" else bodies[-1]["type"]
    return [(kind, text) for kind, text in blocks], last


def lines(raw: bytes) -> tuple[str, str, list[Any], str]:
    """(thinking, content, calls, reason of the end)."""
    bodies = [json.loads(one) for one in raw.splitlines()]
    said = [body["message"] for body in bodies]
    calls = [c["function"] for one in said for c in one.get("tool_calls", ())]
    texts = ["".join(one.get(name, "") for one in said) for name in ("thinking", "content")]
    return texts[0], texts[1], calls, bodies[-1].get("done_reason", "")


SIZES = pytest.mark.parametrize("size", [1, 1 << 20])


@SIZES
def test_a_cut_ends_the_message_and_nothing_follows(size: int) -> None:
    raw = streamed(
        on("messages"), block(0, "text", f"Hello {MAIL}. ", f"A {BOMB}."), call(1, "{}"), ending("tool_use"), size=size
    )
    ((kind, text),), reason = messages(raw)
    assert (kind, reason) == ("text", "refusal")
    assert text.endswith(SORRY) and BOMB not in text
    assert size > 1 or text.startswith("Hello [pii.email]. ")  # what came in the same read is judged with it


@SIZES
def test_calls_go_out_as_they_end_and_none_behind_a_cut(size: int) -> None:
    """What was decided before the cut is out; a call with the cause of it never is."""
    raw = streamed(
        on("messages"), call(0, '{"a": "x"}'), call(1, f'{{"a": "{BOMB}"}}'), call(2, "{}"), ending(), size=size
    )
    blocks, reason = messages(raw)
    assert blocks == [("tool_use", '{"a": "x"}'), ("text", SORRY)]
    assert reason == "refusal"


def test_a_value_over_two_blocks_cuts() -> None:
    raw = streamed(
        on("messages"), block(0, "text", f"It is {KEY[:8]}"), call(1, "{}"), block(2, "text", KEY[8:]), ending()
    )
    blocks, reason = messages(raw)
    assert [kind for kind, _ in blocks] == ["text", "tool_use", "text"]
    assert (blocks[2][1], reason) == (SORRY, "refusal")


@SIZES
def test_thinking_that_policy_drops_is_guarded_all_the_same(size: int) -> None:
    said = block(0, "thinking", f"Hm, {MAIL}.") + block(1, "text", "Hello.") + ending()
    assert messages(streamed(on("messages", DROPPING), said, size=size)) == ([("text", "Hello.")], "end_turn")
    bad = block(0, "thinking", f"A {BOMB}.") + block(1, "text", "Hello.") + ending()
    assert messages(streamed(on("messages", DROPPING), bad, size=size)) == ([("text", SORRY)], "refusal")
    raw = streamed(on("ollama_chat", DROPPING), line(thinking=f"Hm, {MAIL}."), line(content="Hello."), LAST, size=size)
    assert lines(raw) == ("", "Hello.", [], "stop")


@SIZES
@pytest.mark.parametrize("kind", ["thinking", "text"])
def test_what_only_begins_like_a_placeholder_stays_in_its_block(kind: str, size: int) -> None:
    one = on("messages", REVERSIBLE)
    asked: Any = asyncio.run(one.request({"model": "m", "messages": [{"role": "user", "content": f"I am {MAIL}."}]}))
    held = asked["messages"][0]["content"].removeprefix("I am ").removesuffix(".")
    assert held.startswith("[pii.email:") and MAIL not in held
    raw = streamed(one, block(0, kind, f"{held} ", held[:14]), block(1, "text", f"For {held}"), ending(), size=size)
    assert messages(raw)[0] == [(kind, f"{MAIL} {held[:14]}"), ("text", f"For {MAIL}")]


@SIZES
def test_calls_of_ollama(size: int) -> None:
    asks = [{"function": {"name": "f", "arguments": {"to": MAIL, "n": [1, 2]}}}]
    raw = streamed(on("ollama_chat"), line(content="Now.", tool_calls=asks), line(content="Then."), LAST, size=size)
    assert lines(raw) == (
        "",
        "Now.Then.",
        [{"index": 0, "name": "f", "arguments": {"to": "[pii.email]", "n": [1, 2]}}],
        "stop",
    )
    bad = [{"function": {"name": "f", "arguments": {"to": BOMB}}}]
    thinking, content, calls, reason = lines(streamed(on("ollama_chat"), line(tool_calls=bad), LAST, size=size))
    assert (thinking, content, calls, reason) == ("", SORRY, [], "content_filter")


def test_a_cut_of_a_whole_reply() -> None:
    body = {
        "content": [{"type": "text", "text": f"A {BOMB}."}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}]
    }
    made = json.loads(asyncio.run(on("messages").whole(body)))
    assert ([b["text"] for b in made["content"]], made["stop_reason"]) == ([SORRY], "refusal")
    assert made["usage"]["output_tokens"] > 0
    made = json.loads(asyncio.run(on("ollama_generate").whole({"response": f"A {BOMB}.", "done": True})))
    assert (made["response"], made["done_reason"]) == (SORRY, "content_filter")
    assert made["eval_count"] > 0


def test_unknown_blocks_are_for_policy_to_judge() -> None:
    unknown = event("content_block_start", index=0, content_block={"type": "telepathy", "thought": "x"})
    assert messages(streamed(on("messages"), unknown, ending())) == ([("text", SORRY)], "refusal")
    lenient = guard(policy(defaults=replace(Defaults(), failure="allow")))
    assert messages(streamed(on("messages", lenient), unknown, ending())) == ([], "end_turn")


def test_an_infinite_number_is_none() -> None:
    """Lenient reading takes it for one, and JSON has no form for it."""
    result = b'{"content": [{"type": "web_search_tool_result", "tool_use_id": "s", "content": {"\\ud83d": 1e999}}]}'
    made = json.loads(asyncio.run(on("messages").whole(json.loads(result))))
    assert made["content"][0]["content"] == {"\ufffd": None}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("messages", {"messages": [{"role": "user", "content": f"A {BOMB}."}]}),
        ("messages", {"messages": [{"role": "user", "content": "x"}], "stop_sequences": [f"a {BOMB}"]}),
        ("count_tokens", {"messages": [{"role": "user", "content": [{"type": "text", "text": BOMB}]}]}),
        ("ollama_chat", {"messages": [{"role": "user", "content": f"A {BOMB}."}]}),
        ("ollama_generate", {"prompt": "x", "options": {"stop": [BOMB]}}),
    ],
)
def test_requests_are_blocked(name: str, body: dict[str, Any]) -> None:
    with pytest.raises(Blocked):
        asyncio.run(on(name).request({"model": "m", **body}))


@pytest.mark.parametrize("name", ["messages", "ollama_chat"])
def test_names_that_would_be_edited_block(name: str) -> None:
    tools = {"messages": {"name": MAIL, "input_schema": {}}, "ollama_chat": {"function": {"name": MAIL}}}
    with pytest.raises(Blocked):
        asyncio.run(
            on(name).request({"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [tools[name]]})
        )


def test_results_beside_each_other_are_no_value_together() -> None:
    """Two results of tools are two texts to the model: halves of a value that meet there are none."""
    results = [
        {"type": "tool_result", "tool_use_id": "a", "content": t} for t in (f"It is {KEY[:8]}", f"{KEY[8:]} it is")
    ]
    body = {"model": "m", "messages": [{"role": "user", "content": results}]}
    assert asyncio.run(on("messages").request(body)) == body
    split = [{"type": "text", "text": t} for t in (f"It is {KEY[:8]}", f"{KEY[8:]} it is")]
    with pytest.raises(Blocked):
        asyncio.run(on("messages").request({"model": "m", "messages": [{"role": "user", "content": split}]}))


@SIZES
@pytest.mark.parametrize("offered", [True, False], ids=["offered", "not offered"])
def test_harmony_in_what_ollama_says_is_told_apart(offered: bool, size: int) -> None:
    """Thoughts and calls that the server left in the content go where they belong; nobody calls what was not offered."""
    one = on("ollama_chat")
    tools = [{"type": "function", "function": {"name": "send"}}] if offered else []
    asked = {"model": "m", "messages": [{"role": "user", "content": "Hi."}], "tools": tools}
    asyncio.run(one.request(asked))
    said = (
        f"<|channel|>analysis<|message|>Hm, {MAIL}.<|end|><|start|>assistant<|channel|>final<|message|>Hello {MAIL}.<|end|>"
        f'<|start|>assistant<|channel|>commentary to=functions.send <|constrain|>json<|message|>{{"to": "{MAIL}"}}<|call|>'
    )
    parts = [line(content=said[at : at + 7]) for at in range(0, len(said), 7)]
    thinking, content, calls, _ = lines(streamed(one, *parts, LAST, size=size))
    assert thinking == "Hm, [pii.email]."
    assert content == "Hello [pii.email]." + ("" if offered else '{"to": "[pii.email]"}')
    assert [c["arguments"] for c in calls] == ([{"to": "[pii.email]"}] if offered else [])


@pytest.mark.parametrize("size", [3, 1 << 20])
def test_harmony_left_in_a_block_is_told_apart(size: int) -> None:
    text = (
        f"<|channel|>analysis<|message|>Her mail is {MAIL}.<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>Hello {MAIL}!<|return|>"
    )
    parts = [text[i : i + 9] for i in range(0, len(text), 9)]
    raw = streamed(on("messages"), block(0, "text", *parts), ending(), size=size)
    assert messages(raw) == ([("thinking", "Her mail is [pii.email]."), ("text", "Hello [pii.email]!")], "end_turn")
    body = {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}
    content = json.loads(asyncio.run(on("messages").whole(body)))["content"]
    assert [b.get("thinking") or b["text"] for b in content] == ["Her mail is [pii.email].", "Hello [pii.email]!"]
