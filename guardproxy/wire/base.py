"""What every dialect gives the rest of guardproxy: a request as segments, a reply as items, and writers for both.

Nothing outside `wire/` knows the name of a field of any dialect. A codec never decides and never drops a byte of text
silently: what it can't read is an `Unread`, what it leaves out of a reply is named by `ReplyReader.dropped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from guardproxy.types import Json, Origin, Path, Role, Segment

BOTH: Final = "+"
"""Joins the names of fields that come with the same text: `reasoning+reasoning_content` is one text."""


def share(one: str, other: str) -> bool:
    """Whether two fields of `Text` have a name in common: to a client one goes on where the other stopped."""
    return not set(one.split(BOTH)).isdisjoint(other.split(BOTH))


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a request that no filter can read: an image, token ids, a stored conversation's id."""

    path: Path
    what: str
    """For a person: "an image", "token ids"."""


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

    @property
    def opening(self) -> str:
        """What the user said first: the same in every turn of a conversation, since clients send all of it each time."""
        return next((s.text for s in self.segments if s.origin.role is Role.USER), "")

    def joined(self) -> list[list[Segment]]:
        """Segments that are parts of one message: the model reads each of these lists as one text."""
        groups: dict[Path, list[Segment]] = {}
        for segment in self.segments:
            path = segment.origin.path
            if len(path) >= 5 and path[0] == "messages" and path[2] == "content":
                groups.setdefault(path[:3], []).append(segment)
        return [parts for parts in groups.values() if len(parts) > 1]


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


@dataclass(frozen=True, slots=True)
class End:
    """The upstream ended a choice."""

    choice: int
    reason: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts: numbers and nested objects of numbers only."""

    value: Json


@dataclass(frozen=True, slots=True)
class Fault:
    """The upstream reported an error inside a reply. The message is untrusted text."""

    message: str


Item: TypeAlias = Text | Call | End | Usage | Fault


@dataclass(frozen=True, slots=True)
class Head:
    """What every event of one reply repeats: ours, never the upstream's (servers reveal file paths in `model`)."""

    id: str
    model: str
    created: int
    include_usage: bool = False


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


class Codec(Protocol):
    """One dialect."""

    route: str
    """Path below the API base: `/chat/completions`."""
    message_field: str
    """The reply field that a message of ours goes into: `content`, `text`."""

    def read_request(self, body: Json) -> Conversation:
        """Raises WireError, naming the parameter, for what is malformed or not on the allowlist."""
        ...

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        """The body for the upstream with the texts at these paths replaced. The argument is not changed."""
        ...

    def origin(self, field: str, tool: str | None = None) -> Origin:
        """Where a reply's text of this field comes from; `field` is "call" for the arguments of a tool call."""
        ...

    def reader(self) -> ReplyReader: ...

    def stream_writer(self, head: Head) -> ReplyWriter: ...

    def whole_writer(self, head: Head) -> ReplyWriter: ...

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        """The 200 form of a blocked request (`on_block: refusal`): one assistant message ended by `content_filter`."""
        ...


__all__ = [
    "BOTH", "Call", "Codec", "Conversation", "End", "Fault", "Head", "Item", "ReplyReader", "ReplyWriter", "Segment",
    "Text", "Unread", "Usage", "share",
]  # fmt: skip
