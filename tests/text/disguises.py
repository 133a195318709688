"""Ways to disguise a value, and texts to hide it in. Each disguise keeps the value's first and last character its own."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable

from guardproxy.text import folding

INVISIBLES = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\ufe0f\U000e0041\u180e\u3164"
MARKS = "\u0301\u0308\u0336\u20dd\u1dc4"
_BACK: dict[str, list[str]] = {}
for _char, _plain in folding.compatible().items():
    if len(_plain) == 1:
        _BACK.setdefault(_plain, []).append(_char)
_ALIKE: dict[str, list[str]] = {}
for _char, _plain in folding.CONFUSABLE.items():
    _ALIKE.setdefault(_plain, []).append(_char)


def invisible(value: str, rng: random.Random) -> str:
    return "".join(c + rng.choice(INVISIBLES) * rng.randint(0, 3) for c in value[:-1]) + value[-1]


def marked(value: str, rng: random.Random) -> str:
    return "".join(c + "".join(rng.choices(MARKS, k=rng.randint(0, 2))) for c in value[:-1]) + value[-1]


def compatible(value: str, rng: random.Random) -> str:
    return "".join(rng.choice(_BACK[c]) if c in _BACK and rng.random() < 0.7 else c for c in value)


def full_width(value: str, rng: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def alike(value: str, rng: random.Random) -> str:
    """One letter of each word at most, so that the word stays mixed."""
    out, fresh = [], True
    for i, c in enumerate(value):
        near = value[i - 1 : i].isalpha() or value[i + 1 : i + 2].isalpha()
        if fresh and c in _ALIKE and near:
            c, fresh = rng.choice(_ALIKE[c]), False
        fresh = fresh or not c.isalnum()
        out.append(c)
    return "".join(out)


def percent(value: str, rng: random.Random) -> str:
    every = rng.random()
    return "".join(f"%{ord(c):02X}" if not c.isalnum() or rng.random() < every else c for c in value)


def entities(value: str, rng: random.Random) -> str:
    return "".join(rng.choice((f"&#{ord(c)};", f"&#x{ord(c):x};")) if rng.random() < 0.5 else c for c in value)


def escapes(value: str, rng: random.Random) -> str:
    return "".join(rng.choice((f"\\u{ord(c):04x}", f"\\x{ord(c):02x}")) if rng.random() < 0.5 else c for c in value)


def in_base64(value: str, rng: random.Random) -> str:
    return base64.b64encode(value.encode()).decode()


def in_url_base64(value: str, rng: random.Random) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def in_hex(value: str, rng: random.Random) -> str:
    text = value.encode().hex()
    return text.upper() if rng.random() < 0.5 else text


FOLDED: tuple[Callable[[str, random.Random], str], ...] = (invisible, marked, compatible, full_width, alike)
ESCAPED = (percent, entities, escapes)
ENCODED = (in_base64, in_url_base64, in_hex)
ALL = (*FOLDED, *ESCAPED, *ENCODED)
CONTEXTS = (
    "{}",
    "Please note {} for later.",
    "Zuständig – übrigens – ist {} (schöne Grüße)! 😀",
    "連絡先：{}、よろしくお願いします。",
    "Пишите на {} завтра, в 10 часов.",
    "a \u200b b ＡＢＣ %41 {} &#65; ﬁn \\u0041 z",
    "❤️ {} 👨\u200d👩\u200d👧 e\u0301t cetera",
)
