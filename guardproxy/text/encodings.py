"""Encoded text inside a text: *stretches* of base64 (both alphabets, broken into lines or not) and of hexadecimal digits.

A stretch is found by its form: so many units in a row (four letters of base64, two digits) that all stand for printable
ASCII, which text does when it is encoded and hashes, keys and words hardly ever do. It may begin anywhere: no prefix hides it.
Each stretch is decoded and searched as a text of its own; a finding covers the whole units that it is written in.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from guardproxy.text.bank import Bank
from guardproxy.text.compiled import compile_gates
from guardproxy.text.syntax import PatternError
from guardproxy.types import Finding

RUN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
"""Characters that a stretch is made of."""
_STANDARD = str.maketrans("-_", "+/")


def _letters(wanted: Callable[[int], bool]) -> str:
    """A class of the letters of base64 whose six bits are wanted."""
    out = "".join(c for i, c in enumerate(RUN[:64]) if wanted(i))
    return "[" + out.replace("+", "+\\-").replace("/", "/_") + "]"


# The bits of three printable bytes (or line ends, or tabs) over four letters.
_FIRST = _letters(lambda i: i in (2, 3) or 8 <= i < 32)
_SECOND = _letters(lambda i: i & 15 in (0, 2, 3, 4, 5, 6, 7))
_LOW, _HIGH = _letters(lambda i: i & 3 == 0), _letters(lambda i: i & 3 == 1)
_LINE = _letters(lambda i: i >= 32 or i in (9, 10, 13))
_ANY = _letters(lambda i: True)
_QUAD = f"{_FIRST}{_SECOND}(?:{_HIGH}{_ANY}|{_LOW}{_LINE})"
_PAIR = "(?:[2-7][0-9A-Fa-f]|0[9aAdD])"


@dataclass(frozen=True, slots=True)
class Code:
    """One way to write bytes as letters."""

    unit: int
    """Characters of a unit."""
    size: int
    """Bytes of a unit."""
    one: str
    """An expression of one unit of printable text."""
    units: re.Pattern[str]
    """Units that go on a stretch."""
    open: re.Pattern[str]
    """The beginning of another unit."""
    rest: re.Pattern[str] | None
    """What may stand at the end instead of a unit."""
    decode: Callable[[str], bytes]


def _from_base64(text: str) -> bytes:
    return binascii.a2b_base64(text.translate(_STANDARD))


_LINES = 200
"""Lines of a stretch that are remembered."""
_BREAK = r"(?:\r?\n)?"
BASE64 = Code(
    4,
    3,
    _QUAD,
    re.compile(f"(?:{_BREAK}{_QUAD})*"),
    re.compile(rf"(?:\r?\n?|{_BREAK}{_FIRST}(?:{_SECOND}(?:{_LOW}|{_HIGH}|=)?)?)\Z"),
    re.compile(
        rf"{_BREAK}(?:{_FIRST}{_SECOND}(?:{_LOW}|{_HIGH})(?:=|(?!{_ANY}))|{_FIRST}{_SECOND}(?:==|=(?![=A-Za-z0-9])|(?!{_ANY})))"
    ),
    _from_base64,
)
HEX = Code(2, 1, _PAIR, re.compile(f"{_PAIR}*"), re.compile(r"[0-7]?\Z"), None, bytes.fromhex)
_CODES = (BASE64, HEX)


class _Start:
    """What the beginning of a stretch looks like, for one least length."""

    def __init__(self, least: int) -> None:
        counts = [(code, -(-least // code.unit)) for code in _CODES]
        self.expression = "|".join(f"(?:{code.one}){{{count}}}" for code, count in counts)
        self._hits: list[tuple[int, int]] = []
        gates = compile_gates([(f"(?:{code.one}){{{count}}}".encode(), False) for code, count in counts], every=True)
        if gates.ungated:
            raise PatternError("hyperscan refused the beginnings of encoded text")
        self._scan = gates.placer(self._hits)
        self._widths = [count * code.unit for code, count in counts]
        self.ahead = [re.compile(f"(?:{code.one}){{0,{count - 1}}}{code.open.pattern}") for code, count in counts]
        self.back = max(self._widths) - 1

    def places(self, data: str) -> list[tuple[Code, int]]:
        """Where in `data` so many units stand in a row, in order."""
        self._hits.clear()
        raw = data.encode("utf-8", "replace")
        self._scan(raw)
        found = sorted((end - self._widths[index], index) for index, end in self._hits)
        if found and len(raw) != len(data):
            wide = [i for i, byte in enumerate(raw) if 0x80 <= byte < 0xC0]  # bytes that begin no character
            found = [(at - bisect_right(wide, at), index) for at, index in found]
        return [(_CODES[index], at) for at, index in found]


starts = cache(_Start)


class _Stretch:
    """One stretch being decoded and searched."""

    def __init__(self, bank: Bank, code: Code, start: int) -> None:
        self.code, self.scan = code, bank.open()
        self.end = start
        """Up to where it was decoded, in the source."""
        self.over = False
        self._rest = ""
        self._starts: list[int] = []  # source offsets of the units whose bytes are not settled
        self._ends: list[int] = []
        self._first = 0  # number of the first of these
        self._lines = [start]  # where its lines begin: each at the beginning of a unit

    def read(self, text: str, *, last: bool) -> Iterator[Finding]:
        """Decode what goes on the stretch; `over` says that it has ended."""
        data, at = self._rest + text, self.end
        match = self.code.units.match(data)
        size = match.end() if match else 0
        self._rest = data[size:]
        open_end = self.code.open.match(self._rest)
        self.over = last or open_end is None
        tail = self.code.rest.match(self._rest) if self.over and self.code.rest else None
        decoded = self._take(data[:size], at)
        self.end = at + size
        if tail:
            letters = tail[0].strip("\r\n")
            self._starts.append(self.end + len(tail[0]) - len(letters))
            self.end += len(tail[0])
            self._ends.append(self.end)
            letters = letters.rstrip("=")
            decoded += self.code.decode(letters + "=" * (-len(letters) % self.code.unit)).decode("ascii", "replace")
        report = self.scan.feed(decoded, last=self.over)
        for f in report.findings:
            assert f.span is not None
            yield Finding(f.filter, f.label, f.score, self._place(f.span))
        self._settle(report.settled)

    def _take(self, text: str, at: int) -> str:
        unit = self.code.unit
        if "\n" not in text:
            self._starts += range(at, at + len(text), unit)
            self._ends += range(at + unit, at + len(text) + unit, unit)
            return self.code.decode(text).decode("ascii", "replace")
        for m in re.finditer(rf"[^\r\n]{{{unit}}}", text):
            if m.start() and text[m.start() - 1] == "\n":
                self._lines.append(at + m.start())
            self._starts.append(at + m.start())
            self._ends.append(at + m.end())
        return self.code.decode(text.replace("\r", "").replace("\n", "")).decode("ascii", "replace")

    def covers(self, at: int) -> bool:
        """Whether one of its units begins there."""
        line = bisect_right(self._lines, at) - 1
        return line >= 0 and at < self.end and (at - self._lines[line]) % self.code.unit == 0

    def until(self, at: int) -> int:
        """The end of the line of it that a covered offset is in."""
        line = bisect_right(self._lines, at)
        return self._lines[line] if line < len(self._lines) else self.end

    def _place(self, span: tuple[int, int]) -> tuple[int, int]:
        size, first = self.code.size, self._first
        return self._starts[span[0] // size - first], self._ends[(span[1] - 1) // size - first]

    def _settle(self, settled: int) -> None:
        done = settled // self.code.size - self._first
        if done > 0:
            del self._starts[:done], self._ends[:done]
            self._first += done
            if len(self._lines) > _LINES:
                del self._lines[: -_LINES // 2]

    @property
    def settled(self) -> int:
        """The source offset up to which no finding can begin any more."""
        return self._starts[0] if self._starts else self.end


class Stretches:
    """All stretches of one text. Of plain text it keeps the current run of letters, as far as one could begin there."""

    def __init__(self, bank: Bank, least: int) -> None:
        self._bank, self._start, self._least = bank, starts(least), least
        self._run = ""  # the end of the text, as far as it is one run
        self._whole = 0  # characters of that run, those no longer kept included
        self._read = 0  # characters read
        self._known: list[_Stretch] = []  # open ones, and ended ones that a beginning could still lie in
        self.hold = 0
        """No stretch that has something to report begins before."""

    @property
    def busy(self) -> bool:
        """Something is being decoded, or was a moment ago."""
        return bool(self._known)

    @property
    def run(self) -> str:
        """The end of the text, as far as a stretch could begin there."""
        return self._run

    def go_past(self, text: str) -> None:
        """Go past a text in which no stretch begins."""
        head = text.rstrip(RUN)
        self._whole = len(text) - len(head) if head else self._whole + len(text)
        self._run = (text[len(head) :] if head else self._run + text)[-self._start.back :]
        self._read += len(text)
        self.hold = self._held(False)

    def skip(self, text: str) -> bool:
        """Go past a short text in which no stretch can begin; False: it must be read."""
        if self._known or self._whole + len(text) >= self._least:
            return False
        head = text.rstrip(RUN)
        self._run = text[len(head) :] if head else self._run + text
        self._whole = len(self._run)
        self._read += len(text)
        self.hold = self._read - self._whole
        return True

    def read(self, text: str, *, last: bool) -> list[Finding]:
        """Read on; what was found in stretches."""
        found: list[Finding] = []
        for stretch in self._known:
            if not stretch.over:
                found += stretch.read(text, last=last)
        data = self._run + text
        base = self._read - len(self._run)
        if len(data) >= self._least:
            self._begin(data, base, found, last)
        self.go_past(text)
        keep = self._read - self._start.back
        self._known = [s for s in self._known if not s.over or s.end > keep]
        self.hold = self._held(last)
        return found

    def _begin(self, data: str, base: int, found: list[Finding], last: bool) -> None:
        until: dict[tuple[int, int], int] = {}  # by alignment: up to where a stretch of one line surely covers
        for code, start in self._start.places(data):
            at = base + start
            key = (code.unit, at % code.unit)
            if at < until.get(key, 0):
                continue
            for stretch in self._known:
                if stretch.code is code and stretch.covers(at):
                    until[key] = stretch.until(at)
                    break
            else:
                stretch = _Stretch(self._bank, code, at)
                found += stretch.read(data[start:], last=last)
                self._known.append(stretch)
                until[key] = stretch.until(at)

    def _held(self, last: bool) -> int:
        if last:
            return self._read
        hold = min((s.settled for s in self._known if not s.over), default=self._read)
        if self._whole < self._least:
            return min(hold, self._read - self._whole)
        for ahead in self._start.ahead:
            if found := ahead.search(self._run):
                hold = min(hold, self._read - len(self._run) + found.start())
        return hold
