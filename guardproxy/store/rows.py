"""What a row of the store says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import orjson

from guardproxy.types import GuardproxyError

Kind: TypeAlias = Literal["response", "events", "conversation", "item"]


class Unreadable(GuardproxyError):
    """A row does not match its seal: it was changed or moved, or it was written with another key."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a row belongs to. To everybody else it does not exist."""

    tenant: str = "default"
    key: str = "default"
    """Name of the key, never the key."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is kept. All but the payload stands in the database as it is: nothing of it is a client's text."""

    id: str
    kind: Kind
    owner: Owner
    family: str
    """The conversation that it is part of: the id of one, or of the response that a chain of responses began with."""
    policy: str
    """Digest of the policy that let it through."""
    outcome: str
    """What that policy decided: `allow`, `redact`, `block`."""
    created: int
    """Seconds since 1970."""
    payload: bytes
    previous: str = ""
    """Of a response: the one before it in its chain."""
    place: int = 0
    """Of an item: a number that is higher than those of all items before it in its conversation."""
    pending: bool = False
    """Something still works on it."""
    names: tuple[str, ...] = ()
    """Ids of items in the payload, by which it can be found. Not read back."""

    def identity(self) -> bytes:
        """What the payload is sealed to: moved to another row, or with one of these changed, it can't be opened."""
        owner = (self.owner.tenant, self.owner.key)
        said = (self.id, self.kind, *owner, self.family, self.policy, self.outcome, self.created, self.previous)
        return orjson.dumps((*said, self.place, self.pending))
