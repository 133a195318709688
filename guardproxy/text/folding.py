"""What disguised characters stand for: the tables, made from Unicode's own data, and the *folded* reading of a text.

Invisible characters go, compatibility forms become what they are compatible with, marks over letters go, and letters of other
alphabets that look Latin become Latin in words that mix the two. What a character stands for depends on the one before it, on
the one behind it and, for look-alikes, on its word: so little is waited for. Plain text of any language reads as itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from guardproxy.text.seen import seen, spelled

MOST = 64
"""Characters of a word of look-alikes that are waited for: a longer one is read as it stands."""


class Change(NamedTuple):
    """A stretch of the source that reads as another text (as nothing, where that is empty)."""

    start: int
    end: int
    text: str


INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
INVISIBLE += "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
"""Inside of a class: characters that take no place, fillers included."""
ACCENTS = "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
"""Combining marks that may stand over any letter of the European scripts."""
_SPACES = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
_DASHES = "\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_DOTS = "\u3002\uff61"
_POINTS = "！＂％（），／：；？～"
"""Full-width marks that Chinese and Japanese text is full of: read as ASCII only beside ASCII."""
_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_APART = "\u0590-\u109f\u1200-\u1cff\u2013-\u2027\u2030-\u205e\u2070-\u2bff\u2e00-\u2e7f\ufb1d-\ufdff\ufe70-\ufefe"
_APART += "\ue000-\uf8ff\U0001f000-\U0001faff"
"""Beside these an invisible character has its uses: emoji, symbols, scripts written from the right or without spaces."""

# Letters that look like a Latin one, of Greek, Cyrillic, Armenian and Cherokee (after Unicode's TR39).
_PAIRS = "АA ВB ЕE ЅS ІI ЈJ КK МM НH ОO РP СC ТT УY ХX ҮY ԌG ԚQ ԜW ԛq ԝw аa еe ѕs іi јj оo рp сc уy хx һh ԁd ӏl"
_PAIRS += " ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX αa ιi οo νv ρp υu χx ϲc ϳj"
_PAIRS += " ՏS ՍU Օo օo սu ցg ոn հh ᎪA ᏴB ᏟC ᎠD ᎬE ᏀG ᎻH ᎫJ ᏦK ᏞL ᎷM ᏢP ᏒR ᏚS ᎢT ᏙV ᎳW ᏃZ"
CONFUSABLE = {pair[0]: pair[1] for pair in _PAIRS.split()}
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢꞯ", "abcdefghijklmnoprstuvwyzq", strict=True))


def _plain(char: str) -> str:
    """The ASCII text that a compatibility character stands for; empty for none."""
    folded = unicodedata.normalize("NFKC", char)
    if folded == char:
        digit = unicodedata.decimal(char, None)
        return "" if digit is None else str(digit)
    code = ord(char)
    if 0x2474 <= code <= 0x24B5:  # in parentheses or with a full stop
        return folded.strip("().")
    if not folded.isascii() or not folded.isprintable():
        digit = unicodedata.decimal(char, None)
        return "" if digit is None else str(digit)
    if len(folded) == 1 and folded != " ":
        return folded
    return folded if folded.isdigit() or 0xFB00 <= code <= 0xFB06 else ""


@cache
def compatible() -> dict[str, str]:
    """Every character beyond ASCII that stands for ASCII, whatever is beside it."""
    apart = re.compile(f"[{_SPACES}{_DASHES}{_DOTS}{_POINTS}\u00aa\u00ba\u1fef\u037e\u212a\u017f]")
    found = {c: p for c in map(chr, range(0x80, 0x20000)) if (p := _plain(c)) and not apart.match(c)}
    found |= {chr(first + i): chr(0x41 + i) for first in (0x1F150, 0x1F170) for i in range(26)}
    return found | _SMALL_CAPITALS | {"\u212a": "K", "\u017f": "s"}


def inside(chars: Iterable[str]) -> str:
    """The inside of a class of these characters."""
    out, codes = [], sorted(map(ord, chars))
    while codes:
        start = end = codes.pop(0)
        while codes and codes[0] == end + 1:
            end = codes.pop(0)
        out.append(f"{chr(start)}-{chr(end)}" if end > start else chr(start))
    return "".join(out)


class _Tables(NamedTuple):
    """What is made from the tables once, when the first text asks."""

    stands_for: dict[str, str]
    near: re.Pattern[str]
    """Characters beside which a mark, a space or a dash reads as ASCII."""
    single: re.Pattern[str]
    weak: re.Pattern[str]
    """A last character whose reading depends on what comes next."""
    run: re.Pattern[str]
    """Words as far as look-alikes are concerned."""
    latin: re.Pattern[str]
    any: Callable[[bytes], bool]
    """Whether there is anything that could, or an ASCII letter, digit or opening parenthesis."""
    some: Callable[[bytes], bool]
    """Whether something may read differently, in a text that has any such thing."""


_CONFUSABLES = inside(CONFUSABLE)
_CONFUSABLE = re.compile(f"[{_CONFUSABLES}]")
_UNSEEN = re.compile(f"[{INVISIBLE}]+")
_ACCENT = re.compile(f"[{ACCENTS}]")
_LETTER = re.compile(f"[{_LATIN}]")
_CLOSE = re.compile(f"[^{_APART}{INVISIBLE}]")


@cache
def tables() -> _Tables:
    """Compile the tables; a few hundredths of a second."""
    strong = inside(compatible())
    near = f"A-Za-z0-9{strong}{INVISIBLE}"
    run = f"{_LATIN}0-9_{_CONFUSABLES}{strong}{INVISIBLE}{ACCENTS}"
    single = (
        f"[{strong}]|[{ACCENTS}]+|(?<=[{near}])[{_POINTS}]|[{_POINTS}](?=[{near}])|[{_SPACES}](?=[{near}(])"
        f"|[{_DASHES}](?=[0-9{strong}{INVISIBLE}])|(?<=[{near}])[\u2010-\u2013\u2212\uff0d](?=[{near}])"
        f"|(?<=[{near}])[{_DOTS}](?=[{near}])"
    )
    beside, wide = spelled(near), spelled
    some = (
        f"[{wide(strong + INVISIBLE + ACCENTS)}]|[{beside}][{wide(_POINTS + _DOTS)}]"
        f"|[{wide(_POINTS + _SPACES + _DASHES)}][{beside}(]"
    )
    mixed = f"[{wide(_LATIN)}0-9_][{wide(_CONFUSABLES)}]|[{wide(_CONFUSABLES)}][{wide(_LATIN)}0-9_]"
    singles, latin = seen(some, wide=True), seen(f"[{wide(_LATIN)}]", wide=True)
    alike, mixes = seen(f"[{wide(_CONFUSABLES)}]", wide=True), seen(mixed, wide=True)
    stands_for = dict(compatible())
    stands_for |= {c: unicodedata.normalize("NFKC", c) for c in _POINTS}
    for spot, class_ in ((" ", _SPACES), ("-", _DASHES), (".", _DOTS)):
        stands_for |= dict.fromkeys((c for c in map(chr, range(0x80, 0x10000)) if re.match(f"[{class_}]", c)), spot)
    return _Tables(
        stands_for,
        re.compile(f"[{near}]"),
        re.compile(single),
        re.compile(f"[{_POINTS}{_SPACES}{_DASHES}{_DOTS}]"),
        re.compile(f"[{run}]+"),
        re.compile(f"[{_LATIN}{strong}]"),
        seen(f"[{beside}({wide(_LATIN + ACCENTS)}]", wide=True),
        lambda data: singles(data) or (latin(data) and alike(data) and mixes(data)),
    )


_NONE, _MIXES, _FOREIGN = 0, 1, 2


@cache
def open_ends() -> frozenset[str]:
    """Last characters of a text beyond ASCII that may wait for what follows."""
    weak = (c for c in tables().stands_for if tables().weak.match(c))
    accents = (c for c in map(chr, range(0x300, 0x10000)) if _ACCENT.match(c))
    return frozenset([*weak, *accents, *CONFUSABLE, *_unseen(), *compatible(), *"0123456789_"])


class Folded:
    """The folded reading of one text, piece by piece. It remembers one character and what the word so far is."""

    __slots__ = ("_dropped", "_previous", "_word")

    def __init__(self) -> None:
        self._previous = ""
        self._dropped = False  # the last character was an invisible one that went
        self._word = _NONE

    @property
    def previous(self) -> str:
        """The last character read."""
        return self._previous

    @property
    def alert(self) -> bool:
        """What comes next reads as it does because of what was before the last character."""
        mixes = self._word == _MIXES and not _LETTER.match(self._previous)
        return bool(self._dropped or mixes or _ACCENT.match(self._previous))

    def undecided(self, text: str) -> int:
        """From where on what `text` reads as depends on what follows it."""
        known, last, cut = tables(), text[-1:], len(text)
        left = text[-2:-1] or self._previous
        if known.weak.match(last):
            point = last in _POINTS and known.near.match(left)
            dot = last in "\u3002\uff61" and not known.near.match(left)
            cut -= not (point or dot)
        elif _UNSEEN.match(last):
            run = len(text) - len(text.rstrip(_unseen()))
            left = text[-run - 1 : -run] or self._previous
            goes = (run == len(text) and self._dropped) or _CLOSE.match(left)
            cut -= not goes
        return min(cut, self._open_word(text))

    def _open_word(self, text: str) -> int:
        """Where the look-alikes begin that a letter still to come may turn into Latin ones."""
        back = text[-2 * MOST :]
        if (found := tables().run.match(back[::-1])) is None:
            return len(text)
        if found.end() == len(back) < len(text):
            found = tables().run.match(text[::-1])
            assert found
        begin = len(text) - found.end()
        if begin == 0 and self._word != _NONE:
            return len(text)
        first = _CONFUSABLE.search(text, begin)
        if first is None or len(text) - first.start() > MOST or tables().latin.search(text, begin):
            return len(text)
        return first.start()

    def differs(self, text: str) -> bool:
        """Whether something of the text may read differently; quick, and "maybe" too often."""
        if self.alert:
            return True
        data = (self._previous + text).encode("utf-8", "replace")
        known = tables()
        return known.any(data) and known.some(data)

    def changes(self, text: str, cut: int) -> list[Change]:
        """What reads differently in `text[:cut]`, in order; what is behind `cut` is seen, not read."""
        found = [*self._singles(text), *self._unseen(text), *self._words(text)]
        found = sorted(c for c in found if c.start < cut)
        self._pass(text, cut)
        self._dropped = (
            bool(found) and found[-1].end >= cut and bool(_UNSEEN.match(text[cut - 1])) if cut else self._dropped
        )
        return found

    def skip(self, text: str, cut: int) -> None:
        """Go past text that reads as itself."""
        self._pass(text, cut)
        self._dropped = self._dropped and not cut

    def _pass(self, text: str, cut: int) -> None:
        if not cut:
            return
        back = text[max(0, cut - 2 * MOST) : cut]
        found = tables().run.match(back[::-1])
        if found is not None and found.end() == len(back) < cut:
            back = text[:cut]
            found = tables().run.match(back[::-1])
        if found is None:
            self._word = _NONE
        else:
            begin = len(back) - found.end()
            word = self._word if begin == 0 and len(back) == cut else _NONE
            self._word = word or self._kind(back, begin)
        self._previous = text[cut - 1]

    def _kind(self, text: str, begin: int, end: int | None = None) -> int:
        """What the word at `begin` is, of which nothing was known before."""
        stop = len(text) if end is None else end
        letter = tables().latin.search(text, begin, stop)
        first = _CONFUSABLE.search(text, begin, stop)
        if first is None:
            return _MIXES if letter else _NONE
        if letter is None:
            return _FOREIGN if stop - first.start() > MOST else _NONE
        return _FOREIGN if letter.start() - first.start() > MOST else _MIXES

    def _singles(self, text: str) -> Iterator[Change]:
        before, known = self._previous, tables()
        at = len(before)
        for m in known.single.finditer(before + text, at):
            yield Change(m.start() - at, m.end() - at, known.stands_for.get(m[0], ""))

    def _unseen(self, text: str) -> Iterator[Change]:
        for m in _UNSEEN.finditer(text):
            start, end = m.span()
            left = text[start - 1] if start else self._previous
            goes = (not start and self._dropped) or _CLOSE.match(left)
            if not goes and end < len(text) and _CLOSE.match(text[end]):
                start, goes = end - 1, True
            if goes:
                yield Change(start, end, "")

    def _words(self, text: str) -> Iterator[Change]:
        if _CONFUSABLE.search(text) is None:
            return
        for m in tables().run.finditer(text):
            word = self._word if not m.start() else _NONE
            if (word or self._kind(text, *m.span())) == _MIXES:
                for one in _CONFUSABLE.finditer(text, *m.span()):
                    yield Change(one.start(), one.end(), CONFUSABLE[one[0]])


@cache
def _unseen() -> str:
    return "".join(c for c in map(chr, [*range(0x80, 0x20000), *range(0xE0000, 0xE1000)]) if _UNSEEN.match(c))
