"""The unescaped reading: one level of each notation, and nothing that only begins like one."""

from __future__ import annotations

import pytest

from guardproxy.text.escapes import MOST, Unescaped
from tests.text.test_folding import read


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("jane%40example%2Ecom", "jane@example.com"),
        ("gr%C3%B6%C3%9Fe %E2%82%AC %F0%9F%98%80", "größe € 😀"),
        ("&#64; &#x40; &#0064 &#X2e;", "@ @ @ ."),
        (r"\u0040 \x40 \u00e9", "@ @ é"),
        ("100% %4 %zz %C3 %E2%82 &#; &#x; &amp; \\u004 \\xz", "100% %4 %zz %C3 %E2%82 &#; &#x; &amp; \\u004 \\xz"),
        ("%2540 \\ud83d &#xD800; &#9999999;", "%40 \\ud83d &#xD800; &#9999999;"),
    ],
)
def test_what_a_text_reads_as(text: str, reading: str) -> None:
    assert read(Unescaped(), [text])[0] == reading
    assert read(Unescaped(), list(text))[0] == reading


@pytest.mark.parametrize("text", ["%", "%C3", "%F0%9F%98", "&", "&#00000", "&#x1F60", "\\", "\\u00e", "\\x4"])
def test_the_beginning_of_an_escape_waits(text: str) -> None:
    assert Unescaped().undecided("ab " + text) == 3
    assert len(text) <= MOST
