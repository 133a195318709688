"""Incidents: a pack above every policy at once, everywhere, for a while; then everything is exactly as before."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from guardproxy.server import incidents as module
from guardproxy.types import ConfigError
from tests.governance.quotas.support import need_redis, redis_server
from tests.patience import eventually
from tests.server.support import (
    POLICY,
    World,
    answer,
    body_of,
    chat,
    error_of,
    headers_of,
    plays,
    status_of,
    whole,
    world,
)

Made = Callable[..., World]
ACME = """
schema: guardproxy/v1
policy: acme
extends: small
tenants: [acme]
rules:
  - {id: no-hello, title: Not at acme, when: words.mail, then: block}
"""


@pytest.fixture
def make(tmp_path: Path) -> Any:
    with ExitStack() as stack:

        def made(environ: Any = None, **sections: Any) -> World:
            folder = tmp_path / f"w{len(list(tmp_path.iterdir()))}"
            (folder / "own" / "packs").mkdir(parents=True)
            (folder / "own" / "small.yaml").write_text(POLICY)
            (folder / "own" / "acme.yaml").write_text(ACME)
            one = stack.enter_context(world(folder, environ, **{"policies": str(folder / "own"), **sections}))
            one.script = plays(answer(whole("fine")))
            return one

        yield made


def admin(one: World, method: str, path: str = "/admin/incidents", body: Any = None) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
    return one.raw(head.encode() + b"content-length: %d\r\n\r\n" % len(data) + data, port=one.admin_port)


def opened(one: World, pack: str = "lockdown", seconds: str = "2h") -> Any:
    raw = admin(one, "POST", body={"pack": pack, "reason": "keys leaked", "for": seconds, "by": "jane"})
    assert status_of(raw) == 201, raw
    return json.loads(body_of(raw))


def policy_of(one: World) -> list[Any]:
    return json.loads(body_of(admin(one, "GET", "/admin/policy")))["policies"]


def test_in_force_at_the_next_request_and_gone_without_a_trace(make: Made) -> None:
    one = make()
    before = policy_of(one)
    plain = one.ask()
    assert status_of(plain) == 200 and "x-guardproxy-incident" not in headers_of(plain)
    incident = opened(one)
    refused = one.ask()
    assert status_of(refused) == 400 and error_of(refused)["code"] == "content_filter"
    assert "locked down" in error_of(refused)["message"]
    assert headers_of(refused)["x-guardproxy-incident"] == incident["id"]
    assert headers_of(refused)["x-guardproxy-policy"] != headers_of(plain)["x-guardproxy-policy"]
    during = policy_of(one)
    assert len(during) == len(before) == 2
    assert {p["digest"] for p in during}.isdisjoint(p["digest"] for p in before), "every tenant's policy is stricter"
    ready = json.loads(body_of(admin(one, "GET", "/readyz")))
    assert ready["incidents"] == [{"id": incident["id"], "pack": "lockdown", "expires": incident["expires"]}]
    assert ready["checks"]["incidents"] == {"ok": True}
    assert b"guardproxy_incidents_open 1.0" in admin(one, "GET", "/metrics")
    closed = admin(one, "POST", f"/admin/incidents/{incident['id']}/close", {"by": "joe"})
    assert status_of(closed) == 200 and json.loads(body_of(closed))["ended_by"] == "joe"
    after = one.ask()
    assert status_of(after) == 200 and "x-guardproxy-incident" not in headers_of(after)
    assert policy_of(one) == before
    listed = json.loads(body_of(admin(one, "GET")))["incidents"]
    assert [(i["pack"], i["reason"], i["opened_by"]) for i in listed] == [("lockdown", "keys leaked", "jane")]


def test_it_ends_by_itself(make: Made) -> None:
    one = make()
    before = policy_of(one)
    opened(one, seconds="1s")
    assert status_of(one.ask()) == 400
    eventually(lambda: status_of(one.ask()) == 200)
    assert policy_of(one) == before
    assert json.loads(body_of(admin(one, "GET")))["incidents"][0]["ended_by"] == "guardproxy"


def test_other_processes_follow_and_a_restart_forgets_nothing(
    make: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shared = {"incidents": {"path": str(tmp_path / "incidents.db")}}
    one, two = make(**shared), make(**shared)
    before = policy_of(two)
    incident = opened(one)
    eventually(lambda: status_of(two.ask()) == 400)
    assert headers_of(two.ask())["x-guardproxy-incident"] == incident["id"]
    three = make(**shared)  # it was not there when the incident was opened
    assert status_of(three.ask()) == 400
    assert f"incident {incident['id']} is open: its pack 'lockdown' stands above every policy" in caplog.text
    admin(two, "POST", f"/admin/incidents/{incident['id']}/close", {"by": "joe"})
    eventually(lambda: status_of(one.ask()) == 200)
    eventually(lambda: status_of(three.ask()) == 200)
    assert policy_of(two) == before


def test_replicas_follow_over_redis_and_without_it_nothing_ends(make: Made, tmp_path: Path) -> None:
    need_redis(1)
    secret = {"GUARDPROXY_STORE_KEY": "k" * 32}
    with redis_server(tmp_path) as (process, port):
        shared = {"incidents": {"redis": f"redis://127.0.0.1:{port}/0"}, "environ": secret}
        with pytest.raises(ConfigError, match="GUARDPROXY_STORE_KEY to a random key, the same one for all replicas"):
            make(incidents=shared["incidents"])
        one, two = make(**shared), make(**shared)
        incident = opened(one)
        eventually(lambda: status_of(two.ask()) == 400)
        assert headers_of(two.ask())["x-guardproxy-incident"] == incident["id"]
        admin(two, "POST", f"/admin/incidents/{incident['id']}/close", {"by": "joe"})
        eventually(lambda: status_of(one.ask()) == 200)
        last = opened(two)
        eventually(lambda: status_of(one.ask()) == 400)
        process.kill()
        process.wait()
        refused = admin(one, "POST", f"/admin/incidents/{last['id']}/close", {"by": "joe"})
        assert (status_of(refused), error_of(refused)["code"]) == (503, "incidents_unavailable")
        time.sleep(0.6)  # two looks
        assert status_of(one.ask()) == status_of(two.ask()) == 400, "it stays in force"


def test_several_at_once_and_a_policy_that_changes_meanwhile(make: Made) -> None:
    one = make()
    first, second = opened(one, "read-only-tools"), opened(one)
    assert headers_of(one.ask())["x-guardproxy-incident"] == f"{first['id']},{second['id']}"
    own = Path(str(one.settings.policies))
    (own / "small.yaml").write_text(POLICY.replace('version: "1"', 'version: "2"'))
    assert status_of(admin(one, "POST", "/admin/policy/reload")) == 200
    assert policy_of(one)[0]["version"] == "2"
    assert status_of(one.ask()) == 400, "a new policy is below the packs too"
    admin(one, "POST", f"/admin/incidents/{second['id']}/close", {"by": "joe"})
    last = one.ask()
    assert status_of(last) == 200 and headers_of(last)["x-guardproxy-incident"] == first["id"]


def test_what_does_not_go_is_refused_and_changes_nothing(make: Made) -> None:
    one = make()
    own, before = Path(str(one.settings.policies)), policy_of(one)
    (own / "packs" / "clash.yaml").write_text(
        "schema: guardproxy/v1\npolicy: clash\nfilters: {words: {use: patterns, patterns: [{id: x, pattern: x}]}}\n"
        "rules: [{id: x, title: X, when: words.x, then: block}]\n"
    )
    for body, told in (
        ({"pack": "nothing"}, "there is no pack"),
        ({"pack": "clash"}, "differ"),
        ({"reason": "  "}, "reason"),
        ({"for": "soon"}, "for"),
        ({"for": "90d"}, "30 days"),
        ({"pack": "../x"}, "no name of a pack"),
        ({"colour": "red"}, "colour"),
    ):
        raw = admin(one, "POST", body={"pack": "lockdown", "reason": "r", "for": "1h", "by": "jane", **body})
        assert status_of(raw) in (400, 422) and told in error_of(raw)["message"], raw
    assert policy_of(one) == before and status_of(one.ask()) == 200
    assert status_of(admin(one, "POST", "/admin/incidents/inc_0/close", {"by": "joe"})) == 404
    assert status_of(admin(one, "DELETE")) == 405
    assert status_of(admin(one, "GET", "/admin/incidents/inc_0/close")) == 405
    assert status_of(admin(one, "GET", "/admin/incidents/inc_0")) == 404


def test_nothing_serves_without_what_is_open(make: Made, tmp_path: Path) -> None:
    shared = {"incidents": {"path": str(tmp_path / "incidents.db")}}
    one = make(**shared)
    own = Path(str(one.settings.policies))
    (own / "packs" / "mine.yaml").write_text(
        "schema: guardproxy/v1\npolicy: mine\nfilters: {more: {use: patterns, patterns: [{id: x, pattern: x}]}}\n"
        "rules: [{id: more-x, title: X, when: more.x, then: block}]\n"
    )
    opened(one, "mine")
    with pytest.raises(ConfigError, match="there is no pack 'mine'"):
        make(**shared)  # its folder has none


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_no_page_of_another_port_opens_or_closes_one(make: Made, kind: str) -> None:
    """Browsers let a page send these types anywhere without asking whether it may."""
    one = make()
    id = opened(one)["id"]
    for path, body in (
        ("", {"pack": "lockdown", "reason": "r", "for": "1h", "by": "x"}),
        (f"/{id}/close", {"by": "x"}),
    ):
        data = json.dumps(body).encode()
        head = f"POST /admin/incidents{path} HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:1234\r\n"
        head += (
            f"connection: close\r\ncontent-length: {len(data)}\r\n{f'content-type: {kind}' if kind else 'x: y'}\r\n\r\n"
        )
        assert status_of(one.raw(head.encode() + data, port=one.admin_port)) == 415
    assert [i["ended"] for i in json.loads(body_of(admin(one, "GET")))["incidents"]] == [None]


def test_nothing_that_nobody_reads_passes_a_lockdown_either(make: Made, tmp_path: Path) -> None:
    """Below it there is a policy that lets pass what it can't read."""
    folder = tmp_path / "lenient"
    folder.mkdir()
    (folder / "small.yaml").write_text(POLICY.replace("tests:", "defaults: {failure: allow}\ntests:", 1))
    one = make(policies=str(folder))
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    body = json.dumps(chat(messages=[{"role": "user", "content": [image]}])).encode()
    assert status_of(one.post(body)) == 200 and len(one.visits) == 1
    opened(one)
    refused = one.post(body)
    assert (status_of(refused), error_of(refused)["code"], len(one.visits)) == (400, "content_filter", 1)


def test_intervals_fit_the_promise() -> None:
    assert module.INTERVAL <= 0.25
