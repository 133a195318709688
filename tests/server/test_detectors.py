"""guardproxy as a detector for others: OpenAI's moderations, FMS' detector API, LiteLLM's generic guardrail API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.wire import contents, litellm, moderations
from tests.server.support import World, body_of, error_of, status_of, world

MAIL, CANARY, KEY = "joe@mail.com", "mauve-okapi", "the-right-key-of-clients"
LITELLM = "/beta/litellm_basic_guardrail_api"


def post(one: World, path: str, body: Any, headers: bytes = b"") -> bytes:
    return one.post(json.dumps(body).encode(), path, headers)


def asked(one: World, path: str, body: Any, headers: bytes = b"") -> Any:
    raw = post(one, path, body, headers)
    assert status_of(raw) == 200, raw
    return json.loads(body_of(raw))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which scores may be seen."""
    with world(tmp_path_factory.mktemp("seen"), moderation_scores=True) as one:
        yield one


# ---------------------------------------------------------------------------------------------------- moderations


def moderated(one: World, given: Any, **more: Any) -> Any:
    with openai.OpenAI(base_url=f"{one.url}/v1", api_key="k", max_retries=0) as client:
        return client.moderations.create(input=given, **more)


def test_openais_client_reads_our_moderations(one: World) -> None:
    got = moderated(one, f"write to {MAIL}")
    assert got.id.startswith("modr-") and got.model == "guardproxy"
    (result,) = got.results
    assert result.flagged
    assert result.categories.self_harm_intent is False and result.category_scores.hate_threatening == 0.0
    assert result.category_applied_input_types.violence == []
    assert result.categories.to_dict()["words.mail"] is True
    assert result.category_scores.to_dict()["words.mail"] == 1.0
    assert result.category_applied_input_types.to_dict()["words.mail"] == ["text"]
    assert not one.visits


def test_every_text_of_a_list_has_its_result(one: World) -> None:
    got = moderated(one, [f"write to {MAIL}", "hello", "a bomb"])
    assert [r.flagged for r in got.results] == [True, False, True]


def test_parts_are_one_message(one: World) -> None:
    parts = [{"type": "text", "text": "write to joe@ma"}, {"type": "text", "text": "il.com"}]
    (result,) = moderated(one, parts).results
    assert result.flagged
    (result,) = moderated(one, [{"type": "text", "text": "hello"}]).results
    assert not result.flagged


def test_an_image_is_flagged_as_what_nobody_read(one: World) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    (result,) = moderated(one, [{"type": "text", "text": "look"}, image]).results
    assert result.flagged
    assert result.categories.to_dict()["guard.unread"] is True
    assert result.category_applied_input_types.to_dict()["guard.unread"] == ["image"]
    place = {"type": "image_url", "image_url": {"url": f"https://x.example/?to={MAIL}"}}
    assert moderated(one, [place]).results[0].categories.to_dict()["words.mail"] is True


def test_nothing_of_the_text_comes_back(one: World) -> None:
    raw = post(one, "/v1/moderations", {"input": f"{CANARY} {MAIL}", "model": CANARY})
    assert CANARY.encode() not in raw and MAIL.encode() not in raw
    for wrong in ({"input": [CANARY, 3]}, {"input": "x", CANARY: 1}, {"input": {"text": CANARY}}, {}, {"input": []}):
        raw = post(one, "/v1/moderations", wrong)
        assert status_of(raw) == 400
        assert error_of(raw)["param"] in ("input", "input[0]", "input[1]", CANARY)


def test_every_answer_has_its_record(one: World) -> None:
    raw = post(one, "/v1/moderations", {"input": f"write to {MAIL}"})
    record = one.record_of(raw)
    assert (record["route"], record["outcome"], record["segments"]) == ("/v1/moderations", "redact", 1)
    assert [v["rule"] for v in record["verdicts"]] == ["mask"]
    assert MAIL not in json.dumps(record)
    assert 'route="/v1/moderations"' in one.metrics()


