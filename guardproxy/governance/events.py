"""What is written down about things that people and guardproxy do: one form for all who tell, one door for where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from guardproxy.types import GuardproxyError, Json


class AuditUnavailable(GuardproxyError):
    """An event could not be written down. What it would have told of does not happen then."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Holds no text of requests or replies: hashes and counts only."""

    action: str
    """What, as `thing.verb`: `key.created`, `policy.loaded`, `approval.decided`, `training.file_denied`, `incident.opened`."""
    actor: str
    """Who: id of a key, `cli:USER`, or `guardproxy` itself."""
    subject: str = ""
    """To what: an id, a digest, a model."""
    tenant: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)
    person: str = ""
    """The person behind it, by name, where one is named: `Caller.user`, who decided. Written as a pseudonym whose meaning can
    be erased. The USER of `cli:USER` is one without being named here."""
    private: Mapping[str, Json] = field(default_factory=dict)
    """Details that are about that person, or that they wrote: unreadable once the person is erased."""


class Recorder(Protocol):
    """Where events go."""

    async def record(self, event: Event) -> None:
        """Returns when the event is as durable as the operator has chosen. Raises AuditUnavailable (a GuardproxyError):
        what must not happen unrecorded does not happen then."""
        ...


class Unrecorded:
    """Where no audit log is configured."""

    async def record(self, event: Event) -> None:
        return None
