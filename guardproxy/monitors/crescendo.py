"""Looks at how a conversation goes: `conversation.escalating` where the user's turns climb from harmless to harmful.

    filters:
      hazards: {use: patterns, keywords: [...]}
    monitors:
      climb: {use: crescendo, of: [hazards.*], reach: 0.4}

What a turn is worth is what filters find in it: the highest score of the labels that `of` names. They climb where `turns` of
the latest `window` turns, not necessarily one right behind the other, each score at least `step` more than the one before,
and the last of them at least `reach`. It is as good as the scores: a filter that reports only what it is sure of shows no
climb.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from guardproxy.text.globs import any_matches
from guardproxy.types import Finding, MonitorConfig, Role, Utterance

LABELS = ("conversation.escalating",)

_Glob = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*][a-z0-9_.*-]{0,99}$")]


class Config(MonitorConfig):
    """What climbs, and how far."""

    of: Annotated[tuple[_Glob, ...], Field(min_length=1, max_length=100)] = Field(
        description="Labels (globs) of filters: their scores are what climbs."
    )
    turns: int = Field(default=3, ge=2, le=20, description="Turns, each above the one before.")
    reach: float = Field(default=0.4, gt=0, le=1, description="Score that the last of them has at least.")
    step: float = Field(default=0.1, gt=0, le=1, description="How much more than the one before each of them scores.")
    window: int = Field(default=10, ge=2, le=100, description="Latest turns of the user that are looked at.")


class Monitor:
    """Compares the scores of the user's turns."""

    labels = LABELS

    def __init__(self, name: str, config: Config) -> None:
        self.name, self.reads, self._config = name, config.of, config

    def review(self, said: Sequence[Utterance]) -> tuple[Finding, ...]:
        users = [one for one in said if one.origin.role is Role.USER][-self._config.window :]
        return (Finding(self.name, LABELS[0], 1.0),) if self._climbs([self._score(one) for one in users]) else ()

    def _score(self, one: Utterance) -> float:
        return max((f.score for f in one.findings if any_matches(self.reads, f.label)), default=0.0)

    def _climbs(self, scores: list[float]) -> bool:
        """The longest climb that ends at each turn, from the ones before it."""
        longest: list[int] = []
        for at, score in enumerate(scores):
            # rounded: 0.3 - 0.2 is a step of 0.1
            below = (
                n
                for n, before in zip(longest, scores[:at], strict=True)
                if round(score - before, 9) >= self._config.step
            )
            longest.append(1 + max(below, default=0))
            if longest[-1] >= self._config.turns and score >= self._config.reach:
                return True
        return False

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...
