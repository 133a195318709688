"""Back doors that are opened by name: for trainers and operators of the house, registered weights only, on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.governance.audit.signing import create, load_signer
from guardproxy.governance.caller import Role
from guardproxy.governance.training import weights
from guardproxy.types import ConfigError, WireError
from tests.governance.keys.support import PEPPER, created, store_at
from tests.server.support import Visit, World, answer, world

KEYS: dict[str, str] = {}
DOORS = ["load_lora_adapter", "unload_lora_adapter", "checkpoint_permissions", "pull", "push", "copy", "delete"]
CHECKPOINT = "/v1/fine_tuning/checkpoints/ft:m:x/permissions"
USES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/v1/unload_lora_adapter", {"lora_name": "mine"}),
    ("GET", CHECKPOINT, None),
    ("POST", CHECKPOINT, {"project_ids": ["proj_1"]}),
    ("DELETE", f"{CHECKPOINT}/cp_1", None),
    ("POST", "/api/pull", {"model": "gpt-oss:20b"}),
    ("POST", "/api/copy", {"source": "gpt-oss:20b", "destination": "mine"}),
    ("DELETE", "/api/delete", {"model": "mine"}),
]


class Backend:
    """Says yes to everything, and more than it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.status, self.body, self.models = b"200 OK", b"", b""

    @property
    def changes(self) -> list[tuple[str, str, Any]]:
        """All but looks at what there is."""
        return [one for one in self.asked if one[1] != "/v1/models"]

    async def __call__(self, visit: Visit) -> None:
        method, path, _ = visit.head.split(b"\r\n", 1)[0].decode().split(" ")
        self.asked.append((method, path, json.loads(visit.body) if visit.body else None))
        body = self.body
        if path == "/v1/models":
            rows = [{"id": "gpt-oss:20b"}, {"id": "bad:latest"}, {"id": "loaded", "parent": "gpt-oss:20b"}]
            body = self.models or json.dumps({"object": "list", "data": rows}).encode()
        if not body and path.endswith("/permissions"):
            row = {"id": "cp_1", "project_id": "proj_1", "created_at": 7, "note": "joe@mail.com"}
            body = json.dumps({"data": [row, {"id": "joe@mail.com"}], "note": "bomb"}).encode()
        elif not body and path == "/api/pull":
            body = b'{"status": "success", "note": "joe@mail.com"}'
        await visit.send(answer(body, self.status))


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doors")
    store = store_at(folder)
    for role in (Role.CALLER, Role.TRAINER, Role.OPERATOR):
        KEYS[role.value] = created(store, role.value, role)[1]
    KEYS["acme"] = created(store, "acme", Role.TRAINER, tenant="acme")[1]
    KEYS["small"] = created(store, "small", Role.TRAINER, models=("gpt*",))[1]
    KEYS["few"] = created(store, "few", Role.TRAINER, models=("other*",))[1]
    for name, content in (("good", b"weights"), ("bad", b"others")):
        (folder / name).mkdir()
        (folder / name / "adapter_model.safetensors").write_bytes(content)
    create(folder / "key")
    public = folder / "key.pub"
    digest = weights.digest(folder / "good")
    entry = weights.made(digest, "mine", allowed=True, by="jane")
    weights.add(folder / "weights.jsonl", entry, load_signer(folder / "key"))
    sections: dict[str, Any] = {
        "keys": {"path": str(folder / "keys.db")}, "training": {"doors": DOORS, "registries": ["hf.co"]},
        "probe": {"registry": str(folder / "weights.jsonl"), "trust": [str(public)]},
        "audit": {"path": str(folder / "audit"), "key_file": str(folder / "key")},
    }  # fmt: skip
    with world(folder, {"GUARDPROXY_PEPPER_KEY": PEPPER}, **sections) as made:
        yield made


@pytest.fixture
def backend(one: World) -> Backend:
    one.script = made = Backend()
    return made


def ask(one: World, key: str, method: str, path: str, body: Any = None) -> httpx.Response:
    return httpx.request(method, one.url + path, headers={"authorization": f"Bearer {KEYS[key]}"}, json=body)


def folder_of(one: World) -> Path:
    return Path(one.settings.keys.path).parent


def audited(one: World) -> list[dict[str, Any]]:
    files = sorted((folder_of(one) / "audit").glob("audit-*.jsonl"))
    return [json.loads(row) for file in files for row in file.open()]


