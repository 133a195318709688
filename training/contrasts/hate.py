"""Hate, toxicity and what merely sounds like them.

Templates over groups come first: each hateful one is matched by harmless ones that speak of the same groups equally
often, so that the name of a group tells nothing. Whole sentences, emoji, other languages and noisy copies follow.
"""

from __future__ import annotations

import random as randomness
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from training.contrasts import (
    hate_attacks,
    hate_comments,
    hate_emoji,
    hate_harmless,
    hate_languages,
    hate_longer,
    hate_plain,
    hate_rude,
)
from training.contrasts.hate_groups import PROTECTED, THINGS, UNPROTECTED, Group
from training.contrasts.noise import noisy
from training.rows import Row

SOURCE = "contrasts/hate"
HATE = {"hate": 1, "toxicity": 1}
TOXIC = {"hate": 0, "toxicity": 1}
CLEAN = {"hate": 0, "toxicity": 0}
CIVIL = {**CLEAN, "harassment": 0}
ROUGH = {**CIVIL, "threat": 0}
FILLED_PER_CLASS = 1100
"""Rows of either class that name a protected group."""
NOISY_SHARE = 0.25
OBSCENE = re.compile(r"\b(fuck|shit|bullshit|dipshit|asshole|bitch|bastard|prick|twat|goddamn|dickhead|ass\b)", re.I)
DOCUMENT_SHARE = 0.2

ABUSE = {**TOXIC, "harassment": 1}
WHOLE: tuple[tuple[str, Mapping[str, int], Iterable[str]], ...] = (
    ("insults", {**ABUSE, "threat": 0}, hate_plain.INSULTS),
    ("wishes", ABUSE, hate_plain.WISHES),
    ("threats", {**ABUSE, "threat": 1}, hate_plain.THREATS),
    ("sexual", {**ABUSE, "sexual": 1}, hate_plain.SEXUAL),
    ("pile-ons", ABUSE, hate_plain.PILE_ONS),
    ("coded", ABUSE, hate_plain.CODED),
    ("profane-abuse", ABUSE, hate_plain.PROFANE_ABUSE),
    ("criticism", ROUGH, hate_plain.CRITICISM),
    ("self-and-things", ROUGH, hate_plain.SELF_AND_THINGS),
    ("friends", ROUGH, hate_plain.FRIENDS),
    ("dialect", CIVIL, hate_plain.FRIENDLY_DIALECT),
    ("sport", ROUGH, hate_plain.SPORT_AND_GAMES),
    ("reviews", {**CIVIL, "sexual": 0}, hate_plain.REVIEWS),
    ("reclaimed", CIVIL, hate_plain.RECLAIMED),
    ("about-abuse", CLEAN, hate_plain.ABOUT_ABUSE),
    ("comments-toxic", ABUSE, hate_comments.TOXIC.split("\n\n")),
    ("comments-civil", CIVIL, hate_comments.CIVIL.split("\n\n")),
    ("emoji-harmless", CIVIL, hate_emoji.HARMLESS),
    ("emoji-toxic", TOXIC, hate_emoji.TOXIC),
    ("foreign-toxic", ABUSE, hate_languages.TOXIC),
    ("foreign-clean", CIVIL, hate_languages.CLEAN),
)
"""Whole sentences: pattern, labels, lines."""


def _lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines() if line.strip()]


def _templates(blocks: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, line) for name, block in blocks.items() for line in _lines(block)]


def _fill(template: str, group: Group, other: Group, thing: str) -> str:
    text = template
    for mark, filler in (
        ("{G}", group.plural),
        ("{g}", group.one),
        ("{g0}", group.one.split(" ", 1)[1]),
        ("{X}", other.plural),
        ("{x}", other.one),
        ("{x0}", other.one.split(" ", 1)[1]),
        ("{T}", thing),
    ):
        text = text.replace(mark, filler)
    return text[:1].upper() + text[1:] if template.startswith("{") else text


