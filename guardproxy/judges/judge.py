"""A judge over HTTP: bounded in time, in questions at once, in bytes, and in patience with a server that fails.

Nothing of a client's request reaches it but the text. No redirect is followed, no cookie kept, no proxy taken from the
environment, and no name is believed that resolves to where no judge can be. Whatever is not a clear verdict is an error.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from pydantic import SecretStr

from guardproxy.inference.verdicts import Opinions, UnreadableVerdict
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.breaker import Breaker
from guardproxy.judges.protocols import PROTOCOLS
from guardproxy.judges.question import Exchange, JudgeError, JudgeTimeout, Question
from guardproxy.types import Json

if TYPE_CHECKING:
    import aiohttp

MAX_ANSWER: Final = 262_144
"""Bytes of a judge's answer that are read."""
_PAUSE: Final = 0.1
"""Seconds before the first retry; each next pause is twice as long."""
_QUIET: Final = 10.0
"""Seconds between two lines of the log about one judge."""
T = TypeVar("T")
_logger = logging.getLogger("guardproxy.judges")


class Asked(Protocol):
    """Whoever judges: a server, or what a test puts in its place."""

    name: str
    target: JudgeTarget

    async def ask(self, question: Question) -> Opinions:
        """What is held against a text; nothing where it is judged fine. Raises JudgeError; JudgeTimeout is one."""
        ...

    async def aclose(self) -> None: ...


class _Failed(Exception):
    """An attempt failed in a way that the next one may not. `after`: seconds that the server asked to wait."""

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


class Judge:
    """One judge, shared by all filters that name it. Belongs to the event loop that asks first; `aclose` it there."""

    def __init__(self, name: str, target: JudgeTarget, key: SecretStr | None = None) -> None:
        self.name, self.target = name, target
        self._key = key
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(target.concurrency)
        self._waiting = 0
        self._breaker = Breaker(target.failures, target.pause, time.monotonic)
        self._said = -_QUIET

    async def ask(self, question: Question) -> Opinions:
        """See `Asked`."""
        try:
            async with asyncio.timeout(self.target.timeout):
                exchanges = PROTOCOLS[self.target.protocol](self.target, question)
                answers = await together([self._exchange(one) for one in exchanges])
        except JudgeError as e:
            self._tell(str(e))
            raise
        except TimeoutError:
            self._breaker.failed()
            self._tell("no verdict in time")
            raise JudgeTimeout(f"judge {self.name!r}: no verdict within {self.target.timeout:g} s") from None
        return tuple(opinion for answer in answers for opinion in answer)

    async def _exchange(self, exchange: Exchange) -> Opinions:
        """Ask until there is an answer, or patience ends."""
        for attempt in range(self.target.retries + 1):
            try:
                answer = await self._in_turn(exchange)
            except _Failed as e:
                if attempt == self.target.retries:
                    raise self._error(str(e)) from None
                pause = _PAUSE * 2**attempt * (0.5 + random.random())  # noqa: S311  (so that retries don't come in waves)
                await asyncio.sleep(max(pause, e.after))
                continue
            try:
                return exchange.read(answer)
            except UnreadableVerdict as e:
                raise self._error(str(e)) from None
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
                raise self._error("its answer has another form than its protocol's") from None
        raise AssertionError("the last attempt returns or raises")

    async def _in_turn(self, exchange: Exchange) -> Json:
        if self._turns.locked() and self._waiting >= self.target.queue:
            raise JudgeTimeout(f"judge {self.name!r}: {self._waiting} questions wait already")
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            if not self._breaker.admit():
                raise self._error(f"it failed {self.target.failures} times in a row and is left in peace for a while")
            return await self._attempt(exchange)
        finally:
            self._turns.release()

    async def _attempt(self, exchange: Exchange) -> Json:
        from aiohttp import ClientError

        session = self._opened()
        body = json.dumps(exchange.body).encode("ascii")
        try:
            async with session.post(
                self.target.url + exchange.path, data=body, headers=dict(exchange.headers), allow_redirects=False
            ) as response:
                self._check(response)
                data = await _read(response)
        except _Failed:
            self._breaker.failed()
            raise
        except (ClientError, OSError) as e:  # its message may quote the server: unused
            self._breaker.failed()
            raise _Failed(f"it can't be reached or broke off ({type(e).__name__})") from None
        self._breaker.succeeded()
        if data is None:
            raise self._error(f"its answer is larger than {MAX_ANSWER} bytes")
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise self._error("its answer is not JSON") from None

    def _check(self, response: aiohttp.ClientResponse) -> None:
        """Raise for an answer whose head says that it is no verdict."""
        status = response.status
        if status == 429 or status >= 500:
            raise _Failed(f"it answers with status {status}", _seconds(response.headers.get("Retry-After", "")))
        if 300 <= status < 400:
            raise self._error("it answers with a redirect, and none is followed; correct its `url`")
        if status in (401, 403):
            raise self._error(f"it refuses the key (status {status}); set its `key_env`")
        if status != 200:
            raise self._error(f"it answers with status {status}; are `url`, `protocol` and `model` right?")
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise self._error("it compressed its answer, unasked")

    def _error(self, why: str) -> JudgeError:
        return JudgeError(f"judge {self.name!r}: {why}")

    def _tell(self, why: str) -> None:
        """A line in the log, and not one for every request of a bad hour."""
        now = time.monotonic()
        if now - self._said >= _QUIET:
            self._said = now
            _logger.warning("no verdict: %s", why if self.name in why else f"judge {self.name!r}: {why}")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            from guardproxy.judges.session import opened

            key = self._key.get_secret_value() if self._key is not None else None
            self._session = opened(self.target.concurrency, key)
        return self._session

    async def aclose(self) -> None:
        """Close its connections. Idempotent; who asks later opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def together(asked: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All answers; the first error ends the rest."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """The body; None for one that is too large."""
    parts, size = [], 0
    async for chunk in response.content.iter_any():
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER:
            response.close()
            return None
    return b"".join(parts)


def _seconds(value: str) -> float:
    """A Retry-After in seconds; a date, or anything else, counts as none."""
    return min(float(value), 3600.0) if value.isascii() and value.isdigit() else 0.0


def judges(targets: Iterable[tuple[str, JudgeTarget]], keys: dict[str, SecretStr]) -> dict[str, Judge]:
    """The judges of an operator's settings. Nothing is opened before somebody asks."""
    return {name: Judge(name, target, keys.get(name)) for name, target in targets}
