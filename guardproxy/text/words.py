"""Words of a text that comes in pieces, normalised so that case, punctuation and characters that show nothing don't count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from guardproxy.text.folding import ACCENTS, INVISIBLE

MOST: Final = 64
"""Characters of a word; a longer run of letters is read as several."""
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts that put no spaces between words: each character is read as one."""
_LETTERS = rf"[^\W_{_ALONE}]"
_WORD = re.compile(rf"[{_ALONE}]|{_LETTERS}+(?:[{ACCENTS}{INVISIBLE}]+{_LETTERS}*)*")
_IS_ALONE = re.compile(f"[{_ALONE}]")
_UNSEEN = re.compile(f"[{INVISIBLE}]+")


class Word(NamedTuple):
    """A word and its place in the text."""

    start: int
    end: int
    text: str
    """Normalised."""


def normal(word: str) -> str:
    """What a word is compared by. Empty for one that shows nothing."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", word)).casefold()


class Words:
    """One text being read. The same words however it is cut."""

    __slots__ = ("_tail", "read")

    def __init__(self) -> None:
        self._tail = ""
        self.read = 0
        """Characters so far."""

    @property
    def pending(self) -> int:
        """Where the word begins that may go on; what has been read, where none may."""
        return self.read - len(self._tail)

    def feed(self, text: str, *, last: bool) -> Iterator[Word]:
        """The words that are complete now. The iterator must be read to its end."""
        base, data = self.pending, self._tail + text
        self.read += len(text)
        self._tail = ""
        for found in _WORD.finditer(data):
            start, end = found.span()
            while end - start > MOST:
                yield from _made(base, start, start + MOST, data)
                start += MOST
            if end == len(data) and not last and not _IS_ALONE.match(data, start):
                self._tail = data[start:]
            else:
                yield from _made(base, start, end, data)


def _made(base: int, start: int, end: int, data: str) -> Iterator[Word]:
    if text := normal(data[start:end]):
        yield Word(base + start, base + end, text)


def words_of(text: str) -> list[str]:
    """The words of a whole text."""
    found = _WORD.findall(text.lower() if text.isascii() else text)
    if text.isascii() and all(len(word) <= MOST for word in found):
        return found
    return [word.text for word in Words().feed(text, last=True)]
