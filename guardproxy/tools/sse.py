"""MCP's transport of 2024-11-05: a stream that everything of the server comes on, and an address to send messages to.

Servers of models still speak it to their tools (vLLM's `--tool-server`). The stream's first event names that address; a
client gets one of ours in its place, with a session that cannot be guessed. An answer belongs to what was asked under its id.
"""

from __future__ import annotations

import secrets
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import parse_qs

from guardproxy.config import Settings
from guardproxy.engine import Cut
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Headers, Request
from guardproxy.server.presence import Presence, Silence
from guardproxy.server.snapshot import Lease
from guardproxy.server.upstream import Answer
from guardproxy.telemetry import Record
from guardproxy.telemetry.log import internal_error
from guardproxy.tools.endpoint import MAX_MESSAGES, McpEndpoint, Passage, events_of
from guardproxy.tools.messages import Messages
from guardproxy.tools.server import ToolServer
from guardproxy.types import UpstreamError, WireError
from guardproxy.wire import mcp, sse
from guardproxy.wire.json import parse, parse_reply
from guardproxy.wire.mcp import Message

MAX_PENDING = 1000
"""Requests of one session that wait for their answers."""


@dataclass(slots=True)
class Session:
    """One open stream."""

    request: Request
    target: str
    """Where the server wants its messages."""
    pending: dict[str, Message] = field(default_factory=dict)
    """What was asked, by id as text."""

    async def write(self, message: Message) -> None:
        """Send a whole event, unless the stream has ended. The connection keeps those of several tasks apart."""
        if not self.request.answered:
            await self.request.write(sse.encode(mcp.write(message)))


@dataclass(frozen=True, slots=True)
class SseEndpoint:
    """The routes of one MCP server of this transport. Shared by all requests."""

    name: str
    server: ToolServer
    settings: Settings
    closing: Closing
    sessions: dict[str, Session] = field(default_factory=dict)
    methods: ClassVar[tuple[str, ...]] = ("POST", "GET")

    @property
    def routes(self) -> tuple[str, ...]:
        """The stream's path, and that for messages."""
        return f"/{self.name}/sse", f"/{self.name}/messages"

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        """Answer; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""
        stream, messages = self.routes
        if (request.path, request.scope["method"]) not in ((stream, "GET"), (messages, "POST")):
            raise WireError("The stream takes GET, messages take POST.", status=405, code="method_not_allowed")
        presence = Presence(request, self.closing)
        kind = Listening if request.path == stream else Telling
        return await presence.during(kind(self, request, record, headers, presence, lease).run())


class _SsePassage(Passage):
    """One HTTP request of this transport."""

    def __init__(
        self,
        endpoint: SseEndpoint,
        request: Request,
        record: Record,
        headers: Headers,
        presence: Presence,
        lease: Lease,
    ) -> None:
        whole = McpEndpoint(endpoint.name, endpoint.server, endpoint.settings, endpoint.closing)
        super().__init__(whole, request, record, headers, presence, lease)
        self._shared = endpoint


class Listening(_SsePassage):
    """The stream."""

    async def _send_events(self, answer: Answer, silence: Silence) -> None:
        """All that the server says, until it ends. An event that can't go on is left out."""
        token, guards = secrets.token_urlsafe(24), []
        session, number = None, 0
        try:
            async with aclosing(answer.chunks()) as chunks:
                async for event in events_of(chunks):
                    number += 1
                    if number > MAX_MESSAGES:
                        raise UpstreamError("the tool server sent too many messages", code="upstream_reply_too_large")
                    if event.name == b"endpoint" and session is None:
                        target = self._endpoint.server.beside(event.data.decode("latin-1"))
                        session = self._shared.sessions[token] = Session(self._request, target)
                        await self._request.write(self._address(token))
                    elif session is not None and not event.comment and event.name in (b"", b"message"):
                        guards.append(messages := self._guards())
                        if (message := await self._heard(event.data, session, messages)) is not None:
                            silence.ends()
                            await session.write(message)
                            silence.begins()
        except (UpstreamError, WireError) as e:
            self._record.failed(e.code or "upstream_error", upstream=True)
        except Exception as e:
            internal_error(e, self._record.request_id)
            self._record.failed("internal_error")
        finally:
            self._shared.sessions.pop(token, None)
        await self._request.end_stream()
        for one in guards:
            await one.close()

    def _last(self, message: str) -> bytes:
        return b""  # a client learns from the stream's end that no more answers come

    def _address(self, token: str) -> bytes:
        return f"event: endpoint\ndata: {self._shared.routes[1]}?session_id={token}\n\n".encode()

    def _guards(self) -> Messages:
        record, endpoint = self._record, self._endpoint
        return Messages(
            *(self._guard, self._lease.trial or record, record.request_id, record.route, endpoint.name),
            caller=self._request.caller, refused=record.refused,
        )  # fmt: skip

    async def _heard(self, data: bytes, session: Session, messages: Messages) -> Message | None:
        """A message of the server as it may go on."""
        try:
            message = mcp.read(parse_reply(data))
        except WireError:
            self._record.dropped(("message",))
            return None
        self._messages = messages
        if message.kind in ("request", "notification"):
            return await self._told(message)
        asked = session.pending.pop(str(message.id), None)
        if asked is None:
            self._record.dropped(("answer",))
            return None
        self._asked, messages.tool, messages.asked = asked, asked.tool, asked.method
        return await self._answered(message)

    async def _decline(self, answer: Message, to: str = "") -> None:
        mine = next((s for s in self._shared.sessions.values() if s.request is self._request), None)
        if mine is not None:
            await super()._decline(answer, mine.target)


class Telling(_SsePassage):
    """A message of the client. Its answer comes on the stream."""

    async def _post(self) -> int:
        given = parse_qs(self._request.scope.get("query_string", b"").decode("latin-1")).get("session_id", [""])
        session = self._shared.sessions.get(given[0])
        if session is None or session.request.caller.key != self._request.caller.key:
            raise WireError("There is no such session; open the stream first.", status=404, code="not_found")
        body = await self._request.body(self._endpoint.settings)
        self._record.mark("read")
        asked = self._asked = mcp.read(parse(body))
        if len(session.pending) >= MAX_PENDING or self._guard.held.full:
            raise WireError("guardproxy holds too much now; try again later", status=503, code="overloaded")
        try:
            sent = await self._messages.outgoing(asked)
        except Cut as cut:
            sent = self._refused(cut)
            if asked.kind == "notification":
                return await self._reply(400, sent)
            if asked.kind == "request":
                await session.write(sent)
                return await self._empty(202)
        return await self._send(asked, sent, session)

    async def _send(self, asked: Message, sent: Message, session: Session) -> int:
        if asked.kind == "request":
            session.pending[str(asked.id)] = asked
        self._record.mark("sent")
        answer = None
        try:
            answer = await self._endpoint.server.ask("POST", self._session, mcp.write(sent), to=session.target)
            self._record.mark("first_in")
            if answer.status < 400:
                return await self._empty(202)
            session.pending.pop(str(asked.id), None)
            return await self._trouble(answer)
        except UpstreamError:
            session.pending.pop(str(asked.id), None)
            raise
        finally:
            if answer is not None:
                answer.close()
