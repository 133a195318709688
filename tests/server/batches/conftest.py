"""One guardproxy that takes batches, before an upstream that runs them."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from tests.server.batches.batcher import Batcher
from tests.server.support import World, world


@pytest.fixture(scope="package")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tmp = tmp_path_factory.mktemp("batches")
    batches = {"path": ":memory:", "max_file": "1MB", "max_requests": 300}
    training = {"path": str(tmp / "files"), "clear_text": True}
    limits = {"body": "20KB", "reply": "20KB"}
    with world(tmp, batches=batches, training=training, limits=limits, timeouts={"idle": "2s"}) as one:
        yield one


@pytest.fixture
def batcher(_running: World) -> Batcher:
    _running.visits.clear()
    _running.script = made = Batcher()
    return made


@pytest.fixture
def client(_running: World, batcher: Batcher) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{_running.url}/v1", api_key="k", max_retries=0) as one:
        yield one
