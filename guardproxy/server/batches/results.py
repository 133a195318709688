"""Results of a batch on their way to the client: each line goes through the gates that its reply alone would go through.

A line is released when all of it was decided about, and none before; what can't be read is replaced by an error. In whatever
pieces the upstream's body comes, the lines are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from guardproxy.governance.batches import BatchesUnavailable, BatchFile, Line
from guardproxy.governance.training.intake import Lines
from guardproxy.server.batches.desk import REPLY, Lined, desk_of, unusable
from guardproxy.server.blocked import Blocked
from guardproxy.server.exchange import Exchange
from guardproxy.server.quota import used
from guardproxy.types import Direction as Side
from guardproxy.types import Json, Origin, Role, UpstreamError, WireError
from guardproxy.wire import batches as wire
from guardproxy.wire import embeddings, errors
from guardproxy.wire.base import Codec
from guardproxy.wire.json import dump, parse, parse_reply
from guardproxy.wire.reply import counts

if TYPE_CHECKING:
    from guardproxy.server.training import Visit

SPARE: Final = 1 << 16
"""Bytes that a line may have besides its reply."""
_UNREADABLE: Final = "upstream_invalid_response"
_SAID: Final = Origin(Side.RESPONSE, Role.ASSISTANT)


class Results:
    """A file of results that is being read."""

    def __init__(self, visit: Visit, asked: BatchFile) -> None:
        """`asked`: the file of the requests that these are the results of."""
        self._visit, self._desk, self._asked = visit, desk_of(visit), asked
        self._lines = Lines(self._desk.settings.limits.reply + SPARE)
        self._seen = bytearray(self._desk.settings.batches.max_requests // 8 + 1)
        self._at_once = self._desk.at_once(visit)
        self.lines = 0

    async def read(self, chunks: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
        """Lines for the client. Raises UpstreamError where the body breaks off, and WireError where nothing can be guarded."""
        async with aclosing(chunks):
            async for chunk in chunks:
                async for out in self._some(self._lines.feed(chunk)):
                    yield out
        async for out in self._some(self._lines.end()):
            yield out

    async def _some(self, lines: list[bytes]) -> AsyncIterator[bytes]:
        """Lines for the client, some read side by side."""
        there = [line for line in lines if line and not line.isspace()]
        for at in range(0, len(there), self._at_once):
            found = [await self._found(line) for line in there[at : at + self._at_once]]
            done = await asyncio.gather(*(self._line(one) for one in found), return_exceptions=True)
            for out in done:
                if isinstance(out, BaseException):
                    raise out
                yield out

    async def _found(self, line: bytes) -> tuple[wire.Result, Line] | bytes:
        """A result and its request, or what is told instead. Raises WireError."""
        self.lines += 1
        try:
            result = wire.result(parse_reply(line))
            asked = await self._desk.store.line(self._asked.id, result.custom_id)
        except (WireError, ValueError):
            return self._unknown("The upstream sent a line that is no result.")
        except BatchesUnavailable as e:
            raise unusable(e) from None
        if asked is None or not self._first(asked.number):
            return self._unknown("The upstream sent a result for which there is no request.")
        return result, asked

    async def _line(self, found: tuple[wire.Result, Line] | bytes) -> bytes:
        if isinstance(found, bytes):
            return found
        (result, asked), created, url = found, self._asked.created_at, self._asked.url
        async with self._desk.line(self._visit, REPLY, url, asked.request, created) as lined:
            out = await self._guarded(result, asked, lined)
            if result.status == 200:  # whatever became of it
                await self._settled(asked, lined)
            return out

    def _first(self, number: int) -> bool:
        """Whether it is the first result of a request: there is one of each."""
        at, bit = number >> 3, 1 << (number & 7)
        if at >= len(self._seen):  # blank lines have numbers, too
            self._seen.extend(bytes(at + 1 - len(self._seen)))
        first = not self._seen[at] & bit
        self._seen[at] |= bit
        return first

    def _unknown(self, message: str) -> bytes:
        self._visit.record.failed(_UNREADABLE, upstream=True)
        return wire.failure(f"batch_req_{self._visit.record.request_id[4:]}_{self.lines}", None, _UNREADABLE, message)

    async def _guarded(self, result: wire.Result, asked: Line, lined: Lined) -> bytes:
        """The line for the client: the reply to this request as the same reply alone would be released."""
        id, codec = f"batch_req_{asked.request.removeprefix('req_')}", lined.exchange.codec
        try:
            await lined.exchange.request(parse(asked.body))
            status, body = await _released(lined.exchange, codec, result)
        except Blocked as e:  # by a policy that is newer than the file
            lined.status = 400
            error = errors.blocked_request(e.message, e.labels, e.param)
            return wire.response(id, asked.custom_id, asked.request, 400, codec.error(error, 400))
        except _Failed as e:
            lined.status = 502
            lined.record.failed(e.code, upstream=True)
            return wire.failure(id, asked.custom_id, e.code, str(e))
        except UpstreamError as e:
            lined.status = e.status
            lined.record.failed(e.code, upstream=True)
            return wire.failure(id, asked.custom_id, e.code, errors.sentence(str(e)))
        except WireError as e:
            lined.failed(e)
            return wire.failure(id, asked.custom_id, e.code or "refused", str(e))
        lined.status = status
        return wire.response(id, asked.custom_id, asked.request, status, body)

    async def _settled(self, asked: Line, lined: Lined) -> None:
        """Charge what the reply used beyond what was guessed, once. Raises WireError where that can't be known."""
        desk = self._desk
        if desk.quotas is None:
            return
        guessed = desk.guess(self._asked.url, parse(asked.body), len(asked.body))
        *spent, counted = used(lined.exchange.spent, *guessed)
        try:
            more = spent[0] > guessed[0] or spent[1] > guessed[1]
            first = more and await desk.store.pay(self._asked.id, asked.number)
        except BatchesUnavailable as e:
            raise unusable(e) from None
        if first:
            model = desk.models.called(self._asked.model) or self._asked.model
            desk.quotas.settle(self._visit.caller, model, guessed, (spent[0], spent[1]), counted, lined.record)


class _Failed(Exception):
    """The upstream has no reply to a request. The message was guarded."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


async def _released(exchange: Exchange, codec: Codec, result: wire.Result) -> tuple[int, bytes]:
    """Status and body. Raises UpstreamError for what can't be read, and WireError for what may not go out; _Failed."""
    if not result.status:
        _, said = await exchange.error(502, dump({"error": {"message": result.message}}))
        raise _Failed(errors.message_of(parse_reply(said)), result.code)
    if result.status != 200:
        return await exchange.error(result.status, dump(result.body))
    if isinstance(codec, embeddings.Embeddings):
        return 200, _vectors(exchange, result.body)
    return 200, await exchange.whole(result.body)


def _vectors(exchange: Exchange, body: Json) -> bytes:
    """The reply of embeddings, which has no text. Raises UpstreamError."""
    try:
        made = embeddings.rebuild(body, exchange.head())
    except WireError as e:
        raise UpstreamError(f"the upstream's reply can't be read: {e}", code=_UNREADABLE) from None
    exchange.spent.usage = counts(body.get("usage")) if isinstance(body, dict) else None
    return made
