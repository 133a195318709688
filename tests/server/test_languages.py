"""Messages in the client's language, on real sockets: errors, refusals, whole and streamed replies, in each dialect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.support import World, answer, body_of, chat, events_of, plays, streams, text_of, whole, world

POLICY = """
schema: guardproxy/v1
policy: languages
filters: {words: {use: patterns, keywords: [{id: bomb, words: [bomb]}]}}
defaults: {on_block: %s}
rules:
  - {id: refuse, when: words.bomb, then: block, message: {en: Not that., de: Das nicht.}}
"""
GERMAN = b"accept-language: it;q=0.1, de-AT\r\n"
ASKED: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": chat(messages=[{"role": "user", "content": "a bomb"}]),
    "/v1/completions": {"model": "gpt-oss", "prompt": "a bomb"},
    "/v1/responses": {"model": "gpt-oss", "input": "a bomb"},
    "/v1/messages": {"model": "gpt-oss", "max_tokens": 9, "messages": [{"role": "user", "content": "a bomb"}]},
    "/api/chat": {"model": "gpt-oss", "messages": [{"role": "user", "content": "a bomb"}]},
    "/api/generate": {"model": "gpt-oss", "prompt": "a bomb"},
}


@pytest.fixture(scope="module", params=["error", "refusal"])
def speaking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    file = tmp_path_factory.mktemp("languages") / "languages.yaml"
    file.write_text(POLICY % request.param)
    with world(tmp_path_factory.mktemp("world"), policies=str(file)) as one:
        yield one


@pytest.mark.parametrize("path", ASKED)
def test_a_blocked_request_is_answered_in_the_clients_language(path: str, speaking: World) -> None:
    for stream in (False, True):
        body = json.dumps({**ASKED[path], "stream": stream}).encode()
        assert b"Das nicht." in body_of(speaking.post(body, path, GERMAN))
        told = body_of(speaking.post(body, path))
        assert b"Not that." in told
        assert b"Das nicht." not in told


def test_a_blocked_reply_ends_in_the_clients_language(speaking: World) -> None:
    asked = json.dumps(chat()).encode()
    speaking.script = plays(answer(whole("Build a bomb now.")))
    [choice] = json.loads(body_of(speaking.post(asked, headers=GERMAN)))["choices"]
    assert choice["message"]["content"].endswith("Das nicht.")
    speaking.script = streams("Build a bo", "mb now.")
    told = text_of(events_of(speaking.post(json.dumps(chat(stream=True)).encode(), headers=GERMAN)))
    assert told.endswith("Das nicht.")
    assert "bomb" not in told
