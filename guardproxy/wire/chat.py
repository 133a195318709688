"""The dialect of `/chat/completions`. Reading and writing live in the files beside this one; here they become a codec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guardproxy.types import Channel, Direction, Json, Origin, Path, Role
from guardproxy.wire import chat_request
from guardproxy.wire.base import Conversation, Head, ReplyWriter, is_inferred, names
from guardproxy.wire.chat_reply import FIELDS, REASONING, ChatReader
from guardproxy.wire.chat_write import ChatStreamWriter, ChatWholeWriter, refusal
from guardproxy.wire.dialect import ServerSentEvents
from guardproxy.wire.parameters import DROPPED, finish
from guardproxy.wire.request import rewrite

_CHANNELS: Final = {**dict.fromkeys(REASONING, Channel.ANALYSIS), "call": Channel.COMMENTARY}


_ORIGINS: Final = {
    name: Origin(Direction.RESPONSE, Role.ASSISTANT, _CHANNELS.get(name, Channel.FINAL)) for name in FIELDS
}
"""Of the fields that nearly all text comes in."""


class Chat(ServerSentEvents):
    """Chat Completions. `extra_parameters`: what the operator lets through by name (`top_a`, `messages.cache_control`)."""

    def __init__(self, extra_parameters: frozenset[str] = frozenset()) -> None:
        self.route, self.prefix, self.message_field = "/v1/chat/completions", "chatcmpl-", "content"
        self._extra = extra_parameters

    def read_request(self, body: Json) -> Conversation:
        return chat_request.read(body, self._extra)

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        return finish(rewrite(body, edits, DROPPED))

    def origin(self, field: str, tool: str | None = None) -> Origin:
        if tool is None and (known := _ORIGINS.get(field)) is not None:
            return known
        channel = _CHANNELS.get(names(field)[0], Channel.FINAL)
        return Origin(Direction.RESPONSE, Role.ASSISTANT, channel, tool, inferred=is_inferred(field))

    def reader(self) -> ChatReader:
        return ChatReader()

    def stream_writer(self, head: Head) -> ReplyWriter:
        return ChatStreamWriter(head)

    def whole_writer(self, head: Head) -> ReplyWriter:
        return ChatWholeWriter(head)

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        return refusal(self.stream_writer(head) if stream else self.whole_writer(head), self.message_field, message)