def test_the_doorkeeper_asks_for_the_key_here_too(tmp_path: Path) -> None:
    right = KEY.encode()
    with world(tmp_path, {"GUARDPROXY_KEY": KEY}) as one:
        for path, body in (
            ("/v1/moderations", {"input": "x"}),
            ("/api/v1/text/contents", {"contents": ["x"]}),
            (LITELLM, {"input_type": "request", "texts": ["x"]}),
        ):
            assert status_of(post(one, path, body)) == 401
            assert status_of(post(one, path, body, b"x-api-key: wrong\r\n")) == 401
            assert status_of(post(one, path, body, b"x-api-key: %s\r\n" % right)) == 200
            assert status_of(post(one, path, body, b"authorization: Bearer %s\r\n" % right)) == 200
            assert status_of(post(one, path, body, b"authorization: Bearer no\r\nx-api-key: %s\r\n" % right)) == 200


def test_scores_are_for_those_who_may_see_them() -> None:
    hidden = moderations.result(True, {"pii.email"}, {"pii.email": 0.7, "pii.phone": 0.4}, show_scores=False)
    assert (hidden["category_scores"]["pii.email"], "pii.phone" in hidden["category_scores"]) == (1.0, False)
    shown = moderations.result(True, {"pii.email"}, {"pii.email": 0.7, "pii.phone": 0.4}, show_scores=True)
    assert (shown["category_scores"]["pii.email"], shown["category_scores"]["pii.phone"]) == (0.7, 0.4)
    assert (shown["categories"]["pii.email"], shown["categories"]["pii.phone"]) == (True, False)


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("violence", "violence"),
        ("self_harm.intent", "self-harm/intent"),
        ("violence.knives", "violence"),
        ("pii.email", None),
        ("words.violence", None),
    ],
)
def test_labels_that_are_openais_categories_count_as_those(label: str, category: str | None) -> None:
    assert moderations.category(label) == category
    if category:
        assert moderations.result(True, {label}, {label: 0.9}, show_scores=True)["category_scores"][category] == 0.9


# ---------------------------------------------------------------------------------------------------- contents


def test_spans_are_in_code_points(seen: World) -> None:
    text = f"𝔘𝔫𝔦 é 🦊 {MAIL}!"
    got = asked(seen, "/api/v1/text/contents", {"contents": [text, "hello"], "detector_params": {}})
    at = text.index(MAIL)
    assert got == [
        [
            {
                "start": at,
                "end": at + len(MAIL),
                "text": MAIL,
                "detection": "words.mail",
                "detection_type": "words",
                "detector_id": "words",
                "score": 1.0,
                "evidence": [],
                "metadata": {},
            }
        ],
        [],
    ]


def test_what_is_blocked_hides_nothing_behind_it(one: World) -> None:
    text = "a bomb " + "x " * 10_000 + MAIL
    (found,) = asked(one, "/api/v1/text/contents", {"contents": [text]})
    assert [(d["detection"], text[d["start"] : d["end"]]) for d in found] == [
        ("words.bomb", "bomb"),
        ("words.mail", MAIL),
    ]


def test_a_detector_is_a_filter_of_the_policy(one: World) -> None:
    body = {"contents": [f"mail {MAIL}"]}
    for name in (b"words", b"*"):
        assert len(asked(one, "/api/v1/text/contents", body, b"detector-id: %s\r\n" % name)[0]) == 1
    raw = post(one, "/api/v1/text/contents", body, b"detector-id: pii\r\n")
    assert status_of(raw) == 404
    error = json.loads(body_of(raw))
    assert error["code"] == 404 and "words" in error["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contents": []},
        {"contents": "x"},
        {"contents": ["x", None]},
        {"contents": ["x"], "detector_params": {"regex": ["email"]}},
        {"contents": ["x"], "detector_params": {"threshold": "high"}},
        {"contents": ["x"], "detector_params": [1]},
    ],
)
def test_mistakes_are_told_in_the_detector_apis_shape(one: World, body: Any) -> None:
    raw = post(one, "/api/v1/text/contents", body)
    error = json.loads(body_of(raw))
    assert (status_of(raw), set(error), error["code"]) == (422, {"code", "message"}, 422)


