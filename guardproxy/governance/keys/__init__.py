"""API keys: who has which, what each may do, and until when."""

from guardproxy.governance.keys.database import Database, Pepper
from guardproxy.governance.keys.keyring import Found, Keyring, Reason
from guardproxy.governance.keys.model import Key, KeyRefused, UnknownKey, Wanted
from guardproxy.governance.keys.store import KeyStore

__all__ = [
    "Database",
    "Found",
    "Key",
    "KeyRefused",
    "KeyStore",
    "Keyring",
    "Pepper",
    "Reason",
    "UnknownKey",
    "Wanted",
]
