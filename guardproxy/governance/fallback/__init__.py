"""Managed fallback: whether an upstream may be asked now, and how much of it a day may cost. Asks nobody itself."""

from guardproxy.governance.fallback.budget import Budget
from guardproxy.governance.fallback.condition import Condition
from guardproxy.governance.fallback.member import Member, Reason
from guardproxy.governance.fallback.usage import Usage

__all__ = ["Budget", "Condition", "Member", "Reason", "Usage"]
