"""One running world for most tests of the edge; each test gets it with an empty memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.support import World, answer, plays, whole, world

SHORT = {
    "head": "400ms",
    "body": "900ms",
    "body_idle": "400ms",
    "first_byte": "600ms",
    "idle": "500ms",
    "total": "3s",
    "held": "150ms",
}


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tmp: Path = tmp_path_factory.mktemp("world")
    limits = {"body": "2MB", "reply": "200KB", "headers": 40}
    with world(tmp, {"GUARDPROXY_UPSTREAM_KEY": "sk-upstream"}, timeouts=SHORT, limits=limits) as one:
        yield one


@pytest.fixture
def one(_shared: World) -> World:
    """The world, its upstream answering `fine`."""
    _shared.visits.clear()
    _shared.script = plays(answer(whole("fine")))
    return _shared
