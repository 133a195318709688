"""Errors of the parts of the backend that are ours, in OpenAI's shape."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer other than 200. `message` is one or two sentences for the client, with the remedy."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param

    def body(self) -> dict[str, Any]:
        kind = "rate_limit_error" if self.status == 429 else "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def unknown(thing: str, name: str) -> ApiError:
    """404 for an id that nobody was given here."""
    return ApiError(404, f"No such {thing}: {name[:80]!r}.", code="not_found", param="id")
