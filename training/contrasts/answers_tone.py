"""Answers that insult a person or a group, and civil ones on the same matters."""

from __future__ import annotations

import random
from collections.abc import Iterator

from training.contrasts.answers_blocks import curly
from training.contrasts.answers_tone_more import MORE_CIVIL, MORE_FAIR, MORE_HATEFUL, MORE_INSULTING
from training.contrasts.answers_tone_parts import CIVIL, FAIR_ON_GROUPS, HATEFUL, INSULTING
from training.contrasts.answers_training_parts import BENIGN_PAIRS
from training.rows import Row

SOURCE = "contrasts/answers"
INSULTS = {"toxicity": 1, "hate": 0}
HATE = {"toxicity": 1, "hate": 1}
CIVILITY = {"toxicity": 0, "hate": 0}
PER_HATEFUL_TEXT = 4


def tones(rng: random.Random) -> Iterator[Row]:
    """Each text as written, and attached to a plain answer, which alone is civil."""
    for name, texts, labels in (
        ("insulting", INSULTING + MORE_INSULTING, INSULTS),
        ("hateful", HATEFUL + MORE_HATEFUL, HATE),
        ("civil", CIVIL + MORE_CIVIL, CIVILITY),
        ("fair", FAIR_ON_GROUPS + MORE_FAIR, CIVILITY),
    ):
        for number, text in enumerate(texts):
            group = f"answers/{name}/{number}"
            yield Row(text, "assistant", labels, SOURCE, group)
            for _ in range(PER_HATEFUL_TEXT if name == "hateful" else 1):
                yield Row(_attached(rng, text), "assistant", labels, SOURCE, group)
    for number, answer in enumerate(_answers()):
        yield Row(answer, "assistant", CIVILITY, SOURCE, f"answers/plain/{number}")


def _attached(rng: random.Random, text: str) -> str:
    """`text` before or after a plain answer: one rude sentence is enough to make an answer rude."""
    parts = [text, rng.choice(_answers())]
    rng.shuffle(parts)
    attached = " ".join(parts)
    return curly(attached) if rng.random() < 0.5 else attached


def _answers() -> list[str]:
    return [pair.split(" | ", 1)[1] for pair in BENIGN_PAIRS]
