"""Finds toxic, hateful, harassing, threatening, profane and sexual text with a small model."""

from __future__ import annotations

from guardproxy.filters._model_filter import ModelConfig, ModelFilter

OUTPUTS = {
    "toxicity.toxic": ("toxicity",),
    "toxicity.hate": ("hate",),
    "toxicity.harassment": ("harassment",),
    "toxicity.threat": ("threat",),
    "toxicity.profanity": ("profanity",),
    "toxicity.sexual": ("sexual",),
}
LABELS = tuple(OUTPUTS)
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured (docs/models/small.md), not listed here


class Config(ModelConfig):
    """What is looked for."""

    LABELS = LABELS


class Filter(ModelFilter):
    """Toxicity by window."""

    OUTPUTS = OUTPUTS
