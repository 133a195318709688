"""Responses in the making: polled, read along, resumed, cancelled, and ended with the process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from guardproxy.server.background import Background
from guardproxy.store import Owner
from tests.patience import PATIENCE, eventually
from tests.server.responses import ask, client, delta, event, hangs, kept, run, says
from tests.server.support import EVENTS, Visit, World, answer, plays, world
from tests.server.test_stored import found, refused


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("background"), store={"path": ":memory:", "background": 2}) as made:
        yield made


@pytest.fixture
def one(_kept: World) -> World:
    _kept.visits.clear()
    _kept.script = says("fine")
    return _kept


@pytest.fixture
def c(one: World) -> Iterator[openai.OpenAI]:
    with client(one) as made:
        yield made


def ended(c: openai.OpenAI, id: str) -> Any:
    return eventually(lambda: (got := c.responses.retrieve(id)).status != "in_progress" and got)


def records(one: World, made: Any) -> list[Any]:
    """What was recorded about the making of a response."""
    return [r for r in one.records(1) if (r["route"], r["request_id"]) == ("background", made._request_id)]


def in_steps(*texts: str) -> tuple[Any, threading.Semaphore]:
    """A script that sends the next text each time that it is told to, and then the end."""
    go = threading.Semaphore(0)

    async def told() -> None:
        while not go.acquire(blocking=False):  # noqa: ASYNC110  (another thread tells)
            await asyncio.sleep(0.01)

    async def script(visit: Visit) -> None:
        await visit.send(EVENTS)
        for text in texts:
            await told()
            await visit.send(delta(text))
        await told()
        await visit.send(event("completed", response={"status": "completed"}) + b"0\r\n\r\n")

    return script, go


def test_it_is_answered_at_once_and_polled(one: World, c: openai.OpenAI) -> None:
    one.script, go = in_steps("some text ", "and more")
    made = ask(one, "I am joe@mail.com", background=True)
    assert (made.status, made.background, made.output) == ("in_progress", True, [])
    go.release()
    eventually(lambda: c.responses.retrieve(made.id).output_text)
    go.release(2)
    response = ended(c, made.id)
    assert (response.status, response.output_text, response.created_at) == (
        "completed",
        "some text and more",
        made.created_at,
    )
    assert b"joe@" not in one.visits[-1].body
    assert one.visits[-1].json["stream"] is True
    one.script = says("fine")
    ask(one, "next", previous_response_id=made.id)
    (record,) = eventually(lambda: records(one, made))
    assert (record["status"], record["error"], record["stream"]) == (200, None, True)


def test_it_is_guarded(one: World, c: openai.OpenAI) -> None:
    one.script = says("good ", "bomb canary7x")
    made = ask(one, background=True)
    response = ended(c, made.id)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "content_filter")
    assert not [row for row in kept(one) if b"bomb" in row or b"canary7x" in row]
    (record,) = eventually(lambda: records(one, made))
    assert record["outcome"] == "block"
    assert [v["rule"] for v in record["verdicts"]] == ["refuse"]


@pytest.mark.parametrize("script", [
    plays(answer(b'{"error": {"message": "no joe@mail.com here"}}', b"400 Bad")),
    plays(answer(b"{}")),
    plays(EVENTS + b"5\r\nhello", close=True),
    plays(EVENTS, event("failed", response={"status": "failed", "error": {"message": "no joe@mail.com"}}), b"0\r\n\r\n"),
], ids=["refused", "no stream", "broken", "failed"])  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_trouble_upstream_is_kept_as_a_failure(one: World, c: openai.OpenAI, script: Any, stream: bool) -> None:
    one.script = script
    made = ask(one, background=True, stream=stream)
    if stream:
        assert [e.sequence_number for e in made] == list(range(len(made)))
        assert [e.type for e in made[-2:]] == ["error", "response.failed"]
    response = ended(c, made[0].response.id if stream else made.id)
    assert (response.status, response.error.code) == ("failed", "server_error")
    assert response.error.message
    assert "joe@" not in response.to_json()


def test_its_stream_is_resumed_anywhere_while_it_runs_and_afterwards(one: World, c: openai.OpenAI) -> None:
    one.script, go = in_steps("some text ", "and ", "more")
    events = c.responses.create(model="gpt-oss", input="x", background=True, stream=True)
    go.release(2)
    seen = [next(events)]
    while seen[-1].type != "response.output_text.delta":
        seen.append(next(events))
    events.response.close()  # its client leaves; it goes on
    id = seen[0].response.id
    follower = c.responses.retrieve(id, stream=True, starting_after=seen[-1].sequence_number)
    go.release(2)
    every = [*seen, *follower]
    assert [e.sequence_number for e in every] == list(range(len(every)))
    assert every[-1].type == "response.completed"
    assert "".join(e.delta for e in every if e.type == "response.output_text.delta") == "some text and more"
    eventually(lambda: not one.running.app.background.runs)
    for start in (0, 3, len(every) - 2, len(every) - 1):
        assert list(c.responses.retrieve(id, stream=True, starting_after=start)) == every[start + 1 :]
    assert list(c.responses.retrieve(id, stream=True)) == every
    c.responses.delete(id)
    refused(openai.NotFoundError, lambda: list(c.responses.retrieve(id, stream=True)))
    assert not [row for row in kept(one) if id.encode() in row]


def test_what_was_not_streamed_is_not_resumed(one: World, c: openai.OpenAI) -> None:
    one.script = hangs("some ")
    made = ask(one, background=True)
    error = refused(openai.BadRequestError, lambda: list(c.responses.retrieve(made.id, stream=True)))
    assert error.code == "not_resumable"
    c.responses.cancel(made.id)
    refused(openai.BadRequestError, lambda: list(c.responses.retrieve(made.id, stream=True)))


@pytest.mark.parametrize("stream", [False, True])
def test_cancelling_ends_the_upstreams_work_at_once(one: World, c: openai.OpenAI, stream: bool) -> None:
    one.script = hangs("some text ", "and held a@b")
    made = c.responses.create(model="gpt-oss", input="x", background=True, stream=stream)
    id = next(made).response.id if stream else made.id
    eventually(lambda: c.responses.retrieve(id).output_text)
    response = c.responses.cancel(id)
    assert one.visits[-1].gone.wait(PATIENCE)
    assert (response.status, response.error) == ("cancelled", None)
    assert response.output_text.startswith("some text")
    assert "held" not in response.output_text or "a@b" not in response.output_text
    assert c.responses.cancel(id) == response == c.responses.retrieve(id)
    if stream:
        assert list(made)[-1].type == "response.cancelled"
    assert not [row for row in kept(one) if b"a@b" in row]


def test_deleting_one_that_runs_ends_it(one: World, c: openai.OpenAI) -> None:
    one.script = hangs("some ")
    made = ask(one, background=True)
    eventually(lambda: one.visits)
    c.responses.delete(made.id)
    assert one.visits[-1].gone.wait(PATIENCE)
    assert found(c, made.id) is None


def test_a_bounded_number_runs(one: World, c: openai.OpenAI) -> None:
    one.script = hangs("some ")
    running = [ask(one, background=True).id for _ in range(2)]
    error = refused(openai.InternalServerError, lambda: ask(one, background=True))
    assert (error.status_code, error.code) == (503, "busy")
    assert "guardproxy_background_responses 2.0" in one.metrics()
    for id in running:
        c.responses.cancel(id)
    one.script = says("fine")
    assert ended(c, ask(one, background=True).id).status == "completed"


def test_nothing_refers_to_one_that_is_not_finished(one: World, c: openai.OpenAI) -> None:
    one.script = hangs("some ")
    made = ask(one, background=True)
    error = refused(openai.BadRequestError, lambda: ask(one, previous_response_id=made.id))
    assert error.code == "response_not_finished"
    c.responses.cancel(made.id)
    one.script = says("fine")
    ask(one, previous_response_id=made.id)


def test_one_that_is_too_long_to_be_kept_fails(one: World, c: openai.OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardproxy.server.background.MAX_EVENTS", 3000)
    one.script = says(*["some text "] * 100)
    events = ask(one, background=True, stream=True)
    assert events[-1].type == "response.failed"
    response = ended(c, events[0].response.id)
    assert response.status == "failed"
    assert "3000 bytes" in response.error.message


def test_the_end_of_the_process_is_kept(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"store": {"path": str(tmp_path / "kept")}}
    environ = {"GUARDPROXY_STORE_KEY": "a-key-of-the-tests"}
    with world(tmp_path, environ, **settings) as one, client(one) as c:
        one.script = hangs("some text and ")
        made = ask(one, background=True)
        eventually(lambda: c.responses.retrieve(made.id).output_text)
    with world(tmp_path, environ, **settings) as one, client(one) as c:
        response = c.responses.retrieve(made.id)
        assert (response.status, response.output_text[:4]) == ("failed", "some")
        assert "shutting down" in response.error.message


def test_what_a_crash_left_reads_as_failed(one: World, c: openai.OpenAI) -> None:
    one.script = hangs("some ")
    made = ask(one, background=True)
    state = one.running.app.state
    row = run(one, state.store.get(Owner(), "response", made.id))
    c.responses.cancel(made.id)
    assert json.loads(row.payload)["response"]["status"] == "in_progress"
    run(one, state.store.put([row]))  # as if nothing had been written after it
    response = c.responses.retrieve(made.id)
    assert (response.status, response.error.code) == ("failed", "server_error")
    one.script = says("fine")
    ask(one, previous_response_id=made.id)


def test_none_begins_when_the_process_ends(one: World) -> None:
    app = one.running.app
    closing = type(app.closing)()
    closing.tell()
    with pytest.raises(Exception, match="shutting down"):
        Background(2, app.recorder, closing, app.trials).room()
