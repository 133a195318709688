"""The moment at which all that runs has to end: who waits for what then, and what comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guardproxy.server.closing import Closing
from guardproxy.server.edge import Reply, Request
from guardproxy.server.presence import Presence
from guardproxy.types import WireError
from tests.patience import PATIENCE


def test_work_before_an_answer_ends_with_a_503() -> None:
    async def play() -> None:
        closing = Closing()
        asyncio.get_running_loop().call_later(0.05, closing.tell)
        for _ in range(2):  # while it waits, and when it comes too late
            with pytest.raises(WireError) as e:
                async with closing.bounds():
                    await asyncio.sleep(5)
            assert (e.value.status, e.value.code) == (503, "shutting_down")
        closing.tell()

    asyncio.run(asyncio.wait_for(play(), PATIENCE))


def test_a_timeout_of_the_work_stays_its_own() -> None:
    async def play() -> None:
        closing = Closing()
        with pytest.raises(TimeoutError):
            async with closing.bounds(), asyncio.timeout(0.01):
                await asyncio.sleep(5)
        async with closing.bounds():
            pass
        closing.tell()
        await asyncio.sleep(0.02)  # nobody is left to be cancelled

    asyncio.run(play())


def test_what_runs_on_after_its_answer_does_not_keep_the_process() -> None:
    """Rules in shadow run when the client has its answer: the status stays that of the answer."""
    over: list[str] = []

    async def play() -> int:
        async def send(message: Any) -> None:
            pass

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        request, closing = Request({"headers": []}, receive, send), Closing()

        async def work() -> int:
            await request.reply(Reply(201, b"{}"))
            request.line.leave()  # which hurries nobody who has answered
            try:
                await asyncio.sleep(5)
            finally:
                over.append("over")
            return 201

        asyncio.get_running_loop().call_later(0.1, closing.tell)
        return await Presence(request, closing).during(work())

    assert asyncio.run(asyncio.wait_for(play(), PATIENCE)) == 201
    assert over == ["over"]
