"""Authors' patterns and words: what they find, the labels they have, and errors that an author can act on."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from typing import Any

import pytest

from guardproxy import filters
from guardproxy.filters import patterns
from guardproxy.filters.patterns import BadPattern, Config
from guardproxy.types import ConfigError
from tests.cost import grows_like_its_input
from tests.text.corpus import stream, whole


def build(**options: Any) -> patterns.Filter:
    made = filters.build("mine", {"use": "patterns", **options})
    assert isinstance(made, patterns.Filter)
    return made


def said(text: str, **options: Any) -> list[tuple[str, str]]:
    bank = build(**options).bank
    found = whole(bank, text)
    assert stream(bank, list(text)).findings == found
    return [(f.label, text[slice(*f.span)]) for f in found if f.span]


def test_patterns() -> None:
    entries = [
        {"id": "ticket", "pattern": r"ACME-\d{1,8}", "before": "A-Za-z", "after": "A-Za-z"},
        {"id": "salary", "pattern": r"salary: (\d{1,9})", "ignore_case": True, "label": "hr.salary", "score": 0.6},
    ]
    text = "ACME-12, XACME-1, ACME-3x, Salary: 5000"
    assert said(text, patterns=entries) == [("mine.ticket", "ACME-12"), ("hr.salary", "5000")]


def words(text: str, *listed: str, **options: Any) -> list[str]:
    return [value for _, value in said(text, keywords=[{"id": "w", "words": list(listed), **options}])]


def test_whole_words_in_any_script() -> None:
    assert words("кот кот, который Кот", "кот") == ["кот", "кот", "Кот"]
    assert words("ärger Verärgert ÄRGERT Ärger", "ärger") == ["ärger", "Ärger"]
    assert words("Bürger rger uber über", "rger", "uber") == ["rger", "uber"]
    assert words("見青鳥啊", "青鳥") == ["青鳥"]
    assert words("私はTokyoです tokyos", "Tokyo") == ["Tokyo"]
    assert words("blue_bird bluebirds bluebird's", "bluebird") == ["bluebird"]


def test_neighbours_share_their_border() -> None:
    assert words("кот кот\nкот", "кот") == ["кот"] * 3
    assert words("a bird bird a", "bird") == ["bird", "bird"]


def test_phrases_and_signs() -> None:
    assert words("die große\nFuge, Große  Fuge", "Große Fuge") == ["große\nFuge", "Große  Fuge"]
    assert words("C++ and c++, C", "C++") == ["C++", "c++"]
    assert words("a.b axb", "a.b") == ["a.b"]


@pytest.mark.parametrize("between", [" ", "  ", "\n", "\n    ", "\r\n\t", "\u00a0", "\u00a0  ", " " * 8])
def test_white_space_in_a_phrase_may_be_a_run(between: str) -> None:
    text = f"the Blue{between}Heron, a Blue{between}Heronry"
    assert words(text, "Blue Heron") == [f"Blue{between}Heron"]
    assert words(text, "blue  heron", whole_words=False) == [f"Blue{between}Heron"] * 2


def test_a_run_of_white_space_is_bounded() -> None:
    assert words(f"Blue{' ' * 9}Heron", "Blue Heron") == []
    scan = build(keywords=[{"id": "w", "words": ["Blue Heron"]}]).bank.open()
    assert scan.feed("my Blue" + " " * 8, last=False).settled <= len("my ")
    assert scan.feed(" " * 1000, last=False).settled >= 1000


def test_parts_and_case() -> None:
    assert words("bluebirds", "bird", whole_words=False) == ["bird"]
    assert words("Bird bird", "bird", ignore_case=False) == ["bird"]
    assert words("geheimnis geheim", "geheim", "geheimnis") == ["geheimnis", "geheim"]


def test_labels_are_declared() -> None:
    config = Config(
        use="patterns",
        patterns=({"id": "b", "pattern": "x"}, {"id": "c", "pattern": "y", "label": "z.z"}),  # type: ignore[arg-type]
        keywords=({"id": "a", "words": ["w"]},),  # type: ignore[arg-type]
    )
    assert patterns.labels(config, "mine") == ("mine.a", "mine.b", "z.z")
    assert patterns.Filter("mine", config).labels == ("mine.a", "mine.b", "z.z")


WRONG: list[tuple[str, str, int | None]] = [
    ("a+", "bound it: write {1,64} instead of + or *", None),
    ("x(?=a)", "linear time", None),
    (r"(a)\1", "back-reference", None),
    ("ab(c", "missing ), unterminated subpattern at position 2", 2),
    ("[a-", "unterminated character set", 0),
    ("a?", "matches the empty text", None),
]


@pytest.mark.parametrize(("pattern", "message", "offset"), WRONG)
def test_bad_patterns_say_which_and_where(pattern: str, message: str, offset: int | None) -> None:
    with pytest.raises(BadPattern, match=re.escape(message)) as caught:
        build(patterns=[{"id": "fine", "pattern": "x"}, {"id": "wrong", "pattern": pattern}])
    assert isinstance(caught.value, ConfigError)
    assert (caught.value.entry, caught.value.offset) == ("wrong", offset)
    assert "'mine'" in str(caught.value) and "'wrong'" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither patterns nor keywords"),
        ({"patterns": [{"id": "a", "pattern": "x"}] * 2}, "used twice"),
        ({"patterns": [{"id": "a", "pattern": "x"}], "keywords": [{"id": "a", "words": ["x"]}]}, "used twice"),
        ({"patterns": [{"id": "a", "pattern": "x", "before": "a]b["}]}, "'before'"),
        ({"patterns": [{"id": "a", "pattern": "x", "after": "é"}]}, "ASCII"),
        ({"patterns": [{"id": "a", "pattern": "x", "after": "^a"}]}, "inside of one"),
        ({"patterns": [{"id": "A b", "pattern": "x"}]}, "patterns.0.id"),
        ({"patterns": [{"id": "a", "pattern": ""}]}, "patterns.0.pattern"),
        ({"patterns": [{"id": "a", "pattern": "x", "score": 2}]}, "patterns.0.score"),
        ({"patterns": [{"id": "a", "pattern": "x", "regex": "y"}]}, "patterns.0.regex"),
        ({"keywords": [{"id": "a", "words": []}]}, "keywords.0.words"),
        ({"keywords": [{"id": "a", "words": ["x", " \n"]}]}, "only white space"),
        ({"patterns": [{"id": f"a{i}", "pattern": "x"} for i in range(1001)]}, "1000"),
        ({"keywords": [{"id": "a", "words": [f"w{i}" for i in range(10_001)]}]}, "10,000"),
        ({"patterns": [{"id": f"a{i}", "pattern": "x" * 2_000} for i in range(600)]}, "1,000,000"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        build(**options)


def test_nothing_is_compiled_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardproxy.text.bank.compile_gates", lambda gates: pytest.fail("compiled"))
    build(patterns=[{"id": "a", "pattern": "x{1,9}y"}])


def test_a_hostile_pattern_ends_in_time() -> None:
    """Shapes that take exponential time in a backtracking engine."""
    one = build(
        patterns=[{"id": "a", "pattern": r"(?:a{1,30}){1,30}b"}, {"id": "b", "pattern": r"(?:a|aa|a?a){1,60}c"}]
    )
    asyncio.run(one.start())
    assert whole(one.bank, "a" * 2_000) == []
    assert grows_like_its_input(lambda size: whole(one.bank, "a" * size), 16_000)


def test_a_thousand_words() -> None:
    listed = [f"word{i:04}" for i in range(1000)]
    assert words("say word0007 and word0999x, word0500", *listed) == ["word0007", "word0500"]


@pytest.mark.parametrize("text", ["p4ssw0rd", "P@$$WORD", "pa55w0rd", "password"])
def test_leet_spellings_of_keywords(text: str) -> None:
    words = [{"id": "w", "words": ["password"], "leet": True}]
    bank = build(keywords=words).bank
    assert [f.span for f in whole(bank, f"my {text}, please")] == [(3, 3 + len(text))]
    assert stream(bank, list(f"my {text}, please")).findings == whole(bank, f"my {text}, please")
    plain = build(keywords=[{"id": "w", "words": ["password"]}]).bank
    assert bool(whole(plain, text)) is (text == "password")


def test_keywords_are_found_composed_and_decomposed() -> None:
    bank = build(keywords=[{"id": "w", "words": ["Große Zürich", "ガム"]}]).bank
    for text in ("Große Zürich", "ガム"):
        for form in ("NFC", "NFD"):
            written = unicodedata.normalize(form, text)
            assert [f.span for f in whole(bank, written)] == [(0, len(written))]
