"""The speed bench: what it says of figures, and that its load really reads what it is sent."""

from __future__ import annotations

import asyncio
import sys

import pytest

from bench.speed import contestants, load
from bench.speed.__main__ import judge
from bench.speed.contestants import AIOHTTP, DEFAULT, DIRECT, LITELLM, MOCK, RELAY, running
from bench.speed.mock import REPLY
from bench.speed.report import Bar, Rows, bars, table


def rows(**changed: list[float]) -> Rows:
    """Three rounds in which every bar is met, but for what is changed."""
    values = {
        "whole": [100.0, 110.0, 120.0], "tokens": [9.0, 9.0, 9.0], "transit": [5.0, 6.0, 7.0], "first": [12.0, 12.0, 12.0],
        "events": [100.0, 99.0, 98.0],
    }  # fmt: skip
    out = Rows({(test, DEFAULT): numbers for test, numbers in (values | changed).items()})
    for test, name, numbers in (
        ("whole", RELAY, [100.0, 100.0, 100.0]), ("tokens", AIOHTTP, [9.0, 9.0, 9.0]), ("transit", DIRECT, [1.0, 1.0, 1.0]),
        ("transit", RELAY, [5.0, 5.0, 5.0]), ("first", DIRECT, [2.0, 2.0, 2.0]), ("first", RELAY, [12.0, 12.0, 12.0]),
    ):  # fmt: skip
        out.values[test, name] = numbers
    return out


def test_a_run_that_meets_every_bar_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(rows(), [1.01], "give --peers") == 0
    said = capsys.readouterr().out
    assert said.count("met ") == 6
    assert "NOT RUN" in said  # the peers: said, not passed over
    assert "give --peers" in said


@pytest.mark.parametrize(
    "changed",
    [
        {"whole": [151.0, 90.0, 152.0]},
        {"tokens": [46.0, 46.0, 46.0]},
        {"transit": [17.0, 17.0, 2.0]},
        {"first": [18.0, 18.0, 18.0]},
        {"events": [79.0, 79.0, 100.0]},
    ],
)
def test_one_missed_bar_fails_the_run(changed: dict[str, list[float]], capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(rows(**changed), [], "") == 1
    assert capsys.readouterr().out.count("MISSED") == 1


def test_memory_and_peers_have_bars_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(rows(), [1.06], "") == 1
    slow, fast = rows(), rows()
    slow.values["whole", LITELLM] = [12_000.0] * 3
    fast.values["whole", LITELLM] = [1_000.0] * 3
    assert judge(slow, [], "") == 0
    assert judge(fast, [], "") == 1
    capsys.readouterr()


def test_a_busy_machine_is_told_from_a_slow_guard() -> None:
    """A limit in wall-clock time that the unguarded relay misses too says nothing about the guard."""
    busy = rows(transit=[30.0, 30.0, 30.0])
    busy.values["transit", RELAY] = [25.0, 25.0, 25.0]
    transit = next(b for b in bars(busy, [], "") if "transit" in b.what)
    assert not transit.missed
    assert "BUSY" in transit.line()


def test_ratios_are_of_pairs() -> None:
    """A neighbour that slows one round down slows both sides of its ratio."""
    noisy = Rows({("whole", DEFAULT): [100.0, 500.0], ("whole", RELAY): [100.0, 500.0]})
    assert noisy.ratios("whole", DEFAULT, RELAY) == [1.0, 1.0]
    assert noisy.ratios("whole", DEFAULT, LITELLM) == []
    assert "(1.00 x)" in table(noisy, [DEFAULT])


def test_a_least_limit_is_missed_from_below() -> None:
    assert Bar("events", 80.0, [79.0], least=True).missed
    assert not Bar("events", 80.0, [81.0], least=True).missed


@pytest.mark.skipif(sys.platform == "win32", reason="contestants are bound to cores by Linux's calls")
def test_the_load_reads_every_token() -> None:
    async def play(port: int) -> None:
        whole = await load.whole(port, 2, 0.1)
        assert whole.units > 0
        assert not whole.bad
        fast = await load.streams(port, 2, 0.1, 16, 0)
        assert fast.events == fast.units
        assert not fast.bad
        paced = await load.streams(port, 2, 0.1, 8, 0.005)
        assert len(paced.transits) == paced.units
        assert all(0 <= t < 5 for t in paced.transits)
        await load.requests(port, 2, 10)

    assert len(REPLY) <= 2048
    with running(MOCK, 0, min(contestants.cores())) as mock:
        asyncio.run(play(mock.port))
