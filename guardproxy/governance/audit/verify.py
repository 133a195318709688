"""Whether a log is the one that was written: every line against its hash, its neighbours, the signatures and checkpoints.

What is found with what:
- the log alone: lines that were edited, deleted, moved or inserted without making all later hashes anew;
- with the public key: also a log that was made anew by somebody who has not the key, and lines added at its end;
- with checkpoints that were kept elsewhere: also an end that was cut off, and a log made anew by somebody who has the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from guardproxy.governance.audit.checkpoints import CHECKPOINT, Checkpoint
from guardproxy.governance.audit.folder import FORMAT, OPENED, TORN, UNSIGNED, Folder
from guardproxy.governance.audit.lines import MAX_LINE, NOTHING, RECORD, Broken, Line, read
from guardproxy.governance.audit.people import Known
from guardproxy.governance.audit.signing import Verifier
from guardproxy.governance.events import AuditUnavailable
from guardproxy.types import ConfigError

MAX_NOTICES: Final = 100
TOGETHER: Final = 256
"""Signatures of which the last is looked at first: it covers what the others cover, and a look costs 200 microseconds."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The first place where the log is not what it should be."""

    message: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.message


@dataclass(slots=True)
class Verdict:
    """What came of it."""

    problem: Problem | None = None
    notices: list[str] = field(default_factory=list)
    """What is no sign of tampering, but should be known."""
    files: int = 0
    first: int = 0
    """Number of the first record that is there."""
    last: int = 0
    signed: int = 0
    """Number of the last record that a valid signature covers; 0 where no key was given."""
    checkpoints: int = 0
    """That agree with the log."""
    log: str = ""


def verify(
    folder: Folder,
    keys: Verifier | None = None,
    checkpoints: Iterable[Checkpoint] = (),
    *,
    pruned: bool = False,
    people: Iterable[Known] = (),
) -> Verdict:
    """Read the whole log. `pruned`: its oldest files may be missing. Raises ConfigError when it can't be read, and
    AuditUnavailable when somebody writes to it without an end."""
    reading = _Reading(folder, keys, list(checkpoints), pruned)
    try:
        reading.all()
        for one in people:
            if not one.true:
                raise reading.bad(
                    f"the name behind {one.pseudonym} was changed: it is not the one that was recorded", 0, ""
                )
    except _Found:
        with suppress(_Found):
            reading.look()  # a signature before that place may be wrong already
    return reading.verdict


class _Found(Exception):
    """There is a problem; the rest of the log can't be trusted to tell anything."""


