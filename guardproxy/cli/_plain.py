"""Text of others as it may be printed: nothing in it moves a cursor, hides, or turns the direction of what follows."""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = re.compile(r"""((?:\A|[;\t\r\n])["']*)(?=[=+\-@\t\r\n＝＋－＠])""")
"""Before what spreadsheets take for the beginning of a formula: some take the wide signs for the others. A semicolon, a tab or
a line's end begins a cell, too, where the spreadsheet separates cells by another sign than the file does."""


def plain(text: str) -> str:
    r"""The text with every character escaped that is no letter, mark, number, sign or space: `\u001b` for an escape."""
    return "".join(c if c.isprintable() else escaped(c) for c in text)


def escaped(character: str) -> str:
    """One character as JSON would write it."""
    code = ord(character)
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return known or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def cell(text: str) -> str:
    """The text as a cell of a table that a spreadsheet may open: no formula, whatever separates its cells."""
    return _FORMULA.sub(r"\1'", text)
