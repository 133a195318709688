"""What a request takes at its start and keeps to its end: a policy with running filters, and a candidate beside it.

A reload puts a new snapshot in force. Requests that began before go on with theirs, which is closed behind the last of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Final

from guardproxy.engine import Guard, Observer
from guardproxy.engine.candidate import Comparison, Trial
from guardproxy.policy.model import FAILURE_RULE, Mode, Policy
from guardproxy.telemetry import Record
from guardproxy.telemetry.basis import Basis
from guardproxy.telemetry.record import REFUSAL, PolicyName
from guardproxy.types import Json

DEFAULT: Final = "default"
"""The tenant of everybody, until keys have names."""


@dataclass(frozen=True, slots=True, eq=False)
class Governed:
    """One policy as requests meet it."""

    guard: Guard
    name: PolicyName
    header: bytes
    """The beginning of its digest."""

    @classmethod
    def by(cls, guard: Guard) -> Governed:
        policy = guard.policy
        tools = tuple(sorted({glob for rule in policy.rules for glob in rule.scope.tool or ()}))
        name = PolicyName(policy.name, policy.version, policy.digest, tools, policy.finds(REFUSAL), Basis.of(policy))
        return cls(guard, name, policy.digest[:12].encode())


@dataclass(slots=True, eq=False)
class Snapshot:
    """All policies of a directory with their running filters. Immutable, but for the count of its users."""

    default: Governed
    tenants: Mapping[str, Governed] = field(default_factory=dict)
    incidents: bytes = b""
    """Ids of the incidents whose packs its policies have."""
    keys: tuple[str, ...] = ()
    """Of what it uses of the stock."""
    users: int = 0
    over: Callable[[Snapshot], None] | None = None
    """Called when its last user has gone."""

    @classmethod
    def of_one(cls, guard: Guard) -> Snapshot:
        """One policy for everybody."""
        return cls(Governed.by(guard))

    def of(self, tenant: str) -> Governed:
        """The policy of a tenant."""
        return self.tenants.get(tenant, self.default)

    @property
    def all(self) -> tuple[Governed, ...]:
        """Each policy once, the default one first."""
        return tuple({id(one): one for one in (self.default, *self.tenants.values())}.values())

    @property
    def ready(self) -> bool:
        return all(one.guard.ready for one in self.all)

    def shown(self) -> list[Json]:
        """Its policies for status pages, with the tenants that each is for."""
        tenants: dict[int, list[Json]] = {id(self.default): []}
        for tenant, one in sorted(self.tenants.items()):
            tenants.setdefault(id(one), []).append(tenant)
        return [{**one.name.shown(), "tenants": tenants[id(one)]} for one in self.all]

    def release(self) -> None:
        """One user less."""
        self.users -= 1
        if not self.users and self.over is not None:
            self.over(self)


class Lease:
    """What one request took. `release` once, at its end."""

    __slots__ = ("_comparison", "_snapshots", "candidate", "guard", "header", "incidents", "name", "trial")

    def __init__(
        self,
        governed: Governed,
        candidate: Governed | None,
        snapshots: tuple[Snapshot, ...],
        comparison: Comparison | None,
    ) -> None:
        self.guard, self.name, self.header = governed.guard, governed.name, governed.header
        self.candidate, self._comparison, self._snapshots = candidate, comparison, snapshots
        self.incidents = snapshots[0].incidents
        self.trial: Trial | None = None
        for one in snapshots:
            one.users += 1

    def observer(self, record: Record) -> Observer:
        """Who listens to the request: its record, and the candidate if it is asked."""
        if self._comparison is None:
            return record
        self.trial = Trial(self._comparison, record)
        return self.trial

    def share(self) -> Lease:
        """The same for somebody else, who goes on when this request has ended."""
        other = copy(self)
        other.trial = None
        for one in self._snapshots:
            one.users += 1
        return other

    def release(self) -> None:
        snapshots, self._snapshots = self._snapshots, ()
        for one in snapshots:
            one.release()


class InForce:
    """What requests take: read once by each."""

    def __init__(self, snapshot: Snapshot, candidate: Snapshot | None = None, percent: int = 100) -> None:
        """`percent`: of requests that the candidate reads."""
        self.snapshot, self.candidate, self._percent = snapshot, candidate, percent
        self._comparisons: dict[tuple[Governed, Governed], Comparison] = {}

    def lease(self, request_id: str = "", tenant: str = DEFAULT) -> Lease:
        """For one request. Release it."""
        governed = self.snapshot.of(tenant)
        if self.candidate is None or bucket(request_id) >= self._percent:
            return Lease(governed, None, (self.snapshot,), None)
        candidate = self.candidate.of(tenant)
        return Lease(governed, candidate, (self.snapshot, self.candidate), self._compared(governed, candidate))

    def _compared(self, governed: Governed, candidate: Governed) -> Comparison:
        found = self._comparisons.get((governed, candidate))
        if found is None:
            made = Comparison(governed.guard, candidate.guard)
            found = self._comparisons[governed, candidate] = made
        return found

    def enforce(self, snapshot: Snapshot) -> None:
        """Put a snapshot in force."""
        self.snapshot = snapshot
        self._comparisons.clear()

    def shadow(self, snapshot: Snapshot) -> None:
        """Put a candidate in its place."""
        self.candidate = snapshot
        self._comparisons.clear()

    @property
    def guard(self) -> Guard:
        """The guard of the default policy, for what is no request."""
        return self.snapshot.default.guard

    @property
    def ready(self) -> bool:
        return self.snapshot.ready


def bucket(request_id: str) -> int:
    """0 to 99, the same for a request wherever it is asked."""
    return int.from_bytes(hashlib.sha256(b"candidate\0" + request_id.encode()).digest()[:8]) % 100


def counted(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """(outcome, rule, mode) that decisions may come with, as metrics name them."""
    active = [rule for rule in policy.rules if rule.mode is not Mode.DISABLED]
    yield from ((rule.then.name.lower(), rule.id, rule.mode.value) for rule in active)
    yield from ((rule.then.name.lower(), rule.id, "shadow") for rule in active if not rule.rollout.whole)
    yield ("block", FAILURE_RULE, "enforce")
