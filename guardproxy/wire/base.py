"""What every dialect gives the rest of guardproxy: a request as segments, a reply as items, and writers for both.

Nothing outside `wire/` knows the name of a field of any dialect. A codec never decides and never drops a byte of text
silently: what it can't read is an `Unread`, what it leaves out of a reply is named by `ReplyReader.dropped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from guardproxy.types import Json, Origin, Path, Role, Segment
from guardproxy.wire.sse import Event

BOTH: Final = "+"
"""Joins the names of fields that come with the same text: `reasoning+reasoning_content` is one text."""
PART: Final = "#"
"""Stands before the place of a part in a field: `output_text#2.0` is part 0 of item 2. Items come one after another."""
_INFERRED: Final = "~"
_CALLED: Final = "call"
_SEAMS: Final = frozenset(("content", "output", "system"))


def names(field: str) -> list[str]:
    """The names of a field, without its place."""
    return field.partition(PART)[0].split(BOTH)


def share(one: str, other: str) -> bool:
    """Whether two fields of `Text` have a name in common: to a client one goes on where the other stopped."""
    return not set(names(one)).isdisjoint(names(other))


def item_of(field: str) -> str:
    """The item that a field is a part of; empty in dialects without items. Only parts of one item run side by side."""
    return field.partition(PART)[2].partition(".")[0]


def part(field: str) -> str:
    """The field, as one whose text comes in several pieces even where the reply is whole."""
    return field if PART in field else field + PART


def inferred(field: str, place: int | str | None = None) -> str:
    """The field, for text whose channel was told from the text itself. It is a part of its own."""
    return part(field) + ("" if place is None else str(place)) + _INFERRED


def called_in(field: str) -> str:
    """The field of a call that stays in this field's text: a part of its own, in which nothing is given back."""
    return inferred(field.partition(PART)[0], _CALLED)


def is_called(field: str) -> bool:
    return field.endswith(f"{PART}{_CALLED}{_INFERRED}")


def is_inferred(field: str) -> bool:
    return field.endswith(_INFERRED)


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a request that no filter can read: an image, token ids, a stored conversation's id."""

    path: Path
    what: str
    """For a person: "an image", "token ids"."""


@dataclass(frozen=True, slots=True)
class Moderated:
    """What a request's `moderation` asks for. It can only tighten: what policy would edit is blocked instead."""

    block_input: bool = False
    block_output: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """A request, read."""

    model: str
    stream: bool
    segments: tuple[Segment, ...]
    """Every text of the request; `origin.path` says where it stands. Paths are unique."""
    unread: tuple[Unread, ...] = ()
    choices: int = 1
    """How many choices the reply will have (`n`)."""
    include_usage: bool = False
    """The client asked for a usage chunk at the end of the stream."""
    json_reply: bool = False
    """The client asked for an answer that is a JSON document."""
    schema: Json = None
    """The JSON Schema that the client asked the answer to keep to, if it did."""
    tools: frozenset[str] | None = None
    """Names of the tools that the model may call, where the dialect's reader finds calls in text; None: it finds none."""
    echo: Mapping[str, Json] = field(default_factory=dict)
    """Parameters that the dialect's reply repeats, as the client sent them."""
    moderation: Moderated | None = None
    """What the client wants to be told about what was found, and to have blocked."""
    upstream_tools: tuple[str, ...] = ()
    """Kinds of tools that the upstream runs itself (`web_search`): their results reach the model unseen by us."""

    @property
    def opening(self) -> str:
        """What the user said first: the same in every turn of a conversation, since clients send all of it each time."""
        return next((s.text for s in self.segments if s.origin.role is Role.USER), "")

    def joined(self) -> list[list[Segment]]:
        """Segments that are parts of one message: the model reads each of these lists as one text."""
        groups: dict[Path, list[Segment]] = {}
        for segment in self.segments:
            message = None if segment.json or segment.fixed else message_of(segment.origin.path)
            if message is not None:
                who = (segment.origin.role.value, str(segment.origin.channel), str(segment.origin.tool))
                groups.setdefault((*message, *who), []).append(segment)
        return [parts for parts in groups.values() if len(parts) > 1]


