"""What runs longer than a request, under a lockdown: replies in the background, what is kept, and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.patience import eventually
from tests.server.batches.batcher import Batcher, line, result
from tests.server.batches.test_batches import order, results, upload
from tests.server.responses import ask, client, says
from tests.server.support import World, world
from tests.server.test_background import ended, in_steps
from tests.server.test_incidents import admin, opened

LOCKED = "This service is locked down for the moment. Please try again later."


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    training = {"path": str(tmp_path / "files"), "clear_text": True}
    more: dict[str, Any] = {"store": {"path": ":memory:", "background": 2}, "batches": {"path": ":memory:"}}
    with world(tmp_path, training=training, timeouts={"idle": "2s"}, **more) as made:
        yield made


@pytest.fixture
def c(one: World) -> Iterator[openai.OpenAI]:
    with client(one) as made:
        yield made


def refused(ask: Callable[[], Any]) -> tuple[int, str, str]:
    with pytest.raises(openai.APIStatusError) as told:
        ask()
    return told.value.status_code, told.value.code or "", str(told.value.body["message"])


def test_what_is_kept_or_in_the_making_is_kept_back(one: World, c: openai.OpenAI) -> None:
    one.script = says("fine")
    before = ask(one, "hello", store=True)
    one.script, go = in_steps("some text ", "and more")
    whole = ask(one, "hello", background=True)
    go.release()
    eventually(lambda: c.responses.retrieve(whole.id).output_text)
    one.script, on = in_steps("some text ", "and more")
    on.release()
    with c.responses.create(model="gpt-oss", input="hello", background=True, stream=True) as events:
        streamed = next(iter(events)).response.id
    incident = opened(one)
    locked = (400, "content_filter", LOCKED)
    assert refused(lambda: ask(one, "hello", background=True)) == locked
    for _ in range(2):  # while they are made, and when they are
        for id in (before.id, whole.id, streamed):
            assert refused(lambda id=id: c.responses.retrieve(id)) == locked
        go.release(2)
        on.release(2)
        eventually(lambda: not one.running.app.background.runs)
    assert refused(lambda: c.responses.retrieve(streamed, stream=True, starting_after=0))[:2] == locked[:2]
    admin(one, "POST", f"/admin/incidents/{incident['id']}/close", {"by": "joe"})
    assert ended(c, whole.id).output_text == "some text and more"


def test_events_in_the_making_are_not_read_along_under_another_policy(one: World, c: openai.OpenAI) -> None:
    one.script, go = in_steps("some text ")
    go.release()
    with c.responses.create(model="gpt-oss", input="hello", background=True, stream=True) as events:
        id = next(iter(events)).response.id
    opened(one, "read-only-tools")
    assert refused(lambda: c.responses.retrieve(id, stream=True, starting_after=0))[:2] == (409, "policy_changed")
    go.release(2)
    assert ended(c, id).output_text == "some text "


def test_batches_are_kept_back(one: World, c: openai.OpenAI) -> None:
    one.script = batcher = Batcher()
    file = upload(c, line("a") + line("b"))
    made = order(c, file.id)
    incident = opened(one)
    batcher.finish(result("b", "fine") + result("a", "well"))
    done = c.batches.retrieve(made.id)
    said = [row["response"] for row in results(c, done.output_file_id)]
    assert [(one["status_code"], one["body"]["error"]["message"]) for one in said] == [(400, LOCKED)] * 2
    assert refused(lambda: upload(c, line("z")))[:2] == (400, "batch_file_denied")
    assert refused(lambda: order(c, file.id))[:2] == (409, "batch_file_outdated")
    admin(one, "POST", f"/admin/incidents/{incident['id']}/close", {"by": "joe"})
    assert [row["custom_id"] for row in results(c, done.output_file_id)] == ["b", "a"]
