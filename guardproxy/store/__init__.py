"""What guardproxy keeps of conversations for clients that ask it to: sealed rows in SQLite, with an end and a bound."""

from guardproxy.store.rows import Kind, Owner, Row, Unreadable
from guardproxy.store.store import Store, StoreError

__all__ = ["Kind", "Owner", "Row", "Store", "StoreError", "Unreadable"]
