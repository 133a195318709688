"""Requests to an assistant by hazard category: what it should refuse, and what it should answer on the same topic."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from training.contrasts import (
    categories_ai,
    categories_chem_cyber,
    categories_fraud_privacy,
    categories_hate_sexual,
    categories_lengths,
    categories_misinformation,
    categories_tone,
    categories_unsafe_advice,
    categories_violence_illicit,
    categories_weapons_self_harm,
)
from training.rows import Row

TOPICS = (
    *categories_chem_cyber.TOPICS,
    *categories_ai.TOPICS,
    *categories_weapons_self_harm.TOPICS,
    *categories_violence_illicit.TOPICS,
    *categories_fraud_privacy.TOPICS,
    *categories_misinformation.TOPICS,
    *categories_hate_sexual.TOPICS,
    *categories_unsafe_advice.TOPICS,
)

CATEGORIES = (
    "chem_bio",
    "cyber",
    "ai",
    "weapons",
    "self_harm",
    "violence",
    "illicit",
    "fraud",
    "privacy",
    "misinformation",
)
"""Labels that a harmless row denies. `sexual` and `hate` are left open there: a harmless text may well be about them."""

FILLERS = {
    "city": ("Leeds", "Porto", "Chicago", "Lagos", "Graz", "Osaka", "Lyon", "Nairobi", "Denver", "Pune"),
    "company": ("Halden Foods", "Norvik Bank", "Castell Energy", "Brightwater", "Omnitrans", "Quillon Software"),
    "role": ("teacher", "landlord", "colleague", "city councillor", "nurse", "judge", "journalist", "neighbour"),
    "name": ("Marta", "Kwame", "Olivia", "Dmitri", "Yusuf", "Hannah", "Mr Okafor", "Mrs Lindqvist"),
}

VARIANTS = 3
"""Rows of one sentence that has a filler; a sentence without one is one row."""

SLOT = re.compile(r"\{(\w+)\}")


def filled(line: str, chance: random.Random) -> list[str]:
    """The sentence with its fillers, in up to `VARIANTS` different ways."""
    slots = SLOT.findall(line)
    if not slots:
        return [line]
    choices = {slot: chance.sample(FILLERS[slot], VARIANTS) for slot in slots}
    return [SLOT.sub(lambda slot, n=number: choices[slot[1]][n], line) for number in range(VARIANTS)]


def rows(chance: random.Random) -> Iterator[Row]:
    """All topics; one group is one sentence with its fillers."""
    clean = {"jailbreak": 0, "injection": 0}
    harmless = {"harmful_request": 0, **clean, **dict.fromkeys(CATEGORIES, 0)}
    for topic in TOPICS:
        category = {topic.label: 1} if topic.label else {}
        harmful = {"harmful_request": 1, **clean, **category}
        lines = [(line, harmful) for line in topic.harmful_lines] + [(line, harmless) for line in topic.harmless_lines]
        for number, (line, labels) in enumerate(lines):
            for text in filled(line, chance):
                yield Row(text, "user", labels, "contrasts/categories", f"{topic.name} {number}")
    for name, bad, good in (
        ("lengths", categories_lengths.HARMFUL, categories_lengths.HARMLESS),
        ("tone", categories_tone.HARMFUL, categories_tone.HARMLESS),
    ):
        mixed = [(*line.split(" | "),) for line in bad] + [("", line) for line in good]
        for number, (label, line) in enumerate(mixed):
            labels = {"harmful_request": 1, **clean, **({} if label == "-" else {label: 1})} if label else harmless
            for text in filled(line, chance):
                yield Row(text, "user", labels, "contrasts/categories", f"{name} {number}")
