"""`guardproxy incident` against a guardproxy that runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.cli import main
from tests.server.support import answer, plays, status_of, whole, world


def test_open_list_close(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDPROXY_ADMIN_KEY", "an-admin-key-of-some-length")
    with world(tmp_path, {"GUARDPROXY_ADMIN_KEY": "an-admin-key-of-some-length"}) as one:
        one.script = plays(answer(whole("fine")))

        def told(*words: str, code: int = 0) -> str:
            assert main(["incident", *words, "--url", f"http://127.0.0.1:{one.admin_port}"]) == code
            seen = capsys.readouterr()
            return seen.err if code else seen.out

        assert told("list") == "There are no incidents.\n"
        said = told("open", "--pack", "lockdown", "--reason", "keys \x1b leaked", "--for", "2h", code=2)
        assert "reason" in said
        line = told("open", "--pack", "lockdown", "--reason", "keys leaked", "--for", "2h", "--by", "jane")
        id = line.split()[0]
        assert "lockdown  open until 20" in line and line.endswith("jane: keys leaked\n")
        assert status_of(one.ask()) == 400
        assert json.loads(told("list", "--format", "json"))["incidents"][0]["id"] == id
        assert "ended 20" in told("close", id, "--by", "joe") and status_of(one.ask()) == 200
        assert "there is no incident" in told("close", "inc_0", code=2)
        monkeypatch.setenv("GUARDPROXY_ADMIN_KEY", "another-key-of-some-length")
        assert "GUARDPROXY_ADMIN_KEY holds no key that opens http://127.0.0.1:" in told("list", code=2)
        monkeypatch.delenv("GUARDPROXY_ADMIN_KEY")
        assert "GUARDPROXY_ADMIN_KEY is not set, and http://127.0.0.1:" in told("list", code=2)


def test_the_settings_say_where_it_listens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --config, or the file that the environment names; `::` and `0.0.0.0` are asked on this machine."""
    with world(tmp_path) as one:
        for host in ("127.0.0.1", "0.0.0.0"):
            file = tmp_path / "where.yaml"
            file.write_text(f"admin: {{host: {host}, port: {one.admin_port}}}\n")
            assert main(["incident", "list", "--config", str(file)]) == 0
            assert capsys.readouterr().out == "There are no incidents.\n"
        monkeypatch.setenv("GUARDPROXY_CONFIG", str(file))
        assert main(["incident", "list"]) == 0
        file.write_text("admin: {port: 0}\n")
        assert main(["incident", "list"]) == 2
        assert "say --url" in capsys.readouterr().err


def test_no_answer_in_time_is_not_called_nobody_there(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is told that nothing answers opens it again; it was open by then."""

    def slow(*_: Any, **__: Any) -> None:
        raise httpx.ReadTimeout("too late")

    monkeypatch.setattr(httpx.Client, "post", slow)
    words = ["incident", "open", "--pack", "lockdown", "--reason", "r", "--for", "2h", "--url", "http://127.0.0.1:9"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "http://127.0.0.1:9 took the request and has not answered within 30 s" in said
    assert "look (`list`)" in said
