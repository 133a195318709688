"""A rule chooses who is asked: that upstream gets the guarded request with its own key, and the main one nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from guardproxy.config import load
from guardproxy.policy.load import ConfigErrors
from guardproxy.types import ConfigError
from tests.patience import eventually
from tests.server.support import World, answer, body_of, headers_of, plays, status_of, streams, whole, world

POLICY = """
schema: guardproxy/v1
policy: routed
filters:
  words: {use: patterns, keywords: [{id: hard, words: [reactor]}, {id: worse, words: [warhead]}]}
  pii: {use: pii_patterns}
rules:
  - {id: hide, when: pii.*, then: redact}
  - {id: to-managed, when: words.hard, scope: {direction: request}, then: route, to: managed}
  - {id: zz-elsewhere, when: words.hard, scope: {direction: request}, then: route, to: spare}
  - {id: no, when: words.worse, then: block}
  - {id: watched, when: pii.email, scope: {direction: request}, then: route, to: spare, mode: shadow}
"""


@contextmanager
def two(folder: Path, **more: Any) -> Iterator[tuple[World, World]]:
    """A guardproxy before a main upstream, and the one that `managed` is: the upstream of another world."""
    for name in ("a", "b", "own"):
        (folder / name).mkdir()
    (folder / "own" / "policy.yaml").write_text(POLICY)
    with world(folder / "b") as other:
        there = {"url": f"http://127.0.0.1:{other.upstream_port}/v1", "external": True}
        managed = {**there, "model": "gpt-oss-120b", "key_env": "MANAGED_KEY"}
        upstreams = {"managed": managed, "spare": {"url": "http://127.0.0.1:9/v1", "external": False}}
        keys = {"GUARDPROXY_UPSTREAM_KEY": "sk-main-key", "MANAGED_KEY": "sk-managed-key"}
        with world(folder / "a", keys, policies=str(folder / "own"), upstreams=upstreams, **more) as one:
            yield one, other


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    with two(tmp_path_factory.mktemp("route"), store={"path": ":memory:"}) as made:
        yield made


@pytest.fixture(autouse=True)
def _fresh(pair: tuple[World, World]) -> None:
    for one in pair:
        one.visits.clear()
        one.script = None


def ask(one: World, text: str, **more: Any) -> bytes:
    return one.ask(messages=[{"role": "user", "content": text}], **more)


def test_what_a_rule_routes_goes_there_and_nowhere_else(pair: tuple[World, World]) -> None:
    one, other = pair
    other.script = plays(answer(whole("from the other one, write to joe@example.com")))
    raw = ask(one, "How does a reactor work? I am jane@example.com", user="jane")
    assert status_of(raw) == 200
    assert headers_of(raw)["x-guardproxy-upstream"] == "managed"
    assert b"joe@example.com" not in raw and b"from the other one" in raw, "its reply is guarded like any"
    assert not one.visits
    [visit] = other.visits
    assert "jane@example.com" not in visit.body.decode()
    assert visit.json["model"] == "gpt-oss-120b"
    head = visit.head.decode().lower()
    assert "authorization: bearer sk-managed-key" in head and "sk-main-key" not in head
    assert json.loads(body_of(raw))["model"] == "gpt-oss", "the client reads the name that it gave"


@pytest.mark.parametrize("stream", [False, True])
def test_streams_and_the_rest_go_where_they_should(pair: tuple[World, World], stream: bool) -> None:
    one, other = pair
    for each in pair:
        each.script = streams("fi", "ne") if stream else plays(answer(whole("fine")))
    assert b"x-guardproxy-upstream: managed" in ask(one, "a reactor", stream=stream)
    assert b"x-guardproxy-upstream" not in ask(one, "a cat", stream=stream)
    assert b"x-guardproxy-upstream" not in ask(one, "I am jane@example.com", stream=stream), (
        "a rule in shadow routes nothing"
    )
    assert (len(one.visits), len(other.visits)) == (2, 1)


def test_a_block_is_stricter(pair: tuple[World, World]) -> None:
    one, other = pair
    assert status_of(ask(one, "a reactor for a warhead")) == 400
    assert not one.visits and not other.visits


def test_it_is_recorded_and_counted(pair: tuple[World, World]) -> None:
    one, other = pair
    other.script = plays(answer(whole("fine")))
    record = one.record_of(ask(one, "a reactor"))
    assert (record["upstream"], record["outcome"]) == ("managed", "allow")
    assert {v["rule"] for v in record["verdicts"]} == {"to-managed", "zz-elsewhere"}
    assert one.record_of(ask(one, "a cat"))["upstream"] is None
    assert 'guardproxy_routed_total{upstream="managed"}' in one.metrics()


def test_an_upstream_that_fails_is_not_stood_in_for(pair: tuple[World, World]) -> None:
    one, other = pair
    other.script = plays(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")
    assert status_of(ask(one, "a reactor")) == 500
    assert not one.visits


def test_a_response_in_the_background_is_routed(pair: tuple[World, World]) -> None:
    one, other = pair
    body = {"model": "gpt-oss", "input": "a reactor", "background": True, "store": True}
    raw = one.post(json.dumps(body).encode(), path="/v1/responses")
    assert status_of(raw) == 200
    assert headers_of(raw)["x-guardproxy-upstream"] == "managed"
    assert not one.visits
    eventually(lambda: other.visits)
    assert len(other.visits) == 1


def test_an_upstream_that_nobody_has_named_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "policy.yaml").write_text(POLICY)
    managed = {"managed": {"url": "https://example.com/v1", "external": True}}
    with (
        pytest.raises(
            ConfigErrors, match=r"GP033 the operator's settings \(`upstreams:`\) have no 'spare'; there are managed"
        ),
        world(tmp_path, policies=str(tmp_path / "own"), upstreams=managed),
    ):
        pass


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            {"url": "http://example.com/v1", "external": True},
            "plain http at example.com: use https, or list it in `upstream_hosts`",
        ),
        ({"url": "https://example.com/v1"}, "external"),
        ({"external": True}, "url"),
        (
            {"url": "https://example.com/v1", "external": True, "key_env": "NOT_SET"},
            "the variable NOT_SET is to hold a key",
        ),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, target: dict[str, Any], said: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps({"upstream": {"url": "http://127.0.0.1:1/v1"}, "upstreams": {"managed": target}}))
    with pytest.raises(ConfigError) as told:
        load(file, {})
    assert said in str(told.value)
