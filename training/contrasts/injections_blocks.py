"""How lists of sentences are written down in the modules beside this one, and read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

FILLER = re.compile(r"\{([a-z_]+)\}")


def entries(block: str) -> tuple[str, ...]:
    """One entry a line; a line that starts with two spaces continues the entry before; ¶ is a line break."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith("  ") and found:
            found[-1] += " " + line.strip()
        elif line.strip():
            found.append(line.strip())
    return tuple(re.sub(r" *¶ *", "\n", entry) for entry in found)


def layouts(block: str) -> tuple[str, ...]:
    """Entries whose line breaks and spaces count; a line `%%` stands between two of them."""
    return tuple(part.strip("\n") for part in re.split(r"(?m)^%%$", block) if part.strip())


def filled(text: str, fillers: Mapping[str, Sequence[str]], random: Random) -> str:
    """The text with each `{name}` that `fillers` knows replaced, the same name by the same word; other braces stay."""
    chosen: dict[str, str] = {}

    def word(match: re.Match[str]) -> str:
        name = match[1]
        if name not in fillers:
            return match[0]
        return chosen.setdefault(name, random.choice(fillers[name]))

    return FILLER.sub(word, text)
