"""Errors in OpenAI's shape: ours as bytes, the upstream's as a message. Decides nothing and logs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from guardproxy.types import Json, WireError
from guardproxy.wire.json import dump, parse_reply

MAX_MESSAGE = 2048
"""Characters of an upstream's error message that are kept."""

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_CATEGORY: Final = re.compile(r"[a-z0-9_]{1,64}")


def type_of(status: int) -> str:
    """OpenAI's error type for an HTTP status."""
    return _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")


def sentence(message: str) -> str:
    """A message that may stand after a colon, as a sentence of its own."""
    return message[:1].upper() + message[1:]


def error_object(
    message: str, *, type: str | None = None, code: str | None = None, param: str | None = None, status: int = 400
) -> dict[str, Json]:
    """The object inside `{"error": …}`. Without `type` it follows from the status."""
    return {"message": message, "type": type or type_of(status), "param": param, "code": code}


def error_body(
    message: str, *, type: str | None = None, code: str | None = None, param: str | None = None, status: int = 400
) -> bytes:
    """A body for an HTTP error answer."""
    return dump({"error": error_object(message, type=type, code=code, param=param, status=status)})


def openai(error: dict[str, Json], status: int = 400) -> bytes:
    """An error object as the body that OpenAI's clients read."""
    return dump({"error": error})


_ANTHROPIC: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
"""Anthropic's error type for an HTTP status."""


def anthropic(error: dict[str, Json], status: int = 400) -> bytes:
    """An error object as the body that Anthropic's clients read. `code` and `param` are ours, for programs."""
    kind = _ANTHROPIC.get(status, "api_error" if status >= 500 else "invalid_request_error")
    more = {name: error[name] for name in ("code", "param") if error.get(name) is not None}
    return dump({"type": "error", "error": {"type": kind, "message": error["message"], **more}})


def ollama(error: dict[str, Json], status: int = 400) -> bytes:
    """An error object as the body, or the line of a stream, that Ollama's clients read."""
    return dump({"error": error["message"]})


def blocked_request(message: str, labels: Iterable[str], param: str | None = None) -> dict[str, Json]:
    """The error of the 400 that a blocked request gets: `code` as OpenAI's SDKs know it, `innererror` as Azure's do.

    Categories are the first parts of our labels (`pii.email` → `pii`).
    """
    categories = sorted({label.split(".", 1)[0] for label in labels})
    error = error_object(message, code="content_filter", param=param)
    error["innererror"] = {
        "code": "ResponsibleAIPolicyViolation",
        "content_filter_result": {
            c: {"filtered": True, "detected": True} for c in categories if _CATEGORY.fullmatch(c)
        },
    }
    return error


def message_of(body: Json) -> str:
    """The message of an error in any of the shapes that servers use; empty where there is none. Untrusted text."""
    if not isinstance(body, dict):
        return body if isinstance(body, str) else ""
    for name in ("error", "detail", "message"):
        value = body.get(name)
        if isinstance(value, dict):
            value = value.get("message") or value.get("detail") or value.get("code")
        if isinstance(value, list):
            value = "; ".join(filter(None, map(_detail, value[:8])))
        if isinstance(value, str) and value:
            return value[:MAX_MESSAGE]
    return ""


def _detail(item: Json) -> str:
    """One entry of FastAPI's list of what is wrong."""
    if not isinstance(item, dict):
        return item if isinstance(item, str) else ""
    message, place = item.get("msg"), item.get("loc")
    if not isinstance(message, str):
        return ""
    path = ".".join(str(p) for p in place if isinstance(p, str | int)) if isinstance(place, list) else ""
    return f"{path}: {message}" if path else message


def read_upstream_error(status: int, body: bytes) -> str:
    """The message of an upstream's error answer. Untrusted: guard it before anybody sees it.

    Web pages give none: what stands in a gateway's page is for a browser. Without a message the status has to do.
    """
    try:
        message = message_of(parse_reply(body[: 64 * 1024]))
    except WireError:
        text = body[: MAX_MESSAGE * 4].decode("utf-8", "replace").strip()
        message = "" if text.startswith("<") else text[:MAX_MESSAGE]
    message = message.encode("utf-8", "replace").decode()
    return message or f"The upstream answered with status {status}."


_NOTHING_THERE = ("", "not found", "404 page not found", "the upstream answered with status 404")


def nothing_there(status: int, message: str) -> bool:
    """Whether an upstream's error says no more than that it has nothing at this address."""
    return status == 404 and message.strip(" .").lower() in _NOTHING_THERE
