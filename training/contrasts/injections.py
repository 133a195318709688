"""Prompt injections and jailbreaks next to harmless text of the same shape."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from training.contrasts.documents import document_rows
from training.rows import Row


def rows(random: Random) -> Iterator[Row]:
    """Every row once; the same rows in the same order for the same state of `random`."""
    seen: set[str] = set()
    for row in document_rows(random):
        if row.text not in seen:
            seen.add(row.text)
            yield row
