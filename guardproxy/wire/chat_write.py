"""Replies of Chat Completions as OpenAI's clients expect them, rebuilt from released text. Copies nothing from upstream."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from guardproxy.types import Json
from guardproxy.wire.base import BOTH, Call, Head, ReplyWriter, names
from guardproxy.wire.chat_reply import REASONING
from guardproxy.wire.dialect import TextsAndCalls
from guardproxy.wire.json import dump
from guardproxy.wire.moderations import several
from guardproxy.wire.writing import ZERO, StreamWriter, body, string

_DETAILS: Final = {
    "reasoning_details": (b'[{"type":"reasoning.text","text":', b',"index":0}]'),
    "reasoning_details.summary": (b'[{"type":"reasoning.summary","summary":', b',"index":0}]'),
}


def _shaped(field: str, text: str) -> dict[str, Json]:
    """A text under all its names, in the form that each has."""
    out: dict[str, Json] = {}
    for name in names(field):
        if name in _DETAILS:
            kind = "summary" if name.endswith("summary") else "text"
            details = out.setdefault("reasoning_details", [])
            details.append({"type": f"reasoning.{kind}", kind: text, "index": len(details)})
        else:
            out[name] = text
    return out


def _call_object(head: Head, choice: int, index: int, call: Call) -> dict[str, Json]:
    """A complete call. Some servers give no id; a tool's answer needs one."""
    id = call.id or f"call_{head.id.rpartition('-')[2]}_{choice}_{index}"
    if call.kind == "custom":
        return {"id": id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _moderation(input: Json, output: Json) -> Json:
    return {"input": several(input), "output": several(output)}


class ChatStreamWriter(StreamWriter):
    """Writes a stream."""

    __slots__ = ("_frames", "_started")

    def __init__(self, head: Head) -> None:
        super().__init__(head, "chat.completion.chunk")
        self._frames: dict[tuple[int, str, bool], tuple[bytes, bytes]] = {}
        self._started: set[int] = set()  # choices whose first event, the one with the role, is out

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        if logprobs is not None or BOTH in field:
            return self._event(choice, _shaped(field, text), logprobs)
        key = (choice, field, choice in self._started)
        before, after = self._frames.get(key) or self._frame(*key)
        self._started.add(choice)
        return before + string(text) + after

    def _frame(self, choice: int, field: str, started: bool) -> tuple[bytes, bytes]:
        """What stands around a text of this field, so that only the text is encoded again and again."""
        (spoken,) = names(field)
        opening, closing = _DETAILS.get(spoken, (b"", b""))
        role = b"" if started else b'"role":"assistant",'
        name = string("reasoning_details" if opening else spoken)
        before = b'{"index":%d,"delta":{%b%b:%b' % (choice, role, name, opening)
        frame = self._envelope.around(before, closing + b'},"logprobs":null,"finish_reason":null}')
        self._frames[choice, field, started] = frame
        return frame

    def _event(
        self, choice: int, delta: dict[str, Json], logprobs: Json | None = None, reason: str | None = None
    ) -> bytes:
        if choice not in self._started:
            self._started.add(choice)
            delta = {"role": "assistant", **(delta or {"content": ""})}
        return self._envelope.event({"index": choice, "delta": delta, "logprobs": logprobs, "finish_reason": reason})

    def call(self, choice: int, index: int, call: Call) -> bytes:
        first: dict[str, Json] = {} if choice in self._started else {"content": None}
        if call.kind == "function_call":
            return self._event(choice, {**first, "function_call": {"name": call.name, "arguments": call.arguments}})
        made = _call_object(self._envelope.head, choice, index, call)
        return self._event(choice, {**first, "tool_calls": [{"index": index, **made}]})

    def call_begin(self, choice: int, index: int, call: Call) -> bytes:
        return self.call(choice, index, replace(call, arguments=""))

    def call_piece(self, choice: int, index: int, text: str) -> bytes:
        return self._event(choice, {"tool_calls": [{"index": index, "function": {"arguments": text}}]})

    def call_end(self, choice: int, index: int, *, cut: bool = False) -> bytes:
        return b""

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        return self._event(choice, {}, reason=reason)

    def moderation(self, input: Json, output: Json) -> bytes:
        return self._envelope.moderation(_moderation(input, output))


@dataclass(slots=True)
class _Choice:
    texts: dict[str, list[str]] = field(default_factory=dict)
    logprobs: dict[str, list[Json]] | None = field(default_factory=dict)
    """Per field; None once a piece came without them: then they would no longer be of the whole text."""
    calls: list[dict[str, Json]] = field(default_factory=list)
    legacy: dict[str, Json] | None = None
    reason: str | None = None

    def text(self, name: str, text: str, logprobs: Json | None) -> None:
        spoken = names(name)
        for one in spoken:
            self.texts.setdefault(one, []).append(text)
        if len(spoken) > 1 or (name := spoken[0]) not in ("content", "refusal"):
            return
        if logprobs is None or self.logprobs is None:
            self.logprobs = None
        else:
            self.logprobs.setdefault(name, []).extend(logprobs.get(name) or ())

    def joined(self, name: str) -> str | None:
        return "".join(self.texts[name]) if name in self.texts else None

    def message(self) -> dict[str, Json]:
        refusal, content = self.joined("refusal"), self.joined("content")
        if content is None and not self.calls and not self.legacy and refusal is None:
            content = ""
        out: dict[str, Json] = {"role": "assistant", "content": content, "refusal": refusal}
        out |= {n: self.joined(n) for n in REASONING if n not in _DETAILS and n in self.texts}
        if details := self._details():
            out["reasoning_details"] = details
        if self.calls:
            out["tool_calls"] = self.calls
        if self.legacy:
            out["function_call"] = self.legacy
        return out

    def _details(self) -> list[dict[str, Json]]:
        out: list[dict[str, Json]] = []
        for name in _DETAILS:
            if (text := self.joined(name)) is not None:
                out += ({**one, "index": len(out)} for one in _shaped(name, text)["reasoning_details"])
        return out

    def finished(self, index: int) -> dict[str, Any]:
        logprobs = {"content": None, "refusal": None, **self.logprobs} if self.logprobs else None
        return {"index": index, "message": self.message(), "logprobs": logprobs, "finish_reason": self.reason}


class ChatWholeWriter(TextsAndCalls):
    """Writes a whole body."""

    __slots__ = ("_choices", "_error", "_head", "_more", "_usage")

    def __init__(self, head: Head) -> None:
        self._head = head
        self._choices: dict[int, _Choice] = {}
        self._usage: Json | None = None
        self._error: Json | None = None
        self._more: dict[str, Json] = {}

    def _choice(self, index: int) -> _Choice:
        return self._choices.setdefault(index, _Choice())

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        self._choice(choice).text(field, text, logprobs)
        return b""

    def call(self, choice: int, index: int, call: Call) -> bytes:
        one = self._choice(choice)
        if call.kind == "function_call":
            one.legacy = {"name": call.name, "arguments": call.arguments}
        else:
            one.calls.append(_call_object(self._head, choice, index, call))
        return b""

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        one = self._choice(choice)
        one.reason = reason
        if cut:
            one.logprobs = None
        return b""

    def usage(self, usage: Json) -> bytes:
        self._usage = usage
        return b""

    def moderation(self, input: Json, output: Json) -> bytes:
        self._more = {"moderation": _moderation(input, output)}
        return b""

    def error(self, error: Json) -> bytes:
        self._error = error
        return b""

    def done(self) -> bytes:
        if self._error is not None:
            return dump({"error": self._error})
        choices = [c.finished(i) for i, c in sorted(self._choices.items())]
        return body(self._head, "chat.completion", choices, self._usage, **self._more)


def refusal(writer: ReplyWriter, field: str, message: str) -> bytes:
    """One assistant message that a filter ended, written by any writer."""
    parts = (
        writer.text(0, field, message),
        writer.end(0, "content_filter", cut=True),
        writer.usage(ZERO),
        writer.done(),
    )
    return b"".join(parts)
