"""The models of this process by name: what the operator's settings say, the shipped one, and those that run now.

A model is loaded once in an event loop, however many filters and policies use it, and closed by the last of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import guardproxy
from guardproxy.inference import known, weights
from guardproxy.inference.classifier import Classifier, Counts, Spec
from guardproxy.inference.folder import Folder
from guardproxy.inference.pool import Pool
from guardproxy.sections import AnySource, Inference, ModelSource
from guardproxy.sources import TokensSource
from guardproxy.types import ConfigError

SHIPPED: Final = "small"
"""The model that comes with the package, and that filters use when nothing else is named."""


@dataclass(eq=False, slots=True)
class _Shared:
    classifier: Classifier
    starting: asyncio.Task[None]
    users: int = 0


_settings = Inference()
_running: dict[tuple[asyncio.AbstractEventLoop, Spec], _Shared] = {}
_counts: dict[str, Counts] = {}


def configure(settings: Inference) -> None:
    """Take the operator's word on what models there are. Models that run already stay as they are."""
    global _settings
    _settings = settings


def names() -> tuple[str, ...]:
    """Names that a policy's `model:` may have."""
    return tuple(sorted({SHIPPED, *_settings.models}))


def source(name: str) -> AnySource:
    """Where a model comes from. Raises ConfigError for an unknown name."""
    if name in _settings.models:
        return _settings.models[name]
    if name == SHIPPED:
        return ModelSource(path=str(Path(guardproxy.__file__).parent / "models" / SHIPPED))
    raise ConfigError(
        f"there is no model {name!r}; the models are {', '.join(names())} (add it under `inference: models:` in the settings)"
    )


def pace(name: str) -> float:
    """Seconds that a kilobyte of text may take with a model, if the settings say so; otherwise 0."""
    return float(getattr(_settings.models.get(name), "pace", 0.0))


def tokens(name: str) -> TokensSource | None:
    """The token classifier of this name; None where the settings don't know the name. Raises ConfigError for another kind."""
    one = _settings.models.get(name)
    if one is not None and not isinstance(one, TokensSource):
        raise ConfigError(f"model {name!r} is of kind {one.kind}; a `token_model` is one of kind tokens")
    return one


def tagger(name: str, score: float, workers: int) -> Pool:
    """Workers of a token classifier, not started: texts in, lists of [entity, start, end, score] out. Raises ConfigError."""
    one = tokens(name)
    if one is None:
        source(name)  # says what there is
        raise ConfigError(f"model {name!r} is of kind onnx; a `token_model` is one of kind tokens")
    options = {**known.worker_options(one, _settings.threads), "score": score}
    return Pool(
        known.MODULES[one.kind],
        options,
        workers=workers,
        queue=64 * workers,
        deadline=10 + one.pace * 8,
        start_deadline=known.START,
        memory=weights.memory(options),
    )


def _of_folder(name: str, one: ModelSource) -> Spec:
    path = Path(one.path).resolve()
    folder = Folder(path)
    about = folder.about
    return Spec(
        name=name,
        module="guardproxy.inference.onnx_model",
        options={"path": str(path), "threads": _settings.threads},
        labels=tuple(about.labels),
        first=frozenset(label for label, one in about.labels.items() if one.windows == "first"),
        roles=frozenset(about.roles),
        width=about.window.characters,
        step=about.window.step,
        digest=folder.digest,
    )


def spec(name: str) -> Spec:
    """What a model says and how it is run. Raises ConfigError when it isn't there or is not whole."""
    one = source(name)
    return _of_folder(name, one) if isinstance(one, ModelSource) else known.spec(name, one, _settings.threads)


def labels(name: str) -> tuple[str, ...]:
    """What a model can say, told without loading it. Raises ConfigError."""
    one = source(name)
    return tuple(_of_folder(name, one).labels) if isinstance(one, ModelSource) else known.labels(one)


async def acquire(name: str) -> Classifier:
    """A running model; give it back with `release`. Raises ConfigError with what an operator has to do."""
    wanted, loop = spec(name), asyncio.get_running_loop()
    shared = _running.get((loop, wanted))
    if shared is None:
        bounds = {"workers": _settings.workers, "queue": _settings.queue, "cache": _settings.cache}
        classifier = Classifier(wanted, **bounds, counts=_counts.setdefault(name, Counts()))
        shared = _running[loop, wanted] = _Shared(classifier, loop.create_task(classifier.start()))
    shared.users += 1
    try:
        await asyncio.shield(shared.starting)
    except BaseException:
        await release(shared.classifier)
        raise
    return shared.classifier


async def release(classifier: Classifier) -> None:
    """Give back what `acquire` gave. The last user closes the model."""
    key = (asyncio.get_running_loop(), classifier.spec)
    shared = _running[key]
    shared.users -= 1
    if shared.users:
        return
    del _running[key]
    shared.starting.cancel()
    await asyncio.gather(shared.starting, return_exceptions=True)
    await classifier.aclose()


def running() -> list[Classifier]:
    """The models that run now."""
    return [shared.classifier for shared in _running.values()]


def counts() -> Mapping[str, Counts]:
    """What every model did that ran in this process, by name."""
    return _counts
