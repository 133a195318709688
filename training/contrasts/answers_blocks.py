"""How lists of sentences are written down: one a line, continued by indented lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

LINE_BREAK = "⏎"
"""Stands for a line break inside one text."""


def blocks(text: str) -> tuple[str, ...]:
    """The texts of a block: one a line, an indented line goes on with the one before it."""
    joined = re.sub(r"\n +", " ", text)
    return tuple(line.replace(LINE_BREAK, "\n") for line in joined.splitlines() if line)


def fill(template: str, **values: str) -> str:
    """`template` with each `{name}` replaced, and each `{Name}` by the value with a capital."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
        template = template.replace(f"{{{name[0].upper()}{name[1:]}}}", value[:1].upper() + value[1:])
    return template


def curly(text: str) -> str:
    """`text` with typographic apostrophes, as gpt-oss writes them."""
    return text.replace("'", "’")


def joined(parts: Iterable[str], separator: str = " ") -> str:
    """The parts that aren't empty, one after the other."""
    return separator.join(part for part in parts if part)
