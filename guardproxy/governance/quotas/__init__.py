"""Quotas: how much a key, a tenant, a user or a model may use, of requests, tokens, cost and replies at once."""

from guardproxy.governance.quotas.bucket import Level, Rate
from guardproxy.governance.quotas.limits import Limit, Price, Subject, Table, What
from guardproxy.governance.quotas.store import Charge, Memory, Slot, StoreLost, Take, Taken

__all__ = [
    "Charge",
    "Level",
    "Limit",
    "Memory",
    "Price",
    "Rate",
    "Slot",
    "StoreLost",
    "Subject",
    "Table",
    "Take",
    "Taken",
    "What",
]
