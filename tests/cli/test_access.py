"""`guardproxy access report`: what it says is what a server does."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from guardproxy.cli import main
from guardproxy.cli._access_facts import ADMIN_PATHS
from guardproxy.governance.caller import Role
from guardproxy.server.rights import RIGHTS
from tests.governance.keys.support import PEPPER, created, store_at
from tests.server.support import POLICY, World, answer, plays, status_of, whole, world
from tests.server.test_access import ACME, BODIES, get, post

KEY, ADMIN = "sk-static-0123456789", "sk-admin-0123456789abcdef"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings with everything in them, and the keys that there are."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "small.yaml").write_text(POLICY)
    (own / "acme.yaml").write_text(ACME)
    store = store_at(tmp_path)
    keys = {
        "all": created(store, "all", *Role),
        "small": created(store, "small", tenant="acme", models=("small",), routes=("/v1/*",), reasoning=False),
        "trainer": created(store, "=evil|x", Role.TRAINER),
    }
    asyncio.run(store.revoke(created(store, "gone")[0].id))
    for name, value in (("PEPPER_KEY", PEPPER), ("KEY", KEY), ("ADMIN_KEY", ADMIN)):
        monkeypatch.setenv(f"GUARDPROXY_{name}", value)
    corp = {"issuer": "https://id.example", "audience": "x", "jwks": "https://id.example/k"}
    corp |= {"tenant_claim": "org", "tenants": {"1": "acme"}, "roles_claim": "g", "role_map": {"x": ["caller"]}}
    tokens = {"corp": corp}
    settings = {
        "keys": {"path": str(tmp_path / "keys.db"), "tokens": tokens}, "models": ["small", "large"],
        "policies": str(own), "store": {"path": ":memory:"},
        "training": {"path": str(tmp_path / "training"), "clear_text": True},
        "upstream": {"url": "http://127.0.0.1:1/v1"}, "decision_log": str(tmp_path / "decisions.jsonl"),
        "upstreams": {"managed": {"url": "https://api.example/v1", "external": True}},
    }  # fmt: skip
    (tmp_path / "config.yaml").write_text(json.dumps(settings))
    return {"config": str(tmp_path / "config.yaml"), "keys": keys, "settings": settings}


def report(capsys: pytest.CaptureFixture[str], made: dict[str, Any], *words: str) -> str:
    assert main(["access", "report", "--config", made["config"], *words]) == 0
    return capsys.readouterr().out


def test_it_names_everybody_and_everything(made: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    text = report(capsys, made)
    small, trainer, all = (made["keys"][name][0].id for name in ("small", "trainer", "all"))
    assert f"| {small} | small | key | acme | acme " in text
    assert "| caller | small | /v1/* | all | left out |" in text
    assert f"| {small} | – | yes |" in text and f"| {all} | yes | yes |" in text
    assert "| corp:* | tokens of https://id.example | tokens | acme | by its tenant | caller |" in text
    assert f"Upload training files and start jobs: GUARDPROXY_KEY, GUARDPROXY_ADMIN_KEY, {all}, {trainer}" in text
    assert f"| approve and deny | GUARDPROXY_ADMIN_KEY, {all} |" in text
    assert "managed: https://api.example/v1, somebody else's" in text
    assert "| pepper |" not in text and "hashed with the pepper" in text and "-rw-------" in text
    assert "gone" not in text
    assert KEY not in text and ADMIN not in text and PEPPER not in text
    assert "=evil\\|x" in text


@pytest.mark.parametrize("batches", ["", ":memory:"])
def test_every_fact_of_the_table_is_what_a_server_does(
    made: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path, batches: str
) -> None:
    made["settings"]["batches"] = {"path": batches}
    made["settings"]["training"]["doors"] = ["pull"]
    Path(made["config"]).write_text(json.dumps(made["settings"]))
    rows = list(csv.DictReader(io.StringIO(report(capsys, made, "--format", "csv"))))
    assert {row["name"] for row in rows} >= {"all", "small", "'=evil|x"}
    has = {(row["who"], row["what"], row["resource"]) for row in rows}
    environ = {"GUARDPROXY_PEPPER_KEY": PEPPER, "GUARDPROXY_KEY": KEY, "GUARDPROXY_ADMIN_KEY": ADMIN}
    del made["settings"]["upstream"], made["settings"]["decision_log"]
    with world(tmp_path, environ, **made["settings"]) as one:
        one.script = plays(answer(whole("fine")))
        texts = {key.id: text for key, text in made["keys"].values()}
        for who, text in {**texts, "GUARDPROXY_KEY": KEY, "GUARDPROXY_ADMIN_KEY": ADMIN}.items():
            for route, body in BODIES.items():
                allowed = (who, "route", route) in has
                assert (asked(one, route, {"model": "small", **body}, text) not in (401, 403)) == allowed, (who, route)
            chat = (who, "route", "/v1/chat/completions") in has
            for model in ("small", "large"):
                status = asked(one, "/v1/chat/completions", {"model": model, **BODIES["/v1/chat/completions"]}, text)
                assert (status == 200) == (chat and (who, "model", model) in has), (who, model)
            listed = status_of(get(one, "/v1/files", text.encode()))
            assert (listed not in (401, 403)) == ((who, "route", "/v1/files") in has), who
            listed = status_of(get(one, "/v1/batches", text.encode()))
            assert (listed not in (401, 403)) == ((who, "route", "/v1/batches") in has), who
            pulled = asked(one, "/api/pull", {"model": "small"}, text)
            assert (pulled not in (401, 403)) == ((who, "route", "/api/pull") in has), who
        assert any(resource == "/v1/batches" for _, _, resource in has) is bool(batches)


def asked(one: World, route: str, body: Any, key: str) -> int:
    return status_of(post(one, route, body, key.encode()))


def test_without_keys_it_says_that_anybody_may(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("upstream: {url: 'http://127.0.0.1:1/v1'}\n")
    assert main(["access", "report", "--config", str(config)]) == 0
    text = capsys.readouterr().out
    assert "asks nobody for a key" in text and "| anybody who reaches it |" in text
    assert "Whoever is at this machine may do everything there" in text
    assert "Nothing is tuned through this guardproxy" in text


def test_keys_are_not_read_without_their_pepper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"keys": {"path": str(tmp_path / "keys.db")}}))
    assert main(["access", "report", "--config", str(config)]) == 2
    assert "GUARDPROXY_PEPPER_KEY" in capsys.readouterr().err
    assert not (tmp_path / "keys.db").exists()


def test_whatever_keys_may_do_on_the_second_listener_is_reported() -> None:
    """For each rule of `rights.py` about programs there is a line."""
    told = {(method, path) for method, path, _ in ADMIN_PATHS}
    for method, form, _ in RIGHTS:
        if "console" in form and "admin" not in form:
            continue
        assert any(verb == method and re.fullmatch(form, path) for verb, path in told), (method, form)