@pytest.mark.parametrize(("method", "path", "body"), USES)
def test_who_may_use_a_door(one: World, backend: Backend, method: str, path: str, body: Any) -> None:
    for key, code in (("caller", "role_not_allowed"), ("acme", "tenant_not_allowed")):
        refused = ask(one, key, method, path, body)
        assert refused.status_code == 403, key
        assert path.startswith("/api/") or refused.json()["error"]["code"] == code
    assert backend.asked == []
    for key in ("trainer", "operator"):
        reply = ask(one, key, method, path, body)
        assert reply.status_code == 200, reply.text
        assert "joe@" not in reply.text and "bomb" not in reply.text
    sent = body if path != "/api/pull" and path != "/api/delete" else {**body, "stream": False}
    assert backend.changes == [(method, path, sent)] * 2


def test_only_registered_weights_are_loaded(one: World, backend: Backend) -> None:
    folder, before = folder_of(one), len(audited(one))
    body = {"lora_name": "mine", "lora_path": str(folder / "good")}
    assert ask(one, "trainer", "POST", "/v1/load_lora_adapter", body).json()["loaded"] is True
    assert backend.changes == [("POST", "/v1/load_lora_adapter", body)]
    for path in (folder / "bad", folder / "none", Path("/")):
        refused = ask(one, "trainer", "POST", "/v1/load_lora_adapter", {**body, "lora_path": str(path)})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "weights_not_registered")
    for wrong in ({"lora_path": "someone/adapter"}, {"lora_name": "a b"}, {"load_inplace": 1}, {"more": 1}):
        assert ask(one, "trainer", "POST", "/v1/load_lora_adapter", body | wrong).status_code == 400
    assert ask(one, "few", "POST", "/v1/load_lora_adapter", body).json()["error"]["code"] == "model_not_allowed"
    assert len(backend.changes) == 1
    rows = audited(one)[before:]
    said = [row["action"] for row in rows if row.get("action", "").startswith("training.door")]
    assert said == ["training.door_used", *["training.door_denied"] * 3]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/pull", {"model": "m", "insecure": True}),
        ("/api/pull", {"model": "../m"}),
        ("/api/copy", {"source": "m"}),
        (CHECKPOINT, {"project_ids": ["a b"]}),
        (CHECKPOINT, {"project_ids": []}),
        ("/v1/unload_lora_adapter", {"lora_name": "m", "lora_int_id": 1}),
    ],
)
def test_what_nobody_has_looked_at_does_not_pass(one: World, backend: Backend, path: str, body: Any) -> None:
    assert ask(one, "trainer", "POST", path, body).status_code == 400 and backend.asked == []


def test_trouble_is_told_without_its_text(one: World, backend: Backend) -> None:
    backend.status, backend.body = b"500 Oops", b'{"error": "joe@mail.com"}'
    reply = ask(one, "trainer", "POST", "/api/pull", {"model": "m"})
    assert reply.status_code == 502 and "joe@" not in reply.text
    backend.status, backend.body = b"200 OK", b'{"status": "pulling", "error": "joe@mail.com"}'
    reply = ask(one, "trainer", "POST", "/api/pull", {"model": "m"})
    assert reply.status_code == 502 and "joe@" not in reply.text


def test_what_is_not_opened_stays_refused(one: World, backend: Backend) -> None:
    for path in ("/api/create", "/api/blobs/sha256:1", "/v1/load_lora_adapter/x", "/v1/batches"):
        reply = ask(one, "caller", "POST", path, {"model": "m"})
        assert reply.status_code == 403, path
    assert backend.asked == []


@pytest.mark.parametrize(
    "name",
    ["gpt-oss:20b", "GPT-OSS:20B", "library/gpt-oss:20b", "registry.ollama.ai/library/gpt-oss:20b", "bad", "loaded"],
)
def test_no_model_gets_the_name_of_another(one: World, backend: Backend, name: str) -> None:
    before = len(audited(one))
    assert ask(one, "trainer", "POST", "/api/copy", {"source": "mine", "destination": name}).status_code == 409
    assert backend.changes == []
    [row] = audited(one)[before:]
    assert (row["action"], row["details"]["code"]) == ("training.door_denied", "model_exists")


@pytest.mark.parametrize(
    ("name", "inplace", "status"),
    [
        ("gpt-oss:20b", False, 409),
        ("gpt-oss:20b", True, 409),
        ("loaded", False, 409),
        ("loaded", True, 200),
        ("new", False, 200),
    ],
)
def test_no_adapter_stands_before_another_model(
    one: World, backend: Backend, name: str, inplace: bool, status: int
) -> None:
    body = {"lora_name": name, "lora_path": str(folder_of(one) / "good"), "load_inplace": inplace}
    assert ask(one, "trainer", "POST", "/v1/load_lora_adapter", body).status_code == status
    assert len(backend.changes) == (status == 200)


