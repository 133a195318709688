"""Logprobs, rebuilt from what was checked: they repeat a reply's text, so they may say nothing that the text doesn't.

Alternatives (`top_logprobs`) are tokens that the model did not choose. They are no part of any text; they are kept short,
and whoever holds the text scans them with it.
"""

from __future__ import annotations

from typing import Any

from guardproxy.types import Json

MAX_TOKEN = 64
"""Bytes of an alternative. Longer ones are no tokens."""
MAX_ALTERNATIVES = 128


def chat(entries: Json, text: str) -> list[dict[str, Any]] | None:
    """The tokens of exactly this text, or None when they are of another."""
    if not isinstance(entries, list) or not entries:
        return None
    tokens = [_chat_token(e) for e in entries]
    if any(t is None for t in tokens):
        return None
    if b"".join(raw for raw, _ in filter(None, tokens)) != text.encode("utf-8", "replace"):
        return None
    out = []
    for entry, token in zip(entries, filter(None, tokens), strict=True):
        alternatives = [_chat_token(a) for a in _list(entry.get("top_logprobs"))[:MAX_ALTERNATIVES]]
        short = [a[1] for a in alternatives if a and len(a[0]) <= MAX_TOKEN]
        out.append({**token[1], "top_logprobs": short})
    return out


def _chat_token(entry: Json) -> tuple[bytes, dict[str, Any]] | None:
    """A token's bytes and its object. The string follows from the bytes where there are any, so it can't differ."""
    if not isinstance(entry, dict) or not isinstance(entry.get("token"), str):
        return None
    logprob = _float(entry.get("logprob"))
    if logprob is None:
        return None
    numbers = entry.get("bytes")
    if numbers is None:
        return _utf8(entry["token"]), {"token": entry["token"], "logprob": logprob, "bytes": None}
    if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < 256 for n in numbers):
        return None
    raw = bytes(numbers)
    return raw, {"token": raw.decode("utf-8", "replace"), "logprob": logprob, "bytes": numbers}


def completion(value: Json, text: str) -> dict[str, Any] | None:
    """The legacy form: parallel lists. None unless the tokens are exactly this text."""
    tokens = value.get("tokens") if isinstance(value, dict) else None
    if not tokens or not isinstance(tokens, list) or not all(isinstance(t, str) for t in tokens):
        return None
    if "".join(tokens) != text:
        return None
    return {
        "tokens": tokens,
        "token_logprobs": _same_length([_float(p) for p in _list(value.get("token_logprobs"))], tokens),
        "top_logprobs": _same_length([_alternatives(a) for a in _list(value.get("top_logprobs"))], tokens),
        "text_offset": _offsets(value.get("text_offset"), tokens),
    }


def _alternatives(value: Json) -> dict[str, float] | None:
    if not isinstance(value, dict):
        return None
    short = {t: _float(p) for t, p in list(value.items())[:MAX_ALTERNATIVES] if len(_utf8(t)) <= MAX_TOKEN}
    return {t: p for t, p in short.items() if p is not None}


def _offsets(value: Json, tokens: list[str]) -> list[int] | None:
    """Where each token starts. Counted here from the first one's place: a list of numbers can spell a text."""
    first = _list(value)[0] if _list(value) else None
    if type(first) is not int or not 0 <= first < 1 << 31:
        return None
    out = [first]
    for token in tokens[:-1]:
        out.append(out[-1] + len(token))
    return out


def _same_length(values: list[Any], tokens: list[str]) -> list[Any] | None:
    return values if len(values) == len(tokens) else None


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


def _float(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
