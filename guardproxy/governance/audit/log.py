"""The audit log of a process: a thread writes what comes in, many events with one trip to the disk.

`strict`: who records waits until the event is on the disk. `group`: nobody waits; what the last `interval` seconds brought is
lost when the process is killed. In both, an event that can't be kept is an error for who records it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from guardproxy.governance.audit import checkpoints
from guardproxy.governance.audit.chain import GUARDPROXY, Chain, Rotation, Timed, now
from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.people import NAME as PEOPLE
from guardproxy.governance.audit.people import People
from guardproxy.governance.events import AuditUnavailable, Event, Recorder, Unrecorded
from guardproxy.sections import Audit
from guardproxy.telemetry.log import logger
from guardproxy.types import GuardproxyError

BATCH: Final = 1000
"""Events of one write."""
RETRY: Final = 1.0
"""Seconds after which a log that could not be written is tried again."""
Failure = Literal["write", "checkpoint", "full"]
FAILURES: Final[tuple[Failure, ...]] = ("write", "checkpoint", "full")
"""`write`: a write failed; `checkpoint`: a checkpoint could not be kept; `full`: too many events waited."""
LAST: Final = 30.0
"""Seconds for a disk that hangs, at the end of the process."""
ERASED: Final = "person.erased"


@dataclass(slots=True)
class Counts:
    """What the metrics show."""

    records: int = 0
    """Lines written by this process."""
    last: float = 0.0
    """When something was brought to the disk the last time, in seconds since 1970."""
    failures: dict[Failure, int] = field(default_factory=lambda: dict.fromkeys(FAILURES, 0))


@dataclass(slots=True)
class _Waiting:
    event: Timed
    done: Callable[[AuditUnavailable | None], None] | None
    """Told when it is on the disk, or can't be; None where nobody waits."""


def opened_chain(settings: Audit) -> Chain:
    """The log that the settings name, its end repaired where a writer was killed. Raises ConfigError, AuditUnavailable."""
    sign = None
    if settings.key_file:
        from guardproxy.governance.audit.signing import load_signer

        sign = load_signer(Path(settings.key_file)).sign
    folder = Folder(Path(settings.path))
    rotation = Rotation(settings.rotate_size, settings.rotate_after)
    chain = Chain(folder, People(folder.path / PEOPLE), sign, rotation)
    chain.open(checkpoints_file(settings))
    return chain


def checkpoints_file(settings: Audit) -> Path:
    """Where checkpoints are kept."""
    return Path(settings.checkpoints) if settings.checkpoints else Path(settings.path) / checkpoints.NAME


