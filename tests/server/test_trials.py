"""`serve --shadow`: a candidate decides about the same requests, and nothing of it reaches a client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guardproxy.server.snapshot import bucket
from tests.server.support import (
    POLICY,
    World,
    answer,
    body_of,
    events_of,
    plays,
    status_of,
    streams,
    text_of,
    whole,
    world,
)

CANDIDATE = """
schema: guardproxy/v1
policy: strict
version: "9"
filters:
  words:
    use: patterns
    patterns:
      - {id: mail, pattern: '[a-z]{1,16}@[a-z]{1,16}\\.com'}
      - {id: bomb, pattern: 'bomb'}
  names: {use: patterns, patterns: [{id: jane, pattern: jane}]}
rules:
  - {id: no-mail, title: No addresses, severity: low, when: words.mail, then: block}
  - {id: names, title: Names, severity: low, when: names.jane, then: redact}
tests:
  - {name: refused, given: {role: user, text: 'joe@mail.com'}, expect: {outcome: block}}
  - {name: jane, given: {role: user, text: 'jane'}, expect: {outcome: redact}}
"""


@pytest.fixture
def shadowed(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "next"
    folder.mkdir()
    (folder / "strict.yaml").write_text(CANDIDATE)
    with world(tmp_path, shadow=str(folder)) as one:
        yield one


def candidates(one: World, count: int) -> list[tuple[str, str, list[str]]]:
    """(outcome, the candidate's, its rules) of each record."""
    out = []
    for record in one.records(count):
        said = record["candidate"]
        assert (said["name"], said["version"], len(said["digest"])) == ("strict", "9", 64)
        out.append((record["outcome"], said["outcome"], [v["rule"] for v in said["verdicts"]]))
    return out


def test_it_decides_and_enforces_nothing(shadowed: World) -> None:
    shadowed.script = plays(answer(whole("write to joe@mail.com")))
    assert b"write to [words.mail]" in body_of(shadowed.ask())
    shadowed.script = streams("I am ja", "ne")
    assert text_of(events_of(shadowed.ask(stream=True))) == "I am jane"
    shadowed.script = plays(answer(whole("fine")))
    shadowed.ask()
    asked = [{"role": "user", "content": "a bomb"}]
    assert status_of(shadowed.ask(messages=asked)) == 400
    assert candidates(shadowed, 4) == [
        ("redact", "block", ["no-mail"]),
        ("allow", "redact", ["names"]),
        ("allow", "allow", []),
        ("block", "unknown", []),  # what would have come of it nobody knows
    ]
    metrics = shadowed.metrics()
    for outcome, said in (("redact", "block"), ("allow", "redact"), ("allow", "allow"), ("block", "unknown")):
        name = f'guardproxy_candidate_decisions_total{{candidate_outcome="{said}",outcome="{outcome}"}} 1.0'
        assert name in metrics
    assert 'guardproxy_candidate_info{digest="' in metrics
    assert 'rule="no-mail"' not in metrics


def test_detectors_and_embeddings_are_compared_too(shadowed: World) -> None:
    shadowed.post(json.dumps({"input": "jane"}).encode(), "/v1/moderations")
    assert candidates(shadowed, 1) == [("allow", "redact", ["names"])]


def test_it_is_reloaded_too_and_a_bad_one_stays_out(shadowed: World, tmp_path: Path) -> None:
    post = b"POST /admin/policy/reload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

    def put(text: str) -> tuple[int, Any]:
        (tmp_path / "next" / "strict.yaml").write_text(text)
        raw = shadowed.raw(post, port=shadowed.admin_port)
        return status_of(raw), json.loads(body_of(raw))["candidate"]

    status, said = put(
        CANDIDATE.replace("then: block", "then: annotate").replace("outcome: block", "outcome: annotate")
    )
    assert (status, said["last_load"]["result"]) == (200, "success")
    shadowed.script = plays(answer(whole("write to joe@mail.com")))
    shadowed.ask()
    assert candidates(shadowed, 1) == [("redact", "annotate", ["no-mail"])]
    status, said = put("nothing")
    assert (status, said["last_load"]["result"], said["policies"][0]["name"]) == (422, "failure", "strict")
    assert "guardproxy_candidate_reload_failed 1.0" in shadowed.metrics()
    assert "guardproxy_policy_reload_failed 0.0" in shadowed.metrics()


def test_a_share_of_requests_is_chosen_by_their_id() -> None:
    chosen = [bucket(f"req_{i}") < 25 for i in range(4000)]
    assert chosen == [bucket(f"req_{i}") < 25 for i in range(4000)]
    assert 850 < sum(chosen) < 1150


def test_without_a_candidate_records_have_none(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        one.ask()
        assert one.records(1)[0]["candidate"] is None
        assert "bomb" in POLICY
