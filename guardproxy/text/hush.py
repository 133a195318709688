"""Whether a text surely holds nothing that a bank of patterns would find, in any view: two hyperscan scans, no search.

A bank that follows a stream looks closer wherever a match could begin, which is nearly everywhere. Here the text is whole, so
the gate of each whole pattern can be asked. Gates drop assertions and boundaries: what matches in a part of the text matches
in the text, so several texts, joined, may be asked about at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardproxy.text import gates, views
from guardproxy.text.compiled import compile_gates
from guardproxy.text.folding import tables
from guardproxy.types import View

if TYPE_CHECKING:
    from guardproxy.text.bank import Bank


class Hush:
    """Asks about whole texts. Compiles the gates when it is made; they are kept like those of the bank."""

    def __init__(self, bank: Bank, which: frozenset[View]) -> None:
        found = compile_gates([gates.gate(rule.tree) for rule in bank.rules])
        self._silent = not found.ungated
        """False: some pattern has no gate, so nothing can be said without a search."""
        self._hits: list[int] = []
        self._scan = found.scanner(self._hits)
        self._folded = tables().some if "folded" in which else None
        self._encoded = views.encoded(min(views.LEAST.values())) if "encoded" in which else None

    def __call__(self, text: str) -> bool:
        if not self._silent:
            return False
        data = text.encode("utf-8", "replace")
        self._hits.clear()
        self._scan(data)
        if self._hits or (self._encoded is not None and self._encoded(data)):
            return False
        return self._folded is None or text.isascii() or not self._folded(data)
