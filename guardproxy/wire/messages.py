"""The dialect of Anthropic's `/messages`, and its count of tokens. vLLM, Ollama and llama.cpp serve it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from guardproxy.types import Channel, Direction, Json, Origin, Path, Role, WireError
from guardproxy.wire import errors, messages_request
from guardproxy.wire.base import (
    Conversation,
    End,
    Fault,
    Head,
    Item,
    ReplyReader,
    ReplyWriter,
    Usage,
    is_inferred,
    names,
)
from guardproxy.wire.chat_write import refusal
from guardproxy.wire.dialect import ServerSentEvents
from guardproxy.wire.errors import message_of
from guardproxy.wire.messages_reply import COUNTS, OURS, MessagesReader
from guardproxy.wire.messages_write import CountWriter, MessagesStreamWriter, MessagesWholeWriter, ping
from guardproxy.wire.reply import Dropped, counts

_CHANNELS: Final = {"thinking": Channel.ANALYSIS, "call": Channel.COMMENTARY}
_PING: Final = ping()


class Messages(ServerSentEvents):
    """The Messages API. `extra_parameters`: what the operator lets through by name."""

    headers: tuple[tuple[str, str], ...] = (("anthropic-version", "2023-06-01"),)
    id_headers: tuple[bytes, ...] = (b"x-request-id", b"request-id")

    def __init__(self, extra_parameters: frozenset[str] = frozenset()) -> None:
        self.route, self.prefix, self.message_field = "/v1/messages", "msg_", "text"
        self._extra = extra_parameters

    def read_request(self, body: Json) -> Conversation:
        return messages_request.read(body, self._extra)

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        return messages_request.write(body, edits)

    def origin(self, field: str, tool: str | None = None) -> Origin:
        name = names(field)[0]
        if name == "result":
            return Origin(Direction.RESPONSE, Role.TOOL, None, tool)
        channel = _CHANNELS.get(name, Channel.FINAL)
        return Origin(Direction.RESPONSE, Role.ASSISTANT, channel, tool, inferred=is_inferred(field))

    def reader(self) -> ReplyReader:
        return MessagesReader()

    def stream_writer(self, head: Head) -> ReplyWriter:
        return MessagesStreamWriter(head)

    def whole_writer(self, head: Head) -> ReplyWriter:
        return MessagesWholeWriter(head)

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        return refusal(self.stream_writer(head) if stream else self.whole_writer(head), self.message_field, message)

    def error(self, error: dict[str, Json], status: int) -> bytes:
        return errors.anthropic(error, status)

    def keep_alive(self, head: Head) -> bytes:
        return _PING


class CountReader:
    """Reads a count: a number, and no text."""

    def __init__(self) -> None:
        self.done = True
        self.dropped: set[str] = Dropped()

    def event(self, data: bytes) -> Iterable[Item]:
        raise WireError("a count of tokens comes whole", status=502, code="upstream_error")

    def whole(self, body: Json) -> list[Item]:
        """The count as usage."""
        known = {"input_tokens": COUNTS["input_tokens"]}
        counted = counts(body, known) if isinstance(body, dict) else None
        if not counted:
            message = message_of(body)
            return [Fault(message)] if message else self._unreadable()
        assert isinstance(self.dropped, Dropped)
        self.dropped.note_unknown(body, frozenset(known))
        return [End(0, "stop"), Usage({OURS[name]: one for name, one in counted.items()})]

    @staticmethod
    def _unreadable() -> list[Item]:
        raise WireError("it has no `input_tokens`", status=502, code="upstream_error")


class CountTokens(Messages):
    """How many tokens a request would have. What is counted is what the upstream would get."""

    def __init__(self, extra_parameters: frozenset[str] = frozenset()) -> None:
        super().__init__(extra_parameters)
        self.route = "/v1/messages/count_tokens"

    def read_request(self, body: Json) -> Conversation:
        return messages_request.read(body, self._extra, count=True)

    def reader(self) -> ReplyReader:
        return CountReader()

    def whole_writer(self, head: Head) -> ReplyWriter:
        return CountWriter(head)

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        """Of a refused request the upstream gets nothing."""
        return CountWriter(head).done()
