"""Finds toxic text with a model of Detoxify, from a checkpoint that the operator has (docs/models.md)."""

from __future__ import annotations

from collections.abc import Sequence

from guardproxy.filters._model_filter import ModelConfig, ModelFilter
from guardproxy.types import ConfigError

OUTPUTS = {
    "toxicity.toxic": ("toxicity",),
    "toxicity.severe": ("severe_toxicity",),
    "toxicity.profanity": ("profanity",),
    "toxicity.threat": ("threat",),
    "toxicity.insult": ("insult",),
    "toxicity.hate": ("hate",),
    "toxicity.sexual": ("sexual",),
}
LABELS = tuple(OUTPUTS)
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured, not listed here


class Config(ModelConfig):
    """What is looked for, and with which model."""

    LABELS = LABELS

    model: str
    """Name of a model in the operator's settings (`inference: models:`), of kind `detoxify`. Never a path, never fetched."""


class Filter(ModelFilter):
    """Toxicity by window. Where `labels` is not given, all that the model knows: the two `original` ones know nothing of
    sexual text."""

    OUTPUTS = OUTPUTS

    def _picks(self, known: Sequence[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
        if not self.config.labels:
            self.labels = tuple(label for label, (output,) in OUTPUTS.items() if output in known)
            if not self.labels:
                raise ConfigError(
                    f"filter {self.name!r}: model {self.config.model!r} knows none of Detoxify's classes; use `classifier`"
                )
        return super()._picks(known)
