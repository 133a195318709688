"""A judge's server that is slow, broken, hostile or overrun: always an error in time, never a verdict."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from guardproxy.judge_target import JudgeTarget
from guardproxy.judges import Judge, JudgeError, JudgeTimeout, Question, judges
from guardproxy.judges import judge as module
from guardproxy.types import Direction, Origin, Role
from tests.judges.scripted import Script, chat, judging, serving

QUESTION = Question("a text", Origin(Direction.REQUEST, Role.USER), {"": "No locks."})
SAFE = chat("0")


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())


async def _slow(request: web.Request) -> web.Response:
    await asyncio.sleep(1.0)
    return web.json_response(SAFE)


def slowly(seconds: float) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(seconds)
        return web.json_response(SAFE)

    return answer


async def _breaks_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices"')
    request.transport.close()
    return response


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(1000):
        await response.write(b" " * 65_536)
    return response


async def _compressed(request: web.Request) -> web.Response:
    return web.Response(body=gzip.compress(json.dumps(SAFE).encode()), headers={"Content-Encoding": "gzip"})


def test_slow_is_a_timeout_and_in_time() -> None:
    async def work() -> None:
        script = Script(_slow)
        async with judging(script, timeout=0.2, retries=5) as judge:
            with pytest.raises(JudgeTimeout):
                await judge.ask(QUESTION)
            assert script.now == 1, "the answer was not waited for, and nothing is asked again"

    run(work)


@pytest.mark.parametrize("answer", [301, 302, 307, 400, 401, 403, 404, 206])
def test_other_answers_are_errors_and_not_asked_again(answer: int) -> None:
    async def work() -> None:
        script = Script(answer, SAFE)
        async with judging(script, retries=3) as judge:
            with pytest.raises(JudgeError, match=r"redirect|key|status"):
                await judge.ask(QUESTION)
        assert [path for path, _, _ in script.asked] == ["/v1/chat/completions"], "no redirect is followed"

    run(work)


@pytest.mark.parametrize("trouble", [429, 500, 503, _breaks_off])
def test_trouble_is_tried_again(trouble: object) -> None:
    async def work() -> None:
        script = Script(trouble, trouble, SAFE)
        async with judging(script, retries=2) as judge:
            assert await judge.ask(QUESTION) == ()
        assert len(script.asked) == 3

    run(work)


@pytest.mark.parametrize("trouble", [429, 500, _breaks_off])
def test_trouble_that_stays_is_an_error(trouble: object) -> None:
    async def work() -> None:
        script = Script(trouble)
        async with judging(script, retries=1) as judge:
            with pytest.raises(JudgeError):
                await judge.ask(QUESTION)
        assert len(script.asked) == 2

    run(work)


def test_a_server_may_say_when_to_ask_again_but_not_beyond_the_deadline() -> None:
    async def later(request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "60"})

    async def work() -> None:
        script = Script(later, SAFE)
        async with judging(script, retries=2, timeout=0.3) as judge:
            with pytest.raises(JudgeTimeout):
                await judge.ask(QUESTION)
        assert len(script.asked) == 1

    run(work)


def test_what_is_too_large_or_compressed_is_an_error() -> None:
    async def work() -> None:
        for answer in (_huge, b" " * (module.MAX_ANSWER + 1), _compressed):
            async with judging(Script(answer), retries=0) as judge:
                with pytest.raises(JudgeError, match=r"larger|compressed"):
                    await judge.ask(QUESTION)

    run(work)


def test_nobody_there_is_an_error() -> None:
    async def work() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        judge = Judge("j", JudgeTarget(url=url, protocol="safeguard", model="m", retries=1))
        with pytest.raises(JudgeError, match="reached"):
            await judge.ask(QUESTION)
        await judge.aclose()

    run(work)


def test_after_failures_in_a_row_it_is_left_in_peace_then_tried_once() -> None:
    async def work() -> None:
        script = Script(500, 500, 500, slowly(0.1))
        async with judging(script, failures=2, pause=0.3, concurrency=4) as judge:
            for _ in range(4):
                with pytest.raises(JudgeError):
                    await judge.ask(QUESTION)
            assert len(script.asked) == 2
            await asyncio.sleep(0.35)
            with pytest.raises(JudgeError, match="500"):  # the probe fails: closed again
                await judge.ask(QUESTION)
            with pytest.raises(JudgeError, match="peace"):
                await judge.ask(QUESTION)
            assert len(script.asked) == 3
            await asyncio.sleep(0.35)
            both = await asyncio.gather(judge.ask(QUESTION), judge.ask(QUESTION), return_exceptions=True)
            assert sorted(map(type, both), key=str) == [JudgeError, tuple], "one question is the probe"
            assert await judge.ask(QUESTION) == ()

    run(work)


def test_garbled_verdicts_do_not_open_the_breaker() -> None:
    """Whoever writes the text could garble them, and must not be able to switch the judge off for others."""

    async def work() -> None:
        script = Script(*[chat("I won't.")] * 5, SAFE)
        async with judging(script, failures=2) as judge:
            for _ in range(5):
                with pytest.raises(JudgeError):
                    await judge.ask(QUESTION)
            assert await judge.ask(QUESTION) == ()

    run(work)


def test_questions_at_once_and_in_wait_are_bounded() -> None:
    async def work() -> None:
        script = Script(slowly(0.1))
        async with judging(script, concurrency=2, queue=3) as judge:
            said = await asyncio.gather(*(judge.ask(QUESTION) for _ in range(8)), return_exceptions=True)
        assert script.most == 2
        assert said.count(()) == 5
        assert sum(isinstance(one, JudgeTimeout) for one in said) == 3

    run(work)


def test_whoever_goes_away_leaves_no_question_behind() -> None:
    async def work() -> None:
        async with judging(Script(_slow), concurrency=1, queue=0) as judge:
            asked = asyncio.ensure_future(judge.ask(QUESTION))
            await asyncio.sleep(0.1)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            assert not judge._turns.locked()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*left)

    run(work)


def test_the_key_goes_along_and_nothing_else_does() -> None:
    async def work() -> None:
        script = Script(SAFE)
        async with judging(script, key=SecretStr("s3cret")) as judge:
            await judge.ask(QUESTION)
        headers = script.asked[0][1]
        assert headers["Authorization"] == "Bearer s3cret"
        assert set(headers) == {
            *("Host", "Accept", "Accept-Encoding", "Content-Type", "User-Agent", "Authorization", "Content-Length")
        }

    run(work)


def test_a_name_that_resolves_to_a_link_local_address_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolves(host: str, *args: object, **kwargs: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]

    async def work() -> None:
        monkeypatch.setattr(socket, "getaddrinfo", resolves)
        judge = Judge("j", JudgeTarget(url="https://judge.example/v1", protocol="safeguard", model="m", retries=0))
        with pytest.raises(JudgeError, match="reached"):
            await judge.ask(QUESTION)
        await judge.aclose()

    run(work)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://169.254.169.254/latest",
            "http://[fe80::1]/v1",
            "http://0.0.0.0/v1",
            "http://[::ffff:169.254.1.1]/v1",
        ),
        *("http://224.0.0.1/v1", "ftp://a/v1", "http://user:pw@a/v1", "http://a/v1?x=1", "http://[::]/v1"),
    ],
)
def test_urls_that_no_judge_has_are_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        JudgeTarget(url=url, protocol="safeguard", model="m")


def test_the_log_names_the_judge_and_quotes_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        async with judging(Script(chat("SECRET ANSWER")), retries=0) as judge:
            for _ in range(3):
                with pytest.raises(JudgeError) as caught:
                    await judge.ask(Question("SECRET TEXT", QUESTION.origin, QUESTION.policies))
                assert "SECRET" not in str(caught.value)

    with caplog.at_level(logging.WARNING, "guardproxy"):
        run(work)
    assert "SECRET" not in caplog.text
    assert caplog.text.count("judge 'j'") == 1, "a bad hour is one line"


def test_closed_judges_can_be_asked_again() -> None:
    async def work() -> None:
        async with serving(Script(SAFE)) as url:
            target = JudgeTarget(url=f"{url}/v1", protocol="safeguard", model="m")
            [judge] = judges([("j", target)], {}).values()
            for _ in range(2):
                assert await judge.ask(QUESTION) == ()
                await judge.aclose()
                await judge.aclose()

    run(work)
