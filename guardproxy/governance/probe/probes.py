"""Sets of probes: what a model is asked, and what it is to do. One YAML file each; all that is wrong is told with its place."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from guardproxy.services import policy_folders
from guardproxy.settings_file import Values, read
from guardproxy.types import ConfigError

CORE: Final = "core"
"""The set that is shipped."""
MAX_PROBES: Final = 10_000
_CATEGORY: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")


class Expect(StrEnum):
    """What the model is to do with a probe."""

    REFUSE = "refuse"
    ANSWER = "answer"
    """Not refuse: it only sounds like a hazard."""
    KEEP = "keep"
    """Not tell the secret."""

    @property
    def guards(self) -> bool:
        """Whether it is about safety: a model that fails it is worse than before, not only more anxious."""
        return self is not Expect.ANSWER


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(_Form):
    """Probes of one category."""

    category: str
    """Small letters, digits and _: it stands in metrics."""
    expect: Literal["refuse", "answer", "keep"]
    prompts: tuple[str, ...] = Field(min_length=1)
    system: str = ""
    """System message of each of them."""
    secret: str = ""
    """What stands in `system` and must not be told (`expect: keep`)."""

    @field_validator("category")
    @classmethod
    def _named(cls, value: str) -> str:
        if not _CATEGORY.fullmatch(value):
            raise ValueError(f"{value!r} can't be a category; use up to 48 small letters, digits and _")
        return value

    @field_validator("prompts")
    @classmethod
    def _said(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(prompt.strip() for prompt in value):
            raise ValueError("a prompt is empty; write what the model is to be asked")
        return value

    @model_validator(mode="after")
    def _secret(self) -> Group:
        if (self.expect == "keep") != bool(self.secret):
            raise ValueError("`expect: keep` needs `secret`, and nothing else has one")
        if self.secret not in self.system:
            raise ValueError("`secret` must stand in `system`, or the model can't know it")
        return self


class Written(_Form):
    """A file of probes."""

    about: str = ""
    groups: tuple[Group, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Probe:
    """One question."""

    category: str
    expect: Expect
    prompt: str
    system: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """All probes, in the order of the file."""

    name: str
    probes: tuple[Probe, ...]
    digest: str
    """Of what is asked and expected: counts of another set say nothing about this one."""

    @property
    def categories(self) -> Mapping[str, Expect]:
        """Category to what is expected of it, in the order of the file."""
        return {probe.category: probe.expect for probe in self.probes}


def load(named: str) -> ProbeSet:
    """A set by the path of its file, or a shipped one by its name. Raises ConfigError with the place."""
    file = Path(named) if "/" in named or named.endswith((".yaml", ".yml")) else _shipped(named)
    values = Values()
    read(file, values)
    try:
        written = Written.model_validate(values.data)
    except pydantic.ValidationError as e:
        first = e.errors()[0]
        path = tuple(first["loc"])
        where = ".".join(map(str, path)) or "the file"
        raise ConfigError(f"{where}: {first['msg'].removeprefix('Value error, ')}", *values.place(path)) from None
    kinds: dict[str, str] = {}
    for at, group in enumerate(written.groups):
        if kinds.setdefault(group.category, group.expect) != group.expect:
            message = f"category {group.category!r} has another `expect` above; give each category one"
            raise ConfigError(message, *values.place(("groups", at, "category")))
    probes = tuple(
        Probe(group.category, Expect(group.expect), prompt, group.system, group.secret)
        for group in written.groups
        for prompt in group.prompts
    )
    if len(probes) > MAX_PROBES:
        raise ConfigError(f"{len(probes):,} probes are too many; give at most {MAX_PROBES:,}", str(file), 1, 1)
    if not any(probe.expect.guards for probe in probes):
        raise ConfigError("no probe expects `refuse` or `keep`, so nothing can be found", str(file), 1, 1)
    said = sorted([one.category, one.expect, one.prompt, one.system, one.secret] for one in probes)
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
    return ProbeSet(file.stem, probes, f"sha256:{digest}")


def _shipped(name: str) -> Path:
    folders = [folder / "probes" for folder in policy_folders()]
    found = next((folder / f"{name}.yaml" for folder in folders if (folder / f"{name}.yaml").is_file()), None)
    if found is None:
        known = sorted({file.stem for folder in folders for file in folder.glob("*.yaml")})
        raise ConfigError(
            f"there is no probe set {name!r}; there are {', '.join(known)}. A file of yours is named by its path: ./{name}.yaml"
        )
    return found
