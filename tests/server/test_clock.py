"""The deadlines of one exchange: which one counts, when it runs, and that one timer keeps them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp.base_protocol import BaseProtocol

from guardproxy.config import Timeouts
from guardproxy.server.upstream import Clock
from guardproxy.types import UpstreamError
from tests.patience import PATIENCE


def body() -> aiohttp.StreamReader:
    loop = asyncio.get_running_loop()
    protocol = BaseProtocol(loop)
    protocol.connection_made(asyncio.Transport())
    return aiohttp.StreamReader(protocol, 2**16, loop=loop)


def play(run: Callable[[], Awaitable[Any]]) -> Any:
    async def all() -> Any:
        return await run()

    return asyncio.run(asyncio.wait_for(all(), PATIENCE))


def timeouts(**seconds: str) -> Timeouts:
    return Timeouts.model_validate({"first_byte": "5s", "idle": "5s", "total": "5s"} | seconds)


async def wait(clock: Clock, content: aiohttp.StreamReader) -> bytes:
    clock.waits(content)
    try:
        return await content.readany()
    finally:
        clock.stops()


@pytest.mark.parametrize(
    ("limits", "stream", "told"),
    [
        ({"first_byte": "30ms"}, True, "first_byte"),
        ({"total": "30ms"}, True, "total"),
        ({"total": "30ms", "first_byte": "1ms"}, False, "total"),
    ],
)
def test_a_first_byte_that_is_late(limits: dict[str, str], stream: bool, told: str) -> None:
    async def run() -> None:
        clock = Clock(timeouts(**limits), stream=stream)
        with pytest.raises(UpstreamError) as e:
            await wait(clock, body())
        assert f"timeouts.{told}" in str(e.value)
        assert (e.value.status, e.value.code) == (504, "upstream_timeout")

    play(run)


def test_silence_between_pieces_counts_and_work_on_them_does_not() -> None:
    async def run() -> None:
        clock, content = Clock(timeouts(idle="60ms"), stream=True), body()
        for _ in range(4):
            asyncio.get_running_loop().call_later(0.03, content.feed_data, b"x")
            assert await wait(clock, content) == b"x"
        await asyncio.sleep(0.15)  # a client that reads slowly: nobody waits for the upstream meanwhile
        content.feed_data(b"y")
        assert await wait(clock, content) == b"y"
        with pytest.raises(UpstreamError, match=r"timeouts\.idle"):
            await wait(clock, content)
        clock.end()

    play(run)


def test_the_whole_time_is_limited_however_often_something_comes() -> None:
    async def run() -> int:
        clock, content, seen = Clock(timeouts(total="150ms"), stream=True), body(), 0
        with pytest.raises(UpstreamError, match=r"timeouts\.total"):
            while True:
                asyncio.get_running_loop().call_later(0.02, content.feed_data, b"x")
                await wait(clock, content)
                seen += 1
        return seen

    assert 3 <= play(run) <= 8


def test_a_clock_that_ended_says_nothing() -> None:
    async def run() -> None:
        clock, content = Clock(timeouts(idle="20ms"), stream=True), body()
        content.feed_data(b"x")
        await wait(clock, content)
        clock.waits(content)
        clock.end()
        await asyncio.sleep(0.05)
        assert content.exception() is None

    play(run)
