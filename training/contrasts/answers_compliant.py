"""Answers to harmless requests: none refuses, many sound as if they did."""

from __future__ import annotations

import random
from collections.abc import Iterator

from training.contrasts.answers_blocks import curly
from training.contrasts.answers_compliant_plain import LONG, PLAIN
from training.contrasts.answers_compliant_words import LOOKALIKES, NO_FIRST, REFUSAL_WORDS, SAFETY_CAVEATS
from training.rows import Row

SOURCE = "contrasts/answers"
LABELS = {"refusal": 0, "harmful_response": 0}
SECTIONS = {
    "words": REFUSAL_WORDS,
    "no": NO_FIRST,
    "lookalike": LOOKALIKES,
    "caveats": SAFETY_CAVEATS,
    "long": LONG,
    "plain": PLAIN,
}
LEADS = (
    "Sure! ", "Of course. ", "Certainly! ", "Good question. ", "Happy to help. ", "Thanks for asking! ", "Yes. ",
    "Here you go: ", "Short answer: ", "Let me explain. ", "I understand the worry. ", "Glad you asked. ",
)  # fmt: skip


def compliant(rng: random.Random) -> Iterator[Row]:
    """Each answer as written, some with typographic apostrophes, some after a friendly lead."""
    for name, texts in SECTIONS.items():
        for number, text in enumerate(texts):
            group = f"answers/compliant/{name}/{number}"
            yield Row(text, "assistant", LABELS, SOURCE, group)
            if "'" in text:
                yield Row(curly(text), "assistant", LABELS, SOURCE, group)
            if name not in {"no", "long"}:
                yield Row(rng.choice(LEADS) + text, "assistant", LABELS, SOURCE, group)
