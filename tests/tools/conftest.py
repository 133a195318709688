"""One running world for the tests with a scripted tool server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.conftest import SHORT
from tests.server.support import World, world


@pytest.fixture(scope="session")
def _tools_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tmp: Path = tmp_path_factory.mktemp("tools")
    limits = {"body": "2MB", "reply": "6MB"}
    environ = {"TOOL_KEY": "sk-tool"}

    def servers(base: str) -> dict[str, object]:
        plain = {"url": f"{base}/run", "kind": "http"}
        return {"servers": {"files": {"url": f"{base}/mcp", "key_env": "TOOL_KEY"}, "plain": plain}}

    with world(tmp, environ, tools=servers, timeouts=SHORT, limits=limits) as one:
        yield one


@pytest.fixture
def one(_tools_world: World) -> World:
    """The world, with an empty memory."""
    _tools_world.visits.clear()
    return _tools_world
