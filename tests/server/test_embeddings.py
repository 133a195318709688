"""Embeddings with OpenAI's own client: the input is guarded, the reply is numbers and nothing else."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.server.support import World, answer, body_of, error_of, headers_of, plays, status_of, world

MAIL, CANARY = "joe@mail.com", "mauve-okapi"
VECTORS = [[0.5, -0.25], [1.0, 2.0]]


def packed(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def reply(*vectors: Any, **more: Any) -> bytes:
    data = [{"object": CANARY, "index": i, "embedding": v, "note": CANARY} for i, v in enumerate(vectors)]
    usage = {"prompt_tokens": 3, "total_tokens": 3, "text": CANARY}
    return answer(json.dumps({"object": CANARY, "model": CANARY, "data": data, "usage": usage, **more}).encode())


def ask(one: World, **more: Any) -> bytes:
    return one.post(json.dumps({"model": "gpt-oss", **more}).encode(), "/v1/embeddings")


@pytest.mark.parametrize("upstream", ["float", "base64"])
@pytest.mark.parametrize("wanted", [None, "float", "base64"])
def test_openais_client_gets_its_vectors(one: World, upstream: str, wanted: Any) -> None:
    one.script = plays(reply(*(VECTORS if upstream == "float" else map(packed, VECTORS))))
    more = {"encoding_format": wanted} if wanted else {}
    with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
        got = client.embeddings.create(model="gpt-oss", input=[f"mail {MAIL}", "hello"], user="u", **more)
    want = [packed(v) for v in VECTORS] if wanted == "base64" else VECTORS  # its default is base64, decoded by itself
    assert [list(d.embedding) if wanted != "base64" else d.embedding for d in got.data] == want
    assert (got.model, got.usage.prompt_tokens) == ("gpt-oss", 3)
    (visit,) = one.visits
    assert visit.json["input"] == ["mail [words.mail]", "hello"]
    assert b"POST /v1/embeddings " in visit.head


def test_nothing_of_the_upstreams_text_comes_along(one: World) -> None:
    one.script = plays(reply([1, 2], more=CANARY))
    raw = ask(one, input="hello")
    assert status_of(raw) == 200 and CANARY.encode() not in raw
    assert json.loads(body_of(raw))["data"] == [{"object": "embedding", "index": 0, "embedding": [1.0, 2.0]}]
    assert {"x-guardproxy-decision", "x-guardproxy-policy", "x-request-id"} <= set(headers_of(raw))


@pytest.mark.parametrize(
    "vectors",
    [
        ["mauve-okapi"],
        ["bWF1dmU"],
        [{"mauve": 1}],
        [["mauve"]],
        [[]],
        [None],
        [[1.0, None]],
        [base64.b64encode(struct.pack("<f", float("inf"))).decode()],
        [[1.0], [2.0]],
        [],
    ],
)
def test_what_is_no_vector_is_an_error_without_its_text(one: World, vectors: list[Any]) -> None:
    one.script = plays(reply(*vectors))
    raw = ask(one, input="hello")
    assert (status_of(raw), error_of(raw)["code"]) == (502, "upstream_invalid_response")
    assert b"mauve" not in raw


def test_numbers_that_float32_cant_hold_are_no_base64(one: World) -> None:
    one.script = plays(reply([1e300]))
    assert status_of(ask(one, input="x", encoding_format="base64")) == 502
    assert status_of(ask(one, input="x")) == 200


def test_twice_the_same_index_is_an_error(one: World) -> None:
    data = [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [2.0]}]
    one.script = plays(answer(json.dumps({"data": data}).encode()))
    assert status_of(ask(one, input=["a", "b"])) == 502


def test_a_blocked_input_never_reaches_the_upstream(one: World) -> None:
    raw = ask(one, input=["hello", "a bomb"])
    assert (status_of(raw), error_of(raw)["code"]) == (400, "content_filter")
    assert not one.visits


def test_a_policy_that_refuses_in_words_refuses_vectors_with_an_error(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        policy = one.running.app.guard.policy
        object.__setattr__(policy, "defaults", type(policy.defaults)(on_block="refusal"))
        assert (status_of(raw := ask(one, input="a bomb")), error_of(raw)["code"]) == (400, "content_filter")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"input": [1, 2, 3]}, "input[0]"),
        ({"input": [[1, 2]]}, "input[0]"),
        ({"input": []}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"input": {"text": "x"}}, "input"),
        ({}, "input"),
        ({"input": "x", "encoding_format": CANARY}, "encoding_format"),
        ({"input": "x", "dimensions": 0}, "dimensions"),
        ({"input": "x", "chat_template": "x"}, "chat_template"),
    ],
)
def test_what_no_filter_can_read_is_refused(one: World, more: dict[str, Any], param: str) -> None:
    raw = ask(one, **more)
    assert (status_of(raw), error_of(raw)["param"]) == (400, param)
    assert not one.visits


def test_errors_of_the_upstream_are_guarded(one: World) -> None:
    one.script = plays(answer(json.dumps({"error": {"message": f"ask {MAIL}"}}).encode(), b"400 Bad Request"))
    raw = ask(one, input="x")
    assert (status_of(raw), error_of(raw)["message"]) == (400, "ask [words.mail]")
