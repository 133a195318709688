"""The spelling that models read: disguises off, emoji as words. Training and serving use this one function.

A model sees a text through its vocabulary, to which `k i l l`, `k1ll`, `кill` and `ki\u200bll` are four other words, and most
emoji one and the same unknown. Ordinary text comes out as it went in, but for its emoji.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from functools import lru_cache

from guardproxy.text.folding import CONFUSABLE, INVISIBLE

_UNSEEN = re.compile(f"[{INVISIBLE}\ufe0e\ufe0f]+")
_MARKS = re.compile("([\u0300-\u036f\u20d0-\u20ff]{2})[\u0300-\u036f\u20d0-\u20ff]+")
_ALIKE = str.maketrans(CONFUSABLE)
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")
_SYMBOL = re.compile("[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_RUN = re.compile(r"(\w)\1{3,}|([^\w\s])\2{5,}")
_SPACED = re.compile(r"(?<![\w.*_-])[^\W_]([ .*_-])(?:[^\W_]\1){2,}[^\W_](?![\w*_-])")
_GAPS = re.compile(r"[ .*_-]")
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
_LEET_TABLE = str.maketrans(_LEET)
_DISGUISED = re.compile(
    r"(?<![\w@$!.])(?=[\w@$!]*[^\W\d_][013457@$!]+[^\W\d_])(?:[^\W\d_]|[013457@$!](?=\w))+(?![\w@$]|\.\w)"
)
_TOKEN = re.compile(r"(?<![\w.])[^\W_][\w@$]*(?!\w|\.\w)")
_LEET_WORD = re.compile(r"(?=[^A-Za-z]*[A-Za-z])(?=[^013457@$]*[013457@$])[A-Za-z013457@$]+|[14]")
_LEET_SHARE = 0.4
"""Words that are letters and digits, of all words, from which on the whole text is read as leetspeak."""
# fmt: off
_ROT13 = frozenset((
    "gur", "naq", "ubj", "gung", "guvf", "jung", "sbe", "lbh", "lbhe", "jvgu", "znxr", "pna", "zr", "zl",
    "gb", "bs", "jurer", "jul", "qb", "sebz", "jvyy", "abg", "ner",
))
# fmt: on
_ENGLISH = frozenset(codecs.decode(word, "rot13") for word in _ROT13)
_WORDS = re.compile(r"[A-Za-z]+")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}={0,2}(?![A-Za-z0-9+/=_-])")
_URL_SAFE = str.maketrans("-_", "+/")


@lru_cache(4096)
def _named(symbol: str) -> str:
    """An emoji as the words of its name: `snake`, `pile of poo`."""
    name = unicodedata.name(symbol, "").lower()
    name = re.sub(r"\b(?:emoji modifier|with|face|sign|black|white|heavy|symbol)\b|-", " ", name) if name else ""
    return f" {' '.join(name.split())} " if name else " "


def _decoded(match: re.Match[str]) -> str:
    """Base64 as the text that it stands for; what stands for no text stays."""
    letters = match[0].rstrip("=").translate(_URL_SAFE)
    try:
        text = base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + "=" * (-len(letters) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return match[0]
    return text if text.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in text) else match[0]


def _mixed(match: re.Match[str]) -> str:
    """A word of several alphabets in one of them; Russian and Greek stay as they are."""
    word = match[0]
    return word.translate(_ALIKE) if not word.isascii() and _LATIN.search(word) else word


def _unrotated(text: str) -> str:
    """Text in rot13 as it was before: known by the small words of English, which every sentence has."""
    words = [word.lower() for word in _WORDS.findall(text)]
    rotated = [word for word in words if word in _ROT13]
    if len(set(rotated)) < 2 or len(rotated) * 8 < len(words):
        return text
    plain = sum(word in _ENGLISH for word in words)
    return codecs.decode(text, "rot13") if len(rotated) > 2 * plain else text


def _unleet(text: str) -> str:
    """Digits in words as the letters that they stand for; in a text that is full of such words, in all of it."""
    words = _TOKEN.findall(text)
    mixed = sum(_LEET_WORD.fullmatch(word) is not None for word in words)
    if mixed < 4 or mixed < _LEET_SHARE * len(words):
        return _DISGUISED.sub(lambda m: m[0].translate(_LEET_TABLE), text)
    return _TOKEN.sub(
        lambda m: m[0].translate(_LEET_TABLE) if _LEET_WORD.fullmatch(m[0]) or m[0].isdigit() else m[0], text
    )


def normal(text: str) -> str:
    """The text as models read it. Bounded: never more than a few times longer than `text`, in time linear in it."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _MARKS.sub(r"\1", _UNSEEN.sub("", text)))
        text = _WORD.sub(_mixed, text)
        text = _SYMBOL.sub(lambda m: _named(m[0]), text)
    if len(text) > 24:
        text = _BASE64.sub(_decoded, text)
    text = _SPACED.sub(lambda m: _GAPS.sub("", m[0]), text)
    text = _unrotated(_unleet(text))
    return _RUN.sub(lambda m: (m[1] or m[2]) * 3, text)
