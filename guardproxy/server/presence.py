"""Whether there is still somebody to work for: one request's work ends when its client goes, or the process does.

The work runs in the server's own task. A second task that only waits for the client to go would cost every request more
than its JSON does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from guardproxy.server.closing import Closing, shutting_down
from guardproxy.server.edge import Gone, Request

_NOW: Final = 0.0
"""A moment that is past, on the clock of any loop."""


class Presence:
    """One request's work, cancelled as soon as it is of no use."""

    __slots__ = ("_closing", "_ended", "_limit", "_reason", "_request")

    def __init__(self, request: Request, closing: Closing) -> None:
        self._request, self._closing = request, closing
        self._limit: asyncio.Timeout | None = None
        self._ended = False
        self._reason: Exception | None = None

    async def during(self, work: Coroutine[Any, Any, int]) -> int:
        """The work's result. It is cancelled, and has ended by then, when somebody has to be told instead.

        Raises Gone when the client went away before it had its answer. Raises WireError 503 when the process ends before
        an answer began; a stream then ends itself. What is left after the answer (shadow rules) is not hurried, until the
        process ends: the status is then that of the answer.
        """
        limit = self._limit = asyncio.timeout(None)
        look, line = self._look, self._request.line
        self._closing.listeners.add(look)
        line.listener = look
        try:
            async with limit:
                look()
                return await work
        except TimeoutError:
            if not (self._ended and limit.expired()):
                raise
            if self._reason is not None:
                raise self._reason from None
            return self._request.status
        finally:
            self._limit = line.listener = None
            self._closing.listeners.discard(look)

    def give_up(self) -> None:
        """The client takes nothing any more."""
        self._end(Gone())

    def _look(self) -> None:
        request, ending = self._request, self._closing.now
        if ending and not request.started:
            self._end(shutting_down())
        elif request.line.gone and not request.finished:
            self._end(Gone())
        elif ending and request.finished:
            self._end(None)

    def _end(self, reason: Exception | None) -> None:
        if not self._ended and self._limit is not None:
            self._ended, self._reason = True, reason
            self._limit.reschedule(_NOW)


class Silence:
    """Breaks the silence of a stream with comments, and notices a client that takes nothing.

    It is a timer and no task, since nearly all streams end before they are silent.
    """

    __slots__ = ("_comment", "_give_up", "_held", "_idle", "_loop", "_sending", "_since", "_task", "_timer", "_write")

    def __init__(
        self, write: Callable[[bytes], Coroutine[Any, Any, None]], comment: bytes, *, held: float, idle: float,
        give_up: Callable[[], None],
    ) -> None:  # fmt: skip
        """`held`: seconds of silence before a comment. `idle`: seconds that one write may take."""
        self._loop = asyncio.get_running_loop()
        self._write, self._comment, self._held, self._idle, self._give_up = write, comment, held, idle, give_up
        self._since = self._loop.time()  # when something was last sent to the client
        self._sending = False
        self._task: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(min(idle, held), self._look)

    def ends(self) -> None:
        """Something is on its way to the client."""
        self._sending = True

    def begins(self) -> None:
        """The server took it."""
        self._sending = False
        self._since = self._loop.time()

    def stop(self) -> None:
        """The stream ends: no more comments. One that is being written is whole or never begins."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _look(self) -> None:
        silent = self._loop.time() - self._since
        if self._sending and silent >= self._idle:
            self._give_up()
            return
        if not self._sending and silent >= self._held:
            self._task = self._loop.create_task(self._say())
            self._task.add_done_callback(self._said)
            silent = 0.0
        wait = max(min(self._idle, self._held) - silent, 0.01, self._held / 10)
        self._timer = self._loop.call_later(wait, self._look)

    async def _say(self) -> None:
        self.ends()
        await self._write(self._comment)
        self.begins()

    def _said(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._give_up()
