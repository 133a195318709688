"""Replies that wait until a person has said yes: kept whole and encrypted, handed out once, never made again.

An approval is bound to who asked, under which policy, for what, and to the exact calls that are held: with any of these
changed its id opens nothing. The interface is asynchronous, for stores that other replicas share.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from guardproxy.types import GuardproxyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_ID: Final = re.compile(r"apr_[0-9a-f]{32}")
_NONCE: Final = 12


class Status(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


class UnknownApproval(GuardproxyError):
    """There is none of this id: it never was, it has expired, was handed out already, or is somebody else's."""


class NotApproved(GuardproxyError):
    """It is pending, or was denied."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.value)
        self.status = status


class Decided(GuardproxyError):
    """Somebody has decided otherwise."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"it is {status.value} already")
        self.status = status


class Full(GuardproxyError):
    """No more replies are kept: those that wait are not thrown away for new ones."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Whose approval it is, and for what."""

    tenant: str
    key: str
    """Digest of the client's key; empty without one."""
    policy: str
    """Digest of the policy that decided."""
    request: str
    """Digest of route and body."""

    def digest(self, calls: Iterable[HeldCall] = ()) -> bytes:
        return hashlib.sha256(json.dumps([asdict(self), *map(asdict, calls)], sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A call that waits, as a person sees it: guarded, and nothing given back in it."""

    tool: str
    arguments: str
    rules: tuple[str, ...] = ()
    """The rules that ask for a person; empty for a call that waits because another one of its turn does."""


@dataclass(frozen=True, slots=True)
class HeldReply:
    """A guarded reply, complete, as it will be sent."""

    body: bytes
    stream: bool
    model: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What is known about one without its reply. Times are seconds since 1970."""

    id: str
    created: float
    expires: float
    calls: tuple[HeldCall, ...]
    tenant: str = "default"
    status: Status = Status.PENDING
    by: str = ""
    """Who decided, as they said."""
    decided: float | None = None


class Approvals(Protocol):
    """A store of replies that wait."""

    async def hold(self, binding: Binding, calls: tuple[HeldCall, ...], reply: HeldReply) -> Approval:
        """Keep a reply. Raises Full."""
        ...

    async def listing(self) -> list[Approval]:
        """All that have not expired, the oldest first."""
        ...

    async def get(self, id: str) -> Approval:
        """Raises UnknownApproval."""
        ...

    async def decide(self, id: str, *, approve: bool, by: str) -> Approval:
        """Say yes or no; the same again changes nothing. Raises UnknownApproval and Decided."""
        ...

    async def take(self, id: str, binding: Binding) -> HeldReply:
        """The reply of an approval, once. Raises UnknownApproval, and NotApproved while it may not go out."""
        ...


@dataclass(slots=True)
class _Entry:
    approval: Approval
    """Without its calls: they are sealed with the reply."""
    bound: bytes
    digest: bytes
    nonce: bytes
    sealed: bytes


@dataclass
class MemoryApprovals:
    """A store in this process. What it keeps is encrypted by a key that nothing but this object holds."""

    seconds: float = 3600.0
    """After which an approval expires, decided or not."""
    count: int = 1000
    size: int = 64_000_000
    """Bytes of all replies together."""
    clock: Callable[[], float] = time.time
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _held: int = 0

    @cached_property
    def _cipher(self) -> AESGCM:
        """Made when the first reply waits: who asks nobody imports no cryptography."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(AESGCM.generate_key(256))

    def __len__(self) -> int:
        """How many wait for an answer."""
        self._expire()
        return sum(e.approval.status is Status.PENDING for e in self._entries.values())

    async def hold(self, binding: Binding, calls: tuple[HeldCall, ...], reply: HeldReply) -> Approval:
        self._expire()
        if len(self._entries) >= self.count or self._held + len(reply.body) > self.size:
            raise Full("too many replies wait for approval; decide some of them, or try again later")
        now = self.clock()
        approval = Approval(f"apr_{secrets.token_hex(16)}", now, now + self.seconds, (), binding.tenant)
        bound, digest, nonce = binding.digest(), binding.digest(calls), os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, _packed(calls, reply), approval.id.encode() + digest)
        self._entries[approval.id] = _Entry(approval, bound, digest, nonce, sealed)
        self._held += len(sealed)
        return replace(approval, calls=calls)

    async def listing(self) -> list[Approval]:
        self._expire()
        return [self._shown(entry) for entry in self._entries.values()]

    async def get(self, id: str) -> Approval:
        return self._shown(self._entry(id))

    async def decide(self, id: str, *, approve: bool, by: str) -> Approval:
        entry = self._entry(id)
        status = Status.APPROVED if approve else Status.DENIED
        if entry.approval.status is Status.PENDING:
            entry.approval = replace(entry.approval, status=status, by=by, decided=self.clock())
        elif entry.approval.status is not status:
            raise Decided(entry.approval.status)
        return self._shown(entry)

    async def take(self, id: str, binding: Binding) -> HeldReply:
        entry = self._entry(id)
        if not hmac.compare_digest(entry.bound, binding.digest()):
            raise UnknownApproval("it is bound to another request")
        if entry.approval.status is not Status.APPROVED:
            raise NotApproved(entry.approval.status)
        _, reply = self._opened(entry)
        self._drop(id)
        return reply

    def _entry(self, id: str) -> _Entry:
        self._expire()
        entry = self._entries.get(id) if _ID.fullmatch(id) else None
        if entry is None:
            raise UnknownApproval("there is no such approval")
        return entry

    def _shown(self, entry: _Entry) -> Approval:
        return replace(entry.approval, calls=self._opened(entry)[0])

    def _opened(self, entry: _Entry) -> tuple[tuple[HeldCall, ...], HeldReply]:
        aad = entry.approval.id.encode() + entry.digest
        return _unpacked(self._cipher.decrypt(entry.nonce, entry.sealed, aad))

    def _expire(self) -> None:
        """Forget what is too old. Entries stand in the order in which they expire."""
        now = self.clock()
        while self._entries and (id := next(iter(self._entries))) and self._entries[id].approval.expires <= now:
            self._drop(id)

    def _drop(self, id: str) -> None:
        self._held -= len(self._entries.pop(id).sealed)


def _packed(calls: tuple[HeldCall, ...], reply: HeldReply) -> bytes:
    head = {"calls": [asdict(c) for c in calls], "stream": reply.stream, "model": reply.model}
    return json.dumps(head).encode() + b"\0" + reply.body


def _unpacked(data: bytes) -> tuple[tuple[HeldCall, ...], HeldReply]:
    head, _, body = data.partition(b"\0")
    known = json.loads(head)
    calls = tuple(HeldCall(c["tool"], c["arguments"], tuple(c["rules"])) for c in known["calls"])
    return calls, HeldReply(body, known["stream"], known["model"])