def _named(name: str, labels: Mapping[str, int], templates: list[tuple[str, str]], count: int) -> Iterator[Row]:
    """`count` rows over all templates in turn; the groups go round too, so that each comes up equally often."""
    step = 0
    while step < count:
        kind, template = templates[step % len(templates)]
        turn = step // len(templates)
        # The round is rotated by one each time: a template meets another group in each turn.
        group = PROTECTED[(step + step // len(PROTECTED)) % len(PROTECTED)]
        other = UNPROTECTED[(step + 5 * turn) % len(UNPROTECTED)]
        thing = THINGS[(step + 7 * turn) % len(THINGS)]
        yield Row(_fill(template, group, other, thing), "user", dict(labels), SOURCE, f"{name}-{kind}")
        step += 1


def _attack_labels(row: Row) -> Row:
    kind = row.group.removeprefix("attack-")
    extra: dict[str, int] = {}
    if kind in hate_attacks.THREATS:
        extra["threat"] = 1
    if kind in hate_attacks.PERSONAL:
        extra["harassment"] = 1
    return replace(row, labels={**row.labels, **extra})


def _cross(name: str, labels: Mapping[str, int], block: str, each: int) -> Iterator[Row]:
    """Every template of `block` with `each` different fillers."""
    for number, template in enumerate(_lines(block)):
        for turn in range(each):
            other = UNPROTECTED[(number * 5 + turn * 7) % len(UNPROTECTED)]
            thing = THINGS[(number * 3 + turn * 4) % len(THINGS)]
            yield Row(_fill(template, PROTECTED[0], other, thing), "user", dict(labels), SOURCE, name)


def _filled() -> Iterator[Row]:
    yield from map(_attack_labels, _named("attack", HATE, _templates(hate_attacks.BLOCKS), FILLED_PER_CLASS))
    yield from _named("harmless", CLEAN, _templates(hate_harmless.BLOCKS), FILLED_PER_CLASS)
    beside = [("abuse", line) for line in _lines(hate_harmless.ABUSE_BESIDE)]
    yield from _named("beside", TOXIC, beside, 6 * len(beside))
    yield from _cross("unprotected-toxic", TOXIC, hate_harmless.UNPROTECTED_TOXIC, 8)
    yield from _cross("unprotected-civil", CIVIL, hate_harmless.UNPROTECTED_CIVIL, 7)
    yield from _cross("things", CIVIL, hate_harmless.THINGS, 8)


def _with_profanity(row: Row) -> Row:
    """Obscene words are known when spelt out: so the label is set before noise falls. Other languages have none."""
    if row.group.partition("-")[0] in {*hate_languages.GROUPS, "foreign"}:
        return row
    obscene = OBSCENE.search(row.text) is not None
    # Clean speech is labelled for a part only, so that this label stays in balance.
    if obscene or ("harassment" in row.labels and not row.group.startswith(("things", "unprotected", "attack"))):
        return replace(row, labels={**row.labels, "profanity": int(obscene)})
    return row


def _noised(rows: Iterable[Row], random: randomness.Random) -> Iterator[Row]:
    for row in rows:
        if random.random() < NOISY_SHARE:
            yield replace(row, text=noisy(row.text, random))


def _longer() -> Iterator[Row]:
    """Posts of several sentences, and pairs about persons."""
    posts = [block.split("\n\n") for block in (hate_longer.HATEFUL, hate_longer.HARMLESS)]
    for number, pair in enumerate(zip(*posts, strict=True)):
        for labels, post in zip((HATE, CLEAN), pair, strict=True):
            template = " ".join(post.split())
            for turn in range(6):
                group = PROTECTED[(number * 5 + turn * 7) % len(PROTECTED)]
                text = _fill(template, group, UNPROTECTED[0], THINGS[0])
                yield Row(text, "user", dict(labels), SOURCE, f"longer-{number}")
    for number, line in enumerate(_lines(hate_longer.PERSON_PAIRS + hate_rude.PAIRS)):
        for labels, text in zip((ABUSE, CIVIL), line.split(" | "), strict=True):
            yield Row(text, "user", dict(labels), SOURCE, f"person-pair-{number}")


def _pairs(name: str, block: str, each: int, groups: Sequence[Group]) -> Iterator[Row]:
    """Hateful and harmless line of each pair, with the same groups in both."""
    for number, line in enumerate(_lines(block)):
        for labels, template in zip((HATE, CLEAN), line.split(" | "), strict=True):
            for turn in range(each):
                group = groups[(number * 4 + turn * 7) % len(groups)]
                text = _fill(template, group, UNPROTECTED[0], THINGS[0]).replace("{E}", group.emoji)
                yield Row(text, "user", dict(labels), SOURCE, f"{name}-{number}")


def _foreign_pairs() -> Iterator[Row]:
    for language, block in hate_languages.PAIRS.items():
        groups = hate_languages.GROUPS[language]
        for number, line in enumerate(_lines(block)):
            for labels, template in zip((HATE, CLEAN), line.split(" | "), strict=True):
                for turn in range(4):
                    text = template.replace("{G}", groups[(number + 2 * turn) % len(groups)])
                    yield Row(text[:1].upper() + text[1:], "user", dict(labels), SOURCE, f"{language}-{number}")


def _sentences() -> Iterator[Row]:
    """The hand-written sentences without a group."""
    for name, labels, lines in WHOLE:
        for line in lines:
            yield Row(" ".join(line.split()), "user", dict(labels), SOURCE, name)


def rows(random: randomness.Random) -> Iterator[Row]:
    """Every row once: plain ones, then noisy copies of about a quarter; deterministic for a seed."""
    pictured = [group for group in PROTECTED if group.emoji]
    plain = [
        *_filled(),
        *_pairs("emoji", hate_emoji.PAIRS, 5, pictured),
        *_pairs("emoji-flip", hate_emoji.FLIPPED, 6, pictured),
        *_pairs("context", hate_longer.CONTEXT_PAIRS, 6, PROTECTED),
        *_longer(),
        *_foreign_pairs(),
        *_sentences(),
    ]
    plain = [_with_profanity(row) for row in plain]
    seen: set[str] = set()
    for row in [*plain, *_noised(plain, random)]:
        if row.text not in seen:
            seen.add(row.text)
            yield replace(row, role="document" if random.random() < DOCUMENT_SHARE else "user")
