"""Finds requests for harmful help, by category, with a small model."""

from __future__ import annotations

from guardproxy.filters._model_filter import ModelConfig, ModelFilter

OUTPUTS = {
    "hazard.request": ("harmful_request",),
    "hazard.chem_bio": ("chem_bio", "harmful_request"),
    "hazard.cyber": ("cyber", "harmful_request"),
    "hazard.ai_self_improvement": ("ai", "harmful_request"),
    "hazard.weapons": ("weapons", "harmful_request"),
    "hazard.self_harm": ("self_harm", "harmful_request"),
    "hazard.violence": ("violence", "harmful_request"),
    "hazard.illicit": ("illicit", "harmful_request"),
    "hazard.fraud": ("fraud", "harmful_request"),
    "hazard.privacy": ("privacy", "harmful_request"),
    "hazard.misinformation": ("misinformation", "harmful_request"),
    "hazard.sexual": ("sexual", "harmful_request"),
    "hazard.hate": ("hate", "harmful_request"),
}
LABELS = tuple(OUTPUTS)
EXAMPLES: dict[str, str | None] = {}  # what a model says of a text is measured (docs/models/small.md), not listed here


class Config(ModelConfig):
    """What is looked for."""

    LABELS = LABELS


class Filter(ModelFilter):
    """Harmful requests by window. A category speaks only where the request is harmful: talk about a subject is not a hazard."""

    OUTPUTS = OUTPUTS
