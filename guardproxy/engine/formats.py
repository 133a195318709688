"""JSON Schema's formats for strings, as far as replacements have to keep them, and shapes that keep most of them.

Formats are RFC 5321 (email), 3986 (uri), 3339 (dates and times), 9562 (uuid), 4291 (IPv6), 1123 (hostname), read a little
more strictly than validators do: a replacement that passes here passes there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_REFERENCE = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[zZ]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_DURATION = re.compile(r"P(?=.)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)", re.ASCII)
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(value: str) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return holds


def _date(value: str) -> bool:
    return _DAY.fullmatch(value) is not None and _parses(date.fromisoformat)(value)


def _moment(value: str) -> bool:
    day, time = value[:10], value[11:]
    return _date(day) and value[10:11] in ("T", "t", " ") and bool(_TIME.fullmatch(time)) and _parses(_read)(value)


def _read(value: str) -> datetime:
    return datetime.fromisoformat(value[:19].replace("t", "T"))


CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "email": _matches(_EMAIL),
    "idn-email": _matches(_EMAIL),
    "uri": _matches(_URI),
    "iri": _matches(_URI),
    "uri-reference": _matches(_REFERENCE),
    "iri-reference": _matches(_REFERENCE),
    "uuid": _matches(_UUID),
    "hostname": _matches(_HOST),
    "idn-hostname": _matches(_HOST),
    "ipv4": _parses(IPv4Address),
    "ipv6": _parses(IPv6Address),
    "date": _date,
    "date-time": _moment,
    "time": _matches(_TIME),
    "duration": _matches(_DURATION),
    "json-pointer": _matches(_POINTER),
}
"""What a format asks of a string. A format that is not here is a note for readers, and asks nothing."""

NEUTRAL: Final = (
    "redacted@invalid", "redacted@xx.invalid", "redacted@redacted.x", "x@x",
    "redacted:", "https://redacted.invalid/", "redacted.invalid",
    "00000000-0000-0000-0000-000000000000", "1970-01-01", "1970-01-01T00:00:00Z", "00:00:00Z", "P0D", "0.0.0.0", "::",  # noqa: S104
    "redacted", "Redacted", "REDACTED", "/redacted", "x", "X", "0", "1", "-",
)  # fmt: skip
"""Words of many formats that say nothing."""


def _shape(upper: str, lower: str, digit: str, *, kept: str | None = None, other: str = "") -> Callable[[str], str]:
    """Letters and digits as others of their kind; `other` for what is neither and not `kept`."""

    def of(char: str) -> str:
        if char.isdigit():
            return digit
        if char.isalpha():
            return upper if char.isupper() else lower
        return char if kept is None or char in kept else other

    return lambda text: "".join(map(of, text))


SHAPES: Final[tuple[Callable[[str], str], ...]] = (
    _shape("X", "x", "0"),
    _shape("X", "x", "1"),
    _shape("X", "x", "9"),
    _shape("A", "a", "0"),
    _shape("A", "a", "1"),
    _shape("X", "x", "0", kept="@ -", other="x"),
    _shape("X", "x", "0", kept=" ", other="x"),
    _shape("x", "x", "x", kept="", other="x"),
    _shape("X", "X", "X", kept="", other="X"),
    _shape("0", "0", "0", kept="", other="0"),
    _shape("1", "1", "1", kept="", other="1"),
    _shape("_", "_", "_", kept="", other="_"),
    _shape("-", "-", "-", kept="", other="-"),
)
"""Ways to say nothing in as many characters: most patterns ask for a length and for kinds of characters."""


def re2_syntax(pattern: str) -> str:
    """An ECMA 262 pattern as RE2 writes it: a character by its code, and an escaped slash, which is a slash."""
    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(/)|(.))", _translated, pattern, flags=re.DOTALL)


_CLASS = re.compile(r"(\[\^?\]?(?:\\.|[^\]\\])*\])|\\w|\\d|\\.", re.DOTALL)


def wide(pattern: str) -> str:
    """The pattern as validators read it for whom letters and digits of every script are letters and digits."""
    return _CLASS.sub(_widened, pattern)


def _widened(match: re.Match[str]) -> str:
    if match[1]:
        return re.sub(r"\\(.)", lambda m: {"w": r"\p{L}\p{N}_", "d": r"\p{Nd}"}.get(m[1], m[0]), match[1])
    return {r"\w": r"[\p{L}\p{N}_]", r"\d": r"\p{Nd}"}.get(match[0], match[0])


_AHEAD = re.compile(r"\(\?[=!]")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]", re.DOTALL)


def conjunction(pattern: str) -> list[tuple[str, bool]]:
    """Patterns in RE2's syntax, and whether a text has to match each, that together are this ECMA 262 pattern.

    RE2 knows no look-ahead. One at a pattern's start, where passwords have theirs, is a pattern of its own:
    `^(?=.*\\d)(?!x).+$` asks for `^(?:.*\\d)`, for no `^(?:x)`, and for `^.+$`.
    """
    out: list[tuple[str, bool]] = []
    rest = pattern
    while rest.startswith("^") and _AHEAD.match(rest, 1) and "|" not in _top(rest):
        depth = 0
        for token in _TOKEN.finditer(rest):
            depth += (token[0] == "(") - (token[0] == ")")
            if not depth and token[0] == ")":
                break
        else:
            break
        out.append((re2_syntax(f"^(?:{rest[4 : token.start()]})"), rest[3] == "="))
        rest = "^" + rest[token.end() :]
    return [*out, (re2_syntax(rest), True)]


def _top(pattern: str) -> str:
    """The pattern without its groups, classes and escapes."""
    out, depth, at = "", 0, 0
    for token in _TOKEN.finditer(pattern):
        if not depth:
            out += pattern[at : token.start()]
        depth += (token[0] == "(") - (token[0] == ")")
        at = token.end()
    return out + pattern[at:]


def _translated(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return f"\\x{{{code}}}" if code else match[3] or match[0]


def pointer(step: str) -> str:
    """One step of a JSON pointer in a reference."""
    return unquote(step).replace("~1", "/").replace("~0", "~")
