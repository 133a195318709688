"""The dialects of Ollama's own API: `/api/chat` and `/api/generate`, in streams of lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guardproxy.types import Channel, Direction, Json, Origin, Path, Role
from guardproxy.wire import errors, ndjson, ollama_request
from guardproxy.wire.base import Conversation, Decoder, Head, ReplyReader, ReplyWriter, is_inferred, names
from guardproxy.wire.chat_write import refusal
from guardproxy.wire.ollama_reply import OllamaReader
from guardproxy.wire.ollama_write import OllamaStreamWriter, OllamaWholeWriter, silent

_CHANNELS: Final = {"thinking": Channel.ANALYSIS, "call": Channel.COMMENTARY}


class _Ollama:
    """What both dialects share. `extra_parameters`: what the operator lets through by name."""

    stream_type = "application/x-ndjson"
    headers: tuple[tuple[str, str], ...] = ()
    id_headers: tuple[bytes, ...] = (b"x-request-id",)
    prefix = "ollama-"
    route: str
    message_field: str
    _chat: bool

    def __init__(self, extra_parameters: frozenset[str] = frozenset()) -> None:
        self._extra = extra_parameters

    def read_request(self, body: Json) -> Conversation:
        return ollama_request.read(body, self._extra, chat=self._chat)

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        return ollama_request.write(body, edits)

    def origin(self, field: str, tool: str | None = None) -> Origin:
        channel = _CHANNELS.get(names(field)[0], Channel.FINAL)
        return Origin(Direction.RESPONSE, Role.ASSISTANT, channel, tool, inferred=is_inferred(field))

    def decoder(self) -> Decoder:
        return ndjson.Decoder()

    def reader(self) -> ReplyReader:
        return OllamaReader(chat=self._chat)

    def stream_writer(self, head: Head) -> ReplyWriter:
        return OllamaStreamWriter(head, chat=self._chat)

    def whole_writer(self, head: Head) -> ReplyWriter:
        return OllamaWholeWriter(head, chat=self._chat)

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        return refusal(self.stream_writer(head) if stream else self.whole_writer(head), self.message_field, message)

    def error(self, error: dict[str, Json], status: int) -> bytes:
        return errors.ollama(error, status)

    def keep_alive(self, head: Head) -> bytes:
        return silent(head, chat=self._chat)


class OllamaChat(_Ollama):
    """`/api/chat`."""

    route, message_field, _chat = "/api/chat", "content", True


class OllamaGenerate(_Ollama):
    """`/api/generate`."""

    route, message_field, _chat = "/api/generate", "response", False
