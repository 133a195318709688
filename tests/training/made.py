"""What holds of the rows of every set of contrasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from training.rows import Row

Make = Callable[[Random], Iterator[Row]]
SEED = 7


def same_for_the_same_seed(make: Make, made: Sequence[Row]) -> None:
    """`made` with `SEED` comes again with it, and not with another one."""
    assert list(made) == list(make(Random(SEED)))
    assert list(made) != list(make(Random(SEED + 1)))


def different_and_labelled(made: Sequence[Row], least: int, allowed: set[str], source: str, roles: set[str]) -> None:
    """At least so many rows, no text twice, and nothing but these labels, this source and these roles."""
    assert len(made) >= least
    assert len({row.text for row in made}) == len(made)
    for row in made:
        assert row.labels and set(row.labels) <= allowed and set(row.labels.values()) <= {0, 1}
        assert row.role in roles and row.source == source
        assert row.group and row.text == row.text.strip()
