"""Answers to harmless requests: none refuses, many sound as if they did."""

from __future__ import annotations

import random
from collections.abc import Iterator

from training.contrasts.answers_blocks import curly, fill, joined
from training.contrasts.answers_compliant_dark import DARK_OPENINGS
from training.contrasts.answers_compliant_plain import LONG, PLAIN
from training.contrasts.answers_compliant_words import LOOKALIKES, NO_FIRST, REFUSAL_WORDS, SAFETY_CAVEATS
from training.contrasts.answers_harmful_parts import HARMFUL_TOPICS
from training.contrasts.answers_refusals_parts import OFFERS, WRONGS
from training.contrasts.answers_training_parts import SAFE_ANSWERS
from training.rows import Row

SOURCE = "contrasts/answers"
LABELS = {"refusal": 0, "harmful_response": 0}
JOINED = 240
DARK_PER_OPENING = 16
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
    yield from _long(rng)
    yield from _dark(rng)


def _long(rng: random.Random) -> Iterator[Row]:
    """Two or three answers in one text, so that length alone tells nothing of a refusal."""
    whole = [text for texts in SECTIONS.values() for text in texts]
    for number, first in enumerate(rng.sample(whole, k=JOINED)):
        others = rng.sample(whole, k=rng.choice((1, 1, 2)))
        text = joined([first, *others], rng.choice((" ", "\n\n")))
        yield Row(text, "assistant", LABELS, SOURCE, f"answers/compliant/joined/{number}")


def _dark(rng: random.Random) -> Iterator[Row]:
    """Lawful answers on the subjects that refusals name, with the offers of help that refusals end in."""
    for number, opening in enumerate(DARK_OPENINGS):
        for topic in rng.sample(WRONGS + HARMFUL_TOPICS, k=DARK_PER_OPENING):
            offer = rng.choice(OFFERS) if rng.random() < 0.6 else ""
            text = joined([fill(opening, x=topic), rng.choice(SAFE_ANSWERS), offer], rng.choice((" ", "\n\n")))
            shown = curly(text) if rng.random() < 0.5 else text
            yield Row(shown, "assistant", LABELS, SOURCE, f"answers/compliant/dark/{number}")
