"""What the server tells the audit log, and that what can't be recorded does not happen."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.config import load
from guardproxy.governance.approvals import Ask, Kind, UnknownApproval
from guardproxy.governance.approvals.database import Database
from guardproxy.governance.audit.decisions import verify_decisions
from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.people import People
from guardproxy.governance.audit.signing import create
from guardproxy.governance.caller import Role
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.server.auditing import settings_digest
from guardproxy.types import Json
from tests.governance.keys.support import PEPPER, created, store_at
from tests.server.support import POLICY, World, chat, world


def recorded(tmp: Path) -> list[dict[str, Any]]:
    files = sorted((tmp / "audit").glob("*.jsonl"))
    return [json.loads(line) for file in files if file.name.startswith("audit-") for line in file.open()]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    create(tmp_path / "key")
    audit = {"path": str(tmp_path / "audit"), "key_file": str(tmp_path / "key")}
    with world(tmp_path, audit=audit, reload={"watch": False}) as running:
        yield running


def admin(one: World, path: str, **more: Any) -> httpx.Response:
    return httpx.request("POST" if more else "GET", f"http://127.0.0.1:{one.admin_port}{path}", **more)


def reload(one: World) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{one.admin_port}/admin/policy/reload")


@pytest.fixture
def refusing(one: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on nothing can be recorded."""

    async def record(event: Event) -> None:
        raise AuditUnavailable("the disk is full")

    return lambda: monkeypatch.setattr(one.running.admin._policies._main.recorder, "record", record)


def test_the_process_and_its_policies_are_recorded(tmp_path: Path) -> None:
    with world(tmp_path, audit={"path": str(tmp_path / "audit")}, reload={"watch": False}) as one:
        [_, loaded, started] = recorded(tmp_path)
        assert (loaded["action"], started["action"]) == ("policy.loaded", "serve.started")
        [first] = loaded["details"]["policies"]
        assert (first["name"], first["version"]) == ("small", "1")
        assert started["details"]["settings"] == settings_digest(one.settings)
        (tmp_path / "policy.yaml").write_text(POLICY.replace('version: "1"', 'version: "2"'))
        assert reload(one).status_code == 200
        (tmp_path / "policy.yaml").write_text("rules: nonsense")
        assert reload(one).status_code == 422
        [asked, changed, again, failed] = recorded(tmp_path)[3:]
        assert [asked["action"], asked["actor"], again["action"]] == [
            "policy.reload_requested",
            "admin",
            asked["action"],
        ]
        assert changed["details"]["before"] == [first]
        assert changed["details"]["policies"][0]["version"] == "2"
        assert failed["action"] == "policy.failed"
        assert failed["details"]["total"] >= 1
        metrics = httpx.get(f"http://127.0.0.1:{one.admin_port}/metrics").text
        assert "guardproxy_audit_records_total 7.0" in metrics
        assert 'guardproxy_audit_failures_total{kind="write"} 0.0' in metrics
    assert recorded(tmp_path)[-1]["action"] == "serve.stopped"


def test_a_policy_that_cannot_be_recorded_is_not_put_in_force(
    one: World, tmp_path: Path, refusing: Callable[[], None]
) -> None:
    refusing()
    (tmp_path / "policy.yaml").write_text(POLICY.replace('version: "1"', 'version: "2"'))
    reply = reload(one)
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "audit_unavailable")
    watched = one.running.admin._policies._main
    asyncio.run_coroutine_threadsafe(watched.reload(), one.loop).result(20)  # as after a change of files
    status = admin(one, "/admin/policy").json()
    assert status["last_load"]["problems"] == ["the disk is full"]
    assert status["policies"][0]["version"] == "1"


def test_the_decision_log_is_sealed(tmp_path: Path) -> None:
    with world(tmp_path, audit={"path": str(tmp_path / "audit")}) as one:
        for _ in range(3):
            assert httpx.post(f"{one.url}/v1/chat/completions", json=chat()).status_code == 200
    [*_, stopped, sealed] = recorded(tmp_path)
    assert (stopped["action"], sealed["action"], sealed["subject"]) == (
        "serve.stopped",
        "decisions.sealed",
        str(tmp_path / "decisions.jsonl"),
    )
    assert sealed["details"]["records"] == 3
    came = verify_decisions(Folder(tmp_path / "audit"), [tmp_path / "decisions.jsonl"])
    assert (came.problem, came.notices, came.records) == (None, [], 3)


def test_the_console_reloads_on_the_record(one: World, tmp_path: Path, refusing: Callable[[], None]) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{one.admin_port}") as browser:
        page = browser.get("/console/policy").text
        token = re.search(r'name="token"[^>]*value="([^"]+)"', page) or re.search(
            r'value="([^"]+)"[^>]*name="token"', page
        )
        assert token
        origin = {"origin": f"http://127.0.0.1:{one.admin_port}"}
        sent = {"data": {"token": token[1]}, "headers": origin}
        assert browser.post("/console/policy/reload", **sent).status_code == 200
        assert recorded(tmp_path)[-1]["action"] == "policy.reload_requested"
        refusing()
        assert browser.post("/console/policy/reload", **sent).status_code == 503


