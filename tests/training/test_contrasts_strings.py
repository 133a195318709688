"""Strings that are no words."""

from __future__ import annotations

import random
from collections import Counter

from training.contrasts.strings import EACH, FRAMES, rows


def test_rows_are_harmless_distinct_and_repeatable() -> None:
    made = list(rows(random.Random(1)))
    assert made == list(rows(random.Random(1)))
    assert len(made) == EACH * len(FRAMES) <= 1800
    assert len({(r.text, r.role) for r in made}) > 0.97 * len(made)
    assert {value for row in made for value in row.labels.values()} == {0}
    assert all("{key}" not in row.text and "{number}" not in row.text for row in made)
    assert max(Counter(row.group for row in made).values()) <= 40
