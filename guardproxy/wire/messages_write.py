"""Replies of the Messages API as Anthropic's clients expect them, rebuilt from released text. Copies nothing from upstream.

Blocks go out one after another, numbered here. Token counts and the reason of the end stand in the last event but one, so
that they wait for the end.
"""

from __future__ import annotations

from typing import Any, Final

from guardproxy.types import Json
from guardproxy.wire import errors
from guardproxy.wire.base import Block, Call, Head, names
from guardproxy.wire.json import dump
from guardproxy.wire.messages_blocks import CALLS
from guardproxy.wire.messages_reply import NESTED, OURS, REASONS
from guardproxy.wire.writing import arguments_object, string

_REASONS: Final = {ours: theirs for theirs, ours in REASONS.items()}
_COUNTS: Final = {ours: theirs for theirs, ours in OURS.items()}
_EMPTY: Final[dict[str, dict[str, Json]]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}
"""A block without its text. A thought's signature is of a text that is not this one any more: it is empty."""


def named(kind: str, data: Json) -> bytes:
    """One event with its name."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), dump({"type": kind, **data}))


def ping() -> bytes:
    """The event that says nothing."""
    return named("ping", {})


def _usage(usage: Json) -> dict[str, Json]:
    """The counts under their names here. Clients want all numbers of an object, if there is one."""
    counted = {_COUNTS.get(name, name): one for name, one in (usage or {}).items() if name != "total_tokens"}
    for name, inner in NESTED.items():
        if name in counted:
            counted[name] = {**dict.fromkeys(inner, 0), **counted[name]}
    return {"input_tokens": 0, "output_tokens": 0, **counted}


class _Writer:
    """What both writers know: whose reply it is, and how it ended."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self._reason = ""
        self._counted: Json | None = None
        self._failed = False

    def _message(self, content: list[Json], ending: dict[str, Json], usage: Json) -> dict[str, Json]:
        fixed = {"id": self.head.id, "type": "message", "role": "assistant", "model": self.head.model}
        return {**fixed, "content": content, **ending, "usage": _usage(usage)}

    def _ending(self) -> dict[str, Json]:
        """Which of several sequences stopped it is the upstream's text, and stays unsaid; of one there is no doubt."""
        reason = _REASONS.get(self._reason, "end_turn")
        asked: list[str] = self.head.echo.get("stop_sequences") or []
        sure = reason == "stop_sequence" and len(asked) == 1
        return {"stop_reason": reason, "stop_sequence": asked[0] if sure else None}

    def _call(self, number: int, call: Call, input: Json) -> dict[str, Json]:
        """A call. Some servers give no id; a tool's answer needs one."""
        id = call.id or f"toolu_{self.head.id.rpartition('_')[2]}_{number}"
        return {"type": "tool_use", "id": id, "name": call.name, "input": input}

    def note(self, choice: int, field: str, start: int, end: int, value: Json) -> bytes:
        raise TypeError("this dialect has no notes")

    def usage(self, usage: Json) -> bytes:
        self._counted = usage
        return b""


class MessagesStreamWriter(_Writer):
    """Writes a stream."""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._began = False
        self._next = 0  # number of the next block
        self._open = ""  # the field whose block is open
        self._frame = b""  # what stands before a piece of its text

    def _begin(self) -> bytes:
        if self._began:
            return b""
        self._began = True
        ending = {"stop_reason": None, "stop_sequence": None}
        return named("message_start", {"message": self._message([], ending, None)})

    def _start(self, block: Json) -> bytes:
        out = (
            self._begin() + self._close() + named("content_block_start", {"index": self._next, "content_block": block})
        )
        self._next += 1
        return out

    def _close(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return self._stop()

    def _stop(self) -> bytes:
        return named("content_block_stop", {"index": self._next - 1})

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        if field == self._open:
            return self._frame + string(text) + b"}}\n\n"
        kind = names(field)[0]
        began = self._start(_EMPTY[kind])
        self._open = field
        delta = b'"index":%d,"delta":{"type":"%b_delta","%b":' % (self._next - 1, kind.encode(), kind.encode())
        self._frame = b'event: content_block_delta\ndata: {"type":"content_block_delta",' + delta
        return began + self._frame + string(text) + b"}}\n\n"

    def _whole(self, block: dict[str, Json], input: str) -> bytes:
        """A block of a call: all of its input is one piece."""
        delta = {"index": self._next, "delta": {"type": "input_json_delta", "partial_json": input}}
        return self._start(block) + named("content_block_delta", delta) + self._stop()

    def call(self, choice: int, index: int, call: Call) -> bytes:
        return self._whole(self._call(self._next, call, {}), call.arguments or "{}")

    def call_begin(self, choice: int, index: int, call: Call) -> bytes:
        return self._start(self._call(self._next, call, {}))

    def call_piece(self, choice: int, index: int, text: str) -> bytes:
        delta = {"type": "input_json_delta", "partial_json": text}
        return named("content_block_delta", {"index": self._next - 1, "delta": delta})

    def call_end(self, choice: int, index: int, *, cut: bool = False) -> bytes:
        return self._stop()

    def block(self, choice: int, block: Block) -> bytes:
        if block.kind not in CALLS:
            return self._start({"type": block.kind, **block.result}) + self._stop()
        return self._whole({"type": block.kind, **block.call, "input": {}}, dump(block.call["input"]).decode())

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        self._reason = reason
        return self._begin() + self._close()

    def error(self, error: Json) -> bytes:
        self._failed = True
        return b"event: error\ndata: " + errors.anthropic(error, 500) + b"\n\n"

    def done(self) -> bytes:
        """The ending, once; an error has been one."""
        if self._failed:
            return b""
        self._failed = True
        delta = {"delta": self._ending(), "usage": _usage(self._counted)}
        return self._begin() + self._close() + named("message_delta", delta) + named("message_stop", {})


class MessagesWholeWriter(_Writer):
    """Writes a whole body."""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._content: list[dict[str, Any]] = []
        self._open = ""  # the field that the last block is of
        self._error: Json | None = None

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        kind = names(field)[0]
        if field != self._open:
            self._open = field
            self._content.append(dict(_EMPTY[kind]))
        self._content[-1][kind] += text
        return b""

    def _add(self, block: dict[str, Any]) -> bytes:
        self._open = ""
        self._content.append(block)
        return b""

    def call(self, choice: int, index: int, call: Call) -> bytes:
        return self._add(self._call(len(self._content), call, arguments_object(call.arguments)))

    def block(self, choice: int, block: Block) -> bytes:
        return self._add({"type": block.kind, **(block.call if block.kind in CALLS else block.result)})

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        self._reason = reason
        return b""

    def error(self, error: Json) -> bytes:
        self._error = error
        return b""

    def done(self) -> bytes:
        if self._error is not None:
            return errors.anthropic(self._error, 500)
        return dump(self._message(list(self._content), self._ending(), self._counted))


class CountWriter(_Writer):
    """Writes a count of tokens, which is a whole body without text."""

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        raise TypeError("a count has no text")

    def call(self, choice: int, index: int, call: Call) -> bytes:
        raise TypeError("a count has no tool calls")

    def block(self, choice: int, block: Block) -> bytes:
        raise TypeError("a count has no blocks")

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        return b""

    def error(self, error: Json) -> bytes:
        return b""

    def done(self) -> bytes:
        return dump({"input_tokens": _usage(self._counted)["input_tokens"]})
