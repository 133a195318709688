"""Erasure: every byte of one person goes, in every store, and nothing of anybody else's."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.cli import main
from guardproxy.config import load
from guardproxy.governance import erasure
from guardproxy.governance.approvals import Approvals, Ask, Kind, Status, Voter
from guardproxy.governance.approvals import Bounds as Waiting
from guardproxy.governance.audit import told_to
from guardproxy.governance.batches import Batch, BatchFile, BatchStore, Line
from guardproxy.governance.batches import Kind as FileKind
from guardproxy.governance.batches import Owner as BatchOwner
from guardproxy.governance.caller import Role
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.governance.incidents import IncidentStore, Wanted
from guardproxy.governance.incidents.rows import erase as incidents_erased
from guardproxy.governance.person import ERASED, Person
from guardproxy.governance.training.ledger import ledger_of
from guardproxy.governance.training.records import Standing as FileStanding
from guardproxy.governance.training.records import TrainingFile, TrainingJob
from guardproxy.store import Store
from guardproxy.store.database import Bounds
from guardproxy.store.rows import Owner, Row
from guardproxy.types import ConfigError
from tests.governance.keys.support import PEPPER, created, store_at

SECRET = "k" * 32
NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=30)


def written(folder: Path) -> Any:
    """Settings with every store there is."""
    file = folder / "settings.yaml"
    file.write_text(f"""
upstream: {{url: "http://127.0.0.1:9/v1"}}
admin: {{port: 1}}
keys: {{path: {folder}/keys.db}}
approvals: {{path: {folder}/approvals.db, for_reply: 2}}
store: {{path: {folder}/store.db}}
training: {{path: {folder}/training}}
batches: {{path: {folder}/batches.db}}
incidents: {{path: {folder}/incidents.db}}
audit: {{path: {folder}/audit, key_file: {folder}/audit.key, mode: strict}}
""")
    assert main(["audit", "key", str(folder / "audit.key")]) == 0
    return file, load(file, {"GUARDPROXY_PEPPER_KEY": PEPPER, "GUARDPROXY_STORE_KEY": SECRET}, serving=False)


def row(id: str, key: str) -> Row:
    return Row(id, "response", Owner("default", key), id, "p", "allow", 1, b"what they said")


async def lived(said: Any, name: str, key: str, about: str) -> None:
    """Somebody of this name and key has used everything."""
    with told_to(said.audit) as log:
        await log.record(Event("approval.voted", key, "apr_1", person=name, private={"comment": f"{name} says so"}))
        incidents = IncidentStore.at(said.incidents.path, log)
        await incidents.start()
        one = await incidents.begin(Wanted("lockdown", f"called by {about}", 60, name))
        await incidents.end(one.id, name)
        await incidents.aclose()
        approvals = Approvals(said.approvals.path, SECRET.encode(), Waiting(needs={Kind.REPLY: 2}), log)
        await approvals.ask(Ask(Kind.REPLY, "mine", b"1", requester=key, payload=name.encode()))
        waits = await approvals.ask(Ask(Kind.REPLY, "theirs", b"2", requester="gp_third"))
        await approvals.vote(waits.id, Voter(name, key), approve=True, comment=f"{name} agrees")
        await approvals.aclose()
    store = Store(said.store.path, SECRET.encode(), Bounds(), erasure._Uncounted())
    await store.start()
    await store.put([row(f"resp_{key}", key)])
    await store.aclose()
    ledger = ledger_of(said)
    await ledger.start()
    sink = ledger.incoming(f"file-{key}")
    sink.write(f"{name} wrote this".encode())
    sink.close()
    ledger.keep(f"file-{key}")
    file = TrainingFile(
        f"file-{key}", f"{name}.jsonl"[:50], 2, 1, "d", "default", key, "p", FileStanding.WAITING, "x", [], {}
    )
    await ledger.do(lambda db: db.put(file))
    number, _ = await ledger.do(lambda db: db.reserve("default", key, 2, 1.0))
    await ledger.do(lambda db: db.begun(number, TrainingJob(f"job-{key}", "default", key, 1)))
    await ledger.aclose()
    batches, owner = BatchStore(said.batches.path, SECRET.encode()), BatchOwner("default", key)
    await batches.start()
    await batches.put(BatchFile(f"file-batch-{key}", owner, FileKind.INPUT, 1, "up", f"{name}.jsonl"[:50]))
    await batches.add(f"file-batch-{key}", [Line(1, name, "req_1", name.encode())], 1_000_000)
    await batches.begun(Batch(f"batch_{key}", owner, 1, "up", f"file-batch-{key}", "/v1/completions"))
    await batches.aclose()


def left(folder: Path, name: str) -> list[str]:
    """Files that have a name in them, as it is or as JSON writes it."""
    forms = {name.encode(), json.dumps(name)[1:-1].encode(), json.dumps(name, ensure_ascii=False)[1:-1].encode()}
    files = [one for one in folder.rglob("*") if one.is_file() and one.name != "settings.yaml"]
    return [str(one.relative_to(folder)) for one in files if any(form in one.read_bytes() for form in forms)]


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Jane, whose data goes, and Janet, whose data stays."""
    monkeypatch.setenv("GUARDPROXY_PEPPER_KEY", PEPPER)
    monkeypatch.setenv("GUARDPROXY_STORE_KEY", SECRET)
    file, said = written(tmp_path)
    keys = store_at(tmp_path)
    (jane, text), (janet, _) = created(keys, "Jane Doe", Role.CALLER), created(keys, "x", user="Jane Doering")
    keys.database.close()
    asyncio.run(lived(said, "Jane Doe", jane.id, "Jane Doe"))
    asyncio.run(lived(said, "Jane Doering", janet.id, "nobody"))
    return SimpleNamespace(folder=tmp_path, file=file, said=said, jane=jane.id, janet=janet.id, text=text)


