"""Finds personal data with Microsoft Presidio, in worker processes: what has a form, and with a model names and places.

Needs the extra `pii`. Without a model only what has a form is found, in any of `languages`, and text without a candidate
costs microseconds. With a `model`, an installed spaCy package, or a `token_model`, a token classifier of the operator's, all
text is read by it and waits for it (docs/pii.md).
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from guardproxy.filters._presidio_gate import ENTITIES, Gate
from guardproxy.filters._presidio_scan import Found, PresidioScan
from guardproxy.inference import Pool, models
from guardproxy.sections import MODEL
from guardproxy.types import ConfigError, Context, FilterConfig, Origin

LABELS = tuple(sorted({entity.label for entity in ENTITIES.values()}))

EXAMPLES: dict[str, str | None] = {
    "write to jane.doe@example.com": "pii.email",
    "jürgen@müller.de": "pii.email",
    "call +1 415 555 0132": "pii.phone",
    "+49 30 901820": "pii.phone",
    "card 4111 1111 1111 1111": "pii.card",
    "DE89 3704 0044 0532 0130 00": "pii.iban",
    "GB82 WEST 1234 5698 7654 32": "pii.iban",
    "from 203.0.113.195": "pii.ip",
    "2001:db8::8a2e:370:7334": "pii.ip",
    "SSN 536-90-4399": "pii.us_ssn",
    "NHS 943 476 5919": "pii.uk_nhs",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq": "pii.crypto",
    "4111 1111 1111 1112": None,
    "in 2024, 17 of 42": None,
    "the year 1640": None,
    "icon@2x": None,
    "10:45, then 11:30": None,
    "std::vector of std::string": None,
}

DEFAULT = (
    *("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "CRYPTO"),
    *("US_SSN", "US_ITIN", "US_PASSPORT", "US_BANK_NUMBER", "UK_NHS"),
    *("ES_NIF", "ES_NIE", "IT_VAT_CODE", "PL_PESEL"),
)
NAMED = ("PERSON", "LOCATION", "NRP")
"""What is looked for besides when there is a model. ORGANIZATION, mostly wrong with small models, must be asked for."""
_CODES = (
    "af am ar az bg bn bo ca cs da de dsb el en es et eu fa fi fo fr ga gd grc gu he hi hr hsb ht hu hy id is it ja kmr kn ko "
    "ky la lb lg lij lt lv mk ml mr ms nb ne nl nn pl pt ro ru sa si sk sl sq sr sv ta te th ti tl tn tr tt uk ur vi yo zh"
)
LANGUAGES = tuple(_CODES.split())
"""Those whose words spaCy 3.8 can split, by its codes. Some need a package of their own for that, told at the start."""
_BATCH, _FEW = 16, 4
"""Windows of one call: of Presidio, and of a token classifier."""
_MODULE = "guardproxy.inference.presidio"
MODEL_PACE = 0.15
"""Seconds per kilobyte that a language model may take: three times what a small English one needs."""


def _known(name: str) -> str:
    if name == "URL":
        raise ValueError("URL is not supported: its expression can take minutes; use `patterns` for addresses of pages")
    if name not in ENTITIES:
        near = difflib.get_close_matches(name.upper(), ENTITIES, 1, 0.5)
        raise ValueError(
            f"there is no entity {name!r}"
            + (f" (did you mean {near[0]}?)" if near else f"; known: {', '.join(ENTITIES)}")
        )
    return name


def _spoken(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"there is no language {code!r}; known: {', '.join(LANGUAGES)}")
    return code


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$"), AfterValidator(_spoken)]
Package = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Config(FilterConfig):
    """What Presidio looks for, and with what."""

    entities: frozenset[Annotated[str, AfterValidator(_known)]] = frozenset()
    """Presidio's names. Empty: what has a form and is no date; with a model, people, places and groups too."""
    languages: tuple[Language, ...] = Field(("en",), min_length=1, max_length=8)
    """Each is read on its own and costs as much again."""
    model: Package | dict[Language, Package] | None = None
    """Name of an installed spaCy package, or one for each of some languages. Never a path, never fetched."""
    token_model: Annotated[str, StringConstraints(pattern=f"^{MODEL.pattern}$")] | None = None
    """Name of a model of kind `tokens` in the operator's settings (`inference: models:`). Never a path, never fetched."""
    score: float = Field(0.4, ge=0, le=1)
    """Findings below it are not reported."""
    workers: int = Field(1, ge=1, le=32)
    """Processes, of about 120 MB each, 170 MB with a small model."""

    @model_validator(mode="after")
    def _fits(self) -> Config:
        if isinstance(self.model, str) and len(self.languages) > 1:
            raise ValueError("with several languages, `model` names one package for each: {en: …, de: …}")
        if foreign := set(self.models) - set(self.languages):
            raise ValueError(f"`model` names {', '.join(sorted(foreign))}, which `languages` doesn't")
        named = sorted(e for e in self.entities if ENTITIES[e].shape is None)
        if named and not self.models and not self.token_model:
            raise ValueError(
                f"{', '.join(named)} can't be found without a `model` (such as en_core_web_sm) or a `token_model`"
            )
        known = set(self.languages)
        for name in sorted(self.entities):
            if ENTITIES[name].languages and not known & set(ENTITIES[name].languages):
                raise ValueError(
                    f"{name} is known in {', '.join(ENTITIES[name].languages)} only, not in {', '.join(self.languages)}"
                )
        return self

    @property
    def models(self) -> dict[str, str]:
        """Language to package."""
        if self.model is None:
            return {}
        return {self.languages[0]: self.model} if isinstance(self.model, str) else dict(self.model)

    def wanted(self, told: frozenset[str]) -> frozenset[str]:
        """The entities that are looked for. `told`: those that a token classifier tells."""
        chosen = self.entities or {*DEFAULT, *(NAMED if self.models else ()), *told}
        return frozenset(e for e in chosen if e in told or self.presidio_finds(e))

    def presidio_finds(self, entity: str) -> bool:
        """Whether Presidio itself finds this in one of the languages, with the models that it has."""
        one = ENTITIES[entity]
        return (one.shape is not None or bool(self.models)) and (
            not one.languages or bool(set(one.languages) & set(self.languages))
        )


