"""Requests in twins: harmless ones that look harmful, and harmful ones in the same words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from training.contrasts import (
    requests_contexts,
    requests_everyday,
    requests_homonyms,
    requests_intrusion,
    requests_languages,
    requests_mild,
    requests_pairs,
    requests_security,
    requests_techniques,
)
from training.rows import Row

CATEGORIES = (
    *("chem_bio", "cyber", "ai", "weapons", "self_harm", "sexual", "violence", "illicit", "fraud", "privacy", "hate"),
    "misinformation",
)
SOURCE = "contrasts/requests"
PLAINLY = {"jailbreak": 0, "injection": 0}
HARMLESS: Mapping[str, int] = {"harmful_request": 0, **PLAINLY, **dict.fromkeys(CATEGORIES, 0)}
PER_OBJECT = 2
"""Rows of one object of a verb, each in another frame."""
PER_ACT = 6
"""Rows of one act or term in each class."""
COMPANIES = ("Halden Foods", "Norvik Bank", "Castell Energy", "Brightwater", "Omnitrans", "Quillon Software")


def _harmful(category: str) -> dict[str, int]:
    named = {category: 1} if category != "-" else {}
    return {"harmful_request": 1, "hard_benign": 0, **PLAINLY, **named}


def _harmless(category: str, *, hard: bool = True) -> dict[str, int]:
    """No category at all; whether a text about hate or sex has some of it is left open."""
    labels = {**HARMLESS, "hard_benign": int(hard)}
    if category in ("hate", "sexual"):
        del labels[category]
    return labels


def _row(text: str, labels: Mapping[str, int], group: str) -> Row:
    return Row(text, "user", labels, SOURCE, group)


def _verbs(chance: random.Random) -> Iterator[Row]:
    for line in requests_homonyms.VERBS:
        category, phrase, harmless, harmful = line.split(" | ")
        for objects, labels in ((harmless, _harmless("")), (harmful, _harmful(category))):
            for thing in objects.split("; "):
                for frame in chance.sample(requests_homonyms.FRAMES, PER_OBJECT):
                    yield _row(frame.format(phrase.replace("_", thing)), labels, f"verb {phrase}")


def _frames(
    phrases: tuple[str, str], frames: tuple[list[str], list[str]], category: str, chance: random.Random
) -> Iterator[Row]:
    """The harmless phrase in harmless frames and its twin in the harmful ones that stand on the same lines."""
    for at in chance.sample(range(len(frames[0])), PER_ACT):
        for phrase, kind, labels in zip(phrases, frames, (_harmless(category), _harmful(category)), strict=True):
            text = kind[at].format(phrase, city=chance.choice(requests_contexts.CITIES))
            yield _row(text, labels, f"phrase {phrases[0]}")


def _filled(line: str, chance: random.Random) -> str:
    """The sentence with one city and one company."""
    city, company = chance.choice(requests_contexts.CITIES), chance.choice(COMPANIES)
    return line.replace("{city}", city).replace("{company}", company)


def _security(chance: random.Random) -> Iterator[Row]:
    for technique in requests_techniques.TECHNIQUES:
        kinds = (requests_techniques.DEFENCE, requests_techniques.ATTACK)
        yield from _frames((technique, technique), kinds, "cyber", chance)
    for number, line in enumerate(requests_security.LINES):
        yield _row(line, _harmless("cyber"), f"security {number}")
    for number, line in enumerate(requests_intrusion.LINES.strip().splitlines()):
        yield _row(_filled(line, chance), _harmful("cyber"), f"intrusion {number}")


def _pairs(chance: random.Random) -> Iterator[Row]:
    for number, line in enumerate((*requests_pairs.LINES, *requests_mild.LINES, *requests_languages.LINES)):
        category, harmless, harmful = line.split(" | ")
        yield _row(_filled(harmless, chance), _harmless(category), f"pair {number}")
        yield _row(_filled(harmful, chance), _harmful(category), f"pair {number}")


def _everyday(chance: random.Random) -> Iterator[Row]:
    for number, line in enumerate((*requests_everyday.PLAIN, *requests_languages.PLAIN)):
        yield _row(line, _harmless("", hard=False), f"everyday {number}")
    for number, line in enumerate(requests_everyday.CHAT):
        harmful, category, text = line.split(" | ")
        labels = _harmful(category) if harmful == "1" else _harmless("", hard=False)
        if harmful == "0":
            del labels["hard_benign"]  # some look harmful, some do not
        yield _row(_filled(text, chance), labels, f"chat {number}")


def rows(chance: random.Random) -> Iterator[Row]:
    """All of them; twins are in one group."""
    yield from _verbs(chance)
    yield from _security(chance)
    yield from _pairs(chance)
    yield from _everyday(chance)
    safe, real = requests_contexts.SAFE, requests_contexts.REAL
    for line in requests_contexts.ACTS:
        category, act = line.split(" | ")
        yield from _frames((act, act), (safe, real), category, chance)
    for line in requests_contexts.TERMS:
        category, term, deed = line.split(" | ")
        yield from _frames((term, deed), (requests_contexts.ABOUT, requests_contexts.TO_DO), category, chance)
