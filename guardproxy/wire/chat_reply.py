"""Replies of Chat Completions as items: whole bodies and events alike. Rebuilds nothing and decides nothing.

Servers differ in the names of fields, in what they leave out and in what they add. What holds text and is not known here
is left out of the reply and named in `dropped`.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from guardproxy.types import Json, WireError
from guardproxy.wire import logprobs
from guardproxy.wire.base import BOTH, Call, Fault, Item, Text, Usage
from guardproxy.wire.errors import message_of
from guardproxy.wire.json import dump, parse_reply
from guardproxy.wire.leaked import Told
from guardproxy.wire.reply import COUNTS, Dropped, Halves, counts, reason_of
from guardproxy.wire.request import MAX_CHOICES

REASONING: Final = ("reasoning", "reasoning_content", "thinking", "reasoning_details", "reasoning_details.summary")
FIELDS: Final = (*REASONING, "content", "refusal")
"""Text fields, in the order in which they are given when they come together."""
LEGACY_CALL = -1
"""Index of the one call that `function_call` makes."""

_PLAIN: Final = frozenset(FIELDS) - {"reasoning_details", "reasoning_details.summary"}
_RANK: Final = {name: rank for rank, name in enumerate(FIELDS)}
# Known and not given as items: rebuilt by the writer (id, model, role…), or padding (obfuscation).
_TOP: Final = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "obfuscation")
)
_CHOICE: Final = frozenset(("index", "delta", "message", "finish_reason", "logprobs"))
_MESSAGE: Final = frozenset((*_PLAIN, "role", "tool_calls", "function_call", "reasoning_details"))
_CALL: Final = frozenset(("index", "id", "type", "function", "custom"))
_DETAIL_TEXTS: Final = {"text": "reasoning_details", "summary": "reasoning_details.summary"}
_DETAIL: Final = frozenset(("type", "text", "summary", "format", "index", "id"))
_GARBLED: Final = "the upstream sent an event that can't be read"


class ChatReader:
    """Reads one reply."""

    __slots__ = ("_calls", "_ended", "_halves", "_harmony", "_kinds", "_mending", "done", "dropped")

    def __init__(self) -> None:
        self.done = False
        self.dropped: set[str] = (dropped := Dropped())
        self._harmony = Told(dropped, answer="content", thoughts=REASONING, default="reasoning_content")
        self._ended: set[int] = set()
        self._halves = Halves()
        self._mending = False  # this body may hold halves of characters
        self._calls: dict[int, int] = {}  # choice → index of its latest call, for servers that give none
        self._kinds: dict[tuple[int, int], str] = {}

    def event(self, data: bytes) -> list[Item]:
        """Items of one event's data."""
        if data == b"[DONE]":
            self.done = True
            items = self._lost_halves(None)
            self._harmony.close(items)
            return items
        try:
            body = orjson.loads(data)
            self._mending = bool(self._halves)
        except orjson.JSONDecodeError:
            if data.strip() == b"[DONE]":
                return self.event(b"[DONE]")
            try:
                body = parse_reply(data)
            except WireError:
                return [Fault(_GARBLED)]
            self._mending = True
        if type(body) is not dict:
            return [Fault(_GARBLED)]
        return self._read(body, "delta")

    def whole(self, body: Json) -> list[Item]:
        """Items of a whole body. Every choice ends, even where the server does not say why."""
        if not isinstance(body, dict):
            raise WireError("it is no JSON object", status=502, code="upstream_error")
        if not body.get("choices") and not body.get("error") and not message_of(body):
            raise WireError("it has no `choices`", status=502, code="upstream_error")
        self._mending = self.done = self._halves.whole = self._harmony.whole = True
        return self._read(body, "message")

    def _read(self, body: dict[str, Any], part: str) -> list[Item]:
        choices = body.get("choices")
        if body.get("error") or (choices is None and message_of(body)):
            return [Fault(message_of(body) or "the upstream reported an error without a message")]
        if not body.keys() <= _TOP:
            self._note(body, _TOP)
        items: list[Item] = []
        if choices is not None and type(choices) is not list:
            return [Fault(_GARBLED)]
        for position, choice in enumerate(choices or ()):
            if type(choice) is not dict:
                return [*items, Fault(_GARBLED)]
            self._choice(choice, position, part, items)
        usage = body.get("usage")
        if usage is not None:
            self._usage(usage, items)
        return items

    def _usage(self, usage: Json, items: list[Item]) -> None:
        if numbers := counts(usage):
            items.append(Usage(numbers))
        self._note(usage if isinstance(usage, dict) else {"usage": usage}, COUNTS, "usage.")

    def _note(self, value: dict[str, Any], known: frozenset[str], prefix: str = "") -> None:
        assert isinstance(self.dropped, Dropped)
        self.dropped.note_unknown(value, known, prefix)

    # ------------------------------------------------------------------------------------------------ choices

    def _choice(self, choice: dict[str, Any], position: int, part: str, items: list[Item]) -> None:
        index = choice.get("index", position)
        if type(index) is not int or not 0 <= index < MAX_CHOICES:
            items.append(Fault(_GARBLED))
            return
        if not choice.keys() <= _CHOICE:
            if choice.get("error"):
                items.append(Fault(message_of(choice) or "the upstream reported an error without a message"))
                return
            self._note(choice, _CHOICE, "choices.")
        message = choice.get(part)
        if index in self._ended:  # its gates are closed
            if message:
                self._note({"after_end": message}, _CHOICE, "choices.")
            return
        if type(message) is dict:
            self._message(index, message, choice.get("logprobs"), items)
        reason = choice.get("finish_reason")
        if reason or part == "message":
            self._ended.add(index)
            if self._halves:
                items += self._lost_halves(index)
            self._harmony.end(index, reason_of(reason), items)

    def _message(self, index: int, message: dict[str, Any], probabilities: Json, items: list[Item]) -> None:
        if not message.keys() <= _MESSAGE:
            self._note(message, _MESSAGE, "message.")
        found: list[tuple[str, str]] = []
        for name, value in message.items():
            if not value:
                continue
            if name in _PLAIN:
                if type(value) is str:
                    found.append((name, value))
                else:
                    self._parts(name, value, found)
            elif name == "reasoning_details":
                self._details(value, found)
        if len(found) > 1:
            found = _merged(sorted(found, key=lambda f: _RANK[f[0]]))
        for name, text in found:
            if self._mending:
                text = self._halves.mend((index, name), text)
            if text:
                tokens = None if probabilities is None else _logprobs(probabilities, name, text)
                if (index, name) in self._harmony.plain and "<|" not in text and text[-1] != "<":
                    items.append(Text(index, name, text, tokens))
                else:
                    self._harmony.text(index, name, text, tokens, items)
        if message.get("tool_calls"):
            self._tool_calls(index, message["tool_calls"], items)
        if message.get("function_call"):
            self._function_call(index, message["function_call"], items)

    def _parts(self, name: str, value: Json, found: list[tuple[str, str]]) -> None:
        """Content as a list of parts, as some servers give it: the text parts are the content."""
        parts = [p for p in value if isinstance(p, dict)] if isinstance(value, list) else []
        texts = [p["text"] for p in parts if p.get("type") == "text" and isinstance(p.get("text"), str)]
        if texts:
            found.append((name, "".join(texts)))
        if not isinstance(value, list) or len(texts) < len(value):
            self._note({name: value}, frozenset(), "message.")

    def _details(self, value: Json, found: list[tuple[str, str]]) -> None:
        """OpenRouter's form of reasoning. What is encrypted can't be read, so it goes no further."""
        gathered: dict[str, str] = {}
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                self._note({"reasoning_details": one}, frozenset(), "message.")
                continue
            self._note(one, _DETAIL, "reasoning_details.")
            for key, name in _DETAIL_TEXTS.items():
                if isinstance(one.get(key), str):
                    gathered[name] = gathered.get(name, "") + one[key]
        found += gathered.items()

    # ------------------------------------------------------------------------------------------------ calls

    def _tool_calls(self, choice: int, calls: Json, items: list[Item]) -> None:
        if not isinstance(calls, list):
            self._note({"tool_calls": calls}, frozenset(), "message.")
            return
        for position, call in enumerate(calls):
            if isinstance(call, dict):
                self._tool_call(choice, position, call, items)
            else:
                self._note({"tool_calls": call}, frozenset(), "message.")

    def _tool_call(self, choice: int, position: int, call: dict[str, Any], items: list[Item]) -> None:
        if not call.keys() <= _CALL:
            self._note(call, _CALL, "tool_calls.")
        index = self._call_index(choice, position, call)
        kind = self._kinds.get((choice, index), "function")
        if isinstance(call.get("custom"), dict) or call.get("type") == "custom":
            kind = self._kinds[choice, index] = "custom"
        inner = call.get("custom" if kind == "custom" else "function")
        inner = inner if isinstance(inner, dict) else {}
        arguments = inner.get("input" if kind == "custom" else "arguments")
        self._note(inner, frozenset(("name", "arguments", "input")), "tool_calls.function.")
        self._fragment(choice, index, kind, call.get("id"), inner.get("name"), arguments, items)

    def _call_index(self, choice: int, position: int, call: dict[str, Any]) -> int:
        """A server that gives no index sends whole calls: one with an id is a new one."""
        index = call.get("index")
        if type(index) is not int or index < 0:
            latest = self._calls.get(choice, -1)
            index = latest + 1 if call.get("id") or latest < 0 or position > 0 else latest
        self._calls[choice] = index
        return index

    def _function_call(self, choice: int, call: Json, items: list[Item]) -> None:
        if not isinstance(call, dict):
            self._note({"function_call": call}, frozenset(), "message.")
            return
        self._note(call, frozenset(("name", "arguments")), "function_call.")
        self._fragment(choice, LEGACY_CALL, "function_call", None, call.get("name"), call.get("arguments"), items)

    def _fragment(
        self, choice: int, index: int, kind: str, id: Json, name: Json, arguments: Json, items: list[Item]
    ) -> None:
        if isinstance(arguments, dict | list):  # some servers send the object itself
            try:
                arguments = dump(arguments).decode()
            except (ValueError, RecursionError):  # infinite numbers, endless depth
                items.append(Fault(_GARBLED))
                return
        texts = [value if isinstance(value, str) else "" for value in (id, name, arguments)]
        if self._mending:
            keys = ("id", "name", "arguments")
            texts = [self._halves.mend((choice, index, kind, k), t) for k, t in zip(keys, texts, strict=True)]
        self._harmony.call(Call(choice, index, texts[0], texts[1], texts[2], kind), items)

    def _lost_halves(self, choice: int | None) -> list[Item]:
        items: list[Item] = []
        for key in self._halves.give_up(choice):
            if len(key) == 2:
                self._harmony.text(key[0], key[1], "\ufffd", None, items)
            else:
                texts: dict[str, Any] = {key[3]: "\ufffd"}
                items.append(Call(key[0], key[1], kind=key[2], **texts))
        return items


def _merged(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Reasoning that a server gives under several names at once, as one text: it is guarded once, and its parts are not
    torn into pieces by each other."""
    out: list[tuple[str, str]] = []
    for name, text in found:
        if out and out[-1][1] == text and name in REASONING:
            name = out.pop()[0] + BOTH + name
        out.append((name, text))
    return out


def _logprobs(value: Json, name: str, text: str) -> Json | None:
    """The logprobs object for one piece of `content` or `refusal`; other fields have none."""
    if name not in ("content", "refusal") or not isinstance(value, dict):
        return None
    tokens = logprobs.chat(value.get(name), text)
    return {"content": None, "refusal": None, name: tokens} if tokens else None
