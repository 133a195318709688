"""Finds what a text classifier of the operator finds: Prompt Guard, ProtectAI's, guard models (docs/models.md).

    filters:
      injection: {use: classifier, model: prompt-guard}

The labels are those that the operator's settings give to the model's; one without a dot is `<filter>.<label>`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import field_validator

from guardproxy.filters._model_filter import ModelConfig, ModelFilter
from guardproxy.inference import models
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
        self.labels = tuple(config.labels) or LABELS
        if config.model in models.names():  # a policy may be checked where the operator's settings are not
            self.labels = tuple(self._named(models.labels(config.model)))

    def _named(self, said: Sequence[str]) -> dict[str, str]:
        """Label that is reported to the model's, for those that are looked for. Raises ConfigError."""
        every = {label if "." in label else f"{self.name}.{label}": label for label in said}
        if odd := sorted(self.config.labels - set(every)):
            raise ConfigError(
                f"filter {self.name!r}: model {self.config.model!r} can't say {', '.join(odd)}; it says {', '.join(every)}",
                path=("labels",),
            )
        return {label: each for label, each in every.items() if not self.config.labels or label in self.config.labels}

    def _picks(self, known: Sequence[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
        named = self._named(known)
        self.labels = tuple(named)
        return tuple((label, (known.index(output),)) for label, output in named.items())
