"""An approval: what is asked, by whom, who said what, and what came of it. Times are seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from guardproxy.governance.person import Person, same
from guardproxy.types import GuardproxyError, Json

PERSON: Final = "person"
"""The detail that names who asks."""


class Kind(StrEnum):
    """What waits."""

    REPLY = "reply"
    """A reply with calls of tools."""
    TRAINING = "training"
    """A training file, or a job that would use one."""
    RELEASE = "release"
    """A tuned model that would be served."""


class Status(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


class UnknownApproval(GuardproxyError):
    """There is none of this id: it never was, it has expired, was used already, or is for something else."""


class NotApproved(GuardproxyError):
    """It is pending, or was denied."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.value)
        self.status = status


class Decided(GuardproxyError):
    """It was decided otherwise."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"it is {status.value} already")
        self.status = status


class OwnRequest(GuardproxyError):
    """Nobody approves what they asked for themselves."""


class Full(GuardproxyError):
    """Nothing more is kept: what waits is not thrown away for something new."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that is to wait."""

    kind: Kind
    subject: str
    """What it is, in a few words of ours: names, ids and digests, no text of clients."""
    bound: bytes
    """A digest of everything that it holds for. Whoever uses it must give the same."""
    tenant: str = "default"
    requester: str = ""
    """Whose request it is: id of a key, or its digest; empty where nobody has one."""
    needs: int | None = None
    """How many different people have to say yes; None for what the operator has set for its kind."""
    details: Json = None
    """For who decides. Kept encrypted."""
    payload: bytes = b""
    """What is handed out when it is used. Kept encrypted."""
    person: str = ""
    """Who asks, where their key or token names somebody. Kept with the details."""

    def kept(self) -> Json:
        """The details, with who asks."""
        if not self.person:
            return self.details
        return {**(self.details if isinstance(self.details, dict) else {}), PERSON: self.person}


@dataclass(frozen=True, slots=True)
class Voter:
    """Who decides."""

    name: str
    """As shown. Where keys have names, the key's; else what the person says, which nobody can check."""
    key: str = ""
    """Id of the key, or its digest; empty where nobody has one."""
    others: frozenset[str] = frozenset()
    """Ids of this person's other keys."""

    def asked(self, one: Approval) -> bool:
        """Whether it is their own request, with whichever of their keys they made it, or with a token."""
        by = one.requester
        return (bool(by) and (by == self.key or by in self.others)) or Person(self.name).named(one.person)

    @property
    def identities(self) -> frozenset[str]:
        """All that this person may have voted as."""
        return frozenset({self.identity, *(f"key {key}" for key in self.others)})

    @property
    def identity(self) -> str:
        """By what two people are told apart. Names in other letters are the same name."""
        return f"key {self.key}" if self.key else f"name {same(self.name)}"


@dataclass(frozen=True, slots=True)
class Vote:
    by: str
    approve: bool
    comment: str
    at: float


@dataclass(frozen=True, slots=True)
class Approval:
    """What is known about one."""

    id: str
    kind: Kind
    subject: str
    tenant: str
    requester: str
    created: float
    expires: float
    needs: int
    status: Status = Status.PENDING
    votes: tuple[Vote, ...] = ()
    details: Json = None

    @property
    def person(self) -> str | None:
        """Who asks, by name; None where neither key nor token says so."""
        told = self.details.get(PERSON) if isinstance(self.details, dict) else None
        return told if isinstance(told, str) else None

    @property
    def decided(self) -> float | None:
        """When the last word was said; None while it waits."""
        return self.votes[-1].at if self.status is not Status.PENDING else None
