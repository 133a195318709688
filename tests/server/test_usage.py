"""What is used of quotas, seen and freed by operators: over HTTP and with `guardproxy quotas`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.cli import main
from tests.server.support import World, answer, chat, plays, status_of, whole, world

ADMIN = "an-admin-key-of-some-length"
LIMITS = [
    {"per": "key", "requests": "3/hour"},
    {"per": ["tenant", "model"], "cost": "200/day"},
    {"per": "key", "streams": 2},
]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    quotas = {
        "limits": LIMITS,
        "path": str(tmp_path / "quotas.db"),
        "prices": {"gpt-oss": {"input": 0, "output": 10_000}},
    }
    audit = {"path": str(tmp_path / "audit")}
    with world(tmp_path, {"GUARDPROXY_ADMIN_KEY": ADMIN}, quotas=quotas, audit=audit) as made:
        made.script = plays(answer(whole("fine")))
        yield made


def asked(one: World, path: str, body: Any = None, **query: str) -> Any:
    url, headers = f"http://127.0.0.1:{one.admin_port}{path}", {"authorization": f"Bearer {ADMIN}"}
    method = "GET" if body is None else "POST"
    return httpx.request(method, url, json=body, params=query, headers=headers, trust_env=False).json()


@pytest.fixture
def cli(one: World, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("GUARDPROXY_ADMIN_KEY", ADMIN)

    def told(*words: str, code: int = 0) -> str:
        assert main(["quotas", *words, "--url", f"http://127.0.0.1:{one.admin_port}"]) == code
        seen = capsys.readouterr()
        return str(seen.err if code else seen.out)

    return told


def test_who_is_over_a_limit_is_seen_and_freed(one: World, cli: Callable[..., str]) -> None:
    assert cli("list") == "Nothing is used of any limit.\n"
    assert [status_of(one.post(json.dumps(chat()).encode())) for _ in range(4)] == [200, 200, 200, 429]
    first, *more = asked(one, "/admin/quotas")["quotas"]
    assert (first["limit"], first["for"], first["left"], first["of"]) == (
        "3 requests per hour for each key",
        {"key": ""},
        0,
        3,
    )
    assert 3500 < first["full_in"] <= 3600
    assert [(row["for"], row["of"]) for row in more] == [({"tenant": "default", "model": "gpt-oss"}, 200)]
    assert "0 of 3 left, full in 1 h 0 min  (3 requests per hour for each key)\n" in cli("list")
    assert cli("free", first["bucket"]) == f"{first['bucket']}  is full again\n"
    assert cli("free", first["bucket"]) == f"{first['bucket']}  was full already\n"
    assert status_of(one.post(json.dumps(chat()).encode())) == 200


def test_one_name_can_be_asked_for(one: World, cli: Callable[..., str]) -> None:
    one.script = plays(answer(json.dumps({**json.loads(whole("fine")), "usage": {
        "prompt_tokens": 1, "completion_tokens": 100, "total_tokens": 101}}).encode()))  # fmt: skip
    assert status_of(one.post(json.dumps(chat()).encode())) == 200
    (row,) = asked(one, "/admin/quotas", name="gpt-oss")["quotas"]
    assert (row["for"], row["left"]) == ({"tenant": "default", "model": "gpt-oss"}, pytest.approx(199.0, abs=0.1))
    assert asked(one, "/admin/quotas", name="other") == {"quotas": [], "total": 0, "cut": False}
    assert "tenant default, model gpt-oss: 199" in cli("list", "--name", "gpt-oss")
    assert json.loads(cli("list", "--format", "json"))["total"] == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"bucket": "requests/9:9:9/key/x"}, "bucket_not_found"),
        ({"bucket": "streams/2/key/"}, "bucket_not_found"),
        ({"bucket": 5}, "invalid_request"),
        ({"bucket": "a", "more": 1}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
def test_what_is_no_bucket_is_told(one: World, body: Any, code: str) -> None:
    error = asked(one, "/admin/quotas/free", body)["error"]
    assert error["code"] == code and "`bucket`" in error["message"]


def test_freeing_is_on_record(one: World, tmp_path: Path) -> None:
    assert status_of(one.post(json.dumps(chat()).encode())) == 200
    row = next(row for row in asked(one, "/admin/quotas")["quotas"] if row["of"] == 3)
    assert asked(one, "/admin/quotas/free", {"bucket": row["bucket"]})["freed"] is True
    log = b"".join(file.read_bytes() for file in (tmp_path / "audit").glob("*.jsonl"))
    (event,) = [one for line in log.splitlines() if (one := json.loads(line)).get("action") == "quota.freed"]
    assert (event["actor"], event["subject"]) == ("admin", row["bucket"])
    assert event["details"] == {"limit": row["limit"]}


def test_each_path_has_its_method(one: World) -> None:
    headers = {"authorization": f"Bearer {ADMIN}"}
    url = f"http://127.0.0.1:{one.admin_port}/admin/quotas"
    assert httpx.get(f"{url}/free", headers=headers, trust_env=False).status_code == 405
    assert httpx.post(url, headers=headers, json={}, trust_env=False).status_code == 405
