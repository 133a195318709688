"""The base of every section of the settings, and the section that others than `config` read too."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, field_validator

from guardproxy.amounts import Bytes, Count
from guardproxy.sources import KINDS, DetoxifySource, GenerativeSource, TokensSource, TransformersSource
from guardproxy.types import Path

MODEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""A name of a model that filters use, as it may stand in metrics."""


class Section(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSource(Section):
    """Where a model comes from."""

    kind: Literal["onnx"] = "onnx"
    """`onnx`: a folder with `model.json`, `model.onnx` and `tokenizer.json`, like the one that is shipped."""
    path: str
    """The folder."""


def _kind(value: Any) -> Any:
    """The kind of an entry: `onnx` where none is written."""
    return value.get("kind", "onnx") if isinstance(value, dict) else getattr(value, "kind", "onnx")


AnySource = Annotated[
    Annotated[ModelSource, Tag("onnx")]
    | Annotated[TransformersSource, Tag("transformers")]
    | Annotated[DetoxifySource, Tag("detoxify")]
    | Annotated[GenerativeSource, Tag("generative")]
    | Annotated[TokensSource, Tag("tokens")],
    Discriminator(
        _kind,
        custom_error_type="kind",
        custom_error_message=f"there is no such kind of model; there are onnx, {', '.join(KINDS)}",
    ),
]


class Inference(Section):
    """The models that filters use. Each runs in processes of its own."""

    models: dict[str, AnySource] = {}
    """Name to source. Policies only name them. `small` is shipped; an entry of that name takes its place."""
    workers: Count = 1
    """Processes of each model."""
    threads: Count = 1
    """Threads of each of those processes."""
    queue: Count = 512
    """Windows of text that may wait for a model. One more is a `guard.timeout` at once."""
    cache: Bytes = 32_000_000
    """Of scores that each model keeps, so that no text is read twice."""

    @field_validator("models")
    @classmethod
    def _names(cls, value: dict[str, AnySource]) -> dict[str, AnySource]:
        for name in value:
            if not MODEL.fullmatch(name):
                raise ValueError(f"{name!r} can't be a model's name; use small letters, digits and . _ -")
        return value


# ---------------------------------------------------------------------------------------------------- places


def as_written(path: Path) -> Path:
    """A place of pydantic's as the operator wrote it: without the kind of a model, which is no key."""
    return path[:3] + path[4:] if path[:2] == ("inference", "models") else path