def test_who_signs_in_is_on_record_before_they_are_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, text = created(store_at(tmp_path), "jane's", Role.AUDITOR, user="jane@example.com")
    audit, keys = {"path": str(tmp_path / "audit")}, {"path": str(tmp_path / "keys.db")}
    with world(tmp_path, {"GUARDPROXY_PEPPER_KEY": PEPPER}, audit=audit, keys=keys) as one:
        base = f"http://127.0.0.1:{one.admin_port}"
        with httpx.Client(base_url=base, headers={"origin": base}) as browser:
            assert browser.post("/console/sign-in", data={"key": "wrong"}).status_code == 401
            assert recorded(tmp_path)[-1]["action"] == "serve.started"
            assert browser.post("/console/sign-in", data={"key": text}).status_code == 303
            [*_, last] = recorded(tmp_path)
            assert (last["action"], last["actor"]) == ("console.signed_in", key.id)
            people = People(tmp_path / "audit" / "people.db").known()
            assert people[last["person"]].name == "jane@example.com"
            browser.cookies.clear()

            async def record(event: Event) -> None:
                raise AuditUnavailable("the disk is full")

            monkeypatch.setattr(one.running.admin._console.recorder, "record", record)
            refused = browser.post("/console/sign-in", data={"key": text})
            assert (refused.status_code, dict(browser.cookies)) == (503, {})


def test_serve_does_not_start_without_its_log(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file")
    with (
        pytest.raises(Exception, match="the audit log's folder"),
        world(tmp_path, audit={"path": str(tmp_path / "audit")}),
    ):
        pass


def held(one: World) -> str:
    """A reply that waits; its approval's id."""
    details: Json = {"calls": [{"tool": "shell", "arguments": "rm -rf", "rules": ["ask"]}]}
    asked = one.running.admin._approvals.ask(Ask(Kind.REPLY, "1 tool call, rules ask", b"", "acme", details=details))
    return asyncio.run_coroutine_threadsafe(asked, one.loop).result(5).id


def test_a_decision_is_recorded_before_it_counts(one: World, tmp_path: Path, refusing: Callable[[], None]) -> None:
    id, said = held(one), {"decision": "approve", "by": "jane", "comment": "a private reason"}
    for _ in range(2):  # the second time it is decided already
        assert admin(one, f"/admin/approvals/{id}", json=said).status_code == 200
    waiting, voted, decided = [line for line in recorded(tmp_path) if line["action"].startswith("approval.")]
    assert (waiting["action"], waiting["actor"]) == ("approval.held", "guardproxy")
    assert (voted["action"], voted["actor"], voted["subject"], voted["tenant"]) == (
        "approval.voted",
        "admin",
        id,
        "acme",
    )
    assert voted["details"] == {"kind": "reply", "subject": "1 tool call, rules ask", "approve": True}
    assert (decided["action"], decided["details"]["decision"]) == ("approval.decided", "approved")
    text = "".join(file.read_text() for file in (tmp_path / "audit").glob("*.jsonl"))
    assert not any(word in text for word in ("jane", "rm -rf", "private reason"))
    people = People(tmp_path / "audit" / "people.db").known()
    assert people[voted["person"]].name == "jane"
    assert admin(one, "/admin/approvals/apr_" + "0" * 32, json=said).status_code == 404

    id = held(one)
    refusing()
    assert admin(one, f"/admin/approvals/{id}", json=said).status_code == 503
    assert admin(one, f"/admin/approvals/{id}").json()["status"] == "pending"


def test_a_decision_that_comes_too_late_is_void(one: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    id = held(one)

    def vote(*args: object) -> None:
        raise UnknownApproval("it has expired")

    monkeypatch.setattr(Database, "vote", vote)
    assert admin(one, f"/admin/approvals/{id}", json={"decision": "approve", "by": "jane"}).status_code == 404
    assert [line["action"] for line in recorded(tmp_path)[-2:]] == ["approval.voted", "approval.void"]


def test_settings_have_one_digest_and_no_keys_in_it(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("upstream: {url: http://127.0.0.1:9/v1}\nlimits: {body: 1MB}\n")
    one = load(file, {})
    file.write_text("limits: {body: 1000000}\nupstream: {url: http://127.0.0.1:9/v1}\n")
    assert settings_digest(load(file, {"GUARDPROXY_KEY": "k" * 20})) == settings_digest(one)
    file.write_text("limits: {body: 2MB}\nupstream: {url: http://127.0.0.1:9/v1}\n")
    assert settings_digest(load(file, {})) != settings_digest(one)
