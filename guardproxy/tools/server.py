"""The client side: one tool server at one address from the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import aclosing
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

from aiohttp import hdrs
from multidict import CIMultiDict
from pydantic import SecretStr

from guardproxy.config import Settings
from guardproxy.server.upstream import Answer, Clock, Upstream
from guardproxy.types import UpstreamError
from guardproxy.wire.mcp import MAX_MESSAGE

BOTH: Final = "application/json, text/event-stream"
"""What a client of MCP takes: the server chooses."""
_PLAIN: Final = re.compile(r"[!-~]{1,2048}")
EVENTS: Final = "text/event-stream"
_PASSED: Final = frozenset({400, 404, 405, 406, 409, 410, 413, 415, 422, 429})
"""A server's own refusals that a client can do something about; others of its kind become 502."""
_FINE: Final = frozenset({200, 202, 204})


class ToolServer(Upstream):
    """Asks one address, and nothing below or beside it. Bounded like any upstream."""

    def __init__(self, settings: Settings, url: str, key: SecretStr | None) -> None:
        upstream = settings.upstream.model_copy(update={"url": url})
        super().__init__(settings.model_copy(update={"upstream": upstream, "upstream_key": key}))

    def _url(self, path: str) -> str:
        return path or self.base

    def beside(self, reference: str) -> str:
        """The address that the server names for its messages: of the same origin. Raises UpstreamError."""
        target = urljoin(self.base, reference)
        if not _PLAIN.fullmatch(target) or urlsplit(target)[:2] != urlsplit(self.base)[:2]:
            raise UpstreamError("the tool server names an address elsewhere", code="upstream_invalid_response")
        return target

    async def ask(
        self,
        method: Literal["POST", "GET", "DELETE"],
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        to: str = "",
    ) -> Answer:
        """`headers`: those that are checked and made by us. `to`: an address that `beside` gave, if not the server's own.

        Raises UpstreamError; answers of 400 and up are answers."""
        timeouts = self._timeouts
        if method == hdrs.METH_GET:  # a stream of what the server has to say, which may be nothing for long
            timeouts = timeouts.model_copy(update={"idle": timeouts.total})
        sent = CIMultiDict(self._json)
        sent[hdrs.ACCEPT] = EVENTS if method == hdrs.METH_GET else BOTH
        if body is None:
            del sent[hdrs.CONTENT_TYPE]
        sent.update(headers)
        try:
            return await self._ask(method, to, sent, body, Clock(timeouts, stream=False), _FINE)
        finally:
            if to:  # there is one for every session
                self._urls.pop(to, None)


def told_status(status: int) -> int:
    """What a client is told where a tool server answers with this status of 400 or more."""
    return status if status in _PASSED or status >= 500 else 502


async def whole(answer: Answer) -> bytes:
    """The body of one message. Raises UpstreamError when it is too large, too slow or breaks off."""
    parts, size = [], 0
    async with aclosing(answer.chunks()) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if size > MAX_MESSAGE:
                raise UpstreamError(
                    f"the tool server's message is larger than the {MAX_MESSAGE} bytes that guardproxy takes",
                    code="upstream_reply_too_large",
                )
            parts.append(chunk)
    return b"".join(parts)
