"""Replies of Ollama's own API as items: whole bodies and lines alike. Rebuilds nothing and decides nothing.

A whole body is the one line of its reply. What holds text and is not known here is left out and named in `dropped`.
"""

from __future__ import annotations

from typing import Any, Final

from guardproxy.types import Json, WireError
from guardproxy.wire.base import Call, Fault, Item, Usage
from guardproxy.wire.errors import message_of
from guardproxy.wire.json import dump, parse_reply
from guardproxy.wire.leaked import Told
from guardproxy.wire.reply import Dropped, Halves, counts

_GARBLED: Final = "the upstream sent a line that can't be read"
CHAT: Final = ("thinking", "content")
"""Text fields of a chat's message, in the order in which they are given when they come together."""
GENERATE: Final = ("thinking", "response")
COUNTS: Final = (
    "prompt_eval_count", "eval_count", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration",
)  # fmt: skip
OURS: Final = {"prompt_eval_count": "prompt_tokens", "eval_count": "completion_tokens"}
"""Counts that every dialect has. Durations are nanoseconds."""
REASONS: Final = frozenset(("stop", "length", "load", "unload"))
_TOP: Final = frozenset(("model", "created_at", "done", "done_reason", *COUNTS))
_CALL: Final = frozenset(("id", "type", "function"))
_FUNCTION: Final = frozenset(("name", "arguments", "index"))


class OllamaReader:
    """Reads one reply. `chat`: of `/api/chat`, otherwise of `/api/generate`."""

    __slots__ = ("_chat", "_halves", "_harmony", "_names", "_next", "done", "dropped")

    def __init__(self, *, chat: bool) -> None:
        self.done = False
        self.dropped: set[str] = (dropped := Dropped())
        self._chat = chat
        self._names = CHAT if chat else GENERATE
        self._harmony = Told(dropped, answer=self._names[1], thoughts=("thinking",), default="thinking")
        self._next = 0  # number of the next call
        self._halves = Halves()

    def event(self, data: bytes) -> list[Item]:
        """Items of one line."""
        try:
            body = parse_reply(data)
        except WireError:
            return [Fault(_GARBLED)]
        return self._read(body) if isinstance(body, dict) else [Fault(_GARBLED)]

    def whole(self, body: Json) -> list[Item]:
        """Items of a whole body."""
        if not isinstance(body, dict):
            raise WireError("it is no JSON object", status=502, code="upstream_error")
        said = "message" if self._chat else "response"
        if body.get(said) is None and not body.get("done") and not message_of(body):
            raise WireError(f"it has no `{said}`", status=502, code="upstream_error")
        self._halves.whole = self._harmony.whole = True
        return self._read({**body, "done": True})

    def _read(self, body: dict[str, Any]) -> list[Item]:
        if body.get("error"):
            return [Fault(message_of(body) or "the upstream reported an error without a message")]
        items: list[Item] = []
        message = body.get("message") if self._chat else body
        if self._chat:
            self._note(body, _TOP | {"message"})
        if isinstance(message, dict):
            known = {"role", "tool_calls", *self._names} if self._chat else {"tool_calls", *_TOP, *self._names}
            self._note(message, frozenset(known), "message." if self._chat else "")
            self._message(message, items)
        elif message is not None:
            return [Fault(_GARBLED)]
        if body.get("done"):
            self.done = True
            for _, name in self._halves.give_up():
                self._harmony.text(0, name, "\ufffd", None, items)
            self._harmony.end(0, _reason(body.get("done_reason")), items)
            if numbers := counts(body, dict.fromkeys(COUNTS)):
                items.append(Usage({OURS.get(name, name): one for name, one in numbers.items()}))
        return items

    def _message(self, message: dict[str, Any], items: list[Item]) -> None:
        for name in self._names:
            text = message.get(name)
            if not isinstance(text, str):
                self._note({name: text}, frozenset(), "message.")
                continue
            if not text.isascii() or self._halves:
                text = self._halves.mend((0, name), text)
            if text:
                self._harmony.text(0, name, text, None, items)
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            for call in calls:
                self._call(call, items)
        else:
            self._note({"tool_calls": calls}, frozenset(), "message.")

    def _call(self, call: Json, items: list[Item]) -> None:
        """A call, which is always whole. Its arguments are an object."""
        inner = call.get("function") if isinstance(call, dict) else None
        if not isinstance(inner, dict):
            self._note({"tool_calls": call}, frozenset(), "message.")
            return
        self._note(call, _CALL, "tool_calls.")
        self._note(inner, _FUNCTION, "tool_calls.function.")
        arguments = inner.get("arguments")
        try:
            said = arguments if isinstance(arguments, str) else dump({} if arguments is None else arguments).decode()
        except (ValueError, RecursionError):  # infinite numbers, endless depth
            items.append(Fault(_GARBLED))
            return
        id, name, said = (_mended(one) for one in (call.get("id"), inner.get("name"), said))
        self._harmony.call(Call(0, self._next, id, name, said, whole=True), items)
        self._next += 1

    def _note(self, value: dict[str, Any], known: frozenset[str], prefix: str = "") -> None:
        assert isinstance(self.dropped, Dropped)
        self.dropped.note_unknown(value, known, prefix)


def _mended(value: Json) -> str:
    """A string of a call. Halves of characters have nothing to wait for."""
    text = value if isinstance(value, str) else ""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _reason(value: Json) -> str:
    return value if isinstance(value, str) and value in REASONS else "stop"
