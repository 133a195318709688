"""The folded reading: what stands for what, and that it is the same however the text is cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guardproxy.text.escapes import Unescaped
from guardproxy.text.folding import CONFUSABLE, MOST, Folded, compatible
from guardproxy.text.views import Lens
from tests.text.corpus import cut
from tests.text.test_views import CUTS, ODD

TEXTS = st.lists(st.sampled_from(ODD) | st.text(max_size=6), max_size=20).map("".join)


def read(lens: Lens, pieces: list[str]) -> tuple[str, list[tuple[int, int, str]], list[str]]:
    """The whole reading, its changes with absolute places, and the reading after each piece."""
    tail, at, out, changes, prefixes = "", 0, "", [], []
    for number, piece in enumerate([*pieces, ""]):
        text = tail + piece
        end = len(text) if number == len(pieces) else lens.undecided(text) if text else 0
        done = 0
        for one in lens.changes(text, end):
            assert done <= one.start < one.end <= end, "changes are in order, apart and decided"
            out += text[done : one.start] + one.text
            changes.append((at + one.start, at + one.end, one.text))
            done = one.end
        out += text[done:end]
        tail, at = text[end:], at + end
        prefixes.append(out)
    return out, changes, prefixes


@pytest.mark.parametrize("kind", [Folded, Unescaped])
@settings(max_examples=300)
@given(text=TEXTS, places=CUTS)
def test_the_reading_of_a_beginning_is_the_beginning_of_the_reading(
    kind: type[Lens], text: str, places: list[int]
) -> None:
    whole, changes, _ = read(kind(), [text])
    for pieces in (cut(text, places), list(text)):
        out, same, prefixes = read(kind(), pieces)
        assert out == whole
        assert [(e, t) for s, e, t in same if t] == [(e, t) for s, e, t in changes if t]
        assert {i for s, e, _ in same for i in range(s, e)} == {i for s, e, _ in changes for i in range(s, e)}
        assert all(whole.startswith(p) for p in prefixes)


@settings(max_examples=200)
@given(text=TEXTS)
@example(text="\u00a0(")
def test_what_does_not_differ_is_said_to(text: str) -> None:
    for kind in (Folded, Unescaped):
        if not kind().differs(text):
            assert kind().changes(text, len(text)) == []


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane@example.com"),
        ("𝐣𝒂𝓷𝖾 ①② ⑫ ﬁne ⁴² Ⓐ🅐 ᴀʙ", "jane 12 12 fine 42 AA ab"),
        ("٤١١١ १२३", "4111 123"),
        ("j\u200ba\u00adn\ufe0fe\U000e0041!", "jane!"),
        ("j\u0301a\u0336\u0336ne", "jane"),
        ("Tel：（415）555–0132", "Tel:(415)555-0132"),
        ("a。b, 4111\u30001111", "a.b, 4111 1111"),
        ("раypal gооgle ΑKIA", "paypal google AKIA"),
        ("рассвет Κοσμος США Чaт", "рассвет Κοσμος США Чaт"),
        ("一个：好的，服务。（这）！", "一个：好的，服务。（这）！"),
        ("mot\u00a0: Wort – Wort größer ❤\ufe0f.", "mot\u00a0: Wort – Wort größer ❤."),
        ("👨\u200d👩\u200d👧 می\u200cخواهم", "👨\u200d👩\u200d👧 می\u200cخواهم"),
    ],
)
def test_what_a_text_reads_as(text: str, reading: str) -> None:
    assert read(Folded(), [text])[0] == reading


def test_a_long_word_of_look_alikes_is_no_mixed_word() -> None:
    assert read(Folded(), ["о" * MOST + "a"])[0] == "o" * MOST + "a"
    assert read(Folded(), ["о" * (MOST + 1) + "a"])[0] == "о" * (MOST + 1) + "a"


def test_tables_hold_what_they_should() -> None:
    assert len(compatible()) > 1500
    assert all(v.isascii() and v for v in (*compatible().values(), *CONFUSABLE.values()))
    assert not any(c.isascii() for c in (*compatible(), *CONFUSABLE))
    assert not set(CONFUSABLE) & set(compatible())
