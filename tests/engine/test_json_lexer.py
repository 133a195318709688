"""A document in pieces: what is JSON, where its strings are, what they say; the same however it is cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine.json_lexer import MAX_NESTING, Broken, Closed, Event, Lexer, Opened, Said, Unescaper, open_escape
from guardproxy.engine.strings import is_json, strings_of

DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["\ud83d", "\ude00"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip
LIKE_JSON = st.text('{}[]",:\\u dDeE0019a.-tfnulrse\n', max_size=30)


def pieces(text: str, cuts: list[int]) -> list[str]:
    at = sorted({0, len(text), *(c % (len(text) + 1) for c in cuts)})
    return [text[a:b] for a, b in pairwise(at)]


def read(parts: list[str]) -> tuple[Lexer, list[Event]]:
    lexer = Lexer()
    return lexer, [event for part in parts for event in lexer.feed(part)]


def strings(events: list[Event]) -> list[tuple[int, int, bool, str]]:
    out: list[tuple[int, int, bool, str]] = []
    for event in events:
        match event:
            case Opened(at, key, _):
                out.append((at - 1, -1, key, ""))
            case Said(_, _, text):
                out[-1] = (*out[-1][:3], out[-1][3] + text)
            case Closed(at):
                out[-1] = (out[-1][0], at + 1, *out[-1][2:])
    return out


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]), st.lists(st.integers(0, 500), max_size=8))
def test_strings_of_any_document(value: object, ascii_only: bool, indent: int | None, cuts: list[int]) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    lexer, events = read(pieces(text, cuts))
    assert lexer.complete
    assert not lexer.broken
    assert strings(events) == [(s.start, s.end, s.key, s.value) for s in strings_of(text)]


@given(LIKE_JSON | DOCUMENTS.map(json.dumps).flatmap(lambda t: st.integers(0, len(t)).map(lambda n: t[:n])), st.data())
def test_json_is_what_the_standard_library_takes_for_it(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, 60), max_size=5))
    lexer, events = read(pieces(text, cuts))
    assert lexer.complete == is_json(text)
    assert lexer.broken == any(isinstance(e, Broken) for e in events)


@given(DOCUMENTS, st.lists(st.integers(0, 500), max_size=5))
def test_a_prefix_of_a_document_is_never_broken(value: object, cuts: list[int]) -> None:
    text = json.dumps(value)
    for part in pieces(text, cuts):
        lexer, _ = read([text[: len(part)]])
        assert not lexer.broken


def test_paths() -> None:
    _, events = read(['{"a": [1, "x", {"b": "y"}], "a": "z", "c": {}, "d": ["w"]}'])
    assert [e.path for e in events if isinstance(e, Opened) and not e.key] == [
        ("a", 1),
        ("a", 2, "b"),
        ("a",),
        ("d", 0),
    ]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Sure!", 0), ("```json\n{}", 0), ('{"a": 1} x', 9), ('{"a" 1}', 5), ("[1 2]", 3), ('["a\nb"]', 3), ('["\\x"]', 2),
        ("[1,]", 3), ("{,}", 1), ("[01]", 3), ("[nul]", 4), ('{"a":}', 5), ("}", 0), ("[}", 1), ("[tr\u00a0", 3),
    ],
)  # fmt: skip
def test_where_it_breaks(text: str, at: int) -> None:
    lexer, events = read([text])
    assert [e.at for e in events if isinstance(e, Broken)] == [at]
    assert lexer.feed("more") == []


def test_what_is_nested_too_deeply_is_read_as_text() -> None:
    assert not read(["[" * MAX_NESTING])[0].broken
    assert read(["[" * (MAX_NESTING + 1)])[0].broken


def test_half_an_escape_waits() -> None:
    lexer, events = read(['["\\ud83', "d\\u", "de0", "0"])
    assert [e.text for e in events if isinstance(e, Said)] == ["😀"]
    assert not lexer.broken
    lexer, events = read(['["\\ud83d', "\\n"])
    assert [e.text for e in events if isinstance(e, Said)] == ["\ud83d", "\n"]


@given(st.text("\\u0dcDe83a n", max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_unescaping_is_the_same_in_pieces(text: str, cuts: list[int]) -> None:
    def said(parts: list[str]) -> tuple[str, int]:
        one, out = Unescaper(5), ""
        at = 5
        for part in parts:
            for piece in one.feed(part):
                assert piece.start == at
                at = piece.end
                out += piece.text
        return out, at

    whole, end = said([text])
    assert said(pieces(text, cuts)) == (whole, end)
    assert text[end - 5 :] == text[open_escape(text) :]


@pytest.mark.parametrize(
    ("text", "at"),
    [("a\\", 1), ("a\\\\", 3), ("\\u00", 0), ("\\\\u00", 2), ("\\ud83d", 0), ("\\ud83d\\u", 0), ("ab", 2)],
)
def test_where_an_open_escape_begins(text: str, at: int) -> None:
    assert open_escape(text) == at
