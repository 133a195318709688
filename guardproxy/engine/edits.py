"""Replacements: what stands in the released text where a span was taken out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from guardproxy.engine.vault import Vault
from guardproxy.policy.model import Policy
from guardproxy.types import Decision, Edit, Outcome, Style


class Replacer:
    """Makes replacement texts. `key` makes hashes useless to who doesn't hold it; it must be the same on every replica
    whose hashes are to be compared.

    `vault` is the conversation's, if it has one. Where texts go to the model (`issue`) values get a placeholder; in a
    reply only a value that the conversation has masked gets its placeholder, and every other one the label: nobody could
    give it back.
    """

    def __init__(
        self, key: bytes, vault: Vault | None = None, *, issue: bool = False, languages: tuple[str, ...] = ()
    ) -> None:
        self._key, self._vault, self._issue, self._languages = key, vault, issue, languages

    def bound(self, vault: Vault | None, *, issue: bool, languages: tuple[str, ...] = ()) -> Replacer:
        """This one for a conversation with somebody who accepts these languages."""
        plain = vault is None and not languages
        return self if plain else Replacer(self._key, vault, issue=issue, languages=languages)

    def reading(self) -> Replacer:
        """This one for a text that is only looked at: no value is put into the vault."""
        return Replacer(self._key, self._vault, languages=self._languages) if self._issue else self

    def rewritten(self, policy: Policy, decision: Decision) -> str:
        """What stands for a whole text: of several rules that rewrite it the first by name says it, of its findings the
        first."""
        rule = decision.rule
        label = next(f.label for v in decision.verdicts if v.rule == rule and not v.shadow for f in v.findings)
        return policy.rewritten(rule, label, self._languages)

    def __call__(self, edit: Edit, text: str) -> str:
        """Never empty, and delimited, so that removing a span can't build a new match out of its neighbours."""
        if edit.style is Style.TOKEN and self._vault is not None:
            if self._issue:
                return self._vault.issue(edit.label, text, edit.rule, *edit.others)
            return self._vault.held(text) or f"[{edit.label}]"
        if edit.style is Style.MASK:
            return "*" * max(len(text), 3)
        if edit.style is Style.HASH:
            return f"[{edit.label}:{self.fingerprint(text)}]"
        return f"[{edit.label}]"

    def fingerprint(self, text: str) -> str:
        """By which equal texts can be told to be equal, by who doesn't know the key too."""
        return hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:12]

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


def blocked(decision: Decision) -> Decision:
    """What blocks where a rule would rewrite, and no other text can stand."""
    said = [v for v in decision.verdicts if v.outcome is Outcome.REWRITE and not v.shadow]
    instead = tuple(replace(v, outcome=Outcome.BLOCK) for v in said)
    return Decision(Outcome.BLOCK, (), (*decision.verdicts, *instead))
