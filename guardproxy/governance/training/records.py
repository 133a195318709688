"""What is known of training files, jobs and uploads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from guardproxy.governance.training.tally import Tally, amounts
from guardproxy.policy.training import OF_JOB, FileOutcome, TrainingFacts
from guardproxy.types import GuardproxyError


class Standing(StrEnum):
    """What may be done with a file."""

    PASSED = "passed"
    WAITING = "waiting"
    """For people to say yes."""
    QUARANTINED = "quarantined"


class Full(GuardproxyError):
    """No more is kept. The message says of what."""


class Busy(GuardproxyError):
    """Somebody else, in this process or another, has this in hand now."""


class Changed(GuardproxyError):
    """What is kept is no longer what was written: with another key, or by somebody else."""


@dataclass(slots=True)
class TrainingFile:
    """A file that was scanned. Denied ones are not kept."""

    id: str
    filename: str
    bytes: int
    created_at: int
    digest: str
    tenant: str
    key: str
    policy: str
    """Digest of the policy that it was scanned under."""
    standing: Standing
    outcome: str
    because: list[str]
    """Names of the rules that spoke."""
    tally: dict[str, Any]
    approval: str = ""
    upstream: str = ""
    """The upstream's id, once it has the file."""

    def facts(self, *, model: str = "", method: str = "", job: dict[str, float] | None = None) -> TrainingFacts:
        """What rules may ask about it, alone or in a job."""
        tally = Tally.of_json(self.tally)
        asked = {
            name: value for name, value in (job or {}).items() if name in OF_JOB
        }  # whatever else it calls its numbers
        known = {**asked, **amounts(tally, self.bytes)}
        return TrainingFacts(known, tally.asked, model, self.tenant, self.key, method)


@dataclass(slots=True)
class TrainingJob:
    """A job that was begun."""

    id: str
    tenant: str
    key: str
    created_at: int
    files: dict[str, str] = field(default_factory=dict)
    """The upstream's ids of its files to ours."""
    bytes: int = 0
    """Of all its files."""


@dataclass(slots=True)
class Upload:
    """A file that comes in parts."""

    id: str
    tenant: str
    key: str
    filename: str
    bytes: int
    created_at: int
    expires_at: int
    parts: dict[str, int] = field(default_factory=dict)
    """Id to bytes, of those that are all here."""


def standing_of(outcome: FileOutcome) -> Standing:
    """What a file may be used for. Raises ValueError for one that is denied."""
    return {
        FileOutcome.ALLOW: Standing.PASSED,
        FileOutcome.REQUIRE_APPROVAL: Standing.WAITING,
        FileOutcome.QUARANTINE: Standing.QUARANTINED,
    }[outcome]
