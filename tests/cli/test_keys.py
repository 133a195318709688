"""`guardproxy keys`: what a person or a script sees, and that a server takes what it made."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from guardproxy.cli import main
from guardproxy.governance.keys.form import id_of
from tests.patience import eventually
from tests.server.support import World, answer, chat, plays, status_of, whole, world

PEPPER = "pepper-0123456789-abcdef"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `guardproxy keys`: exit code, output, errors."""
    monkeypatch.setenv("GUARDPROXY_PEPPER_KEY", PEPPER)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["keys", *words, "--keys", str(tmp_path / "keys.db")])
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_the_key_alone_goes_to_standard_output(keys: Any) -> None:
    code, out, err = keys("create", "--name", "app", "--model", "gpt-*", "--expires", "30d", "--no-reasoning")
    assert code == 0
    id = id_of(out.strip().encode())
    assert id and out.count("\n") == 1
    assert out.strip() not in err
    assert f"key {id} made for app. This is all that will ever show it" in err
    _, listed, _ = keys("list")
    assert listed.startswith(f"{id}  active  app  tenant default  caller  until ")
    assert "models gpt-*" in listed and "no reasoning" in listed and out.strip() not in listed


def test_a_life_of_a_key(keys: Any) -> None:
    words = ("--name", "jane", "--role", "auditor", "--role", "approver", "--tenant", "acme", "--user", "jane")
    _, out, _ = keys("create", *words, "--format", "json")
    made = json.loads(out)
    assert (made["roles"], made["tenant"], made["user"]) == (["approver", "auditor"], "acme", "jane")
    assert made["key"].startswith(made["id"])
    code, out, err = keys("rotate", made["id"], "--overlap", "2h")
    assert (
        code == 0 and out.startswith(made["id"]) and out.strip() != made["key"] and "the old one is taken until" in err
    )
    assert "no more" in keys("rotate", made["id"], "--overlap", "0")[2]
    assert keys("revoke", made["id"])[1] == f"key {made['id']} is revoked\n"
    (listed,) = json.loads(keys("list", "--format", "json")[1])
    assert (listed["state"], "key" in listed) == ("revoked", False)
    assert keys("list", "--active")[1] == keys("list", "--tenant", "other")[1] == "There are no keys.\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("revoke", "gp_aaaaaaaa"), "there is no key 'gp_aaaaaaaa'; `guardproxy keys list` shows those there are"),
        (("rotate", "gp_aaaaaaaa", "--overlap", "soon"), "--overlap: 'soon' is no time; write one like 24h or 90d\n"),
        (
            ("create", "--name", "a", "--expires", "soon"),
            "--expires: 'soon' is no time; write one like 24h or 90d, or a date",
        ),
        (("create", "--name", "a", "--expires", "2001-01-01"), "the key would have expired already"),
        (("create", "--name", "a", "--model", "[x]"), "is no name with"),
        (("create", "--name", "a", "--tenant", "a b"), "can't be a key's tenant"),
    ],
)
def test_what_can_not_be_done_says_why(keys: Any, words: tuple[str, ...], why: str) -> None:
    code, out, err = keys(*words)
    assert (code, out) == (2, "")
    assert why in err


def test_all_are_revoked_or_none(keys: Any) -> None:
    id = keys("create", "--name", "a")[1][:11]
    assert keys("revoke", id, "gp_aaaaaaaa")[0] == 2
    assert "active" in keys("list")[1]


def test_a_pepper_is_needed_and_made(tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GUARDPROXY_PEPPER_KEY", raising=False)
    kept, pepper = str(tmp_path / "keys.db"), tmp_path / "pepper"
    assert main(["keys", "list", "--keys", kept]) == 2
    assert "guardproxy keys pepper FILE" in capsys.readouterr().err
    assert main(["keys", "pepper", str(pepper)]) == 0
    assert pepper.stat().st_mode & 0o077 == 0 and len(pepper.read_text()) == 65
    assert main(["keys", "pepper", str(pepper)]) == 2
    assert "is there already and stays" in capsys.readouterr().err
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"keys": {"path": kept, "pepper_file": str(pepper)}}))
    assert main(["keys", "create", "--name", "a", "--config", str(config)]) == 0
    monkeypatch.setenv("GUARDPROXY_PEPPER_KEY", "another-pepper-0123456789")
    assert main(["keys", "list", "--keys", kept]) == 2
    assert "were written with another pepper" in capsys.readouterr().err


def test_changes_are_in_the_audit_log(tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GUARDPROXY_PEPPER_KEY", PEPPER)
    config = tmp_path / "config.yaml"
    config.write_text(
        json.dumps({"keys": {"path": str(tmp_path / "k.db")}, "audit": {"path": str(tmp_path / "audit")}})
    )
    assert main(["keys", "create", "--name", "app", "--role", "operator", "--config", str(config)]) == 0
    text = capsys.readouterr().out.strip()
    assert main(["keys", "revoke", text[:11], "--config", str(config)]) == 0
    log = "".join(file.read_text() for file in (tmp_path / "audit").glob("*.jsonl"))
    assert '"key.created"' in log and '"key.revoked"' in log and text[:11] in log
    assert text[12:] not in log


def test_a_server_takes_what_the_command_made(tmp_path: Path, keys: Any) -> None:
    early = keys("create", "--name", "early")[1].strip()
    with world(tmp_path, {"GUARDPROXY_PEPPER_KEY": PEPPER}, keys={"path": str(tmp_path / "keys.db")}) as one:
        one.script = plays(answer(whole("fine")))
        assert asked(one, early) == 200
        late = keys("create", "--name", "late")[1].strip()
        eventually(lambda: asked(one, late) == 200)
        assert keys("revoke", early[:11])[0] == 0
        eventually(lambda: asked(one, early) == 401)
        assert asked(one, "") == 401
    with sqlite3.connect(tmp_path / "keys.db") as sql:
        assert sql.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def asked(one: World, key: str) -> int:
    return status_of(one.post(json.dumps(chat()).encode(), headers=f"authorization: Bearer {key}\r\n".encode()))
