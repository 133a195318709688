"""A JSON document that arrives in pieces: where its strings are, what they say, and whether it still is JSON.

It accepts what `json.loads` accepts (`NaN` too), to a bounded depth. Strings are told of as they come, escapes decoded,
with their places in the text; numbers and literals are only checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from guardproxy.types import Path

MAX_NESTING = 128
"""Objects and lists in each other; what is nested more deeply is read as plain text."""
_PLAIN = re.compile(r'[^"\\\x00-\x1f]+')
_SPACE = re.compile(r"[ \t\n\r]+")
_SCALAR = re.compile(r"[-+.0-9A-Za-z]+")
_VALUE = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null|NaN|-?Infinity")
_HALF = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rf'{_HALF}\\u[dD][c-fC-F][0-9a-fA-F]{{2}}|\\u[0-9a-fA-F]{{4}}|\\["\\/bfnrt]')
_OPEN = re.compile(rf"(?:{_HALF})?\\(?:u[0-9a-fA-F]{{0,3}})?\Z|{_HALF}\Z")
_HALF_OPEN = re.compile(rf"{_HALF}(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?\Z")
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LENIENT = re.compile(rf"{_HALF}\\u[dD][c-fC-F][0-9a-fA-F]{{2}}|\\u[0-9a-fA-F]{{4}}|\\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Opened:
    """A string begins."""

    at: int
    """Where its first character would be."""
    key: bool
    path: Path
    """Where it stands in the document; of a key, where its object stands."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of the string that is open, decoded."""

    start: int
    end: int
    text: str
    """As long as its place is, or it is one escape."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The string's end."""

    at: int
    """Where its last quote stands."""


@dataclass(frozen=True, slots=True)
class Broken:
    """From here on it is no JSON."""

    at: int


Event: TypeAlias = Opened | Said | Closed | Broken


class _Next(IntEnum):
    """What may come next."""

    VALUE = 0
    FIRST_VALUE = 1
    FIRST_KEY = 2
    KEY = 3
    COLON = 4
    COMMA = 5
    NOTHING = 6


def unescaped(escape: str) -> str:
    """The character of one escape; of what is none, what stands behind the backslash."""
    if escape[1] == "u" and len(escape) > 2:
        code = int(escape[2:6], 16)
        if len(escape) > 6:
            code = 0x10000 + ((code - 0xD800) << 10) + int(escape[8:12], 16) - 0xDC00
        return chr(code)
    return _NAMED.get(escape[1], escape[1])


def open_escape(text: str) -> int:
    """Where the escape begins whose end `text` does not hold; its length if there is none."""
    found = _OPEN.search(text, max(0, len(text) - 12))
    if found is None:
        return len(text)
    at = found.start()
    before = len(text[:at]) - len(text[:at].rstrip("\\"))
    return at + 1 if before % 2 else at