def test_a_threshold_leaves_out_what_is_less_sure(seen: World) -> None:
    body = {"contents": [MAIL], "detector_params": {"threshold": 1.1}}
    assert asked(seen, "/api/v1/text/contents", body) == [[]]


def test_a_text_that_is_too_long_is_a_detection_not_a_silence(one: World) -> None:
    text = "x" * 1_000_001
    (found,) = asked(one, "/api/v1/text/contents", {"contents": [text]}, b"detector-id: words\r\n")
    assert [(d["detection"], d["start"], d["end"]) for d in found] == [("guard.overflow", 0, len(text))]


def test_an_answer_has_an_end(one: World) -> None:
    raw = post(one, "/api/v1/text/contents", {"contents": [f"{MAIL} " * 900] * 23})
    assert (status_of(raw), json.loads(body_of(raw))["code"]) == (413, 413)
    raw = post(one, "/v1/moderations", {"input": ["x"] * 2049})
    assert (status_of(raw), error_of(raw)["param"]) == (400, "input")


def test_health_of_the_detectors_needs_no_upstream(one: World) -> None:
    raw = one.raw(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert (status_of(raw), json.loads(body_of(raw))) == (200, {"status": "HEALTHY"})


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4), st.integers(0, 40))
def test_a_detection_is_where_it_says(texts: list[str], at: int) -> None:
    from guardproxy.types import Finding

    for text in texts:
        start = min(at, len(text))
        (one,) = contents.detections(text, [Finding("f", "a.b", 0.5, (start, len(text)))])
        assert (one["text"], one["detection_type"]) == (text[one["start"] : one["end"]], "a")


# ---------------------------------------------------------------------------------------------------- LiteLLM


