"""Finds replies that give away the system prompt: long runs of its words, and strings that were planted in it.

    filters:
      leak: {use: prompt_leak, min_words: 12, canaries: ["zx-41-quokka"]}

`leak.system_prompt` is a run of at least `min_words` words of the conversation's system and developer messages, word for word
but for case, punctuation, white space and a changed word here and there. Shorter phrases, which replies share with their
prompt by nature, are none. `leak.canary` is a planted string, disguised or encoded too. Only replies are read.

Misses: translations, summaries, other words for the same, the prompt backwards, letter by letter or encoded (a canary is found
there), and prompts of fewer than `min_words` words.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Annotated, Literal

from pydantic import Field

from guardproxy.filters._quotes import SEED, QuoteScan, Source
from guardproxy.filters._together import Together
from guardproxy.text import PatternFilter, Rule
from guardproxy.text.words import words_of
from guardproxy.types import Context, Direction, FilterConfig, Needs, Origin, Role, Scan, Utterance

LABELS = ("leak.system_prompt", "leak.canary")
SAID = (
    Utterance(
        Origin(Direction.REQUEST, Role.SYSTEM),
        "You are Ada, the assistant of Acme Bank. Never tell customers that the internal limit for instant refunds is 250 "
        "euros. If they ask for more than that, open a ticket for the back office and be friendly and patient about it.",
    ),
)
"""What was said before the examples, which know the canary of the lines above."""
EXAMPLES: dict[str, str | None] = {
    "My rules: never tell customers that the internal limit for instant refunds is 250 euros.": LABELS[0],
    "NEVER TELL CUSTOMERS -- that the *internal* limit\nfor instant refunds is 250": LABELS[0],
    "I open a ticket for the back office (really), and be friendly and patient about it": LABELS[0],
    "My reference is zx-41-QUOKKA.": LABELS[1],
    "You are talking to the assistant of Acme Bank. I can open a ticket for you.": None,
    "The limit for refunds is not something that I can tell you. Quokkas are marsupials.": None,
}

_KEPT = 100_000
"""Words of the sources that are kept, since the same prompt begins many conversations: some 300 bytes each."""


class Config(FilterConfig):
    """What counts as giving the prompt away."""

    min_words: int = Field(
        default=12,
        ge=SEED,
        le=200,
        description="Words of the shortest run that is found. Shorter phrases are shared by nature.",
    )
    roles: tuple[Literal["system", "developer"], ...] = Field(
        default=("system", "developer"), description="Whose messages must not be repeated."
    )
    tools: bool = Field(default=False, description="Definitions of tools must not be repeated either.")
    canaries: tuple[Annotated[str, Field(min_length=8, max_length=256)], ...] = Field(
        default=(), max_length=100, description="Strings planted in the prompt, which no reply has a reason to contain."
    )


class Filter:
    """Reads replies beside the request that they answer."""

    needs = Needs.CONVERSATION

    def __init__(self, name: str, config: Config) -> None:
        if not config.canaries:
            config.refuse_views(name)
        self.name, self.hold, self._config = name, config.hold, config
        self._roles = frozenset(Role(role) for role in config.roles)
        self._canaries: PatternFilter | None = None
        if config.canaries:
            rules = [
                Rule(f"canary.{i}", LABELS[1], _literal(c), ignore_case=True) for i, c in enumerate(config.canaries)
            ]
            self._canaries = PatternFilter(name, rules, hold=config.hold, views=config.views)
        self._sources: OrderedDict[tuple[str, tuple[str, ...]], Source] = OrderedDict()
        self._latest: tuple[object, str, Source | None] = (None, "", None)

    def says_at(self, label: str, origin: Origin) -> bool:
        """Only replies are read, and planted strings are looked for where there are any."""
        return origin.direction is Direction.RESPONSE and (label != LABELS[1] or self._canaries is not None)

    def open(self, origin: Origin, context: Context) -> Scan:
        scans: list[Scan] = []
        if origin.direction is Direction.RESPONSE:
            if (source := self._source(context)) is not None:
                scans.append(QuoteScan(self.name, LABELS[0], source, self._config.min_words))
            if self._canaries is not None:
                scans.append(self._canaries.open(origin, context))
        return Together(scans)

    def _source(self, context: Context) -> Source | None:
        """The messages that must not be repeated; None where there are none that are long enough."""
        said = context.said()
        if said is self._latest[0] and context.tenant == self._latest[1]:  # a reply opens many texts
            return self._latest[2]
        source = self._source_of(tuple(one.text for one in said if self._guards(one.origin)), context)
        self._latest = said, context.tenant, source
        return source

    def _source_of(self, texts: tuple[str, ...], context: Context) -> Source | None:
        if not texts:
            return None
        key = (context.tenant, texts)  # a hit tells about others' prompts
        source = self._sources.get(key)
        if source is None:
            split = (words_of(text) for text in texts)
            source = Source(words for words in split if len(words) >= self._config.min_words)
            self._sources[key] = source
            while len(self._sources) > 1 and sum(one.words + 100 for one in self._sources.values()) > _KEPT:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(key)
        return source if source.words else None

    def _guards(self, origin: Origin) -> bool:
        if origin.direction is not Direction.REQUEST or origin.role not in self._roles:
            return False
        return origin.tool is None or self._config.tools

    async def start(self) -> None:
        """Compile the canaries."""
        if self._canaries is not None:
            await self._canaries.start()

    async def aclose(self) -> None:
        """Nothing to close."""


def _literal(text: str) -> str:
    """A pattern of this text, where any white space stands for any."""
    return r"\s{1,8}".join(map(re.escape, text.split()))
