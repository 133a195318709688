"""A wire tap between the proxy and the local gpt-oss: relays bytes as they are and remembers them, with the time of each.

So a test sees what the upstream was really sent, what it really answered, and when, without asking the model twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.server.support import body_of

SECONDS = 10
"""For anything here that should happen at once."""


@dataclass
class Visit:
    """One request of the proxy and the upstream's reply to it. Times are those of `time.monotonic`."""

    sent: bytearray = field(default_factory=bytearray)
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    gone_at: float | None = None
    """The proxy closed the connection."""

    @property
    def line(self) -> str:
        return self.sent.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def headers(self) -> dict[str, str]:
        lines = bytes(self.sent).split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    @property
    def asked(self) -> Any:
        return json.loads(bytes(self.sent).split(b"\r\n\r\n", 1)[1])

    @property
    def answer(self) -> bytes:
        """Body of the reply."""
        return body_of(b"".join(data for _, data in self.pieces))

    @property
    def ended(self) -> bool:
        return bool(self.pieces) and self.pieces[-1][1].endswith(b"0\r\n\r\n")

    def wait_gone(self) -> float:
        """When the proxy closed the connection; fails when it doesn't."""
        deadline = time.monotonic() + SECONDS
        while self.gone_at is None:
            assert time.monotonic() < deadline, f"the proxy still listens to {self.line} after {SECONDS} s"
            time.sleep(0.01)
        return self.gone_at


@dataclass
class Tap:
    """Where the proxy finds its upstream, and what passed there."""

    upstream: str
    """Base URL of the real one."""
    url: str = ""
    """Base URL for the proxy."""
    visits: list[Visit] = field(default_factory=list)

    @property
    def posts(self) -> list[Visit]:
        """Requests to the model, oldest first."""
        return [visit for visit in self.visits if visit.line.startswith("POST ")]

    @property
    def last(self) -> Visit:
        assert self.posts, "nothing reached the upstream"
        return self.posts[-1]

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to = urlsplit(self.upstream)
        try:
            back, forth = await asyncio.open_connection(to.hostname, to.port)
        except OSError:  # the model is down: the proxy shall see just that
            writer.close()
            return
        visits: list[Visit] = []
        both = [
            asyncio.ensure_future(self._ask(visits, reader, forth)),
            asyncio.ensure_future(_tell(visits, back, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (forth, writer):
                end.close()

    async def _ask(self, visits: list[Visit], reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if not visits or visits[-1].pieces:  # an answer came since: these bytes begin another request
                    visits.append(Visit())
                    self.visits.append(visits[-1])
                visits[-1].sent += data
                forth.write(data)
                await forth.drain()
        if visits:
            visits[-1].gone_at = time.monotonic()


async def _tell(visits: list[Visit], back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await back.read(65_536):
            visits[-1].pieces.append((time.monotonic(), data))
            writer.write(data)
            await writer.drain()


@contextlib.contextmanager
def tapped(upstream: str) -> Iterator[Tap]:
    """A tap on the way to `upstream` (its base URL), until the end of the block."""
    tap, started, stop = Tap(upstream), threading.Event(), threading.Event()

    async def live() -> None:
        server = await asyncio.start_server(tap.relay, "127.0.0.1", 0)
        tap.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        started.set()
        await asyncio.to_thread(stop.wait)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    try:
        assert started.wait(SECONDS), "the tap does not listen"
        yield tap
    finally:
        stop.set()
        thread.join(SECONDS)
