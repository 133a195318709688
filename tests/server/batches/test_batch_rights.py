"""Who may do what with batches: roles, paths, models and owners, quotas, the tenant's policy, and what is audited."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.governance.audit.signing import create
from guardproxy.governance.caller import Role
from guardproxy.governance.keys.keyring import Found
from guardproxy.server.batches import files
from guardproxy.types import WireError
from tests.governance.keys.support import PEPPER, created, store_at
from tests.server.batches.batcher import Batcher, line, result
from tests.server.support import POLICY, Visit, World, chunk, whole, world

ENVIRON = {"GUARDPROXY_PEPPER_KEY": PEPPER, "GUARDPROXY_STORE_KEY": "s" * 32}
ACME = """
schema: guardproxy/v1
policy: acme
extends: small
tenants: [acme]
rules:
  - {id: no-mail, title: Not at acme, when: words.mail, then: block}
"""
KEYS: dict[str, str] = {}
CHAT = "/v1/chat/completions"
QUOTAS = {
    "limits": [
        {"per": "key", "requests": "3/minute", "keys": [""]},
        {"per": "key", "tokens": "1000/hour", "keys": [""]},
        {"per": "key", "streams": 1},
    ]
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rights")
    store = store_at(folder)
    (folder / "own").mkdir()
    (folder / "own" / "small.yaml").write_text(POLICY)
    (folder / "own" / "acme.yaml").write_text(ACME)
    create(folder / "key")
    for role in (Role.CALLER, Role.TRAINER, Role.OPERATOR):
        KEYS[role.value] = created(store, role.value, role)[1]
    KEYS["other"] = created(store, "other")[1]
    KEYS["small only"] = created(store, "small", models=("small",))[1]
    KEYS["chat only"] = created(store, "chat", routes=(CHAT, "/v1/files*", "/v1/batches*"))[1]
    KEYS["no batches"] = created(store, "plain", routes=(CHAT,))[1]
    KEYS["acme"] = created(store, "acme", tenant="acme")[1]
    KEYS["blunt"] = created(store, "blunt", reasoning=False)[1]
    limited = created(store, "limited")
    KEYS["limited"] = limited[1]
    oracle, metered = created(store, "oracle"), created(store, "metered")
    KEYS["oracle"] = oracle[1]
    KEYS["metered"] = metered[1]
    limits = [{**limit, "keys": [limited[0].id]} for limit in QUOTAS["limits"]]
    limits += [{"per": "key", what: "1000000000/hour", "keys": [metered[0].id]} for what in ("tokens", "cost")]
    limits.append({"per": "key", "requests": "60/hour", "keys": [oracle[0].id]})
    quotas = {"limits": limits, "prices": {"small": {"input": 1, "output": 1_000_000}}}
    sections: dict[str, Any] = {
        "keys": {"path": str(folder / "keys.db")}, "models": ["small", "large"], "policies": str(folder / "own"),
        "batches": {"path": str(folder / "batches.db")}, "training": {"path": str(folder / "files")}, "quotas": quotas,
        "audit": {"path": str(folder / "audit"), "key_file": str(folder / "key")}, "reload": {"watch": False},
    }  # fmt: skip
    with world(folder, ENVIRON, **sections) as made:
        yield made


@pytest.fixture
def batcher(one: World) -> Batcher:
    one.visits.clear()
    one.script = made = Batcher()
    return made


def ask(one: World, key: str, method: str, path: str, **more: Any) -> httpx.Response:
    return httpx.request(method, one.url + path, headers={"authorization": f"Bearer {KEYS[key]}"}, **more)


def upload(one: World, key: str, data: bytes, purpose: str = "batch") -> httpx.Response:
    return ask(one, key, "POST", "/v1/files", data={"purpose": purpose}, files={"file": ("x", data)})


def order(one: World, key: str, file: str, url: str = CHAT) -> httpx.Response:
    return ask(
        one, key, "POST", "/v1/batches", json={"input_file_id": file, "endpoint": url, "completion_window": "24h"}
    )


def code(reply: httpx.Response) -> tuple[int, str | None]:
    return reply.status_code, reply.json()["error"]["code"] if reply.status_code >= 400 else None


def small(custom_id: str = "a", text: str = "hello", **more: Any) -> bytes:
    return line(custom_id, text, **{"model": "small", **more})


def done(one: World, batcher: Batcher, key: str, data: bytes, results: bytes) -> str:
    """A batch of this key that is done; the id of its results."""
    file = upload(one, key, data).raise_for_status().json()["id"]
    batch = order(one, key, file).raise_for_status().json()["id"]
    batcher.finish(results)
    return str(ask(one, key, "GET", f"/v1/batches/{batch}").raise_for_status().json()["output_file_id"])


def audited(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("audit-*.jsonl"))
    return [json.loads(row) for file in files for row in file.open()]


TUNING = b'{"prompt": "a", "completion": "b"}\n'


@pytest.mark.parametrize(
    ("key", "batch", "tune"),
    [
        ("caller", (200, None), (403, "role_not_allowed")),
        ("trainer", (403, "role_not_allowed"), (200, None)),
        ("operator", (403, "role_not_allowed"), (403, "role_not_allowed")),
        ("no batches", (403, "route_not_allowed"), (403, "route_not_allowed")),
    ],
)
def test_files_are_for_two_roles(
    one: World, batcher: Batcher, key: str, batch: tuple[int, str | None], tune: tuple[int, str | None]
) -> None:
    assert code(upload(one, key, small())) == batch
    assert code(upload(one, key, TUNING, "fine-tune")) == tune
    made = ask(one, key, "POST", "/v1/uploads", json={"purpose": "batch", "filename": "a", "bytes": 3})
    assert code(made) == (batch if key != "no batches" else (403, "route_not_allowed"))
    if key == "trainer":
        listed = ask(one, key, "GET", "/v1/files").json()["data"]
        assert {row["purpose"] for row in listed} == {"fine-tune"}
        assert code(ask(one, key, "GET", "/v1/batches")) == (403, "role_not_allowed")


def test_nobody_else_has_a_batch(one: World, batcher: Batcher) -> None:
    file = upload(one, "caller", small()).json()["id"]
    batch = order(one, "caller", file).json()["id"]
    batcher.finish(result("a", "fine"))
    output = ask(one, "caller", "GET", f"/v1/batches/{batch}").json()["output_file_id"]
    for key in ("other", "acme"):
        for method, path in (
            ("GET", f"/v1/batches/{batch}"), ("POST", f"/v1/batches/{batch}/cancel"), ("GET", f"/v1/files/{output}/content"),
            ("GET", f"/v1/files/{file}"), ("DELETE", f"/v1/files/{file}"), ("DELETE", f"/v1/files/{output}"),
        ):  # fmt: skip
            assert ask(one, key, method, path).status_code in (403, 404), path
        assert code(order(one, key, file)) == (404, "file_not_found")
        assert ask(one, key, "GET", "/v1/batches").json()["data"] == []
        assert ask(one, key, "GET", "/v1/files").json()["data"] == []
    assert batcher.deleted == [] and len(batcher.batches) == 1
    assert ask(one, "caller", "GET", f"/v1/files/{output}/content").status_code == 200


def test_a_line_has_the_rights_of_its_key(one: World, batcher: Batcher) -> None:
    assert code(upload(one, "small only", small(model="large"))) == (403, "model_not_allowed")
    assert code(upload(one, "small only", small(model="none"))) == (403, "model_not_allowed")
    assert code(upload(one, "caller", small(model="none"))) == (404, "model_not_found")
    body = {"model": "small", "prompt": "hello"}
    other = json.dumps({"custom_id": "a", "method": "POST", "url": "/v1/completions", "body": body}).encode()
    assert code(upload(one, "chat only", other)) == (403, "route_not_allowed")
    assert code(upload(one, "chat only", small())) == (200, None)
    assert len(batcher.files) == 1 and b"large" not in b"".join(batcher.files.values())


def test_a_line_meets_the_policy_of_its_tenant(one: World, batcher: Batcher) -> None:
    denied = upload(one, "acme", small("a", "ask joe@mail.com"))
    assert code(denied) == (400, "batch_file_denied") and "line 1: blocked by policy (no-mail)" in denied.text
    assert code(upload(one, "caller", small("a", "ask joe@mail.com"))) == (200, None)


def test_results_show_what_their_key_may_see(one: World, batcher: Batcher) -> None:
    reply = json.loads(whole("fine"))
    reply["choices"][0]["message"]["reasoning"] = "because"
    for key, there in (("caller", True), ("blunt", False)):
        output = done(one, batcher, key, small(), result("a", reply))
        assert ("because" in ask(one, key, "GET", f"/v1/files/{output}/content").text) is there


def test_a_batch_counts_as_its_requests(one: World, batcher: Batcher) -> None:
    used = {"prompt_tokens": 10, "completion_tokens": 600, "total_tokens": 610}
    file = upload(one, "limited", small("a", max_tokens=9) + small("b", max_tokens=9)).json()["id"]
    batch = order(one, "limited", file)
    assert batch.status_code == 200 and batch.headers.get("x-ratelimit-remaining-requests") in (None, "1")
    again = order(one, "limited", file)
    assert code(again) == (429, "rate_limit_exceeded") and "retry-after" in again.headers
    assert len(batcher.batches) == 1
    batcher.finish(result("a", {**json.loads(whole("fine")), "usage": used}))
    output = ask(one, "limited", "GET", f"/v1/batches/{batch.json()['id']}").json()["output_file_id"]
    quotas = one.running.app._quotas
    assert quotas is not None
    ends: list[Any] = []
    quotas.end = lambda store, charges, *more: ends.extend(charges)  # type: ignore[method-assign]
    for _ in range(2):
        assert ask(one, "limited", "GET", f"/v1/files/{output}/content").status_code == 200
    [charge] = ends
    assert 500 < charge.amount < 610, "what was guessed is not charged again"
    del quotas.end


@pytest.mark.parametrize(
    ("reply", "usage", "tokens"),
    [
        ("fine", {"prompt_tokens": 1, "completion_tokens": 60, "total_tokens": 61}, None),  # less in all, and dearer
        ("a bomb", {"prompt_tokens": 10, "completion_tokens": 600, "total_tokens": 610}, (500, 610)),
        ("word " * 400, None, (400, 500)),
        ("word " * 400, {}, (400, 500)),
        (None, {"prompt_tokens": 10, "completion_tokens": 600, "total_tokens": 610}, (500, 610)),
        ("fine", None, ()),
    ],
)
def test_what_a_reply_costs_beyond_the_guess_is_charged(
    one: World, batcher: Batcher, reply: str | None, usage: Any, tokens: Any
) -> None:
    """Also of one that is cut, that its upstream didn't count, or that nobody can read."""
    body = json.loads(whole(reply or ""))
    if reply is None:
        body["choices"][0]["finish_reason"] = None
        body["choices"][0]["message"] = {"role": "assistant", "tool_calls": "nonsense", "content": ["what"]}
    body |= {} if usage is None else {"usage": usage}
    asked = small("a", "hello " * 100, max_tokens=9)
    output = done(one, batcher, "metered", asked, result("a", body))
    quotas = one.running.app._quotas
    assert quotas is not None
    ends: list[Any] = []
    quotas.end = lambda store, charges, *more: ends.extend(charges)  # type: ignore[method-assign]
    try:
        for _ in range(2):
            assert ask(one, "metered", "GET", f"/v1/files/{output}/content").status_code == 200
    finally:
        del quotas.end
    charged = {charge.bucket.partition("/")[0]: charge.amount for charge in ends}
    assert len(ends) == len(charged), "once"
    if tokens:
        assert tokens[0] - 160 < charged["tokens"] < tokens[1] and charged["cost"] > 0
    else:
        assert set(charged) == ({"cost"} if tokens is None else set())


