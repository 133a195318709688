"""What operators see: metrics, one decision record per request, the process's own log. Never the text of a conversation."""

from guardproxy.telemetry.journal import Journal
from guardproxy.telemetry.metrics import Metrics
from guardproxy.telemetry.record import Record, Recorder

__all__ = ["Journal", "Metrics", "Record", "Recorder"]
