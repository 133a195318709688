"""Tells whether an answer refuses, with a small model."""

from __future__ import annotations

from guardproxy.filters._model_filter import ModelConfig, ModelFilter

OUTPUTS = {
    "answer.refusal": ("refusal",),
}
LABELS = tuple(OUTPUTS)
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured (docs/models/small.md), not listed here


class Config(ModelConfig):
    """What is looked for."""

    LABELS = LABELS


class Filter(ModelFilter):
    """Refusals. An answer that refuses says so at its beginning: nothing behind it is read."""

    OUTPUTS = OUTPUTS
    FIRST = True
