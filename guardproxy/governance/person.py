"""Somebody whose data is to go, and how a SQLite file forgets what was deleted in it."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from dataclasses import dataclass
from typing import Final

ERASED: Final = "(erased)"
"""What stands where a name stood."""
_GOES_ON: Final = "[\\w\u0300-\u036f]"
"""A letter, or an accent for the one before."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is, by name and by the ids of their keys."""

    name: str
    keys: frozenset[str] = frozenset()

    def named(self, text: str | None) -> bool:
        """Whether a field is their name, as names of people are compared: letters of another case are the same."""
        return text is not None and same(text) == same(self.name) != ""

    def taken_out_of(self, text: str) -> str:
        """A sentence without their name, where it stands as a word: Ann is not in Anna."""
        forms = {unicodedata.normalize(form, self.name) for form in ("NFC", "NFD")} | {self.name}
        for words in (r"\s+".join(map(re.escape, form.split())) for form in sorted(forms)):
            text = re.sub(rf"(?<!\w){words}(?!{_GOES_ON})", ERASED, text, flags=re.IGNORECASE) if words else text
        return text


def same(name: str) -> str:
    """What names of one person have in common: letters of another case, other spaces, and accents that are written as signs of
    their own are the same name."""
    return unicodedata.normalize("NFKC", " ".join(unicodedata.normalize("NFKC", name).split()).casefold())


def scrub(sql: sqlite3.Connection) -> None:
    """Write the file anew without what was deleted, its log too. Raises sqlite3.Error where somebody reads for too long."""
    sql.execute("VACUUM")
    busy, *_ = sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("somebody reads the file, so that its log can't be emptied; try again")
