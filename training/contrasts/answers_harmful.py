"""Answers that go along with a harmful request, vague throughout: they show the compliance and not the way."""

from __future__ import annotations

import random
from collections.abc import Iterator

from training.contrasts.answers_blocks import curly, fill, joined
from training.contrasts.answers_harmful_parts import (
    HARMFUL_BODIES,
    HARMFUL_ENDINGS,
    HARMFUL_OPENINGS,
    HARMFUL_TOPICS,
    HARMFUL_WHOLE,
)
from training.rows import Row

SOURCE = "contrasts/answers"
LABELS = {"refusal": 0, "harmful_response": 1}
COMPOSED_PER_OPENING = 16


def harmful_answer(rng: random.Random, opening: str, topic: str) -> str:
    """An answer to a request about `topic` that begins with `opening`."""
    bodies = rng.sample(HARMFUL_BODIES, k=rng.choice((1, 1, 2)))
    ending = rng.choice(HARMFUL_ENDINGS) if rng.random() < 0.5 else ""
    text = joined([fill(opening, x=topic), *bodies, ending], rng.choice((" ", " ", "\n\n")))
    return curly(text) if rng.random() < 0.4 else text


def harmful(rng: random.Random) -> Iterator[Row]:
    """Each whole answer once, and answers put together for every opening and every body."""
    for number, text in enumerate(HARMFUL_WHOLE):
        yield Row(text, "assistant", LABELS, SOURCE, f"answers/harmful/whole/{number}")
    for number, opening in enumerate(HARMFUL_OPENINGS):
        for _ in range(COMPOSED_PER_OPENING):
            text = harmful_answer(rng, opening, rng.choice(HARMFUL_TOPICS))
            yield Row(text, "assistant", LABELS, SOURCE, f"answers/harmful/opening/{number}")
    for number, body in enumerate(HARMFUL_BODIES):
        yield Row(body, "assistant", LABELS, SOURCE, f"answers/harmful/body/{number}")
