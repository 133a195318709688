"""What readers of replies share: names of what was left out, halves of characters, endings, token counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from guardproxy.types import Json
from guardproxy.wire.json import holds_text

MAX_DROPPED = 32
_NAME: Final = re.compile(r"[A-Za-z0-9_.]{1,64}")
_DETAIL: Final = ("audio_tokens", "cached_tokens", "cache_write_tokens", "image_tokens", "text_tokens")
_COUNTS: Final = {
    "prompt_tokens": None,
    "completion_tokens": None,
    "total_tokens": None,
    "prompt_tokens_details": dict.fromkeys(_DETAIL),
    "completion_tokens_details": dict.fromkeys(
        (*_DETAIL, "reasoning_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
    ),
}
COUNTS: Final = frozenset(_COUNTS)
REASONS: Final = {reason: reason for reason in ("stop", "length", "tool_calls", "content_filter", "function_call")} | {
    "error": "stop"
}
"""Finish reasons that clients know; whatever else a server says, the choice stopped."""


def reason_of(value: Json) -> str:
    return REASONS.get(value, "stop") if isinstance(value, str) else "stop"


class Dropped(set[str]):
    """Names of what was left out of a reply: few, short and harmless, since they go into logs."""

    def note(self, name: str) -> None:
        if len(self) < MAX_DROPPED:
            self.add(name if _NAME.fullmatch(name) else "?")

    def note_unknown(self, value: dict[str, Any], known: frozenset[str], prefix: str = "") -> None:
        """Note what is not known here and holds text."""
        for name, one in value.items():
            if name not in known and holds_text(one):
                self.note(prefix + name)


def counts(value: Json, known: Mapping[str, Any] = _COUNTS) -> dict[str, Any] | None:
    """Token counts under their known names; whatever else servers put beside them is left out.

    `known`: names to None for a number, or to the names in an object.
    """
    return _counts(value, known) if isinstance(value, dict) else None


def _counts(value: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, inner in known.items():
        one = value.get(name)
        if inner is None and type(one) is int and 0 <= one < 1 << 53:
            out[name] = one
        elif inner is not None and isinstance(one, dict):
            out[name] = _counts(one, inner)
    return out


class Halves:
    """Characters beyond the BMP whose two UTF-16 halves came in different events of one field."""

    __slots__ = ("_pending", "whole")

    def __init__(self) -> None:
        self._pending: dict[tuple[Any, ...], str] = {}
        self.whole = False
        """Nothing follows a text: a half at its end waits for nothing."""

    def __bool__(self) -> bool:
        return bool(self._pending)

    def mend(self, key: tuple[Any, ...], text: str) -> str:
        """The text with halves joined; a last first half waits. A half without its other one becomes U+FFFD."""
        text = self._pending.pop(key, "") + text
        if text and not self.whole and "\ud800" <= text[-1] <= "\udbff":
            self._pending[key] = text[-1]
            text = text[:-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def give_up(self, choice: int | None = None) -> list[tuple[Any, ...]]:
        """Keys whose other half never came (of one choice, or of all); each stands for one U+FFFD."""
        keys = [k for k in self._pending if choice is None or k[0] == choice]
        for key in keys:
            del self._pending[key]
        return keys
