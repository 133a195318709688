"""Who may do what on the second listener: every role on every path, and keys of people on its pages."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.governance.approvals import Ask, Kind
from guardproxy.governance.caller import Caller, Role
from guardproxy.server import rights
from tests.governance.keys.support import PEPPER, created, store_at
from tests.patience import PATIENCE
from tests.server.console.test_access import PAGES
from tests.server.support import World, world
from tests.server.test_access import Kept

ADMIN = "sk-admin-0123456789abcdef"
NONE = f"apr_{'0' * 32}"
R, W = "author operator auditor", "approver"
TABLE = {
    ("GET", "/admin/policy"): R,
    ("POST", "/admin/policy/reload"): "operator",
    ("GET", "/admin/incidents"): R,
    ("POST", "/admin/incidents"): "operator",
    ("POST", f"/admin/incidents/{NONE}/close"): "operator",
    ("GET", "/admin/quotas"): "operator auditor",
    ("POST", "/admin/quotas/free"): "operator",
    ("POST", "/admin/erase"): "operator",
    ("GET", "/admin/approvals"): "approver auditor",
    ("GET", f"/admin/approvals/{NONE}"): "approver auditor",
    ("POST", f"/admin/approvals/{NONE}"): W,
    ("GET", "/admin/other"): "operator",
    ("GET", "/console"): R,
    ("GET", "/console/decisions.json"): R,
    ("GET", "/console/decisions/dec_0001"): R,
    ("GET", "/console/decisions/dec_0001/report"): R,
    ("GET", "/console/decisions/dec_0001/case.yaml"): R,
    ("GET", "/console/policy"): R,
    ("GET", "/console/tests"): R,
    ("GET", "/console/approvals"): "approver auditor",
    ("GET", f"/console/approvals/{NONE}"): "approver auditor",
    ("POST", f"/console/approvals/{NONE}"): W,
    ("GET", "/console/incidents"): R,
    ("POST", "/console/incidents"): "operator",
    ("POST", f"/console/incidents/inc_{'0' * 16}/close"): "operator",
    ("GET", "/console/playground"): "author",
    ("POST", "/console/playground"): "author",
    ("POST", "/console/policy/reload"): "operator",
    ("GET", "/console/nothing"): "operator",
    ("POST", "/console/sign-out"): " ".join(Role),
}
"""What the documentation promises."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder: Path = tmp_path_factory.mktemp("rights")
    store = store_at(folder)
    for role in Role:
        KEYS[role.value] = created(store, f"the {role}", role)[1]
    KEYS["second"] = created(store, "second", Role.APPROVER)[1]
    KEYS["acme"] = created(store, "acme", *Role, tenant="acme")[1]
    environ = {"GUARDPROXY_PEPPER_KEY": PEPPER, "GUARDPROXY_ADMIN_KEY": ADMIN}
    with world(folder, environ, keys={"path": str(folder / "keys.db")}, approvals={"for_training": 2}) as made:
        yield Kept(made, store)


KEYS: dict[str, str] = {"admin": ADMIN}


@pytest.fixture
def one(kept: Kept) -> World:
    return kept.world


def asked(one: World, method: str, path: str, key: str = "", **more: Any) -> httpx.Response:
    headers = {"host": "localhost"} | ({"authorization": f"Bearer {key}"} if key else {})
    url = f"http://127.0.0.1:{one.admin_port}{path}"
    return httpx.request(method, url, headers={**headers, **more.pop("headers", {})}, trust_env=False, **more)


def sent(method: str, path: str) -> dict[str, Any]:
    if method == "GET":
        return {}
    return {"json": {}} if path.startswith("/admin") else {"data": {"token": ""}}


def test_the_table_has_every_page_and_path(one: World) -> None:
    assert {pair for pair in TABLE if pair[1].startswith("/console")} == set(PAGES)
    routes = {(m, r.path) for r in one.running.admin._router.routes for m in r.methods - {"HEAD"}}  # type: ignore[union-attr]
    asked_for = {(m, path.replace(NONE, "{id}")) for m, path in TABLE}
    assert {pair for pair in routes if pair[1].startswith("/admin")} <= asked_for


@pytest.mark.parametrize(("method", "path"), TABLE)
def test_every_cell_of_role_and_path(one: World, method: str, path: str) -> None:
    for role in (*Role, "admin"):
        got = asked(one, method, path, KEYS[role], **sent(method, path))
        if role == "admin" or role in TABLE[method, path].split():
            assert got.status_code not in (401, 403), f"{role}: {got.text}"
        elif path == "/console" and role == "approver":
            assert got.headers["location"] == "/console/approvals"
        else:
            assert (got.status_code, got.json()["error"]["code"]) == (403, "role_not_allowed"), role
    for key in ("", "sk-no"):
        if key:
            one.running.admin._access._tries.left.clear()  # they are few, so that nobody tries many
        got = asked(one, method, path, key, **sent(method, path))
        assert got.status_code in (401, 303), key
        assert got.status_code == 401 or "/sign-in" in got.headers["location"]


def test_what_prometheus_and_probes_read_is_open(one: World) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        assert asked(one, "GET", path).status_code in (200, 503)


@pytest.mark.parametrize(("method", "path"), TABLE)
def test_a_tenant_sees_its_approvals_only(method: str, path: str) -> None:
    caller = Caller("gp_x", "acme")
    assert rights.allowed(caller, method, path) == ("approvals" in path or path.endswith("sign-out"))
    assert rights.allowed(Caller(), method, path)


