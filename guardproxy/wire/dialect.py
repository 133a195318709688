"""What dialects share: streams of server-sent events, errors as OpenAI's clients read them, replies of text only."""

from __future__ import annotations

from typing import Final

from guardproxy.types import Json
from guardproxy.wire import errors, sse
from guardproxy.wire.base import Block, Decoder, Head

_HELD: Final = sse.comment(b"held")


class ServerSentEvents:
    """The framing of a codec whose streams are server-sent events."""

    stream_type = "text/event-stream"
    headers: tuple[tuple[str, str], ...] = ()
    id_headers: tuple[bytes, ...] = (b"x-request-id",)

    def decoder(self) -> Decoder:
        return sse.Decoder()

    def keep_alive(self, head: Head) -> bytes:
        return _HELD

    def error(self, error: dict[str, Json], status: int) -> bytes:
        return errors.openai(error, status)


class TextsAndCalls:
    """A writer of a dialect whose reader gives neither blocks nor notes."""

    __slots__ = ()

    def block(self, choice: int, block: Block) -> bytes:
        raise TypeError("this dialect has no blocks")

    def note(self, choice: int, field: str, start: int, end: int, value: Json) -> bytes:
        raise TypeError("this dialect has no notes")
