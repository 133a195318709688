"""Ways to write a text so that filters of words miss it."""

from __future__ import annotations

import base64
import codecs
import random
from collections.abc import Callable
from dataclasses import replace

from bench.accuracy.subjects import Sample

_LEET = str.maketrans("aeiost", "431057")
_ALIKE = str.maketrans("aeopcxy", "аеорсху")


def _spaced(text: str, _: random.Random) -> str:
    return "  ".join(" ".join(word) for word in text.split())


def _typos(text: str, chance: random.Random) -> str:
    words = text.split()
    for at, word in enumerate(words):
        if len(word) > 3 and chance.random() < 0.3:
            cut = chance.randrange(1, len(word) - 1)
            words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)


def _half_alike(text: str, chance: random.Random) -> str:
    return "".join(c.translate(_ALIKE) if chance.random() < 0.4 else c for c in text)


DISGUISES: dict[str, Callable[[str, random.Random], str]] = {
    "as written": lambda text, _: text,
    "lower case": lambda text, _: text.lower(),
    "CAPITALS": lambda text, _: text.upper(),
    "typing errors": _typos,
    "leetspeak": lambda text, _: text.translate(_LEET),
    "spaced letters": _spaced,
    "look-alike letters": _half_alike,
    "invisible characters": lambda text, _: "\u200b".join(text),
    "base64": lambda text, _: base64.b64encode(text.encode()).decode(),
    "rot13": lambda text, _: codecs.encode(text, "rot13"),
}


def disguised(rows: list[Sample], name: str, seed: int = 0) -> list[Sample]:
    """The same rows in another spelling, with ids of their own."""
    chance = random.Random(seed)
    change = DISGUISES[name]
    return [replace(one, id=f"{name}/{one.id}", text=change(one.text, chance)) for one in rows]
