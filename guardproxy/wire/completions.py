"""The dialect of `/completions`: prompts in, text out. The text may be raw Harmony, so its channel is unknown.

It stays as it came, for clients that read Harmony themselves; each of its messages is guarded on its own, calls as calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from guardproxy.types import Direction, Json, Origin, Path, Role, WireError
from guardproxy.wire import logprobs
from guardproxy.wire.base import Call, Conversation, Fault, Head, Item, ReplyWriter, Text, Usage
from guardproxy.wire.chat_write import refusal
from guardproxy.wire.dialect import ServerSentEvents, TextsAndCalls
from guardproxy.wire.errors import message_of
from guardproxy.wire.json import dump, parse_reply
from guardproxy.wire.leaked import Raw
from guardproxy.wire.parameters import DROPPED, SHARED, finish, json_wanted, require_model, schema_wanted, usage_wanted
from guardproxy.wire.reply import COUNTS, Dropped, Halves, counts, reason_of
from guardproxy.wire.request import MAX_CHOICES, Check, Reading, bad, boolean, integer, rewrite, wrong
from guardproxy.wire.writing import StreamWriter, body, string

_OBJECT: Final = "text_completion"
_REASONS: Final = frozenset(("stop", "length", "content_filter"))
_TOP: Final = frozenset(("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "obfuscation"))
_CHOICE: Final = frozenset(("index", "text", "finish_reason", "logprobs"))
_GARBLED: Final = "the upstream sent an event that can't be read"

# ---------------------------------------------------------------------------------------------------- requests


def _prompt_text(reading: Reading, value: Json, path: Path) -> None:
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    reading.add(value, path, Role.USER)


def _prompt(reading: Reading, value: Json, path: Path) -> None:
    """A string or a list of strings. Token ids are refused: no filter can read them."""
    if not isinstance(value, list):
        _prompt_text(reading, value, path)
        return
    if not 0 < len(value) <= MAX_CHOICES:
        raise bad(path, f"a request has 1 to {MAX_CHOICES} prompts")
    for index, one in enumerate(value):
        if isinstance(one, int | list):
            raise bad((*path, index), "prompts of token ids are not accepted: no filter can read them; send text")
        _prompt_text(reading, one, (*path, index))


_PARAMETERS: Final[dict[str, Check]] = {
    **SHARED,
    "prompt": _prompt,
    "suffix": _prompt_text,
    "echo": boolean,  # the reply's text then begins with the prompt, and is guarded with it
    "best_of": integer(1, MAX_CHOICES),
    "logprobs": integer(0, 128),
}


def _read(body: Json, extra: frozenset[str]) -> Conversation:
    reading = Reading(extra)
    reading.walk(body, (), _PARAMETERS)
    model = require_model(body)
    prompt = body.get("prompt")
    if prompt is None:
        raise WireError("`prompt` is missing; send text to complete.", code="missing_parameter", param="prompt")
    choices = (body.get("n") or 1) * (len(prompt) if isinstance(prompt, list) else 1)
    if choices > MAX_CHOICES:
        raise bad(("n",), f"prompts times n is {choices}; a reply has at most {MAX_CHOICES} choices")
    segments, stream = tuple(reading.segments), bool(body.get("stream"))
    unread, usage = tuple(reading.unread), usage_wanted(body)
    return Conversation(model, stream, segments, unread, choices, usage, json_wanted(body), schema_wanted(body))


# ---------------------------------------------------------------------------------------------------- replies


class CompletionsReader:
    """Reads one reply."""

    __slots__ = ("_ended", "_halves", "_harmony", "done", "dropped")

    def __init__(self) -> None:
        self.done = False
        self.dropped: set[str] = (dropped := Dropped())
        self._harmony = Raw(dropped)
        self._ended: set[int] = set()
        self._halves = Halves()

    def event(self, data: bytes) -> list[Item]:
        """Items of one event's data."""
        if data == b"[DONE]":
            self.done = True
            items = self._lost_halves(None)
            self._harmony.close(items)
            return items
        try:
            body = parse_reply(data)
        except WireError:
            return self.event(b"[DONE]") if data.strip() == b"[DONE]" and data != b"[DONE]" else [Fault(_GARBLED)]
        return self._read(body, whole=False) if isinstance(body, dict) else [Fault(_GARBLED)]

    def whole(self, body: Json) -> list[Item]:
        """Items of a whole body."""
        if not isinstance(body, dict):
            raise WireError("it is no JSON object", status=502, code="upstream_error")
        if not body.get("choices") and not message_of(body):
            raise WireError("it has no `choices`", status=502, code="upstream_error")
        self.done = self._halves.whole = self._harmony.whole = True
        return self._read(body, whole=True)

    def _read(self, body: dict[str, Any], *, whole: bool) -> list[Item]:
        choices = body.get("choices")
        if body.get("error") or (choices is None and message_of(body)):
            return [Fault(message_of(body) or "the upstream reported an error without a message")]
        self._note(body, _TOP)
        if choices is not None and not isinstance(choices, list):
            return [Fault(_GARBLED)]
        items: list[Item] = []
        for position, choice in enumerate(choices or ()):
            if not isinstance(choice, dict):
                return [*items, Fault(_GARBLED)]
            self._choice(choice, position, whole, items)
        usage = body.get("usage")
        if isinstance(usage, dict):
            self._note(usage, COUNTS, "usage.")
            if numbers := counts(usage):
                items.append(Usage(numbers))
        return items

    def _choice(self, choice: dict[str, Any], position: int, whole: bool, items: list[Item]) -> None:
        index = choice.get("index", position)
        if type(index) is not int or not 0 <= index < MAX_CHOICES:
            items.append(Fault(_GARBLED))
            return
        self._note(choice, _CHOICE, "choices.")
        text = choice.get("text")
        if text and (not isinstance(text, str) or index in self._ended):
            self._note({"text": text}, frozenset(), "choices.")
        elif text:
            self._text(index, text, choice.get("logprobs"), items)
        reason = choice.get("finish_reason")
        if (reason or whole) and index not in self._ended:
            self._ended.add(index)
            items += self._lost_halves(index)
            said = reason_of(reason)
            self._harmony.end(index, said if said in _REASONS else "stop", items)

    def _text(self, index: int, text: str, probabilities: Json, items: list[Item]) -> None:
        if not text.isascii() or self._halves:
            text = self._halves.mend((index, "text"), text)
        if text:
            tokens = None if probabilities is None else logprobs.completion(probabilities, text)
            if (index, "text") in self._harmony.plain and "<|" not in text and text[-1] != "<":
                items.append(Text(index, "text", text, tokens))
            else:
                self._harmony.text(index, "text", text, tokens, items)

    def _lost_halves(self, choice: int | None) -> list[Item]:
        items: list[Item] = []
        for key in self._halves.give_up(choice):
            self._harmony.text(key[0], key[1], "\ufffd", None, items)
        return items

    def _note(self, value: dict[str, Any], known: frozenset[str], prefix: str = "") -> None:
        assert isinstance(self.dropped, Dropped)
        self.dropped.note_unknown(value, known, prefix)


