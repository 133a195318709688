"""Whose work goes on and whose does not, and what a silent stream is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from guardproxy.server.closing import Closing
from guardproxy.server.edge import Gone, Reply, Request
from guardproxy.server.line import LINE, Line
from guardproxy.server.presence import Presence, Silence
from guardproxy.types import WireError
from tests.patience import PATIENCE


class Play:
    """A request whose messages go nowhere, and its work."""

    def __init__(self) -> None:
        self.line, self.closing, self.cancelled = Line(), Closing(), False
        self.request = Request({"headers": [], LINE: self.line}, self._receive, self._send)
        self.presence = Presence(self.request, self.closing)

    async def _send(self, message: Any) -> None:
        pass

    async def _receive(self) -> dict[str, Any]:
        raise AssertionError("nobody has to wait for the client to go")

    async def work(self) -> int:
        """Work without an end."""
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)  # it may have to close something
            self.cancelled = True
            raise
        return 200

    async def answered(self) -> int:
        await self.request.reply(Reply(200, b"{}"))
        return await self.work()


def play(run: Callable[[Play], Awaitable[Any]]) -> Any:
    async def all() -> Any:
        return await run(Play())

    return asyncio.run(asyncio.wait_for(all(), PATIENCE))


def test_a_client_that_goes_ends_the_work() -> None:
    async def run(one: Play) -> bool:
        asyncio.get_running_loop().call_later(0.02, one.line.leave)
        with pytest.raises(Gone):
            await one.presence.during(one.work())
        await asyncio.sleep(0)  # and nothing of the cancellation is left over
        return one.cancelled

    assert play(run)


def test_a_client_that_is_gone_already_ends_the_work() -> None:
    async def run(one: Play) -> None:
        one.line.leave()
        with pytest.raises(Gone):
            await one.presence.during(one.work())

    play(run)


def test_the_end_of_the_process_ends_work_without_an_answer() -> None:
    async def run(one: Play) -> bool:
        asyncio.get_running_loop().call_later(0.02, one.closing.tell)
        with pytest.raises(WireError) as e:
            await one.presence.during(one.work())
        assert (e.value.status, e.value.code) == (503, "shutting_down")
        assert not one.closing.listeners
        return one.cancelled

    assert play(run)


def test_who_has_an_answer_may_go() -> None:
    async def run(one: Play) -> None:
        asyncio.get_running_loop().call_later(0.02, one.line.leave)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await one.presence.during(one.answered())
        assert one.cancelled  # by the timeout around all of it, which stays its own

    play(run)


def test_a_client_that_takes_nothing_is_given_up() -> None:
    async def run(one: Play) -> None:
        asyncio.get_running_loop().call_later(0.02, one.presence.give_up)
        with pytest.raises(Gone):
            await one.presence.during(one.answered())

    play(run)


def test_errors_and_timeouts_of_the_work_are_its_own() -> None:
    async def run(one: Play) -> None:
        async def late() -> int:
            async with asyncio.timeout(0.01):
                return await one.work()

        with pytest.raises(TimeoutError):
            await one.presence.during(late())
        assert one.line.listener is None

    play(run)


def test_silence_is_broken_and_a_slow_client_noticed() -> None:
    async def run(_: Play) -> tuple[list[bytes], list[str]]:
        written: list[bytes] = []
        given_up: list[str] = []

        async def write(data: bytes) -> None:
            written.append(data)

        silence = Silence(write, b": held\n\n", held=0.03, idle=0.15, give_up=lambda: given_up.append("now"))
        began = asyncio.get_running_loop().time()
        while len(written) < 3:  # noqa: ASYNC110  (right behind one, so that no other is on its way)
            await asyncio.sleep(0.001)
        assert asyncio.get_running_loop().time() - began > 0.08
        assert not given_up
        silence.ends()  # and the server does not take it
        before = len(written)
        await asyncio.sleep(0.25)
        assert len(written) == before
        silence.stop()
        return written, given_up

    written, given_up = play(run)
    assert set(written) == {b": held\n\n"}
    assert given_up == ["now"]


def test_a_comment_that_fails_gives_the_client_up() -> None:
    async def run(_: Play) -> list[str]:
        given_up: list[str] = []

        async def write(data: bytes) -> None:
            raise RuntimeError("broken")

        silence = Silence(write, b": held\n\n", held=0.02, idle=5, give_up=lambda: given_up.append("now"))
        await asyncio.sleep(0.05)
        silence.stop()
        return given_up

    assert play(run)[0] == "now"


def test_a_stream_that_is_never_silent_has_no_comments() -> None:
    async def run(_: Play) -> list[bytes]:
        written: list[bytes] = []

        async def write(data: bytes) -> None:
            written.append(data)

        silence = Silence(write, b": held\n\n", held=0.05, idle=1, give_up=lambda: None)
        for _ in range(10):
            await asyncio.sleep(0.01)
            silence.ends()
            silence.begins()
        silence.stop()
        await asyncio.sleep(0.1)
        return written

    assert play(run) == []
