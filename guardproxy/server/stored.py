"""The routes of what is kept: responses by their id, conversations and their items. Nothing is read out unguarded.

What was kept under an earlier policy goes through the gates of today's: texts of requests as requests, texts of replies as
replies. What is not there, has expired or is somebody else's gets one and the same answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import parse_qs

from guardproxy.server.background import Background
from guardproxy.server.edge import Headers, Reply, Request
from guardproxy.server.endpoint import Endpoint, blocked_reply
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.server.follow import send_followed
from guardproxy.server.presence import Presence
from guardproxy.server.snapshot import Lease
from guardproxy.server.state import Kept, State, owner_of
from guardproxy.store import Kind, Row
from guardproxy.store.database import events_id
from guardproxy.telemetry import Record, ids
from guardproxy.types import Json, Outcome, UpstreamError, WireError
from guardproxy.wire import responses_store as wire
from guardproxy.wire.json import dump, parse, parse_reply
from guardproxy.wire.responses_items import STORE_HINT

_SEGMENT: Final = "([^/]{1,128})"
ROUTES: Final = (
    "/v1/responses/{id}", "/v1/responses/{id}/cancel", "/v1/responses/{id}/input_items", "/v1/conversations",
    "/v1/conversations/{id}", "/v1/conversations/{id}/items", "/v1/conversations/{id}/items/{item}",
)  # fmt: skip
_PATTERNS: Final = {route: re.compile(route.replace("{id}", _SEGMENT).replace("{item}", _SEGMENT)) for route in ROUTES}
_NO_MODEL: Final = "none"
"""Items of conversations were said to no model yet, or to several: rules for one model alone do not read them here."""
_LOST: Final = "guardproxy ended before this response was finished."
_Handler = Callable[["Visit"], Awaitable[Json]]


class StoredRoutes:
    """The routes of what is kept. Without a store they are there to say so."""

    def __init__(self, endpoint: Endpoint, background: Background | None) -> None:
        self._endpoint, self._background = endpoint, background

    def route(self, path: str) -> str | None:
        """The name of a path's route, if it is one of these."""
        return next((route for route, pattern in _PATTERNS.items() if pattern.fullmatch(path)), None)

    def methods(self, route: str) -> tuple[str, ...]:
        return tuple(method for one, method in _HANDLERS if one == route)

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        """Answer; returns the status. Raises WireError; Gone."""
        handler = _HANDLERS.get((record.route, request.scope["method"]))
        if handler is None:
            verbs = " and ".join(self.methods(record.route))
            raise WireError(f"This path takes {verbs}.", status=405, code="method_not_allowed")
        state, background = self._endpoint.state, self._background
        if state is None or background is None:
            raise WireError(f"Nothing is kept here; {STORE_HINT}.", status=404, code="no_store")
        match = _PATTERNS[record.route].fullmatch(request.path)
        assert match is not None
        presence = Presence(request, self._endpoint.closing)
        visit = Visit(self._endpoint, state, background, request, record, headers, presence, lease, match.groups())
        return await presence.during(visit.run(handler))