class CompletionsStreamWriter(StreamWriter):
    """Writes a stream."""

    __slots__ = ("_frames",)

    def __init__(self, head: Head) -> None:
        super().__init__(head, _OBJECT)
        self._frames: dict[int, tuple[bytes, bytes]] = {}

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        if logprobs is not None:
            return self._envelope.event({"text": text, "index": choice, "logprobs": logprobs, "finish_reason": None})
        if (frame := self._frames.get(choice)) is None:
            after = b',"index":%d,"logprobs":null,"finish_reason":null}' % choice
            frame = self._frames[choice] = self._envelope.around(b'{"text":', after)
        return frame[0] + string(text) + frame[1]

    def call(self, choice: int, index: int, call: Call) -> bytes:
        raise TypeError("completions have no tool calls")

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        return self._envelope.event({"text": "", "index": choice, "logprobs": None, "finish_reason": reason})


@dataclass(slots=True)
class _Choice:
    texts: list[str] = field(default_factory=list)
    logprobs: dict[str, Any] | None = None
    whole: bool = True
    """Every piece so far came with its logprobs."""
    reason: str | None = None

    def text(self, text: str, logprobs: Json | None) -> None:
        self.texts.append(text)
        if logprobs is None:
            self.whole = False
        elif self.logprobs is None:
            self.logprobs = dict(logprobs)
        else:
            for name, more in logprobs.items():
                so_far = self.logprobs[name]
                self.logprobs[name] = None if so_far is None or more is None else so_far + more

    def finished(self, index: int) -> dict[str, Any]:
        logprobs = self.logprobs if self.whole else None
        return {"text": "".join(self.texts), "index": index, "logprobs": logprobs, "finish_reason": self.reason}


class CompletionsWholeWriter(TextsAndCalls):
    """Writes a whole body."""

    __slots__ = ("_choices", "_error", "_head", "_usage")

    def __init__(self, head: Head) -> None:
        self._head = head
        self._choices: dict[int, _Choice] = {}
        self._usage: Json | None = None
        self._error: Json | None = None

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        self._choices.setdefault(choice, _Choice()).text(text, logprobs)
        return b""

    def call(self, choice: int, index: int, call: Call) -> bytes:
        raise TypeError("completions have no tool calls")

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        one = self._choices.setdefault(choice, _Choice())
        one.reason, one.whole = reason, one.whole and not cut
        return b""

    def usage(self, usage: Json) -> bytes:
        self._usage = usage
        return b""

    def error(self, error: Json) -> bytes:
        self._error = error
        return b""

    def done(self) -> bytes:
        if self._error is not None:
            return dump({"error": self._error})
        choices = [c.finished(i) for i, c in sorted(self._choices.items())]
        return body(self._head, _OBJECT, choices, self._usage)


class Completions(ServerSentEvents):
    """Completions. `extra_parameters`: what the operator lets through by name."""

    def __init__(self, extra_parameters: frozenset[str] = frozenset()) -> None:
        self.route, self.prefix, self.message_field = "/v1/completions", "cmpl-", "text"
        self._extra = extra_parameters

    def read_request(self, body: Json) -> Conversation:
        return _read(body, self._extra)

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        return finish(rewrite(body, edits, DROPPED))

    def origin(self, field: str, tool: str | None = None) -> Origin:
        return Origin(Direction.RESPONSE, Role.ASSISTANT, None, tool, inferred=True)

    def reader(self) -> CompletionsReader:
        return CompletionsReader()

    def stream_writer(self, head: Head) -> ReplyWriter:
        return CompletionsStreamWriter(head)

    def whole_writer(self, head: Head) -> ReplyWriter:
        return CompletionsWholeWriter(head)

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        return refusal(self.stream_writer(head) if stream else self.whole_writer(head), self.message_field, message)