def run(two: Any, *words: str, name: str = "Jane Doe") -> int:
    return main(["erase", name, "--config", str(two.file), *words])


def test_one_person_goes_and_the_other_stays(two: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert {"keys.db", "incidents.db", "approvals.db"} & set(left(two.folder, "Jane Doe"))
    assert run(two, "--dry-run") == 0
    looked = capsys.readouterr().out
    assert looked.startswith(f"Would be erased: Jane Doe, {two.jane}\n")
    before = {one: one.read_bytes() for one in two.folder.rglob("*") if one.is_file() and "-" not in one.name}
    assert run(two, "--dry-run") == 0 and capsys.readouterr().out == looked
    changed = [one.name for one, old in before.items() if one.read_bytes() != old and one.name != "store.db"]
    assert changed == [], "looking changes nothing; the store writes down that it was opened"
    assert run(two) == 0
    told = capsys.readouterr().out
    assert (
        told.splitlines()[1:]
        == [
            "  approvals  1 that they asked for; 1 votes of theirs, which count on without a name",
            "  store      1 rows of responses and conversations",
            "  training   1 training files; 1 tuning jobs, which stay without an owner",
            "  batches    1 files of requests and of results; 1 batches",
            "  incidents  1 incidents that named them",
            f"  keys       {two.jane}, revoked and without a name",
            f"  audit      {re.search(r'p_[0-9a-f]{32}', told)[0]}, with nobody behind it any more",  # type: ignore[index]
            *looked.splitlines()[8:],
        ]
    )
    for name in ("Jane Doe", "jane doe"):
        found = [one for one in left(two.folder, name) if not one.endswith("people.db")]
        assert all(b"Jane Doering" in (two.folder / one).read_bytes() for one in found), found
    assert run(two) == 1, "there is nothing more"
    said = [
        json.loads(line) for line in (two.folder / "audit").glob("audit-*.jsonl").__next__().read_text().splitlines()
    ]
    assert [one["action"] for one in said if one["action"].startswith("person.")] == [
        "person.erasing", "person.erased", "person.erasing"
    ]  # fmt: skip
    log = ["--log", str(two.folder / "audit"), "--key", str(two.folder / "audit.key.pub")]
    assert main(["audit", "verify", *log]) == 0


def test_what_the_other_has_is_whole(two: Any) -> None:
    assert run(two) == 0

    async def looked() -> None:
        approvals = Approvals(two.said.approvals.path, SECRET.encode())
        await approvals.start()
        one, mine, theirs = await approvals.listing()
        assert (mine.requester, one.status) == (two.janet, Status.PENDING)
        assert [(vote.by, vote.comment, vote.approve) for vote in one.votes] == [(ERASED, "", True)]
        assert theirs.votes[0].by == "Jane Doering"
        decided = await approvals.vote(one.id, Voter("Joe", "gp_joe"), approve=True)
        assert decided.status is Status.APPROVED, "the vote counts on"
        await approvals.aclose()
        store = Store(two.said.store.path, SECRET.encode(), Bounds(), erasure._Uncounted())
        await store.start()
        assert await store.get(Owner("default", two.janet), "response", f"resp_{two.janet}")
        await store.aclose()
        ledger = ledger_of(two.said)
        await ledger.start()
        assert [one.id for one in await ledger.do(lambda db: db.files("default"))] == [f"file-{two.janet}"]
        assert {job.key for job in await ledger.do(lambda db: db.jobs(None, 9))} == {ERASED, two.janet}
        assert b"".join(ledger.read(f"file-{two.janet}")) == b"Jane Doering wrote this"
        assert len(list((Path(two.said.training.path) / "kept").iterdir())) == 1
        await ledger.aclose()

    asyncio.run(looked())
    keys = store_at(two.folder)
    jane, janet = keys.all()
    assert (jane.name, jane.user, jane.revoked is not None) == (ERASED, None, True)
    assert (janet.user, janet.revoked) == ("Jane Doering", None)


def test_a_store_that_fails_is_told_and_the_names_wait_for_it(two: Any, capsys: pytest.CaptureFixture[str]) -> None:
    broken = two.folder / "store.db"
    whole = broken.read_bytes()
    broken.write_bytes(b"no database" * 100)
    assert run(two) == 2
    out = capsys.readouterr()
    assert "not done: the store" in out.out and "left as it is until the others are done" in out.out
    assert "mend what is said above, and do it again" in out.err
    broken.write_bytes(whole)
    assert run(two) == 0
    assert f"{two.jane}, revoked and without a name" in capsys.readouterr().out


def test_keys_end_before_anything_is_erased_and_are_named_after_it(two: Any) -> None:
    """Else a program of theirs could write anew what was erased, under a key that nobody finds any more."""
    seen = []

    async def served(dry: bool) -> Any:
        keys = store_at(two.folder)
        seen.append([(key.name, key.revoked is not None) for key in keys.all() if key.id == two.jane])
        keys.database.close()
        raise ConfigError("the store is busy")

    class Quiet:
        async def record(self, event: Event) -> None:
            if two.jane == event.subject:
                seen.append(event.action)

    person = Person("Jane Doe", frozenset({two.jane}))
    for _ in range(2):
        done = asyncio.run(erasure.every(two.said, person, served, "cli:joe", Quiet(), dry=False))
        assert {one.store for one in done if one.problem} >= {"store", "keys", "audit"}
    assert seen == ["key.revoked", [("Jane Doe", True)], [("Jane Doe", True)]]
    assert erasure.keys_of(two.said, "Jane Doe") == [two.jane], "so that it can be done again"


@pytest.mark.parametrize(("name", "other", "same"), [
    ("Jos\u00e9", "Jose\u0301", True), ("STRASSE", "stra\u00dfe", True), ("\uff2aane", "jane", True),
    ("Jane  Doe", "jane doe", True),
    ("Jose", "Jos\u00e9", False), ("Jose", "Jose\u0301", False), ("", "", False), (" ", "", False), ("Ann", "Anna", False),
])  # fmt: skip
def test_whose_name_it_is(name: str, other: str, same: bool) -> None:
    assert Person(name).named(other) == Person(other).named(name) == same
    if same:
        assert Voter(name).identity == Voter(other).identity, "one person is one voice"
    else:
        assert Person(name).taken_out_of(f"by {other}, at noon") == f"by {other}, at noon"


def test_a_name_goes_however_its_accents_are_written() -> None:
    for name, other in (("Jos\u00e9", "Jose\u0301"), ("Jose\u0301", "Jos\u00e9")):
        assert Person(name).taken_out_of(f"by {other}, {name}, {other}!") == f"by {ERASED}, {ERASED}, {ERASED}!"


def test_what_cannot_be_recorded_does_not_happen(two: Any) -> None:
    class Full:
        async def record(self, event: Event) -> None:
            raise AuditUnavailable("the disk is full")

    async def served(dry: bool) -> Any:
        raise AssertionError("nothing is erased")

    person = Person("Jane Doe", frozenset({two.jane}))
    with pytest.raises(AuditUnavailable):
        asyncio.run(erasure.every(two.said, person, served, "cli:joe", Full(), dry=False))


def test_somebody_unknown(two: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(two, name="a stranger") == 1
    capsys.readouterr()
    for name in ("Jane D%", "Jane D_e", "Jane Do", "Jane*"):
        assert run(two, "--format", "json", name=name) == 1, "a name is no pattern"
        told = json.loads(capsys.readouterr().out)
        assert told["keys"] == [] and told["stores"]["approvals"] == {"asked": 0, "votes": 0}
    assert run(two, name=" ") == 2
    assert "say whom" in capsys.readouterr().err


@settings(max_examples=12)
@given(name=NAMES, other=NAMES)
def test_no_byte_of_a_name_stays(tmp_path_factory: pytest.TempPathFactory, name: str, other: str) -> None:
    name, other = f"Zoë {name}".strip(), f"Yan {other}".strip()  # so that no other bytes are like it by accident
    folder = tmp_path_factory.mktemp("names")
    keys = store_at(folder)
    mine, theirs = created(keys, name, user=name)[0].id, created(keys, other)[0].id
    person = Person(name, frozenset({mine}))

    async def lived_and_erased() -> None:
        approvals = Approvals(str(folder / "approvals.db"), SECRET.encode())
        incidents = IncidentStore.at(str(folder / "incidents.db"))
        await incidents.start()
        for one, key in ((name, mine), (other, theirs)):
            waits = await approvals.ask(Ask(Kind.TRAINING, "file", key.encode(), requester="gp_third"))
            await approvals.vote(waits.id, Voter(one, key), approve=True, comment=one)
            await incidents.begin(Wanted("lockdown", f"of {one}!", 60, one))
        assert await approvals.erase(person) == (0, 1)
        assert incidents_erased(str(folder / "incidents.db"), person, dry=False) == 1
        assert [one.id for one in await keys.erase(name)] == [mine]
        assert {one.opened_by for one in await incidents.all()} == {ERASED, other}
        assert {vote.by for one in await approvals.listing() for vote in one.votes} == {ERASED, other}
        await incidents.aclose()
        await approvals.aclose()

    asyncio.run(lived_and_erased())
    assert left(folder, name) == []
    assert [one.name for one in keys.all()] == [ERASED, other]


@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_a_name_is_taken_out_of_a_sentence(text: str, before: str, after: str) -> None:
    person = Person("Ann Lee")
    assert person.taken_out_of(f"{before} ann  LEE {after}") == f"{before} {ERASED} {after}"
    assert person.taken_out_of(text) == text
    assert person.taken_out_of("Ann Leeds, Joann Lee") == "Ann Leeds, Joann Lee"
    assert Person(text).taken_out_of("") == ""
