"""Finds text that tries to override instructions, and jailbreaks, with a small model."""

from __future__ import annotations

from guardproxy.filters._model_filter import ModelConfig, ModelFilter

OUTPUTS = {
    "injection.override": ("injection",),
    "injection.jailbreak": ("jailbreak",),
}
LABELS = tuple(OUTPUTS)
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured (docs/models/small.md), not listed here


class Config(ModelConfig):
    """What is looked for."""

    LABELS = LABELS


class Filter(ModelFilter):
    """Injection and jailbreaks by window."""

    OUTPUTS = OUTPUTS
