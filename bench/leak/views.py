"""Planted values in disguise: each value in each disguise on each surface, and what must arrive is the text without any of it.

A value counts as leaked when a piece of its disguise arrives; since the text must arrive exactly as it is without the
value, its plain form can't arrive either.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator

from bench.leak.cases import CALLS, PLANTED, REPLIES, REQUESTS, Case, Planted

_ALIKE = str.maketrans("aeopcxAEKMOPTX", "аеорсхАЕКМОРТХ")


def _full_width(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def _mathematical(value: str) -> str:
    starts = (("a", "z", 0x1D41A), ("A", "Z", 0x1D400), ("0", "9", 0x1D7CE))
    return "".join(next((chr(s + ord(c) - ord(a)) for a, z, s in starts if a <= c <= z), c) for c in value)


def _alike(value: str) -> str:
    """Every third letter from another alphabet."""
    return "".join(c.translate(_ALIKE) if i % 3 == 1 and value[i - 1].isalpha() else c for i, c in enumerate(value))


def _between(mark: str) -> Callable[[str], str]:
    return lambda value: mark.join(value)


DISGUISES: dict[str, Callable[[str], str]] = {
    "zero width": _between("\u200b"),
    "soft hyphens": _between("\u00ad"),
    "direction marks": _between("\u202e\u202c"),
    "tag characters": _between("\U000e0061"),
    "a long run": lambda v: v[:2] + "\u2060" * 40 + v[2:],
    "combining marks": _between("\u0336"),
    "full width": _full_width,
    "mathematical": _mathematical,
    "look-alikes": _alike,
    "percent": lambda v: "".join(f"%{ord(c):02X}" for c in v),
    "percent, signs only": lambda v: "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in v),
    "entities": lambda v: "".join(f"&#{ord(c)};" if i % 2 else c for i, c in enumerate(v)),
    "escapes": lambda v: "".join(f"\\u{ord(c):04x}" if i % 3 == 1 else c for i, c in enumerate(v)),
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 for URLs": lambda v: base64.urlsafe_b64encode(v.encode()).decode().rstrip("="),
    "hexadecimal": lambda v: v.encode().hex(),
}
VALUES = tuple(p for p in PLANTED if p.label in ("pii.email", "secret.aws", "secret.github", "pii.card", "pii.iban"))
TEMPLATES = (
    "{}",
    "Please note {} for later.",
    "Zuständig für Bücher und Größen ist übrigens {} – schöne Grüße! 😀",
    "連絡先は {} です。よろしくお願いします。",
    "Пишите на {} или приходите завтра.",
)


def cases(each: int = 16) -> Iterator[Case]:
    """`each` cases for every surface: all disguises, with values and templates in turn."""
    turn = itertools.count()
    for surface in (*REPLIES, *CALLS, *REQUESTS):
        for name, disguise in itertools.islice(itertools.cycle(DISGUISES.items()), each):
            number = next(turn)
            planted = VALUES[number * 7 % len(VALUES)]
            value = disguise(planted.value)
            if name.startswith(("base64", "hex")) and len(value.rstrip("=")) < 24:
                continue  # a reply's shorter runs are words and hashes
            yield Case(
                surface,
                Planted(planted.label, value, planted.before, planted.after),
                TEMPLATES[number * 3 % len(TEMPLATES)],
            )
