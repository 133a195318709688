"""Filters that ask a model, in a whole proxy: under overload, over a long conversation, on the metrics page."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.inference import models
from guardproxy.library import build
from guardproxy.server.health import Health
from guardproxy.server.snapshot import InForce, Snapshot
from guardproxy.wire.json import parse_reply
from tests.inference import scoring
from tests.server.support import Visit, World, answer, plays, streams, whole, world

POLICY = """schema: guardproxy/v1
policy: models
filters:
  toxicity: {use: toxicity, model: fake}
  hazards: {use: hazards, model: fake}
rules:
  - {id: civil, when: toxicity.*, then: block}
  - {id: safe, when: hazard.*, then: block}
"""


@contextmanager
def guarded(tmp: Path, monkeypatch: pytest.MonkeyPatch, *, queue: int = 512, **options: Any) -> Iterator[World]:
    monkeypatch.setattr(models, "_of_folder", scoring.folder(**options))
    monkeypatch.setattr(models, "_counts", {})
    monkeypatch.setattr(models, "_settings", models.Inference())
    (tmp / "models.yaml").write_text(POLICY)
    inference = {"models": {"fake": {"path": "/fake"}}, "queue": queue}
    with world(tmp, policies=str(tmp / "models.yaml"), inference=inference) as one:
        yield one


def asked(text: str, *, stream: bool = False) -> dict[str, Any]:
    return {"model": "gpt-oss", "messages": [{"role": "user", "content": text}], "stream": stream}


def samples(one: World, name: str) -> dict[str, float]:
    """Labels to value of a family on the metrics page."""
    page = httpx.get(f"http://127.0.0.1:{one.admin_port}/metrics").text
    return {m[1]: float(m[2]) for m in re.finditer(rf"^{name}(?:\{{(.*)\}})? (\S+)$", page, re.M)}


@pytest.mark.parametrize("queue", [512, 8], ids=["waiting", "full"])
def test_under_overload_nothing_is_released_unguarded_and_nothing_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queue: int
) -> None:
    clients = 64

    async def client(http: httpx.AsyncClient, url: str, number: int) -> tuple[int, str, float]:
        started = time.monotonic()
        text = f"question {number} {'hateword' if number % 4 == 0 else ''}"
        reply = await http.post(url, json=asked(text, stream=number % 2 == 0))
        return reply.status_code, reply.text, time.monotonic() - started

    async def crowd(url: str) -> list[tuple[int, str, float]]:
        async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=clients)) as http:
            return await asyncio.gather(*(client(http, url, number) for number in range(clients)))

    async def script(visit: Visit) -> None:
        streamed = b'"stream":true' in bytes(visit.body)
        await (streams("zeb", "ra") if streamed else plays(answer(whole("zebra"))))(visit)

    with guarded(tmp_path, monkeypatch, queue=queue, seconds=0.25) as one:
        one.script = script
        ends: list[tuple[int, str, float]] = asyncio.run(crowd(f"http://127.0.0.1:{one.port}/v1/chat/completions"))
        through = {bytes(visit.body) for visit in one.visits}
        failures = samples(one, "guardproxy_filter_failures_total")
        refused = samples(one, "guardproxy_model_refused_total")['model="fake"']
        waiting = samples(one, "guardproxy_model_queue")['model="fake"']

    assert all(b"hateword" not in body for body in through), "what is judged is judged as ever"
    let = [n for n, (status, text, _) in enumerate(ends) if status == 200 and '"finish_reason":"stop"' in text]
    assert len(let) <= len(through) < clients // 2, "the model had time for a few"
    assert max(seconds for _, _, seconds in ends) < 8.0, "by the deadlines of a request and its reply, and some slack"
    timeouts = sum(v for labels, v in failures.items() if 'kind="timeout"' in labels)
    assert sum(failures.values()) == timeouts >= clients / 2, failures
    for number, (status, text, _) in enumerate(ends):
        if number not in let:
            assert status == 400 or '"finish_reason":"content_filter"' in text, (status, text)
            assert "zeb" not in text
    assert (refused > 0) == (queue == 8) and waiting == 0


def test_of_a_conversation_only_what_is_new_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(tmp_path, monkeypatch) as one:
        messages: list[dict[str, str]] = []
        grown, read = [], 0.0
        for turn in range(12):
            one.script = plays(answer(whole(f"answer{turn:02} of many words " * 40)))
            messages.append({"role": "user", "content": f"question{turn:02} of many words " * 40})
            url = f"http://127.0.0.1:{one.port}/v1/chat/completions"
            reply = httpx.post(url, json={"model": "gpt-oss", "messages": messages})
            assert reply.status_code == 200
            messages.append(reply.json()["choices"][0]["message"])
            now = samples(one, "guardproxy_model_windows_total")['model="fake"']
            grown.append(now - read)
            read = now
        hits = samples(one, "guardproxy_model_cache_hits_total")['model="fake"']
    assert len(set(grown)) == 1 and grown[0] > 3, "the question and the answer, and nothing that was there before"
    assert hits > 11 * read / 2


def test_a_stream_is_cut_before_the_window_that_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(tmp_path, monkeypatch) as one:
        one.script = streams(*("some mild words " for _ in range(100)), "hateword ", *("more ",) * 200)
        url = f"http://127.0.0.1:{one.port}/v1/chat/completions"
        reply = httpx.post(url, json=asked("hello", stream=True)).text
    events = [parse_reply(line[6:].encode()) for line in reply.splitlines() if line.startswith("data: {")]
    text = "".join(e["choices"][0]["delta"].get("content") or "" for e in events)
    assert 400 <= len(text) <= 1600 and "hateword" not in text
    assert events[-1]["choices"][0]["finish_reason"] == "content_filter"


def test_it_is_not_ready_until_its_models_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_of_folder", scoring.folder(start=0.3))
    monkeypatch.setattr(models, "_settings", scoring.settings("fake"))
    (tmp_path / "models.yaml").write_text(POLICY)

    async def go() -> None:
        guard = build(tmp_path / "models.yaml")
        health = Health(InForce(Snapshot.of_one(guard)), None)
        starting = asyncio.create_task(guard.start())
        seen = set()
        while not starting.done():
            assert (await health.ready()).status == 503 and health.filtering().status == 503
            seen.add(bool(models.running()))
            await asyncio.sleep(0.01)
        await starting
        assert seen >= {True}
        assert (await health.ready()).status == 200
        await guard.aclose()
        assert (await health.ready()).status == 503 and models.running() == []

    asyncio.run(go())
