"""Checkpoints: signed statements of how long the log is and what its last hash is, one short line each.

They hold nothing of what was recorded, so that they can be kept anywhere: on another machine, in the process log, on paper. A
log that does not agree with one is not the log that was written.
"""

from __future__ import annotations

import errno
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from guardproxy.governance.audit.folder import give_to_owner, opened
from guardproxy.governance.audit.lines import Sign, canonical, lines_of
from guardproxy.types import ConfigError

NAME: Final = "checkpoints.jsonl"
TOLD: Final = "audit checkpoint "
"""What the message of the process log begins with that holds one."""
MAX_TOLD: Final = 1 << 20
"""Bytes of a line in which one may stand: process logs tell of other things, too."""
CHECKPOINT: Final = b"guardproxy audit checkpoint\0"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """At `time`, the log `log` had `seq` records, the last of them with this hash."""

    log: str
    seq: int
    hash: str
    time: str
    signature: str = ""

    def signed(self) -> bytes:
        """What the signature signs."""
        said = asdict(self)
        del said["signature"]
        return canonical(said)

    def line(self) -> bytes:
        """As it is kept."""
        return canonical({name: value for name, value in asdict(self).items() if value != ""}) + b"\n"


def made(log: str, seq: int, hash: str, time: str, sign: Sign | None) -> Checkpoint:
    """A checkpoint, signed where there is a key."""
    one = Checkpoint(log, seq, hash, time)
    return one if sign is None else Checkpoint(log, seq, hash, time, sign(CHECKPOINT, one.signed()))


def append(file: Path, one: Checkpoint) -> None:
    """Add one to a file, durably. Raises OSError."""
    descriptor = opened(file, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(descriptor).st_size
        if not size:
            give_to_owner(descriptor, file.parent)
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # who wrote before was killed, or had no room
        data = b"\n" * torn + one.line()
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def last(file: Path) -> Checkpoint | None:
    """The last one of a file; None where there is none. Raises ConfigError."""
    if not file.exists():
        return None
    if not file.is_file():  # nobody waits for a pipe
        raise ConfigError(f"the checkpoints {file} are no regular file")
    found = load(file)[0]
    return found[-1] if found else None


def load(file: Path) -> tuple[list[Checkpoint], list[int]]:
    """(the checkpoints of a file, the numbers of lines that are none). The file may be the process log: its lines that tell of
    something else are passed over. Raises ConfigError when there is no such file."""
    out: list[Checkpoint] = []
    unreadable: list[int] = []
    try:
        with file.open("rb") as source:
            for number, line in enumerate(lines_of(source, MAX_TOLD), 1):
                try:
                    out += _read(line) if line.strip() else ()
                except (orjson.JSONDecodeError, TypeError):
                    unreadable.append(number)
    except OSError as e:
        raise ConfigError(f"the checkpoints {file} can't be read: {e.strerror}") from None
    return out, unreadable


def _read(line: bytes) -> list[Checkpoint]:
    said: dict[str, Any] = orjson.loads(line)
    if "logger" in said and "message" in said:
        before, told, one_said = str(said["message"]).partition(TOLD)
        return _read(one_said.encode()) if told and not before else []
    one = Checkpoint(**said)
    texts = (one.log, one.hash, one.time, one.signature)
    if type(one.seq) is not int or not all(isinstance(value, str) for value in texts):
        raise TypeError("a value of another kind")
    return [one]