def message_of(path: Path) -> Path | None:
    """The list of parts that a text is in, if it is in one: `messages[3].content` of `messages[3].content[0].text`.

    What is all of a content itself, such as a tool's result among other parts, is read by itself.
    """
    if path and path[-1] in _SEAMS:
        return None
    for at in range(len(path) - 2, -1, -1):
        if path[at] in _SEAMS and type(path[at + 1]) is int:
            return path[: at + 1]
    return None


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a reply's text. A whole body is one piece per field."""

    choice: int
    field: str
    """Name of the field as the upstream spelt it: `content`, `reasoning_content`, `text`; several joined by `BOTH`."""
    text: str
    logprobs: Json | None = None
    """The dialect's logprobs object for exactly this piece."""


@dataclass(frozen=True, slots=True)
class Call:
    """A fragment of a tool call. Fragments of one (choice, index) add up; `id` and `name` may come in pieces too."""

    choice: int
    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    kind: str = "function"
    """`function` (arguments are JSON), `custom` (arguments are plain text), or `function_call` (the legacy single call)."""
    whole: bool = False
    """Nothing of it follows: it may be decided before its choice ends."""
    inferred: bool = False
    """It was found in a text, not in a place for calls."""
    field: str = ""
    """Where it stands in a text and stays there: the field that its arguments are a part of."""
    spoken: bool = False
    """The text only speaks of a call: nobody makes it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A call of a tool that the upstream runs itself, with what came of it. It goes out whole or not at all."""

    choice: int
    kind: str
    """What it is in its dialect: `web_search_call`."""
    tool: str
    call: dict[str, Any]
    """What the model said: a JSON object whose keys the dialect knows."""
    result: dict[str, Any] = field(default_factory=dict)
    """What the tool said."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a server says about a range of a field's text: a citation. It goes out behind its text."""

    choice: int
    field: str
    start: int
    """In characters of the field's text so far, as the upstream sent it."""
    end: int
    value: dict[str, Any]
    """Without the range."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something in a reply that may hold text and is of no known form. It is left out; policy says whether that will do."""

    choice: int
    what: str
    """For a person: "an item of an unknown kind"."""


@dataclass(frozen=True, slots=True)
class End:
    """The upstream ended a choice."""

    choice: int
    reason: str
    uncalled: str = ""
    """The reason, if none of the calls that were found in its text is one."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts: numbers and nested objects of numbers only."""

    value: Json


@dataclass(frozen=True, slots=True)
class Fault:
    """The upstream reported an error inside a reply. The message is untrusted text."""

    message: str


Item: TypeAlias = Text | Call | Block | Note | Unknown | End | Usage | Fault


@dataclass(frozen=True, slots=True)
class Head:
    """What every event of one reply repeats: ours, never the upstream's (servers reveal file paths in `model`)."""

    id: str
    model: str
    created: int
    include_usage: bool = False
    echo: Mapping[str, Json] = field(default_factory=dict)
    """`Conversation.echo`."""


class ReplyReader(Protocol):
    """Reads one reply. Raises WireError for what is no reply of this dialect."""

    dropped: set[str]
    """Names of fields that held text and were left out (at most 32, each at most 64 characters)."""

    def event(self, data: bytes) -> Iterable[Item]:
        """Items of one event's data (already without `data:`). `[DONE]` gives none and sets `done`."""
        ...

    def whole(self, body: Json) -> Iterable[Item]:
        """Items of a whole body, the same ones that a stream of it would give."""
        ...

    done: bool
    """The upstream said that the stream is complete."""


class ReplyWriter(Protocol):
    """Writes one reply: bytes for a stream (each call returns whole events), or one body at the end.

    A stream writer returns what to send; a whole writer returns b"" from all but `done`.
    """

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes: ...

    def call(self, choice: int, index: int, call: Call) -> bytes:
        """One complete call, decided."""
        ...

    def block(self, choice: int, block: Block) -> bytes:
        """A call that the upstream ran, and its result, decided. Only for what the reader of the dialect gives."""
        ...

    def note(self, choice: int, field: str, start: int, end: int, value: Json) -> bytes:
        """A note on a range of the field's text as it was written. Only for what the reader of the dialect gives."""
        ...

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        """End a choice. `cut`: the guard ended it."""
        ...

    def usage(self, usage: Json) -> bytes: ...

    def error(self, error: Json) -> bytes:
        """An error object `{message, type, param, code}` in the middle of a reply."""
        ...

    def done(self) -> bytes:
        """The terminator of a stream, or the whole body."""
        ...