class Lexer:
    """One document. `feed` gives what its next piece holds; places are counted from the document's start."""

    __slots__ = ("_in_key", "_in_string", "_key", "_next", "_path", "_rest", "_scalar", "_stack", "at", "broken")

    def __init__(self) -> None:
        self.at = 0
        """Characters fed."""
        self.broken = False
        self._next, self._stack, self._path = _Next.VALUE, "", list[str | int]()
        self._in_string = self._in_key = False
        self._key: list[str] = []
        self._scalar: list[str] = []
        self._rest = ""  # the beginning of an escape

    @property
    def complete(self) -> bool:
        """Whether what came so far is one whole JSON value."""
        if self.broken or self._in_string or self._stack:
            return False
        return self._next is _Next.NOTHING or bool(self._scalar and _VALUE.fullmatch("".join(self._scalar)))

    def feed(self, text: str) -> list[Event]:
        """What the next piece holds. Nothing after `Broken`."""
        if self.broken:
            return []
        base = self.at - len(self._rest)
        self.at += len(text)
        text, self._rest = self._rest + text, ""
        out: list[Event] = []
        at = 0
        while at < len(text):
            step = self._string(text, at, base, out) if self._in_string else self._structure(text, at, base, out)
            if step < 0:
                self.broken = True
                out.append(Broken(base + at))
                break
            if step == at:
                self._rest = text[at:]
                break
            at = step
        return out

    # Each step returns where it came to; where it stands if more text must come; -1 where the text is no JSON.

    def _string(self, text: str, at: int, base: int, out: list[Event]) -> int:
        if found := _PLAIN.match(text, at):
            self._say(found[0], base + at, base + found.end(), out)
            return found.end()
        if text[at] == '"':
            out.append(Closed(base + at))
            self._in_string = False
            if self._in_key:
                self._path[-1] = "".join(self._key)
                self._in_key, self._next = False, _Next.COLON
            else:
                self._value_ended()
            return at + 1
        if text[at] != "\\":
            return -1
        if (found := _ESCAPE.match(text, at)) and (len(found[0]) != 6 or not _HALF_OPEN.match(text, at)):
            self._say(unescaped(found[0]), base + at, base + found.end(), out)
            return found.end()
        return at if found or _OPEN.match(text, at) else -1

    def _say(self, said: str, start: int, end: int, out: list[Event]) -> None:
        out.append(Said(start, end, said))
        if self._in_key:
            self._key.append(said)

    def _structure(self, text: str, at: int, base: int, out: list[Event]) -> int:
        if found := _SCALAR.match(text, at):
            if not self._scalar and (self._next > _Next.FIRST_VALUE or found[0][0] not in "-0123456789tfnNI"):
                return -1
            self._scalar.append(found[0])
            return found.end()
        if self._scalar:
            if not _VALUE.fullmatch("".join(self._scalar)):
                return -1
            self._scalar.clear()
            self._value_ended()
        if found := _SPACE.match(text, at):
            return found.end()
        return self._mark(text[at], at, base, out)

    def _mark(self, char: str, at: int, base: int, out: list[Event]) -> int:
        following = self._next
        if char == '"' and following <= _Next.KEY:
            self._in_string, self._in_key = True, following > _Next.FIRST_VALUE
            self._key.clear()
            path = self._path[:-1] if self._in_key else self._path
            out.append(Opened(base + at + 1, self._in_key, tuple(path)))
        elif char in "{[" and following <= _Next.FIRST_VALUE and len(self._stack) < MAX_NESTING:
            self._stack += char
            self._path.append("" if char == "{" else 0)
            self._next = _Next.FIRST_KEY if char == "{" else _Next.FIRST_VALUE
        elif char in "}]" and self._stack[-1:] + char in ("{}", "[]") and self._closes(char):
            self._stack = self._stack[:-1]
            self._path.pop()
            self._value_ended()
        elif char == ":" and following is _Next.COLON:
            self._next = _Next.VALUE
        elif char == "," and following is _Next.COMMA:
            self._after_comma()
        else:
            return -1
        return at + 1

    def _closes(self, char: str) -> bool:
        return self._next is _Next.COMMA or self._next is (_Next.FIRST_KEY if char == "}" else _Next.FIRST_VALUE)

    def _after_comma(self) -> None:
        place = self._path[-1]
        if isinstance(place, int):
            self._path[-1] = place + 1
            self._next = _Next.VALUE
        else:
            self._next = _Next.KEY

    def _value_ended(self) -> None:
        self._next = _Next.COMMA if self._stack else _Next.NOTHING


class Unescaper:
    """A text that is no JSON, read as a lenient parser might: what looks like an escape is one, whatever stands around."""

    __slots__ = ("_rest", "at")

    def __init__(self, at: int) -> None:
        self.at = at
        """Where the next piece begins in the text."""
        self._rest = ""

    def feed(self, text: str) -> list[Said]:
        """The pieces of the text that can be read now."""
        start = self.at - len(self._rest)
        self.at += len(text)
        text = self._rest + text
        cut = open_escape(text)
        text, self._rest = text[:cut], text[cut:]
        out: list[Said] = []
        at = 0
        for found in _LENIENT.finditer(text):
            if found.start() > at:
                out.append(Said(start + at, start + found.start(), text[at : found.start()]))
            out.append(Said(start + found.start(), start + found.end(), unescaped(found[0])))
            at = found.end()
        if at < len(text):
            out.append(Said(start + at, start + len(text), text[at:]))
        return out
