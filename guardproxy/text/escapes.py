r"""The *unescaped* reading of a text: `%40`, `&#64;`, `\u0040` and `\x40` for `@`.

Each escape reads as its character, whatever the text is written in. One level: what is escaped twice stays escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from guardproxy.text.folding import Change
from guardproxy.text.seen import seen

_H = "[0-9A-Fa-f]"
_MORE = "%[89ABab][0-9A-Fa-f]"
_ESCAPE = re.compile(
    rf"%[0-7]{_H}|%[Cc][2-9A-Fa-f]{_MORE}|%[Dd]{_H}{_MORE}|%[Ee]{_H}{_MORE}{_MORE}|%[Ff][0-4]{_MORE}{_MORE}{_MORE}"
    rf"|&#(?:[0-9]{{1,7}}|[xX]{_H}{{1,6}});?|\\u{_H}{{4}}|\\x{_H}{{2}}"
)
_OPEN = re.compile(
    rf"(?:%(?:{_H}|[C-Fc-f]{_H}(?:{_MORE}){{0,2}}(?:%[89ABab]?)?)?|&(?:#(?:[0-9]{{0,7}}|[xX]{_H}{{0,6}}))?"
    rf"|\\(?:u{_H}{{0,3}}|x{_H}?)?)\Z"
)
ESCAPED = rf"%{_H}{{2}}|&#[xX]?{_H}|\\u{_H}{{4}}|\\x{_H}{{2}}"
"""Matches where an escape begins, and perhaps elsewhere."""
MOST = 11
"""Characters of the beginning of an escape that are waited for."""


@cache
def escaped() -> Callable[[bytes], bool]:
    """Says whether a text holds an escape."""
    return seen(ESCAPED, wide=False)


class Unescaped:
    """The unescaped reading of one text, piece by piece. It remembers nothing: an open escape is waited for."""

    __slots__ = ()

    def undecided(self, text: str) -> int:
        """From where on what `text` reads as depends on what follows it."""
        found = _OPEN.search(text, max(0, len(text) - MOST))
        return found.start() if found else len(text)

    def differs(self, text: str) -> bool:
        """Whether something of the text may read differently."""
        return escaped()(text.encode("utf-8", "replace"))

    def changes(self, text: str, cut: int) -> list[Change]:
        """What reads differently in `text[:cut]`, in order."""
        found = ((m.span(), _character(m[0])) for m in _ESCAPE.finditer(text, 0, cut))
        return [Change(*span, char) for span, char in found if char]

    def skip(self, text: str, cut: int) -> None:
        """Go past text that reads as itself."""


def _character(escape: str) -> str:
    """The character of an escape; empty where it names none."""
    if escape[0] == "%":
        try:
            return bytes.fromhex(escape.replace("%", "")).decode()
        except UnicodeDecodeError:
            return ""
    digits = escape[2:].rstrip(";")
    code = int(digits[1:] if digits[0] in "xX" else digits, 16 if escape[0] == "\\" or digits[0] in "xX" else 10)
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else ""
