"""Replies of the Messages API as items: whole bodies and events alike. Rebuilds nothing and decides nothing.

Blocks come one after another and are numbered here, in the order in which they begin: the field of a text is its kind
and that number. What holds text and is not known here is left out of the reply and named in `dropped`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from guardproxy.types import Json, WireError
from guardproxy.wire.base import PART, Block, Call, Fault, Item, Unknown, Usage
from guardproxy.wire.errors import message_of
from guardproxy.wire.json import dump, parse_reply
from guardproxy.wire.leaked import Told
from guardproxy.wire.messages_blocks import CALLS, ENCRYPTED, RESULTS
from guardproxy.wire.reply import Dropped, Halves, counts

GARBLED: Final = "the upstream sent an event that can't be read"
_SILENT_ERROR: Final = "the upstream reported an error without a message"
MAX_BLOCKS: Final = 512
"""Blocks of one reply."""
MAX_INPUT: Final = 256 * 1024
"""Characters of one call's input, for tools of the server's."""
REASONS: Final = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
    "stop_sequence": "stop_sequence",
    "pause_turn": "pause_turn",
    "model_context_window_exceeded": "model_context_window_exceeded",
}
"""Stop reasons to ours, where there is one."""
NESTED: Final = {
    "output_tokens_details": dict.fromkeys(("thinking_tokens",)),
    "server_tool_use": dict.fromkeys(("web_search_requests", "web_fetch_requests")),
}
COUNTS: Final = {
    "input_tokens": None,
    "output_tokens": None,
    "cache_creation_input_tokens": None,
    "cache_read_input_tokens": None,
    **NESTED,
}
OURS: Final = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
"""Counts that every dialect has."""
_MESSAGE: Final = frozenset(("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"))
_TEXTS: Final = {"text": "text", "thinking": "thinking", "text_delta": "text", "thinking_delta": "thinking"}
_EVENTS: Final = frozenset(("type", "index", "message", "content_block", "delta", "usage", "error"))


@dataclass(slots=True)
class _Open:
    """A block whose end has not come."""

    number: int
    kind: str
    began: dict[str, Any]
    """The block as its start had it."""
    said: bool = False
    """A piece of its input has come."""
    input: list[str] = field(default_factory=list)
    """Pieces of the input, of a tool of the server's."""
    size: int = 0
    """Characters of them."""


