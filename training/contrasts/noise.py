"""Spelling noise: the ways in which people misspell, by accident or to slip past a filter.

The same noise goes on harmful and on harmless rows: a row must not be called harmful for its spelling.
"""

from __future__ import annotations

import random as randomness
import re
from collections.abc import Callable

LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7"}
NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioiosdfghjkjxcvbnbn", strict=False))
WORD = re.compile(r"[^\W\d_]{4,}")


def _on_words(text: str, random: randomness.Random, share: float, change: Callable[[str], str]) -> str:
    """`change` on about `share` of the longer words, on one at least where there is one."""
    words = list(WORD.finditer(text))
    if not words:
        return text
    chosen = [word for word in words if random.random() < share] or [random.choice(words)]
    for word in reversed(chosen):
        text = text[: word.start()] + change(word.group()) + text[word.end() :]
    return text


def _swap(text: str, random: randomness.Random) -> str:
    def change(word: str) -> str:
        at = random.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return _on_words(text, random, 0.3, change)


def _drop(text: str, random: randomness.Random) -> str:
    def change(word: str) -> str:
        at = random.randrange(1, len(word))
        return word[:at] + word[at + 1 :]

    return _on_words(text, random, 0.3, change)


def _neighbour(text: str, random: randomness.Random) -> str:
    def change(word: str) -> str:
        at = random.randrange(1, len(word))
        return word[:at] + NEIGHBOURS.get(word[at], "e") + word[at + 1 :]

    return _on_words(text, random, 0.25, change)


def _join(text: str, random: randomness.Random) -> str:
    if random.random() < 0.4:
        return text.replace(" ", "")
    return re.sub(" ", lambda _: "" if random.random() < 0.35 else " ", text)


def _space(text: str, random: randomness.Random) -> str:
    if random.random() < 0.2:
        return " ".join(text)
    return _on_words(text, random, 0.2, " ".join)


def _split(text: str, random: randomness.Random) -> str:
    def change(word: str) -> str:
        at = random.randrange(1, len(word) - 1)
        return word[:at] + random.choice(" -.") + word[at:]

    return _on_words(text, random, 0.2, change)


def _leet(text: str, random: randomness.Random) -> str:
    def change(word: str) -> str:
        return "".join(
            random.choice(LEET[letter.lower()]) if letter.lower() in LEET and random.random() < 0.7 else letter
            for letter in word
        )

    return _on_words(text, random, 0.5, change)


def _mask(text: str, random: randomness.Random) -> str:
    sign = random.choice("***#_-")

    def change(word: str) -> str:
        inside = re.sub("[aeiou]", lambda found: sign, word[1:-1]) if random.random() < 0.6 else sign * (len(word) - 2)
        return word[0] + inside + word[-1]

    return _on_words(text, random, 0.15, change)


def _repeat(text: str, random: randomness.Random) -> str:
    def change(word: str) -> str:
        at = random.randrange(1, len(word))
        return word[:at] + word[at] * random.randrange(2, 5) + word[at + 1 :]

    return _on_words(text, random, 0.2, change)


def _upper(text: str, random: randomness.Random) -> str:
    return text.upper() if random.random() < 0.7 else _on_words(text, random, 0.4, str.upper)


def _plain(text: str, random: randomness.Random) -> str:
    lowered = text.lower()
    return re.sub(r"[.,!?']", "", lowered) if random.random() < 0.6 else lowered


def _chat(text: str, random: randomness.Random) -> str:
    short = {
        "you": "u",
        "are": "r",
        "your": "ur",
        "people": "ppl",
        "because": "cuz",
        "with": "w/",
        "and": "&",
        "to": "2",
    }
    changed = re.sub(r"[A-Za-z]+", lambda found: short.get(found.group(), found.group()), text)
    return changed.rstrip(".") + random.choice(["", " lol", " smh", " tbh", " fr", "!!", "...", " ngl"])


KINDS: dict[str, Callable[[str, randomness.Random], str]] = {
    "swap": _swap,
    "drop": _drop,
    "neighbour": _neighbour,
    "join": _join,
    "space": _space,
    "split": _split,
    "leet": _leet,
    "mask": _mask,
    "repeat": _repeat,
    "upper": _upper,
    "plain": _plain,
    "chat": _chat,
}
"""Every kind of noise by name."""


def noisy(text: str, random: randomness.Random, kind: str | None = None) -> str:
    """`text` with one kind of spelling noise, a random one unless told. Raises `KeyError` for an unknown kind."""
    chosen = random.choice(sorted(KINDS)) if kind is None else kind
    return KINDS[chosen](text, random)
