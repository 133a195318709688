"""What is kept for clients of the Responses API: whose it is, what of it is read again, and what is never kept."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from guardproxy.store import Owner, Row
from tests.patience import PATIENCE, eventually
from tests.server.responses import ask, body, client, event, hangs, kept, run, says
from tests.server.support import EVENTS, POLICY, World, answer, plays, world

MAIL = "joe@mail.com"


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("stored"), store={"path": ":memory:", "background": 2}) as made:
        yield made


@pytest.fixture
def one(_kept: World) -> World:
    _kept.visits.clear()
    _kept.script = says("fine")
    return _kept


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("bare")) as made:
        made.script = says("fine")
        yield made


def upstream_input(one: World, number: int = -1) -> Any:
    """What the upstream was shown."""
    visit = one.visits[number].json
    assert visit["store"] is False
    assert not {"previous_response_id", "conversation", "background"} & set(visit)
    return visit["input"]


def texts(items: Any) -> list[str]:
    """The texts of items, in order."""
    found = []
    for item in items:
        content = item["content"]
        found += [content] if isinstance(content, str) else [part["text"] for part in content]
    return found


def refused(error: type[openai.APIStatusError], work: Any) -> Any:
    with pytest.raises(error) as caught:
        work()
    assert set(caught.value.body) >= {"message", "type", "param", "code"}
    return caught.value


# ---------------------------------------------------------------------------------------------------- no store


@pytest.mark.parametrize(
    "more",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"background": True},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_without_a_store_what_refers_to_one_is_refused(bare: World, more: dict[str, Any]) -> None:
    error = refused(openai.BadRequestError, lambda: ask(bare, **more))
    assert "store.path" in error.message


@pytest.mark.parametrize("store", [True, False, openai.omit])
def test_without_a_store_the_reply_says_that_nothing_is_kept(bare: World, store: Any) -> None:
    assert ask(bare, store=store).model_extra["store"] is False
    assert bare.visits[-1].json["store"] is False


def test_without_a_store_its_routes_say_so(bare: World) -> None:
    with client(bare) as c:
        for work in (
            lambda: c.responses.retrieve("resp_1"),
            lambda: c.responses.delete("resp_1"),
            lambda: c.responses.cancel("resp_1"),
            lambda: list(c.responses.input_items.list("resp_1")),
            lambda: c.conversations.create(),
            lambda: c.conversations.retrieve("conv_1"),
            lambda: list(c.conversations.items.list("conv_1")),
        ):
            error = refused(openai.NotFoundError, work)
            assert error.code == "no_store"
            assert "store.path" in error.message


# ---------------------------------------------------------------------------------------------------- histories


@pytest.mark.parametrize("stream", [False, True])
def test_a_turn_sees_those_before_it_however_it_refers_to_them(one: World, stream: bool) -> None:
    one.script = says("first answer")
    first = ask(one, "first question", stream=stream)
    first = first[-1].response if stream else first
    assert first.model_extra["store"] is True
    second = ask(one, "second question", previous_response_id=first.id, stream=stream)
    second = second[-1].response if stream else second
    assert second.previous_response_id == first.id
    ask(one, "third question", previous_response_id=second.id)
    said = ["first question", "first answer", "second question", "first answer", "third question"]
    assert texts(upstream_input(one)) == said
    with client(one) as c:
        item = c.responses.retrieve(first.id).output[0]
    ask(one, [{"type": "item_reference", "id": item.id}, {"role": "user", "content": "again"}])
    assert texts(upstream_input(one)) == ["first answer", "again"]
    ask(one, [{"id": item.id}, {"role": "user", "content": "again"}])  # the type may be left out
    assert texts(upstream_input(one)) == ["first answer", "again"]


def test_calls_and_thoughts_go_back_to_the_model(one: World) -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    call = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look", "arguments": '{"a":1}'}
    one.script = plays(answer(json.dumps(body("x", output=[thought, call])).encode()))
    first = ask(one, "look")
    one.script = says("done")
    result = {"type": "function_call_output", "call_id": "call_1", "output": "seen"}
    second = ask(one, [result], previous_response_id=first.id)
    user, reasoning, called, returned = upstream_input(one)
    assert user == {"type": "message", "role": "user", "content": "look"}
    assert (reasoning["type"], reasoning["content"]) == ("reasoning", thought["content"])
    assert (called["call_id"], called["name"], called["arguments"]) == ("call_1", "look", '{"a":1}')
    assert returned == result
    with client(one) as c:
        kinds = [item.type for item in c.responses.input_items.list(second.id, order="asc")]
        assert kinds == ["message", "reasoning", "function_call", "function_call_output"]


def test_every_turn_is_guarded_again_and_kept_as_the_client_saw_it(one: World) -> None:
    one.script = says(f"write to {MAIL} now")
    first = ask(one, f"I am {MAIL}")
    ask(one, f"still {MAIL}", previous_response_id=first.id)
    assert not [visit for visit in one.visits if MAIL.encode() in visit.body]
    assert MAIL not in first.output_text
    rows = [json.loads(row) for row in kept(one) if first.id.encode() in row]
    (mine,) = [row for row in rows if row.get("response", {}).get("id") == first.id]
    assert mine["input"][0]["content"] == f"I am {MAIL}"
    assert MAIL not in json.dumps(mine["response"])


def test_store_false_reads_and_keeps_nothing(one: World) -> None:
    first = ask(one, "first")
    before = len(kept(one))
    second = ask(one, "second", previous_response_id=first.id, store=False)
    assert texts(upstream_input(one)) == ["first", "fine", "second"]
    assert second.model_extra["store"] is False
    assert len(kept(one)) == before
    with client(one) as c:
        refused(openai.NotFoundError, lambda: c.responses.retrieve(second.id))


def test_a_chain_whose_beginning_was_deleted_is_told(one: World) -> None:
    first = ask(one, "first")
    second = ask(one, "second", previous_response_id=first.id)
    with client(one) as c:
        c.responses.delete(first.id)
        assert c.responses.retrieve(second.id).output_text == "fine"
    error = refused(openai.NotFoundError, lambda: ask(one, "third", previous_response_id=second.id))
    assert error.code == "previous_response_not_found"


WRONG = [
    ({"previous_response_id": "resp_1", "conversation": "conv_1"}, 400, "mutually_exclusive_parameters"),
    ({"previous_response_id": 7}, 400, "invalid_type"),
    ({"previous_response_id": "a b"}, 400, "invalid_value"),
    ({"previous_response_id": "resp_none"}, 404, "previous_response_not_found"),
    ({"conversation": {"name": "x"}}, 400, "invalid_type"),
    ({"conversation": "conv_none"}, 404, "conversation_not_found"),
    ({"background": "yes"}, 400, "invalid_type"),
    ({"background": True, "store": False}, 400, "invalid_value"),
    ({"conversation": "conv_1", "store": False}, 400, "invalid_value"),
    ({"input": [{"type": "item_reference", "id": "msg_none"}]}, 404, "item_not_found"),
    ({"input": 7}, 400, "invalid_type"),
    ({"input": [7]}, 400, "invalid_type"),
    ({"input": None}, 400, "missing_parameter"),
]


@pytest.mark.parametrize(("more", "status", "code"), WRONG, ids=[f"{code}-{more}" for more, _, code in WRONG])
def test_what_is_wrong_is_told(one: World, more: dict[str, Any], status: int, code: str) -> None:
    rows = len(kept(one))
    error = refused(openai.APIStatusError, lambda: ask(one, extra_body=more))
    assert (error.status_code, error.code) == (status, code)
    assert not one.visits
    assert len(kept(one)) == rows


# ---------------------------------------------------------------------------------------------------- what is kept


@pytest.mark.parametrize("stream", [False, True])
def test_a_cut_reply_is_kept_as_its_client_saw_it(one: World, stream: bool) -> None:
    one.script = says("good start ", "a bo", "mb and canary7x")
    reply = ask(one, "hello", stream=stream)
    response = reply[-1].response if stream else reply
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "content_filter")
    with client(one) as c:
        assert c.responses.retrieve(response.id) == response
    assert not [row for row in kept(one) if b"bomb" in row or b"canary7x" in row]


def test_a_stream_that_breaks_off_is_kept_as_failed(one: World) -> None:
    one.script = says("some text and ", "held a@b", breaks=True)
    events = ask(one, "x", stream=True)
    assert [e.type for e in events[-2:]] == ["error", "response.failed"]
    response = events[-1].response
    assert (response.status, response.error.code) == ("failed", "server_error")
    with client(one) as c:
        again = c.responses.retrieve(response.id)
    assert again.output_text == "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert again.output_text.startswith("some text and")
    assert (again.status, again.error) == ("failed", response.error)
    assert not [row for row in kept(one) if b"a@b" in row]


def test_a_stream_whose_client_leaves_is_kept_as_far_as_it_was_released(one: World) -> None:
    one.script = hangs("some text ", "and more of it ", "held a@b")
    with client(one) as c:
        events = c.responses.create(model="gpt-oss", input="x", stream=True)
        for event_ in events:
            if event_.type == "response.created":
                id = event_.response.id
            if event_.type == "response.output_text.delta":
                break
        events.response.close()
        assert one.visits[-1].gone.wait(PATIENCE)
        response = eventually(lambda: found(c, id))
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "client_disconnected")
    assert "some text " in response.output_text
    assert not [row for row in kept(one) if b"a@b" in row]


def found(c: openai.OpenAI, id: str) -> Any:
    try:
        return c.responses.retrieve(id)
    except openai.NotFoundError:
        return None


def test_what_is_refused_is_not_kept(one: World) -> None:
    rows = len(kept(one))
    with client(one) as c:
        refused(openai.BadRequestError, lambda: ask(one, "a bomb"))
        refused(openai.BadRequestError, lambda: ask(one, "a bomb", background=True))
        refused(openai.BadRequestError, lambda: c.conversations.create(items=[{"role": "user", "content": "a bomb"}]))
        conversation = c.conversations.create()
        added = [{"role": "user", "content": "a bomb"}]
        refused(openai.BadRequestError, lambda: c.conversations.items.create(conversation.id, items=added))
        refused(openai.BadRequestError, lambda: ask(one, "a bomb", conversation=conversation.id))
        assert not list(c.conversations.items.list(conversation.id))
    assert len(kept(one)) == rows + 1
    one.script = plays(answer(b'{"error": {"message": "no"}}', b"400 Bad"))
    refused(openai.BadRequestError, lambda: ask(one, "hello"))
    assert len(kept(one)) == rows + 1


# ---------------------------------------------------------------------------------------------------- reading again


def test_a_response_is_read_deleted_and_gone(one: World) -> None:
    response = ask(one, "hello", metadata={"a": "b"}, instructions="Be brief.")
    with client(one) as c:
        assert c.responses.retrieve(response.id) == response
        items = list(c.responses.input_items.list(response.id))
        assert [(i.role, i.content[0].text, i.status) for i in items] == [("user", "hello", "completed")]
        error = refused(openai.BadRequestError, lambda: c.responses.cancel(response.id))
        assert error.code == "not_cancellable"
        c.responses.delete(response.id)
        for work in (
            lambda: c.responses.retrieve(response.id),
            lambda: c.responses.delete(response.id),
            lambda: c.responses.cancel(response.id),
            lambda: list(c.responses.input_items.list(response.id)),
        ):
            error = refused(openai.NotFoundError, work)
            assert (error.param, error.code) == ("id", "not_found")
    assert not [row for row in kept(one) if response.id.encode() in row]


def test_what_belongs_to_others_is_not_there(one: World) -> None:
    said = {"response": body("theirs", id="resp_theirs"), "input": []}
    theirs = Owner("acme", "key")
    rows = [
        Row("resp_theirs", "response", theirs, "resp_theirs", "p", "allow", 1, json.dumps(said).encode()),
        Row("conv_theirs", "conversation", theirs, "conv_theirs", "p", "allow", 1, b"{}"),
    ]
    run(one, one.running.app.state.store.put(rows))
    with client(one) as c:
        mine = refused(openai.NotFoundError, lambda: c.responses.retrieve("resp_theirs"))
        none = refused(openai.NotFoundError, lambda: c.responses.retrieve("resp_nobody"))
        assert str(mine).replace("theirs", "nobody") == str(none)
        refused(openai.NotFoundError, lambda: c.responses.delete("resp_theirs"))
        refused(openai.NotFoundError, lambda: c.conversations.retrieve("conv_theirs"))
    refused(openai.NotFoundError, lambda: ask(one, previous_response_id="resp_theirs"))
    refused(openai.NotFoundError, lambda: ask(one, conversation="conv_theirs"))
    assert run(one, one.running.app.state.store.get(theirs, "response", "resp_theirs")) is not None
    for id in ("resp_theirs", "conv_theirs"):
        run(one, one.running.app.state.store.delete(theirs, "response" if id[0] == "r" else "conversation", id))


def test_a_changed_row_is_not_there_and_that_is_recorded(one: World) -> None:
    response = ask(one, "hello")
    store = one.running.app.state.store
    database = store._database
    statement = "UPDATE rows SET outcome = 'block' WHERE id = ?"
    run(one, store._in_thread(lambda: database._sql.execute(statement, (response.id,)).fetchall()))
    with client(one) as c:
        refused(openai.NotFoundError, lambda: c.responses.retrieve(response.id))
    refused(openai.NotFoundError, lambda: ask(one, previous_response_id=response.id))
    assert 'guardproxy_store_failures_total{kind="unreadable"} 2.0' in one.metrics()
    run(one, store.delete(Owner(), "response", response.id))

    def failed() -> Any:
        return [r for r in one.records(1) if r["failures"]]

    records = eventually(lambda: len(failed()) > 1 and failed())  # they are written behind the answers
    assert [(r["route"], r["status"]) for r in records] == [("/v1/responses/{id}", 404), ("/v1/responses", 404)]
    assert records[0]["failures"] == [{"filter": "store", "kind": "error", "allowed": False}]


STRICTER = POLICY.replace("'bomb'", "'bomb|sunny|cloudy'").replace("[a-z]{1,16}@", "(?:[a-z]{1,16}@)?")


def test_the_policy_of_today_reads_what_was_kept_before(tmp_path: Path) -> None:
    environ = {"GUARDPROXY_STORE_KEY": "a-key-of-the-tests"}
    settings: dict[str, Any] = {"store": {"path": str(tmp_path / "kept")}}
    with world(tmp_path, environ, **settings) as one:
        one.script = says("it is sunny")
        sunny = ask(one, "weather?")
        one.script = says("write to mail.com")
        mail, asked = ask(one, "whom?"), ask(one, "it is cloudy", instructions="ask mail.com")
        made = ask(one, "whom?", background=True, stream=True)[0].response.id
    assert b"sunny" not in (tmp_path / "kept").read_bytes()
    (tmp_path / "stricter.yaml").write_text(STRICTER)
    with world(tmp_path, environ, **settings, policies=str(tmp_path / "stricter.yaml")) as one, client(one) as c:
        again = c.responses.retrieve(sunny.id)
        assert (again.status, again.incomplete_details.reason) == ("incomplete", "content_filter")
        assert "sunny" not in again.to_json()
        assert c.responses.retrieve(mail.id).output_text == "write to [words.mail]"
        refused(openai.BadRequestError, lambda: c.responses.retrieve(asked.id))
        refused(openai.BadRequestError, lambda: list(c.responses.input_items.list(asked.id)))
        refused(openai.BadRequestError, lambda: ask(one, previous_response_id=asked.id))
        error = refused(openai.ConflictError, lambda: c.responses.retrieve(made, stream=True, starting_after=3))
        assert error.code == "policy_changed"
        one.script = says("fine")
        ask(one, "and now?", previous_response_id=mail.id)
        assert texts(upstream_input(one)) == ["whom?", "write to [words.mail]", "and now?"]


# ---------------------------------------------------------------------------------------------------- conversations


def test_a_conversation_gathers_what_is_said_in_it(one: World) -> None:
    with client(one) as c:
        made = c.conversations.create(metadata={"topic": "x"}, items=[{"role": "developer", "content": "Be brief."}])
        assert c.conversations.retrieve(made.id) == made
        assert c.conversations.update(made.id, metadata={"topic": "y"}).metadata == {"topic": "y"}
        response = ask(one, f"I am {MAIL}", conversation=made.id)
        assert response.conversation.id == made.id
        assert texts(upstream_input(one)) == ["Be brief.", "I am [words.mail]"]
        ask(one, "and now?", conversation={"id": made.id}, stream=True)
        assert texts(upstream_input(one)) == ["Be brief.", "I am [words.mail]", "fine", "and now?"]
        items = list(c.conversations.items.list(made.id, order="asc", limit=2))
        assert [i.content[0].text for i in items] == ["Be brief.", "I am [words.mail]", "fine", "and now?", "fine"]
        assert list(c.conversations.items.list(made.id)) == items[::-1]
        assert list(c.conversations.items.list(made.id, order="asc", after=items[2].id)) == items[3:]
        assert c.conversations.items.retrieve(items[2].id, conversation_id=made.id) == items[2]
        c.conversations.items.delete(items[2].id, conversation_id=made.id)
        added = c.conversations.items.create(made.id, items=[{"role": "user", "content": f"at {MAIL}"}])
        assert [i.content[0].text for i in added.data] == ["at [words.mail]"]
        ask(one, "bye", conversation=made.id)
        said = ["Be brief.", "I am [words.mail]", "and now?", "fine", "at [words.mail]", "bye"]
        assert texts(upstream_input(one)) == said
        ask(one, "and?", previous_response_id=response.id)  # a branch: what was in the conversation then, as it is now
        assert texts(upstream_input(one)) == ["Be brief.", "I am [words.mail]", "fine", "and?"]
        c.conversations.delete(made.id)
        refused(openai.NotFoundError, lambda: c.conversations.retrieve(made.id))
        refused(openai.NotFoundError, lambda: ask(one, "x", conversation=made.id))
        assert c.responses.retrieve(response.id).output_text == "fine"


def test_two_do_not_speak_in_one_conversation_at_once(one: World) -> None:
    with client(one) as c:
        made = c.conversations.create()
        one.script = hangs("slowly ")
        running = c.responses.create(model="gpt-oss", input="x", conversation=made.id, background=True)
        error = refused(openai.ConflictError, lambda: ask(one, "me too", conversation=made.id))
        assert error.code == "conversation_locked"
        added = [{"role": "user", "content": "and me"}]
        refused(openai.ConflictError, lambda: c.conversations.items.create(made.id, items=added))
        c.responses.cancel(running.id)
        one.script = says("fine")
        ask(one, "now", conversation=made.id)
        said = [i.content[0].text for i in c.conversations.items.list(made.id, order="asc")]
        assert said == ["now", "fine"]  # what was cancelled was not said


def test_a_turn_that_failed_was_not_said(one: World) -> None:
    with client(one) as c:
        made = c.conversations.create()
        one.script = plays(answer(b"{}", b"500 Oops"))
        refused(openai.InternalServerError, lambda: ask(one, "x", conversation=made.id))
        one.script = plays(
            EVENTS, event("failed", response={"status": "failed", "error": {"message": "no"}}), b"0\r\n\r\n"
        )
        assert ask(one, "x", conversation=made.id, stream=True)[-1].type == "response.failed"
        one.script = says("fine ", "bomb")
        ask(one, "cut", conversation=made.id)
        assert [i.type for i in c.conversations.items.list(made.id)] == ["message", "message"]


BAD_CONVERSATIONS: list[dict[str, Any]] = [
    {"metadata": {"a": 1}},
    {"metadata": {str(n): "" for n in range(17)}},
    {"metadata": {"a" * 65: ""}},
    {"items": "x"},
    {"items": [{"role": "user", "content": "x"}] * 21},
    {"items": [{"role": "nobody", "content": "x"}]},
    {"items": [7]},
    {"name": "x"},
]


@pytest.mark.parametrize("wrong", BAD_CONVERSATIONS, ids=lambda wrong: str(wrong)[:40])
def test_a_bad_conversation_is_told(one: World, wrong: dict[str, Any]) -> None:
    rows = len(kept(one))
    with client(one) as c:
        refused(openai.BadRequestError, lambda: c.conversations.create(extra_body=wrong))
    assert len(kept(one)) == rows


def test_bad_lists_and_methods_are_told(one: World) -> None:
    response = ask(one)
    with client(one) as c:
        for query in ({"limit": 0}, {"limit": 101}, {"order": "up"}, {"limit": "many"}, {"after": "a b"}):
            refused(openai.BadRequestError, lambda q=query: c.responses.input_items.list(response.id, extra_query=q))
        refused(openai.NotFoundError, lambda: c.responses.input_items.list(response.id, after="msg_none"))
        refused(openai.BadRequestError, lambda: c.responses.retrieve(response.id, stream=True, starting_after=2))
        error = refused(openai.APIStatusError, lambda: c.put(f"/responses/{response.id}", cast_to=object))
        assert (error.status_code, error.code) == (405, "method_not_allowed")
        error = refused(openai.APIStatusError, lambda: c.get("/conversations", cast_to=object))
        assert (error.status_code, error.code) == (405, "method_not_allowed")


def test_a_kept_response_is_streamed_anew(one: World) -> None:
    response = ask(one, "hello")
    with client(one) as c:
        events = list(c.responses.retrieve(response.id, stream=True))
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert events[-1].response == response
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == "fine"


def test_routes_are_told_by_their_names(one: World) -> None:
    response = ask(one)
    with client(one) as c:
        c.responses.retrieve(response.id)
        list(c.responses.input_items.list(response.id))
    scraped = one.metrics()
    for route in ("/v1/responses", "/v1/responses/{id}", "/v1/responses/{id}/input_items"):
        assert f'guardproxy_requests_total{{model="other",route="{route}",status="200"}}' in scraped
    assert response.id not in scraped
    assert "guardproxy_store_rows " in scraped


def test_nothing_is_lost_when_many_speak_in_one_conversation(one: World) -> None:
    with client(one) as c:
        made = c.conversations.create()

        def speak(number: int) -> None:
            while True:
                try:
                    ask(one, f"number {number}", conversation=made.id)
                    return
                except openai.ConflictError:
                    time.sleep(0.01)

        with ThreadPoolExecutor(6) as threads:
            list(threads.map(speak, range(12)))
        said = texts(item.to_dict() for item in c.conversations.items.list(made.id, order="asc", limit=100))
    assert sorted(said[::2]) == sorted(f"number {n}" for n in range(12))
    assert said[1::2] == ["fine"] * 12
