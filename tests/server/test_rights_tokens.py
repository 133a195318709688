"""Tokens of identity providers on the second listener: the same rights, under the names of people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from guardproxy.governance.approvals import Ask, Kind
from guardproxy.server.console.access import TRIES
from tests.governance.keys.support import provider
from tests.governance.keys.test_tokens import AUDIENCE, ISSUER, claims, public, token
from tests.server.support import World, world

ROLES = {"deciders": ["approver"], "operations": ["operator"], "everybody": ["caller"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with provider(public("rsa", "one")) as url:
        corp: dict[str, Any] = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": url, "tenant_claim": "org"}
        corp |= {"tenants": {"house": "default", "a": "acme"}, "roles_claim": "groups", "role_map": ROLES}
        keys = {"tokens": {"corp": corp | {"user_claim": "email"}}}
        with world(tmp_path_factory.mktemp("tokens"), keys=keys, approvals={"for_training": 2}) as one:
            yield one


@pytest.fixture
def one(made: World) -> World:
    made.running.admin._access._tries.left.clear()
    return made


def of(who: str, group: str, org: str = "house", **more: Any) -> str:
    return token(said=claims(sub=who, email=f"{who}@example.com", groups=[group], org=org, **more))


def asked(one: World, method: str, path: str, given: str = "", **more: Any) -> httpx.Response:
    headers = {"host": "localhost"} | ({"authorization": f"Bearer {given}"} if given else {})
    return httpx.request(method, f"http://127.0.0.1:{one.admin_port}{path}", headers=headers, trust_env=False, **more)


def waiting(one: World, tenant: str, requester: str) -> str:
    ask = Ask(Kind.TRAINING, "a file", b"x", tenant, requester)
    held = asyncio.run_coroutine_threadsafe(one.running.admin._approvals.ask(ask), one.loop).result(5)
    return f"/admin/approvals/{held.id}"


def test_people_decide_under_the_names_of_their_tokens(one: World) -> None:
    path, yes = waiting(one, "acme", "corp:jane"), {"decision": "approve", "by": "somebody else"}
    own = asked(one, "POST", path, of("jane", "deciders"), json=yes)
    assert (own.status_code, own.json()["error"]["code"]) == (403, "approval_own_request")
    for _ in range(2):  # one person's yes counts once, also with another token
        got = asked(one, "POST", path, of("joe", "deciders", nonce=str(time.time_ns())), json=yes)
        assert (got.json()["status"], [v["by"] for v in got.json()["votes"]]) == ("pending", ["joe@example.com"])
    assert asked(one, "POST", path, of("ann", "deciders", "a"), json=yes).json()["status"] == "approved"


def test_roles_and_tenants_of_tokens_count(one: World) -> None:
    assert asked(one, "GET", "/admin/policy", of("olga", "operations")).status_code == 200
    for given in (of("joe", "deciders"), of("shop", "everybody"), of("olga", "operations", "a")):
        got = asked(one, "GET", "/admin/policy", given)
        assert (got.status_code, got.json()["error"]["code"]) == (403, "role_not_allowed")
    other = waiting(one, "other", "corp:jane")
    assert asked(one, "GET", other, of("ann", "deciders", "a")).status_code == 404
    assert asked(one, "GET", other, of("joe", "deciders")).status_code == 200


def test_what_is_no_good_token_opens_nothing_and_only_a_few_may_be_tried(one: World) -> None:
    assert asked(one, "GET", "/admin/policy").status_code == 401
    good = of("olga", "operations")
    bad = good[:-8] + "AAAAAAAA", of("olga", "nothing"), of("olga", "operations", "b"), of("olga", "operations", exp=1)
    for given in bad:
        assert asked(one, "GET", "/admin/policy", given).status_code == 401
    assert asked(one, "GET", "/admin/policy", good).status_code == 200
    for _ in range(TRIES):
        last = asked(one, "GET", "/admin/policy", bad[0])
    assert last.status_code == asked(one, "GET", "/admin/policy", good).status_code == 429


def test_good_ones_are_no_tries(one: World) -> None:
    for _ in range(2 * TRIES):
        assert asked(one, "GET", "/admin/policy", of("olga", "operations")).status_code == 200
    assert not one.running.admin._access._tries.left


def test_a_session_ends_with_its_token(one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    base = f"http://127.0.0.1:{one.admin_port}"
    with httpx.Client(
        base_url=base, trust_env=False, headers={"host": "localhost", "origin": "http://localhost"}
    ) as browser:
        assert browser.post("/console/sign-in", data={"key": of("joe", "nothing")}).status_code == 401
        assert browser.post("/console/sign-in", data={"key": of("joe", "deciders", more="x" * 9000)}).status_code == 303
        assert browser.get("/console/approvals").status_code == 200
        assert browser.get("/console/policy").status_code == 403
        keyring = one.running.admin._access._keyring
        monkeypatch.setattr(keyring, "_clock", lambda: time.time() + 331)  # its five minutes and the leeway
        ended = browser.get("/console/approvals")
        assert (ended.status_code, ended.headers["location"][:16]) == (303, "/console/sign-in")
