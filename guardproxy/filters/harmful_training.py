"""Finds fine-tuning examples that teach harmful compliance, with a small model."""

from __future__ import annotations

from guardproxy.filters._model_filter import ModelConfig, ModelFilter
from guardproxy.types import Origin

OUTPUTS = {
    "training.harmful": ("harmful_training",),
}
LABELS = tuple(OUTPUTS)
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured (docs/models/small.md), not listed here


class Config(ModelConfig):
    """What is looked for."""

    LABELS = LABELS


class Filter(ModelFilter):
    """Harmful examples by window. An example is a JSON list or object of chat messages; no other text is read."""

    OUTPUTS = OUTPUTS

    def role(self, origin: Origin) -> str:
        return "training_example"

    def reads(self, head: str) -> bool | None:
        begun = head.lstrip()
        return begun[0] in "[{" if begun else None
