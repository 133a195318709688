"""`/v1/embeddings`: the input is guarded like any request; the reply is numbers, and rebuilt from numbers."""

from __future__ import annotations

from guardproxy.server.edge import Headers, Reply, Request
from guardproxy.server.endpoint import Endpoint, Passage
from guardproxy.server.exchange import Blocked
from guardproxy.server.presence import Presence
from guardproxy.server.snapshot import Lease
from guardproxy.server.upstream import Answered
from guardproxy.telemetry import Record
from guardproxy.types import UpstreamError, WireError
from guardproxy.wire.embeddings import rebuild
from guardproxy.wire.json import parse_reply
from guardproxy.wire.reply import counts


class EmbeddingsEndpoint(Endpoint):
    """The route of embeddings. Shared by all requests."""

    alone = True  # vectors of two models can't be compared

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        presence = Presence(request, self.closing)
        return await presence.during(_Passage(self, request, record, headers, presence, lease).run())


class _Passage(Passage):
    """One request on its way."""

    async def _whole(self, answer: Answered) -> int:
        self._record.mark("first_in")
        data = await answer.read()
        self._record.mark("upstream_end")
        try:
            told = parse_reply(data)
            body = rebuild(told, self._exchange.head())
        except WireError as e:
            raise UpstreamError(f"the upstream's reply can't be read: {e}", code="upstream_invalid_response") from None
        self._exchange.spent.usage = counts(told.get("usage"))
        self._record.mark("first_out")
        await self._request.reply(Reply(200, body, self._headers))
        return 200

    async def _blocked(self, blocked: Blocked) -> int:
        blocked.on_block = "error"  # no vector can say that something is refused
        return await super()._blocked(blocked)