def test_people_decide_under_the_names_of_their_keys(one: World, kept: Kept) -> None:
    own = KEYS["acme"][:11]
    ask = Ask(Kind.TRAINING, "a file", b"x", "acme", own)
    held = asyncio.run_coroutine_threadsafe(one.running.admin._approvals.ask(ask), one.loop).result(5)
    path = f"/admin/approvals/{held.id}"
    assert [a["id"] for a in asked(one, "GET", "/admin/approvals", KEYS["acme"]).json()["approvals"]] == [held.id]
    yes = {"decision": "approve", "by": "somebody else"}
    got = asked(one, "POST", path, KEYS["acme"], json=yes)
    assert (got.status_code, got.json()["error"]["code"]) == (403, "approval_own_request")
    for _ in range(2):  # one person's yes counts once
        got = asked(one, "POST", path, KEYS["approver"], json=yes)
        assert (got.json()["status"], [v["by"] for v in got.json()["votes"]]) == ("pending", ["the approver"])
    got = asked(one, "POST", path, KEYS["second"], json={"decision": "approve"})
    assert (got.json()["status"], [v["by"] for v in got.json()["votes"]]) == ("approved", ["the approver", "second"])


def test_an_approval_of_another_tenant_is_not_there(one: World, kept: Kept) -> None:
    ask = Ask(Kind.TRAINING, "a file", b"y", "other", "gp_other")
    held = asyncio.run_coroutine_threadsafe(one.running.admin._approvals.ask(ask), one.loop).result(5)
    for method, more in (("GET", {}), ("POST", {"json": {"decision": "approve"}})):
        assert asked(one, method, f"/admin/approvals/{held.id}", KEYS["acme"], **more).status_code == 404
    assert held.id not in asked(one, "GET", "/admin/approvals", KEYS["acme"]).text
    assert held.id in asked(one, "GET", "/admin/approvals", KEYS["auditor"]).text


def test_a_session_ends_with_its_key(one: World, kept: Kept) -> None:
    key, text = created(kept.store, "visitor", Role.AUDITOR)
    base = f"http://127.0.0.1:{one.admin_port}"
    with httpx.Client(
        base_url=base, trust_env=False, headers={"host": "localhost", "origin": "http://localhost"}
    ) as browser:
        deadline = time.monotonic() + PATIENCE
        while browser.post("/console/sign-in", data={"key": text}).status_code != 303:
            one.running.admin._access._tries.left.clear()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        page = browser.get("/console")
        assert page.status_code == 200
        assert re.findall(r'<a href="/console/(\w+)"', page.text.split("</nav>")[0]) == [
            "policy",
            "tests",
            "approvals",
            "incidents",
        ]
        assert browser.get("/console/playground").status_code == 403
        asyncio.run(kept.store.rotate(key.id, 0.0))
        while browser.get("/console").status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert browser.get("/console").headers["location"].startswith("/console/sign-in")


def test_who_opens_an_incident_is_who_the_key_says(one: World) -> None:
    said = {"pack": "lockdown", "reason": "a test", "for": "1m", "by": "somebody else"}
    opened = asked(one, "POST", "/admin/incidents", KEYS["operator"], json=said)
    assert (opened.status_code, opened.json()["opened_by"]) == (201, "the operator")
    path = f"/admin/incidents/{opened.json()['id']}/close"
    assert asked(one, "POST", path, KEYS["operator"], json={}).json()["ended_by"] == "the operator"


def test_refusals_are_counted(one: World) -> None:
    def count(reason: str) -> float:
        text = asked(one, "GET", "/metrics").text
        return float(re.findall(rf'guardproxy_access_refused_total{{reason="{reason}"}} (\S+)', text)[0])

    before = count("role"), count("missing")
    asked(one, "GET", "/admin/policy", KEYS["caller"])
    asked(one, "GET", "/console/policy", KEYS["caller"])
    asked(one, "GET", "/admin/policy")
    assert (count("role"), count("missing")) == (before[0] + 2, before[1] + 1)
    assert "the caller" not in json.dumps(asked(one, "GET", "/metrics").text)


def test_without_any_key_the_second_listener_is_for_this_machine(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        assert asked(one, "GET", "/admin/policy").status_code == 200
        passed_on = asked(one, "GET", "/admin/policy", headers={"x-forwarded-for": "10.0.0.1"})
        assert (passed_on.status_code, passed_on.json()["error"]["code"]) == (403, "admin_key_not_set")


SPELLINGS = (
    "{0}", "/{0}", "{0}/", "{0}//", "/.{0}", "/x/..{0}", "{0}/.", "{0}%2f", "{0}%00", "{0}?a=b", "{0};a", "{0}%20", "{0}#a",
    "http://localhost{0}", "http://localhost:1{0}/", "%2f{1}", "/%61{2}", "/%2561{2}", "/{3}",
)  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_path_opens_it(one: World, spelling: str) -> None:
    for method, path in (
        ("POST", "/admin/policy/reload"),
        ("POST", "/admin/erase"),
        ("POST", "/admin/incidents"),
        ("GET", "/admin/approvals"),
        ("GET", "/console/approvals"),
        ("POST", "/console/policy/reload"),
    ):
        target = spelling.format(path, path[1:], path[2:], path[1:].upper())
        for verb in (method, method.lower(), "HEAD"):
            for key in ("", KEYS["trainer"])[verb != method :]:
                head = f"{verb} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n"
                head += "content-type: application/json\r\nx-forwarded-for: 127.0.0.1\r\nx-original-url: /healthz\r\n"
                head += f"authorization: Bearer {key}\r\n" * bool(key)
                status = one.raw(f"{head}\r\n{{}}".encode(), port=one.admin_port).split(b" ", 2)[1]
                assert status in (b"303", b"400", b"401", b"403", b"404", b"405"), (verb, target)
