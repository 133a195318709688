"""Replies of the Responses API as items: whole bodies and events alike. Rebuilds nothing and decides nothing.

A text comes four times in a stream: in its deltas, and whole at the end of its part, of its item and of the response.
The deltas count; from a repeat only what goes on behind them is taken, so that servers that leave deltas out lose nothing.
What is known about items is keyed on their ids and on the kind of text: `content_index` and `output_index` are unreliable
(vLLM counts deltas with the one, transformers gives two items the other, gpt-oss's own server says -1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from guardproxy.types import Json, WireError
from guardproxy.wire import logprobs
from guardproxy.wire.base import PART, Block, Call, Fault, Item, Note, Text, Unknown, Usage
from guardproxy.wire.errors import message_of
from guardproxy.wire.json import parse_reply
from guardproxy.wire.leaked import Told
from guardproxy.wire.reply import Dropped, Halves, counts
from guardproxy.wire.responses_items import CALLS, RESULTS, SAID_BY_TOOL

GARBLED: Final = "the upstream sent an event that can't be read"
FAILED: Final = "the upstream reported an error without a message"
MAX_ITEMS: Final = 512
MAX_TEXT: Final = 1 << 24
"""Characters of one reply: a writer keeps them all, since the end of a stream repeats them."""
_PARTS: Final = {
    "output_text": "text",
    "text": "text",
    "refusal": "refusal",
    "reasoning_text": "text",
    "summary_text": "text",
}
"""Kind of a part to the field that holds its text."""
_DELTAS: Final = {
    "response.output_text.delta": "output_text",
    "response.refusal.delta": "refusal",
    "response.reasoning_text.delta": "reasoning_text",
    "response.reasoning.delta": "reasoning_text",
    "response.reasoning_summary_text.delta": "summary_text",
    "response.reasoning_summary.delta": "summary_text",
}
_DONE: Final = {
    "response.output_text.done": ("output_text", "text"),
    "response.refusal.done": ("refusal", "refusal"),
    "response.reasoning_text.done": ("reasoning_text", "text"),
    "response.reasoning.done": ("reasoning_text", "text"),
    "response.reasoning_summary_text.done": ("summary_text", "text"),
    "response.reasoning_summary.done": ("summary_text", "text"),
}
_ARGUMENTS: Final = {
    "response.function_call_arguments": ("function", "arguments"),
    "response.custom_tool_call_input": ("custom", "input"),
}
_PART_EVENTS: Final = frozenset(("response.content_part", "response.reasoning_part", "response.reasoning_summary_part"))
_REPEATED: Final = (
    "response.mcp_call_arguments.", "response.code_interpreter_call_code.", "response.shell_call_command.",
    "response.shell_call_output_content.", "response.apply_patch_call_operation_diff.",
)  # fmt: skip
"""Pieces of what the server's own tools were asked and said: the finished item has all of it."""
_SILENT: Final = frozenset(
    ("type", "sequence_number", "item_id", "output_index", "content_index", "summary_index", "response", "item",
     "annotation_index", "command_index", "obfuscation", "status", "call_id")
)  # fmt: skip
"""Fields of an event that hold no text of the model; `response` and `item` are read where they mean something."""
_FIELDS: Final = _SILENT | {
    "delta", "text", "refusal", "arguments", "name", "input", "logprobs", "part", "annotation", "code", "message", "param",
    "error", "sequence", "diff", "command",
}  # fmt: skip
"""Fields that events have; others are named in `dropped`."""
_THOUGHTS: Final = ("reasoning_text", "summary_text")
_ENDINGS: Final = {"completed": "stop", "incomplete": "length", "content_filter": "content_filter"}
_USAGE: Final = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
    "total_tokens": "total_tokens",
    "input_tokens_details": "prompt_tokens_details",
    "output_tokens_details": "completion_tokens_details",
}


@dataclass(slots=True)
class _Seen:
    """An output item, as far as it was given."""

    number: int
    kind: str = ""
    part: dict[str, int] = field(default_factory=dict)  # kind of text → its latest part
    texts: dict[tuple[str, int], int] = field(default_factory=dict)  # (kind, part) → characters given
    notes: dict[int, int] = field(default_factory=dict)  # part → notes given
    arguments: int = 0
    named: bool = False
    done: bool = False

    def field(self, kind: str, part: int) -> str:
        return f"{kind}{PART}{self.number}.{part}"


