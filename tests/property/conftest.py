"""What text comes out is tested here, not how long it takes: a machine that is busy for a second must not change the answer."""

from __future__ import annotations

import pytest

from guardproxy.engine import guard
from guardproxy.engine.limits import Deadline


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters may take their time."""
    monkeypatch.setattr(guard, "_DEADLINE", Deadline(base=60.0))
