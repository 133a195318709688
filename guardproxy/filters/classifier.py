"""Finds what any text classifier of the operator's finds: Prompt Guard, ProtectAI's, guard models run locally (docs/models.md).

    filters:
      injection: {use: classifier, model: prompt-guard}

The labels are those that the operator's settings give to the model's; one without a dot is `<filter>.<label>`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import field_validator

from guardproxy.filters._model_filter import ModelConfig, ModelFilter
from guardproxy.inference import known, models
from guardproxy.sections import ModelSource
from guardproxy.types import ConfigError

LABELS = ("*",)
"""Any label: which ones is said by the operator's settings (`labels`)."""
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured, not listed here


class Config(ModelConfig):
    """Which model, and which of its labels."""

    model: str
    """Name of a model in the operator's settings (`inference: models:`). Never a path, never fetched."""

    @field_validator("labels")
    @classmethod
    def _known(cls, value: frozenset[str]) -> frozenset[str]:
        return value  # the filter knows them, once it knows the model


class Filter(ModelFilter):
    """What the model says, by window."""

    def __init__(self, name: str, config: Config) -> None:
        super().__init__(name, config)
        source = models.source(config.model)
        said = models.spec(config.model).labels if isinstance(source, ModelSource) else known.labels(source)
        every = {label if "." in label else f"{name}.{label}": label for label in said}
        if odd := sorted(config.labels - set(every)):
            raise ConfigError(
                f"filter {name!r}: model {config.model!r} can't say {', '.join(odd)}; it says {', '.join(every)}",
                path=("labels",),
            )
        self._outputs = {label: each for label, each in every.items() if not config.labels or label in config.labels}
        self.labels = tuple(self._outputs)

    def _picks(self, known: Sequence[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
        return tuple((label, (known.index(output),)) for label, output in self._outputs.items())
