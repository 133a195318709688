"""A tool that is no MCP server: arguments go to its address as a JSON body, and its JSON answer is the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from guardproxy.config import Settings
from guardproxy.engine import Cut
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Headers, Reply, Request
from guardproxy.server.presence import Presence
from guardproxy.server.snapshot import Lease
from guardproxy.server.upstream import Answer
from guardproxy.telemetry import Record
from guardproxy.tools.messages import Messages, labels
from guardproxy.tools.server import ToolServer, told_status, whole
from guardproxy.types import UpstreamError, WireError
from guardproxy.wire import errors
from guardproxy.wire.json import dump, parse, parse_reply


@dataclass(frozen=True, slots=True)
class HttpEndpoint:
    """A tool that takes its arguments as a JSON body and answers with its result. Shared by all requests."""

    name: str
    server: ToolServer
    settings: Settings
    closing: Closing
    methods: ClassVar[tuple[str, ...]] = ("POST",)

    @property
    def routes(self) -> tuple[str, ...]:
        """Its path."""
        return (f"/{self.name}",)

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        """Answer; returns the status. Raises WireError and UpstreamError before an answer began; Gone."""
        return await Presence(request, self.closing).during(self._run(request, record, headers, lease))

    async def _run(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        messages = Messages(
            *(lease.guard, lease.observer(record), record.request_id, record.route, self.name),
            caller=request.caller, refused=record.refused,
        )  # fmt: skip
        try:
            body = await request.body(self.settings)
            record.mark("read")
            sent = dump(await messages.document(parse(body), outgoing=True))
            record.mark("sent")
            answer = await self.server.ask("POST", {"Accept": "application/json"}, sent)
            try:
                reply = await self._result(answer, messages, record)
            finally:
                answer.close()
            record.mark("first_out")
            await request.reply(Reply(reply.status, reply.body, headers))
            return reply.status
        except Cut as cut:
            message = lease.guard.refusal(cut.decision, request.languages)[0]
            refused = errors.blocked_request(message, labels(cut.decision))
            await request.reply(Reply(400, errors.openai(refused), headers))
            return 400
        finally:
            await messages.close()

    async def _result(self, answer: Answer, messages: Messages, record: Record) -> Reply:
        record.mark("first_in")
        if answer.status >= 400:
            record.failed(f"upstream_status_{answer.status}", upstream=True)
            said = await messages.text(errors.read_upstream_error(answer.status, await answer.head()))
            status = told_status(answer.status)
            return Reply(status, errors.error_body(said, code="tool_error", status=status))
        if answer.status != 200 or answer.content_type != "application/json":
            raise UpstreamError("the tool answered without JSON", code="upstream_invalid_response")
        data = await whole(answer)
        record.mark("upstream_end")
        try:
            result = parse_reply(data)
        except WireError as e:
            raise UpstreamError(f"the tool's result can't be read: {e}", code="upstream_invalid_response") from None
        return Reply(200, dump(await messages.document(result, outgoing=False)))