class MessagesReader:
    """Reads one reply."""

    __slots__ = ("_ended", "_halves", "_harmony", "_next", "_open", "_tools", "_usage", "done", "dropped")

    def __init__(self) -> None:
        self.done = False
        self.dropped: set[str] = (dropped := Dropped())
        self._harmony = Told(dropped, answer="text", thoughts=("thinking",), default="thinking")
        self._open: dict[int, _Open] = {}  # by the upstream's index
        self._next = 0
        self._tools: dict[str, str] = {}  # id of a call → its tool
        self._usage: dict[str, Any] = {}
        self._ended = False
        self._halves = Halves()

    # ------------------------------------------------------------------------------------------------ entrances

    def event(self, data: bytes) -> list[Item]:
        """Items of one event's data."""
        if data.strip() == b"[DONE]":  # some servers end every stream like this
            self.done = True
            return self._close_all()
        try:
            body = parse_reply(data)
        except WireError:
            return [Fault(GARBLED)]
        if not isinstance(body, dict):
            return [Fault(GARBLED)]
        return self._event(body)

    def whole(self, body: Json) -> list[Item]:
        """Items of a whole body."""
        if not isinstance(body, dict):
            raise WireError("it is no JSON object", status=502, code="upstream_error")
        if body.get("type") == "error" or (body.get("content") is None and message_of(body)):
            return [Fault(message_of(body) or _SILENT_ERROR)]
        if not isinstance(body.get("content"), list):
            raise WireError("it has no `content`", status=502, code="upstream_error")
        self.done = self._halves.whole = True
        self._note(body, _MESSAGE)
        items: list[Item] = []
        for position, block in enumerate(body["content"]):
            if not isinstance(block, dict):
                return [*items, Fault(GARBLED)]
            self._start(position, block, items)
            self._stop(position, items)
        self._harmony.end(0, _reason(body.get("stop_reason")), items)
        return items + self._counts(body.get("usage"))

    # ------------------------------------------------------------------------------------------------ events

    def _event(self, body: dict[str, Any]) -> list[Item]:
        kind, items = body.get("type"), list[Item]()
        if kind == "content_block_delta" and isinstance(body.get("delta"), dict):
            self._delta(_index(body), body["delta"], items)
        elif kind == "content_block_start" and isinstance(body.get("content_block"), dict):
            self._start(_index(body), body["content_block"], items)
        elif kind == "content_block_stop":
            self._stop(_index(body), items)
        elif kind == "message_start":
            items += self._begin(body.get("message"))
        elif kind == "message_delta":
            items += self._message_delta(body)
        elif kind == "message_stop":
            self.done = True
            items += self._close_all()
        elif kind == "error" or body.get("error"):
            return [Fault(message_of(body) or _SILENT_ERROR)]
        elif kind != "ping":
            return self._unknown(body)
        self._note(body, _EVENTS)
        return items

    def _unknown(self, body: dict[str, Any]) -> list[Item]:
        """An event that is not known. One that may hold text is told, since it is left out."""
        noted = Dropped()
        noted.note_unknown(body, frozenset(("type", "index")))
        if not noted:
            return []
        self._name("event")
        return [Unknown(0, "an event of an unknown kind")]

    def _begin(self, message: Json) -> list[Item]:
        if not isinstance(message, dict):
            return [Fault(GARBLED)]
        self._note(message, _MESSAGE - {"content"})
        return self._counts(message.get("usage"))

    def _message_delta(self, body: dict[str, Any]) -> list[Item]:
        delta, items = body.get("delta"), list[Item]()
        if isinstance(delta, dict):
            self._note(delta, frozenset(("stop_reason", "stop_sequence")), "delta.")
            if delta.get("stop_reason") and not self._ended:
                self._ended = True
                items += self._close_all()
                self._harmony.end(0, _reason(delta["stop_reason"]), items)
        return items + self._counts(body.get("usage"))

    def _counts(self, usage: Json) -> list[Item]:
        """The counts so far: a stream gives them in two places, of which the later one has the last word."""
        if not isinstance(usage, dict):
            return []
        self._note(usage, frozenset(COUNTS), "usage.")
        self._usage |= {OURS.get(name, name): one for name, one in (counts(usage, COUNTS) or {}).items()}
        return [Usage(dict(self._usage))] if self._usage else []

    # ------------------------------------------------------------------------------------------------ blocks

    def _start(self, index: int, block: dict[str, Any], items: list[Item]) -> None:
        self._stop(index, items)  # of a server that did not say where the one before it ended
        if self._ended:
            self._name("content.after_end")
            return
        if self._next >= MAX_BLOCKS:
            raise WireError("the upstream sent more blocks of a reply than guardproxy keeps")
        kind = block.get("type")
        one = _Open(self._next, kind if isinstance(kind, str) else "", block)
        self._next += 1
        self._open[index] = one
        if one.kind in ("text", "thinking"):
            self._note(block, frozenset(("type", one.kind)), "content.")
            self._text(one, one.kind, block.get(one.kind), items)
        elif one.kind == "tool_use":
            self._note(block, frozenset(("type", "id", "name", "input")), "content.")
            id, name = (self._halves.mend((0, one.number, key), _string(block.get(key))) for key in ("id", "name"))
            self._harmony.call(Call(0, one.number, id, name), items)
        elif one.kind == "redacted_thinking":  # nobody but the model's maker can read it
            self._name("content.redacted_thinking")
        elif one.kind not in CALLS and one.kind not in RESULTS:
            self._name("content.unknown")
            items.append(Unknown(0, "a block of an unknown kind"))

    def _delta(self, index: int, delta: dict[str, Any], items: list[Item]) -> None:
        kind = delta.get("type")
        said = _TEXTS.get(kind) if isinstance(kind, str) else None
        one = self._open.get(index)
        if one is None and said and not self._ended:  # a server that does not say where a block begins
            self._start(index, {"type": said}, items)
            one = self._open.get(index)
        if one is None:
            self._note({"delta": delta}, frozenset(), "content.")
        elif said:
            self._note(delta, frozenset(("type", said)), "delta.")
            self._text(one, said, delta.get(said), items)
        elif kind == "input_json_delta":
            self._note(delta, frozenset(("type", "partial_json")), "delta.")
            self._input(one, _string(delta.get("partial_json")), items)
        else:
            self._note(delta, frozenset(("type",)), "delta.")

    def _text(self, one: _Open, kind: str, text: Json, items: list[Item]) -> None:
        if not isinstance(text, str):
            self._note({"text": text}, frozenset(), "content.")
            return
        name = f"{kind}{PART}{one.number}"
        if not text.isascii() or self._halves:
            text = self._halves.mend((0, name), text)
        if text:
            self._harmony.text(0, name, text, None, items)

    def _input(self, one: _Open, text: str, items: list[Item]) -> None:
        if one.kind == "tool_use":
            one.said = one.said or bool(text)
            text = self._halves.mend((0, one.number, "arguments"), text)
            if text:
                self._harmony.call(Call(0, one.number, arguments=text), items)
        elif one.kind in CALLS:
            one.input.append(text)
            one.size += len(text)
            if one.size > MAX_INPUT:
                raise WireError("the upstream sent more or larger tool calls than guardproxy keeps")
        elif text:
            self._name("delta.partial_json")

    def _stop(self, index: int, items: list[Item]) -> None:
        one = self._open.pop(index, None)
        if one is None:
            return
        items += self._lost_halves()
        if one.kind in ("text", "thinking"):
            self._harmony.part_ended(0, f"{one.kind}{PART}{one.number}", items)
        elif one.kind == "tool_use":
            items += self._whole_call(one)
        elif one.kind in CALLS or one.kind in RESULTS:
            items += self._block(one)

    def _whole_call(self, one: _Open) -> list[Item]:
        """The end of a call. Its input came in pieces or, from some servers, at once with its start."""
        rest, began = "", one.began.get("input")
        if not one.said and began is not None:
            try:
                rest = began if isinstance(began, str) else dump(began).decode()
            except (ValueError, RecursionError):  # infinite numbers, endless depth
                return [Fault(GARBLED)]
        rest = rest.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return [Call(0, one.number, arguments=rest, whole=True)]

    def _block(self, one: _Open) -> list[Item]:
        """A call of a tool of the server's, or what came of it."""
        began = one.began
        if one.kind in CALLS:
            id, name, input = _string(began.get("id")), _string(began.get("name")), began.get("input")
            if one.input and "".join(one.input).strip():
                try:
                    input = orjson.loads("".join(one.input).encode("utf-8", "replace"))
                except orjson.JSONDecodeError:
                    return [Fault(GARBLED)]
            self._tools[id] = name
            self._note(began, frozenset(("type", "id", "name", "input", "server_name")), "content.")
            said = {"id": id, "name": name, "input": input if isinstance(input, dict) else {}}
            if one.kind == "mcp_tool_use":
                said["server_name"] = _string(began.get("server_name"))
            return [Block(0, one.kind, name, said)]
        id = _string(began.get("tool_use_id"))
        self._note(began, frozenset(("type", "tool_use_id", "content")), "content.")
        result = {"tool_use_id": id, "content": self._readable(began.get("content"))}
        return [Block(0, one.kind, self._tools.get(id, ""), {}, result)]

    def _readable(self, value: Json) -> Json:
        """A result without what only the server can read."""
        if isinstance(value, list):
            return [self._readable(one) for one in value]
        if not isinstance(value, dict):
            return value
        if hidden := [name for name in ENCRYPTED if value.get(name)]:
            self._name("content.encrypted")
        return {name: "" if name in hidden else self._readable(one) for name, one in value.items()}

    # ------------------------------------------------------------------------------------------------ endings

    def _close_all(self) -> list[Item]:
        items: list[Item] = []
        for index in list(self._open):
            self._stop(index, items)
        return items

    def _lost_halves(self) -> list[Item]:
        items: list[Item] = []
        for key in self._halves.give_up():
            if len(key) == 2:
                self._harmony.text(0, key[1], "\ufffd", None, items)
            else:
                texts: dict[str, Any] = {key[2]: "\ufffd"}
                items.append(Call(0, key[1], **texts))
        return items

    def _note(self, value: dict[str, Any], known: frozenset[str], prefix: str = "") -> None:
        assert isinstance(self.dropped, Dropped)
        self.dropped.note_unknown(value, known, prefix)

    def _name(self, name: str) -> None:
        assert isinstance(self.dropped, Dropped)
        self.dropped.note(name)


def _index(body: dict[str, Any]) -> int:
    index = body.get("index")
    return index if type(index) is int else 0


def _string(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _reason(value: Json) -> str:
    return REASONS.get(value, "stop") if isinstance(value, str) else "stop"
