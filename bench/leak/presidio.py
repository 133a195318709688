"""The same test with Presidio in the place of our own patterns: values that have a form, on every surface."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from bench.leak.cases import PLANTED

POLICY = Path("policies/packs/pii-presidio.yaml")
_LABELS = ("pii.email", "pii.card", "pii.iban", "pii.us_ssn")
VALUES = tuple(p for p in PLANTED if p.label in _LABELS)
"""What Presidio finds with the same span wherever it stands; of telephone numbers it takes what stands around them too."""


def missing() -> str:
    """Why this can't be run; empty when it can."""
    return "" if importlib.util.find_spec("presidio_analyzer") else "presidio is not installed: guardproxy[pii]"
