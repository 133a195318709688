"""Policies that change while they serve: watched, loaded beside the traffic, put in force at once, or not at all.

A load that fails leaves the last good policy in force. Filters that are unchanged go on; new ones are started before
anything is put in force; old ones are closed behind the last request that uses them.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Final, Literal

from guardproxy.config import Settings
from guardproxy.engine import Held
from guardproxy.engine.stock import Stock
from guardproxy.governance.events import AuditUnavailable, Event, Recorder, Unrecorded
from guardproxy.inference.models import configure as configure_models
from guardproxy.judges import judges
from guardproxy.library import policy_folder
from guardproxy.policy.load import ConfigErrors, examine
from guardproxy.server.loading import Loader
from guardproxy.server.snapshot import InForce, Snapshot, counted
from guardproxy.telemetry import Metrics
from guardproxy.telemetry.log import logger, place_of
from guardproxy.telemetry.policies import PolicyMetrics
from guardproxy.types import ConfigError, GuardproxyError, Json

MAX_RETIRED: Final = 8
"""Filters that only requests under older policies still use. From so many on, a policy that needs new filters waits."""
MAX_PROBLEMS: Final = 5
"""Complaints about a policy that the audit log is told of, each in so many characters:"""
MAX_PROBLEM: Final = 300
SETTLE: Final = 0.2
"""Seconds for which files must not change before they are read: who writes one writes it in several steps."""
Result = Literal["success", "unchanged", "superseded", "failure"]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a load."""

    result: Result
    problems: tuple[str, ...] = ()
    at: float = field(default_factory=time.time)


