"""`POST /admin/erase`: what a guardproxy that serves has open, it erases itself; `guardproxy erase` finds it there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guardproxy.cli import main
from guardproxy.governance.caller import Role
from tests.governance.keys.support import PEPPER, created, store_at
from tests.server.support import World, answer, body_of, error_of, headers_of, plays, status_of, world

ADMIN = "sk-admin-0123456789abcdef"
SECRET = "k" * 32


def erase(one: World, body: Any, kind: str = "application/json") -> bytes:
    data = json.dumps(body).encode()
    head = f"POST /admin/erase HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\n"
    head += f"authorization: Bearer {ADMIN}\r\ncontent-length: {len(data)}\r\n\r\n"
    return one.raw(head.encode() + data, port=one.admin_port)


def kept(one: World, key: str, id: str = "") -> bytes:
    """Keep a response, or ask for one."""
    reply = {"id": "r", "object": "response", "status": "completed", "output": [
        {"type": "message", "role": "assistant", "id": "m", "status": "completed",
         "content": [{"type": "output_text", "text": "fine", "annotations": []}]}]}  # fmt: skip
    one.script = plays(answer(json.dumps(reply).encode()))
    body = b"" if id else json.dumps({"model": "gpt-oss", "input": "Hi", "store": True}).encode()
    head = f"{'GET' if id else 'POST'} /v1/responses{f'/{id}' if id else ''} HTTP/1.1\r\nhost: localhost\r\n"
    head += f"connection: close\r\ncontent-type: application/json\r\nauthorization: Bearer {key}\r\n"
    head += f"content-length: {len(body)}\r\n\r\n"
    return one.raw(head.encode() + body)


@pytest.fixture
def two(tmp_path: Path) -> Any:
    keys = store_at(tmp_path)
    (jane, first), (joe, second) = created(keys, "Jane", Role.CALLER), created(keys, "Joe", Role.CALLER)
    keys.database.close()
    environ = {"GUARDPROXY_PEPPER_KEY": PEPPER, "GUARDPROXY_STORE_KEY": SECRET, "GUARDPROXY_ADMIN_KEY": ADMIN}
    sections = {"keys": {"path": str(tmp_path / "keys.db")}, "store": {"path": str(tmp_path / "store.db")}}
    audit = {"audit": {"path": str(tmp_path / "audit")}, "admin": {"port": 1}}
    with world(tmp_path, environ, **sections, **audit) as one:
        ids = [json.loads(body_of(kept(one, text)))["id"] for text in (first, second)]
        yield one, (jane.id, first, ids[0]), (joe.id, second, ids[1])


def test_a_running_guardproxy_forgets_what_it_has_open(two: Any) -> None:
    one, (jane, first, mine), (_, second, theirs) = two
    asked = {"name": "Jane", "keys": [jane]}
    assert {status_of(erase(one, {**asked, "name": blank})) for blank in ("", " ", "\t\n", "\u2003")} == {400}
    found = {"approvals": {"asked": 0, "votes": 0}, "store": {"rows": 1}}
    assert json.loads(body_of(erase(one, {**asked, "dry": True}))) == found
    assert status_of(kept(one, first, mine)) == 200
    raw = erase(one, asked)
    assert json.loads(body_of(raw)) == found and headers_of(raw)["cache-control"] == "no-store"
    assert status_of(kept(one, first, mine)) == 404 and status_of(kept(one, second, theirs)) == 200


def test_the_command_asks_it(two: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    one, (jane, _, _), (_, second, theirs) = two
    for name, value in (("PEPPER_KEY", PEPPER), ("STORE_KEY", SECRET), ("ADMIN_KEY", ADMIN)):
        monkeypatch.setenv(f"GUARDPROXY_{name}", value)
    words = ["erase", "jane", "--config", str(tmp_path / "config.yaml")]
    assert main(words) == 2, "the store is open in the guardproxy that runs, and nobody said where that is"
    assert "another process uses it" in capsys.readouterr().out
    assert main([*words, "--url", f"http://127.0.0.1:{one.admin_port}"]) == 0
    told = capsys.readouterr().out
    assert f"Erased: jane, {jane} (asked of http://127.0.0.1:{one.admin_port})" in told
    assert "store      1 rows" in told and f"{jane}, revoked" in told
    raw = kept(one, second, theirs)
    assert status_of(raw) == 200, raw
    events = [
        json.loads(line)["action"] for line in (tmp_path / "audit" / "audit-00000001.jsonl").read_text().splitlines()
    ]
    assert events.count("person.erasing") == 3, "tried, done, and the part of the one that runs"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "`name` is the person's name"),
        ({"name": ""}, "`name` is the person's name"),
        ({"name": "x", "keys": "gp_1"}, "`keys` is a list"),
        ({"name": "x", "keys": [1]}, "`keys` holds ids"),
        ({"name": "x", "keys": ["k"] * 1001}, "at most 1000"),
        ({"name": "x", "dry": 1}, "`dry` is true or false"),
        ({"name": "x", "more": 1}, "There is no 'more' here"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, body: Any, said: str) -> None:
    with world(tmp_path, {"GUARDPROXY_ADMIN_KEY": ADMIN}) as one:
        raw = erase(one, body)
        assert status_of(raw) == 400 and said in error_of(raw)["message"]
        assert status_of(erase(one, {"name": "x"}, "text/plain")) == 415
        assert status_of(erase(one, {"name": "x" * 100_000})) == 413
        assert json.loads(body_of(erase(one, {"name": "x"}))) == {"approvals": {"asked": 0, "votes": 0}}
