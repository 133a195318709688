"""Reversible masking over several turns that guardproxy keeps: the model sees one placeholder, the client its value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.server.responses import ask, client, kept, says
from tests.server.support import World, world
from tests.server.test_reversible import PLACEHOLDER, POLICY
from tests.server.test_stored import texts, upstream_input

MAIL = "alice.jones@corp-mail.net"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("kept_reversible")
    (folder / "own").mkdir()
    (folder / "own" / "policy.yaml").write_text(POLICY)
    with world(folder, policies=str(folder / "own"), store={"path": ":memory:"}) as made:
        yield made


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def turns(one: World, request: pytest.FixtureRequest) -> list[Any]:
    """Two turns, the second of which refers to the first; the model repeats the placeholder that it sees."""
    stream, made = request.param, []
    for question in (f"I am {MAIL}", "who am I?"):
        one.script = says("fine")
        more = {"previous_response_id": made[-1].id} if made else {}
        ask(one, question, store=False, **more)
        (placeholder,) = set(PLACEHOLDER.findall(json.dumps(upstream_input(one))))
        one.script = says("You are ", placeholder[:5], placeholder[5:], "!")
        reply = ask(one, question, stream=stream, **more)
        made.append(reply[-1].response if stream else reply)
        assert placeholder in json.dumps(upstream_input(one))
    return made


def test_every_turn_shows_the_model_the_same_placeholder(one: World, turns: list[Any]) -> None:
    assert [turn.output_text for turn in turns] == [f"You are {MAIL}!"] * 2
    said = texts(upstream_input(one))
    (placeholder,) = set(PLACEHOLDER.findall("".join(said)))
    assert said == [f"I am {placeholder}", f"You are {placeholder}!", "who am I?"]
    assert not [visit for visit in one.visits if MAIL.encode() in visit.body]


def test_who_said_a_value_reads_it_again(one: World, turns: list[Any]) -> None:
    with client(one) as c:
        for turn in turns:
            assert c.responses.retrieve(turn.id).output_text == f"You are {MAIL}!"
        items = list(c.responses.input_items.list(turns[-1].id, order="asc", limit=2))
        assert texts(item.to_dict() for item in items) == [f"I am {MAIL}", f"You are {MAIL}!", "who am I?"]
        assert texts(item.to_dict() for item in c.responses.input_items.list(turns[-1].id, limit=1).data) == [
            "who am I?"
        ]


def test_conversations_give_it_back_too(one: World) -> None:
    with client(one) as c:
        made = c.conversations.create(items=[{"role": "user", "content": f"I am {MAIL}"}])
        one.script = says("fine")
        ask(one, "who am I?", conversation=made.id)
        said = texts(upstream_input(one))
        one.script = says("You are ", *PLACEHOLDER.findall(said[0]))
        ask(one, "again?", conversation=made.id)
        items = list(c.conversations.items.list(made.id, order="asc", limit=3))
        assert texts(item.to_dict() for item in items)[-1] == f"You are {MAIL}"
        assert texts([c.conversations.items.retrieve(items[-1].id, conversation_id=made.id).to_dict()])[0].endswith(
            MAIL
        )
    assert not [row for row in kept(one) if MAIL.encode() in row and PLACEHOLDER.search(row.decode())]


def test_a_value_of_another_conversation_stays_hidden(one: World) -> None:
    one.script = says("fine")
    ask(one, f"I am {MAIL}")
    (placeholder,) = PLACEHOLDER.findall(json.dumps(upstream_input(one)))
    one.script = says(f"You are {placeholder}")
    other = ask(one, "hello")
    assert other.output_text == f"You are {placeholder}"
    with client(one) as c:
        assert c.responses.retrieve(other.id).output_text == f"You are {placeholder}"
        with pytest.raises(openai.NotFoundError):
            c.responses.retrieve("resp_" + "0" * 32)