class AuditLog:
    """A Recorder. Made by `open`; to be closed."""

    def __init__(self, chain: Chain, settings: Audit) -> None:
        self.counts = Counts()
        self._chain, self._settings = chain, settings
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._failing: AuditUnavailable | None = None
        self.stated: Callable[[], Event | None] = lambda: None
        """What is to be recorded before each checkpoint. Asked by the thread that writes."""
        self._unstated: list[Timed] = []
        self._pointed = chain.end.seq  # where the last checkpoint was made
        self._point_at = time.monotonic() + settings.checkpoint_interval
        self._thread = threading.Thread(target=self._run, name="guardproxy-audit", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, settings: Audit) -> AuditLog:
        """Raises ConfigError, AuditUnavailable."""
        return cls(opened_chain(settings), settings)

    @property
    def queue(self) -> int:
        """Events that wait to be written."""
        return len(self._waiting)

    async def record(self, event: Event) -> None:
        if self._settings.mode == "group":
            self._put(_Waiting((now(), event), None))
            return
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()

        def done(error: AuditUnavailable | None) -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits any more
                loop.call_soon_threadsafe(_settle, written, error)

        self._put(_Waiting((now(), event), done))
        await written

    def _put(self, one: _Waiting) -> None:
        with self._wake:
            if self._stopping or not self._thread.is_alive():
                raise AuditUnavailable("the audit log is closed")
            if self._failing is not None and one.done is None:
                raise self._failing  # group: what waits is tried again and again, and nothing joins it
            if len(self._waiting) >= self._settings.queue:
                self.counts.failures["full"] += 1
                raise AuditUnavailable(f"{len(self._waiting)} events wait for the audit log; try again later")
            self._waiting.append(one)
            self._wake.notify()

    async def aclose(self) -> None:
        """Write what waits, state a last checkpoint, and end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join, LAST)
        if self._thread.is_alive():
            logger.error("the audit log's disk does not answer: %s events that wait are lost", len(self._waiting))

    # ------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        strict = self._settings.mode == "strict"
        pause = 0.0
        while not self._stopping:
            with self._wake:
                if not self._waiting and not self._stopping:
                    self._wake.wait(max(0.0, self._point_at - time.monotonic()))
                if not self._stopping and self._waiting and not strict:
                    self._wait(pause or self._settings.interval)
            written = self._flush()
            while written and self._waiting and not strict:
                written = self._flush()
            pause = 0.0 if written else RETRY
            if time.monotonic() >= self._point_at or self._chain.end.seq - self._pointed >= self._records:
                self._checkpoint()
        while self._waiting and self._flush():
            pass
        if self._waiting:
            logger.error("%s events that were promised to the audit log are lost with this process", len(self._waiting))
        self._checkpoint()
        self._chain.close()

    @property
    def _records(self) -> int:
        return self._settings.checkpoint_records

    def _wait(self, seconds: float) -> None:
        """Let more come."""
        until = time.monotonic() + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            self._wake.wait(left)

    def _flush(self) -> bool:
        """Write what waits. False where that failed: who waits has been told; what nobody waits for is still there."""
        with self._wake:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        if not batch:
            return True
        error: AuditUnavailable | None = None
        try:
            self.counts.records += self._chain.append([one.event for one in batch])
            self.counts.last = time.time()
        except AuditUnavailable as e:
            error = e
        except Exception as e:  # nobody may wait for ever for a thread that has ended
            error = AuditUnavailable(f"the audit log can't be written: {type(e).__name__}")
        with self._wake:
            self._failing = error
            if error is not None:
                self._waiting.extendleft(one for one in reversed(batch) if one.done is None)
        if error is not None:  # counted when nothing more is taken: who sees the count relies on that
            self._failed("write", error)
        for one in batch:
            if one.done is not None:
                one.done(error)
        return error is None

    def _failed(self, kind: Failure, error: Exception) -> None:
        self.counts.failures[kind] += 1
        logger.error("%s", error)

    def _checkpoint(self) -> None:
        """State one where something is new. Where that fails it is tried again after the interval."""
        self._point_at = time.monotonic() + self._settings.checkpoint_interval
        file = checkpoints_file(self._settings)
        try:
            self._state()
            one = self._chain.checkpoint(file) if self._chain.end.seq != self._pointed else None
        except Exception as e:  # whatever it is, the thread must go on: people wait for what it writes
            known = str(e) if isinstance(e, GuardproxyError) else f"the checkpoints {file} can't be written: {_why(e)}"
            self._failed("checkpoint", AuditUnavailable(known))
            return
        if one is not None:
            self._pointed = one.seq
            logger.info("%s%s", checkpoints.TOLD, one.line().decode().rstrip())

    def _state(self) -> None:
        """Record what is to be recorded before a checkpoint. Raises AuditUnavailable; it is kept for the next time then."""
        if (event := self.stated()) is not None:
            self._unstated.append((now(), event))
        if self._unstated:
            self.counts.records += self._chain.append(self._unstated)
            self._unstated.clear()


def _why(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else type(error).__name__


class Direct:
    """A log for a command: each event is on the disk when `record` returns, without a thread."""

    def __init__(self, settings: Audit) -> None:
        """Raises ConfigError, AuditUnavailable."""
        self._chain, self._settings = opened_chain(settings), settings

    async def record(self, event: Event) -> None:
        self.write(event)

    def write(self, event: Event) -> None:
        """`record` for who has no event loop. Raises AuditUnavailable."""
        self._chain.append([(now(), event)])

    def close(self) -> None:
        """State a checkpoint and end. Raises AuditUnavailable."""
        try:
            self._chain.checkpoint(checkpoints_file(self._settings))
        except OSError as e:
            raise AuditUnavailable(f"no checkpoint could be written: {e.strerror}") from None
        finally:
            self._chain.close()


@contextmanager
def told_to(settings: Audit) -> Iterator[Recorder]:
    """Where a command tells what it does: the audit log of the settings, beside a `serve` that writes it, too; nowhere where
    there is none. Raises ConfigError, AuditUnavailable."""
    if not settings.path:
        yield Unrecorded()
        return
    log = Direct(settings)
    try:
        yield log
    finally:
        log.close()


def erase(settings: Audit, name: str, *, actor: str) -> str | None:
    """Forget a person: nothing in the log, or in a copy of it, can be told to be about them any more. Returns the pseudonym
    that stays in the lines, None where the log knows nobody of this name. Raises ConfigError, AuditUnavailable.

    What was erased is recorded by pseudonym. Recorded first: an erasure that is not in the log does not happen."""
    log = Direct(settings)
    try:
        people = People(Path(settings.path) / PEOPLE)
        known = next((one for one in people.known().values() if one.name == name), None)
        if known is None:
            return None
        log.write(Event(ERASED, actor, subject=known.pseudonym))
        people.erase(name)
        return known.pseudonym
    finally:
        log.close()


def _settle(future: asyncio.Future[None], error: AuditUnavailable | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


__all__ = ["GUARDPROXY", "AuditLog", "Counts", "Direct", "erase", "told_to"]
