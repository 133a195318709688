"""Replacements: what stands in the released text where a span was taken out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from itertools import pairwise

from guardproxy.engine.vault import Vault
from guardproxy.types import Edit, Style


class Replacer:
    """Makes replacement texts. `key` makes hashes useless to who doesn't hold it; it must be the same on every replica
    whose hashes are to be compared.

    `vault` is the conversation's, if it has one. Where texts go to the model (`issue`) values get a placeholder; in a
    reply only a value that the conversation has masked gets its placeholder, and every other one the label: nobody could
    give it back.
    """

    def __init__(self, key: bytes, vault: Vault | None = None, *, issue: bool = False) -> None:
        self._key, self._vault, self._issue = key, vault, issue

    def bound(self, vault: Vault | None, *, issue: bool) -> Replacer:
        """This one for a conversation."""
        return self if vault is None else Replacer(self._key, vault, issue=issue)

    def reading(self) -> Replacer:
        """This one for a text that is only looked at: no value is put into the vault."""
        return Replacer(self._key, self._vault) if self._issue else self

    def __call__(self, edit: Edit, text: str) -> str:
        """Never empty, and delimited, so that removing a span can't build a new match out of its neighbours."""
        if edit.style is Style.TOKEN and self._vault is not None:
            if self._issue:
                return self._vault.issue(edit.label, text, edit.rule, *edit.others)
            return self._vault.held(text) or f"[{edit.label}]"
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


def over_a_seam(parts: Sequence[str], crossing: Iterable[Edit], made: Sequence[Iterable[Edit]]) -> Edit | None:
    """The edit of joined parts that goes on over a seam, unless what follows the seam was taken out of its part already.

    What a filter sees across a seam can't be cut out. `Hello.` before a part that begins with an address is no head of
    one; `.com` behind an address is its tail. `crossing`: edits of all parts as one text; `made`: those of each part.
    """
    at = 0
    crossing = tuple(crossing)
    for (part, following), own in zip(pairwise(parts), made[1:], strict=True):
        at += len(part)
        for edit in crossing:
            tail = min(edit.end - at, len(following))
            if edit.start < at < edit.end and sum(min(e.end, tail) - e.start for e in own if e.start < tail) < tail:
                return edit
    return None
