"""Replacements: what stands in the released text where a span was taken out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from guardproxy.types import Edit, Style


class Replacer:
    """Makes replacement texts. `key` makes hashes useless to who doesn't hold it; it must be the same on every replica
    whose hashes are to be compared."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, edit: Edit, text: str) -> str:
        """Never empty, and delimited, so that removing a span can't build a new match out of its neighbours."""
        if edit.style is Style.MASK:
            return "*" * max(len(text), 3)
        if edit.style is Style.HASH:
            digest = hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
            return f"[{edit.label}:{digest[:12]}]"
        return f"[{edit.label}]"

    def render(self, text: str, edits: Iterable[Edit]) -> str:
        """The whole text with all edits made. Edits are sorted and don't overlap."""
        out, at = [], 0
        for edit in edits:
            out.append(text[at : edit.start])
            out.append(self(edit, text[edit.start : edit.end]))
            at = edit.end
        out.append(text[at:])
        return "".join(out)
