"""What is kept: sealed, owned, bounded in size and time, whole or not at all."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.store.database import MEMORY, OVERHEAD, Bounds, Database, TooLarge, events_id
from guardproxy.store.rows import Owner, Row, Unreadable
from guardproxy.store.sealing import Seal
from guardproxy.types import ConfigError

KEY = b"a key of the tests, long enough"
OWNER = Owner()
SECRET = b"joe@mail.com says hello"


def database(path: str = MEMORY, key: bytes = KEY, **bounds: float) -> Database:
    return Database(path, Seal(key), Bounds(**bounds))


def row(id: str = "resp_1", **more: object) -> Row:
    made = Row(id, "response", OWNER, id, "digest", "allow", 1, SECRET)
    return replace(made, **more)


def item(conversation: str, id: str, **more: object) -> Row:
    return row(id, kind="item", family=conversation, **more)


def conversation(id: str) -> Row:
    return row(id, kind="conversation")


def test_a_row_comes_back_as_it_was() -> None:
    one, kept = database(), row(previous="resp_0", pending=True)
    one.put([kept])
    assert one.get(OWNER, "response", "resp_1") == kept
    assert one.get(OWNER, "conversation", "resp_1") is None
    assert one.get(OWNER, "response", "resp_2") is None


@pytest.mark.parametrize("other", [Owner("acme"), Owner("default", "k2")])
def test_to_others_it_does_not_exist(other: Owner) -> None:
    one = database()
    one.put([row(names=("msg_1",)), conversation("conv_1")])
    assert one.put([], "conv_1", [item("conv_1", "msg_2")])
    assert one.get(other, "response", "resp_1") is None
    assert one.chain(other, "resp_1", 9) == []
    assert one.named(other, "msg_1") is None
    assert one.items(other, "conv_1") == []
    assert not one.delete(other, "response", "resp_1")
    assert not one.delete(other, "conversation", "conv_1")
    assert not one.put([], "conv_1", [item("conv_1", "msg_3", owner=other)])
    assert one.named(OWNER, "msg_1") is not None


def test_no_text_stands_in_the_files(tmp_path: Path) -> None:
    one = database(str(tmp_path / "store"))
    one.put([row(names=("mail-joe@mail.com",))])
    one.put([conversation("conv_1")])
    files = list(tmp_path.iterdir())
    assert len(files) > 1  # the log beside the file too
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        data = file.read_bytes()
        assert b"joe" not in data
        assert b"hello" not in data
    one.close()
    assert all(b"joe" not in file.read_bytes() for file in tmp_path.iterdir())


def test_it_is_there_after_a_restart_and_after_a_crash(tmp_path: Path) -> None:
    path = str(tmp_path / "store")
    one = database(path)
    one.put([row()])
    one.close()
    two = database(path)
    assert two.get(OWNER, "response", "resp_1") == row()
    assert (two.rows, two.size) == (one.rows, one.size)
    copy = tmp_path / "copy"  # what a crash leaves: the file and its log, not closed
    two.put([row("resp_2")])
    for file in tmp_path.glob("store*"):
        (tmp_path / file.name.replace("store", "copy")).write_bytes(file.read_bytes())
    three = database(str(copy))
    assert three.get(OWNER, "response", "resp_2") is not None


def test_another_key_and_another_process_are_told(tmp_path: Path) -> None:
    path = str(tmp_path / "store")
    one = database(path)
    with pytest.raises(ConfigError, match="another process uses it"):
        database(path)
    one.close()
    with pytest.raises(ConfigError, match="was written with another key"):
        database(path, b"another key of the tests")
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(ConfigError, match="can't be read"):
        database(str(tmp_path / "text"))
    with pytest.raises(ConfigError, match="can't be written"):
        database(str(tmp_path / "nowhere" / "store"))


CHANGES = {
    "payload": "payload = substr(payload, 1, 20) || x'00' || substr(payload, 22)",
    "bytes": "payload = CAST(substr(payload, 1, 20) || x'00' || substr(payload, 22) AS BLOB)",
    "a number": "payload = 7",
    "bytes as a name": "policy = x'ff'",
    "short": "payload = x'00'",
    "owner": "tenant = 'acme'",
    "policy": "policy = 'other'",
    "outcome": "outcome = 'block'",
    "previous": "previous = 'resp_9'",
    "family": "family = 'resp_9'",
    "created": "created = 2",
    "pending": "pending = 1",
    "another row's": "payload = (SELECT payload FROM rows WHERE id = 'resp_2')",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_changed_row_can_not_be_read(change: str) -> None:
    one = database()
    one.put([row(), row("resp_2")])
    one._sql.execute(f"UPDATE rows SET {change} WHERE id = 'resp_1'")
    owner = Owner("acme") if "tenant" in change else OWNER
    with pytest.raises(Unreadable):
        one.get(owner, "response", "resp_1")
    assert one.get(OWNER, "response", "resp_2") is not None


def test_what_expired_is_not_read_and_goes(tmp_path: Path) -> None:
    one = database(str(tmp_path / "store"), expire=0.05)
    one.put([row(names=("msg_1",)), conversation("conv_1")])
    assert one.put([], "conv_1", [item("conv_1", "msg_2")])
    time.sleep(0.06)
    assert one.get(OWNER, "response", "resp_1") is None
    assert one.named(OWNER, "msg_1") is None
    assert one.items(OWNER, "conv_1") == []
    assert not one.put([], "conv_1", [item("conv_1", "msg_3")])
    assert one.purge() == 3
    assert (one.rows, one.size, one.expired) == (0, 0, 3)
    assert one._one("SELECT count(*) FROM names") == (0,)


def test_use_renews_all_of_a_conversation() -> None:
    one = database(expire=0.2)
    one.put([row()])
    time.sleep(0.12)
    one.put([row("resp_2", family="resp_1", previous="resp_1")])
    time.sleep(0.12)
    assert [r.id for r in one.chain(OWNER, "resp_2", 9)] == ["resp_1", "resp_2"]


def test_a_chain_ends_where_it_breaks_and_is_bounded() -> None:
    one = database()
    one.put(
        [row(), row("resp_2", family="resp_1", previous="resp_1"), row("resp_3", family="resp_1", previous="resp_2")]
    )
    assert [r.id for r in one.chain(OWNER, "resp_3", 9)] == ["resp_1", "resp_2", "resp_3"]
    assert [r.id for r in one.chain(OWNER, "resp_3", 2)] == ["resp_2", "resp_3"]
    one.delete(OWNER, "response", "resp_2")
    assert [r.id for r in one.chain(OWNER, "resp_3", 9)] == ["resp_3"]
    one.put([row("resp_a", previous="resp_b"), row("resp_b", previous="resp_a")])
    assert len(one.chain(OWNER, "resp_a", 9)) == 2


def test_deleting_takes_what_belongs_to_it() -> None:
    one = database()
    one.put([row(names=("msg_1",)), row(events_id("resp_1"), kind="events", family="resp_1"), conversation("conv_1")])
    assert one.put([], "conv_1", [item("conv_1", "msg_2"), item("conv_1", "msg_3")])
    first, second = one.items(OWNER, "conv_1")
    assert second.place > first.place
    assert one.delete(OWNER, "item", "msg_3")
    assert one.put([], "conv_1", [item("conv_1", "msg_4")])
    assert [r.id for r in one.items(OWNER, "conv_1")] == ["msg_2", "msg_4"]
    assert one.items(OWNER, "conv_1")[1].place > second.place
    assert one.delete(OWNER, "conversation", "conv_1")
    assert one.delete(OWNER, "response", "resp_1")
    assert not one.delete(OWNER, "response", "resp_1")
    assert (one.rows, one.size) == (0, 0)
    assert one._one("SELECT count(*) FROM names") == (0,)


def test_the_oldest_conversation_goes_first_and_whole() -> None:
    one = database(rows=4)
    one.put([row("resp_1")])
    one.put([row("resp_2")])
    one.put([row("resp_3", family="resp_1", previous="resp_1")])  # the first one is in use
    one.put([row("resp_4")])
    one.put([row("resp_5")])
    assert one.get(OWNER, "response", "resp_2") is None
    assert len(one.chain(OWNER, "resp_3", 9)) == 2
    one.put([row("resp_6")])
    assert one.chain(OWNER, "resp_3", 9) == []
    assert (one.rows, one.evicted) == (3, 3)


def test_what_does_not_fit_changes_nothing() -> None:
    one = database(payload=100, size=3 * (OVERHEAD + 100))
    one.put([row()])
    with pytest.raises(TooLarge):
        one.put([row("resp_2"), row("resp_3", payload=b"x" * 101)])
    assert one.get(OWNER, "response", "resp_1") is not None
    assert one.get(OWNER, "response", "resp_2") is None
    chain = [row(f"resp_{n}", family="resp_1") for n in range(2, 5)]
    with pytest.raises(TooLarge):  # it may not push out its own beginning
        one.put(chain)
    assert one.rows == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz"), st.integers(0, 300), st.booleans()), max_size=30
    )
)
def test_bounds_hold_whatever_is_kept(steps: list[tuple[str, str, int, bool]]) -> None:
    one = database(size=4000, rows=5)
    for id, family, size, delete in steps:
        if delete:
            one.delete(OWNER, "response", id)
        else:
            try:
                one.put([row(id, family=family, payload=b"x" * size)])
            except TooLarge:
                continue
            assert one.get(OWNER, "response", id).payload == b"x" * size
        assert one.rows <= 5
        assert one.size <= 4000
        assert (one.rows, one.size) == one._one("SELECT count(*), coalesce(sum(size), 0) FROM rows")


def test_keys_differ_between_conversations() -> None:
    seal = Seal(KEY)
    sealed = seal.close(b"text", "conv_1", b"row")
    assert seal.open(sealed, "conv_1", b"row") == b"text"
    for family, identity, other in (
        ("conv_2", b"row", KEY),
        ("conv_1", b"else", KEY),
        ("conv_1", b"row", b"other" * 5),
    ):
        with pytest.raises(Unreadable):
            Seal(other).open(sealed, family, identity)
    assert seal.close(b"text", "conv_1", b"row") != sealed


def test_a_broken_file_raises_what_the_store_counts(tmp_path: Path) -> None:
    one = database()
    one._sql.execute("DROP TABLE rows")
    with pytest.raises(sqlite3.Error):
        one.get(OWNER, "response", "resp_1")