@pytest.mark.parametrize("models", [b"{}", b"nothing", b'{"data": "x"}'])
def test_who_can_not_tell_what_there_is_takes_nothing(one: World, backend: Backend, models: bytes) -> None:
    backend.models = models
    body = {"lora_name": "new", "lora_path": str(folder_of(one) / "good")}
    assert ask(one, "trainer", "POST", "/v1/load_lora_adapter", body).status_code == 502
    assert ask(one, "trainer", "POST", "/api/copy", {"source": "mine", "destination": "new"}).status_code == 502
    assert backend.changes == []


def test_a_model_that_may_not_serve_is_neither_copied_nor_sent_away(one: World, backend: Backend) -> None:
    def barred(name: str) -> None:
        if name.startswith("bad"):
            raise WireError("quarantine", status=403, code="model_quarantined", param="model")

    models = one.running.app.models
    serves, models.may_serve = models.may_serve, barred
    try:
        for path, body in (
            ("/api/copy", {"source": "bad:latest", "destination": "fine"}),
            ("/api/push", {"model": "bad"}),
        ):
            assert ask(one, "trainer", "POST", path, body).status_code == 403
        assert backend.asked == []
        assert ask(one, "trainer", "DELETE", "/api/delete", {"model": "bad"}).status_code == 200
    finally:
        models.may_serve = serves


@pytest.mark.parametrize("path", ["/api/pull", "/api/push"])
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("evil.com/me/model", 403), ("169.254.169.254/a/b:latest", 403), ("http://evil.com/a/b", 403),
        ("http://evil.com/b", 403), ("evil.com:8080/a/b", 403), ("hf.co.evil.com/a/b", 403), ("HF.co/a/b", 200),
        ("me/model", 200),
        ("registry.ollama.ai/library/gpt-oss", 200),
    ],
)  # fmt: skip
def test_models_come_from_and_go_to_known_registries(
    one: World, backend: Backend, path: str, name: str, status: int
) -> None:
    backend.body = b'{"status": "success"}'
    assert ask(one, "trainer", "POST", path, {"model": name}).status_code == status
    assert len(backend.asked) == (status == 200)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/fine_tuning/checkpoints/ft:m:x/permissions/%2e%2e"),
        ("DELETE", "/v1/fine_tuning/checkpoints/ft:m:x/permissions/%2e"),
        ("DELETE", "/v1/fine_tuning/checkpoints/%2e%2e/permissions/cp_1"),
        ("GET", "/v1/fine_tuning/checkpoints/%2e%2e/permissions"),
        ("GET", "/v1/fine_tuning/checkpoints/%2e/permissions"),
        ("GET", "/v1/fine_tuning/checkpoints/a%2fb/permissions"),
        ("GET", "/v1/fine_tuning/checkpoints/%2e%2e%2f%2e%2e/permissions"),
    ],
)
def test_no_id_leads_to_another_path(one: World, backend: Backend, method: str, path: str) -> None:
    assert ask(one, "trainer", method, path).status_code in (403, 404) and backend.asked == []


def test_the_probe_hears_of_names_with_other_weights(one: World, backend: Backend) -> None:
    models, heard = one.running.app.models, list[Any]()
    models.changed, kept = heard.append, models.changed
    load = {"lora_name": "new", "lora_path": str(folder_of(one) / "good")}
    uses = [*USES, ("POST", "/v1/load_lora_adapter", load)]
    try:
        for method, path, body in uses:
            if "permissions" in path:
                continue
            heard.clear()
            ask(one, "trainer", method, path, body)
            assert body is not None
            name = body.get("destination") or body.get("model") or body["lora_name"]
            [same] = heard
            assert same(name.upper()) and same(name if ":" in name else f"{name}:latest") and not same("other"), path
        backend.status = b"500 Oops"
        heard.clear()
        assert ask(one, "trainer", "POST", "/api/pull", {"model": "m"}).status_code == 502 and len(heard) == 1
    finally:
        models.changed = kept


def test_a_key_needs_every_name_of_a_model(one: World, backend: Backend) -> None:
    models = one.running.app.models
    table, models._table = models._table, {"gpt-small": "gpt-oss:20b", "secret": "gpt-oss:120b"}
    try:
        for name, status in (("gpt-oss:20b", 200), ("gpt-oss:120b", 403)):
            assert ask(one, "small", "POST", "/api/pull", {"model": name}).status_code == status
    finally:
        models._table = table


def test_adapters_need_a_registry(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="probe: registry:"),
        world(tmp_path, training={"doors": ["load_lora_adapter"]}),
    ):
        raise AssertionError("it must not start")
