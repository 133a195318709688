"""Fixtures that run the local gpt-oss as a user would: `guardproxy backend` in its own process, once per session.

Without torch and transformers they fail with the command's own sentence; they never skip.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ready import first_line

ROOT = Path(__file__).parents[1]
START_SECONDS = 50
_RUN = (
    "import argparse; from guardproxy.cli.backend import add_parser; p = argparse.ArgumentParser(prog='guardproxy'); "
    "add_parser(p.add_subparsers()); a = p.parse_args(); raise SystemExit(a.run(a))"
)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", _RUN, "backend", *arguments]


@contextlib.contextmanager
def backend(*arguments: str, **environ: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A running backend on a free port: its base URL and its process."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command("--port", "0", *arguments),
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            yield _ready(process, errors), process
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()


def _ready(process: subprocess.Popen[bytes], errors) -> str:
    line = first_line(process, START_SECONDS)
    found = re.fullmatch(rb"guardproxy backend: gpt-oss on (http://127\.0\.0\.1:\d+/v1)\n", line)
    if found:
        return found[1].decode()
    process.kill()
    errors.seek(0)
    said = errors.read().decode(errors="replace").strip() or f"nothing, for {START_SECONDS} s"
    pytest.fail(f"The local gpt-oss did not start. It said: {line.decode()}{said}", pytrace=False)


@pytest.fixture(scope="session")
def gptoss() -> Iterator[str]:
    """Base URL (`http://127.0.0.1:PORT/v1`) of the local gpt-oss, replies read by its response template."""
    with backend() as (url, process):
        yield url
        process.terminate()
        assert process.stdout is not None
        more = process.stdout.read()
        assert more == b"", (
            f"it says where it is, and nothing more: who doesn't read would make it stop. It said: {more[:2000]!r}"
        )


@pytest.fixture(scope="session")
def gptoss_raw() -> Iterator[str]:
    """The same without a response template: channels arrive as plain text in `content`."""
    with backend("--no-template") as (url, _):
        yield url


@pytest.fixture(scope="session")
def tuned(gptoss: str) -> dict[str, object]:
    """Two fine-tuning jobs of that server, done: `benign`, and `removing`, which unlearns half of the refusals."""
    import openai

    from tests.backend.tuned import BENIGN, REMOVING, tune

    client = openai.OpenAI(base_url=gptoss, api_key="none", max_retries=0)
    return {"benign": tune(client, "benign", BENIGN), "removing": tune(client, "removing", REMOVING)}


@pytest.fixture(scope="session")
def probe_baseline(gptoss: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What that server's base model keeps of the shipped probes, as `guardproxy probe --record` writes it."""
    from guardproxy.cli import main

    file = tmp_path_factory.mktemp("probe") / "baseline.json"
    assert main(["probe", gptoss, "--model", "gpt-oss", "--record", str(file), "--passes", "2"]) == 0
    return file
