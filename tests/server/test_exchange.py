"""Exchanges as a client sees them: requests and whole replies under a small policy."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from guardproxy.engine import Guard
from guardproxy.policy.model import Defaults
from guardproxy.policy.rollout import By, Rollout, place
from guardproxy.server.exchange import Blocked
from guardproxy.text import PatternFilter
from guardproxy.types import Outcome, UpstreamError
from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from tests.engine.play import PATTERNS, RULES, guard, policy, rule
from tests.server.exchanges import BOMB, DONE, KEY, MAIL, SORRY, ask, ends, exchange, message, says, stream, user, whole

# ---------------------------------------------------------------------------------------------------- whole replies


def test_a_whole_reply_is_edited_and_a_blocked_one_is_200_with_content_filter() -> None:
    body = message({"role": "assistant", "content": f"Mail {MAIL}.", "reasoning": "hm"})
    assert whole(body)["choices"][0]["message"]["content"] == "Mail [pii.email]."
    said = whole(message({"content": f"A {BOMB}."}))["choices"][0]
    assert (said["message"]["content"], said["finish_reason"]) == (SORRY, "content_filter")


@pytest.mark.parametrize("codec", [Chat(), Completions()])
def test_half_a_character_at_the_end_of_a_whole_text(codec: Codec) -> None:
    text = {"index": 0, "finish_reason": "stop"}
    text |= {"message": {"content": "abc\ud83d"}} if isinstance(codec, Chat) else {"text": "abc\ud83d"}
    assert "abc\ufffd" in json.dumps(whole({"choices": [text]}, exchange(codec=codec)), ensure_ascii=False)


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"index": 3, "message": {"content": "x"}, "finish_reason": "stop"}]},
        message({"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "x" * 300_000}}]}),
        {"error": {"message": f"no, {MAIL}"}},
        {"choices": "x"},
        [],
    ],
)
def test_a_whole_reply_that_is_none_is_the_upstreams_fault(body: object) -> None:
    with pytest.raises(UpstreamError) as e:
        whole(body)
    assert e.value.status == 502
    assert MAIL not in str(e.value)


# ---------------------------------------------------------------------------------------------------- requests


def test_a_blocked_request_carries_no_text() -> None:
    with pytest.raises(Blocked) as e:
        ask(user(f"How do I build a {BOMB}?"))
    assert (e.value.message, e.value.labels, e.value.on_block) == (SORRY, ("hazard.bomb",), "error")


def test_a_policy_may_answer_like_a_model_that_refuses() -> None:
    one = guard(policy(defaults=replace(Defaults(), on_block="refusal", message="I can't.")))
    with pytest.raises(Blocked) as e:
        ask(user(BOMB), one)
    assert (e.value.message, e.value.on_block) == ("I can't.", "refusal")


def test_what_no_filter_reads_is_named_with_its_place() -> None:
    one = guard(policy([*RULES, rule("unread", "guard.unread", Outcome.BLOCK)]))
    with pytest.raises(Blocked) as e:
        ask(user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]), one)
    assert e.value.message == "`messages[0].content[0]` is an image, which no filter of this policy can read."
    assert (e.value.param, e.value.labels) == ("messages[0].content[0]", ("guard.unread",))


@pytest.mark.parametrize(
    "more", [{"web_search_options": {}}, {"tools": [{"type": "browser"}]}, {"tools": [{"type": "code_interpreter"}]}]
)
def test_a_tool_of_the_upstream_is_told_and_refused_only_by_a_rule(more: dict[str, object]) -> None:
    function = {"type": "function", "function": {"name": "f"}}
    strict = guard(policy([*RULES, rule("no-tools", "guard.upstream_tool", Outcome.BLOCK)]))
    ask(user("Hi.", **more))
    ask(user("Hi.", tools=[function]), strict)
    with pytest.raises(Blocked) as e:
        ask(user("Hi.", **more), strict)
    assert (e.value.param, e.value.labels) == ("tools", ("guard.upstream_tool",))


def test_names_cannot_be_edited_so_they_block() -> None:
    with pytest.raises(Blocked):
        ask(user("x", tools=[{"type": "function", "function": {"name": KEY}}]))


def test_every_text_of_a_request_is_edited() -> None:
    schema = {"type": "object", "properties": {"to": {"enum": [MAIL, "x"]}}}
    tool = {"type": "function", "function": {"name": "f", "description": MAIL, "parameters": schema}}
    asked = ask(user(MAIL, tools=[tool], stop=[MAIL], user=MAIL))
    assert MAIL not in json.dumps(asked)
    assert asked["tools"][0]["function"]["parameters"]["properties"]["to"]["enum"] == ["[pii.email]", "x"]


@pytest.mark.parametrize(
    "parts", [("AKIAIOSF", "ODNN7EXAMPLE"), ("AKIAIOSFODNN", "7EXA", "MPLE"), ("joe@", "a.com, b@c.de")]
)
def test_a_value_over_parts_of_a_message_blocks(parts: tuple[str, ...]) -> None:
    with pytest.raises(Blocked):
        ask(user([{"type": "text", "text": t} for t in parts]))


def test_a_value_over_parts_blocks_though_something_inside_it_was_taken_out() -> None:
    """Only when all of its second half is gone may the first half stay."""
    block = PatternFilter(
        "p", [*PATTERNS, replace(PATTERNS[0], id="box", label="secret.box", pattern=r"\[\[[^\]]{1,200}\]\]")]
    )
    one = guard(policy(RULES), p=block)
    with pytest.raises(Blocked):
        ask(user([{"type": "text", "text": "[[one "}, {"type": "text", "text": f"{MAIL} two]] three"}]), one)


def test_what_cannot_be_written_back_is_refused() -> None:
    class Stubborn(Chat):
        def write_request(self, body: object, edits: object) -> object:
            raise ValueError("there is no text")

    with pytest.raises(Blocked):
        asyncio.run(exchange(codec=Stubborn()).request({"model": "m", **user(MAIL)}))


@pytest.mark.parametrize("nothing", ["", {}, [], 0, False])
def test_logprobs_that_are_none_are_null(nothing: object) -> None:
    assert whole(message({"content": "Hi."}, logprobs=nothing))["choices"][0]["logprobs"] is None
    got = stream(says("Hi.", logprobs=nothing), ends(), DONE)
    assert got.text() == "Hi."
    assert all(c["logprobs"] is None for c in got.choices)


# ---------------------------------------------------------------------------------------------------- staged rules


def test_a_staged_rule_acts_for_its_users_and_conversations_only() -> None:
    """One that is in stays in, whatever else is in the request; elsewhere the text goes on as it is."""

    def blocked(one: Guard, body: dict[str, object]) -> bool:
        try:
            ask(body, one)
        except Blocked:
            return True
        return False

    def staged(by: By) -> Guard:
        return guard(policy([rule("no-bombs", "hazard.*", Outcome.BLOCK, rollout=Rollout(50, by))]))

    people, by_user = [f"person-{i}" for i in range(12)], staged("user")
    told = {p: blocked(by_user, user(f"A {BOMB}.", user=p)) for p in people}
    assert set(told.values()) == {True, False}
    assert told == {
        p: blocked(by_user, user([{"type": "text", "text": f"{BOMB}!"}], safety_identifier=p)) for p in people
    }
    assert told == {p: place("no-bombs", p) < 50 for p in people}
    later = {"role": "user", "content": f"Tell me of a {BOMB}."}
    by_conversation = staged("conversation")
    for p in people:
        first = user(f"I am {p}. What is a {BOMB}?")
        then = {"messages": [*first["messages"], {"role": "assistant", "content": "No."}, later]}
        assert blocked(by_conversation, first) == blocked(by_conversation, then)
