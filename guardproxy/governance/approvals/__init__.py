"""What waits until people have said yes: replies with tool calls, training files, tuned models; one store for all."""

from guardproxy.governance.approvals.model import (
    Approval,
    Ask,
    Decided,
    Full,
    Kind,
    NotApproved,
    OwnRequest,
    Status,
    UnknownApproval,
    Vote,
    Voter,
)
from guardproxy.governance.approvals.store import Approvals, Bounds

__all__ = [
    "Approval",
    "Approvals",
    "Ask",
    "Bounds",
    "Decided",
    "Full",
    "Kind",
    "NotApproved",
    "OwnRequest",
    "Status",
    "UnknownApproval",
    "Vote",
    "Voter",
]
