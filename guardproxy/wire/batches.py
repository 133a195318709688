"""Batches in OpenAI's API: lines of requests and of results, orders, and the objects that clients get.

A line of a file of requests, and of results (platform.openai.com/docs/guides/batch):

    {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {…}}
    {"id": "…", "custom_id": "a", "response": {"status_code": 200, "request_id": "…", "body": {…}}, "error": null}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from guardproxy.types import Json, WireError
from guardproxy.wire.json import dump
from guardproxy.wire.tuning import ID

PURPOSE: Final = "batch"
RESULTS: Final = "batch_output"
"""Purpose of files of results."""
URLS: Final = ("/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/embeddings")
"""What a line may ask for."""
WINDOW: Final = "24h"
MAX_ID: Final = 512
"""Characters of a `custom_id`."""
MAX_METADATA: Final = 16
_LINE: Final = frozenset({"custom_id", "method", "url", "body"})
_ORDER: Final = frozenset({"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"})
_STATES: Final = (
    "validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled",
)  # fmt: skip
OVER: Final = frozenset({"failed", "completed", "expired", "cancelled"})
"""States in which nothing of a batch is still to come."""
_TIMES: Final = tuple(f"{state}_at" for state in (*_STATES[1:], "expires"))
_COUNTS: Final = ("total", "completed", "failed")
_CODES: Final = frozenset(
    {
        "batch_cancelled", "batch_expired", "billing_hard_limit_reached", "content_filter", "context_length_exceeded",
        "duplicate_custom_id", "empty_file", "insufficient_quota", "internal_error", "invalid_json_line",
        "invalid_method", "invalid_request", "invalid_request_error", "invalid_url", "invalid_value", "mismatched_model",
        "missing_required_parameter", "model_not_found", "rate_limit_exceeded", "request_timeout", "server_error",
        "timed_out", "timeout", "token_limit_exceeded", "too_many_tasks", "url_mismatch",
    }
)  # fmt: skip
"""Codes of errors of a batch and of a line that servers are known to tell. Any other word could be a text."""
_BREAKS: Final = {c.encode(): b"\\u%04x" % ord(c) for c in "\x85\u2028\u2029"}
"""What some readers take for the end of a line (Python's `str.splitlines`), and JSON has no need to escape."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a file of requests."""

    custom_id: str
    url: str
    body: dict[str, Any]


def asked(value: Mapping[str, Json]) -> Asked:
    """Raises WireError, naming what is wrong and never quoting it."""
    if unknown := sorted(value.keys() - _LINE):
        raise WireError("it has a key besides custom_id, method, url and body", param=unknown[0][:64])
    name, url, body = value.get("custom_id"), value.get("url"), value.get("body")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_ID:
        raise WireError(f"`custom_id` must be a text of 1 to {MAX_ID} characters", param="custom_id")
    if value.get("method") != "POST":
        raise WireError("`method` must be POST", param="method")
    if not isinstance(url, str) or url not in URLS:
        raise WireError(f"`url` must be one of {', '.join(URLS)}: others are not guarded in batches", param="url")
    if not isinstance(body, dict):
        raise WireError("`body` must be an object", param="body")
    if body.get("stream"):
        raise WireError("a batch has no streams; leave out `stream`", param="stream")
    return Asked(name, url, body)


def written(custom_id: str, url: str, body: Mapping[str, Json]) -> bytes:
    """A line for the upstream."""
    return _line(dump({"custom_id": custom_id, "method": "POST", "url": url, "body": dict(body)}))


def _line(data: bytes) -> bytes:
    """JSON as one line, whoever reads it."""
    for character, escaped in _BREAKS.items():
        data = data.replace(character, escaped)
    return data + b"\n"


# ---------------------------------------------------------------------------------------------------- orders


@dataclass(frozen=True, slots=True)
class Order:
    """What a client asks for."""

    file: str
    url: str
    metadata: Mapping[str, str]


def order(body: Mapping[str, Json]) -> Order:
    """Raises WireError."""
    if unknown := sorted(body.keys() - _ORDER):
        raise WireError(
            f"Unknown parameter {unknown[0][:64]!r} of a batch.", code="unknown_parameter", param=unknown[0][:64]
        )
    if body.get("output_expires_after") is not None:
        message = "Results expire with their batch here (`batches: expire:`); leave out `output_expires_after`."
        raise WireError(message, code="unsupported_parameter", param="output_expires_after")
    file, url, metadata = body.get("input_file_id"), body.get("endpoint"), body.get("metadata")
    if not isinstance(file, str) or not file:
        raise WireError("`input_file_id` must be the id of a file.", param="input_file_id")
    if not isinstance(url, str) or url not in URLS:
        raise WireError(f"`endpoint` must be one of {', '.join(URLS)}.", param="endpoint")
    if body.get("completion_window") != WINDOW:
        raise WireError(f"`completion_window` must be '{WINDOW}'.", param="completion_window")
    return Order(file, url, _metadata(metadata))


def _metadata(value: Json) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_METADATA:
        raise WireError(f"`metadata` must be an object of at most {MAX_METADATA} texts.", param="metadata")
    out = {name: one for name, one in value.items() if isinstance(one, str) and len(one) <= 512 and len(name) <= 64}
    if len(out) != len(value):
        raise WireError("`metadata` has texts of at most 512 characters under names of at most 64.", param="metadata")
    return out


def batch_object(
    reply: Json, known: Mapping[str, Json], outputs: Mapping[str, str | None], errors: list[dict[str, Json]]
) -> dict[str, Json]:
    """A `Batch`, rebuilt. `known`: id, endpoint, input_file_id, created_at, metadata; `outputs`: our ids of its files;
    `errors`: those of `errors_of`, as they may be read. Raises ValueError for what is no batch."""
    if not isinstance(reply, dict):
        raise ValueError("no batch")
    counts = reply.get("request_counts")
    return {
        "id": known["id"],
        "object": "batch",
        "endpoint": known["endpoint"],
        "errors": {"object": "list", "data": list(errors)} if errors else None,
        "input_file_id": known["input_file_id"],
        "completion_window": WINDOW,
        "status": status_of(reply),
        "output_file_id": outputs.get("output_file_id"),
        "error_file_id": outputs.get("error_file_id"),
        "created_at": known["created_at"],
        **{name: _whole(reply.get(name)) for name in _TIMES},
        "request_counts": {
            name: _whole(counts.get(name)) or 0 if isinstance(counts, dict) else 0 for name in _COUNTS
        },
        "metadata": known["metadata"] or None,
    }  # fmt: skip


def id_of(reply: Json) -> str:
    """The upstream's own id. Raises ValueError for what has none."""
    id = reply.get("id") if isinstance(reply, dict) else None
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise ValueError("no id")
    return id


def status_of(reply: Json) -> str:
    """Raises ValueError for what is no batch."""
    state = reply.get("status") if isinstance(reply, dict) else None
    if not isinstance(state, str) or state not in _STATES:
        raise ValueError("no batch")
    return state


def output_of(reply: Json, name: str) -> str | None:
    """The upstream's id of a file of results: `output_file_id` or `error_file_id`."""
    id = reply.get(name) if isinstance(reply, dict) else None
    return id if isinstance(id, str) and ID.fullmatch(id) else None


def errors_of(reply: Json) -> list[tuple[str, int | None, str]]:
    """(code, line, message) of what the upstream found wrong with the file. The messages are untrusted."""
    errors = reply.get("errors") if isinstance(reply, dict) else None
    data = errors.get("data") if isinstance(errors, dict) else None
    rows = [one for one in data if isinstance(one, dict)][:50] if isinstance(data, list) else []
    return [(code(one.get("code")), _whole(one.get("line")), _text(one.get("message"))) for one in rows]


def code(value: Json, otherwise: str = "upstream_error") -> str:
    """A known word of an upstream's, or ours."""
    return value if isinstance(value, str) and value in _CODES else otherwise


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# ---------------------------------------------------------------------------------------------------- results


@dataclass(frozen=True, slots=True)
class Result:
    """One line of an upstream's file of results. Everything of it is untrusted."""

    custom_id: str
    status: int
    """0: there is no response."""
    body: Json
    code: str = ""
    message: str = ""
    """Of its error, where there is no response."""


def result(value: Json) -> Result:
    """Raises ValueError for what is no such line."""
    if not isinstance(value, dict) or not isinstance(value.get("custom_id"), str):
        raise ValueError("no line of results")
    response, error = value.get("response"), value.get("error")
    if isinstance(response, dict):
        status = response.get("status_code")
        if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
            raise ValueError("a response without a status")
        return Result(value["custom_id"], status, response.get("body"))
    if not isinstance(error, dict):
        raise ValueError("a line with neither response nor error")
    return Result(value["custom_id"], 0, None, code(error.get("code")), _text(error.get("message")))


def response(id: str, custom_id: str, request: str, status: int, body: bytes) -> bytes:
    """A line of results for a client. `body`: JSON as it is released."""
    head = dump({"id": id, "custom_id": custom_id})[:-1]
    inside = dump({"status_code": status, "request_id": request})[:-1]
    return _line(head + b',"response":' + inside + b',"body":' + body + b'},"error":null}')


def failure(id: str, custom_id: str | None, code: str, message: str) -> bytes:
    """A line of results without a response. `custom_id`: None where nobody knows which request it is for."""
    error = {"code": code, "message": message}
    return _line(dump({"id": id, "custom_id": custom_id, "response": None, "error": error}))
