"""What changes models at backends, beside tuning: vLLM's adapters, OpenAI's checkpoint permissions, Ollama's models.

Requests are read by known names and written anew; replies are rebuilt, and no text of theirs is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from guardproxy.types import Json, WireError
from guardproxy.wire.files import listing
from guardproxy.wire.tuning import ID, rows

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,255}")
"""A name of a model, as it may stand in logs."""
MAX_PROJECTS: Final = 100
OLLAMA: Final = "registry.ollama.ai"
"""The registry of names that say none."""


def _named(body: Mapping[str, Json], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not NAME.fullmatch(value) or ".." in value:
        raise WireError(f"`{name}` must be the name of a model.", param=name)
    return value


def _only(body: Mapping[str, Json], *names: str) -> None:
    """Nothing passes that nobody has looked at. Raises WireError."""
    if unknown := sorted(body.keys() - set(names)):
        what = unknown[0][:64]
        raise WireError(f"Parameter {what!r} is not let through here.", code="unknown_parameter", param=what)


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that vLLM is to load."""

    name: str
    path: str
    inplace: bool

    @property
    def body(self) -> dict[str, Json]:
        """For the upstream."""
        more = {"load_inplace": True} if self.inplace else {}
        return {"lora_name": self.name, "lora_path": self.path, **more}


def adapter(body: Mapping[str, Json]) -> Adapter:
    """Raises WireError."""
    _only(body, "lora_name", "lora_path", "load_inplace")
    path, inplace = body.get("lora_path"), body.get("load_inplace", False)
    if not isinstance(path, str) or not path.startswith("/") or not 0 < len(path) <= 1024 or "\0" in path:
        raise WireError("`lora_path` must be the whole path of a folder.", param="lora_path")
    if not isinstance(inplace, bool):
        raise WireError("`load_inplace` must be true or false.", param="load_inplace")
    return Adapter(_named(body, "lora_name"), path, inplace)


def unloaded(body: Mapping[str, Json]) -> str:
    """The adapter that is to go. Raises WireError."""
    _only(body, "lora_name")
    return _named(body, "lora_name")


def model(body: Mapping[str, Json]) -> str:
    """The model that Ollama is to fetch, send or delete. Raises WireError; also for `insecure`."""
    _only(body, "model", "name", "stream")
    return _named(body, "model" if "model" in body else "name")


def copied(body: Mapping[str, Json]) -> tuple[str, str]:
    """(model, its other name). Raises WireError."""
    _only(body, "source", "destination")
    return _named(body, "source"), _named(body, "destination")


def host(name: str) -> str:
    """The registry that a name of Ollama's says (`host/namespace/model`); empty for Ollama's own."""
    found = name.rsplit("/", 2)[0].casefold() if name.count("/") > 1 else ""
    return "" if found == OLLAMA else found


def plain(name: str) -> str:
    """A name of Ollama's as it is stored: case doesn't count, and `latest` is the tag of who says none."""
    name = name.casefold().removeprefix(f"{OLLAMA}/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def listed(reply: Json) -> dict[str, bool]:
    """Names of the models that a server has, and whether each is an adapter (vLLM names its `parent`). Raises ValueError."""
    data = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(data, list):
        raise ValueError("no list")
    return {str(one.get("id")): bool(one.get("parent")) for one in data if isinstance(one, dict)}


def succeeded(reply: Json) -> bool:
    """Whether Ollama says that it is done. A copy and a deletion say nothing."""
    return reply is None or (isinstance(reply, dict) and reply.get("status") == "success" and "error" not in reply)


def projects(body: Mapping[str, Json]) -> list[str]:
    """Projects that a checkpoint is to be shared with. Raises WireError."""
    _only(body, "project_ids")
    given = body.get("project_ids")
    if not isinstance(given, list) or not 0 < len(given) <= MAX_PROJECTS:
        raise WireError(f"`project_ids` must be a list of 1 to {MAX_PROJECTS} ids.", param="project_ids")
    if not all(isinstance(one, str) and ID.fullmatch(one) for one in given):
        raise WireError("`project_ids` has something that is no id.", param="project_ids")
    return [str(one) for one in given]


def permissions(reply: Json) -> dict[str, Json]:
    """A list of permissions. Raises ValueError for what is none."""
    out: list[dict[str, Json]] = []
    for row in rows(reply):
        id, project, created = row.get("id"), row.get("project_id"), row.get("created_at")
        if isinstance(id, str) and ID.fullmatch(id):
            known = project if isinstance(project, str) and ID.fullmatch(project) else None
            at = created if isinstance(created, int) and not isinstance(created, bool) else None
            out.append({"id": id, "object": "checkpoint.permission", "created_at": at, "project_id": known})
    return listing(out)