class _Reading:
    """One pass over a log."""

    def __init__(self, folder: Folder, keys: Verifier | None, checkpoints: list[Checkpoint], pruned: bool) -> None:
        self.verdict = Verdict()
        self._folder, self._keys, self._pruned = folder, keys, pruned
        self._stated = checkpoints
        self._points: dict[int, list[Checkpoint]] = {}
        self._file, self._number = "", 0
        self._seq, self._hash = 0, NOTHING
        self._began = False
        self._unsigned = Problem("")
        """Where the lines begin that no signature covers yet."""
        self._pending: list[tuple[str, int, Line]] = []
        """Signed lines whose signatures were not looked at yet."""

    def bad(self, message: str, line: int | None = None, file: str | None = None) -> _Found:
        place = self._number if line is None else line
        self.verdict.problem = Problem(message, self._file if file is None else file, place)
        return _Found()

    def _note(self, message: str) -> None:
        if len(self.verdict.notices) < MAX_NOTICES:
            self.verdict.notices.append(message)

    def all(self) -> None:
        for one in self._stated:
            self._stand(one)
        sizes = self._sizes()
        if not sizes:
            if self._points:
                raise self.bad(
                    "the whole log is missing: checkpoints say that there was one", file=str(self._folder.path)
                )
            raise ConfigError(f"there is no audit log in {self._folder.path}")
        self._follow(sizes)
        for number, size in sizes.items():
            self._begin_file(number)
            for line in self._lines(number, size):
                self._one(line)
        self._close()

    def _stand(self, one: Checkpoint) -> None:
        """A checkpoint may be used once its signature is known to be good."""
        if self._keys is not None and not self._keys.valid(CHECKPOINT, one.signed(), one.signature):
            raise self.bad(f"the checkpoint of record {one.seq} was not signed with a key that you trust", 0, "")
        self._points.setdefault(one.seq, []).append(one)

    # ------------------------------------------------------------------------------------------------ files

    def _sizes(self) -> dict[int, int]:
        """Number of each file to its size, between two writes."""

        def now() -> dict[int, int]:
            return {number: self._folder.file(number).stat().st_size for number in self._folder.numbers()}

        try:
            if (self._folder.path / "lock").exists():
                with self._folder.locked(shared=True):
                    return now()
        except AuditUnavailable:
            self._note("the log's lock can't be taken: what is being written now may look incomplete")
        return now()

    def _follow(self, sizes: dict[int, int]) -> None:
        """No file is missing between two others, or before the first."""
        numbers = list(sizes)
        first = numbers[0]
        if first != 1:
            if not self._pruned:
                before = self._folder.file(first - 1).name
                raise self.bad(
                    f"files are missing before this one, up to {before}; if you removed them, say --pruned",
                    0, str(self._folder.file(first)),
                )  # fmt: skip
            self._note(
                f"the log begins with {self._folder.file(first).name}: what was before is not there to be verified"
            )
        for number, after in pairwise(numbers):
            if after != number + 1:
                gone = self._folder.file(number + 1).name
                raise self.bad(f"the file {gone} is missing", 0, str(self._folder.file(after)))

    def _begin_file(self, number: int) -> None:
        self._file, self._number = str(self._folder.file(number)), 0
        self.verdict.files += 1

    def _lines(self, number: int, size: int) -> Iterator[Line]:
        with self._folder.file(number).open("rb") as source:
            left = size
            while left > 0:
                raw = source.readline(min(left, MAX_LINE))
                self._number += 1
                if not raw.endswith(b"\n"):
                    raise self.bad(_incomplete(raw, left))
                left -= len(raw)
                try:
                    yield read(raw)
                except Broken as e:
                    raise self.bad(str(e)) from None

    # ------------------------------------------------------------------------------------------------ lines

    def _one(self, line: Line) -> None:
        self._chained(line)
        if self._number == 1:
            self._first_of_file(line)
        self._noted(line)
        if self._keys is not None:
            self._signed(line)
        for point in self._points.pop(line.seq, ()):
            self._agree(point, line)
        self._seq, self._hash = line.seq, line.hash
        self.verdict.last = line.seq

    def _chained(self, line: Line) -> None:
        if not self._began and self._pruned and self.verdict.files == 1:
            self._began, self.verdict.first = True, line.seq
            return
        self._began, self.verdict.first = True, self.verdict.first or 1
        if line.seq != self._seq + 1:
            what = "records are missing or were moved" if line.seq > self._seq + 1 else "records were moved or repeated"
            raise self.bad(f"{what}: this is record {line.seq}, and record {self._seq + 1} should stand here")
        if line.prev != self._hash:
            raise self.bad("the line before was changed or exchanged: this one is chained to another")

    def _first_of_file(self, line: Line) -> None:
        details, number = line.record.get("details"), int(Path(self._file).stem.rpartition("-")[2])
        if line.record.get("action") != OPENED or not isinstance(details, dict):
            raise self.bad("this line does not begin a file: the one that did is missing")
        if details.get("file") != number or details.get("format") != FORMAT:
            raise self.bad(f"this is file {details.get('file')} of a log: it was renamed or exchanged")
        self.verdict.log = self.verdict.log or str(details.get("log"))
        if details.get("log") != self.verdict.log:
            raise self.bad("this file is of another log")

    def _noted(self, line: Line) -> None:
        details = line.record.get("details")
        if line.record.get("actor") != "guardproxy" or not isinstance(details, dict):
            return
        place = f"{self._file}:{self._number}"
        if line.record.get("action") == TORN:
            said = f"a writer was killed in the middle of a line: {details.get('bytes')} bytes are kept in"
            self._note(f"{place}: {said} {details.get('kept_in')}")
        elif line.record.get("action") == UNSIGNED:
            said = f"records {details.get('from')} to {details.get('to')} were found without a signature, after a crash"
            self._note(f"{place}: {said} or because somebody else wrote them")

    def _signed(self, line: Line) -> None:
        assert self._keys is not None
        if not self._unsigned.line:
            self._unsigned = Problem("", self._file, self._number)
        if not line.signature:
            return
        if not self._keys.knows(line.signature):
            raise self.bad("the signature is of a key that you did not give as trusted")
        self._pending.append((self._file, self._number, line))
        self._unsigned = Problem("")
        if len(self._pending) >= TOGETHER:
            self.look()

    def look(self) -> None:
        """At the signatures of which that was not done yet: the last one, and all others where it is wrong."""
        if self._keys is None or not self._pending:
            return
        _, _, last = self._pending[-1]
        if not self._keys.valid(RECORD, last.signed, last.signature):
            for file, number, line in self._pending:
                if not self._keys.valid(RECORD, line.signed, line.signature):
                    said = (
                        "the signature does not hold: this line, or one before it, was made by somebody without the key"
                    )
                    raise self.bad(said, number, file)
        self.verdict.signed = last.seq
        self._pending.clear()

    def _agree(self, point: Checkpoint, line: Line) -> None:
        if point.log != self.verdict.log:
            raise self.bad(f"the checkpoint of record {point.seq} is of another log than this one")
        if point.hash != line.hash:
            raise self.bad(
                f"the checkpoint of {point.time} says otherwise: this record, or one before it, was changed after that"
            )
        self.verdict.checkpoints += 1

    # ------------------------------------------------------------------------------------------------ the end

    def _close(self) -> None:
        self.look()
        for seq in sorted(self._points):
            [point, *_] = self._points[seq]
            if self._pruned and seq < self.verdict.first:
                continue
            raise self.bad(
                f"the log was cut off after this line: it ends with record {self._seq}, and the checkpoint of {point.time} "
                f"says that record {seq} was written"
            )
        if self._unsigned.line:
            raise self.bad(
                "no signature covers the records from here to the end: somebody without the key wrote them, or a writer was "
                "killed and not started again",
                self._unsigned.line, self._unsigned.file,
            )  # fmt: skip


def _incomplete(raw: bytes, left: int) -> str:
    if len(raw) >= MAX_LINE:
        return "it is no line of an audit log: it is too long"
    if len(raw) < left:
        return "the file got shorter while it was read"
    return (
        "the last line is incomplete: a writer was killed in the middle of it and not started again, or it was cut off"
    )
