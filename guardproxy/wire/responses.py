"""The dialect of `/responses`. Reading and writing live in the files beside this one; here they become a codec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guardproxy.types import Channel, Direction, Json, Origin, Path, Role
from guardproxy.wire import responses_request
from guardproxy.wire.base import Conversation, Head, ReplyWriter, is_inferred, names
from guardproxy.wire.chat_write import refusal
from guardproxy.wire.dialect import ServerSentEvents
from guardproxy.wire.responses_reply import ResponsesReader
from guardproxy.wire.responses_write import MESSAGE, ResponsesStreamWriter, ResponsesWholeWriter

_CHANNELS: Final = {
    "reasoning_text": Channel.ANALYSIS,
    "summary_text": Channel.ANALYSIS,
    "call": Channel.COMMENTARY,
}


class Responses(ServerSentEvents):
    """The Responses API. `extra_parameters`: what the operator lets through by name."""

    def __init__(self, extra_parameters: frozenset[str] = frozenset()) -> None:
        self.route, self.prefix, self.message_field = "/v1/responses", "resp_", MESSAGE
        self._extra = extra_parameters

    def read_request(self, body: Json) -> Conversation:
        return responses_request.read(body, self._extra)

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        return responses_request.write(body, edits)

    def origin(self, field: str, tool: str | None = None) -> Origin:
        name = names(field)[0]
        if name == "result":
            return Origin(Direction.RESPONSE, Role.TOOL, None, tool)
        channel = _CHANNELS.get(name, Channel.FINAL)
        return Origin(Direction.RESPONSE, Role.ASSISTANT, channel, tool, inferred=is_inferred(field))

    def reader(self) -> ResponsesReader:
        return ResponsesReader()

    def stream_writer(self, head: Head) -> ReplyWriter:
        return ResponsesStreamWriter(head)

    def whole_writer(self, head: Head) -> ReplyWriter:
        return ResponsesWholeWriter(head)

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        return refusal(self.stream_writer(head) if stream else self.whole_writer(head), self.message_field, message)
