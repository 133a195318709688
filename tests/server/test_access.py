"""Who may do what on the first listener: every cell of role × route × model, and that nothing else reaches an upstream."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import ollama
import openai
import pytest

from guardproxy.governance.caller import Role
from guardproxy.governance.keys import KeyStore
from guardproxy.governance.keys.form import new_id, new_key
from guardproxy.server.exchange import Exchange
from tests.governance.keys.support import PEPPER, created, provider, store_at
from tests.governance.keys.test_tokens import AUDIENCE, ISSUER, claims, public, token
from tests.server.support import (
    EVENTS,
    POLICY,
    Visit,
    World,
    answer,
    body_of,
    chat,
    chunk,
    error_of,
    events_of,
    headers_of,
    plays,
    status_of,
    whole,
    world,
)

ENVIRON = {"GUARDPROXY_PEPPER_KEY": PEPPER, "GUARDPROXY_KEY": "sk-static-0123456789"}
ACME = """
schema: guardproxy/v1
policy: acme
extends: small
tenants: [acme]
rules:
  - {id: no-hello, title: Not at acme, when: words.mail, then: block}
"""


@dataclass
class Kept:
    """A world whose keys are in a file."""

    world: World
    store: KeyStore

    def key(self, *roles: Role, **more: Any) -> bytes:
        return created(self.store, "test", *roles, **more)[1].encode()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder: Path = tmp_path_factory.mktemp("access")
    store = store_at(folder)
    (folder / "own").mkdir()
    (folder / "own" / "small.yaml").write_text(POLICY)
    (folder / "own" / "acme.yaml").write_text(ACME)
    for role in Role:
        KEYS[role.value] = created(store, role.value, role)[1].encode()
    KEYS["small only"] = created(store, "small", models=("small",))[1].encode()
    KEYS["chat only"] = created(store, "chat", routes=("/v1/chat/*",))[1].encode()
    KEYS["acme"] = created(store, "acme", tenant="acme")[1].encode()
    KEYS["tools"] = created(store, "tools", tools=("look*",))[1].encode()
    KEYS["no thinking"] = created(store, "blunt", reasoning=False)[1].encode()
    KEYS["static"] = ENVIRON["GUARDPROXY_KEY"].encode()
    settings: dict[str, Any] = {"keys": {"path": str(folder / "keys.db")}, "models": ["small", "large"]}
    settings |= {"policies": str(folder / "own"), "store": {"path": ":memory:"}}
    settings["training"] = {"path": str(folder / "training"), "clear_text": True}
    with world(folder, ENVIRON, **settings) as made:
        yield Kept(made, store)


KEYS: dict[str, bytes] = {}


@pytest.fixture
def one(kept: Kept) -> World:
    kept.world.visits.clear()
    kept.world.script = plays(answer(whole("fine")))
    return kept.world


def bearer(key: bytes) -> bytes:
    return b"authorization: Bearer %s\r\n" % key if key else b""


def get(one: World, path: str, key: bytes) -> bytes:
    return one.raw(b"GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s\r\n" % (path.encode(), bearer(key)))


def post(one: World, path: str, body: Any, key: bytes) -> bytes:
    return one.post(json.dumps(body).encode(), path, bearer(key))


TALK = [{"role": "user", "content": "hello"}]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": TALK},
    "/v1/completions": {"prompt": "hello"},
    "/v1/responses": {"input": "hello"},
    "/v1/messages": {"messages": TALK, "max_tokens": 9},
    "/v1/messages/count_tokens": {"messages": TALK},
    "/api/chat": {"messages": TALK, "stream": False},
    "/api/generate": {"prompt": "hello", "stream": False},
    "/v1/embeddings": {"input": "hello"},
    "/v1/moderations": {"input": "hello"},
    "/api/v1/text/contents": {"contents": ["hello"]},
    "/beta/litellm_basic_guardrail_api": {"input_type": "request", "texts": ["hello"]},
}
NO_MODEL = ("/v1/moderations", "/api/v1/text/contents", "/beta/litellm_basic_guardrail_api")
READ = (
    "/v1/models",
    "/v1/models/small",
    "/v1/models/large",
    "/api/tags",
    "/v1/responses/resp_1",
    "/v1/conversations/conv_1",
)
"""What is read with GET."""
MODELS = ("small", "large")
WHO = (*(role.value for role in Role), "small only", "chat only", "static", "wrong", "nobody")
LET_IN = ("caller", "small only", "chat only", "static")


def expected(who: str, route: str, model: str | None) -> tuple[int, str | None]:
    """What the table says: the status of who is refused, and 0 for who is let in."""
    if who in ("wrong", "nobody"):
        return 401, "invalid_api_key"
    if who not in LET_IN:
        return 403, "role_not_allowed"
    if who == "chat only" and route != "/v1/chat/completions":
        return 403, "route_not_allowed"
    if who == "small only" and model == "large" and route not in NO_MODEL:
        return 403, "model_not_allowed"
    return 0, None


def test_the_table_knows_every_route(one: World) -> None:
    assert set(BODIES) == set(one.running.app._guarded)


@pytest.mark.parametrize("who", WHO)
def test_every_cell_of_role_route_and_model(one: World, who: str) -> None:
    key = KEYS.get(who) or (new_key(new_id()).encode() if who == "wrong" else b"")
    for route, body in BODIES.items():
        for model in MODELS:
            one.visits.clear()
            raw = post(one, route, {"model": model, **body}, key)
            status, code = expected(who, route, model)
            cell = f"{who}, {route}, {model}: {raw[:300]!r}"
            if status:
                assert (status_of(raw), one.visits) == (status, []), cell
                record = one.record_of(raw)
                assert (record["error"], record["status"]) == (code, status), cell
                assert record["access"], cell
            else:
                assert status_of(raw) not in (401, 403), cell
                assert bool(one.visits) == (route not in NO_MODEL), cell
                assert one.record_of(raw)["access"] is None, cell
    for path in READ:
        raw = get(one, path, key)
        status, code = expected(who, path, None)
        if status:
            assert (status_of(raw), one.record_of(raw)["error"]) == (status, code), f"{who}, {path}"
        else:
            missing = path.startswith(("/v1/responses/", "/v1/conversations/")) or (
                who == "small only" and path.endswith("large")
            )
            assert status_of(raw) == (404 if missing else 200), f"{who}, {path}"
            assert one.record_of(raw)["key"], "no path reaches an upstream without a record"


@pytest.mark.parametrize("who", WHO)
def test_training_is_for_who_trains(one: World, who: str) -> None:
    key = KEYS.get(who) or (b"sk-wrong" if who == "wrong" else b"")
    cells = list(one.running.app.training._handlers)
    assert len({route for route, _ in cells}) > 10
    for route, method in cells:
        path = re.sub(r"{\w+}", "x", route)
        body = b"{}" if method == "POST" else b""
        head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
        raw = one.raw(head.encode() + b"content-length: %d\r\n%s\r\n" % (len(body), bearer(key)) + body)
        cell = f"{who}, {method} {route}: {raw[:300]!r}"
        if who in ("trainer", "static"):
            assert status_of(raw) not in (0, 401, 403), cell
        else:
            status, code = (401, "invalid_api_key") if who in ("wrong", "nobody") else (403, "role_not_allowed")
            assert (status_of(raw), one.record_of(raw)["error"]) == (status, code), cell
            assert one.visits == [], cell


def test_lists_name_the_models_of_the_key(one: World) -> None:
    for who, names in (("small only", ["small"]), ("caller", ["small", "large"])):
        assert [m["id"] for m in json.loads(body_of(get(one, "/v1/models", KEYS[who])))["data"]] == names
        assert [m["model"] for m in json.loads(body_of(get(one, "/api/tags", KEYS[who])))["models"]] == names


@pytest.mark.parametrize("route", list(BODIES))
def test_each_interface_has_its_own_shape_of_refusal(one: World, route: str) -> None:
    for key, status, word in ((b"", 401, "authentication_error"), (KEYS["auditor"], 403, "permission_error")):
        raw = post(one, route, {"model": "small", **BODIES[route]}, key)
        told = json.loads(body_of(raw))
        assert status_of(raw) == status
        if route.startswith("/v1/messages"):
            assert (told["type"], told["error"]["type"]) == ("error", word)
        elif route.startswith("/api/v1/"):
            assert told["code"] == status
        elif route.startswith("/api/"):
            assert isinstance(told["error"], str)
        else:
            assert error_of(raw)["type"] == word


def test_unknown_and_wrong_keys_get_the_same_bytes(one: World, kept: Kept) -> None:
    key = kept.key()
    wrong = [
        b"",
        b"sk-x",
        new_key(new_id()).encode(),
        new_key(key[:11].decode()).encode(),
        key + b"x",
        key.upper(),
        b"\xff" * 60,
    ]
    got = [post(one, "/v1/chat/completions", chat(model="small"), one_) for one_ in wrong]
    assert {body_of(raw) for raw in got} == {body_of(got[0])}
    assert {tuple(headers_of(raw)) for raw in got} == {tuple(headers_of(got[0]))}
    assert {status_of(raw) for raw in got} == {401}
    assert one.visits == []
    reasons = [one.record_of(raw)["access"] for raw in got]
    assert reasons[:3] == ["missing", "malformed", "unknown"]
    text = one.metrics()
    for reason in ("missing", "malformed", "unknown", "role"):
        assert f'guardproxy_access_refused_total{{reason="{reason}"}}' in text
    assert key.decode() not in text + one.log.read_text()  # type: ignore[union-attr]


def test_a_key_never_goes_upstream_nor_into_records(one: World) -> None:
    for header in (b"authorization: Bearer %s\r\n", b"x-api-key: %s\r\n"):
        raw = one.post(json.dumps(chat(model="small")).encode(), headers=header % KEYS["caller"])
        assert status_of(raw) == 200
        record = one.record_of(raw)
        assert record["key"] == KEYS["caller"][:11].decode()
    assert KEYS["caller"][12:] not in b"".join(v.head + v.body for v in one.visits)
    assert KEYS["caller"][12:].decode() not in one.log.read_text()  # type: ignore[union-attr]


def test_a_tenant_has_its_own_policy(one: World) -> None:
    mail = {**chat(model="small"), "messages": [{"role": "user", "content": "joe@mail.com"}]}
    assert status_of(post(one, "/v1/chat/completions", mail, KEYS["caller"])) == 200
    assert b"joe@mail.com" not in one.visits[0].body
    raw = post(one, "/v1/chat/completions", mail, KEYS["acme"])
    assert (status_of(raw), error_of(raw)["code"]) == (400, "content_filter")
    record = one.record_of(raw)
    assert (record["tenant"], record["policy"]["name"]) == ("acme", "acme")
    raw = post(one, "/v1/moderations", {"input": "joe@mail.com"}, KEYS["acme"])
    assert one.record_of(raw)["policy"]["name"] == "acme"


# ---------------------------------------------------------------------------------------------------- tools

NAMED: dict[str, list[dict[str, Any]]] = {
    "/v1/chat/completions": [{"type": "function", "function": {"name": "shell"}}],
    "/v1/responses": [{"type": "function", "name": "shell", "parameters": {}}],
    "/v1/messages": [{"name": "shell", "input_schema": {"type": "object"}}],
    "/api/chat": [{"type": "function", "function": {"name": "shell"}}],
}


@pytest.mark.parametrize("route", list(NAMED))
def test_a_tool_outside_of_the_grant_is_refused_by_name(one: World, route: str) -> None:
    raw = post(one, route, {"model": "small", **BODIES[route], "tools": NAMED[route]}, KEYS["tools"])
    assert status_of(raw) == 403, raw
    assert b"'shell'" in body_of(raw)
    assert one.visits == []
    assert (one.record_of(raw)["error"], one.record_of(raw)["access"]) == ("tool_not_allowed", "tool")
    raw = post(one, route, {"model": "small", **BODIES[route], "tools": NAMED[route]}, KEYS["caller"])
    assert len(one.visits) == 1


@pytest.mark.parametrize(
    ("route", "more"),
    [
        ("/v1/chat/completions", {"web_search_options": {}}),
        ("/v1/chat/completions", {"functions": [{"name": "shell"}]}),
        ("/v1/responses", {"tools": [{"type": "web_search"}]}),
    ],
)
def test_tools_of_the_upstream_and_old_forms_count_too(one: World, route: str, more: dict[str, Any]) -> None:
    raw = post(one, route, {"model": "small", **BODIES[route], **more}, KEYS["tools"])
    assert (status_of(raw), one.visits) == (403, [])


def calls(name: str) -> list[dict[str, Any]]:
    return [{"index": 0, "id": "c0", "type": "function", "function": {"name": name, "arguments": "{}"}}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("tool", "ends"), [("look_up", "tool_calls"), ("shell", "content_filter")])
def test_a_call_outside_of_the_grant_is_cut(one: World, stream: bool, tool: str, ends: str) -> None:
    async def script(visit: Visit) -> None:
        if not stream:
            message = {"role": "assistant", "content": "Well.", "tool_calls": calls(tool)}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
            await visit.send(answer(json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode()))
            return
        await visit.send(EVENTS)
        for delta, reason in (({"content": "Well."}, None), ({"tool_calls": calls(tool)}, None), ({}, "tool_calls")):
            data = {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
            await visit.send(chunk(b"data: " + json.dumps(data).encode() + b"\n\n"))
        await visit.send(chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    one.script = script
    offered = [{"type": "function", "function": {"name": "look_up"}}]
    raw = post(one, "/v1/chat/completions", chat(model="small", stream=stream, tools=offered), KEYS["tools"])
    assert status_of(raw) == 200
    got = events_of(raw)[:-1] if stream else [json.loads(body_of(raw))]
    assert [c["finish_reason"] for e in got for c in e["choices"] if c["finish_reason"]] == [ends]
    assert (tool in body_of(raw).decode()) == (ends == "tool_calls")
    assert one.record_of(raw)["access"] == (None if ends == "tool_calls" else "tool")


# ---------------------------------------------------------------------------------------------------- reasoning


@pytest.mark.parametrize(
    ("route", "reply"),
    [
        ("/v1/chat/completions", {"object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop", "message": {
            "role": "assistant", "content": "fine", "reasoning": "SECRETLY", "reasoning_content": "SECRETLY"}}]}),
        ("/v1/responses", {"object": "response", "status": "completed", "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "SECRETLY"}],
             "content": [{"type": "reasoning_text", "text": "SECRETLY"}]},
            {"type": "message", "id": "m", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "fine", "annotations": []}]}]}),
        ("/v1/messages", {"type": "message", "role": "assistant", "stop_reason": "end_turn", "content": [
            {"type": "thinking", "thinking": "SECRETLY", "signature": "x"}, {"type": "text", "text": "fine"}],
            "usage": {"input_tokens": 1, "output_tokens": 1}}),
        ("/api/chat", {"model": "x", "done": True, "message": {
            "role": "assistant", "content": "fine", "thinking": "SECRETLY"}}),
        ("/api/generate", {"model": "x", "done": True, "response": "fine", "thinking": "SECRETLY"}),
    ],
)  # fmt: skip
def test_thinking_is_for_keys_that_may_see_it(one: World, route: str, reply: dict[str, Any]) -> None:
    one.script = plays(answer(json.dumps({"id": "x", "model": "m", "created_at": 1, **reply}).encode()))
    for who, seen in (("caller", True), ("no thinking", False)):
        raw = post(one, route, {"model": "small", **BODIES[route]}, KEYS[who])
        assert status_of(raw) == 200, raw
        assert b"fine" in body_of(raw)
        assert (b"SECRETLY" in body_of(raw)) == seen, raw


# ---------------------------------------------------------------------------------------------------- what is kept


def test_what_is_kept_belongs_to_its_key(one: World, kept: Kept) -> None:
    def begun(who: str) -> str:
        return str(json.loads(body_of(post(one, "/v1/conversations", {}, KEYS[who])))["id"])

    mine = {who: begun(who) for who in ("caller", "acme", "static")}
    for who, id in mine.items():
        for reader in mine:
            status = status_of(get(one, f"/v1/conversations/{id}", KEYS[reader]))
            assert status == (200 if reader == who else 404), f"{reader} reads {who}'s"


def test_a_rotated_key_keeps_what_it_has(one: World, kept: Kept) -> None:
    key, text = created(kept.store, "turns")
    while status_of(raw := post(one, "/v1/conversations", {}, text.encode())) == 401:
        time.sleep(0.05)  # the proxy reads the file four times a second
    id = json.loads(body_of(raw))["id"]
    _, new = asyncio.run(kept.store.rotate(key.id, 0.0))
    while status_of(raw := get(one, f"/v1/conversations/{id}", new.encode())) == 401:
        time.sleep(0.05)
    assert status_of(raw) == 200
    assert status_of(get(one, f"/v1/conversations/{id}", text.encode())) == 401


# ---------------------------------------------------------------------------------------------------- users


@pytest.mark.parametrize(
    ("more", "body", "user"),
    [
        ({}, {"user": "eve"}, None),
        ({"end_users": True}, {"user": "eve"}, "eve"),
        ({"user": "jane"}, {"user": "eve"}, "jane"),
    ],
)
def test_the_user_is_who_the_key_says(
    one: World, kept: Kept, monkeypatch: Any, more: dict[str, Any], body: dict[str, Any], user: str | None
) -> None:
    key = kept.key(**more)
    seen: list[str | None] = []
    facts = Exchange._about

    def about(self: Exchange) -> Any:
        seen.append(self.who.user)
        return facts(self)

    monkeypatch.setattr(Exchange, "_about", about)
    while status_of(post(one, "/v1/chat/completions", {**chat(model="small"), **body}, key)) == 401:
        time.sleep(0.05)
    assert set(seen) == {user}


# ---------------------------------------------------------------------------------------------------- tokens, certificates


@pytest.mark.parametrize(("trusted", "subject", "status"), [
    ("127.0.0.0/8", b"CN=billing", 200), ("127.0.0.0/8", b"CN=other", 401), ("127.0.0.0/8", b"", 401),
    ("10.0.0.0/8", b"CN=billing", 401), ("::/0", b"CN=billing", 401),
])  # fmt: skip
def test_a_certificate_counts_from_proxies_that_are_trusted(
    tmp_path: Path, trusted: str, subject: bytes, status: int
) -> None:
    store = store_at(tmp_path)
    created(store, "billing", certificate="CN=billing", models=("small",))
    keys = {"path": str(tmp_path / "keys.db"), "certificate_header": "X-Client-Subject", "trusted_proxies": [trusted]}
    with world(tmp_path, {"GUARDPROXY_PEPPER_KEY": PEPPER}, keys=keys) as one:
        one.script = plays(answer(whole("fine")))
        header = b"x-client-subject: %s\r\n" % subject if subject else b""
        twice = b"X-Client-Subject: CN=other\r\n" + header  # a client's, and a proxy's that adds instead of setting
        for spoofed in (twice, header + b"x-client-subject: CN=billing\r\n"):
            assert not subject or status_of(one.post(json.dumps(chat(model="small")).encode(), headers=spoofed)) == 401
        assert status_of(one.post(json.dumps(chat(model="small")).encode(), headers=header)) == status
        assert b"x-client-subject" not in b"".join(v.head.lower() for v in one.visits)
        if status == 200:
            assert status_of(one.post(json.dumps(chat(model="large")).encode(), headers=header)) == 403


def test_of_two_keys_in_one_header_none_counts(one: World) -> None:
    """Whoever looked before us may have looked at the other one."""
    good, body = KEYS["caller"], json.dumps(chat(model="small")).encode()
    for name in (b"authorization: Bearer ", b"x-api-key: "):
        once = name + good + b"\r\n"
        for twice in (once * 2, once + name + b"other\r\n", name + b"other\r\n" + once):
            assert status_of(one.post(body, headers=twice)) in (400, 401)
    assert one.visits == []


def test_tokens_open_like_keys(tmp_path: Path) -> None:
    with provider(public("rsa", "one")) as url:
        corp = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": url}
        corp |= {"tenant_claim": "org", "models": ["small"]}  # type: ignore[dict-item]
        with world(tmp_path, keys={"tokens": {"corp": corp}}) as one:
            one.script = plays(answer(whole("fine")))
            good = token(said=claims(org="acme")).encode()
            raw = post(one, "/v1/chat/completions", chat(model="small"), good)
            assert status_of(raw) == 200
            record = one.record_of(raw)
            assert (record["key"], record["tenant"]) == ("corp:jane", "acme")
            assert status_of(post(one, "/v1/chat/completions", chat(model="large"), good)) == 403
            for bad in (b"", good[:-5] + b"AAAAA", token().encode()):
                assert status_of(post(one, "/v1/chat/completions", chat(model="small"), bad)) == 401
            assert good not in b"".join(v.head for v in one.visits)


# ---------------------------------------------------------------------------------------------------- clients


def test_clients_know_what_the_refusals_mean(one: World) -> None:
    unknown, auditor = new_key(new_id()), KEYS["auditor"].decode()
    for key, open_error, other_error in (
        (unknown, openai.AuthenticationError, anthropic.AuthenticationError),
        (auditor, openai.PermissionDeniedError, anthropic.PermissionDeniedError),
    ):
        with openai.OpenAI(base_url=one.url + "/v1", api_key=key) as client:
            with pytest.raises(open_error) as told:
                client.chat.completions.create(model="small", messages=[{"role": "user", "content": "hello"}])
            assert told.value.code == ("invalid_api_key" if key == unknown else "role_not_allowed")
            with pytest.raises(open_error):
                client.chat.completions.create(model="small", messages=[], stream=True)
        with anthropic.Anthropic(base_url=one.url, api_key=key) as other, pytest.raises(other_error):
            other.messages.create(model="small", max_tokens=9, messages=[{"role": "user", "content": "hello"}])
        with pytest.raises(ollama.ResponseError) as said:
            ollama.Client(one.url, headers={"authorization": f"Bearer {key}"}).chat("small", TALK)
        assert said.value.status_code == (401 if key == unknown else 403)
    assert one.visits == []


def test_streamed_thinking_is_left_out_too(one: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(EVENTS)
        for delta, reason in (({"reasoning_content": "SECRETLY"}, None), ({"content": "fine"}, None), ({}, "stop")):
            data = {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
            await visit.send(chunk(b"data: " + json.dumps(data).encode() + b"\n\n"))
        await visit.send(chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    one.script = script
    for who, seen in (("caller", True), ("no thinking", False)):
        raw = post(one, "/v1/chat/completions", chat(model="small", stream=True), KEYS[who])
        assert b"fine" in body_of(raw) and (b"SECRETLY" in body_of(raw)) == seen
