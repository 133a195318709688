"""Incidents before tool servers: they hold for calls, whoever opened them, and end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.patience import eventually
from tests.server.support import World, answer, headers_of, plays, status_of, world
from tests.tools.support import ask, call, messages_of, said

OPEN = {"pack": "read-only-tools", "reason": "a test", "for": "1h", "by": "jane"}


def servers(upstream: str) -> dict[str, Any]:
    return {"servers": {"files": {"url": f"{upstream}/mcp"}}}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[World, World]]:
    """One before tool servers and one before a model, with the same incidents."""
    shared = {"incidents": {"path": str(tmp_path / "incidents.db")}}
    for name in ("tools", "model"):
        (tmp_path / name).mkdir()
    with world(tmp_path / "tools", tools=servers, **shared) as one, world(tmp_path / "model", **shared) as other:
        one.script = plays(answer(json.dumps(said("done")).encode()))
        yield one, other


def admin(one: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"http://127.0.0.1:{one.admin_port}/admin/incidents{path}"
    reply = httpx.post(url, json=body, headers={"host": "localhost"}, trust_env=False)
    assert reply.is_success, reply.text
    told: dict[str, Any] = reply.json()
    return told


def passes(one: World, tool: str) -> bool:
    (got,) = messages_of(ask(one, call(tool)))
    return not got["result"].get("isError", False)


def test_calls_that_change_something_are_refused_until_it_is_closed(pair: tuple[World, World]) -> None:
    one, other = pair
    assert passes(one, "delete_file")
    incident = admin(other, "", OPEN)
    eventually(lambda: not passes(one, "delete_file"))
    before = len(one.visits)
    assert not passes(one, "delete_file") and len(one.visits) == before, "the tool server was asked"
    assert passes(one, "read_file")
    raw = ask(one, call("delete_file"))
    assert (status_of(raw), headers_of(raw)["x-guardproxy-incident"]) == (200, incident["id"])
    ready = httpx.get(
        f"http://127.0.0.1:{one.admin_port}/readyz", headers={"host": "localhost"}, trust_env=False
    ).json()
    assert [shown["id"] for shown in ready["incidents"]] == [incident["id"]]
    assert "guardproxy_incidents_open 1.0" in one.metrics()
    admin(one, f"/{incident['id']}/close", {"by": "joe"})
    assert passes(one, "delete_file")


def test_it_can_be_opened_there_too(pair: tuple[World, World]) -> None:
    one, other = pair
    incident = admin(one, "", {**OPEN, "pack": "lockdown"})
    assert not passes(one, "read_file")
    eventually(lambda: status_of(other.ask()) == 400)
    admin(other, f"/{incident['id']}/close", {"by": "joe"})
    eventually(lambda: passes(one, "read_file"))