class Visit:
    """One request to one of these routes."""

    def __init__(
        self, endpoint: Endpoint, state: State, background: Background, request: Request, record: Record,
        headers: Headers, presence: Presence, lease: Lease, names: tuple[str, ...],
    ) -> None:  # fmt: skip
        self._endpoint, self._state, self._background = endpoint, state, background
        self._request, self._record, self._headers, self._presence = request, record, headers, presence
        self._lease, self._names = lease, names
        self._observer = lease.observer(record)
        self._exchanges: list[Exchange] = []

    async def run(self, handler: _Handler) -> int:
        """The status."""
        try:
            body = await handler(self)
        except Blocked as blocked:
            await self._request.reply(blocked_reply(blocked, self._endpoint.codec, self._headers))
            return 400
        finally:
            for exchange in self._exchanges:
                await exchange.close()
        if body is not None:
            await self._request.reply(Reply(200, dump(body), self._headers))
        return self._request.status

    @property
    def _query(self) -> dict[str, list[str]]:
        return parse_qs(self._request.scope.get("query_string", b"").decode("latin-1"), max_num_fields=32)

    async def _body(self) -> dict[str, Any]:
        return parse(await self._request.body(self._endpoint.settings))

    # ------------------------------------------------------------------------------------------------ guarding

    def _exchange(self, id: str) -> Exchange:
        made = Exchange(
            self._lease.guard,
            self._endpoint.codec,
            request_id=self._record.request_id,
            route=self._endpoint.codec.route,
            observer=self._observer,
            head_id=id,
            caller=self._request.caller,
            languages=self._request.languages,
            asks=False,
        )
        self._exchanges.append(made)
        return made

    @property
    def _reversible(self) -> bool:
        """Whether what a client may read depends on all of its conversation."""
        return bool(self._lease.guard.policy.restore_tools)

    async def _guarded(self, kept: Kept, *, stream: bool = False) -> tuple[dict[str, Any], bytes]:
        """A kept response as its client may read it now, and the reply that the gates wrote. Raises Blocked."""
        exchange = self._exchange(kept.row.id)
        before = (await self._state.history(self._record, kept))[0] if self._reversible else []
        request = await exchange.again(wire.to_request(kept.response, wire.said([*before, *kept.input])))
        self._record.model = exchange.model
        exchange.created, exchange.repeats = kept.row.created, wire.repeated(kept.response, request)
        reply = await self._replied(exchange, wire.to_reply(kept.response))
        error = await self._error(exchange, wire.message_of(kept.response))
        shown = wire.shown(kept.response, request, parse_reply(reply), error)
        if stream:
            reply = await self._replied(exchange, wire.to_reply(kept.response), stream=True)
        return shown, reply

    async def _error(self, exchange: Exchange, message: str) -> str:
        if not message:
            return ""
        _, body = await exchange.error(500, dump({"error": message}))
        return wire.message_of(parse_reply(body))

    async def _replied(self, exchange: Exchange, reply: Json, *, stream: bool = False) -> bytes:
        try:
            return await exchange.whole(reply, stream=stream)
        except UpstreamError as e:  # it was a reply when it was kept
            raise WireError(f"What is kept can't be read: {e}.", status=500, code="store_failed") from None

    async def _items_guarded(self, items: list[wire.Item], context: list[wire.Item]) -> list[wire.Item]:
        """Kept items as their client may read them now. `context` is the conversation that they are of. Raises Blocked."""
        said = [item for item in items if not _replied(item)]
        own = {item["id"] for item in said}
        around = [item for item in context if item["id"] not in own] if self._reversible else []
        exchange = self._exchange(ids.new("resp_"))
        texts: list[wire.Item] = []
        if said or around:
            request = await exchange.again({"model": _NO_MODEL, "input": wire.said([*said, *around])})
            texts = request["input"][: len(said)]
        guarded = iter(texts)
        out: list[wire.Item] = []
        for item in items:
            made = await self._output(exchange, item) if _replied(item) else next(guarded)
            if made is not None:
                out.append({**made, "id": item["id"]})
        return out

    async def _output(self, exchange: Exchange, item: wire.Item) -> wire.Item | None:
        """An item that a model said; None where nothing of it may be read."""
        output = parse_reply(await self._replied(exchange, wire.item_reply(item)))["output"]
        made: wire.Item | None = output[0] if output else None
        return made

    # ------------------------------------------------------------------------------------------------ responses

    async def response(self) -> Json:
        """`GET /v1/responses/{id}`"""
        id, query = self._names[0], self._query
        stream = query.get("stream", [""])[-1].lower() in ("true", "1")
        run = self._background.runs.get(id)
        if stream:
            await self._stream(id, _number(query.get("starting_after", ["-1"])[-1]))
            return None
        kept = await self._state.response(self._record, id)  # whose it is says the store
        if run is None:
            kept = _settled(kept)
        elif run.policy == self._record.policy.digest:
            return run.snapshot()
        else:  # what is in force now, as under an incident, may let less through
            kept.response = run.snapshot()
        return (await self._guarded(kept))[0]

    async def _stream(self, id: str, after: int) -> None:
        """The events of a response: as they come, as they were, or, where none are kept, anew."""
        kept = await self._state.response(self._record, id)
        run = self._background.runs.get(id)
        if run is not None and run.policy != self._record.policy.digest:
            raise _policy_changed()
        if run is not None and run.streams:
            await self._send(run.follow(after))
            return
        if run is not None or (after >= 0 and not kept.streams):
            raise WireError(
                "Only a response that was asked for with `background: true` and `stream: true` can be resumed.",
                code="not_resumable", param="starting_after",
            )  # fmt: skip
        kept = _settled(kept)
        shown, reply = await self._guarded(kept, stream=not kept.streams)
        if kept.streams:
            if shown["output"] != _texts(kept.response["output"]):
                raise _policy_changed()
            missing = wire.not_found("response", id)
            row = await self._state.row(self._record, "events", events_id(id), missing)
            reply = b"".join(wire.split(row.payload)[after + 1 :])
        elif kept.response["status"] not in ("completed", "incomplete"):
            raise WireError("A response that failed has no stream.", code="not_resumable", param="stream")
        await self._send(_once(reply))

    async def _send(self, events: AsyncGenerator[bytes, None]) -> None:
        endpoint = self._endpoint
        async with aclosing(events):
            await send_followed(self._request, events, endpoint.codec, endpoint.settings, self._headers, self._presence)

    async def delete_response(self) -> Json:
        """`DELETE /v1/responses/{id}`"""
        id = self._names[0]
        missing = wire.not_found("response", id)
        await self._there("response", id, missing)
        if (run := self._background.runs.get(id)) is not None:
            await run.cancel()
        async with self._state.asking(self._record, missing):
            await self._state.store.delete(owner_of(self._record), "response", id)
        return wire.deleted_object(id)

    async def _there(self, kind: Kind, id: str, missing: WireError) -> None:
        await self._state.row(self._record, kind, id, missing)

    async def cancel(self) -> Json:
        """`POST /v1/responses/{id}/cancel`"""
        id = self._names[0]
        kept = await self._state.response(self._record, id)
        if not kept.background:
            raise WireError("Only a response that is made in the background can be cancelled.", code="not_cancellable")
        if (run := self._background.runs.get(id)) is not None:
            await run.cancel()
            kept = await self._state.response(self._record, id)
        return (await self._guarded(_settled(kept)))[0]

    async def input_items(self) -> Json:
        """`GET /v1/responses/{id}/input_items`"""
        kept = await self._state.response(self._record, self._names[0])
        before, _ = await self._state.history(self._record, kept)
        return await self._listed([*before, *kept.input])

    async def _listed(self, items: list[wire.Item]) -> Json:
        page, more = wire.cut_out(items, wire.page(self._query))
        guarded = await self._items_guarded(page, items)
        return wire.list_object([wire.listed(item) for item in guarded], more)

    # ------------------------------------------------------------------------------------------------ conversations

    async def create_conversation(self) -> Json:
        """`POST /v1/conversations`"""
        body = await self._body()
        wire.known(body, "items", "metadata")
        labels, items = wire.metadata(body), wire.added(body, required=False)
        id, created = ids.new(wire.CONVERSATION), int(time.time())
        await self._checked(items)
        shown = wire.conversation_object(id, created, labels)
        await self._put(self._conversation_row(shown))
        await self._append(id, wire.kept(items, ids.new("")))
        return shown

    def _conversation_row(self, shown: dict[str, Any]) -> Row:
        return self._row(shown["id"], "conversation", shown["id"], shown, shown["created_at"])

    def _row(self, id: str, kind: Kind, family: str, payload: Json, created: int) -> Row:
        outcome = Outcome(self._record.outcome).name.lower()
        return Row(
            id, kind, owner_of(self._record), family, self._record.policy.digest, outcome, created, dump(payload)
        )

    async def _put(self, row: Row) -> None:
        async with self._state.asking(self._record, wire.not_found("conversation", row.family)):
            await self._state.store.put([row])

    async def _append(self, conversation: str, items: list[wire.Item]) -> None:
        rows = [self._row(item["id"], "item", conversation, item, int(time.time())) for item in items]
        missing = wire.not_found("conversation", conversation)
        async with self._state.asking(self._record, missing):
            there = await self._state.store.put((), conversation, rows)
        if not there:
            raise missing

    async def _checked(self, items: list[Json]) -> list[Json]:
        """What a client adds is read like a request, so that what policy refuses is never kept."""
        if not items:
            return []
        made = self._exchange(ids.new("resp_"))
        out = await made.again({"model": _NO_MODEL, "input": items})
        guarded: list[Json] = out["input"]
        return guarded

    async def _conversation(self) -> dict[str, Any]:
        id = self._names[0]
        row = await self._state.row(self._record, "conversation", id, wire.not_found("conversation", id))
        shown: dict[str, Any] = parse_reply(row.payload)
        return shown

    async def conversation(self) -> Json:
        """`GET /v1/conversations/{id}`"""
        return await self._conversation()

    async def update_conversation(self) -> Json:
        """`POST /v1/conversations/{id}`"""
        body = await self._body()
        wire.known(body, "metadata")
        labels = wire.metadata(body)
        shown = {**await self._conversation(), "metadata": labels}
        await self._put(self._conversation_row(shown))
        return shown

    async def delete_conversation(self) -> Json:
        """`DELETE /v1/conversations/{id}`"""
        id = self._names[0]
        missing = wire.not_found("conversation", id)
        await self._there("conversation", id, missing)
        async with self._state.asking(self._record, missing):
            await self._state.store.delete(owner_of(self._record), "conversation", id)
        return wire.deleted_object(id)

    async def items(self) -> Json:
        """`GET /v1/conversations/{id}/items`"""
        await self._conversation()
        return await self._listed(await self._state.items(self._record, self._names[0]))

    async def add_items(self) -> Json:
        """`POST /v1/conversations/{id}/items`"""
        body = await self._body()
        wire.known(body, "items")
        items = wire.added(body, required=True)
        await self._conversation()
        self._state.speak(self._names[0])
        try:
            guarded = await self._checked(items)
            kept = wire.kept(items, ids.new(""))
            await self._append(self._names[0], kept)
        finally:
            self._state.fall_silent(self._names[0])
        shown = [wire.listed({**made, "id": one["id"]}) for made, one in zip(guarded, kept, strict=True)]
        return wire.list_object(shown, False)

    async def _item(self) -> wire.Item:
        await self._conversation()
        conversation, id = self._names
        missing = wire.not_found("item", id)
        row = await self._state.row(self._record, "item", id, missing)
        if row.family != conversation:
            raise missing
        made: wire.Item = parse_reply(row.payload)
        return made

    async def item(self) -> Json:
        """`GET /v1/conversations/{id}/items/{item}`"""
        item = await self._item()
        context = await self._state.items(self._record, self._names[0]) if self._reversible else []
        guarded = await self._items_guarded([item], context)
        if not guarded:
            raise wire.not_found("item", item["id"])
        return wire.listed(guarded[0])

    async def delete_item(self) -> Json:
        """`DELETE /v1/conversations/{id}/items/{item}`: the conversation without it."""
        await self._item()
        async with self._state.asking(self._record, wire.not_found("item", self._names[1])):
            await self._state.store.delete(owner_of(self._record), "item", self._names[1])
        return await self._conversation()


