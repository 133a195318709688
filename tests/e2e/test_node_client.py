"""openai's client for Node against the local gpt-oss through guardproxy. Its package comes from npm, by its lock file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.proxy import Proxy
from tests.e2e.talk import CLIENT_KEY

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(120)]

HERE = Path(__file__).parent / "node"
MASKED = "Alice's e-mail address is [pii.email]. She answers within a day."


def node() -> str:
    """Where node is. Without it, or without the package, the test is told as NOT RUN, and in CI it fails."""
    program = shutil.which("node")
    if program and (HERE / "node_modules" / "openai").is_dir():
        return program
    missing = "NOT RUN: openai's client for Node needs node and npm on PATH when `make setup` runs"
    if os.environ.get("REQUIRE_NODE"):
        pytest.fail(missing)
    pytest.skip(missing)


def test_openai_for_node(guarded: Proxy) -> None:
    command = [node(), str(HERE / "check.mjs"), guarded.url, CLIENT_KEY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    for name in ("chat", "chatStreamed", "chatHelper", "response", "responseStreamed", "responseDeltas"):
        assert said[name] == MASKED, name
    for name in ("toolLoop", "toolLoopStreamed", "responseToolLoop"):
        assert said[name].strip() == "It is 21 degrees in Paris.", name
    assert said["called"] == [{"city": "Paris"}] * 2 and said["responseStatus"] == "completed"
    assert said["refused"] == {
        "kind": "BadRequestError", "status": 400, "code": "unsupported_parameter", "param": "previous_response_id",
    }  # fmt: skip
