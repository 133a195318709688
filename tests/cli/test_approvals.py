"""`guardproxy approvals` against a guardproxy that runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from guardproxy.cli import main
from tests.server.support import World, world
from tests.server.test_approvals import KEY, POLICY, ask, says, waiting

ADMIN = "an-admin-key-of-some-length"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("approvals")
    (folder / "own").mkdir()
    (folder / "own" / "policy.yaml").write_text(POLICY)
    keys = {"GUARDPROXY_KEY": KEY, "GUARDPROXY_ADMIN_KEY": ADMIN}
    with world(folder, keys, policies=str(folder / "own")) as made:
        made.script = says(("shell", '{"cmd": "rm -rf \\u001b[2J"}'))
        yield made


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDPROXY_ADMIN_KEY", ADMIN)


def told(one: World, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["approvals", *words, "--url", f"http://127.0.0.1:{one.admin_port}"]) == code
    seen = capsys.readouterr()
    return seen.err if code else seen.out


def test_a_reply_is_seen_and_approved(one: World, capsys: Any) -> None:
    id = waiting(ask(one, stream=False), stream=False)
    assert told(one, capsys, "list", "--status", "pending").startswith(f"{id}  pending  reply  1 tool call, rules ask")
    shown = told(one, capsys, "show", id)
    assert '  shell  (ask)\n    {"cmd": "rm -rf \\u001b[2J"}\n' in shown
    assert "\x1b" not in shown
    assert f"{id}  approved" in told(one, capsys, "approve", id, "--by", "jane", "--comment", "hers")
    assert "yes from jane, 20" in (shown := told(one, capsys, "show", id)) and ": hers\n" in shown
    assert "Somebody decided before" in told(one, capsys, "deny", id, code=2)
    assert json.loads(told(one, capsys, "show", id, "--format", "json"))["status"] == "approved"
    assert told(one, capsys, "list", "--kind", "training") == "Nothing waits, and nothing was decided lately.\n"


def test_a_no(one: World, capsys: Any) -> None:
    id = waiting(ask(one, stream=False), stream=False)
    assert f"{id}  denied" in told(one, capsys, "deny", id)
    assert "There is no such approval" in told(one, capsys, "show", "apr_" + "0" * 32, code=2)


def test_who_can_not_be_asked(one: World, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("GUARDPROXY_ADMIN_KEY", "wrong")
    assert "GUARDPROXY_ADMIN_KEY holds no key that opens http://127.0.0.1:" in told(one, capsys, "list", code=2)
    assert main(["approvals", "list", "--url", "http://127.0.0.1:9"]) == 2
    assert "nothing answers at http://127.0.0.1:9" in capsys.readouterr().err
    assert main(["approvals", "list", "--url", "nowhere"]) == 2
    assert "--url: 'nowhere' is not a base URL" in capsys.readouterr().err
    assert main(["approvals", "list", "--url", f"http://127.0.0.1:{one.port}"]) == 2
    assert capsys.readouterr().err.startswith("guardproxy: ")
