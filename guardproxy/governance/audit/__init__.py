"""What people and guardproxy did, in a log that can't be changed unnoticed: chained, signed, proved by checkpoints kept
elsewhere."""

from guardproxy.governance.audit.log import AuditLog, Direct, erase, told_to

__all__ = ["AuditLog", "Direct", "erase", "told_to"]
