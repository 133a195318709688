"""Benches are tested for what they find; see tests/property/conftest.py for why filters may take their time."""

from tests.property.conftest import patience  # noqa: F401  (a fixture)