def test_files_are_no_way_to_ask_what_policy_blocks_for_nothing(one: World, batcher: Batcher) -> None:
    asked = small("a") + b"".join(small(str(n), "a bomb") for n in range(9))
    for _ in range(3):
        assert code(upload(one, "oracle", asked)) == (400, "batch_file_denied")
    assert code(upload(one, "oracle", b"nothing\n" * 40)) == (400, "invalid_batch_file")
    made = ask(one, "oracle", "POST", "/v1/uploads", json={"purpose": "batch", "filename": "a", "bytes": len(asked)})
    path = f"/v1/uploads/{made.json()['id']}"
    part = ask(one, "oracle", "POST", f"{path}/parts", files={"data": ("x", asked)}).json()["id"]
    assert code(ask(one, "oracle", "POST", f"{path}/complete", json={"part_ids": [part]})) == (400, "batch_file_denied")
    for _ in range(2):
        upload(one, "oracle", asked)
    over = upload(one, "oracle", small())
    assert code(over) == (429, "rate_limit_exceeded") and "retry-after" in over.headers and batcher.files == {}
    made = ask(one, "oracle", "POST", "/v1/uploads", json={"purpose": "batch", "filename": "a", "bytes": 3})
    path = f"/v1/uploads/{made.json()['id']}"
    part = ask(one, "oracle", "POST", f"{path}/parts", files={"data": ("x", b"abc")}).json()["id"]
    for _ in range(2):
        again = ask(one, "oracle", "POST", f"{path}/complete", json={"part_ids": [part]})
        assert code(again) == (429, "rate_limit_exceeded"), "it is still there"


