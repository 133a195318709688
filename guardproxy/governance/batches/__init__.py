"""Batches of requests: whose files and batches there are, and the requests by which their results are guarded."""

from guardproxy.governance.batches.model import (
    Batch,
    BatchesUnavailable,
    BatchFile,
    Duplicate,
    Full,
    Kind,
    Line,
    Owner,
    Upload,
)
from guardproxy.governance.batches.store import MEMORY, BatchStore

__all__ = [
    "MEMORY",
    "Batch",
    "BatchFile",
    "BatchStore",
    "BatchesUnavailable",
    "Duplicate",
    "Full",
    "Kind",
    "Line",
    "Owner",
    "Upload",
]
