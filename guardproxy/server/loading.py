"""From a policy directory to a snapshot that could serve: read, checked, its pure tests run, its filters made but not started.

All of it may run in a thread. Nothing here is in force before a `Watched` says so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as File
from typing import Final, TypeAlias

from guardproxy import detectors
from guardproxy.engine import Held
from guardproxy.engine.stock import Batch, Stock
from guardproxy.judges import Asked
from guardproxy.policy.cases import mismatches, run_pure
from guardproxy.policy.load import PACKS, SUFFIXES, Build, ConfigErrors, Examined, examine
from guardproxy.policy.model import Policy
from guardproxy.server.snapshot import Governed, Snapshot
from guardproxy.services import Services, policy_directory
from guardproxy.types import Catalogue, ConfigError

Fingerprint: TypeAlias = Mapping[str, tuple[int, int, int]]
"""Path to time, size and inode."""
_TURN: Final = 0.0005
"""Seconds after which a thread that loads lets the event loop go on; Python's own 5 ms would be felt by every request."""


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """What could be put in force."""

    snapshot: Snapshot
    batch: Batch


@dataclass(slots=True)
class Loader:
    """Loads one directory, again and again."""

    folder: File
    stock: Stock
    key: bytes = field(repr=False)
    """For hashes and placeholders: the same for every policy of the process, or nothing that is masked could be restored."""
    held: Held
    """Characters held back, by old policies and new ones together."""
    judges: Mapping[str, Asked]
    enforced: bool = True
    """False for a candidate: of its filters those read that the policy in force has not."""
    upstreams: frozenset[str] | None = frozenset()
    """What `then: route` may name; None where nothing is routed and any name will do."""
    above: tuple[str, ...] = ()
    """Packs whose rules come besides in every policy: those of open incidents."""
    _catalogue: Catalogue | None = None
    _asked_for: frozenset[str] = frozenset()

    def load(self) -> Draft:
        """Raises ConfigErrors with every problem, failed pure tests among them; ConfigError when there is nothing to
        read."""
        services = self._services()
        batch = Batch(self.stock, partial(detectors.build, services=services))
        try:
            examined = examine(self.folder, self.catalogue(), batch.build, above=self.above)
        finally:
            self._asked_for = frozenset(services.asked_for)
        if examined.policies is None:
            raise ConfigErrors(examined.problems)
        if failed := list(_failed(examined)):
            raise ConfigErrors(failed)
        made: dict[int, Governed] = {}

        def governed(policy: Policy) -> Governed:
            if id(policy) not in made:
                made[id(policy)] = Governed.by(batch.guard(policy, key=self.key, held=self.held, fused=self.enforced))
            return made[id(policy)]

        policies = examined.policies
        tenants = {tenant: governed(policy) for tenant, policy in policies.tenants.items()}
        return Draft(Snapshot(governed(policies.default), tenants), batch)

    def catalogue(self) -> Catalogue:
        """What there is for policies to name."""
        if self._catalogue is None:
            self._catalogue = detectors.catalogue(Services(upstreams=self.upstreams))
        return self._catalogue

    def trial_build(self) -> Build:
        """Makes filters that nothing keeps."""
        return partial(detectors.build, services=self._services())

    def _services(self) -> Services:
        return Services(self.judges, policy_directory(self.folder), self.upstreams, self.key)

    def load_beside(self) -> Draft:
        """`load`, in a thread beside the event loop."""
        with _giving_way():
            return self.load()

    def fingerprint(self) -> Fingerprint:
        """Of the files of the directory, links followed.

        Asked for again and again instead of waiting for the kernel's word: that does not come from network file systems, and
        where a link to a whole folder is exchanged, as Kubernetes does it, it comes for other paths.
        """
        out = {}
        try:
            folder = policy_directory(self.folder)
            found = {*_beside(folder)} if self.folder.is_file() else {*_below(folder)}
        except OSError:
            return {}  # it can't be looked into: loading says why
        for file in {*map(str, found), *self._asked_for}:
            try:
                info = os.stat(file)  # noqa: PTH116
            except OSError:
                continue  # it went just now: what is left is another fingerprint
            out[file] = (info.st_mtime_ns, info.st_size, info.st_ino)
        return out

    def same(self, one: Fingerprint, other: Fingerprint) -> bool:
        """Whether no file has changed that a policy is made of: its own, and those that its filters asked for at the last
        loading. A log that grows beside them is none."""
        return all(one.get(file) == other.get(file) for file in one.keys() | other.keys() if self._is_part(file))

    def _is_part(self, file: str) -> bool:
        return file.endswith(SUFFIXES) or file in self._asked_for


def _beside(folder: File) -> Iterator[File]:
    """What a policy that is one file may be made of: files of its folder, and packs."""
    yield from folder.glob("*")
    yield from (folder / PACKS).glob("*")


def _below(folder: File) -> Iterator[File]:
    """The files of a folder and its folders, except for hidden ones."""
    for place, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (File(place) / name for name in files if not name.startswith("."))


def _failed(examined: Examined) -> Iterator[ConfigError]:
    """The pure tests that do not come out as they say."""
    for one in examined.by_file:
        for case in one.cases:
            if not case.pure or case.todo is not None:
                continue
            for expected, got in mismatches(
                case, run_pure(one.policy, case), policy=one.policy, found=[(f, None) for f in case.findings]
            ):
                message = f"test {case.name!r} fails: expected {expected}, got {got}; `guardproxy test` tells more"
                yield ConfigError(message, one.file, case.line, 1)


@contextmanager
def _giving_way() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
