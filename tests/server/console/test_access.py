"""Who may come in: the key, the cookie, the machine; and what changes something comes from our own pages only."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from guardproxy.config import load
from guardproxy.server.console.access import LIFETIME, PAUSE, SESSIONS, TRIES
from guardproxy.types import ConfigError
from tests.server.console.support import BASE, KEY, desk, record

PAGES = [
    ("GET", "/console"),
    ("GET", "/console/decisions.json"),
    ("GET", "/console/decisions/dec_0001"),
    ("GET", "/console/decisions/dec_0001/report"),
    ("GET", "/console/decisions/dec_0001/case.yaml"),
    ("GET", "/console/policy"),
    ("GET", "/console/tests"),
    ("GET", "/console/approvals"),
    ("GET", f"/console/approvals/apr_{'0' * 32}"),
    ("POST", f"/console/approvals/apr_{'0' * 32}"),
    ("GET", "/console/incidents"),
    ("POST", "/console/incidents"),
    ("POST", f"/console/incidents/inc_{'0' * 16}/close"),
    ("GET", "/console/playground"),
    ("POST", "/console/playground"),
    ("POST", "/console/policy/reload"),
    ("GET", "/console/nothing"),
    ("POST", "/console/sign-out"),
]
"""Every route that needs the key."""
OPEN = ["/console/sign-in", "/console/static/console.css", "/console/static/console.js", "/console/static/icon.svg"]
FORBIDDEN = (401, 303)


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_every_route_wants_the_key(tmp_path: Path, method: str, path: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            one.recent.add(record())
            for headers in ({}, {"authorization": "Bearer sk-wrong-0123456789abc"}, {"authorization": f"Basic {KEY}"}):
                got = await one.http.request(method, path, headers={"origin": BASE, **headers})
                assert got.status_code in FORBIDDEN, headers
                assert "dec_0001" not in got.text.replace(path, "") and "words.mail" not in got.text
            stale = {"cookie": "guardproxy_console_8081=made-up"}
            assert (await one.http.request(method, path, headers=stale)).status_code in FORBIDDEN
            key = {"authorization": f"Bearer {KEY}"}
            got = await one.http.request(method, path, headers=key, data={"token": ""} if method == "POST" else None)
            none = f"/console/approvals/apr_{'0' * 32}"
            known = {f"GET {none}": 404, f"POST {none}": 400}  # says neither yes nor no
            known |= {"POST /console/incidents": 400, f"POST /console/incidents/inc_{'0' * 16}/close": 400}
            known |= {"GET /console/nothing": 404, "POST /console/sign-out": 303, "POST /console/playground": 400}
            want = known.get(f"{method} {path}", 200)
            assert got.status_code == want, got.text

    asyncio.run(main())


def test_the_table_of_routes_is_whole(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            console = one.http._transport.app._console
            known = {*console._get, *console._post}
            assert known <= {path for _, path in PAGES}

    asyncio.run(main())


@pytest.mark.parametrize("path", OPEN)
def test_what_the_page_for_signing_in_needs_is_open(tmp_path: Path, path: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            got = await one.get(path)
            assert got.status_code == 200
            assert "Policy in force" not in got.text

    asyncio.run(main())


def test_signing_in_and_out(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            got = await one.get("/console/policy")
            assert got.status_code == 303 and got.headers["location"] == "/console/sign-in?to=/console/policy"
            assert (await one.sign_in("sk-wrong-0123456789abc")).status_code == 401
            got = await one.post("/console/sign-in", {"key": KEY, "to": "/console/policy"})
            assert got.status_code == 303 and got.headers["location"] == "/console/policy"
            cookie = SimpleCookie(got.headers["set-cookie"])["guardproxy_console_8081"]
            assert cookie["httponly"] and cookie["samesite"] == "strict" and cookie["path"] == "/console"
            assert not cookie["secure"] and len(cookie.value) >= 40 and KEY not in got.headers["set-cookie"]
            assert (await one.get("/console/policy")).status_code == 200
            kept = dict(one.http.cookies)
            assert (await one.post("/console/sign-out", {"token": await one.token()})).status_code == 303
            one.http.cookies.update(kept)
            assert (await one.get("/console/policy")).status_code == 303

    asyncio.run(main())


def test_behind_tls_the_cookie_stays_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path, admin={"hosts": ["guard.example"]}) as one:
            headers = {"origin": "https://guard.example", "host": "guard.example"}
            got = await one.http.post("/console/sign-in", data={"key": KEY}, headers=headers)
            assert got.status_code == 303 and "; secure" in got.headers["set-cookie"].lower()

    asyncio.run(main())


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/console//evil.example", "/metrics", "/consoles"]
)
def test_signing_in_leads_nowhere_else(tmp_path: Path, to: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            got = await one.post("/console/sign-in", {"key": KEY, "to": to})
            assert got.headers["location"] == "/console"

    asyncio.run(main())


def test_sessions_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            one.clock.now += LIFETIME - 1
            assert (await one.get("/console")).status_code == 200
            one.clock.now += 2
            assert (await one.get("/console")).status_code == 303
            await one.sign_in()
            first = dict(one.http.cookies)
            for _ in range(SESSIONS):
                one.http.cookies.clear()
                await one.sign_in()
            one.http.cookies.clear()
            one.http.cookies.update(first)
            assert (await one.get("/console")).status_code == 303  # the oldest made room

    asyncio.run(main())


def test_wrong_keys_are_counted(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            for _ in range(TRIES):
                assert (await one.sign_in("sk-wrong-0123456789abc")).status_code == 401
            assert (await one.sign_in()).status_code == 429, "the right one is not told from a wrong one meanwhile"
            bearer = {"authorization": f"Bearer {KEY}"}
            got = await one.get("/console", headers=bearer)
            assert got.status_code == 429 and got.headers["retry-after"] == "10"
            one.clock.now += PAUSE
            assert (await one.sign_in()).status_code == 303
            one.clock.now += PAUSE / 2
            for _ in range(TRIES):
                await one.sign_in("sk-wrong-0123456789abc")
            assert (await one.get("/console")).status_code == 200, "who is in stays in"

    asyncio.run(main())


@pytest.mark.parametrize(
    "origin", [None, "null", "http://127.0.0.1:3000", "http://localhost:8081", "https://evil.example"]
)
def test_changes_come_from_our_own_pages(tmp_path: Path, origin: str | None) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            headers = {"origin": origin} if origin else {}
            for path, form in (("/console/sign-out", {"token": await one.token()}), ("/console/sign-in", {"key": KEY})):
                assert (await one.http.post(path, data=form, headers=headers)).status_code == 403
            assert (await one.get("/console")).status_code == 200

    asyncio.run(main())


@pytest.mark.parametrize("token", ["", "made-up", "é"])
def test_changes_need_the_token(tmp_path: Path, token: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            got = await one.post("/console/sign-out", {"token": token})
            assert got.status_code == 403 and "load it again" in got.text
            got = await one.http.post("/console/sign-out", json={"token": token}, headers={"origin": BASE})
            assert got.status_code == 415

    asyncio.run(main())


def test_without_a_key_it_is_for_this_machine(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path, key="") as one:
            assert (await one.get("/console")).status_code == 200
            assert (await one.get("/console/sign-in")).status_code == 404
            assert (await one.post("/console/sign-out", {"token": "made-up"})).status_code == 403
            for name in ("x-forwarded-for", "forwarded", "via"):
                got = await one.get("/console", headers={name: "10.1.2.3"})
                assert got.status_code == 403 and "GUARDPROXY_ADMIN_KEY" in got.text
        async with desk(tmp_path, key="", client="10.1.2.3") as one:
            assert (await one.get("/console")).status_code == 403
            assert (await one.get("/console/policy", headers={"authorization": "Bearer x"})).status_code == 403
        async with desk(tmp_path, key="", admin={"hosts": ["guard.example"]}) as one:
            assert (await one.get("/console", headers={"host": "guard.example"})).status_code == 403
        async with desk(tmp_path, key="", admin={"host": "0.0.0.0"}) as one:
            assert (await one.get("/console")).status_code == 403

    asyncio.run(main())


def test_strangers_hosts_and_pages_are_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            assert (await one.get("/console", headers={"host": "evil.example"})).status_code == 403
            assert (await one.get("/console", headers={"origin": "https://evil.example"})).status_code == 403

    asyncio.run(main())


def test_the_key_guards_admin_too(tmp_path: Path) -> None:
    async def main() -> None:
        for key, want in ((KEY, 401), ("", 200)):
            async with desk(tmp_path, key=key) as one:
                assert (await one.get("/admin/policy")).status_code == want
                assert (await one.http.post("/admin/policy/reload")).status_code == want
                given = {"authorization": f"Bearer {KEY}"}
                assert (await one.get("/admin/policy", headers=given)).status_code == 200
                assert (await one.get("/admin/approvals", headers=given)).json() == {"approvals": []}
                assert (await one.get("/healthz")).status_code == 200

    asyncio.run(main())


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("upstream: {url: 'http://127.0.0.1:1/v1'}\n")
    with pytest.raises(ConfigError, match="too short"):
        load(config, {"GUARDPROXY_ADMIN_KEY": "short"})
    config.write_text("admin_key: sk-in-a-file-0123456\n")
    with pytest.raises(ConfigError, match="GUARDPROXY_ADMIN_KEY"):
        load(config, {})
