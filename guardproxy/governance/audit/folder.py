"""The folder of a log: its files in their order, the lock that its writers take in turn, and what stands at its end."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from guardproxy.governance.audit.lines import MAX_LINE, NOTHING, Broken, Line, read
from guardproxy.governance.events import AuditUnavailable
from guardproxy.types import ConfigError

FORMAT: Final = "guardproxy/audit/v1"
OPENED: Final = "audit.file"
"""The action of each file's first line: number of the file, name of the log, form of its lines."""
TORN: Final = "audit.torn"
"""An incomplete line at the end, left by a writer that was killed in the middle of it, was set aside."""
UNSIGNED: Final = "audit.unsigned"
"""The lines at the end had no signature over them: their writer was killed in the middle of writing, or was another."""
PATIENCE: Final = 5.0
"""Seconds that a writer waits for another one to end its turn."""
_NAME: Final = re.compile(r"audit-([0-9]{8})\.jsonl")
_CHUNK: Final = 4 * MAX_LINE


@dataclass(frozen=True, slots=True)
class End:
    """What stands at the end of a log."""

    number: int = 0
    """Of the last file; 0 where there is none."""
    size: int = 0
    """Of that file."""
    seq: int = 0
    hash: str = NOTHING
    unsigned: int = 0
    """Lines behind the last signature; no more than stand in the last part of the file."""
    signed: bool = False
    """Whether that part has a signature."""
    torn: bytes = b""
    """An incomplete line behind the last complete one."""


class Folder:
    """One log's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make sure that it is there. Raises ConfigError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sync()
            sync(self.path.parent)
        except OSError as e:
            raise ConfigError(f"the audit log's folder {self.path} can't be made: {e.strerror}") from None

    def file(self, number: int) -> Path:
        return self.path / f"audit-{number:08}.jsonl"

    def numbers(self) -> list[int]:
        """Of the files that are there, in order."""
        try:
            return sorted(int(m[1]) for file in self.path.iterdir() if (m := _NAME.fullmatch(file.name)))
        except OSError as e:
            raise ConfigError(f"the audit log {self.path} can't be read: {e.strerror}") from None

    def aside(self, number: int, offset: int) -> Path:
        """Where an incomplete line is kept that stood there."""
        return self.path / f"audit-{number:08}.at-{offset}.torn"

    def sync(self) -> None:
        """Names of files that were made are on the disk once this returns. Raises OSError."""
        sync(self.path)

    @contextmanager
    def locked(self, *, shared: bool = False) -> Iterator[None]:
        """The turn of one writer, or of readers that want to see no half of what one writes. Raises AuditUnavailable."""
        try:
            fresh = not (self.path / "lock").exists()
            descriptor = opened(self.path / "lock", os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT)
            if fresh:
                give_to_owner(descriptor, self.path)
        except OSError as e:
            raise AuditUnavailable(f"the audit log {self.path} can't be written: {e.strerror}") from None
        try:
            self._take(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int, kind: int) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    message = f"another process has written to the audit log {self.path} for {PATIENCE:.0f} s"
                    raise AuditUnavailable(f"{message}; end it, or give this one a log of its own") from None
                time.sleep(0.002)

    # ------------------------------------------------------------------------------------------------ the end

    def end(self) -> End:
        """What stands at the end now. To be asked under the lock. Raises ConfigError where the last lines were changed:
        nothing is chained to such a log."""
        numbers = self.numbers()
        if numbers and not self.file(numbers[-1]).stat().st_size:
            if len(numbers) == 1:
                return End(numbers[0])
            before = self._end_of(numbers[-2])  # its writer was killed before it could write into the new one
            return End(numbers[-1], 0, before.seq, before.hash, before.unsigned, before.signed)
        return self._end_of(numbers[-1]) if numbers else End()

    def _end_of(self, number: int) -> End:
        file = self.file(number)
        start, data = _tail(file)
        hole = data.find(b"\0")
        if hole >= 0:
            start, data = 0, file.read_bytes()
            hole = data.find(b"\0")
        size = start + len(data)
        # After a loss of power, what was never brought to the disk may be there as zeros. No line has one.
        whole = data.rfind(b"\n", 0, hole if hole >= 0 else len(data)) + 1
        torn = data[whole:]
        if not whole:
            if start:
                raise self._damaged(number, "it is too long for one")
            return self._only_torn(number, size, torn)
        lines = data[:whole].split(b"\n")[:-1]
        last, unsigned, signed = self._line(number, lines[-1]), 0, False
        for line in reversed(lines[1:] if start else lines):
            if signed := bool(self._line(number, line).signature):
                break
            unsigned += 1
        return End(number, size - len(torn), last.seq, last.hash, unsigned, signed, torn)

    def _only_torn(self, number: int, size: int, torn: bytes) -> End:
        """A file whose very first line is incomplete."""
        earlier = [n for n in self.numbers() if n < number]
        before = self._end_of(earlier[-1]) if earlier else End()
        return End(number, 0, before.seq, before.hash, before.unsigned, before.signed, torn)

    def _line(self, number: int, line: bytes) -> Line:
        try:
            return read(line + b"\n")
        except Broken as e:
            raise self._damaged(number, str(e)) from None

    def _damaged(self, number: int, why: str) -> ConfigError:
        return ConfigError(
            f"{self.file(number)}: the end of the audit log is damaged: {why}. `guardproxy audit verify` tells where; to begin "
            f"a new log, move {self.path} away and keep it"
        )

    def unrecorded_aside(self, end: End) -> Path | None:
        """An incomplete line that was set aside right at this end, by a writer that was killed before it could say so."""
        with suppress(FileNotFoundError):
            file = self.aside(end.number, end.size)
            return file if end.number and file.stat() else None
        return None


def opened(file: Path, flags: int) -> int:
    """A file of the log, never what a link there leads to: who owns the folder must not have root's command write, or give
    them, a file of somebody else's. Raises OSError."""
    try:
        descriptor = os.open(file, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except OSError as e:
        if e.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, f"{file.name} is a symbolic link, as no file of an audit log is") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"{file.name} is no regular file")
    return descriptor


def give_to_owner(descriptor: int, folder: Path) -> None:
    """A file that root made belongs to whom the folder belongs: `serve` must be able to write what root's command began."""
    if os.geteuid() == 0 and os.fstat(descriptor).st_nlink == 1:  # it has no other name, which might be another's file
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _tail(file: Path) -> tuple[int, bytes]:
    """(where it begins, the last part of a file)."""
    with file.open("rb") as source:
        start = max(0, source.seek(0, os.SEEK_END) - _CHUNK)
        source.seek(start)
        return start, source.read()


def sync(folder: Path) -> None:
    """Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
