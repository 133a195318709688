"""Recorded streams of many servers through a real guardproxy, read by openai's own client: text arrives, nothing breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import openai
import pytest

from tests.server.support import EVENTS, Visit, World, chunk, world
from tests.wire.test_golden import CASES, output

BROKEN = {"cut_connection", "error", "error_string", "error_unreadable", "failed", "unknown_event"}
"""Streams that end in an error on purpose."""
TOOLS = [{"type": "function", "function": {"name": "get_weather"}}]
CHAT = [case for case in CASES if case.parent.name == "chat"]
RESPONSES = [case for case in CASES if case.parent.name == "responses"]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("recorded")) as made:
        made.script = _replay
        yield made


async def _replay(visit: Visit) -> None:
    """The recording that the model's name names, in small pieces."""
    folder, _, name = visit.json["model"].partition(".")
    data = next(c for c in CASES if c.parent.name == folder and _name(c) == name).read_bytes()
    await visit.send(EVENTS + b"".join(chunk(data[i : i + 97]) for i in range(0, len(data), 97)) + b"0\r\n\r\n")


def _name(case: Path) -> str:
    return case.name.removesuffix(".in.sse")


def _client(one: World) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{one.url}/v1", api_key="x", max_retries=0)


def _written(case: Path) -> str:
    """The text of the golden output."""
    blocks = [b.partition("data: ")[2] for b in output(case).read_text().split("\n\n")]
    events = [json.loads(b) for b in blocks if b.startswith("{")]
    if case.parent.name == "responses":
        return "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")
    choices = [c for e in events for c in e.get("choices", ())]
    return _by_choice((c["index"], c["delta"].get("content")) for c in choices)


def _by_choice(said: Iterable[tuple[int, str | None]]) -> str:
    texts: dict[int, str] = {}
    for index, text in said:
        texts[index] = texts.get(index, "") + (text or "")
    return "|".join(text for _, text in sorted(texts.items()))


def _masked(text: str) -> str:
    """What the small policy of these tests makes of it."""
    return re.sub(r"[a-z]{1,16}@[a-z]{1,16}\.com", "[words.mail]", text)


@pytest.mark.parametrize("case", CHAT, ids=_name)
def test_chat(one: World, case: Path) -> None:
    with _client(one) as client:
        count = 2 if _name(case) == "two_choices" else 1
        messages = [{"role": "user", "content": "Hi."}]
        tools = [{"type": "function", "function": {"name": "get_weather"}}]
        asked = {"messages": messages, "n": count, "tools": tools, "stream": True}
        stream = client.chat.completions.create(model=f"chat.{_name(case)}", **asked)  # type: ignore[call-overload]
        try:
            text = _by_choice((c.index, c.delta.content) for event in stream for c in event.choices)
        except openai.APIError as e:
            assert _name(case) in BROKEN, e
            return
    assert _name(case) not in BROKEN and text == _masked(_written(case))


@pytest.mark.parametrize("case", RESPONSES, ids=_name)
def test_responses(one: World, case: Path) -> None:
    text, last = "", None
    with _client(one) as client:
        for event in client.responses.create(model=f"responses.{_name(case)}", input="Hi.", stream=True):
            text += event.delta if event.type == "response.output_text.delta" else ""
            last = event
    assert last is not None
    if _name(case) in BROKEN:
        assert last.type in ("response.failed", "response.incomplete")
    else:
        assert last.type in ("response.completed", "response.incomplete") and text == _masked(_written(case))
        assert last.response.output_text == text
