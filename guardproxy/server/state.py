"""What guardproxy keeps of responses and conversations, and puts before the requests that refer to it.

The upstream never keeps anything. A kept text is put into the new request and read by its gates like any other, so that it
meets the policy of today each time, and placeholders come out the same: the conversation's opening is the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

from guardproxy.server.authentication import STATIC
from guardproxy.server.exchange import Exchange
from guardproxy.store import Kind, Owner, Row, Store, StoreError, Unreadable
from guardproxy.store.database import events_id
from guardproxy.telemetry import Record, ids
from guardproxy.types import Json, WireError
from guardproxy.wire import responses_store as wire
from guardproxy.wire.base import KeptWriter
from guardproxy.wire.json import dump, parse_reply

MAX_TURNS: Final = 10_000
"""Responses of one chain."""


@dataclass(slots=True)
class Kept:
    """A response as it is kept."""

    row: Row
    response: dict[str, Json]
    input: list[wire.Item]
    conversation: str = ""
    upto: int = 0
    """Place of the last item of the conversation that came before it."""
    background: bool = False
    streams: bool = False
    """Its events are kept, or come now."""


def _opened(row: Row) -> Kept:
    return Kept(row, **parse_reply(row.payload))


class State:
    """Everything that is kept. Shared by all requests."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.making: set[str] = set()
        """Responses that are in the making in the background."""
        self._busy: set[str] = set()  # conversations that somebody speaks in now
        self._later: set[asyncio.Task[object]] = set()

    async def aclose(self) -> None:
        """Wait for what is still being kept, and close the store."""
        await asyncio.gather(*self._later, return_exceptions=True)
        await self.store.aclose()

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something for whose end nobody can wait."""
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    # ------------------------------------------------------------------------------------------------ reading

    @asynccontextmanager
    async def asking(self, record: Record, missing: WireError) -> AsyncIterator[None]:
        """What goes wrong with the store as answers: a row that can't be read is not there, and that is recorded."""
        try:
            yield
        except Unreadable:
            record.filter_failed("store", "error", allowed=False)
            raise missing from None
        except StoreError as e:
            raise store_failed(e) from None

    async def row(self, record: Record, kind: Kind, id: str, missing: WireError) -> Row:
        """A row, or the error that says that there is none."""
        async with self.asking(record, missing):
            row = await self.store.get(owner_of(record), kind, id)
        if row is None:
            raise missing
        return row

    async def response(self, record: Record, id: str) -> Kept:
        """A kept response. Raises WireError 404."""
        return _opened(await self.row(record, "response", id, wire.not_found("response", id)))

    async def items(self, record: Record, conversation: str, upto: int | None = None) -> list[wire.Item]:
        """Items of a conversation, all or the first ones."""
        async with self.asking(record, wire.not_found("conversation", conversation)):
            rows = await self.store.items(owner_of(record), conversation)
        return [parse_reply(row.payload) for row in rows if upto is None or row.place <= upto]

    async def history(self, record: Record, kept: Kept) -> tuple[list[wire.Item], bool]:
        """What came before a response, and whether that is all: earlier turns may have been deleted."""
        async with self.asking(record, wire.not_found("response", kept.row.id)):
            rows = await self.store.chain(owner_of(record), kept.row.previous, MAX_TURNS) if kept.row.previous else []
        chain = [_opened(row) for row in rows]
        first = chain[0] if chain else kept
        before = await self.items(record, first.conversation, first.upto) if first.conversation else []
        for one in chain:
            before += [*one.input, *one.response["output"]]
        return before, not first.row.previous

    # ------------------------------------------------------------------------------------------------ turns

    async def turn(self, body: dict[str, Any], id: str, record: Record) -> Turn:
        """A request with all that it refers to in its place. Close it. Raises WireError."""
        asked = wire.asked(body)
        turn = Turn(self, id, asked, record, family=asked.conversation or id)
        if asked.conversation:
            turn.hold(asked.conversation)
        try:
            await self._fill(turn, body)
        except BaseException:
            turn.close()
            raise
        return turn

    async def _fill(self, turn: Turn, body: dict[str, Any]) -> None:
        asked, before = turn.asked, []
        if asked.conversation:
            before = await self._conversation(turn)
        elif asked.previous:
            before = await self._previous(turn)
        turn.input = [await self._meant(turn, item, place) for place, item in enumerate(_input(body))]
        turn.body = wire.with_history(body, before, turn.input)
        if asked.background:
            turn.body["stream"] = True

    async def _conversation(self, turn: Turn) -> list[wire.Item]:
        id = turn.asked.conversation
        missing = wire.not_found("conversation", id, param="conversation", code="conversation_not_found")
        await self.row(turn.record, "conversation", id, missing)
        async with self.asking(turn.record, missing):
            rows = await self.store.items(owner_of(turn.record), id)
        turn.upto = rows[-1].place if rows else 0
        return [parse_reply(row.payload) for row in rows]

    async def _previous(self, turn: Turn) -> list[wire.Item]:
        id, code = turn.asked.previous, "previous_response_not_found"
        missing = wire.not_found("previous response", id, param="previous_response_id", code=code)
        kept = _opened(await self.row(turn.record, "response", id, missing))
        if id in self.making:
            raise WireError(
                f"Response '{id}' is not finished yet.", code="response_not_finished", param="previous_response_id"
            )
        before, all_of_it = await self.history(turn.record, kept)
        if not all_of_it:
            raise WireError(
                f"What came before response '{id}' is not kept any more.",
                status=404, code=code, param="previous_response_id",
            )  # fmt: skip
        turn.family = kept.row.family
        return [*before, *kept.input, *kept.response["output"]]

    async def _meant(self, turn: Turn, item: Json, place: int) -> Json:
        """An item of the input, or the kept one that it refers to."""
        if (id := wire.reference(item)) is None:
            return item
        missing = wire.not_found("item", id, param=f"input[{place}]", code="item_not_found")
        async with self.asking(turn.record, missing):
            owner = owner_of(turn.record)
            row = await self.store.get(owner, "item", id) or await self.store.named(owner, id)
        if row is None:
            raise missing
        if row.kind == "item":
            return wire.said([parse_reply(row.payload)])[0]
        kept = _opened(row)
        return wire.said([one for one in (*kept.input, *kept.response["output"]) if one["id"] == id][:1])[0]

    def speak(self, conversation: str) -> None:
        """Begin to speak in a conversation. Raises WireError 409 while somebody else does."""
        if conversation in self._busy:
            raise WireError(
                "Another request speaks in this conversation now; try again when it has ended.",
                status=409, code="conversation_locked", param="conversation",
            )  # fmt: skip
        self._busy.add(conversation)

    def fall_silent(self, conversation: str) -> None:
        """Let others speak in it."""
        self._busy.discard(conversation)


