"""One MCP server behind its route: messages through the guard, one by one, whole or as events of a stream.

Every byte that reaches a client or a server here was written by the codec. Of a stream no event goes on before all of it
is guarded, so that it does not matter how the bytes come.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from guardproxy.config import Settings
from guardproxy.engine import Cut
from guardproxy.server.closing import CODE, MESSAGE, Closing
from guardproxy.server.edge import Headers, Reply, Request
from guardproxy.server.presence import Presence, Silence
from guardproxy.server.snapshot import Lease
from guardproxy.server.upstream import Answer
from guardproxy.telemetry import Record
from guardproxy.telemetry.log import internal_error
from guardproxy.tools.messages import Messages, labels
from guardproxy.tools.server import EVENTS, ToolServer, told_status, whole
from guardproxy.types import Json, UpstreamError, WireError
from guardproxy.wire import errors, mcp, sse
from guardproxy.wire.json import parse, parse_reply
from guardproxy.wire.mcp import Message

MAX_MESSAGES = 10_000
"""Of one stream."""


@dataclass(frozen=True, slots=True)
class McpEndpoint:
    """The route of one MCP server. Shared by all requests."""

    name: str
    server: ToolServer
    settings: Settings
    closing: Closing
    methods: ClassVar[tuple[str, ...]] = ("POST", "GET", "DELETE")

    @property
    def routes(self) -> tuple[str, ...]:
        """Its paths; the first one is told to people."""
        return (f"/{self.name}/mcp",)

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        """Answer; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""
        presence = Presence(request, self.closing)
        return await presence.during(Passage(self, request, record, headers, presence, lease).run())


