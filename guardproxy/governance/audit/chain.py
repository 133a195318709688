"""Appends to the log: under the lock, chained to whatever stands at its end, on the disk before it returns.

Several processes may write one log, each in its turn: `serve`, and a command that an operator runs beside it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from guardproxy.governance.audit import checkpoints
from guardproxy.governance.audit.checkpoints import Checkpoint
from guardproxy.governance.audit.folder import FORMAT, OPENED, TORN, UNSIGNED, End, Folder, give_to_owner, opened
from guardproxy.governance.audit.lines import Broken, Sign, read, written
from guardproxy.governance.audit.people import People
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.types import ConfigError, Json

GUARDPROXY: Final = "guardproxy"
MAX_TEXT: Final = 1000
"""Characters of an actor, a subject and so on; what is longer ends in an ellipsis."""
Timed: TypeAlias = tuple[str, Event]


def now() -> str:
    """RFC 3339, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a new file begins."""

    size: int = 64_000_000
    """Bytes of the file."""
    after: float = 86_400.0
    """Seconds since it was begun."""


@dataclass
class Chain:
    """The end of one log."""

    folder: Folder
    people: People
    sign: Sign | None = None
    rotation: Rotation = field(default_factory=Rotation)
    log: str = ""
    """Name of the log: random, in the first line of each file."""
    _descriptor: int = -1
    _end: End | None = None
    _seen: tuple[int, str] = (0, "")
    """The end of the log when it was looked at last: it never gets shorter."""
    _began: float = 0.0
    """When the last file was begun."""
    _broken: str = ""

    @property
    def end(self) -> End:
        """As of the last turn."""
        return self._end or End()

    def open(self, stated: Path | None = None) -> None:
        """See what stands at the end, and repair what a killed writer left there. `stated`: the log's own checkpoints; the log
        must not be shorter than the last one says. Raises ConfigError, AuditUnavailable."""
        self.folder.make()
        with self.folder.locked():
            self._catch_up()
            last = checkpoints.last(stated) if stated is not None else None
            end = self.end
            if last is not None and (last.seq > end.seq or (last.seq == end.seq and last.hash != end.hash)):
                raise ConfigError(
                    f"{self.folder.path}: the audit log was cut off or exchanged: it ends with record {end.seq}, and the last "
                    f"checkpoint in {stated} says otherwise, of record {last.seq}; to begin a new log, move both away and "
                    "keep them"
                )
        if self._due_by_recovery():
            self.append(())

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def append(self, events: Sequence[Timed]) -> int:
        """Write events behind the end; returns how many lines that made. They are on the disk once it returns. Raises
        AuditUnavailable: then none of them is in the log."""
        if self._broken:
            raise AuditUnavailable(self._broken)
        with self.folder.locked():
            try:
                self._catch_up()
                return self._write(self._notes(), events)
            except ConfigError as e:
                raise AuditUnavailable(str(e)) from None
            except OSError as e:
                self._end = None  # look again before anything else is written
                why = f"the audit log {self.folder.path} can't be written: {e.strerror or e}"
                raise AuditUnavailable(why) from None

    def checkpoint(self, file: Path) -> Checkpoint | None:
        """State how long the log is, at the end of a file of checkpoints; None for an empty log. Raises OSError,
        AuditUnavailable, ConfigError."""
        with self.folder.locked():
            self._catch_up()
            end = self.end
            if not end.seq:
                return None
            one = checkpoints.made(self.log, end.seq, end.hash, now(), self.sign)
            checkpoints.append(file, one)
        return one

    # ------------------------------------------------------------------------------------------------ catching up

    def _catch_up(self) -> None:
        """Find the end, where another writer may have been since."""
        end = self._end
        if end is not None and self._descriptor >= 0 and not end.torn and self._same(end):
            return
        self.close()
        self._end = None
        end = self.folder.end()
        seq, hash = self._seen
        if end.seq < seq or (end.seq == seq and end.hash != hash and seq):
            raise ConfigError(
                f"the audit log {self.folder.path} ended with record {seq}, and now ends otherwise, with {end.seq}: somebody "
                "has changed it; nothing is written until guardproxy is started again"
            )
        if end.signed and self.sign is None:
            raise ConfigError(
                f"the audit log {self.folder.path} is signed, and who writes to it must sign, too: set `audit: key_file`"
            )
        self._end = end
        if end.number:
            self._descriptor = self._opened(end.number)
            self._read_first(end.number)

    def _same(self, end: End) -> bool:
        """Whether the last file is still the last one, and as it was left."""
        here = os.fstat(self._descriptor)
        try:
            there = self.folder.file(end.number).stat()
        except FileNotFoundError:
            return False
        same = here.st_size == end.size and (here.st_ino, here.st_dev) == (there.st_ino, there.st_dev)
        return same and not self.folder.file(end.number + 1).exists()

    def _opened(self, number: int, more: int = 0) -> int:
        return opened(self.folder.file(number), os.O_RDWR | os.O_APPEND | more)

    def _read_first(self, number: int) -> None:
        """What the first line of a file says: the log's name, and when the file was begun."""
        for one in [n for n in reversed(self.folder.numbers()) if n <= number]:
            with self.folder.file(one).open("rb") as source:
                first = source.readline()
            if not first.endswith(b"\n"):
                continue
            try:
                record = read(first).record
                self.log = str(record["details"]["log"])
                self._began = datetime.fromisoformat(record["time"]).timestamp() if one == number else time.time()
                return
            except (Broken, KeyError, TypeError, ValueError) as e:
                why = e if isinstance(e, Broken) else "it does not begin a file"
                raise ConfigError(f"the first line is damaged: {why}", str(self.folder.file(one)), 1, 1) from None

    def _due_by_recovery(self) -> bool:
        end = self.end
        return bool(end.torn or (end.unsigned and self.sign) or self.folder.unrecorded_aside(end))

    def _notes(self) -> list[Event]:
        """What is to be told of the end before anything else is. Sets an incomplete line aside."""
        end, out = self.end, []
        aside = self.folder.aside(end.number, end.size)
        if end.torn:
            _keep(aside, end.torn, self.folder.path)
            self.folder.sync()
            os.ftruncate(self._descriptor, end.size)
            os.fsync(self._descriptor)
            self._end = End(end.number, end.size, end.seq, end.hash, end.unsigned, end.signed)
        if (found := self.folder.unrecorded_aside(end)) is not None:
            data = found.read_bytes()
            said: dict[str, Json] = {
                "file": self.folder.file(end.number).name, "offset": end.size, "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(), "kept_in": found.name,
            }  # fmt: skip
            out.append(Event(TORN, GUARDPROXY, details=said))
        if end.unsigned and self.sign is not None:
            first = end.seq - end.unsigned + 1
            out.append(Event(UNSIGNED, GUARDPROXY, details={"from": first, "to": end.seq}))
        return out

    # ------------------------------------------------------------------------------------------------ writing

    def _write(self, notes: list[Event], events: Sequence[Timed]) -> int:
        end = self.end
        fresh = not end.size
        if self._full(end):
            number, fresh = end.number + 1, True
        else:
            number = max(end.number, 1)
        if number != end.number:
            self.close()
            self._descriptor = self._opened(number, os.O_CREAT | os.O_EXCL)
            give_to_owner(self._descriptor, self.folder.path)
            end = self._end = End(number, 0, end.seq, end.hash, end.unsigned, end.signed)
        told = [(now(), one) for one in ((self._first(number), *notes) if fresh else notes)]
        fields = [self._fields(*one) for one in (*told, *events)]
        lines, seq, hash = [], end.seq, end.hash
        for place, one in enumerate(fields, 1):
            seq += 1
            line, hash = written(one, seq, hash, self.sign if place == len(fields) else None)
            lines.append(line)
        if not lines:
            return 0
        data = b"".join(lines)
        self._put(data, end.size)
        if fresh:
            self.folder.sync()
            self._began = time.time()
        self._end = End(number, end.size + len(data), seq, hash, 0 if self.sign else len(lines), self.sign is not None)
        self._seen = seq, hash
        return len(lines)

    def _full(self, end: End) -> bool:
        return end.size >= self.rotation.size or (end.size > 0 and time.time() - self._began >= self.rotation.after)

    def _first(self, number: int) -> Event:
        if not self.log:
            self.log = secrets.token_hex(16)
        return Event(OPENED, GUARDPROXY, details={"file": number, "format": FORMAT, "log": self.log})

    def _fields(self, time: str, event: Event) -> dict[str, Json]:
        """An event as a line says it, the person in it behind a pseudonym. Raises AuditUnavailable."""
        actor, person = event.actor, event.person
        if actor.startswith("cli:"):
            actor, person = "cli", person or actor[4:]
        fields: dict[str, Json] = {"time": time, "action": _short(event.action), "actor": _short(actor)}
        if person:
            pseudonym, private = self.people.written(_short(person), event.private)
            fields["person"] = pseudonym
            if private:
                fields["private"] = private
        details = dict(event.details)
        if event.private and not person:
            details |= event.private  # about nobody who could ask for it to be erased
        return {**fields, "subject": _short(event.subject), "tenant": _short(event.tenant), "details": details}

    def _put(self, data: bytes, size: int) -> None:
        """Write all of it and see it onto the disk, or none of it. Raises OSError."""
        at = 0
        try:
            while at < len(data):
                at += os.write(self._descriptor, data[at:])
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise
        try:
            os.fsync(self._descriptor)
        except OSError as e:
            # what the disk has of it now nobody knows, and a second fsync would say that all is well
            self._broken = (
                f"the audit log {self.folder.path} could not be brought to the disk ({e.strerror}); "
                "see to the disk, then start guardproxy again"
            )
            raise AuditUnavailable(self._broken) from None


def _keep(file: Path, data: bytes, folder: Path) -> None:
    """Write a file of the folder and see it onto the disk."""
    descriptor = opened(file, os.O_WRONLY | os.O_CREAT)
    os.ftruncate(descriptor, 0)
    with os.fdopen(descriptor, "wb") as out:
        give_to_owner(descriptor, folder)
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
