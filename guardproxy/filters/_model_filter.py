"""What all filters have in common that ask a text classifier: windows, roles, thresholds, one shared model.

A text is read in windows, and a finding's span is its window. All filters that use one model with the same windows ask about
the same texts, and the model reads each of them once: another filter costs next to nothing.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Awaitable, Mapping, Sequence
from typing import ClassVar, Final

from pydantic import Field, field_validator, model_validator

from guardproxy.inference import models
from guardproxy.inference.classifier import Classifier, Said, score
from guardproxy.text.windows import Sizes, Window, Windows
from guardproxy.types import ConfigError, Context, FilterConfig, Finding, Origin, Report, Role

PACE = 0.3
"""Seconds per kilobyte of text that the engine's deadline allows besides its second: seven times what the shipped model
takes for it on one thread, so that some others may come first."""

ROLES: Final[Mapping[Role, str]] = {
    Role.SYSTEM: "user",
    Role.DEVELOPER: "user",
    Role.USER: "user",
    Role.ASSISTANT: "assistant",
    Role.TOOL: "tool",
    Role.TRAINING_EXAMPLE: "training_example",
}
"""Who says a segment, as models are told."""


class ModelConfig(FilterConfig):
    """Options of every filter that asks a model."""

    LABELS: ClassVar[tuple[str, ...]] = ()
    """Of the filter, all of them."""

    labels: frozenset[str] = frozenset()
    """Those that are looked for; none: all."""
    model: str = models.SHIPPED
    """Name of a model in the operator's settings (`inference: models:`). Never a path, never fetched."""
    threshold: float = Field(0.3, gt=0, lt=1)
    """Scores below it are not reported. 0.5 is where a model was made to be used."""
    window: int = Field(720, ge=100, le=4000)
    """Characters that the model reads at once."""
    step: int = Field(480, ge=50, le=4000)
    """Characters from the beginning of a window to that of the next one. Half of what windows share or less finds what lies
    across a border."""

    @field_validator("labels")
    @classmethod
    def _known(cls, value: frozenset[str]) -> frozenset[str]:
        for label in sorted(value - set(cls.LABELS)):
            near = difflib.get_close_matches(label, cls.LABELS, 1, 0.4)
            hint = f" (did you mean {near[0]!r}?)" if near else f"; there are {', '.join(cls.LABELS)}"
            raise ValueError(f"there is no label {label!r}{hint}")
        return value

    @model_validator(mode="after")
    def _fits(self) -> ModelConfig:
        if self.step > self.window * 5 // 6:
            raise ValueError("`step` must be at most five sixths of `window`: windows have to share some text")
        return self


class ModelFilter:
    """A filter over a shared model. A module's own `Filter` says which labels it has and what they mean to the model."""

    OUTPUTS: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Label to the model's labels; the smallest of their scores counts."""
    FIRST: ClassVar[bool] = False
    """Only the first window is read."""

    def __init__(self, name: str, config: ModelConfig) -> None:
        config.refuse_views(name)
        self.name, self.hold, self.config = name, config.hold, config
        self.labels = tuple(label for label in self.OUTPUTS if not config.labels or label in config.labels)
        self.sizes = Sizes.of(config.window, config.step)
        self.floor = config.threshold
        self._least = math.log(config.threshold / (1 - config.threshold))
        self.classifier: Classifier | None = None
        self.picks: tuple[tuple[str, tuple[int, ...]], ...] = ()
        """Label to the places of its scores."""

    @property
    def seconds_per_kilobyte(self) -> float:
        """What the engine's deadline allows on top of its second."""
        return models.pace(self.config.model) or PACE

    def role(self, origin: Origin) -> str:
        """Who the model is told says this."""
        return ROLES[origin.role]

    def reads(self, head: str) -> bool | None:
        """Whether a text that begins like this is for the model at all; None where that can't be told yet."""
        return True

    async def start(self) -> None:
        """Load the model, if nobody has. Raises ConfigError."""
        if self.classifier is not None:
            return
        classifier = await models.acquire(self.config.model)
        try:
            self.picks = self._picks(classifier.spec.labels)
        except BaseException:
            await models.release(classifier)
            raise
        self.classifier = classifier

    def _picks(self, known: Sequence[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
        for label in self.labels:
            if missing := [each for each in self.OUTPUTS[label] if each not in known]:
                raise ConfigError(
                    f"filter {self.name!r}: model {self.config.model!r} knows no {' and no '.join(missing)}; "
                    f"leave {label} out of `labels`, or name another model"
                )
        return tuple((label, tuple(known.index(each) for each in self.OUTPUTS[label])) for label in self.labels)

    async def aclose(self) -> None:
        classifier, self.classifier = self.classifier, None
        if classifier is not None:
            await models.release(classifier)

    def open(self, origin: Origin, context: Context) -> ModelScan:
        if self.classifier is None:
            raise RuntimeError(f"filter {self.name!r} is not started")
        role = self.role(origin)
        if origin.role is Role.TRAINING_EXAMPLE and role not in self.classifier.spec.roles:
            role = ROLES[Role.USER]  # a model of the operator's that knows of no training
        return ModelScan(self, self.classifier, role, context.tenant)

    def said(self, window: Window, logits: Sequence[float]) -> list[Finding]:
        """The findings of a window."""
        out = []
        for label, places in self.picks:
            logit = logits[places[0]] if len(places) == 1 else min(logits[place] for place in places)
            if logit >= self._least:
                out.append(Finding(self.name, label, score(logit), (window.start, window.end)))
        return out


class ModelScan:
    """One segment being read."""

    __slots__ = ("_classifier", "_done", "_fed", "_filter", "_head", "_role", "_tenant", "_windows")

    def __init__(self, one: ModelFilter, classifier: Classifier, role: str, tenant: str) -> None:
        self._filter, self._classifier, self._role, self._tenant = one, classifier, role, tenant
        self._windows = Windows(one.sizes)
        self._fed = 0
        self._head: str | None = ""  # until it is known whether this is for the model
        self._done = False  # nothing behind is read any more

    def feed(self, text: str, *, last: bool) -> Report | Awaitable[Report]:
        self._fed += len(text)
        if self._head is not None and not self._done:
            self._head += text
            wanted = self._filter.reads(self._head)
            if wanted is None and not last:
                return Report((), 0)
            text, self._head, self._done = self._head, None, not wanted
        if self._done:
            return Report((), self._fed)
        windows = self._windows.add(text, last=last)
        if self._filter.FIRST and windows:
            windows, self._done = windows[:1], True
        settled = self._fed if self._done else self._windows.settled
        windows = [one for one in windows if not one.text.isspace()]
        if not windows:
            return Report((), settled)
        texts = [(self._role, one.text) for one in windows]
        known = self._classifier.known(self._tenant, texts)
        if known is not None:
            return Report(self._findings(windows, known), settled)
        return self._ask(windows, texts, settled)

    async def _ask(self, windows: Sequence[Window], texts: Sequence[Said], settled: int) -> Report:
        return Report(self._findings(windows, await self._classifier.read(self._tenant, texts)), settled)

    def _findings(self, windows: Sequence[Window], scores: Sequence[bytes]) -> tuple[Finding, ...]:
        unpack, said = self._classifier.unpack, self._filter.said
        return tuple(f for one, packed in zip(windows, scores, strict=True) for f in said(one, unpack(packed)))