def _replied(item: wire.Item) -> bool:
    """Whether a kept item is one that a reply had: items of inputs have ids that end otherwise."""
    return not re.fullmatch(r".*_i\d+", item["id"])


def _policy_changed() -> WireError:
    return WireError(
        "The policy has changed since this response was made; read it without `stream`.",
        status=409, code="policy_changed",
    )  # fmt: skip


def _settled(kept: Kept) -> Kept:
    """One that nothing works on any more though it never ended: the process did."""
    if not wire.finished(kept.response):
        kept.response = wire.ended(kept.response, "failed", message=_LOST)
    return kept


def _texts(output: Json) -> Json:
    """Items as the gates rewrite them: without the probabilities of their tokens."""
    return [
        {**item, "content": [{**p, "logprobs": []} if "logprobs" in p else p for p in item["content"]]}
        if isinstance(item.get("content"), list)
        else item
        for item in output
    ]


def _number(text: str) -> int:
    if not re.fullmatch(r"-1|[0-9]{1,9}", text):
        raise WireError("`starting_after`: expected a number.", code="invalid_type", param="starting_after")
    return int(text)


async def _once(data: bytes) -> AsyncGenerator[bytes, None]:
    yield data


_HANDLERS: Final[dict[tuple[str, str], _Handler]] = {
    (ROUTES[0], "GET"): Visit.response,
    (ROUTES[0], "DELETE"): Visit.delete_response,
    (ROUTES[1], "POST"): Visit.cancel,
    (ROUTES[2], "GET"): Visit.input_items,
    (ROUTES[3], "POST"): Visit.create_conversation,
    (ROUTES[4], "GET"): Visit.conversation,
    (ROUTES[4], "POST"): Visit.update_conversation,
    (ROUTES[4], "DELETE"): Visit.delete_conversation,
    (ROUTES[5], "GET"): Visit.items,
    (ROUTES[5], "POST"): Visit.add_items,
    (ROUTES[6], "GET"): Visit.item,
    (ROUTES[6], "DELETE"): Visit.delete_item,
}