class Passage:
    """One HTTP request on its way through an endpoint."""

    def __init__(
        self,
        endpoint: McpEndpoint,
        request: Request,
        record: Record,
        headers: Headers,
        presence: Presence,
        lease: Lease,
    ) -> None:
        self._guard, self._lease = lease.guard, lease
        self._endpoint, self._request, self._record, self._headers = endpoint, request, record, headers
        self._presence, self._session = presence, mcp.session_headers(request.headers)
        self._messages = Messages(
            *(lease.guard, lease.observer(record), record.request_id, record.route, endpoint.name),
            caller=request.caller, refused=record.refused,
        )  # fmt: skip
        self._asked = mcp.Message("notification", None, "", None)  # nothing is asked yet

    async def run(self) -> int:
        try:
            if self._request.scope["method"] == "POST":
                return await self._post()
            if self._request.scope["method"] == "GET":
                return await self._listen()
            return await self._delete()
        finally:
            await self._messages.close()

    # ------------------------------------------------------------------------------------------------ towards the server

    async def _post(self) -> int:
        body = await self._request.body(self._endpoint.settings)
        self._record.mark("read")
        asked = self._asked = mcp.read(parse(body))
        if self._guard.held.full:
            raise WireError("guardproxy holds too much text now; try again later", status=503, code="overloaded")
        try:
            sent = await self._messages.outgoing(asked)
        except Cut as cut:
            refused = self._refused(cut)
            if asked.kind == "request":
                return await self._reply(200, refused)
            if asked.kind == "notification":
                return await self._reply(400, refused)
            sent = refused  # the server waits for this answer: it learns that there will be none
        headers = self._session | mcp.routing_headers(self._request.headers, asked, sent)
        self._record.mark("sent")
        try:
            answer = await self._endpoint.server.ask("POST", headers, mcp.write(sent))
            try:
                return await self._relay(answer)
            finally:
                answer.close()
        except UpstreamError as e:
            if self._request.started:
                raise
            self._record.failed(e.code, upstream=True)
            told = mcp.error(asked.id, mcp.INTERNAL, errors.sentence(str(e)), {"code": e.code})
            return await self._reply(e.status, told)

    async def _relay(self, answer: Answer) -> int:
        self._record.mark("first_in")
        self._session_answer(answer)
        if answer.status >= 400:
            return await self._trouble(answer)
        if self._asked.kind != "request":  # whatever it says, nobody asked
            return await self._empty(202)
        if answer.status == 200 and answer.content_type == EVENTS:
            return await self._stream(answer)
        if answer.status != 200 or answer.content_type != "application/json":
            raise UpstreamError("the tool server answered without a message", code="upstream_invalid_response")
        message = _message(await whole(answer))
        self._record.mark("upstream_end")
        if not mcp.answers(message, self._asked.id):
            raise UpstreamError("the tool server answered something else", code="upstream_invalid_response")
        guarded = await self._answered(message)
        self._record.mark("first_out")
        return await self._reply(200, guarded)

    async def _listen(self) -> int:
        """The stream of what the server has to say by itself."""
        self._record.mark("read")
        self._record.mark("sent")
        answer = await self._endpoint.server.ask("GET", self._session)
        try:
            if answer.status >= 400:
                return await self._trouble(answer)
            if answer.status != 200 or answer.content_type != EVENTS:
                raise UpstreamError("the tool server sent no stream", code="upstream_invalid_response")
            return await self._stream(answer)
        finally:
            answer.close()

    async def _delete(self) -> int:
        """The client ends its session."""
        answer = await self._endpoint.server.ask("DELETE", self._session)
        try:
            return await (self._trouble(answer) if answer.status >= 400 else self._empty(200))
        finally:
            answer.close()

    async def _trouble(self, answer: Answer) -> int:
        """An answer of 400 and up. Its message is a tool server's text like any other."""
        data = await answer.head()
        self._record.mark("upstream_end")
        self._record.failed(f"upstream_status_{answer.status}", upstream=True)
        status = told_status(answer.status)
        try:
            message = mcp.read(parse_reply(data))
        except WireError:
            message = mcp.error(self._asked.id, mcp.INTERNAL, errors.read_upstream_error(answer.status, data))
        if message.kind != "error":
            message = mcp.error(self._asked.id, mcp.INTERNAL, f"The tool server answered with status {answer.status}.")
        return await self._reply(status, await self._answered(message))

    # ------------------------------------------------------------------------------------------------ towards the client

    async def _answered(self, message: Message) -> Message:
        """The answer to what was asked, guarded; or ours in its place."""
        try:
            guarded = await self._messages.incoming(mcp.tied(message, None))
        except Cut as cut:
            guarded = self._refused(cut)
        return mcp.tied(guarded, self._asked.id)

    async def _told(self, message: Message) -> Message | None:
        """A request or a notification of the server, guarded; None when it must not go on."""
        try:
            return await self._messages.incoming(message)
        except Cut as cut:
            self._record.dropped(("message",))
            if message.kind == "request":  # the server waits for an answer, and gets ours
                await self._decline(mcp.blocked(message, self._words(cut), labels(cut.decision)))
            return None

    async def _decline(self, answer: Message, to: str = "") -> None:
        try:
            (await self._endpoint.server.ask("POST", self._session, mcp.write(answer), to=to)).close()
        except UpstreamError as e:
            self._record.failed(e.code, upstream=True)

    def _refused(self, cut: Cut) -> Message:
        return mcp.blocked(self._asked, self._words(cut), labels(cut.decision))

    def _words(self, cut: Cut) -> str:
        return self._guard.refusal(cut.decision, self._request.languages)[0]

    def _session_answer(self, answer: Answer) -> None:
        try:
            session = mcp.session_of(answer.header(mcp.SESSION))
        except WireError as e:
            raise UpstreamError(str(e), code="upstream_invalid_response") from None
        if session:
            self._headers = (*self._headers, (mcp.SESSION.encode(), session.encode()))
            self._session[mcp.SESSION] = session

    async def _reply(self, status: int, message: Message) -> int:
        await self._request.reply(Reply(status, mcp.write(message), self._headers))
        return status

    async def _empty(self, status: int) -> int:
        await self._request.reply(Reply(status, b"", self._headers))
        return status

    # ------------------------------------------------------------------------------------------------ streams

    async def _stream(self, answer: Answer) -> int:
        """Events until the answer, the stream's end, or the process's."""
        self._record.stream = True
        request, closing, timeouts = self._request, self._endpoint.closing, self._endpoint.settings.timeouts
        limit = asyncio.timeout(None)

        def end() -> None:
            if not request.answered:
                limit.reschedule(0.0)

        await request.begin_stream(self._headers, EVENTS)
        silence = Silence(
            request.write, sse.comment(), held=timeouts.held, idle=timeouts.idle, give_up=self._presence.give_up
        )
        closing.listeners.add(end)
        try:
            async with limit:
                if closing.now:
                    end()
                await self._send_events(answer, silence)
        except TimeoutError:
            if not limit.expired():
                raise
            self._record.failed(CODE)
            await request.end_stream(self._last(MESSAGE))
        finally:
            silence.stop()
            closing.listeners.discard(end)
        return 200

    async def _send_events(self, answer: Answer, silence: Silence) -> None:
        last = b""
        try:
            async with aclosing(self._guarded(answer)) as messages:  # type: ignore[type-var]
                async for message in messages:
                    self._record.mark("first_out")
                    if message.kind not in ("request", "notification"):
                        last = sse.encode(mcp.write(message))
                        break
                    silence.ends()
                    await self._request.write(sse.encode(mcp.write(message)))
                    silence.begins()
                else:
                    last = self._last("the tool server's stream ended without an answer")
        except (UpstreamError, WireError) as e:
            self._record.failed(e.code or "upstream_error", upstream=True)
            last = self._last(str(e))
        except Exception as e:
            internal_error(e, self._record.request_id)
            self._record.failed("internal_error")
            last = self._last("guardproxy failed while guarding this answer")
        self._record.mark("upstream_end")
        silence.ends()
        await self._request.end_stream(last)

    def _last(self, message: str) -> bytes:
        """What ends a stream without an answer: the client must not wait for one."""
        if self._asked.kind != "request":
            return b""
        return sse.encode(mcp.write(mcp.error(self._asked.id, mcp.INTERNAL, errors.sentence(message))))

    async def _guarded(self, answer: Answer) -> AsyncIterator[Message]:
        """The server's messages as they may go on: an answer ends them."""
        number = 0
        async with aclosing(answer.chunks()) as chunks:
            async for event in events_of(chunks):
                number += 1
                if number > MAX_MESSAGES:
                    raise UpstreamError("the tool server sent too many messages", code="upstream_reply_too_large")
                if event.comment or event.name not in (b"", b"message"):
                    continue
                try:
                    message = mcp.read(parse_reply(event.data))
                except WireError:
                    self._record.dropped(("message",))
                    continue
                if message.kind in ("request", "notification"):
                    if (told := await self._told(message)) is not None:
                        yield told
                elif mcp.answers(message, self._asked.id):
                    yield await self._answered(message)
                else:
                    self._record.dropped(("answer",))


async def events_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[sse.Event]:
    decoder = sse.Decoder(mcp.MAX_MESSAGE)
    async for chunk in chunks:
        for event in decoder.feed(chunk):
            yield event
    for event in decoder.close():
        yield event


def _message(data: bytes) -> Message:
    try:
        return mcp.read(parse_reply(data))
    except WireError as e:
        message = f"the tool server's answer can't be read: {e}"
        raise UpstreamError(message, code="upstream_invalid_response") from None


def error_shape(error: dict[str, Json], status: int = 400) -> bytes:
    """An error of ours where there is no message to answer."""
    code = mcp.INTERNAL if status >= 500 else mcp.INVALID
    return mcp.write(mcp.error(None, code, str(error["message"]), {"code": error["code"]}))