def test_every_step_is_in_the_audit_log(one: World, batcher: Batcher, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path(one.settings.audit.path)
    before = len(audited(folder))
    output = done(one, batcher, "caller", small("secret-name"), result("secret-name", "fine"))
    ask(one, "caller", "GET", f"/v1/files/{output}/content")
    upload(one, "caller", small("b", "a bomb"))
    file = upload(one, "caller", small()).json()["id"]
    order(one, "caller", file, "/v1/completions")
    batch = ask(one, "caller", "GET", "/v1/batches").json()["data"][0]["id"]
    ask(one, "caller", "POST", f"/v1/batches/{batch}/cancel")
    ask(one, "caller", "DELETE", f"/v1/files/{file}")
    rows = audited(folder)[before:]
    assert [row["action"] for row in rows if row.get("action", "").startswith("batch.")] == [
        "batch.file_passed", "batch.allowed", "batch.created", "batch.downloaded", "batch.file_denied",
        "batch.file_passed", "batch.denied", "batch.cancelled", "batch.file_deleted",
    ]  # fmt: skip
    assert "secret-name" not in json.dumps(rows) and "bomb" not in json.dumps(rows)


def test_a_changed_policy_needs_the_file_again(one: World, batcher: Batcher) -> None:
    output = done(
        one, batcher, "caller", small("a", "a nightjar") + small("b"), result("a", "x") + result("b", "nightjar")
    )
    file = upload(one, "caller", small()).json()["id"]
    policy = Path(one.settings.policies) / "small.yaml"
    policy.write_text(POLICY.replace("{id: bomb, pattern: 'bomb'}", "{id: bomb, pattern: 'nightjar'}"))
    try:
        reload(one)
        assert code(order(one, "caller", file)) == (409, "batch_file_outdated")
        rows = [
            json.loads(row) for row in ask(one, "caller", "GET", f"/v1/files/{output}/content").content.splitlines()
        ]
        assert rows[0]["response"]["status_code"] == 400
        assert rows[0]["response"]["body"]["error"]["code"] == "content_filter"
        assert rows[1]["response"]["body"]["choices"][0]["finish_reason"] == "content_filter"
        assert "nightjar" not in json.dumps(rows)
    finally:
        policy.write_text(POLICY)
        reload(one)
    assert code(order(one, "caller", file)) == (200, None)


def reload(one: World) -> None:
    head = {"authorization": f"Bearer {KEYS['operator']}"}
    httpx.post(f"http://127.0.0.1:{one.admin_port}/admin/policy/reload", headers=head).raise_for_status()


def test_results_of_a_model_that_may_not_serve_any_more_stay(one: World, batcher: Batcher) -> None:
    output = done(one, batcher, "caller", small(), result("a", "fine"))
    before = len(one.visits)

    def barred(name: str) -> None:
        raise WireError("quarantine", status=403, code="model_quarantined", param="model")

    models = one.running.app.models
    serves, models.may_serve = models.may_serve, barred
    try:
        assert code(ask(one, "caller", "GET", f"/v1/files/{output}/content")) == (403, "model_quarantined")
        assert len(one.visits) == before, "the upstream was not asked"
    finally:
        models.may_serve = serves
    assert ask(one, "caller", "GET", f"/v1/files/{output}/content").status_code == 200


@pytest.mark.parametrize(
    ("lost", "refused"),
    [
        ({"tools": ("look*",)}, (409, "batch_file_outdated")),
        ({"models": ("large",)}, (403, "model_not_allowed")),
        ({}, (200, None)),
    ],
)
def test_a_batch_needs_the_rights_that_its_file_was_read_with(
    one: World, batcher: Batcher, lost: dict[str, Any], refused: tuple[int, str | None]
) -> None:
    tool = {"type": "function", "function": {"name": "delete_all", "parameters": {}}}
    file = upload(one, "caller", small("a", tools=[tool])).raise_for_status().json()["id"]
    keyring = one.running.app._doorkeeper._keyring
    verify = keyring.verify

    def verified(given: bytes) -> Any:
        found = verify(given)
        return replace(found, caller=replace(found.caller, grants=replace(found.caller.grants, **lost)))

    keyring.verify = verified  # type: ignore[method-assign]
    try:
        assert code(order(one, "caller", file)) == refused
    finally:
        keyring.verify = verify  # type: ignore[method-assign]
    assert len(batcher.batches) == (refused[0] == 200)


@pytest.mark.parametrize("lost", [{"models": ("large",)}, {"routes": ("/v1/files*", "/v1/batches*")}])
def test_what_a_key_has_lost_it_has_lost_for_results_too(one: World, batcher: Batcher, lost: dict[str, Any]) -> None:
    output = done(one, batcher, "caller", small(), result("a", "fine"))
    keyring = one.running.app._doorkeeper._keyring
    verify = keyring.verify

    def verified(given: bytes) -> Any:
        found = verify(given)
        return replace(found, caller=replace(found.caller, grants=replace(found.caller.grants, **lost)))

    keyring.verify = verified  # type: ignore[method-assign]
    try:
        refused = code(ask(one, "caller", "GET", f"/v1/files/{output}/content"))
    finally:
        keyring.verify = verify  # type: ignore[method-assign]
    assert refused == (403, "model_not_allowed" if "models" in lost else "route_not_allowed")


@contextmanager
def stopped(one: World, what: str) -> Iterator[None]:
    """Meanwhile the policy is another one, or the key is revoked."""
    policy, keyring = Path(one.settings.policies) / "small.yaml", one.running.app._doorkeeper._keyring
    verify = keyring.verify
    try:
        if what == "policy":
            policy.write_text(POLICY.replace("{id: bomb, pattern: 'bomb'}", "{id: bomb, pattern: 'nightjar'}"))
            reload(one)
        else:
            keyring.verify = lambda given: Found(None, what)  # type: ignore[method-assign, arg-type]
        yield
    finally:
        keyring.verify = verify  # type: ignore[method-assign]
        policy.write_text(POLICY)
        reload(one)


@pytest.mark.parametrize(("what", "ends"), [("policy", True), ("revoked", True), ("expired", False)])
def test_a_long_download_ends_with_what_it_began_under(
    one: World, batcher: Batcher, monkeypatch: pytest.MonkeyPatch, what: str, ends: bool
) -> None:
    monkeypatch.setattr(files, "LOOK", 0.0)
    output = done(one, batcher, "caller", small("a") + small("b"), result("a", "fine"))
    head = {"authorization": f"Bearer {KEYS['caller']}"}
    go = threading.Event()
    plain = batcher._content

    async def slowly(visit: Visit) -> None:
        rest, batcher.results = result("b", "fine"), result("a", "fine")
        await visit.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: x\r\ntransfer-encoding: chunked\r\n\r\n" + chunk(batcher.results)
        )
        await asyncio.to_thread(go.wait, 10)
        await visit.send(chunk(rest) + b"0\r\n\r\n")

    batcher._content = slowly  # type: ignore[method-assign]
    got = b""
    try:
        with httpx.stream("GET", f"{one.url}/v1/files/{output}/content", headers=head) as reply:
            lines = reply.iter_bytes()
            got += next(lines)
            with stopped(one, what):
                go.set()
                if ends:
                    with pytest.raises(httpx.RemoteProtocolError):
                        got += b"".join(lines)
                else:
                    got += b"".join(lines)
    finally:
        go.set()
        batcher._content = plain  # type: ignore[method-assign]
    assert [json.loads(row)["custom_id"] for row in got.splitlines()] == (["a"] if ends else ["a", "b"])


@pytest.mark.parametrize(("what", "status"), [("policy", 409), ("revoked", 401)])
def test_a_file_during_which_all_changes_goes_nowhere(one: World, batcher: Batcher, what: str, status: int) -> None:
    go, began = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n' + small("a")
        began.set()
        go.wait(10)
        yield small("b") + b"\r\n--b--\r\n"

    head = {"authorization": f"Bearer {KEYS['caller']}", "content-type": "multipart/form-data; boundary=b"}
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(httpx.post, f"{one.url}/v1/files", headers=head, content=body())
        assert began.wait(10)
        time.sleep(0.3)  # its beginning is read
        with stopped(one, what):
            go.set()
            assert sent.result(10).status_code == status
    assert batcher.files == {}
