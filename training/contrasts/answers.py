"""Answers of a model and records for training one: refusals against answers, harmful against harmless, rude against civil."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain

from training.contrasts.answers_compliant import compliant
from training.contrasts.answers_harmful import harmful
from training.contrasts.answers_refusals import refusals
from training.contrasts.answers_tone import tones
from training.contrasts.answers_training import training_records
from training.rows import Row


def rows(random: random.Random) -> Iterator[Row]:
    """Every row of this module, no text twice; the same for the same state of `random`."""
    seen: set[str] = set()
    kinds = (refusals, compliant, harmful, training_records, tones)
    for row in chain.from_iterable(kind(random) for kind in kinds):
        if row.text not in seen:
            seen.add(row.text)
            yield row
