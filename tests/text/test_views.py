"""Views: whatever the disguise and however the text is cut, the value is found where it stands, and nothing else changes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.text import Rule, views
from guardproxy.text.bank import Bank, Bound
from guardproxy.text.views import ViewScan
from guardproxy.types import VIEWS, Direction, Finding, View
from tests.text import disguises
from tests.text.corpus import PIECES, RULES, cut, key, whole

EMAIL = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}"
MINE = (
    Rule("email", "pii.email", EMAIL, before="A-Za-z0-9_"),
    Rule("key", "secret.key", "AKIA[A-Z0-9]{16}", before="A-Za-z0-9"),
    Rule("phone", "pii.phone", r"\+\d(?:[ .()-]{0,2}\d){8,14}", before="0-9"),
    Rule("token", "control", r"<\|[a-z]{1,12}\|>"),
)
BANK = Bank([Bound("f", rule) for rule in MINE])
MANY = Bank([Bound("f", rule) for rule in (*MINE, *RULES)])
VALUES = ("alice.berg@example.com", "j+tag_1@mail.sub.example.co.uk", "AKIA" + "IOSFODNN7EXAMPLE", "+1 (415) 555-0132")
CUTS = st.lists(st.integers(0, 10_000), max_size=40)
BOTH = st.sampled_from(list(Direction))


@dataclass(frozen=True)
class Read:
    findings: list[Finding]
    settled: list[int]


def read(bank: Bank, pieces: Sequence[str], direction: Direction, wanted: frozenset[View] = VIEWS) -> Read:
    """Feed the pieces and hold every report to the contract."""
    scan, findings, settled = ViewScan(bank, wanted, direction), [], [0]
    fed = 0
    for number, piece in enumerate(pieces or [""]):
        last = number >= len(pieces) - 1
        report = scan.feed(piece, last=last)
        fed += len(piece)
        assert settled[-1] <= report.settled <= fed
        assert report.settled == fed or not last
        assert all(f.span and settled[-1] <= f.span[0] < f.span[1] <= fed for f in report.findings)
        findings += report.findings
        settled.append(report.settled)
    assert len(set(findings)) == len(findings), "nothing is said twice"
    return Read(sorted(findings, key=key), settled)


ODD = (
    *"＠ａ．асеожΩα\u200b\u0301\ufe0f❤（：，–—\u2011\u00a0\u3000。ﬁ①٣𝐚%&#\\=\n-_@语ö 7",
    *("ра", "\u200b\u200b", "%40", "%4", "%C3%A4", "&#64;", "&#6", "&#x40", "\\u0040", "\\u00", "\\x40", "\r\n"),
    *("YWxpY2Uu", "YmVyZ0BleGFt", "cGxlLmNvbQ", "==", "616c6963652e", "62657267", "40", "65", "a@b.co", "alice"),
    *(".berg", "example.com", "AKIA", "IOSFODNN7EXAMPLE", "+1 415", " 555 0132", "<|", "|>", "start"),
    *("a" * 70, "а" * 70, "\u200b" * 70),
)
DISGUISED = st.builds(
    lambda f, v, seed: f(v, random.Random(seed)),
    st.sampled_from(disguises.ALL),
    st.sampled_from(VALUES),
    st.integers(0, 10_000),
)
TEXTS = st.lists(st.sampled_from([*ODD, *PIECES]) | DISGUISED, max_size=24).map("".join)


@settings(max_examples=400)
@given(text=TEXTS, places=CUTS, direction=BOTH)
def test_any_chunking_finds_the_same(text: str, places: list[int], direction: Direction) -> None:
    expected = read(MANY, [text], direction).findings
    assert read(MANY, cut(text, places), direction).findings == expected
    assert read(MANY, [*text, ""], direction).findings == expected


@settings(max_examples=60)
@given(text=st.text(max_size=80), places=CUTS)
def test_any_unicode_finds_the_same(text: str, places: list[int]) -> None:
    assert read(MANY, cut(text, places), Direction.REQUEST).findings == read(MANY, [text], Direction.REQUEST).findings


@settings(max_examples=300)
@given(text=TEXTS, places=CUTS)
def test_plain_findings_are_never_lost(text: str, places: list[int]) -> None:
    assert set(whole(MANY, text)) <= set(read(MANY, cut(text, places), Direction.REQUEST).findings)


@settings(max_examples=300)
@given(text=TEXTS, direction=BOTH)
def test_dropping_a_view_changes_nothing(text: str, direction: Direction) -> None:
    expected = read(MANY, [text], direction).findings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views._View, "same", lambda self, plain: False)
        assert read(MANY, [text], direction).findings == expected


@pytest.mark.parametrize("disguise", disguises.ALL, ids=lambda f: f.__name__)
@settings(max_examples=60)
@given(data=st.data())
def test_a_disguised_value_is_found_exactly_where_it_stands(disguise: object, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(VALUES))
    dressed = disguise(value, random.Random(data.draw(st.integers(0, 10_000))))  # type: ignore[operator]
    text = data.draw(st.sampled_from(disguises.CONTEXTS)).replace("{}", dressed)
    direction = data.draw(BOTH)
    if disguise in disguises.ENCODED and len(dressed.rstrip("=")) < 24:
        direction = Direction.REQUEST  # a reply's shorter runs are words and hashes
    pieces = cut(text, data.draw(CUTS))
    spans = [f.span for f in read(BANK, pieces, direction).findings]
    start = text.index(dressed)
    assert (start, start + len(dressed)) in spans
    assert all(low >= start and high <= start + len(dressed) for low, high in filter(None, spans))


PLAIN = (
    "A good proxy, like a good waiter: is noticed when 3.14 things go wrong (or 15%). x_y = f(a)[0]; # done\n",
    "Die Straßenverkehrsordnung – größer, höher – kostet 1.204,99 €; „Ende“ übrigens am 14.3. um 16:30 Uhr.\n",
    "Хороший посредник похож на хорошего официанта: его замечают, когда что-то идёт не так. Стоит 100 рублей.\n",
    "一个好的代理就像一个好的服务员：只有出了问题，你才会注意到它！（三月十四日，会议推迟。）\n",
    "Un bon mandataire\u00a0: on ne le remarque pas\u00a0! Élève, cœur, ça et là, où l’été s’achève.\n",
    "ένας καλός μεσολαβητής είναι σαν καλός σερβιτόρος· τον προσέχεις όταν κάτι πάει στραβά.\n",
)


@pytest.mark.parametrize("text", PLAIN, ids=["en", "de", "ru", "zh", "fr", "el"])
@pytest.mark.parametrize("size", [1, 4, 31])
def test_plain_text_is_held_little_longer_than_without_views(text: str, size: int) -> None:
    pieces = [(text * 3)[i : i + size] for i in range(0, 3 * len(text), size)]
    with_views, without = (
        read(BANK, [*pieces, ""], Direction.RESPONSE),
        read(BANK, [*pieces, ""], Direction.RESPONSE, frozenset()),
    )
    assert with_views.findings == without.findings == []
    late = [b - a for a, b in zip(with_views.settled, without.settled, strict=True)]
    assert max(late) < 24, "a run of letters that could become an encoded stretch, or a word that could become mixed"


def test_plain_words_of_other_alphabets_stay_what_they_are() -> None:
    bank = Bank([Bound("f", Rule("r", "t", "cop|Paccep|mama", ignore_case=True))])
    assert read(bank, ["сор Рассвет мама"], Direction.REQUEST).findings == []
    assert [f.span for f in read(bank, ["соp и mаmа"], Direction.REQUEST).findings] == [(0, 3), (6, 10)]


def test_a_word_of_look_alikes_is_waited_for_and_not_for_ever() -> None:
    scan = ViewScan(Bank([Bound("f", Rule("r", "t", "xyz"))]), VIEWS, Direction.RESPONSE)
    assert scan.feed("сор", last=False).settled == 0
    assert scan.feed("о" * 100, last=False).settled == 103
    scan = ViewScan(BANK, frozenset({"folded"}), Direction.RESPONSE)
    assert scan.feed(" ж", last=False).settled == 2


@pytest.mark.parametrize(
    ("size", "direction", "seen"), [(12, "request", True), (12, "response", False), (18, "response", True)]
)
def test_the_shortest_stretch_that_is_decoded(size: int, direction: str, seen: bool) -> None:
    value = "a@b.co".rjust(size, "-")
    found = read(BANK, [disguises.in_base64(value, random.Random(0))], Direction(direction)).findings
    assert bool(found) is seen


def test_base64_in_lines_is_one_stretch() -> None:
    text = disguises.in_base64("x" * 55 + " alice.berg@example.com " + "y" * 60, random.Random(0))
    for end in ("\n", "\r\n"):
        lines = end.join(text[i : i + 76] for i in range(0, len(text), 76))
        for pieces in ([lines], list(lines)):
            (found,) = read(BANK, pieces, Direction.RESPONSE).findings
            assert found.span
            assert lines[slice(*found.span)].replace(end, "") == text[72:104]


@pytest.mark.parametrize(
    "unit", ["ａ", "a\u200b", "%41", "&#65;", "YWFh", "6161", "аa", "\\u0041", "е", "（", "а1", "%", "AAAA"]
)
def test_long_hostile_texts_take_linear_time(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    for direction in Direction:
        read(BANK, [text[i : i + 8192] for i in range(0, len(text), 8192)], direction)


def test_views_can_be_left_out() -> None:
    text = "ａ@example.com alice%40example.com"
    assert [f.span for f in read(BANK, [text], Direction.REQUEST, frozenset({"folded"})).findings] == [(0, 13)]
    assert [f.span for f in read(BANK, [text], Direction.REQUEST, frozenset({"encoded"})).findings] == [(14, 33)]