class KeptWriter(ReplyWriter, Protocol):
    """A writer of a dialect whose replies can be kept."""

    status: str
    """How far the reply is; `in_progress` until its end."""

    def snapshot(self, status: str = "") -> dict[str, Any]:
        """The reply. With a status: as far as it has come, told with that status."""
        ...


@runtime_checkable
class ModerationWriter(Protocol):
    """A writer of a dialect whose requests may ask for moderation."""

    def moderation(self, input: Json, output: Json) -> bytes:
        """What was found in the request and in the reply: results as `wire/moderations.py` makes them."""
        ...


@runtime_checkable
class CallStreamWriter(Protocol):
    """A writer of streams that can give a call's arguments in pieces. Nothing else is written between begin and end."""

    def call_begin(self, choice: int, index: int, call: Call) -> bytes:
        """Name and id of a call whose arguments follow."""
        ...

    def call_piece(self, choice: int, index: int, text: str) -> bytes: ...

    def call_end(self, choice: int, index: int, *, cut: bool = False) -> bytes:
        """`cut`: the guard ended it; it is no whole call."""
        ...


class Decoder(Protocol):
    """Cuts a stream into events. `feed` may be given any pieces of it; the events are the same."""

    def feed(self, chunk: bytes) -> list[Event]:
        """Events that are complete now. Raises WireError for what is no such stream."""
        ...

    def close(self) -> list[Event]:
        """The end of the stream: what is left of it."""
        ...


class Codec(Protocol):
    """One dialect."""

    route: str
    """Path: `/v1/chat/completions`. The upstream has it below the same base."""
    prefix: str
    """Of the ids of its replies: `chatcmpl-`."""
    message_field: str
    """The reply field that a message of ours goes into: `content`, `text`."""
    stream_type: str
    """Content type of its streams, from the upstream and to the client."""
    headers: tuple[tuple[str, str], ...]
    """What the upstream gets besides the usual headers."""
    id_headers: tuple[bytes, ...]
    """The headers in which its clients look for a request's id."""

    def read_request(self, body: Json) -> Conversation:
        """Raises WireError, naming the parameter, for what is malformed or not on the allowlist."""
        ...

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        """The body for the upstream with the texts at these paths replaced. The argument is not changed."""
        ...

    def origin(self, field: str, tool: str | None = None) -> Origin:
        """Where a reply's text of this field comes from; `field` is "call" for the arguments of a tool call."""
        ...

    def decoder(self) -> Decoder: ...

    def reader(self) -> ReplyReader: ...

    def stream_writer(self, head: Head) -> ReplyWriter: ...

    def whole_writer(self, head: Head) -> ReplyWriter: ...

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        """The 200 form of a blocked request (`on_block: refusal`): one assistant message ended by `content_filter`."""
        ...

    def error(self, error: dict[str, Json], status: int) -> bytes:
        """The body of an HTTP error, from an object `{message, type, param, code, …}`."""
        ...

    def keep_alive(self, head: Head) -> bytes:
        """What may stand between two events of a stream and tells nothing."""
        ...


__all__ = [
    "BOTH",
    "PART",
    "Block",
    "Call",
    "CallStreamWriter",
    "Codec",
    "Conversation",
    "Decoder",
    "End",
    "Fault",
    "Head",
    "Item",
    "KeptWriter",
    "Moderated",
    "ModerationWriter",
    "Note",
    "ReplyReader",
    "ReplyWriter",
    "Segment",
    "Text",
    "Unknown",
    "Unread",
    "Usage",
    "called_in", "inferred", "is_called",
    "is_inferred",
    "item_of",
    "message_of",
    "names",
    "part",
    "share",
]  # fmt: skip
