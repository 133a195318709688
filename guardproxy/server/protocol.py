"""HTTP/1.1 as guardproxy reads it: uvicorn's httptools protocol with the ambiguities refused.

Here stands what an ASGI application can't see: two lengths, the form of the target, the size and slowness of a head,
requests sent before the last one was answered. Whatever two servers could read differently is a 400 and a closed
connection. Nothing here knows a route.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from guardproxy.config import Limits, Timeouts
from guardproxy.server.line import LINE, Line
from guardproxy.wire.errors import error_body

_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_SINGLE = frozenset(
    (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization", b"x-api-key", b"expect")
)
"""Headers that may stand once."""
LINGER = 0.5
"""Seconds between an answer that ends a connection and its closing."""
_log = logging.getLogger("guardproxy.server")


class GuardedProtocol(HttpToolsProtocol):
    """One client connection. Made by `protocol`, which sets the limits."""

    limits: Limits
    timeouts: Timeouts

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True  # the next bytes belong to a head, perhaps to one that has not begun
        self._begun = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._deaf = False  # nothing that this client still sends is read
        self._line = Line()  # of the latest request
        self.ws_protocol_class = None

    # ------------------------------------------------------------------------------------------------ connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self.refuse(503, "There are too many connections; try again later.", "overloaded")
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)
        self._line.leave()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_timer is None:
                self._await_head()
        try:
            super().data_received(data)
        except Exception as e:
            _log.error("%s while reading a request", type(e).__name__)
            self.refuse(400, "The request can't be read.", "invalid_http")
        if self._in_head and self._head_bytes > self.limits.head and not self._deaf:
            self._refuse_head()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self.timeouts.head, self._head_is_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        if self._begun and self._in_head:
            self.refuse(408, "The request's head took too long.", "request_timeout")
        elif self._in_head and not self._answering:
            self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """The connection was idle for too long. A client that left its answer untaken gets no more time for it."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    # ------------------------------------------------------------------------------------------------ refusing

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def refuse(self, status: int, message: str, code: str) -> None:
        """Answer and close. Where the answer to a whole request is still due, that one goes out and nothing after it."""
        if self._deaf:
            return
        self._deaf = True
        self._stop_head_timer()
        if self._answering and (self._in_head or self.cycle.response_started):
            self.cycle.keep_alive = False
        elif not self.transport.is_closing():
            self.transport.write(_answer(status, message, code))
            self._linger()

    def _linger(self) -> None:
        """Close so that the client still gets the answer: to close while it is sending would take it away again."""
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls when the parser gives up."""
        self.refuse(400, "The request is not valid HTTP/1.1.", "invalid_http")

    def _refuse_head(self) -> None:
        self.refuse(431, f"The request's head is larger than {self.limits.head} bytes.", "head_too_large")

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade was refused with the head already."""

    # ------------------------------------------------------------------------------------------------ parsing

    def on_message_begin(self) -> None:
        if self._deaf:
            return
        if (
            self._answering
        ):  # a request before the last answer is over: its bytes are not read, the client may repeat it
            self.cycle.keep_alive = False
            self._deaf = True
            return
        self._in_head = self._begun = True
        super().on_message_begin()
        self._line = self.scope[LINE] = Line()  # type: ignore[typeddict-unknown-key]

    def on_url(self, url: bytes) -> None:
        if not self._deaf:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head and not self._deaf:  # later ones are trailers, which could pass for headers
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._deaf:
            return
        self._in_head, self._head_bytes = False, 0
        self._stop_head_timer()
        if complaint := self._complaint():
            self.refuse(*complaint)
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._deaf and self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._deaf or self.cycle is None:
            return
        self._in_head, self._begun = True, False
        self._line.complete = True
        super().on_message_complete()

    # ------------------------------------------------------------------------------------------------ judging

    def _complaint(self) -> tuple[int, str, str] | None:
        """What is wrong with a complete head."""
        size = len(self.url) + sum(len(n) + len(v) + 4 for n, v in self.headers)
        if size > self.limits.head or len(self.headers) > self.limits.headers:
            return 431, f"The request's head is larger than {self.limits.head} bytes.", "head_too_large"
        if self.parser.get_http_version() not in ("1.1", "1.0"):
            return 505, "guardproxy speaks HTTP/1.1.", "invalid_http"
        if not self.url.startswith(b"/"):
            return 400, "The request's target must be a path, like /v1/models.", "invalid_target"
        return self._header_complaint()

    def _header_complaint(self) -> tuple[int, str, str] | None:
        names = Counter(name for name, _ in self.headers)
        for name in _SINGLE:
            if names[name] > 1:
                return 400, f"The header {name.decode()} stands twice.", "invalid_http"
        values = dict(self.headers)
        host = values.get(b"host", b"" if self.parser.get_http_version() == "1.1" else b"localhost")
        if not _HOST.fullmatch(host):
            return 400, "The request needs one valid Host header.", "invalid_host"
        if b"transfer-encoding" in values and (
            b"content-length" in values
            or values[b"transfer-encoding"].lower() != b"chunked"
            or self.parser.get_http_version() != "1.1"
        ):
            return 400, "The length of the body is ambiguous: send Content-Length, or chunks, not both.", "invalid_http"
        if b"upgrade" in values or self.parser.should_upgrade():
            return 400, "guardproxy does not switch protocols; leave out the Upgrade header.", "upgrade_refused"
        if values.get(b"expect", b"100-continue").lower() != b"100-continue":
            return 417, "guardproxy knows no such expectation; leave out the Expect header.", "invalid_http"
        return None


def _answer(status: int, message: str, code: str) -> bytes:
    body = error_body(message, code=code, status=status)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


def protocol(limits: Limits, timeouts: Timeouts) -> type[GuardedProtocol]:
    """The protocol class for uvicorn, with these limits."""
    return type("GuardedProtocol", (GuardedProtocol,), {"limits": limits, "timeouts": timeouts})
