"""Events that somebody else makes, on their way to a client: kept ones, or those of a response in the background."""

from __future__ import annotations

from collections.abc import AsyncIterator

from guardproxy.config import Settings
from guardproxy.server.edge import Headers, Request
from guardproxy.server.presence import Presence, Silence
from guardproxy.wire.base import Codec, Head


async def send_followed(
    request: Request, events: AsyncIterator[bytes], codec: Codec, settings: Settings, headers: Headers, presence: Presence
) -> None:  # fmt: skip
    """Send them to their end. Comments keep the connection alive; a client that takes nothing is given up."""
    await request.begin_stream(headers, codec.stream_type)
    keep_alive = codec.keep_alive(Head("", "", 0))
    timeouts = settings.timeouts
    silence = Silence(
        request.write, keep_alive, held=timeouts.held, idle=timeouts.idle, give_up=presence.give_up
    )  # fmt: skip
    try:
        async for data in events:
            if data:
                silence.ends()
                await request.write(data)
                silence.begins()
    finally:
        silence.stop()
    await request.end_stream()
