"""Back doors of backends that the operator has opened by name (`training: doors:`), for trainers and operators, on record.

They change what everybody is served, so they are for keys of the tenant `default`. An adapter is loaded only from a folder
whose weights the registry allows. No model that may not serve gets another name or goes elsewhere, and none gets the name
of another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from guardproxy.config import Settings
from guardproxy.governance.caller import DEFAULT_TENANT
from guardproxy.server.authentication import Refused, check_model
from guardproxy.server.training import Handler, Visit
from guardproxy.types import ConfigError, Json, UpstreamError, WireError
from guardproxy.wire import doors as wire
from guardproxy.wire.json import dump, parse_reply

MODELS: Final = "/v1/models"
LOAD, UNLOAD = "/v1/load_lora_adapter", "/v1/unload_lora_adapter"
PERMISSIONS: Final = "/v1/fine_tuning/checkpoints/{id}/permissions"
PULL, PUSH, COPY, DELETE = "/api/pull", "/api/push", "/api/copy", "/api/delete"


def check(settings: Settings) -> None:
    """Raises ConfigError where an opened door lacks what it needs."""
    if "load_lora_adapter" in settings.training.doors and not settings.probe.registry:
        raise ConfigError(
            "the door `load_lora_adapter` loads registered weights only: name the registry (`probe: registry:` and `trust:`)"
        )


# ---------------------------------------------------------------------------------------------------- adapters


async def load(visit: Visit) -> Json:
    """POST /v1/load_lora_adapter."""
    _check_tenant(visit)
    one = wire.adapter(await visit.body())
    _check_model(visit, one.name)
    async with _denied(visit, one.name, "load_lora_adapter"):
        digest = await asyncio.to_thread(_registered, visit.desk.settings, Path(one.path))
        adapter = (await _there(visit)).get(one.name)
        if adapter is not None and not (adapter and one.inplace):  # vLLM would serve it in place of the other one
            raise _taken(one.name, "lora_name")
    await _tell(visit, "door_used", one.name, door="load_lora_adapter", digest=digest)
    with _changing(visit, one.name):
        await _sent(visit, "POST", LOAD, one.body)
    return {"object": "lora_adapter", "id": one.name, "loaded": True}


def _registered(settings: Settings, folder: Path) -> str:
    """The digest of weights that the registry allows. Raises WireError."""
    from guardproxy.governance.audit.signing import load_verifier
    from guardproxy.governance.training import weights

    try:
        known = weights.entries(Path(settings.probe.registry), load_verifier(map(Path, settings.probe.trust)))
        return weights.require(known, weights.digest(folder), "this adapter").digest
    except weights.NotRegistered as e:
        raise _unregistered(f"Refused: {e}.") from None
    except ConfigError:
        raise _unregistered(
            "The adapter can't be looked up in the registry of weights; see that both can be read."
        ) from None


def _unregistered(message: str) -> WireError:
    return WireError(message, status=403, code="weights_not_registered", param="lora_path")


async def unload(visit: Visit) -> Json:
    """POST /v1/unload_lora_adapter."""
    _check_tenant(visit)
    name = wire.unloaded(await visit.body())
    _check_model(visit, name)
    await _tell(visit, "door_used", name, door="unload_lora_adapter")
    with _changing(visit, name):
        await _sent(visit, "POST", UNLOAD, {"lora_name": name})
    return {"object": "lora_adapter", "id": name, "loaded": False}


# ---------------------------------------------------------------------------------------------------- checkpoints


async def permissions(visit: Visit) -> Json:
    """GET /v1/fine_tuning/checkpoints/{id}/permissions."""
    _check_tenant(visit)
    return _listed(await _sent(visit, "GET", PERMISSIONS.replace("{id}", visit.id)))


async def permit(visit: Visit) -> Json:
    """POST /v1/fine_tuning/checkpoints/{id}/permissions."""
    _check_tenant(visit)
    given = wire.projects(await visit.body())
    await _tell(visit, "door_used", visit.id, door="checkpoint_permissions", projects=list[Json](given))
    body: dict[str, Json] = {"project_ids": list[Json](given)}
    return _listed(await _sent(visit, "POST", PERMISSIONS.replace("{id}", visit.id), body))


async def forbid(visit: Visit) -> Json:
    """DELETE /v1/fine_tuning/checkpoints/{id}/permissions/{id}."""
    _check_tenant(visit)
    permission = visit.request.path.rpartition("/")[2]
    await _tell(visit, "door_used", visit.id, door="checkpoint_permissions", withdrawn=permission)
    await _sent(visit, "DELETE", f"{PERMISSIONS.replace('{id}', visit.id)}/{permission}")
    return {"id": permission, "object": "checkpoint.permission", "deleted": True}


def _listed(reply: Json) -> Json:
    try:
        return wire.permissions(reply)
    except ValueError:
        raise UpstreamError("the upstream answered with no list", code="upstream_invalid_response") from None


# ---------------------------------------------------------------------------------------------------- Ollama


def _model(door: str, method: str, path: str) -> Handler:
    async def handler(visit: Visit) -> Json:
        _check_tenant(visit)
        name = wire.model(await visit.body())
        _check_model(visit, name)
        async with _denied(visit, name, door):
            if door != "delete":
                _check_host(visit.desk.settings, name)
            if door == "push":
                _check_serves(visit, name)
        await _tell(visit, "door_used", name, door=door)
        with _changing(visit, name):
            return _done(await _sent(visit, method, path, {"model": name, "stream": False}))

    return handler


async def copy(visit: Visit) -> Json:
    """POST /api/copy."""
    _check_tenant(visit)
    source, destination = wire.copied(await visit.body())
    for name in (source, destination):
        _check_model(visit, name)
    async with _denied(visit, source, "copy"):
        _check_serves(visit, source)
        if wire.plain(destination) in {wire.plain(name) for name in await _there(visit)}:
            raise _taken(destination, "destination")
    await _tell(visit, "door_used", source, door="copy", to=destination)
    with _changing(visit, destination):
        return _done(await _sent(visit, "POST", COPY, {"source": source, "destination": destination}))


def _done(reply: Json) -> Json:
    if not wire.succeeded(reply):
        raise UpstreamError("the upstream could not do this", code="upstream_error")
    return {"status": "success"}


# ---------------------------------------------------------------------------------------------------- plumbing


def _check_tenant(visit: Visit) -> None:
    if visit.caller.tenant != DEFAULT_TENANT:
        message = f"This changes what everybody is served: it needs a key of the tenant '{DEFAULT_TENANT}'."
        raise Refused(message, status=403, code="tenant_not_allowed", reason="tenant")


def _check_model(visit: Visit, name: str) -> None:
    """Raises Refused for a model that the caller may not use, under whichever name clients ask for it."""
    known = visit.desk.models
    for one in (name, *(known.names(name) if known is not None else ())):
        check_model(visit.caller, one)


def _check_serves(visit: Visit, name: str) -> None:
    """Raises WireError for a model that may not serve: under another name, or elsewhere, nobody would know."""
    if visit.desk.models is not None:
        visit.desk.models.may_serve(name)


@contextmanager
def _changing(visit: Visit, name: str) -> Iterator[None]:
    """However it ends, the name may have other weights behind it: whoever probes models looks anew."""
    try:
        yield
    finally:
        if visit.desk.models is not None:
            visit.desk.models.changed(lambda one: wire.plain(one) == wire.plain(name))


def _check_host(settings: Settings, name: str) -> None:
    """Raises WireError for a registry that the operator has not named."""
    host = wire.host(name)
    if host and host not in {one.casefold() for one in settings.training.registries}:
        message = "This registry of models is not one that guardproxy lets through (`training: registries:`)."
        raise WireError(message, status=403, code="registry_not_allowed", param="model")


async def _there(visit: Visit) -> dict[str, bool]:
    """The models that the upstream has, and whether each is an adapter. Raises UpstreamError, WireError."""
    try:
        return wire.listed(await _sent(visit, "GET", MODELS))
    except ValueError:
        raise UpstreamError("the upstream answered with no list", code="upstream_invalid_response") from None


def _taken(name: str, param: str) -> WireError:
    message = f"There is a model {name!r} already; take another name, or delete that one first."
    return WireError(message, status=409, code="model_exists", param=param)


@asynccontextmanager
async def _denied(visit: Visit, name: str, door: str) -> AsyncIterator[None]:
    """What is refused here is in the audit log."""
    try:
        yield
    except WireError as e:
        await _tell(visit, "door_denied", name, door=door, code=e.code or "")
        raise


async def _tell(visit: Visit, action: str, subject: str, **details: Json) -> None:
    await visit.desk.tell(action, visit.caller, subject, **details)


async def _sent(visit: Visit, method: str, path: str, body: Mapping[str, Json] | None = None) -> Json:
    """The upstream's answer; None where it is no JSON. Its errors are told by their status."""
    answer = await visit.desk.upstream.send(method, path, None if body is None else dump(dict(body)))
    try:
        data = await (answer.read() if answer.status == 200 else answer.head())
    finally:
        answer.close()
    if answer.status != 200:
        code = f"upstream_status_{answer.status}"
        visit.record.failed(code, upstream=True)
        status = answer.status if answer.status < 500 else 502
        raise WireError("The upstream refuses this.", status=status, code=code)
    try:
        return parse_reply(data)
    except WireError:
        return None


DOORS: Final[Mapping[str, Mapping[tuple[str, str], Handler]]] = {
    "load_lora_adapter": {(LOAD, "POST"): load},
    "unload_lora_adapter": {(UNLOAD, "POST"): unload},
    "checkpoint_permissions": {
        (PERMISSIONS, "GET"): permissions,
        (PERMISSIONS, "POST"): permit,
        (PERMISSIONS + "/{id}", "DELETE"): forbid,
    },
    "pull": {(PULL, "POST"): _model("pull", "POST", PULL)},
    "push": {(PUSH, "POST"): _model("push", "POST", PUSH)},
    "copy": {(COPY, "POST"): copy},
    "delete": {(DELETE, "DELETE"): _model("delete", "DELETE", DELETE)},
}
"""Name of a door to its routes."""