class ResponsesReader:
    """Reads one reply."""

    __slots__ = ("_ended", "_halves", "_harmony", "_items", "_last", "_size", "done", "dropped")

    def __init__(self) -> None:
        self.done = False
        self.dropped: set[str] = (dropped := Dropped())
        self._harmony = Told(dropped, answer="output_text", thoughts=_THOUGHTS, default="reasoning_text")
        self._last = ""  # the field that spoke last
        self._items: dict[str, _Seen] = {}  # by id, or by index where there is none
        self._size = 0
        self._halves = Halves()
        self._ended = False

    # ------------------------------------------------------------------------------------------------ entrances

    def event(self, data: bytes) -> list[Item]:
        """Items of one event's data."""
        if data.strip() == b"[DONE]":
            return []
        try:
            body = parse_reply(data)
        except WireError:
            return [Fault(GARBLED)]
        if not isinstance(body, dict):
            return [Fault(GARBLED)]
        if self._ended:
            return []
        kind = body.get("type")
        if not isinstance(kind, str):
            return [Fault(message_of(body) or GARBLED)]
        return self._event(kind, body)

    def whole(self, body: Json) -> list[Item]:
        """Items of a whole body."""
        if not isinstance(body, dict) or not isinstance(body.get("output"), list | None):
            raise WireError("it is no response", status=502, code="upstream_error")
        if body.get("output") is None and not message_of(body):
            raise WireError("it has no `output`", status=502, code="upstream_error")
        self._halves.whole = self._harmony.whole = True
        return self._response(body)

    # ------------------------------------------------------------------------------------------------ events

    def _event(self, kind: str, body: dict[str, Any]) -> list[Item]:
        if not body.keys() <= _FIELDS:
            assert isinstance(self.dropped, Dropped)
            self.dropped.note_unknown(body, _FIELDS, "event.")
        if (text := _DELTAS.get(kind)) is not None:
            return self._delta(text, body)
        stem, _, last = kind.rpartition(".")
        if (said := _DONE.get(kind)) is not None:
            return self._rest(self._item(body), said[0], body.get(said[1]), None)
        if (arguments := _ARGUMENTS.get(stem)) is not None:
            return self._arguments(arguments, last == "done", body)
        if stem in _PART_EVENTS:
            return self._part(last == "added", body)
        if stem == "response.output_item":
            return self._output_item(last == "done", body)
        if kind == "response.output_text.annotation.added":
            seen = self._item(body)
            return self._notes(seen, seen.part.get("output_text", 0), [body.get("annotation")])
        if stem == "response" and last in ("completed", "incomplete", "failed", "cancelled"):
            return self._response(body.get("response"))
        if kind in ("response.created", "response.queued", "response.in_progress") or kind.startswith(_REPEATED):
            return []
        if kind == "error":
            return [Fault(message_of(body) or FAILED)]
        return self._unknown(kind, body)

    def _unknown(self, kind: str, body: dict[str, Any]) -> list[Item]:
        """An event that is not known. One that may hold text is told, since it is left out."""
        noted = Dropped()
        noted.note_unknown(body, _SILENT)
        if not noted:
            return []
        self._note(kind)
        return [Unknown(0, "an event of an unknown kind")]

    def _note(self, name: str) -> None:
        assert isinstance(self.dropped, Dropped)
        self.dropped.note(name)

    def _item(self, body: dict[str, Any], kind: str = "") -> _Seen:
        """What is known of the item that an event belongs to."""
        key = body.get("item_id")
        if not isinstance(key, str) or not key:
            key = f"#{body.get('output_index')}"
        return self._keyed(key, kind)

    def _keyed(self, key: str, kind: str = "") -> _Seen:
        seen = self._items.get(key)
        if seen is None:
            if len(self._items) >= MAX_ITEMS:
                raise WireError("the upstream sent more items than guardproxy keeps")
            seen = self._items[key] = _Seen(len(self._items), kind)
        seen.kind = seen.kind or kind
        return seen

    # ------------------------------------------------------------------------------------------------ texts

    def _delta(self, kind: str, body: dict[str, Any]) -> list[Item]:
        text = body.get("delta")
        if isinstance(text, dict):  # an early form of summaries
            text = text.get("text")
        if not isinstance(text, str):
            return [Fault(GARBLED)] if text else []
        seen = self._item(body, "message" if kind in ("output_text", "refusal") else "reasoning")
        if seen.done:  # transformers says a finished item once more, without deltas; with them it is another text
            seen.done, seen.part[kind] = False, seen.part.get(kind, -1) + 1
        return self._text(seen, kind, seen.part.setdefault(kind, 0), text, body.get("logprobs"))

    def _text(self, seen: _Seen, kind: str, part: int, text: str, probabilities: Json) -> list[Item]:
        """More of a text. Halves of characters wait for their other half."""
        key = (kind, part)
        seen.texts[key] = seen.texts.get(key, 0) + len(text)
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise WireError("the upstream sent a longer reply than guardproxy keeps")
        if not text.isascii() or self._halves:
            text = self._halves.mend((0, seen.number, kind, part), text)
        if not text:
            return []
        tokens = logprobs.chat(probabilities, text) if probabilities else None
        return self._said(seen.field(kind, part), text, {"content": tokens} if tokens else None)

    def _said(self, field: str, text: str, tokens: Json | None = None) -> list[Item]:
        """A piece of a field's text; Harmony that a server left in it is told apart."""
        if field == self._last and (0, field) in self._harmony.plain and "<|" not in text and text[-1] != "<":
            return [Text(0, field, text, tokens)]
        items = [] if field == self._last else self._part_ended()
        self._last = field
        self._harmony.text(0, field, text, tokens, items)
        return items

    def _part_ended(self) -> list[Item]:
        """The text that was spoken last is complete."""
        items: list[Item] = []
        if self._last:
            self._harmony.part_ended(0, self._last, items)
            self._last = ""
        return items

    def _called(self, call: Call) -> list[Item]:
        items = self._part_ended()
        self._harmony.call(call, items)
        return items

    def _rest(self, seen: _Seen, kind: str, text: Json, part: int | None) -> list[Item]:
        """A text that is complete: what of it was not given yet."""
        if not isinstance(text, str):
            return []
        at = seen.part.setdefault(kind, 0) if part is None else part
        given = seen.texts.get((kind, at), 0)
        return self._text(seen, kind, at, text[given:], None) if len(text) > given else []

    def _part(self, begins: bool, body: dict[str, Any]) -> list[Item]:
        part = body.get("part")
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(kind, str) or kind not in _PARTS:
            return [Unknown(0, "a part of an unknown kind")] if part else []
        name = "output_text" if kind == "text" else kind
        seen = self._item(body)
        if begins and not seen.done and (name, seen.part.get(name, 0)) in seen.texts:
            seen.part[name] = seen.part.get(name, 0) + 1
        items = self._rest(seen, name, part.get(_PARTS[kind]), None)
        if name == "output_text" and not begins:
            items += self._all_notes(seen, seen.part.get(name, 0), part.get("annotations"))
        return items

    # ------------------------------------------------------------------------------------------------ notes

    def _all_notes(self, seen: _Seen, part: int, notes: Json) -> list[Item]:
        """The notes of a finished part: those that did not come by themselves."""
        given = seen.notes.get(part, 0)
        return self._notes(seen, part, notes[given:]) if isinstance(notes, list) else []

    def _notes(self, seen: _Seen, part: int, notes: list[Json]) -> list[Item]:
        items: list[Item] = []
        for note in notes:
            seen.notes[part] = seen.notes.get(part, 0) + 1
            if isinstance(note, dict) and (range := _range(note)) is not None:
                value = {k: v for k, v in note.items() if k not in ("start_index", "end_index", "index")}
                items.append(Note(0, seen.field("output_text", part), *range, value))
        return items

    # ------------------------------------------------------------------------------------------------ calls

    def _arguments(self, arguments: tuple[str, str], complete: bool, body: dict[str, Any]) -> list[Item]:
        kind, name = arguments
        seen = self._item(body, "function_call" if kind == "function" else "custom_tool_call")
        text = body.get(name) if complete else body.get("delta")
        if seen.done or not isinstance(text, str):
            return []
        if complete:
            text = text[seen.arguments :]
        seen.arguments += len(text)
        text = self._halves.mend((0, seen.number, "arguments"), text)
        return self._called(Call(0, seen.number, arguments=text, kind=kind)) if text else []

    def _call(self, seen: _Seen, item: dict[str, Any], *, complete: bool) -> list[Item]:
        """A call: what of it was not given yet. Its name is given once, and the server may say it late."""
        kind = "function" if item.get("type") == "function_call" else "custom"
        id, name, text = item.get("call_id"), item.get("name"), item.get("arguments" if kind == "function" else "input")
        text = text if isinstance(text, str) else ""
        said = not seen.named and isinstance(name, str) and bool(name)
        fresh = text[seen.arguments :] if complete else ""
        seen.arguments += len(fresh)
        fresh = self._halves.mend((0, seen.number, "arguments"), fresh)
        seen.named, seen.done = seen.named or said, seen.done or complete
        who = (id if isinstance(id, str) else "", str(name)) if said else ("", "")
        if not (said or fresh or complete):
            return []
        return self._called(Call(0, seen.number, *who, arguments=fresh, kind=kind, whole=complete))

    # ------------------------------------------------------------------------------------------------ items

    def _output_item(self, complete: bool, body: dict[str, Any]) -> list[Item]:
        item = body.get("item")
        if not isinstance(item, dict):
            return []
        id = item.get("id")
        key = id if isinstance(id, str) and id else f"#{body.get('output_index')}"
        return self._of(self._keyed(key), item, complete=complete)

    def _of(self, seen: _Seen, item: dict[str, Any], *, complete: bool) -> list[Item]:
        """An output item as items of ours."""
        kind = item.get("type")
        if not isinstance(kind, str):
            return [Fault(GARBLED)]
        seen.kind = seen.kind or kind
        if seen.done:
            return []
        if kind in ("function_call", "custom_tool_call"):
            return self._call(seen, item, complete=complete)
        if kind in ("message", "reasoning"):
            return self._parts_of(seen, item) if complete else []
        if not complete:
            return []
        seen.done = True
        if kind in CALLS or kind in RESULTS:
            return [*self._part_ended(), self._block(kind, item)]
        self._note(kind)
        return [Unknown(0, "an item of an unknown kind")]

    def _parts_of(self, seen: _Seen, item: dict[str, Any]) -> list[Item]:
        """A finished message or thought: what of its texts was not given yet."""
        seen.done = True
        items: list[Item] = []
        places: dict[str, int] = {}
        parts = [p for name in ("summary", "content") for p in _list(item.get(name)) if isinstance(p, dict)]
        for part in parts:
            kind = part.get("type")
            if not isinstance(kind, str) or kind not in _PARTS:
                items.append(Unknown(0, "a part of an unknown kind"))
                continue
            name = "output_text" if kind == "text" else kind
            place = places[name] = places.get(name, -1) + 1
            items += self._rest(seen, name, part.get(_PARTS[kind]), place)
            if name == "output_text":
                items += self._all_notes(seen, place, part.get("annotations"))
        if item.get("encrypted_content"):
            self._note("reasoning.encrypted_content")
        return items

    def _block(self, kind: str, item: dict[str, Any]) -> Block:
        """A call that the server ran itself. Pictures are left out: no filter reads them."""
        known = {k: v for k, v in item.items() if k not in ("id", "type", "status", "encrypted_content")}
        if kind in ("image_generation_call", "computer_call_output"):
            for name in ("result", "output"):
                if known.pop(name, None):
                    self._note(f"{kind}.{name}")
        named = item.get("name")
        tool = named if kind.startswith("mcp_") and isinstance(named, str) else CALLS.get(kind) or RESULTS[kind]
        said = {k: v for k, v in known.items() if k in SAID_BY_TOOL and v is not None}
        return Block(0, kind, tool, {k: v for k, v in known.items() if k not in said}, said)

    # ------------------------------------------------------------------------------------------------ ends

    def _response(self, body: Json) -> list[Item]:
        """The finished response: items that no event gave, the counts, and why it ended."""
        if not isinstance(body, dict):
            return [Fault(GARBLED)]
        self.done = self._ended = True
        status = body.get("status")
        if status in ("failed", "cancelled") or (body.get("error") and status != "completed"):
            return [Fault(message_of(body) or FAILED)]
        items: list[Item] = []
        waiting = dict(self._items)  # what events gave and no final item was matched with yet
        for position, item in enumerate(_list(body.get("output"))):
            if isinstance(item, dict):
                items += self._of(self._match(item, position, waiting), item, complete=True)
        for key in self._halves.give_up():
            if len(key) == 4:
                items += self._said(_Seen(key[1]).field(key[2], key[3]), "\ufffd")
            else:
                items.append(Call(0, key[1], arguments="\ufffd"))
        usage = body.get("usage")
        if isinstance(usage, dict):
            renamed = {_USAGE.get(name, name): value for name, value in usage.items()}
            if numbers := counts(renamed):
                items.append(Usage(numbers))
        details = body.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) and status == "incomplete" else None
        if reason != "content_filter":
            reason = "incomplete" if status == "incomplete" else "completed"
        items += self._part_ended()
        self._harmony.end(0, _ENDINGS[reason], items)
        return items

    def _match(self, item: dict[str, Any], position: int, waiting: dict[str, _Seen]) -> _Seen:
        """The item that events gave: the one with this id, or else the first of its kind.

        Servers that make new ids for the final response would otherwise give everything twice.
        """
        id = item.get("id")
        if isinstance(id, str) and id in waiting:
            return waiting.pop(id)
        for key, seen in waiting.items():
            if seen.kind == item.get("type"):
                return waiting.pop(key)
        return self._keyed(f"final {position}", str(item.get("type")))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _range(note: dict[str, Any]) -> tuple[int, int] | None:
    """The characters that a note is about: a range, or one place."""
    start, end = note.get("start_index"), note.get("end_index")
    if start is None and end is None:
        start = end = note.get("index")
    return (start, end) if type(start) is int and type(end) is int else None
