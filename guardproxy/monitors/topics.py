"""Looks at what users talk about: `topic.off` where their latest turns have none of the allowed topics.

    monitors:
      subject:
        use: topics
        topics:
          billing: [invoice*, refund*, "credit note"]
          shipping: [parcel*, delivery, "tracking number"]

It compares words and knows no meaning: a turn is on topic where it has one of the keywords, whatever else it asks. Turns of
fewer than `min_words` words ("yes please", "and the other one?") say nothing either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from guardproxy.text.words import words_of
from guardproxy.types import ConfigError, Finding, MonitorConfig, Role, Utterance

LABELS = ("topic.off",)

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
_Keyword = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Keywords = Annotated[tuple[_Keyword, ...], Field(min_length=1, max_length=10_000)]


class Config(MonitorConfig):
    """Which topics are allowed."""

    topics: dict[_Name, _Keywords] = Field(
        min_length=1,
        max_length=1000,
        description="Topics, each with its words and phrases; * at the end stands for any ending.",
    )
    min_words: int = Field(
        default=4, ge=1, le=1000, description="Words of a turn that says what it is about; shorter ones say nothing."
    )
    keywords: int = Field(
        default=1, ge=1, le=100, description="Different keywords that a turn has to have, of whichever topics."
    )
    turns: int = Field(default=1, ge=1, le=100, description="Turns off topic, one after another, that are too many.")


class Monitor:
    """Looks at the user's turns, from the latest backwards."""

    labels = LABELS
    reads: tuple[str, ...] = ()

    def __init__(self, name: str, config: Config) -> None:
        self.name, self._config = name, config
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        self._prefixes: dict[int, dict[str, list[tuple[str, ...]]]] = {}
        for topic, keywords in config.topics.items():
            for keyword in keywords:
                self._add(topic, keyword)

    def _add(self, topic: str, keyword: str) -> None:
        """Keywords by their first word; one that ends in * is compared by the beginning of its last word."""
        words = tuple(words_of(keyword))
        if not words:
            message = f"monitor {self.name!r}: the keyword {keyword!r} of topic {topic!r} has no letters; remove it"
            raise ConfigError(message, path=("topics", topic))
        if not keyword.rstrip().endswith("*"):
            self._phrases.setdefault(words[0], []).append(words)
        elif len(words) == 1:
            self._prefixes.setdefault(len(words[0]), {}).setdefault(words[0], []).append(words)
        else:
            self._phrases.setdefault(words[0], []).append((*words, "*"))

    def review(self, said: Sequence[Utterance]) -> tuple[Finding, ...]:
        off = 0
        for one in reversed(said):
            if one.origin.role is not Role.USER:
                continue
            words = words_of(one.text)
            if self._on_topic(words):
                break
            off += len(words) >= self._config.min_words
            if off >= self._config.turns:
                return (Finding(self.name, LABELS[0], 1.0),)
        return ()

    def _on_topic(self, words: list[str]) -> bool:
        seen: set[tuple[str, ...]] = set()
        for at, word in enumerate(words):
            if phrases := self._phrases.get(word):
                seen.update(p for p in phrases if _stands(p, words, at))
            for length, prefixes in self._prefixes.items():
                if beginnings := prefixes.get(word[:length]):
                    seen.update(beginnings)
            if len(seen) >= self._config.keywords:
                return True
        return False

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


def _stands(phrase: tuple[str, ...], words: list[str], at: int) -> bool:
    """Whether a phrase begins here. A last * makes its last word a beginning."""
    if phrase[-1] != "*":
        return tuple(words[at : at + len(phrase)]) == phrase
    *whole, last, _ = phrase
    there = words[at : at + len(whole) + 1]
    return len(there) == len(whole) + 1 and there[:-1] == whole and there[-1].startswith(last)
