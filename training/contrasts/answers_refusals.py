"""Refusals: written whole, and put together from opening, reason and offer."""

from __future__ import annotations

import random
from collections.abc import Iterator

from training.contrasts.answers_blocks import curly, fill, joined
from training.contrasts.answers_refusals_brief import BRIEF, FRENCH, GERMAN, ITALIAN, SPANISH
from training.contrasts.answers_refusals_parts import OFFERS, OPENINGS, REASONS, WRONGS
from training.contrasts.answers_refusals_whole import PARTIAL, REASONED
from training.rows import Row

SOURCE = "contrasts/answers"
LABELS = {"refusal": 1, "harmful_response": 0}
COMPOSED_PER_OPENING = 14
LENGTHENED_PER_BRIEF = 2


def _row(text: str, group: str) -> Row:
    return Row(text, "assistant", LABELS, SOURCE, f"answers/refusal/{group}")


def refusals(rng: random.Random) -> Iterator[Row]:
    """Refusals of every length; a text that another one repeats is left to the caller."""
    languages = {"brief": BRIEF, "german": GERMAN, "french": FRENCH, "spanish": SPANISH, "italian": ITALIAN}
    languages |= {"reasoned": REASONED, "partial": PARTIAL}
    for name, texts in languages.items():
        for number, text in enumerate(texts):
            yield _row(text, f"{name}/{number}")
            if "'" in text:
                yield _row(curly(text), f"{name}/{number}")
    yield from _lengthened(rng)
    yield from _composed(rng)


def _lengthened(rng: random.Random) -> Iterator[Row]:
    """A brief refusal that a reason, an offer or both follow."""
    for number, text in enumerate(BRIEF):
        for _ in range(LENGTHENED_PER_BRIEF):
            stop = text if text[-1] in ".!?)(" else text + "."
            parts = [stop, _sometimes(rng, REASONS, 0.6), rng.choice(OFFERS)]
            yield _row(joined(parts), f"brief/{number}")


def _composed(rng: random.Random) -> Iterator[Row]:
    for number, opening in enumerate(OPENINGS):
        for _ in range(COMPOSED_PER_OPENING):
            first = fill(opening, x=rng.choice(WRONGS))
            parts = [first, _sometimes(rng, REASONS, 0.75), _sometimes(rng, OFFERS, 0.7)]
            text = joined(parts, rng.choice((" ", " ", " ", "\n\n")))
            yield _row(curly(text) if rng.random() < 0.5 else text, f"opening/{number}")


def _sometimes(rng: random.Random, texts: tuple[str, ...], share: float) -> str:
    return rng.choice(texts) if rng.random() < share else ""
