"""The serving side of a model: what is asked together, once, in time, and what is not asked at all."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from guardproxy.inference import Overloaded, WorkerError, classifier, models
from guardproxy.inference.classifier import MAX_CHARACTERS, MAX_WINDOWS, SHARE, Classifier, Counts, score
from guardproxy.types import ConfigError
from tests.inference import scoring

HATE = scoring.LABELS.index("hate")


@asynccontextmanager
async def running(options: dict[str, Any] | None = None, **how: Any) -> AsyncIterator[Classifier]:
    one = Classifier(scoring.spec(**(options or {})), **how)
    await one.start()
    try:
        yield one
    finally:
        await one.aclose()


async def hate(one: Classifier, *texts: str, tenant: str = "t") -> list[float]:
    said = await one.read(tenant, [("user", text) for text in texts])
    return [one.unpack(scores)[HATE] for scores in said]


def test_scores_come_in_the_order_of_the_texts() -> None:
    async def go() -> None:
        async with running() as one:
            texts = [f"{n} {'hateword' * (n % 3 == 0)}" for n in range(2 * SHARE + 5)]
            assert await hate(one, *texts) == [4.0 if n % 3 == 0 else -4.0 for n in range(len(texts))]
            assert await hate(one) == []

    asyncio.run(go())


def test_what_is_asked_while_the_worker_is_busy_goes_to_it_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "journal"
    monkeypatch.setattr(classifier, "TURN", 100.0)

    async def go() -> None:
        async with running({"journal": str(journal)}) as one:
            await asyncio.gather(*(hate(one, "x" * (n + 1)) for n in range(2)))
            busy = asyncio.create_task(hate(one, "SLOW"))
            await asyncio.sleep(0.02)
            await asyncio.gather(busy, *(hate(one, "x" * (n + 10)) for n in range(MAX_WINDOWS + 3)))

    asyncio.run(go())
    batches = [len(line.split()) for line in journal.read_text().splitlines()]
    assert batches == [2, 1, MAX_WINDOWS, 3], "what is asked in one turn of the loop goes together, nothing else waits"


def test_a_slow_model_is_given_less_at_once(tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    async def go() -> None:
        async with running({"seconds": 0.1, "journal": str(journal)}) as one:
            await hate(one, *(f"{n}" for n in range(8)))

    asyncio.run(go())
    batches = [len(line.split()) for line in journal.read_text().splitlines()]
    assert sum(batches) == 8 and max(batches) == 2, batches


def test_batches_are_bounded_in_characters(tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    async def go() -> None:
        async with running({"journal": str(journal)}) as one:
            await hate(one, *(f"{n}" + "x" * (MAX_CHARACTERS // 2 - 1) for n in range(5)))

    asyncio.run(go())
    assert [len(line.split()) for line in journal.read_text().splitlines()] == [2, 2, 1]


def test_a_text_is_read_once_however_many_ask(tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    async def go() -> None:
        async with running({"journal": str(journal)}) as one:
            first = asyncio.create_task(hate(one, "hateword", "SLOW"))
            await asyncio.sleep(0.02)  # with the worker by now
            assert await hate(one, "hateword") == [4.0]
            assert await first == [4.0, -4.0]
            assert one.known("t", [("user", "hateword"), ("user", "SLOW")]) is not None
            assert await hate(one, "SLOW", "hateword", "SLOW") == [-4.0, 4.0, -4.0]
            assert one.counts.windows == 2 and one.counts.hits == 5

    asyncio.run(go())
    assert journal.read_text() == "8 4\n"


def test_tenants_roles_and_texts_do_not_share() -> None:
    async def go() -> None:
        async with running() as one:
            await hate(one, "text")
            assert one.known("t", [("user", "text")]) is not None
            assert one.known("other", [("user", "text")]) is None
            assert one.known("t", [("assistant", "text")]) is None
            assert one.known("t", [("user", "text "), ("user", "text")]) is None
            await hate(one, "text", tenant="other")
            assert one.counts.windows == 2

    asyncio.run(go())


def test_a_full_queue_is_told_at_once() -> None:
    async def go() -> None:
        async with running(queue=4) as one:
            asks = [asyncio.create_task(hate(one, "SLOW"))]
            await asyncio.sleep(0.02)
            asks += [asyncio.create_task(hate(one, f"a{n}", f"b{n}")) for n in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded) as told:
                await hate(one, "one more")
            assert isinstance(told.value, TimeoutError) and not any(ask.done() for ask in asks)
            assert await hate(one, "SLOW", "a1") == [-4.0, -4.0], "what is being read already takes no place"
            await asyncio.gather(*asks)
            assert one.counts.refused == 1 and one.waiting == 0

    asyncio.run(go())


def test_who_gives_up_leaves_the_queue() -> None:
    async def go() -> None:
        async with running() as one:
            busy = asyncio.create_task(hate(one, "SLOW"))
            await asyncio.sleep(0.02)
            asks = [asyncio.create_task(hate(one, "shared", f"own {n}")) for n in range(3)]
            await asyncio.sleep(0.01)
            assert one.waiting == 4
            asks[0].cancel()
            await asyncio.sleep(0)
            assert one.waiting == 3
            asks[1].cancel()
            await asyncio.sleep(0)
            assert one.waiting == 2 and await busy == [-4.0] and await asks[2] == [-4.0, -4.0]
            assert one.counts.windows == 3 and one.pool.restarts == 0

    asyncio.run(go())


def test_what_the_worker_has_already_it_reads_to_the_end() -> None:
    async def go() -> None:
        async with running() as one:
            ask = asyncio.create_task(hate(one, "SLOW"))
            await asyncio.sleep(0.02)
            ask.cancel()
            await hate(one, "next")
            assert one.known("t", [("user", "SLOW")]) is not None and one.pool.restarts == 0

    asyncio.run(go())


@pytest.mark.parametrize("bad", ["RAISE", "DIE"])
def test_a_text_that_fails_takes_no_other_with_it(bad: str) -> None:
    async def go() -> None:
        async with running() as one:
            busy = asyncio.create_task(hate(one, "SLOW"))
            await asyncio.sleep(0.02)
            asks = [asyncio.create_task(hate(one, text)) for text in ("hateword", bad, "mild")]
            assert await asks[0] == [4.0] and await asks[2] == [-4.0] and await busy
            with pytest.raises(WorkerError) as told:
                await asks[1]
            assert "secret" not in str(told.value)
            assert one.known("t", [("user", bad)]) is None, "failures are not kept"
            assert await hate(one, "later") == [-4.0]
            assert not one._jobs and not one._pending

    asyncio.run(go())


def test_a_stuck_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "_BASE", 0.1)
    monkeypatch.setattr(classifier, "_PER_WINDOW", 0.1)

    async def go() -> None:
        async with running() as one:
            with pytest.raises(TimeoutError):
                await hate(one, "SLEEP")
            monkeypatch.setattr(classifier, "_BASE", 10.0)
            assert await hate(one, "hateword") == [4.0]
            assert one.pool.restarts == 1

    asyncio.run(go())


@pytest.mark.parametrize("size", [0, 3, 43])
def test_an_answer_of_another_size_is_an_error(size: int) -> None:
    async def go() -> None:
        async with running({"bytes": size}) as one:
            with pytest.raises(WorkerError, match="not what was asked"):
                await hate(one, "text")

    asyncio.run(go())


def test_closing_ends_who_waits() -> None:
    unheard: list[Any] = []

    async def go() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, said: unheard.append(said))
        async with running({"seconds": 5}) as one:
            asks = [asyncio.create_task(hate(one, text)) for text in ("a", "b")]
            await asyncio.sleep(0.02)
        done = await asyncio.gather(*asks, return_exceptions=True)
        assert [type(each) for each in done] == [WorkerError, WorkerError]
        with pytest.raises(WorkerError):
            await hate(one, "c")
        gc.collect()

    asyncio.run(go())
    assert unheard == [], "an error that nobody took"


def test_more_workers_share_the_queue() -> None:
    async def go() -> float:
        async with running(workers=2) as one:
            started = time.monotonic()
            first = asyncio.create_task(hate(one, "SLOW a"))
            await asyncio.sleep(0.02)
            await asyncio.gather(first, hate(one, "SLOW b"))
            return time.monotonic() - started

    assert asyncio.run(go()) < 0.75


@pytest.mark.parametrize(("logit", "expected"), [(0.0, 0.5), (30.0, 1.0), (-30.0, 0.0), (1.0, 0.731059)])
def test_scores(logit: float, expected: float) -> None:
    assert score(logit) == pytest.approx(expected, abs=1e-6)


# ---------------------------------------------------------------------------------------------------- by name


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_of_folder", scoring.folder())
    monkeypatch.setattr(models, "_settings", scoring.settings("one", "two"))
    monkeypatch.setattr(models, "_counts", {})


@pytest.mark.usefixtures("fakes")
def test_a_model_is_loaded_once_and_closed_by_its_last_user() -> None:
    async def go() -> None:
        first, second, other = await asyncio.gather(*map(models.acquire, ("one", "one", "two")))
        assert first is second and first is not other and len(models.running()) == 2
        await models.release(first)
        assert await hate(second, "hateword") == [4.0], "one user is left"
        third = await models.acquire("one")  # the next policy's
        await models.release(second)
        assert third is first and await hate(third, "hateword") == [4.0]
        await models.release(third)
        await models.release(other)
        assert models.running() == [] and first.pool.pids == ()
        again = await models.acquire("one")
        assert again is not first and again.counts is first.counts, "counters go on"
        await models.release(again)
        assert models.counts()["one"] == Counts(models.counts()["one"].seconds, 1, 1)

    asyncio.run(go())


@pytest.mark.usefixtures("fakes")
def test_event_loops_do_not_share() -> None:
    async def go() -> None:
        one = await models.acquire("one")

        def beside() -> None:
            async def elsewhere() -> None:
                other = await models.acquire("one")
                assert other is not one and await hate(other, "hateword") == [4.0]
                await models.release(other)

            asyncio.run(elsewhere())

        await asyncio.to_thread(beside)
        assert await hate(one, "hateword") == [4.0]
        await models.release(one)

    asyncio.run(go())


def test_a_model_that_can_not_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_of_folder", scoring.folder(start="soon"))
    monkeypatch.setattr(models, "_settings", scoring.settings("one"))

    async def go() -> None:
        started = await asyncio.gather(*(models.acquire("one") for _ in range(2)), return_exceptions=True)
        assert [type(each) for each in started] == [ConfigError, ConfigError]
        assert models.running() == []

    asyncio.run(go())


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(ConfigError, match=r"no model 'smal'; the models are small .*inference: models:"):
        models.source("smal")
