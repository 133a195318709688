"""The same test with Presidio in the place of our own patterns: values that have a form, on every surface."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from pathlib import Path

from bench.leak.cases import CALLS, PLANTED, REPLIES, REQUESTS, TEMPLATES, Case

POLICY = Path("policies/packs/pii-presidio.yaml")
_LABELS = ("pii.email", "pii.card", "pii.iban", "pii.us_ssn")
_VALUES = tuple(p for p in PLANTED if p.label in _LABELS)
"""What Presidio finds with the same span wherever it stands; of telephone numbers it takes what stands around them too."""


def missing() -> str:
    """Why this can't be run; empty when it can."""
    return "" if importlib.util.find_spec("presidio_analyzer") else "presidio is not installed: guardproxy[pii]"


def cases(per_surface: int) -> Iterator[Case]:
    turn = itertools.count()
    pairs = list(itertools.product(_VALUES, TEMPLATES))
    for surface in (*REPLIES, *CALLS, *REQUESTS):
        for _ in range(per_surface):
            planted, template = pairs[next(turn) * 37 % len(pairs)]
            yield Case(surface, planted, template)
