"""One event loop for each file that asks Presidio."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.filters.presidio import Loop


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    one = Loop()
    yield one
    for each in one.started.values():
        one(each.aclose())
    one.runner.close()
