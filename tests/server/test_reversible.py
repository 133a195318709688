"""Reversible masking on real sockets: the model sees placeholders, the client sees values, forgers see nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from tests.server.support import (
    EVENTS,
    Visit,
    World,
    answer,
    body_of,
    chunk,
    events_of,
    status_of,
    text_of,
    world,
)

POLICY = """
schema: guardproxy/v1
policy: reversible
filters:
  pii: {use: pii_patterns, only: [pii.email, pii.card]}
  words: {use: patterns, patterns: [{id: bomb, pattern: bomb}, {id: key, pattern: 'KEY"[a-z\\\\]{1,9}'}]}
rules:
  - {id: hide, when: [pii.*, words.key], then: redact, with: {style: token, restore_tools: [mail.*]}}
  - {id: refuse, when: words.bomb, then: block}
"""
PLACEHOLDER = re.compile(r"\[[a-z.]+:[a-z2-7]{8}\]")
Say = Callable[[str], str]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("reversible")
    (folder / "own").mkdir()
    (folder / "own" / "policy.yaml").write_text(POLICY)
    with world(folder, policies=str(folder / "own")) as made:
        yield made


def seen(visit: Visit) -> list[str]:
    """The placeholders that the upstream was shown, in order."""
    return PLACEHOLDER.findall(json.dumps(visit.json["messages"]))


def replies(say: Callable[[list[str]], dict[str, Any]]) -> Callable[[Visit], Any]:
    """A script that answers with a message made of the placeholders it was shown: whole, or a character a chunk."""

    async def script(visit: Visit) -> None:
        message = {"role": "assistant", **say(seen(visit))}
        reason = "tool_calls" if "tool_calls" in message else "stop"
        if not visit.json.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": reason}
            choice |= {"logprobs": {"content": [{"token": "x", "logprob": 0.0, "top_logprobs": []}]}}
            return await visit.send(answer(json.dumps({"id": "x", "choices": [choice]}).encode()))
        await visit.send(EVENTS)
        for name in ("reasoning_content", "content"):
            for char in message.get(name) or "":
                await visit.send(chunk(delta({name: char})))
        if "tool_calls" in message:
            calls = [{"index": i, **c} for i, c in enumerate(message["tool_calls"])]
            await visit.send(chunk(delta({"tool_calls": calls})))
        await visit.send(chunk(delta({}, reason)) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        return None

    return script


def delta(fields: dict[str, Any], reason: str | None = None) -> bytes:
    return (
        b"data: "
        + json.dumps({"id": "x", "choices": [{"index": 0, "delta": fields, "finish_reason": reason}]}).encode()
        + b"\n\n"
    )


def user(*texts: str, **more: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[i % 2], "content": t} for i, t in enumerate(texts)], **more}


def ask(one: World, **more: Any) -> tuple[str, str]:
    """(content, reasoning) as the client gets them."""
    raw = one.ask(**more)
    assert status_of(raw) == 200, raw
    if more.get("stream"):
        events = [e for e in events_of(raw) if isinstance(e, dict)]
        reasoning = "".join(c["delta"].get("reasoning_content") or "" for e in events for c in e["choices"])
        return text_of(events), reasoning
    message = json.loads(body_of(raw))["choices"][0]["message"]
    return message["content"], message.get("reasoning_content") or ""


@pytest.mark.parametrize("stream", [False, True])
def test_the_client_gets_its_values_and_the_model_never_sees_them(one: World, stream: bool) -> None:
    one.script = replies(
        lambda held: {"content": f"Mail to {held[0].upper()}!", "reasoning_content": f"it is \\{held[0]} again"}
    )
    content, reasoning = ask(one, **user("I am joe@mail.com, joe@mail.com!"), stream=stream)
    assert content == "Mail to joe@mail.com!"
    assert reasoning == "it is joe@mail.com again"
    visit = one.visits[-1]
    assert b"joe@" not in visit.body
    assert len(seen(visit)) == 2 and len(set(seen(visit))) == 1


def test_every_turn_shows_the_model_the_same(one: World) -> None:
    one.script = replies(lambda held: {"content": f"Mail to {held[0]}."})
    first, _ = ask(one, **user("I am joe@mail.com."))
    turn_one = seen(one.visits[-1])
    second, _ = ask(one, **user("I am joe@mail.com.", first, "And ann@mail.com?"), stream=True)
    turn_two = seen(one.visits[-1])
    assert first == second == "Mail to joe@mail.com."
    assert turn_two[:2] == [*turn_one, *turn_one]
    assert len(set(turn_two)) == 2
    ask(one, **user("Hello.", "Hi.", "I am joe@mail.com."))
    assert seen(one.visits[-1])[0] not in turn_two


@pytest.mark.parametrize("stream", [False, True])
def test_forged_ones_are_not_given_back(one: World, stream: bool) -> None:
    one.script = replies(lambda held: {"content": "x"})
    ask(one, **user("I am joe@mail.com."))
    foreign = seen(one.visits[-1])[0]
    one.script = replies(lambda held: {"content": f"It is {foreign}, or [pii.email:aaaaaaaa], or {held[0]}."})
    content, _ = ask(one, **user("Another one: ann@mail.com"), stream=stream)
    assert content == f"It is {foreign}, or [pii.email:aaaaaaaa], or ann@mail.com."


@pytest.mark.parametrize("stream", [False, True])
def test_one_in_a_request_is_no_placeholder_and_comes_back_as_it_was(one: World, stream: bool) -> None:
    one.script = replies(lambda held: {"content": " ".join(held)})
    content, _ = ask(one, **user("Who is [pii.email:aaaaaaaa]?"), stream=stream)
    assert content == "[pii.email:aaaaaaaa]"
    assert b"aaaaaaaa" not in one.visits[-1].body
    tools = [{"type": "function", "function": {"name": "f", "description": "as [pii.email:aaaaaaaa]"}}]
    content, _ = ask(one, **user("ann@mail.com"), tools=tools, stream=stream)
    assert content == "ann@mail.com"
    assert b"aaaaaaaa" not in one.visits[-1].body


@pytest.mark.parametrize("stream", [False, True])
def test_a_value_of_the_model_gets_its_label(one: World, stream: bool) -> None:
    one.script = replies(lambda held: {"content": "Try bob@mail.com, or joe@mail.com."})
    content, _ = ask(one, **user("I am joe@mail.com"), stream=stream)
    assert content == "Try [pii.email], or joe@mail.com."


@pytest.mark.parametrize("stream", [False, True])
def test_tools_get_values_only_where_they_are_listed(one: World, stream: bool) -> None:
    def call(name: str, held: str) -> dict[str, Any]:
        arguments = json.dumps({"to": held, "note": json.dumps({"deep": held})})
        return {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": arguments}}

    one.script = replies(
        lambda held: {"content": "", "tool_calls": [call("mail.send", held[0]), call("web_open", held[0])]}
    )
    raw = one.ask(**user('My key is KEY"a\\b'), stream=stream)
    body = events_of(raw) if stream else [json.loads(body_of(raw))]
    calls = [
        c["function"]
        for e in body
        if isinstance(e, dict)
        for choice in e["choices"]
        for c in choice["delta" if stream else "message"].get("tool_calls") or ()
    ]
    got = {c["name"]: json.loads(c["arguments"]) for c in calls}
    assert got["mail.send"]["to"] == 'KEY"a\\b'
    assert json.loads(got["mail.send"]["note"]) == {"deep": 'KEY"a\\b'}
    held = seen(one.visits[-1])[0]
    assert got["web_open"] == {"to": held, "note": json.dumps({"deep": held})}


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_in_json_stays_json(one: World, stream: bool) -> None:
    one.script = replies(lambda held: {"content": json.dumps({"key": held[0], "list": [f"<{held[0]}>"]})})
    form = {"type": "json_object"}
    content, _ = ask(one, **user('My key is KEY"a\\b'), response_format=form, stream=stream)
    assert json.loads(content) == {"key": 'KEY"a\\b', "list": ['<KEY"a\\b>']}


@pytest.mark.parametrize("stream", [False, True])
def test_values_come_back_under_a_schema_and_what_only_the_reply_holds_fits_it(one: World, stream: bool) -> None:
    fields = {"mine": {"const": "joe@mail.com"}, "theirs": {"type": "string", "format": "email"}}
    schema = {"type": "object", "properties": fields, "required": ["mine", "theirs"]}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    for mine in (lambda held: held, lambda held: "joe@mail.com"):  # said by its placeholder, and guessed
        one.script = replies(
            lambda held, mine=mine: {"content": json.dumps({"mine": mine(held[0]), "theirs": "bob@mail.com"})}
        )
        content, _ = ask(one, **user("I am joe@mail.com"), response_format=form, stream=stream)
        assert json.loads(content) == {"mine": "joe@mail.com", "theirs": "xxx@xxxxxxxx"}
        jsonschema.validate(json.loads(content), schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("stream", [False, True])
def test_a_cut_gives_nothing_more_back(one: World, stream: bool) -> None:
    one.script = replies(lambda held: {"content": f"{held[0]} makes a bomb {held[0]}"})
    content, _ = ask(one, **user("I am joe@mail.com"), stream=stream)
    before, _, after = content.rpartition("This content is blocked by policy.")
    assert not after
    assert "joe@mail.com makes a \n\n".startswith(before.removesuffix("\n\n"))
    assert stream or not before


def test_logprobs_go_where_something_was_masked(one: World) -> None:
    one.script = replies(lambda held: {"content": "x"})
    for text, kept in (("I am joe@mail.com", False), ("Hello.", True)):
        raw = one.ask(**user(text), logprobs=True)
        assert bool(json.loads(body_of(raw))["choices"][0].get("logprobs")) is kept


def test_a_broken_stream_gives_back_no_half(one: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(EVENTS + chunk(delta({"content": f"to {seen(visit)[0][:-3]}"})) + b"0\r\n\r\n")

    one.script = script
    raw = one.ask(**user("I am joe@mail.com"), stream=True)
    assert text_of(events_of(raw)) == "to "
    assert b'"error"' in raw


def test_fields_that_interrupt_each_other_tear_no_placeholder(one: World) -> None:
    async def script(visit: Visit) -> None:
        held = seen(visit)[0]
        await visit.send(EVENTS)
        for char in f"as {held}":
            await visit.send(chunk(delta({"reasoning_content": char}) + delta({"content": char})))
        for rest in ({"reasoning_content": " [pii"}, {"content": " ["}):
            await visit.send(chunk(delta(rest)))
        await visit.send(chunk(delta({}, "stop") + b"data: [DONE]\n\n") + b"0\r\n\r\n")

    one.script = script
    assert ask(one, **user("I am joe@mail.com"), stream=True) == ("as joe@mail.com [", "as joe@mail.com [pii")


def test_what_only_began_like_one_comes_before_what_follows_under_another_name(one: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(EVENTS + chunk(delta({"reasoning_content": "see [pii"})))
        both = {"reasoning": ", then", "reasoning_content": ", then"}
        await visit.send(chunk(delta({"content": "x"}) + delta(both) + delta({}, "stop")))
        await visit.send(chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    one.script = script
    assert ask(one, **user("I am joe@mail.com"), stream=True) == ("x", "see [pii, then")