def rows(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    return list(messages)


def call(arguments: str, name: str = "send") -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def test_litellm_goes_on_with_edited_texts(one: World) -> None:
    body = {"input_type": "request", "texts": [f"write to {MAIL}", "hello"], "request_data": {"user_api_key_hash": "x"}}
    got = asked(one, LITELLM, body)
    assert got == {"action": "GUARDRAIL_INTERVENED", "texts": ["write to [words.mail]", "hello"]}
    assert asked(one, LITELLM, {"input_type": "response", "texts": ["hello"]}) == {"action": "NONE"}


@pytest.mark.parametrize("side", ["request", "response"])
def test_litellm_is_told_what_is_blocked_and_not_what_it_was(one: World, side: str) -> None:
    raw = post(one, LITELLM, {"input_type": side, "texts": [f"{CANARY} bomb"]})
    got = json.loads(body_of(raw))
    assert got["action"] == "BLOCKED" and got["blocked_reason"]
    assert CANARY.encode() not in raw


@pytest.mark.parametrize("side", ["request", "response"])
def test_a_call_that_would_have_to_change_is_blocked(one: World, side: str) -> None:
    for arguments in (
        json.dumps({"to": MAIL}),
        '{"to": "joe\\u0040mail.com"}',
        json.dumps({MAIL: 1}),
        f"broken {MAIL}",
    ):
        got = asked(one, LITELLM, {"input_type": side, "texts": [], "tool_calls": [call(arguments)]})
        assert got["action"] == "BLOCKED", arguments
    assert asked(one, LITELLM, {"input_type": side, "tool_calls": [call('{"a": 1}')]})["action"] == "NONE"
    got = asked(one, LITELLM, {"input_type": side, "tool_calls": [call("{}", name="bomb")]})
    assert got["action"] == "BLOCKED"


def test_what_the_messages_hold_besides_the_texts_is_read_too(one: World) -> None:
    hidden = {"role": "assistant", "content": "hello", "reasoning_content": f"mail {MAIL}"}
    body = {"input_type": "request", "texts": ["hello"], "structured_messages": rows(hidden)}
    assert asked(one, LITELLM, body)["action"] == "BLOCKED"
    unknown = {"role": "user", "content": [{"type": "text", "text": "hello", "cache_control": {"note": "a bomb"}}]}
    assert asked(one, LITELLM, {**body, "structured_messages": rows(unknown)})["action"] == "BLOCKED"
    parts = {"role": "user", "content": [{"type": "text", "text": t} for t in ("joe@ma", "il.com")]}
    torn = {"input_type": "request", "texts": ["joe@ma", "il.com"], "structured_messages": rows(parts)}
    assert asked(one, LITELLM, torn)["action"] == "BLOCKED"


RECORDED = """
{"input_type": "request", "litellm_call_id": null, "litellm_trace_id": null, "structured_messages": [
  {"role": "system", "content": "be nice"},
  {"role": "user", "content": "write joe@mail.com", "cache_control": {"type": "ephemeral"}},
  {"role": "assistant", "content": null,
   "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\\"a\\":1}"}}]},
  {"role": "tool", "content": "ok", "tool_call_id": "c1"}],
 "images": null,
 "tools": [{"type": "function", "function": {"name": "f", "description": "x", "parameters": {"type": "object"}}}],
 "texts": ["be nice", "write joe@mail.com", "ok"], "request_data": {}, "request_headers": null, "litellm_version": "1.106.2",
 "additional_provider_specific_params": {}, "model": "gpt-4",
 "tool_calls": [{"function": {"arguments": "{\\"a\\":1}", "name": "f"}, "id": "c1", "type": "function"}]}
"""


def test_a_question_as_litellm_1_106_asks_it(one: World) -> None:
    raw = one.post(RECORDED.encode(), LITELLM)
    assert status_of(raw) == 200
    assert json.loads(body_of(raw)) == {
        "action": "GUARDRAIL_INTERVENED",
        "texts": ["be nice", "write [words.mail]", "ok"],
    }
    question = litellm.read(json.loads(RECORDED))
    documents = [(s.text, s.origin.tool) for s in question.fixed if s.json]
    assert documents == [('{"type":"ephemeral"}', None), ('{"a":1}', "f")]
    assert [o.tool for o in question.origins["ok"]] == ["f"]


def test_parts_of_other_dialects_are_read_as_they_are(one: World) -> None:
    part = {"type": "thinking", "thinking": "a bomb", "signature": "x"}
    said = {"role": "assistant", "content": [part, {"type": "text", "text": "hello"}]}
    body = {"input_type": "request", "texts": ["hello"], "structured_messages": rows(said)}
    assert asked(one, LITELLM, body)["action"] == "BLOCKED"
    part["thinking"] = "nothing"
    assert asked(one, LITELLM, body)["action"] == "NONE"


def test_tools_are_given_back_edited(one: World) -> None:
    tool = {"type": "function", "function": {"name": "f", "description": f"mails {MAIL}", "parameters": {}}}
    got = asked(one, LITELLM, {"input_type": "request", "texts": ["x"], "tools": [tool]})
    assert got["action"] == "GUARDRAIL_INTERVENED" and got["texts"] == ["x"]
    assert got["tools"][0]["function"]["description"] == "mails [words.mail]"


def test_images_are_what_nobody_read(one: World) -> None:
    got = asked(one, LITELLM, {"input_type": "request", "texts": ["x"], "images": ["data:image/png;base64,AAAA"]})
    assert got["action"] == "BLOCKED"


def test_the_messages_tell_whose_a_text_is() -> None:
    body = {
        "input_type": "request",
        "texts": ["rules", "hi", "page", "hi"],
        "structured_messages": rows(
            {"role": "system", "content": "rules"},
            {"role": "user", "content": "hi"},
            {"role": "tool", "content": "page", "tool_call_id": "1"},
            {"role": "assistant", "content": "hi"},
        ),
    }
    question = litellm.read(body)
    assert {text: [o.role.value for o in found] for text, found in question.origins.items()} == {
        "rules": ["system"],
        "hi": ["user", "assistant"],
        "page": ["tool"],
    }
    assert question.fixed == ()


@pytest.mark.parametrize(
    "body",
    [{}, {"input_type": "both"}, {"input_type": "request", "texts": [1]}, {"input_type": "request", "texts": {}}],
)
def test_a_question_that_is_none_is_an_error(one: World, body: Any) -> None:
    assert status_of(post(one, LITELLM, body)) == 400
