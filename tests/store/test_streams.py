"""Files that are encrypted in chunks: what was written comes back, and nothing else does."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardproxy.store import streams
from guardproxy.store.rows import Unreadable
from guardproxy.store.streams import MAGIC, Sealing, opened

SECRET, SMALL = b"a secret of the tests, of 32 byte", 8
HEAD, TAG = len(MAGIC) + 32, 16


@pytest.fixture(autouse=True)
def _small_chunks() -> Iterator[None]:
    with patch.object(streams, "CHUNK", SMALL):
        yield


def sealed(folder: Path, data: bytes, size: int = 5, name: str = "one", secret: bytes | None = SECRET) -> bytes:
    path = folder / "file"
    path.unlink(missing_ok=True)
    one = Sealing(path, name, secret)
    for at in range(0, len(data), size):
        one.write(data[at : at + size])
    one.close()
    assert path.stat().st_mode & 0o777 == 0o600
    return path.read_bytes()


def read(data: bytes, name: str = "one", secret: bytes | None = SECRET) -> bytes:
    return b"".join(opened(io.BytesIO(data), name, secret))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=40), size=st.integers(1, 50), clear=st.booleans())
def test_what_was_written_comes_back(tmp_path: Path, data: bytes, size: int, clear: bool) -> None:
    secret = None if clear else SECRET
    kept = sealed(tmp_path, data, size, secret=secret)
    assert read(kept, secret=secret) == data
    assert (kept == data) is clear
    assert len(data) < 6 or clear or data not in kept


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chunks=st.integers(1, 5), rest=st.integers(0, SMALL - 1), drawn=st.data())
def test_a_file_that_was_changed_does_not_open(tmp_path: Path, chunks: int, rest: int, drawn: st.DataObject) -> None:
    kept = sealed(tmp_path, bytes(range(chunks * SMALL + rest)))
    body = [kept[at : at + SMALL + TAG] for at in range(HEAD, len(kept), SMALL + TAG)]
    how = drawn.draw(st.sampled_from(["flip", "cut", "swap", "repeat", "drop", "append"]))
    at = drawn.draw(st.integers(0, len(body) - 1))
    if how == "flip":
        bit = drawn.draw(st.integers(0, len(kept) * 8 - 1))
        changed = bytearray(kept)
        changed[bit // 8] ^= 1 << bit % 8
        other = bytes(changed)
    elif how == "cut":
        other = kept[: drawn.draw(st.integers(0, len(kept) - 1))]
    else:
        told = drawn.draw(st.integers(0, len(body) - 1))
        rows = list(body)
        if how == "swap":
            rows[at], rows[told] = rows[told], rows[at]
        elif how == "repeat":
            rows.insert(at, rows[told])
        elif how == "drop":
            del rows[at]
        else:
            rows.append(b"x" * (told + 1))
        other = kept[:HEAD] + b"".join(rows)
    if other == kept:
        return
    with pytest.raises(Unreadable):
        read(other)


def test_a_file_opens_under_its_name_and_key_only(tmp_path: Path) -> None:
    kept = sealed(tmp_path, b"text")
    for name, secret in (("two", SECRET), ("one", b"x" * 32)):
        with pytest.raises(Unreadable):
            read(kept, name, secret)
    with pytest.raises(Unreadable):
        read(b"in clear")


def test_nobody_takes_a_name_twice(tmp_path: Path) -> None:
    one = Sealing(tmp_path / "file", "one", SECRET)
    with pytest.raises(FileExistsError):
        Sealing(tmp_path / "file", "one", SECRET)
    one.discard()
    assert not (tmp_path / "file").exists()


def test_large_files_need_little_memory(tmp_path: Path) -> None:
    with patch.object(streams, "CHUNK", 1 << 16):
        one, block = Sealing(tmp_path / "file", "one", SECRET), b"x" * (1 << 17)
        tracemalloc.start()
        for _ in range(64):
            one.write(block)
        one.close()
        with (tmp_path / "file").open("rb") as file:
            assert sum(map(len, opened(file, "one", SECRET))) == 64 * len(block)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1 << 21
