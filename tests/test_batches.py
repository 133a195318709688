"""The settings of batches: what they hold is encrypted, and there is room for a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardproxy.config import load
from guardproxy.types import ConfigError

KEY = {"GUARDPROXY_STORE_KEY": "s" * 32}


def settings(folder: Path, text: str, environ: dict[str, str]) -> str:
    file = folder / "settings.yaml"
    file.write_text(f"upstream: {{url: 'http://127.0.0.1:9/v1'}}\nbatches: {text}\n")
    return load(file, environ).batches.path


def test_what_is_kept_is_encrypted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="GUARDPROXY_STORE_KEY"):
        settings(tmp_path, "{path: /tmp/b}", {})
    assert settings(tmp_path, "{path: /tmp/b}", KEY) == "/tmp/b"
    assert settings(tmp_path, "{path: ':memory:'}", {}) == ":memory:"
    assert settings(tmp_path, "{}", {}) == ""


def test_there_is_room_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`max_size` has room for no file"):
        settings(tmp_path, "{path: ':memory:', max_file: 2MB, max_size: 5MB}", {})