def owner_of(record: Record) -> Owner:
    """Whose is what a request keeps. All who share one key, or need none, are one."""
    return Owner(record.tenant, "default" if record.key in ("", STATIC.key) else record.key)


def store_failed(error: StoreError) -> WireError:
    """What a client is told when the store can't do what it must."""
    return WireError(f"guardproxy's store failed: {error}.", status=503, code="store_failed")


def _input(body: dict[str, Any]) -> list[Json]:
    return [] if body.get("input") is None else wire.items_of(body["input"])


@dataclass(slots=True)
class Turn:
    """One request's dealings with what is kept."""

    state: State
    id: str
    """Of its response."""
    asked: wire.Asked
    record: Record
    family: str
    body: dict[str, Any] = field(default_factory=dict)
    """The request for the gates."""
    input: list[Json] = field(default_factory=list)
    """What is new in it, as the client sent it."""
    upto: int = 0
    message: str = ""
    """Of the error of ours that ended the reply, if one did."""
    created: int = field(default_factory=lambda: int(time.time()))
    _items: list[wire.Item] | None = None
    _held: str = ""
    _kept: bool = False

    @property
    def keeps(self) -> bool:
        """Whether the response is to be kept."""
        return self.asked.store is not False

    def hold(self, conversation: str) -> None:
        """Speak in a conversation until `close`."""
        self.state.speak(conversation)
        self._held = conversation

    def close(self) -> None:
        """Once is enough."""
        if self._held:
            self.state.fall_silent(self._held)
            self._held = ""

    # ------------------------------------------------------------------------------------------------ keeping

    async def keep_reply(self, exchange: Exchange) -> None:
        """Keep a reply that has come to its end."""
        if self.keeps and not self._kept and exchange.writer is not None:
            self._kept = True
            writer = cast(KeptWriter, exchange.writer)
            await self.keep(writer.snapshot(writer.status))

    async def keep_approved(self, body: bytes, *, stream: bool) -> None:
        """Keep a reply that waited for a person, under the id that it has."""
        if not self.keeps or self._kept:
            return
        response = wire.last_response(body) if stream else parse_reply(body)
        self._kept, self.id = True, response["id"]
        await self.keep(response)

    def break_off(self, exchange: Exchange) -> None:
        """The client's stream is over. One that had no end is kept as the client saw it."""
        if not self.keeps or self._kept or exchange.writer is None:
            return
        self._kept = True
        response = cast(KeptWriter, exchange.writer).snapshot("incomplete")
        if self.message:
            response = wire.ended(response, "failed", message=self.message)
        else:
            response = wire.ended(response, "incomplete", reason=wire.GONE)
        self.state.later(self.keep(response))

    async def keep(
        self, response: dict[str, Json], *, pending: bool = False, events: list[bytes] | None = None
    ) -> bool:
        """Keep a response. Where that fails it is counted and recorded, and the client has its reply all the same."""
        if self._items is None:
            self._items = wire.kept(self.input, ids.new(""))
        streams = self.asked.stream and self.asked.background and (pending or events is not None)
        rows = [self._row(response, pending, streams)]
        if events is not None:
            rows.append(self._made(events_id(self.id), "events", b"".join(events)))
        speaks = bool(self.asked.conversation) and wire.turn_over(response)
        said = [*self._items, *response["output"]] if speaks else []
        items = [self._made(one["id"], "item", dump(one)) for one in said]
        try:  # where the conversation was deleted meanwhile, the response is kept all the same
            await self.state.store.put(rows, self.asked.conversation, items)
        except StoreError:
            self.record.failed("store_failed")
            return False
        return True

    def _row(self, response: dict[str, Json], pending: bool, streams: bool) -> Row:
        items = self._items or []
        said = {
            "response": response, "input": items, "conversation": self.asked.conversation, "upto": self.upto,
            "background": self.asked.background, "streams": streams,
        }  # fmt: skip
        names = tuple(one["id"] for one in (*items, *response["output"]))
        return self._made(
            self.id, "response", dump(said), previous=self.asked.previous, pending=pending, names=names
        )  # fmt: skip

    def _made(self, id: str, kind: Kind, payload: bytes, **more: Any) -> Row:
        outcome = self.record.outcome.name.lower()
        return Row(
            id,
            kind,
            owner_of(self.record),
            self.family,
            self.record.policy.digest,
            outcome,
            self.created,
            payload,
            **more,
        )
