"""People behind pseudonyms, and how they are forgotten with the chain intact."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardproxy.governance.audit import erase
from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.people import People
from guardproxy.governance.audit.query import named, records
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.sections import Audit
from tests.governance.audit.support import checked, files, lines, record, settings


def shown(said: Audit) -> list[tuple[str, object]]:
    """(name, private details) of each record of a person, as a reader sees them."""
    people = People(Path(said.path) / "people.db").known()
    out = []
    for _, _, one in records(Folder(Path(said.path))):
        assert one is not None
        if "person" in one:
            full, name = named(one, people)
            out.append((name, full.get("private")))
    return out


def test_a_person_can_be_erased_and_no_line_changes(tmp_path: Path) -> None:
    said = settings(tmp_path)
    private = {"comment": "I know the caller", "address": "192.0.2.7"}
    record(
        said,
        [
            Event("approval.decided", "key_1", person="jane", private=private),
            Event("key.created", "cli:joe"),
            Event("key.created", "cli:jane"),
        ],
    )
    before = b"".join(file.read_bytes() for file in files(said))
    for word in (b"jane", b"joe", b"comment", b"192.0.2.7"):
        assert word not in before
    assert shown(said) == [("jane", private), ("joe", None), ("jane", None)]
    assert [one.get("actor") for one in lines(said)[1:]] == ["key_1", "cli", "cli"]
    assert lines(said)[1]["person"] == lines(said)[3]["person"]

    pseudonym = erase(said, "jane", actor="cli:officer")
    assert pseudonym == lines(said)[1]["person"]
    after = b"".join(file.read_bytes() for file in files(said))
    assert after.startswith(before)
    assert shown(said) == [("", "(erased)"), ("joe", None), ("", None), ("officer", None)]
    assert lines(said)[-1]["action"] == "person.erased"
    assert lines(said)[-1]["subject"] == pseudonym
    verdict = checked(said, people=People(tmp_path / "log" / "people.db").known().values())
    assert verdict.problem is None
    for file in (tmp_path / "log").iterdir():
        assert b"jane" not in file.read_bytes(), file

    record(said, [Event("key.created", "cli:jane")])
    assert lines(said)[-1]["person"] != pseudonym
    assert erase(said, "nobody", actor="cli:officer") is None


def test_private_details_about_nobody_are_details(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [Event("a.b", "key_1", private={"comment": "x"})])
    assert lines(said)[-1]["details"] == {"comment": "x"}


def test_names_that_cannot_be_written_down_stop_the_record(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [])
    (tmp_path / "log" / "people.db").write_bytes(b"no database" * 100)
    with pytest.raises(AuditUnavailable, match="names"):
        record(said, [Event("a.b", "cli:jane")])
