"""Runs filters under a deadline; holds, edits, releases and cuts text. Knows no HTTP and no wire format."""

from guardproxy.engine.fitting import Fitting
from guardproxy.engine.gate import Cut, Gate
from guardproxy.engine.guard import Guard
from guardproxy.engine.json_stream import JsonStream
from guardproxy.engine.limits import Held
from guardproxy.engine.observe import Observer, Silent
from guardproxy.engine.vault import Restorer, TooMany, Vault

__all__ = [
    "Cut",
    "Fitting",
    "Gate",
    "Guard",
    "Held",
    "JsonStream",
    "Observer",
    "Restorer",
    "Silent",
    "TooMany",
    "Vault",
]