class Watched:
    """One policy directory and the snapshot of it that is in force."""

    def __init__(self, what: str, loader: Loader) -> None:
        """Loads it. `what`: its name in the log. Raises ConfigError and ConfigErrors."""
        self.what, self.loader = what, loader
        self._seen = loader.fingerprint()
        draft = loader.load()
        self.snapshot = draft.snapshot
        self.snapshot.keys = loader.stock.take(draft.batch)
        self.put: Callable[[Snapshot], None] = lambda snapshot: None
        """Puts a snapshot in force."""
        self.incidents = b""
        """Those that the packs above its policies are for."""
        self.loaded_at = 0.0
        self.last: Report | None = None
        self.recorder: Recorder = Unrecorded()
        self._metrics: Metrics | None = None
        self._counts: PolicyMetrics | None = None
        self._old: set[Snapshot] = set()
        self._lock = asyncio.Lock()
        self._asked, self._room = asyncio.Event(), asyncio.Event()
        self._next: asyncio.Task[Report] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loads: set[asyncio.Task[Report]] = set()

    def try_above(self, packs: tuple[str, ...]) -> tuple[str, ...]:
        """What is wrong with these packs above every policy. For a thread."""
        try:
            examined = examine(self.loader.folder, self.loader.catalogue(), self.loader.trial_build(), above=packs)
        except ConfigError as e:
            return (str(e),)
        return tuple(map(str, examined.problems))

    def observed(self, counts: PolicyMetrics, metrics: Metrics | None) -> None:
        """Where loads are counted; `metrics`: where its rules and filters are, if it is enforced."""
        self._counts, self._metrics = counts, metrics
        counts.names = lambda: [(one.name.name, one.name.version, one.name.digest) for one in self.snapshot.all]
        counts.expect()
        self._expect()

    def _expect(self) -> None:
        metrics = self._metrics
        if metrics is None:
            return
        for one in self.snapshot.all:
            policy = one.guard.policy
            metrics.expect((*policy.filters, *policy.monitors, "guard"), counted(policy))

    # ------------------------------------------------------------------------------------------------ loading

    async def start(self) -> None:
        """Start the filters of the first snapshot. Raises what one raises that can't start, and AuditUnavailable."""
        await self._start(self.snapshot)
        await self.recorder.record(self._event("loaded", {"policies": self.snapshot.shown()}))
        self._told(Report("success"))  # the line that says what serves names it, too

    async def _start(self, snapshot: Snapshot) -> None:
        for one in snapshot.all:
            await self.loader.stock.start(one.guard.used)
            one.guard.ready = True

    async def reload(self) -> Report:
        """Load what the files say now. Who asks while others wait shares their load; one that runs already is not enough."""
        return await asyncio.shield(self._begin())

    def _begin(self) -> asyncio.Task[Report]:
        if self._next is None:
            self._next = asyncio.create_task(self._load_next())
            self._loads.add(self._next)
            self._next.add_done_callback(self._loads.discard)
            self._room.set()  # one that waits for room gives way
        return self._next

    async def _load_next(self) -> Report:
        async with self._lock:
            self._next = None  # what changes from here on needs one more
            report = await self._load()
            self._told(report)
            if report.result == "failure":
                await self._record_failure(report)
            return report

    async def _record_failure(self, report: Report) -> None:
        problems: list[Json] = [problem[:MAX_PROBLEM] for problem in report.problems[:MAX_PROBLEMS]]
        said: dict[str, Json] = {"problems": problems, "total": len(report.problems), "stays": self.snapshot.shown()}
        try:
            await self.recorder.record(self._event("failed", said))
        except AuditUnavailable as e:  # nothing has changed that would have to be undone
            logger.error("that the %s can't be put in force is not in the audit log: %s", self.what, e)

    def _event(self, what: str, details: dict[str, Json]) -> Event:
        return Event(f"{self.what}.{what}", "guardproxy", str(self.loader.folder), details=details)

    async def _load(self) -> Report:
        stock = self.loader.stock
        try:
            async with stock.filling():
                self._seen = await asyncio.to_thread(self.loader.fingerprint)
                draft = await asyncio.to_thread(self.loader.load_beside)
                draft.snapshot.incidents = self.incidents
                if _digests(draft.snapshot) == _digests(self.snapshot):
                    self.snapshot.incidents = self.incidents
                    return Report("unchanged")
                draft.snapshot.keys = stock.take(draft.batch)
            try:
                if not await self._fits(draft.snapshot):
                    await stock.release(draft.snapshot.keys)
                    return Report("superseded")
                await self._start(draft.snapshot)
                said: dict[str, Json] = {"policies": draft.snapshot.shown(), "before": self.snapshot.shown()}
                await self.recorder.record(self._event("loaded", said))
            except BaseException:
                await stock.release(draft.snapshot.keys)
                raise
        except ConfigErrors as e:
            return Report("failure", tuple(map(str, e.errors)))
        except GuardproxyError as e:
            return Report("failure", (str(e),))
        except Exception as e:  # a filter's own: its message might quote anything
            return Report("failure", (f"{type(e).__name__} at {place_of(e)}",))
        finally:
            await stock.sweep()
        self._swap(draft.snapshot)
        return Report("success")

    async def _fits(self, fresh: Snapshot) -> bool:
        """Wait until few enough old filters run, where new ones are to be started; False: the files changed meanwhile."""
        stock = self.loader.stock
        if self.loader.above:  # an incident does not wait
            return True
        while any(stock.fresh(one.guard.used) for one in fresh.all) and self._retired() >= MAX_RETIRED:
            if self._next is not None:
                return False
            self._room.clear()
            logger.warning(
                "the new policy waits: %s filters run for requests under older ones, and it needs new filters",
                self._retired(),
            )
            await self._room.wait()
        return True

    def _retired(self) -> int:
        """Filters that run for old snapshots alone."""
        kept = {key for old in self._old for key in old.keys} - set(self.snapshot.keys)
        return self.loader.stock.running(kept)

    def _swap(self, fresh: Snapshot) -> None:
        old, self.snapshot = self.snapshot, fresh
        self.put(fresh)
        self._old.add(old)
        old.over = self._over
        if not old.users:
            self._over(old)

    def _over(self, old: Snapshot) -> None:
        """The last request under it has ended."""
        task = asyncio.get_running_loop().create_task(self._closed(old))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _closed(self, old: Snapshot) -> None:
        await self.loader.stock.release(old.keys)
        self._old.discard(old)
        self._room.set()

    def _told(self, report: Report) -> None:
        self.last = report
        if report.result == "success":
            first, self.loaded_at = not self.loaded_at, report.at
            for one in () if first else self.snapshot.all:
                name = one.name
                logger.info("%s %s %s (%s) is in force", self.what, name.name, name.version, name.digest[:12])
        elif report.result == "failure":
            kept, problems = self.snapshot.default.name, "\n".join(report.problems)
            logger.error(
                "the %s in %s can't be put in force, %s %s (%s) stays: %s",
                *(self.what, self.loader.folder, kept.name, kept.version, kept.digest[:12], problems),
            )
        if self._counts is not None:
            self._counts.loaded(report.result, report.at)
        if report.result == "success":
            self._expect()

    # ------------------------------------------------------------------------------------------------ watching

    def ask(self) -> None:
        """Load soon, changed or not."""
        self._asked.set()

    async def watch(self, interval: float | None) -> None:
        """Load whenever files have changed, or somebody asks. `interval`: seconds between two looks; None: there
        are none."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(interval):
                    await self._asked.wait()
            asked = self._asked.is_set()
            self._asked.clear()
            if asked or await self._changed():
                self._begin()  # not awaited: it may wait for room, and what changes meanwhile takes its place

    async def _changed(self) -> bool:
        """Whether there is something new, once it stays as it is."""
        same, now = self.loader.same, await asyncio.to_thread(self.loader.fingerprint)
        while not same(now, self._seen):
            await asyncio.sleep(SETTLE)
            before, now = now, await asyncio.to_thread(self.loader.fingerprint)
            if same(now, before) and not same(now, self._seen):
                self._seen = now
                return True
        return False

    # ------------------------------------------------------------------------------------------------ the rest

    def status(self) -> dict[str, Json]:
        """For operators."""
        last = self.last
        problems: list[Json] = list(last.problems) if last else []
        older: list[Json] = [
            {"digest": one.default.name.digest, "requests": one.users}
            for one in sorted(self._old, key=lambda s: s.default.name.digest)
        ]
        return {
            "directory": str(self.loader.folder),
            "policies": self.snapshot.shown(),
            "loaded": self.loaded_at or None,
            "last_load": None if last is None else {"at": last.at, "result": last.result, "problems": problems},
            "requests": self.snapshot.users,
            "older": older,
        }

    async def aclose(self) -> None:
        """Close the filters, whoever uses them still."""
        for load in self._loads:
            load.cancel()
        await asyncio.gather(*self._loads, *self._tasks, return_exceptions=True)
        for one in (self.snapshot, *self._old):
            one.over = None
            await self.loader.stock.release(one.keys)
        self._old.clear()


def _digests(snapshot: Snapshot) -> tuple[str, dict[str, str]]:
    return snapshot.default.name.digest, {t: one.name.digest for t, one in snapshot.tenants.items()}


class Reloader:
    """The policies of a process, and a candidate beside them. Made before anything serves: `open_policies`."""

    def __init__(self, main: Watched, candidate: Watched | None, interval: float | None, percent: int = 100) -> None:
        """`interval`: seconds between two looks at the files; None: there are none. `percent`: of requests that the
        candidate reads."""
        self._main, self._candidate, self._interval = main, candidate, interval
        self.in_force = InForce(main.snapshot, candidate.snapshot if candidate else None, percent)
        main.put = self.in_force.enforce
        if candidate is not None:
            candidate.put = self.in_force.shadow
        self._watching: list[asyncio.Task[None]] = []

    @property
    def _all(self) -> tuple[Watched, ...]:
        return (self._main,) if self._candidate is None else (self._main, self._candidate)

    def observed(self, metrics: Metrics) -> None:
        """Where reloads are counted."""
        self._main.observed(metrics.policy, metrics)
        if self._candidate is not None:
            self._candidate.observed(metrics.candidate, None)

    def recorded(self, recorder: Recorder) -> None:
        """Who is told of policies before they are put in force."""
        for one in self._all:
            one.recorder = recorder

    async def start(self) -> None:
        """Start the filters. Raises what one raises that can't start."""
        for one in self._all:
            await one.start()

    def watch(self) -> None:
        """Obey changes of files from now on."""
        self._watching += [asyncio.create_task(one.watch(self._interval)) for one in self._all]

    def ask(self) -> None:
        """Load soon: what SIGHUP does."""
        for one in self._all:
            one.ask()

    async def reload(self, by: str) -> list[Report]:
        """Load now, and tell what came of it. `by`: who asks. Raises AuditUnavailable."""
        await self._main.recorder.record(Event("policy.reload_requested", by))
        return [await one.reload() for one in self._all]

    async def layer(self, packs: tuple[str, ...], incidents: bytes) -> Report:
        """Put packs above every policy, and load: they are in force when this returns a report of success. Others may load
        meanwhile; who has opened `incidents` is told by the snapshots of that load and later ones."""
        self._main.loader.above, self._main.incidents = packs, incidents
        return await self._main.reload()

    async def try_layer(self, packs: tuple[str, ...]) -> tuple[str, ...]:
        """What is wrong with putting packs above every policy; nothing is put in force."""
        return await asyncio.to_thread(self._main.try_above, packs)

    def status(self) -> dict[str, Json]:
        """For operators."""
        candidate = None if self._candidate is None else self._candidate.status()
        return {**self._main.status(), "watched": self._interval is not None, "candidate": candidate}

    async def aclose(self) -> None:
        """Watch no longer, and close all filters."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        for one in self._all:
            await one.aclose()


def open_policies(settings: Settings) -> Reloader:
    """The policies of these settings, not started. Raises ConfigError and ConfigErrors."""
    configure_models(settings.inference)
    key = settings.hash_key.get_secret_value().encode() if settings.hash_key else os.urandom(32)
    asked = judges(settings.judges.items(), settings.judge_keys)
    there = None if settings.tools.servers else frozenset(settings.upstreams)  # who stands before tools routes nothing
    stock, held = Stock(), Held(settings.limits.held)
    main = Watched("policy", Loader(policy_folder(settings.policies), stock, key, held, asked, True, there))
    candidate = None
    if settings.shadow:
        beside = Held(settings.limits.held)  # it holds nothing back that counts
        candidate = Watched("candidate", Loader(File(settings.shadow), stock, key, beside, asked, False, there))
    return Reloader(
        main, candidate, settings.reload.interval if settings.reload.watch else None, settings.shadow_percent
    )
