"""Gate databases: compiled by hyperscan in a bounded child process, kept in a directory that only we write.

Hyperscan's compiler can take long and much memory on a hostile pattern, so authors' patterns never meet it in the
serving process. A compiled database is trusted only with the hash that was written beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import hyperscan

from guardproxy.text.syntax import PatternError

Gate = tuple[bytes, bool]
_SECONDS = 60
_MEMORY = 2 << 30
_FORMAT = "2"


@dataclass(frozen=True, slots=True)
class Gates:
    """The gate of a bank: a hyperscan database over the rules that have a gate, and the rules that have none."""

    database: hyperscan.Database | None
    ungated: tuple[int, ...]

    def scanner(self, hits: list[int]) -> Callable[[bytes], object]:
        """A function that scans bytes and appends the indexes of rules that may match to `hits`."""
        database = self.database
        if database is None:
            return lambda data: None

        def on(index: int, start: int, end: int, flags: int, context: object) -> None:
            hits.append(index)

        scan = database.scan
        # the binding keeps no reference to the handler: the closure below does
        return lambda data: scan(data, match_event_handler=on)

    def placer(self, hits: list[tuple[int, int]]) -> Callable[[bytes], object]:
        """Like `scanner`, but appends (index, end) of every match: for a database made with `every`."""
        database = self.database
        if database is None:
            return lambda data: None

        def on(index: int, start: int, end: int, flags: int, context: object) -> None:
            hits.append((index, end))

        scan = database.scan
        return lambda data: scan(data, match_event_handler=on)


def compile_gates(gates: Sequence[Gate | None], *, every: bool = False) -> Gates:
    """Compile, or load from the cache. Rules that hyperscan refuses are left ungated: searched always, never missed.

    `every`: report every match of a rule, not only that there is one.
    """
    wanted = [(i, g[0], g[1]) for i, g in enumerate(gates) if g is not None]
    if not wanted:
        return Gates(None, tuple(range(len(gates))))
    spec = json.dumps([[i, e.decode("utf-8", "replace"), w, every] for i, e, w in wanted])
    key = hashlib.sha256("\0".join((_FORMAT, version("hyperscan"), platform.machine(), _cpu(), spec)).encode())
    blob, kept = _load(key.hexdigest()) or _build(key.hexdigest(), spec)
    database = hyperscan.loadb(bytes(blob), mode=hyperscan.HS_MODE_BLOCK) if kept else None
    if database is not None:
        database.scratch = hyperscan.Scratch(database)
    return Gates(database, tuple(sorted(set(range(len(gates))) - set(kept))))


def _cpu() -> str:
    """Databases are built for the instructions of one kind of processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("flags")), "")


def cache_folder() -> Path:
    """Where compiled databases are kept: a folder that only we or root can write, or a fresh private one."""
    own = os.environ.get("GUARDPROXY_CACHE")
    shared = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "guardproxy"
    folder = (Path(own) if own else shared) / "patterns"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        info = folder.stat()
        if _trusted(info):
            return folder
    except OSError:
        pass  # a read-only home: compile into a folder of this process
    return _private_folder()


def _trusted(info: os.stat_result) -> bool:
    """Whether only we can write a folder, or root: then it came with the image, and we only read it."""
    return info.st_uid in (0, os.getuid()) and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@cache
def _private_folder() -> Path:
    """A folder of this process alone, made once."""
    return Path(tempfile.mkdtemp(prefix="guardproxy-patterns-"))


def _load(key: str) -> tuple[bytes, list[int]] | None:
    """A database of the cache with its hash checked; None when absent or not what was written."""
    try:
        raw = (cache_folder() / key).read_bytes()
        head, _, blob = raw.partition(b"\n")
        meta = json.loads(head)
        if meta["sha256"] == hashlib.sha256(blob).hexdigest():
            return blob, meta["kept"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _build(key: str, spec: str) -> tuple[bytes, list[int]]:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(Path(__file__).with_name("compile_child.py")), str(_SECONDS), str(_MEMORY)],
            input=spec.encode(),
            capture_output=True,
            timeout=_SECONDS * 2,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PatternError(f"the patterns took more than {_SECONDS} s to compile; make them simpler") from None
    if done.returncode:
        raise PatternError(
            f"the patterns can't be compiled within {_SECONDS} s and {_MEMORY >> 30} GiB: {done.stderr.decode()[-300:]}"
        )
    head, _, blob = done.stdout.partition(b"\n")
    meta = {"sha256": hashlib.sha256(blob).hexdigest(), "kept": json.loads(head)}
    folder = cache_folder()
    try:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(json.dumps(meta).encode() + b"\n" + blob)
        Path(file.name).replace(folder / key)
    except OSError:
        pass  # a full or read-only disk costs the next start its time, nothing else
    return blob, meta["kept"]
