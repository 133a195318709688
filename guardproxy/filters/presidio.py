"""Finds personal data with Microsoft Presidio, in worker processes: what has a form, and with a model names and places.

Needs the extra `pii`. Without `model` only what has a form is found, in any of `languages`, and text without a candidate
costs microseconds. With a `model`, an installed spaCy package, all text is read by it and waits for it (docs/pii.md).
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from guardproxy.filters._presidio_gate import ENTITIES, Gate
from guardproxy.filters._presidio_scan import Found, PresidioScan
from guardproxy.inference import Pool
from guardproxy.types import Context, FilterConfig, Origin

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
_BATCH = 16
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
        if named and not self.models:
            raise ValueError(f"{', '.join(named)} can't be found without a `model` (such as en_core_web_sm)")
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

    @property
    def wanted(self) -> frozenset[str]:
        """The entities that are looked for."""
        chosen = self.entities or {*DEFAULT, *(NAMED if self.models else ())}
        known = set(self.languages)
        return frozenset(e for e in chosen if not ENTITIES[e].languages or known & set(ENTITIES[e].languages))


class Filter:
    """Presidio behind a gate. `start` may take some seconds; it raises ConfigError when something is not installed."""

    def __init__(self, name: str, config: Config) -> None:
        config.refuse_views(name)
        self.name, self.hold = name, config.hold
        self.gate = Gate(config.wanted)
        self.workers = config.workers
        self.seconds_per_kilobyte = MODEL_PACE * len(config.languages) if config.models else 0.0
        """What the engine's deadline allows on top of its second."""
        self.pool = Pool(
            _MODULE,
            {
                "languages": config.languages,
                "models": config.models,
                "entities": sorted(config.wanted),
                "score": config.score,
            },
            workers=config.workers,
            queue=64 * config.workers,
        )

    def open(self, origin: Origin, context: Context) -> PresidioScan:
        return PresidioScan(self.name, self.gate, self.read)

    async def read(self, windows: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Found]]:
        """What Presidio finds in each text. Raises what `Pool.call` raises."""
        size = max(1, min(_BATCH, -(-len(windows) // self.workers)))
        batches = [windows[at : at + size] for at in range(0, len(windows), size)]
        out: list[list[Found]] = []
        for at in range(0, len(batches), self.workers):  # no more at once than there are workers: others wait too
            for answer in await asyncio.gather(*map(self.pool.call, batches[at : at + self.workers])):
                out += answer
        return out

    async def start(self) -> None:
        await self.pool.start()

    async def aclose(self) -> None:
        await self.pool.aclose()
