"""Chat Completions from the other side: what guardproxy itself asks of a model, and the answer to it."""

from __future__ import annotations

from guardproxy.types import Json, WireError

ROUTE = "/chat/completions"
_FILTERED = ("content_filter", "content_policy_violation")


def body(model: str, system: str, prompt: str, max_tokens: int) -> dict[str, Json]:
    """A request of one question."""
    first: list[Json] = [{"role": "system", "content": system}] if system else []
    messages: list[Json] = [*first, {"role": "user", "content": prompt}]
    return {"model": model, "messages": messages, "max_tokens": max_tokens}


def answer(body: Json) -> tuple[str, bool]:
    """(what the model answers, whether its server says that it refused). Raises WireError."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content") or "", message.get("refusal") or ""
        if not isinstance(text, str):
            raise TypeError
        return text, bool(refusal) or choice.get("finish_reason") == "content_filter"
    except (KeyError, IndexError, TypeError, AttributeError):
        raise WireError("this is no chat completion") from None


def filtered(body: Json) -> bool:
    """Whether an error says that a content filter stopped the request."""
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and error.get("code") in _FILTERED


def message(body: Json) -> str:
    """What an error says; empty where it says nothing."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error", body.get("detail"))
    told = error.get("message") if isinstance(error, dict) else error
    return told[:200] if isinstance(told, str) else ""
