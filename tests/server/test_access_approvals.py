"""Approvals and keys: what waits belongs to the key that asked, and its owner does not approve it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from guardproxy.governance.caller import Caller, Role
from guardproxy.server.console.access import Access
from tests.governance.keys.support import PEPPER, created, provider, store_at
from tests.governance.keys.test_tokens import AUDIENCE, ISSUER, claims, public, token
from tests.server.support import World, body_of, chat, error_of, status_of, world
from tests.server.test_approvals import POLICY, TOOLS, says


def ask(one: World, key: str, approval: str = "") -> bytes:
    more = f"x-guardproxy-approval: {approval}\r\n" if approval else ""
    headers = f"authorization: Bearer {key}\r\n{more}".encode()
    return one.post(json.dumps(chat(tools=TOOLS)).encode(), headers=headers)


def decide(one: World, key: str, id: str) -> httpx.Response:
    headers = {"host": "localhost", "authorization": f"Bearer {key}"}
    url = f"http://127.0.0.1:{one.admin_port}/admin/approvals/{id}"
    return httpx.post(url, json={"decision": "approve"}, headers=headers, trust_env=False)


def test_a_held_reply_is_for_the_key_that_asked(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    both = {Role.CALLER, Role.APPROVER}
    (key, own), (_, other) = created(store, "jane", *both), created(store, "joe", *both)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "policy.yaml").write_text(POLICY)
    settings: dict[str, Any] = {"keys": {"path": str(tmp_path / "keys.db")}, "policies": str(tmp_path / "own")}
    with world(tmp_path, {"GUARDPROXY_PEPPER_KEY": PEPPER}, **settings) as one:
        one.script = says(("shell", "{}"))
        raw = ask(one, own)
        assert error_of(raw)["code"] == "approval_required"
        id = error_of(raw)["message"].split("approval ")[1][:36]
        assert decide(one, own, id).json()["error"]["code"] == "approval_own_request"
        got = decide(one, other, id).json()
        assert (got["status"], got["requester"], [v["by"] for v in got["votes"]]) == ("approved", key.id, ["joe"])
        assert (status_of(ask(one, other, id)), error_of(ask(one, other, id))["code"]) == (404, "approval_not_found")
        raw = ask(one, own, id)
        assert (status_of(raw), json.loads(body_of(raw))["choices"][0]["finish_reason"]) == (200, "tool_calls")
        assert status_of(ask(one, own, id)) == 404  # once


def test_nobody_approves_their_own_request_with_another_of_their_keys(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    _, asking = created(store, "jane's program", Role.CALLER, user="jane")
    _, deciding = created(store, "jane", Role.APPROVER, user="Jane")
    _, other = created(store, "joe", Role.APPROVER, user="joe")
    _, again = created(store, "joe's second", Role.APPROVER, user="joe")
    _, third = created(store, "ann", Role.APPROVER)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "policy.yaml").write_text(POLICY)
    settings: dict[str, Any] = {
        "keys": {"path": str(tmp_path / "keys.db")},
        "policies": str(tmp_path / "own"),
        "approvals": {"for_reply": 2},
    }
    with world(tmp_path, {"GUARDPROXY_PEPPER_KEY": PEPPER}, **settings) as one:
        one.script = says(("shell", "{}"))
        id = error_of(ask(one, asking))["message"].split("approval ")[1][:36]
        assert decide(one, deciding, id).json()["error"]["code"] == "approval_own_request"
        assert [decide(one, key, id).json()["status"] for key in (other, again)] == ["pending", "pending"]
        got = decide(one, third, id).json()
        assert (got["status"], [v["by"] for v in got["votes"]]) == ("approved", ["joe", "ann"])


def test_nobody_approves_with_a_key_what_they_asked_for_with_a_token(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    _, own = created(store, "jane's", Role.APPROVER, user="Jane@example.com")
    _, other = created(store, "joe", Role.APPROVER, user="joe@example.com")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "policy.yaml").write_text(POLICY)
    with provider(public("rsa", "one")) as url:
        corp = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": url}
        keys = {"path": str(tmp_path / "keys.db"), "tokens": {"corp": {**corp, "user_claim": "email"}}}
        with world(tmp_path, {"GUARDPROXY_PEPPER_KEY": PEPPER}, keys=keys, policies=str(tmp_path / "own")) as one:
            one.script = says(("shell", "{}"))
            asking = token(said=claims(sub="4711", email="jane@example.com", email_verified=True))
            id = error_of(ask(one, asking))["message"].split("approval ")[1][:36]
            assert decide(one, own, id).json()["error"]["code"] == "approval_own_request"
            got = decide(one, other, id).json()
            assert (got["status"], got["requester"], got["person"]) == ("approved", "corp:4711", "jane@example.com")
            settings = one.settings
    named = settings.keys.tokens["corp"].model_copy(update={"user_claim": "sub"})
    by_subject = settings.model_copy(update={"keys": settings.keys.model_copy(update={"tokens": {"corp": named}})})
    for given, others in ((settings, frozenset()), (by_subject, {"corp:jane"})):
        assert Access(given)._others(Caller(user="jane")) == others
