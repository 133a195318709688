"""Finds answers that give harmful help, with a small model."""

from __future__ import annotations

from guardproxy.filters._model_filter import ModelConfig, ModelFilter

OUTPUTS = {
    "answer.harmful": ("harmful_response",),
}
LABELS = tuple(OUTPUTS)
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured (docs/models/small.md), not listed here


class Config(ModelConfig):
    """What is looked for."""

    LABELS = LABELS


class Filter(ModelFilter):
    """Harmful answers by window."""

    OUTPUTS = OUTPUTS
