"""What waits for people: who may use it, how often, for how long, who decides, and what lies in the file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.approvals import (
    Approval,
    Approvals,
    Ask,
    Bounds,
    Decided,
    Full,
    Kind,
    NotApproved,
    OwnRequest,
    Status,
    UnknownApproval,
    Voter,
)
from guardproxy.governance.events import Event
from guardproxy.governance.person import Person
from guardproxy.types import ConfigError, GuardproxyError, Json

T = TypeVar("T")
KEY = b"a key of the store"
DETAILS: Json = {"calls": [{"tool": "shell", "arguments": '{"a": "[pii.email]"}', "rules": ["ask"]}]}
MINE = Ask(Kind.REPLY, "1 tool call, rules ask", b"bound", "t", "me", details=DETAILS, payload=b"the reply\0 with all")
JANE, JOE = Voter("jane"), Voter("joe")


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


@pytest.fixture(params=["memory", "file"])
def store(request: Any, clock: Clock, tmp_path: Path) -> Iterator[Approvals]:
    path = ":memory:" if request.param == "memory" else str(tmp_path / "approvals.db")
    one = Approvals(path, KEY, Bounds(60, 3, 2000), clock=clock)
    yield one
    run(one.aclose())


def test_what_was_approved_is_used_once(store: Approvals) -> None:
    held = run(store.ask(MINE))
    assert (held.status, held.expires - held.created, held.details, held.needs) == (Status.PENDING, 60, DETAILS, 1)
    decided = run(store.vote(held.id, JANE, approve=True, comment="asked her"))
    assert (decided.status, [(v.by, v.approve, v.comment) for v in decided.votes]) == (
        Status.APPROVED, [("jane", True, "asked her")],
    )  # fmt: skip
    assert run(store.take(held.id, Kind.REPLY, b"bound")) == MINE.payload
    with pytest.raises(UnknownApproval):
        run(store.take(held.id, Kind.REPLY, b"bound"))
    assert run(store.listing()) == []


def test_what_waits_or_was_denied_is_not_used(store: Approvals) -> None:
    held = run(store.ask(MINE))
    with pytest.raises(NotApproved) as told:
        run(store.take(held.id, Kind.REPLY, b"bound"))
    assert told.value.status is Status.PENDING
    run(store.vote(held.id, JANE, approve=False))
    with pytest.raises(NotApproved) as told:
        run(store.take(held.id, Kind.REPLY, b"bound"))
    assert told.value.status is Status.DENIED


@pytest.mark.parametrize(("kind", "bound"), [(Kind.REPLY, b"other"), (Kind.TRAINING, b"bound"), (Kind.REPLY, b"")])
def test_it_is_for_nothing_else(store: Approvals, kind: Kind, bound: bytes) -> None:
    held = run(store.ask(MINE))
    run(store.vote(held.id, JANE, approve=True))
    with pytest.raises(UnknownApproval):
        run(store.take(held.id, kind, bound))
    assert run(store.take(held.id, Kind.REPLY, b"bound")) == MINE.payload, "a stranger's try uses nothing up"


@pytest.mark.parametrize("id", ["", "apr_", "apr_" + "0" * 32, "apr_" + "0" * 31 + "\n", "x" * 10_000, "apr_é"])
def test_ids_that_are_none(store: Approvals, id: str) -> None:
    for work in (store.take(id, Kind.REPLY, b"bound"), store.get(id), store.vote(id, JANE, approve=True)):
        with pytest.raises(UnknownApproval):
            run(work)


def test_the_first_decision_counts(store: Approvals) -> None:
    held = run(store.ask(MINE))
    run(store.vote(held.id, JANE, approve=False))
    assert [v.by for v in run(store.vote(held.id, JOE, approve=False)).votes] == ["jane"]
    with pytest.raises(Decided):
        run(store.vote(held.id, JOE, approve=True))


# ---------------------------------------------------------------------------------------------------- several people


def test_two_people_have_to_say_yes(store: Approvals) -> None:
    held = run(store.ask(replace(MINE, kind=Kind.TRAINING)))
    assert held.needs == 2
    assert run(store.vote(held.id, JANE, approve=True)).status is Status.PENDING
    assert run(store.vote(held.id, Voter(" Jane "), approve=True)).status is Status.PENDING, "the same person"
    with pytest.raises(NotApproved):
        run(store.take(held.id, Kind.TRAINING, b"bound"))
    assert run(store.vote(held.id, JOE, approve=True)).status is Status.APPROVED
    assert run(store.take(held.id, Kind.TRAINING, b"bound")) == MINE.payload


def test_one_no_is_enough_and_a_person_may_change_their_mind(store: Approvals) -> None:
    held = run(store.ask(replace(MINE, needs=2)))
    run(store.vote(held.id, JANE, approve=True))
    decided = run(store.vote(held.id, JANE, approve=False, comment="read it again"))
    assert (decided.status, [(v.by, v.approve) for v in decided.votes]) == (Status.DENIED, [("jane", False)])


def test_nobody_approves_their_own_request(store: Approvals) -> None:
    held = run(store.ask(MINE))
    with pytest.raises(OwnRequest):
        run(store.vote(held.id, Voter("me myself", "me"), approve=True))
    assert run(store.vote(held.id, Voter("me myself", "me"), approve=False)).status is Status.DENIED, "to withdraw it"


def test_people_are_told_apart_by_their_keys(store: Approvals) -> None:
    held = run(store.ask(replace(MINE, needs=2)))
    run(store.vote(held.id, Voter("jane", "k1"), approve=True))
    assert run(store.vote(held.id, Voter("joe", "k1"), approve=True)).status is Status.PENDING, "one key, two names"
    assert run(store.vote(held.id, Voter("jane", "k2"), approve=True)).status is Status.APPROVED


def test_a_person_with_two_keys_is_one_person(store: Approvals) -> None:
    mine = frozenset({"me", "k1", "k2"})
    held = run(store.ask(replace(MINE, needs=2)))
    with pytest.raises(OwnRequest):
        run(store.vote(held.id, Voter("me", "k1", mine), approve=True))
    first, second = (Voter("jane", key, frozenset({"k3", "k4"})) for key in ("k3", "k4"))
    assert run(store.vote(held.id, first, approve=True)).status is Status.PENDING
    again = run(store.vote(held.id, second, approve=True))
    assert (again.status, [v.by for v in again.votes]) == (Status.PENDING, ["jane"])
    taken_back = run(store.vote(held.id, second, approve=False))
    assert (taken_back.status, [v.approve for v in taken_back.votes]) == (Status.DENIED, [False])


VOTES = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.booleans()), max_size=8)


@given(votes=VOTES, needs=st.integers(1, 4))
def test_any_votes(votes: list[tuple[str, bool]], needs: int) -> None:
    """It is approved exactly when so many different people have said yes before anybody said no."""

    async def work() -> None:
        store = Approvals(bounds=Bounds())
        held = await store.ask(replace(MINE, needs=needs))
        yes, expected = set[str](), Status.PENDING
        for name, approve in votes:
            try:
                told = await store.vote(held.id, Voter(name), approve=approve)
            except Decided:
                assert expected is (Status.DENIED if approve else Status.APPROVED)
                continue
            if expected is Status.PENDING:
                yes |= {name} if approve else set()
                expected = Status.DENIED if not approve else Status.APPROVED if len(yes) >= needs else expected
            assert told.status is expected
        await store.aclose()

    asyncio.run(work())


# ---------------------------------------------------------------------------------------------------- bounds


def test_they_expire_decided_or_not(store: Approvals, clock: Clock) -> None:
    first = run(store.ask(MINE))
    clock.now += 30
    second = run(store.ask(MINE))
    run(store.vote(first.id, JANE, approve=True))
    assert store.pending == 1
    clock.now += 30
    with pytest.raises(UnknownApproval):
        run(store.take(first.id, Kind.REPLY, b"bound"))
    assert [a.id for a in run(store.listing())] == [second.id]
    clock.now += 30
    assert (run(store.count()), run(store.listing())) == (0, [])


def test_what_waits_is_not_thrown_away_for_more(store: Approvals) -> None:
    for _ in range(3):
        run(store.ask(MINE))
    with pytest.raises(Full):
        run(store.ask(MINE))
    assert store.pending == 3


def test_bytes_are_bounded(store: Approvals) -> None:
    run(store.ask(replace(MINE, payload=b"x" * 1200)))
    with pytest.raises(Full):
        run(store.ask(replace(MINE, payload=b"x" * 1200)))


# ---------------------------------------------------------------------------------------------------- the file


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "approvals.db")


def test_nothing_of_a_reply_lies_open(file: str) -> None:
    store = Approvals(file, KEY)
    run(store.ask(MINE))
    run(store.aclose())
    kept = b"".join(part.read_bytes() for part in Path(file).parent.iterdir())
    assert b"the reply" not in kept and b"shell" not in kept
    assert b"1 tool call, rules ask" in kept
    assert Path(file).stat().st_mode & 0o077 == 0


def test_several_processes_share_a_file(file: str) -> None:
    one, other = Approvals(file, KEY), Approvals(file, KEY)
    held = run(one.ask(MINE))
    run(other.vote(held.id, JANE, approve=True))
    assert run(one.take(held.id, Kind.REPLY, b"bound")) == MINE.payload
    with pytest.raises(UnknownApproval):
        run(other.take(held.id, Kind.REPLY, b"bound"))
    run(one.aclose())
    run(other.aclose())


def test_it_outlives_its_process_and_opens_with_its_key_alone(file: str) -> None:
    store = Approvals(file, KEY)
    held = run(store.ask(MINE))
    run(store.aclose())
    again = Approvals(file, KEY)
    run(again.start())
    assert (again.pending, run(again.get(held.id)).details) == (1, DETAILS)
    run(again.aclose())
    with pytest.raises(ConfigError, match="written with another key"):
        run(Approvals(file, b"another key").start())


CHANGES = [
    "UPDATE approvals SET status = 'approved'",
    "UPDATE approvals SET bound = x'00'",
    "UPDATE approvals SET expires = expires + 1000",
    "UPDATE approvals SET needs = 1",
    "UPDATE approvals SET requester = 'you'",
    "UPDATE approvals SET subject = 'nothing much'",
    "INSERT INTO votes SELECT id, 'name joe', 'joe', 1, '', created FROM approvals",
    "UPDATE votes SET name = 'joe'",
    "DELETE FROM votes",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_yes_can_not_be_written_into_the_file(file: str, change: str) -> None:
    store = Approvals(file, KEY)
    held = run(store.ask(replace(MINE, needs=2)))
    run(store.vote(held.id, JANE, approve=True))
    run(store.aclose())
    with sqlite3.connect(file) as sql:
        sql.execute(change)
    sql.close()
    again = Approvals(file, KEY)
    with pytest.raises(UnknownApproval, match="was changed"):
        run(again.take(held.id, Kind.REPLY, b"bound"))
    assert run(again.listing()) == []
    run(again.aclose())


def test_a_file_that_is_none(file: str) -> None:
    Path(file).write_bytes(b"no database" * 100)
    with pytest.raises(ConfigError, match="can't be read"):
        run(Approvals(file, KEY).start())


@pytest.mark.parametrize("details", [DETAILS, None])
def test_who_asked_with_a_token_is_known_by_name(store: Approvals, details: Json) -> None:
    async def ask() -> None:
        one = await store.ask(replace(MINE, requester="corp:4711", person="jane@example.com", details=details))
        assert one.person == "jane@example.com" and isinstance(one.details, dict)
        own = Voter("Jane@Example.com", "gp_aaaaaaaa")
        with pytest.raises(OwnRequest):
            await store.vote(one.id, own, approve=True)
        other = await store.ask(replace(MINE, requester="corp:4712", person="joe@example.com"))
        assert (await store.vote(other.id, own, approve=True)).status is Status.APPROVED
        jane = Person("jane@example.com")
        assert (await store.about(jane))[0] == (await store.erase(jane))[0] == 1
        with pytest.raises(UnknownApproval):
            await store.get(one.id)
        assert (await store.get(other.id)).status is Status.APPROVED

    run(ask())


def test_what_somebody_asked_for_can_be_erased(store: Approvals) -> None:
    run(store.ask(MINE))
    other = run(store.ask(replace(MINE, requester="you")))
    assert run(store.erase(Person("", frozenset({"me"})))) == (1, 0)
    assert [one.id for one in run(store.listing())] == [other.id]


# ---------------------------------------------------------------------------------------------------- who is told


class Log:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.fails = False

    async def record(self, event: Event) -> None:
        if self.fails:
            raise GuardproxyError("the disk is full")
        self.events.append(event)


def test_everything_is_written_down(store: Approvals) -> None:
    log, told = Log(), list[tuple[str, str]]()

    async def listener(what: str, one: Approval) -> None:
        told.append((what, one.id))

    store.recorder = log
    store.listeners.append(listener)
    held = run(store.ask(replace(MINE, needs=2)))
    for voter in (JANE, JOE):
        run(store.vote(held.id, voter, approve=True, comment="a secret reason"))
    run(store.take(held.id, Kind.REPLY, b"bound"))
    assert [(e.action, e.actor, e.subject) for e in log.events] == [
        ("approval.held", "me", held.id),
        ("approval.voted", "admin", held.id),
        ("approval.voted", "admin", held.id),
        ("approval.decided", "admin", held.id),
        ("approval.released", "me", held.id),
    ]
    assert [e.person for e in log.events] == ["", "jane", "joe", "joe", ""]
    assert all("secret" not in str(e.details) for e in log.events) and "shell" not in str(log.events)
    assert told == [(what, held.id) for what in ("held", "approved", "released")]


def test_a_decision_that_can_not_be_written_down_is_none(store: Approvals) -> None:
    log = Log()
    held = run(store.ask(MINE))
    store.recorder, log.fails = log, True
    with pytest.raises(GuardproxyError, match="disk is full"):
        run(store.vote(held.id, JANE, approve=True))
    assert run(store.get(held.id)).status is Status.PENDING
