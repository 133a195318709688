"""What an incident is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from guardproxy.types import GuardproxyError, Json

LONGEST: Final = 30 * 86_400.0
"""Seconds for which one may be open. What is to hold for longer belongs into the policy."""
_PACK: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_LINE: Final = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]{1,500}")


class IncidentRefused(GuardproxyError):
    """An incident that can't be opened."""


class UnknownIncident(GuardproxyError):
    """There is none of this id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for."""

    pack: str
    reason: str
    seconds: float
    by: str

    def checked(self) -> Wanted:
        """Raises IncidentRefused."""
        if not _PACK.fullmatch(self.pack):
            raise IncidentRefused(f"{self.pack[:64]!r} is no name of a pack")
        if not _LINE.fullmatch(self.reason) or not self.reason.strip():
            raise IncidentRefused("an incident needs a reason, in 1 to 500 characters on one line")
        if not _LINE.fullmatch(self.by) or not self.by.strip():
            raise IncidentRefused("say who opens the incident, in 1 to 500 characters on one line")
        if not 1 <= self.seconds <= LONGEST:
            raise IncidentRefused("an incident is open for 1 second to 30 days")
        return self


@dataclass(frozen=True, slots=True)
class Incident:
    """One that was opened."""

    id: str
    pack: str
    reason: str
    opened_by: str
    opened: float
    """Seconds since 1970, as all times."""
    expires: float
    ended: float | None = None
    ended_by: str = ""
    """`guardproxy` where it ended by itself."""

    def open(self, now: float) -> bool:
        """Whether its pack is to be in force. Until its end is written down it is, whatever the clock says."""
        return self.ended is None

    def due(self, now: float) -> bool:
        """It is open, and should not be any more."""
        return self.ended is None and now >= self.expires

    def shown(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "pack": self.pack,
            "reason": self.reason,
            "opened_by": self.opened_by,
            "opened": self.opened,
            "expires": self.expires,
            "ended": self.ended,
            "ended_by": self.ended_by or None,
        }
