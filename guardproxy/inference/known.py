"""What the models of others say and how they are run, told from the operator's settings alone: nothing is loaded here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from guardproxy.inference import taxonomies, weights
from guardproxy.inference.classifier import Spec
from guardproxy.sources import (
    DetoxifySource,
    GenerativeSource,
    Known,
    TokensSource,
    TransformersSource,
)
from guardproxy.types import ConfigError

ROLES: Final = frozenset({"user", "assistant", "document", "tool", "training_example"})
START: Final = 300.0
"""Seconds that loading may take: gigabytes from a slow disk, a checkpoint that is converted."""
WIDTH, STEP = 720, 480
"""Characters of a window, and from one to the next, where a filter doesn't say."""

DETOXIFY: Final[Mapping[str, str]] = {
    "toxicity": "toxicity",
    "severe_toxicity": "severe_toxicity",
    "obscene": "profanity",
    "threat": "threat",
    "insult": "insult",
    "identity_attack": "hate",
    "sexual_explicit": "sexual",
}
"""Detoxify's classes, by its standard names, and what filters know them by."""
UNBIASED_ONLY: Final = "sexual_explicit"
"""The class that the two original models don't have."""


def labels(source: Known) -> tuple[str, ...]:
    """What a model can say, in the order of its scores. Raises ConfigError for one that says nothing of a whole text."""
    match source:
        case TransformersSource():
            return tuple(dict.fromkeys(source.labels.values()))
        case DetoxifySource():
            return tuple(ours for name, ours in DETOXIFY.items() if name in classes(source))
        case GenerativeSource():
            return tuple(dict.fromkeys(categories(source).values()))
        case TokensSource():
            raise ConfigError(
                "a model of kind `tokens` says what words are, not what a text is: name it as `token_model` of a filter of "
                "kind `presidio`"
            )


def classes(source: DetoxifySource) -> tuple[str, ...]:
    """The classes of a variant of Detoxify."""
    original = source.variant.startswith("original")
    return tuple(name for name in DETOXIFY if not (original and name == UNBIASED_ONLY))


def categories(source: GenerativeSource) -> Mapping[str, str]:
    """Category of a generative model to our label."""
    return source.labels or taxonomies.LABELS[source.format]


def spec(name: str, source: Known, threads: int) -> Spec:
    """How a classifier is run. Raises ConfigError."""
    options = worker_options(source, threads)
    return Spec(
        name=name,
        module=MODULES[source.kind],
        options=options,
        labels=labels(source),
        first=frozenset(),
        roles=ROLES,
        width=WIDTH,
        step=STEP,
        digest=hashlib.sha256(source.model_dump_json().encode()).hexdigest(),
        memory=weights.memory(options),
        pace=source.pace * WIDTH / 1000,
        start=START,
    )


def worker_options(source: Known, threads: int) -> dict[str, Any]:
    """What a worker is given."""
    options: dict[str, Any] = {**source.model_dump(exclude={"kind", "pace"}), "threads": threads}
    if isinstance(source, DetoxifySource):
        options["labels"] = {each: DETOXIFY[each] for each in classes(source)}
    if isinstance(source, GenerativeSource):
        options["labels"] = dict(categories(source))
    return options


MODULES: Final[Mapping[str, str]] = {
    "transformers": "guardproxy.inference.transformers_model",
    "detoxify": "guardproxy.inference.detoxify_model",
    "generative": "guardproxy.inference.generative_model",
    "tokens": "guardproxy.inference.token_model",
}
"""Kind of a source to what its workers load."""
