"""Replies that wait: who gets them, how often, for how long, and what an operator sees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

import pytest
from cryptography.exceptions import InvalidTag

from guardproxy.engine.approvals import (
    Binding,
    Decided,
    Full,
    HeldCall,
    HeldReply,
    MemoryApprovals,
    NotApproved,
    Status,
    UnknownApproval,
)

T = TypeVar("T")
MINE = Binding("t", "key", "policy", "request")
CALLS = (HeldCall("shell", '{"a": "[pii.email]"}', ("ask",)), HeldCall("f", "{}"))
REPLY = HeldReply(b"the reply\0 with all of it", True, "gpt-oss")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def run(work: Awaitable[T]) -> T:
    async def awaited() -> T:
        return await work

    return asyncio.run(awaited())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemoryApprovals:
    return MemoryApprovals(seconds=60, count=3, size=1000, clock=clock)


def test_an_approved_reply_is_handed_out_once(store: MemoryApprovals) -> None:
    held = run(store.hold(MINE, CALLS, REPLY))
    assert (held.calls, held.status, held.expires - held.created) == (CALLS, Status.PENDING, 60)
    assert run(store.decide(held.id, approve=True, by="jane")).by == "jane"
    assert run(store.take(held.id, MINE)) == REPLY
    with pytest.raises(UnknownApproval):
        run(store.take(held.id, MINE))
    assert run(store.listing()) == []


def test_what_waits_or_was_denied_is_not_handed_out(store: MemoryApprovals) -> None:
    held = run(store.hold(MINE, CALLS, REPLY))
    with pytest.raises(NotApproved) as told:
        run(store.take(held.id, MINE))
    assert told.value.status is Status.PENDING
    run(store.decide(held.id, approve=False, by="jane"))
    with pytest.raises(NotApproved) as told:
        run(store.take(held.id, MINE))
    assert told.value.status is Status.DENIED


@pytest.mark.parametrize("field", ["tenant", "key", "policy", "request"])
def test_nobody_else_gets_it(store: MemoryApprovals, field: str) -> None:
    held = run(store.hold(MINE, CALLS, REPLY))
    run(store.decide(held.id, approve=True, by="jane"))
    with pytest.raises(UnknownApproval):
        run(store.take(held.id, replace(MINE, **{field: "other"})))
    assert run(store.take(held.id, MINE)) == REPLY, "a stranger's try uses nothing up"


@pytest.mark.parametrize("id", ["", "apr_", "apr_" + "0" * 32, "apr_" + "0" * 31 + "\n", "x" * 10_000, "apr_é"])
def test_ids_that_are_none(store: MemoryApprovals, id: str) -> None:
    for work in (store.take(id, MINE), store.get(id), store.decide(id, approve=True, by="x")):
        with pytest.raises(UnknownApproval):
            run(work)


def test_the_first_word_counts(store: MemoryApprovals) -> None:
    held = run(store.hold(MINE, CALLS, REPLY))
    run(store.decide(held.id, approve=False, by="jane"))
    assert run(store.decide(held.id, approve=False, by="joe")).by == "jane"
    with pytest.raises(Decided):
        run(store.decide(held.id, approve=True, by="joe"))


def test_they_expire_decided_or_not(store: MemoryApprovals, clock: Clock) -> None:
    first = run(store.hold(MINE, CALLS, REPLY))
    clock.now += 30
    second = run(store.hold(MINE, CALLS, REPLY))
    run(store.decide(first.id, approve=True, by="jane"))
    assert len(store) == 1
    clock.now += 30
    with pytest.raises(UnknownApproval):
        run(store.take(first.id, MINE))
    assert [a.id for a in run(store.listing())] == [second.id]
    clock.now += 30
    assert (len(store), store._held, run(store.listing())) == (0, 0, [])


def test_what_waits_is_not_thrown_away_for_more(store: MemoryApprovals) -> None:
    for _ in range(3):
        run(store.hold(MINE, CALLS, REPLY))
    with pytest.raises(Full):
        run(store.hold(MINE, CALLS, REPLY))
    assert len(store) == 3


def test_bytes_are_bounded(store: MemoryApprovals) -> None:
    run(store.hold(MINE, (), replace(REPLY, body=b"x" * 600)))
    with pytest.raises(Full):
        run(store.hold(MINE, (), replace(REPLY, body=b"x" * 600)))


def test_nothing_of_a_reply_lies_open(store: MemoryApprovals) -> None:
    run(store.hold(MINE, CALLS, REPLY))
    kept = repr(store._entries) + str([e.sealed for e in store._entries.values()])
    assert "the reply" not in kept and "shell" not in kept


def test_a_reply_that_was_changed_is_not_opened(store: MemoryApprovals) -> None:
    held = run(store.hold(MINE, CALLS, REPLY))
    entry = store._entries[held.id]
    entry.digest = MINE.digest(())  # other calls than those that were approved
    with pytest.raises(InvalidTag):
        run(store.decide(held.id, approve=True, by="x"))
