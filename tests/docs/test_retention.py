"""docs/retention.md names every setting by which something is kept, and `guardproxy erase` knows each store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from guardproxy.config import Settings
from guardproxy.governance import erasure

PAGE = (Path(__file__).parents[2] / "docs" / "retention.md").read_text(encoding="utf-8")
FILES = re.compile(r"(^|[._])(path|file|redis|log|checkpoints|state|baseline|registry|trust)$")
OTHER = {"training.max_file", "batches.max_file"}
"""Sizes."""
NAMELESS = {"quotas", "probe"}
"""Stores without anybody's name."""


def fields(model: type[BaseModel], above: str = "") -> list[str]:
    """Dotted names of all settings."""
    out = []
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            out += fields(kind, f"{above}{name}.")
        else:
            out.append(f"{above}{name}")
    return out


def test_every_setting_that_names_a_file_is_on_the_page():
    found = [one for one in fields(Settings) if FILES.search(one) and one not in OTHER]
    assert len(found) > 10
    assert [one for one in found if f"`{one}`" not in PAGE] == []


def test_every_store_can_be_erased():
    kept = {one.partition(".")[0] for one in fields(Settings) if one.endswith(".path")}
    full = Settings.model_construct(
        **{name: type("S", (), {"path": "x", "redis": ""})() for name in kept | set(erasure.SERVED)}
    )
    assert set(erasure.stores(full)) == kept - NAMELESS
