"""Replies of Ollama's own API, rebuilt from released text. Copies nothing from upstream.

The last line says why the reply ended and what it cost, so that it waits for the end. A reply that the guard cut has the
`done_reason` `content_filter`, which is ours: clients take any.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from guardproxy.types import Json
from guardproxy.wire import errors
from guardproxy.wire.base import Call, Head, names
from guardproxy.wire.dialect import TextsAndCalls
from guardproxy.wire.json import dump
from guardproxy.wire.ollama_reply import COUNTS, OURS, REASONS
from guardproxy.wire.writing import arguments_object, string

_REASONS: Final = REASONS | {"content_filter"}
_COUNTS: Final = {ours: theirs for theirs, ours in OURS.items()}


def opening(head: Head) -> dict[str, Json]:
    """What every line begins with."""
    at = datetime.fromtimestamp(head.created, UTC).isoformat().replace("+00:00", "Z")
    return {"model": head.model, "created_at": at}


def silent(head: Head, *, chat: bool) -> bytes:
    """A line that says nothing."""
    said: dict[str, Json] = {"message": {"role": "assistant", "content": ""}} if chat else {"response": ""}
    return dump({**opening(head), **said, "done": False}) + b"\n"


def _call(head: Head, index: int, call: Call) -> dict[str, Json]:
    """A call. Some servers give no id; clients of newer ones send it back."""
    id = call.id or f"call_{head.id.rpartition('-')[2]}_{index}"
    return {"id": id, "function": {"index": index, "name": call.name, "arguments": arguments_object(call.arguments)}}


class _Writer(TextsAndCalls):
    """What both writers know: whose reply it is, and how it ended."""

    def __init__(self, head: Head, *, chat: bool) -> None:
        self.head = head
        self._chat = chat
        self._reason = "stop"
        self._counted: dict[str, Json] = {}

    def _said(self, message: dict[str, Json]) -> dict[str, Json]:
        """The part of a line that holds what the model says."""
        if self._chat:
            return {"message": {"role": "assistant", "content": "", **message}}
        return {"response": "", **message}

    def _last(self, message: dict[str, Json]) -> bytes:
        reason = self._reason if self._reason in _REASONS else "stop"
        return dump({**opening(self.head), **self._said(message), "done": True, "done_reason": reason, **self._counted})

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        self._reason = reason
        return b""

    def usage(self, usage: Json) -> bytes:
        counted = {_COUNTS.get(name, name): one for name, one in usage.items()}
        self._counted = {name: one for name, one in counted.items() if name in COUNTS}
        return b""


class OllamaStreamWriter(_Writer):
    """Writes a stream."""

    def __init__(self, head: Head, *, chat: bool) -> None:
        super().__init__(head, chat=chat)
        self._over = False
        self._frames: dict[str, tuple[bytes, bytes]] = {}  # what stands around a text of a field

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        before, after = self._frames.get(field) or self._frame(field)
        return before + string(text) + after

    def _frame(self, field: str) -> tuple[bytes, bytes]:
        mark = "\0"
        line = dump({**opening(self.head), **self._said({names(field)[0]: mark}), "done": False}) + b"\n"
        before, _, after = line.partition(string(mark))
        self._frames[field] = (before, after)
        return before, after

    def call(self, choice: int, index: int, call: Call) -> bytes:
        said = self._said({"tool_calls": [_call(self.head, index, call)]})
        return dump({**opening(self.head), **said, "done": False}) + b"\n"

    def error(self, error: Json) -> bytes:
        self._over = True
        return errors.ollama(error) + b"\n"

    def done(self) -> bytes:
        """The last line, once; an error has been one."""
        over, self._over = self._over, True
        return b"" if over else self._last({}) + b"\n"


class OllamaWholeWriter(_Writer):
    """Writes a whole body."""

    def __init__(self, head: Head, *, chat: bool) -> None:
        super().__init__(head, chat=chat)
        self._texts: dict[str, list[str]] = {}
        self._calls: list[dict[str, Any]] = []
        self._error: Json | None = None

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        self._texts.setdefault(names(field)[0], []).append(text)
        return b""

    def call(self, choice: int, index: int, call: Call) -> bytes:
        self._calls.append(_call(self.head, index, call))
        return b""

    def error(self, error: Json) -> bytes:
        self._error = error
        return b""

    def done(self) -> bytes:
        if self._error is not None:
            return errors.ollama(self._error)
        message: dict[str, Json] = {name: "".join(parts) for name, parts in self._texts.items()}
        return self._last(message | ({"tool_calls": self._calls} if self._calls else {}))
