"""Errors have OpenAI's shape, and only a message survives of an upstream's."""

import json

import httpx
import openai
import pytest

from guardproxy.wire.errors import MAX_MESSAGE, blocked_request, error_body, message_of, read_upstream_error, type_of
from guardproxy.wire.errors import openai as openai_body


def test_an_error_has_all_four_fields() -> None:
    assert json.loads(error_body("Say hello.", param="messages", status=404)) == {
        "error": {"message": "Say hello.", "type": "not_found_error", "param": "messages", "code": None}
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (413, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_the_type_follows_from_the_status(status: int, kind: str) -> None:
    assert type_of(status) == kind


def test_a_blocked_request_reads_as_azure_says_it() -> None:
    error = blocked_request("Blocked.", ["pii.email", "pii.phone", "secret.aws", "<bad>"])
    assert error["code"] == "content_filter" and error["type"] == "invalid_request_error"
    assert error["innererror"] == {
        "code": "ResponsibleAIPolicyViolation",
        "content_filter_result": {n: {"filtered": True, "detected": True} for n in ("pii", "secret")},
    }


def test_a_blocked_request_names_its_place_where_it_has_one() -> None:
    assert blocked_request("Blocked.", [])["param"] is None
    assert blocked_request("Blocked.", [], "messages[0]")["param"] == "messages[0]"


def test_the_openai_client_understands_it() -> None:
    transport = httpx.MockTransport(
        lambda request: httpx.Response(400, content=openai_body(blocked_request("Blocked.", ["pii.email"])))
    )
    with httpx.Client(transport=transport) as client:
        answer = client.get("http://guard.test/")
    error = openai.BadRequestError("x", response=answer, body=answer.json()["error"])  # type: ignore[arg-type]
    assert error.code == "content_filter" and error.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"no such model","type":"x","code":"y","secret":"z"}}', "no such model"),
        (b'{"error":"out of memory"}', "out of memory"),
        (b'{"error":{"code":"overloaded"}}', "overloaded"),
        (b'{"detail":"Unexpected fields"}', "Unexpected fields"),
        (b'{"detail":[{"loc":["body","n"],"msg":"too big"},{"msg":"and bad"}]}', "body.n: too big; and bad"),
        (b'{"message":"nope"}', "nope"),
        (b'"just a string"', "just a string"),
        (b"upstream connect error", "upstream connect error"),
        (b"<html><body>Bad gateway</body></html>", "The upstream answered with status 502."),
        (b"", "The upstream answered with status 502."),
        (b'{"error":{}}', "The upstream answered with status 502."),
        (b'{"error":42}', "The upstream answered with status 502."),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"error":"\\ud83d"}', "?"),
    ],
)
def test_messages_of_every_shape(body: bytes, message: str) -> None:
    assert read_upstream_error(502, body) == message


def test_messages_are_bounded() -> None:
    assert len(read_upstream_error(500, b"x" * 1_000_000)) == MAX_MESSAGE
    assert len(message_of({"error": "x" * 100_000})) == MAX_MESSAGE