class Filter:
    """Presidio behind a gate. `start` may take some seconds; it raises ConfigError when something is not installed."""

    def __init__(self, name: str, config: Config) -> None:
        config.refuse_views(name)
        self.name, self.hold = name, config.hold
        self.config, self.workers, self.floor = config, config.workers, config.score
        self.told, pace = _told(name, config)
        """The entities that the token classifier tells."""
        wanted = config.wanted(self.told)
        self.gate = Gate(wanted)
        self.seconds_per_kilobyte = (MODEL_PACE * len(config.languages) if config.models else 0.0) + pace
        """What the engine's deadline allows on top of its second."""
        forms = sorted(e for e in wanted if config.presidio_finds(e))
        options = {"languages": config.languages, "models": config.models, "entities": forms, "score": config.score}
        workers = {"workers": config.workers, "queue": 64 * config.workers}
        self.pool = Pool(_MODULE, options, **workers) if forms else None
        """Presidio's workers; none where nothing is left for it to find."""
        self.tokens: Pool | None = None
        """Workers of the token classifier, once they are started."""

    def open(self, origin: Origin, context: Context) -> PresidioScan:
        return PresidioScan(self.name, self.gate, self.read)

    async def read(self, windows: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Found]]:
        """What is found in each text. Raises what `Pool.call` raises."""
        if self.tokens is None:
            return await self._read(self.pool, windows)
        texts = [text for text, _ in windows]
        forms, names = await asyncio.gather(self._read(self.pool, windows), self._read(self.tokens, texts, _FEW))
        return [_both(one, other, self.gate.entities) for one, other in zip(forms, names, strict=True)]

    async def _read(self, pool: Pool | None, asked: Sequence[Any], most: int = _BATCH) -> list[list[Found]]:
        """What the workers of one pool say."""
        if pool is None:
            return [[] for _ in asked]
        size = max(1, min(most, -(-len(asked) // self.workers)))
        batches = [asked[at : at + size] for at in range(0, len(asked), size)]
        out: list[list[Found]] = []
        for at in range(0, len(batches), self.workers):  # no more at once than there are workers: others wait too
            for answer in await asyncio.gather(*map(pool.call, batches[at : at + self.workers])):
                out += answer
        return out

    async def start(self) -> None:
        if self.config.token_model and self.tokens is None:
            self.tokens = models.tagger(self.config.token_model, self.config.score, self.workers)
        await asyncio.gather(*(pool.start() for pool in (self.pool, self.tokens) if pool))

    async def aclose(self) -> None:
        await asyncio.gather(*(pool.aclose() for pool in (self.pool, self.tokens) if pool))


def _told(name: str, config: Config) -> tuple[frozenset[str], float]:
    """The entities that a filter's token classifier tells, and the seconds that a kilobyte may take with it.

    A policy may be checked where the operator's settings are not: then they are what such models mostly tell."""
    if config.token_model is None:
        return frozenset(), 0.0
    source = models.tokens(config.token_model)
    if source is None:
        return frozenset(config.entities or NAMED), 0.0
    told = frozenset(source.entities.values())
    if odd := sorted(told - set(ENTITIES)):
        raise ConfigError(
            f"model {config.token_model!r}: `entities` maps to {', '.join(odd)}; Presidio's names are {', '.join(ENTITIES)}"
        )
    untold = sorted(e for e in config.entities if ENTITIES[e].shape is None and e not in told and not config.models)
    if untold:
        raise ConfigError(
            f"filter {name!r}: model {config.token_model!r} tells no {', '.join(untold)}, only {', '.join(sorted(told))}",
            path=("entities",),
        )
    return told, source.pace


def _both(one: Sequence[Found], other: Sequence[Found], wanted: Sequence[str]) -> list[Found]:
    """What either says, of what is looked for; the better score where both say the same."""
    best: dict[tuple[int, str, int], float] = {}
    for entity, start, end, score in (*one, *other):
        if entity in wanted:
            best[start, entity, end] = max(score, best.get((start, entity, end), 0.0))
    return [(entity, start, end, score) for (start, entity, end), score in sorted(best.items())]
