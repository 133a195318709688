"""Prompt injections and jailbreaks next to harmless text of the same shape.

Three parts: instructions embedded in documents and tool results, users who attack the application (injection), and
users who attack the model's rules (jailbreak), each with negatives that share its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from training.contrasts import injections_applications as applications
from training.contrasts import injections_direct as direct
from training.contrasts import injections_direct_benign as benign
from training.contrasts import injections_languages as languages
from training.contrasts.documents import SOURCE, document_rows
from training.contrasts.injections_blocks import FILLER, filled
from training.contrasts.injections_jailbreak_rows import HARMLESS, jailbreak_rows
from training.rows import Row

VARIANTS = 3
"""How often a sentence with fillers is filled."""


def users(
    groups: Mapping[str, Sequence[str]], fillers: Mapping[str, Sequence[str]], labels: Mapping[str, int], random: Random
) -> Iterator[Row]:
    """Each sentence as a user wrote it; a sentence with fillers more than once."""
    for group, sentences in groups.items():
        for sentence in sentences:
            times = VARIANTS if any(name in fillers for name in FILLER.findall(sentence)) else 1
            for _ in range(times):
                yield Row(worn(filled(sentence, fillers, random), random), "user", labels, SOURCE, group)


def worn(text: str, random: Random) -> str:
    """The text, now and then in lower case, without its full stop or with a greeting, as people type."""
    chance = random.random()
    if chance < 0.08:
        return text.lower()
    if chance < 0.16:
        return text.rstrip(". ")
    if chance < 0.22:
        return random.choice(("Hi! ", "hey, ", "Hello, ", "Quick one: ", "ok so ")) + text
    if chance < 0.25:
        return text + random.choice((" Thanks!", " thx", " Thank you.", " pls"))
    return text


def direct_rows(random: Random) -> Iterator[Row]:
    """Users who attack the application, and users who only sound like it."""
    attacks = {**direct.BY_TECHNIQUE, "mixed techniques": applications.ATTACKS, "foreign": languages.INJECTIONS}
    honest = {**benign.BY_SHAPE, "honest message": applications.HONEST, "foreign in earnest": languages.HARMLESS}
    yield from users(attacks, direct.FILLERS, {"injection": 1}, random)
    yield from users(honest, benign.FILLERS, HARMLESS, random)


def rows(random: Random) -> Iterator[Row]:
    """Every row once; the same rows in the same order for the same state of `random`."""
    seen: set[str] = set()
    for part in (document_rows, direct_rows, jailbreak_rows):
        for row in part(random):
            if row.text not in seen:
                seen.add(row.text)
                yield row
