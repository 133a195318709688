"""`/models`, `/models/{id}` and Ollama's `/api/tags`, rebuilt: names and numbers of the upstream's answer, nothing else of it.

Servers put file paths, prompts' templates and owners' names here. An id is kept only if it looks like a model's name.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from guardproxy.types import Json, WireError

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]*(?:/[A-Za-z0-9_.:@+-]+){0,4}")
_OWNER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_INTS: Final = ("created", "max_model_len")
MAX_MODELS = 10_000
MAX_TIME: Final = 253_402_300_799
"""The last second of the year 9999, which is the last that can be written down."""


def valid_id(value: Json) -> bool:
    """Whether it looks like a model's name: `gpt-oss:20b`, `openai/gpt-oss-20b`, no path from the root or upwards."""
    return isinstance(value, str) and len(value) <= 256 and bool(_ID.fullmatch(value)) and ".." not in value


def model(body: Json) -> dict[str, Any]:
    """One model. Raises WireError when the upstream's answer is none."""
    if not isinstance(body, dict) or not valid_id(body.get("id")):
        raise WireError("the upstream's answer is no model that can be shown", status=502, code="upstream_error")
    owner = body.get("owned_by")
    out: dict[str, Any] = {"id": body["id"], "object": "model", "created": 0}
    out |= {name: body[name] for name in _INTS if type(body.get(name)) is int and 0 <= body[name] < 1 << 53}
    out["owned_by"] = owner if isinstance(owner, str) and _OWNER.fullmatch(owner) else "unknown"
    return out


def models(body: Json) -> dict[str, Any]:
    """The list. Entries whose id can't be shown are left out. Raises WireError when the answer is no list."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise WireError("the upstream's answer is no list of models", status=502, code="upstream_error")
    shown = [m for m in data[:MAX_MODELS] if isinstance(m, dict) and valid_id(m.get("id"))]
    return {"object": "list", "data": [model(m) for m in shown]}


def tags(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """The same list as Ollama's clients read it (`/api/tags`): names and when they came; the rest is not told here."""
    return {"models": [_tag(one["id"], one["created"]) for one in listed]}


def _tag(id: str, created: int) -> dict[str, Any]:
    at = datetime.fromtimestamp(min(created, MAX_TIME), UTC).isoformat().replace("+00:00", "Z")
    return {"name": id, "model": id, "modified_at": at, "size": 0, "digest": "", "details": {}}
