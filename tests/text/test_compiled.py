"""The cache of compiled databases: rebuilt when it isn't what was written, kept only where nobody else writes."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from guardproxy.text import PatternError, compiled
from guardproxy.text.compiled import cache_folder, compile_gates

GATES = [(b"secret", False), None, (b"stra\xc3\x9fe", True)]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUARDPROXY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "patterns"


def hits(gates: compiled.Gates, data: bytes) -> list[int]:
    found: list[int] = []
    gates.scanner(found)(data)
    return sorted(found)


def built_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the compilations from here on."""
    calls: list[str] = []
    build = compiled._build
    monkeypatch.setattr(compiled, "_build", lambda key, spec: calls.append(key) or build(key, spec))
    return calls


def test_gates_report_indexes(cache: Path) -> None:
    gates = compile_gates(GATES)
    assert gates.ungated == (1,)
    assert hits(gates, "a secret straße".encode()) == [0, 2]
    assert hits(gates, b"nothing") == []


def test_the_cache_is_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_gates(GATES)
    calls = built_again(monkeypatch)
    assert hits(compile_gates(GATES), b"secret") == [0]
    assert calls == []
    assert [stat.S_IMODE(f.stat().st_mode) & 0o077 for f in cache.iterdir()] == [0]


@pytest.mark.parametrize("damage", [b"", b"{}", b"garbage", b"[1]\nxx", b'{"sha256": "00", "kept": [0]}\nrubbish'])
def test_a_damaged_file_is_rebuilt(cache: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes) -> None:
    compile_gates(GATES)
    (file,) = cache.iterdir()
    good = file.read_bytes()
    file.write_bytes(damage)
    calls = built_again(monkeypatch)
    assert hits(compile_gates(GATES), b"secret") == [0]
    assert calls == [file.name]
    assert file.read_bytes() == good


def test_a_flipped_byte_is_rebuilt(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_gates(GATES)
    (file,) = cache.iterdir()
    raw = bytearray(file.read_bytes())
    raw[-10] ^= 1
    file.write_bytes(raw)
    calls = built_again(monkeypatch)
    compile_gates(GATES)
    assert calls == [file.name]


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_write_is_not_trusted(cache: Path, mode: int) -> None:
    compile_gates(GATES)
    cache.chmod(mode)
    folder = cache_folder()
    assert folder != cache
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert cache_folder() == folder, "one private folder a process, not one a call"
    assert hits(compile_gates(GATES), b"secret") == [0]


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GUARDPROXY_CACHE", str(tmp_path / "file" / "cache"))
    assert stat.S_IMODE(cache_folder().stat().st_mode) == 0o700
    assert hits(compile_gates(GATES), b"secret") == [0]


def test_a_foreign_folder_is_not_trusted(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir(parents=True, mode=0o700)
    theirs = os.stat_result((stat.S_IFDIR | 0o700, 0, 0, 1, 4_000_000, 0, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda self, **_: theirs)
    assert cache_folder() != cache


@pytest.mark.parametrize(("mode", "trusted"), [(0o755, True), (0o775, False), (0o757, False)])
def test_a_folder_that_root_alone_can_write_is_trusted(
    monkeypatch: pytest.MonkeyPatch, mode: int, trusted: bool
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    assert compiled._trusted(os.stat_result((stat.S_IFDIR | mode, 0, 0, 1, 0, 0, 0, 0, 0, 0))) is trusted


def test_what_hyperscan_refuses_is_searched_always(cache: Path) -> None:
    gates = compile_gates([(b"secret", False), (b"(?:[^a]{1,9000}b){200}", True)])
    assert gates.ungated == (1,)
    assert hits(gates, b"secret") == [0]


def test_nothing_to_gate(cache: Path) -> None:
    gates = compile_gates([None, None])
    assert (gates.database, gates.ungated) == (None, (0, 1))
    assert hits(gates, b"secret") == []
    assert not cache.exists()


def test_a_compiler_that_fails_is_an_error_with_a_remedy(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(PatternError, match="can't be compiled within 60 s and 2 GiB"):
        compile_gates([(b"other", False)])
    assert not list(cache.iterdir())


def test_a_compiler_that_takes_too_long_is_killed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_SECONDS", 0.001)
    with pytest.raises(PatternError, match="make them simpler"):
        compile_gates([(b"other", False)])
