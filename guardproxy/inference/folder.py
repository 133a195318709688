"""A model as a folder: `model.json` says what it is, `model.onnx` has the weights, `tokenizer.json` the vocabulary.

The serving process reads `model.json` alone. The worker reads the rest, and only what has the checksums that stand there.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from guardproxy.types import ConfigError

ABOUT, WEIGHTS, TOKENIZER = "model.json", "model.onnx", "tokenizer.json"
_REMEDY = "install guardproxy anew, or name a whole model under `inference: models:` in the settings"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Label(_Part):
    """One output: its score is `sigmoid(scale * logit + shift)`."""

    scale: float = Field(1.0, gt=0, le=1000)
    shift: float = Field(0.0, ge=-1000, le=1000)
    windows: Literal["max", "first"] = "max"
    """Which window of a text speaks for it: the worst one, or the first (an answer that refuses begins with that)."""


class WindowSizes(_Part):
    """How long texts were cut when the model learnt."""

    characters: int = Field(gt=0, le=100_000)
    step: int = Field(gt=0, le=100_000)


Sum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class About(_Part):
    """What `model.json` says."""

    format: Literal[1]
    name: str
    version: str
    max_tokens: int = Field(ge=8, le=8192)
    roles: dict[str, str] = Field(min_length=1)
    """Who says a text, to the token that tells the model."""
    window: WindowSizes
    together: int = Field(1, ge=1, le=64)
    """Texts computed together. More than one only where each gets what it would get alone: products in eight bits scale
    their input by the largest number in it, which beside other texts may be another's."""
    labels: dict[str, Label] = Field(min_length=1, max_length=1000)
    """In the order of the model's outputs."""
    files: dict[str, Sum]
    """File to its SHA-256."""


class Folder:
    """A folder whose `model.json` was read. Raises ConfigError that names the file and what to do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        file = path / ABOUT
        raw = _bytes(file)
        self.digest = hashlib.sha256(raw).hexdigest()
        """Of `model.json`, which holds those of the files: another model has another."""
        try:
            self.about = About.model_validate_json(raw)
        except pydantic.ValidationError as e:
            first = e.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise ConfigError(f"{file}: {place + ': ' if place else ''}{first['msg']}; {_REMEDY}") from None
        if missing := [name for name in (WEIGHTS, TOKENIZER) if name not in self.about.files]:
            raise ConfigError(f"{file}: `files` has no checksum of {' and '.join(missing)}; add it (sha256sum)")

    def read(self, name: str) -> bytes:
        """The bytes of a file, after they proved to be those that are meant."""
        raw = _bytes(self.path / name)
        if hashlib.sha256(raw).hexdigest() != self.about.files[name]:
            raise ConfigError(f"{self.path / name} is not the file whose checksum stands in {ABOUT}; {_REMEDY}")
        return raw


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"there is no {file}; {_REMEDY}") from None
    except OSError as e:
        raise ConfigError(f"can't read {file}: {e.strerror or e}; {_REMEDY}") from None
