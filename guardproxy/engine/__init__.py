"""Runs filters under a deadline; holds, edits, releases and cuts text. Knows no HTTP and no wire format."""

from guardproxy.engine.conduct import Watch
from guardproxy.engine.gate import Cut, Gate, Held
from guardproxy.engine.guard import Guard
from guardproxy.engine.observe import Observer, Silent
from guardproxy.engine.vault import Restorer, TooMany, Vault

__all__ = ["Cut", "Gate", "Guard", "Held", "Observer", "Restorer", "Silent", "TooMany", "Vault", "Watch"]
