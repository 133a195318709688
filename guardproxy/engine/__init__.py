"""Runs filters under a deadline; holds, edits, releases and cuts text. Knows no HTTP and no wire format."""

from guardproxy.engine.fitting import Fitting
from guardproxy.engine.gate import Cut, Gate
from guardproxy.engine.guard import Guard
from guardproxy.engine.inspect import Inspection, Inspector, Tally
from guardproxy.engine.json_stream import JsonStream
from guardproxy.engine.limits import Held
from guardproxy.engine.moderated import Moderation
from guardproxy.engine.observe import Observer, Silent
from guardproxy.engine.vault import Restorer, TooMany, Vault

__all__ = [
    "Cut", "Fitting", "Gate", "Guard", "Held", "Inspection", "Inspector", "JsonStream", "Moderation", "Observer", "Restorer",
    "Silent", "Tally", "TooMany", "Vault",
]  # fmt: skip
