"""One search, however the text is cut: the same findings, the contract of reports, bounded holds, odd texts."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.text import PatternError, Rule, gates, syntax
from guardproxy.text.bank import Bank, Bound
from guardproxy.text.compiled import compile_gates
from tests.text.corpus import RULES, cut, even_sum, key, stream, texts, whole

BANK = Bank([Bound("f", rule) for rule in RULES])
CUTS = st.lists(st.integers(0, 10_000), max_size=40)


def only(*rules: Rule) -> Bank:
    return Bank([Bound("f", rule) for rule in rules])


@settings(max_examples=300)
@given(text=texts(), places=CUTS, last_with_text=st.booleans())
def test_any_chunking_finds_the_same(text: str, places: list[int], last_with_text: bool) -> None:
    assert stream(BANK, cut(text, places), last_with_text=last_with_text).findings == whole(BANK, text)


@settings(max_examples=100)
@given(text=texts(20))
def test_single_characters_find_the_same(text: str) -> None:
    assert stream(BANK, list(text)).findings == whole(BANK, text)


@given(text=st.text(max_size=60), places=CUTS)
def test_any_unicode_finds_the_same(text: str, places: list[int]) -> None:
    assert stream(BANK, cut(text, places)).findings == whole(BANK, text)


@settings(max_examples=150)
@given(text=texts())
def test_each_rule_finds_in_company_what_it_finds_alone(text: str) -> None:
    together = whole(BANK, text)
    for index in (0, 3, 10, 24):
        rule = RULES[index]
        apart = whole(ALONE[index], text)
        assert set(apart) <= set(together)
        behind = {f.span[1] for f in together if f.span}
        more = [f for f in together if f.label == rule.label and f not in apart]
        assert all(f.span and f.span[0] in behind for f in more), "only what stands right behind a match is added"


ALONE = {index: only(RULES[index]) for index in (0, 3, 10, 24)}


@settings(max_examples=150)
@given(text=texts())
def test_the_gate_never_hides_a_match(text: str) -> None:
    data = text.encode("utf-8", "replace")
    hits: list[int] = []
    GATES.scanner(hits)(data)
    for index, truth in enumerate(TRUTHS):
        if truth.search(data.decode()):
            assert index in hits or index in GATES.ungated, RULES[index].id


TREES = [syntax.parse(rule.pattern, ignore_case=rule.ignore_case) for rule in RULES]
TRUTHS = [re2.compile(syntax.truth(tree)) for tree in TREES]
GATES = compile_gates([gates.gate(tree) for tree in TREES])


def test_what_each_rule_finds() -> None:
    text = "a secret id=wxyz straße KISS1 dead beef <é> 12\u00a034 56\ncat\n# x\n/* é\n */ key12 no: 11"
    said = {f.label: text[slice(*f.span)] for f in whole(BANK, text) if f.span}
    assert said["t.literal"] == "secret"
    assert said["t.group"] == "wxyz"
    assert said["t.wide"] == "straße"
    assert said["t.fold"] == "KISS1"
    assert said["t.negated"] == "<é>"
    assert said["t.optional"] == "12\u00a034 56"
    assert said["t.boundary"] == "cat"
    assert said["t.lines"] == "# x"
    assert said["t.dotall"] == "/* é\n */"
    assert said["t.after"] == "key12"
    assert said["t.judged_group"] == "11"
    assert "t.dot" not in said


def test_a_match_waits_until_it_cannot_grow() -> None:
    scan = only(Rule("r", "t.r", r"ab{1,3}")).open()
    assert scan.feed("xxab", last=False).settled == 2
    assert scan.feed("b", last=False).findings == ()
    report = scan.feed("c", last=False)
    assert [f.span for f in report.findings] == [(2, 5)]
    assert report.settled == 6


def test_the_longest_end_that_the_judge_accepts_wins() -> None:
    bank = only(Rule("r", "t.r", r"\d{2,6}", before="0-9", judge=lambda v: 0.7 if v == "1234" else None))
    assert [(f.span, f.score) for f in whole(bank, "x123456 1234")] == [((1, 5), 0.7), ((8, 12), 0.7)]


def test_a_judged_accident_does_not_hide_what_overlaps_it() -> None:
    bank = only(Rule("r", "t.r", r"\d\d \d\d", judge=lambda v: 1.0 if v in ("11 22", "22 33") else None))
    assert [f.span for f in whole(bank, "11 22 33")] == [(0, 5), (3, 8)]
    assert stream(bank, list("11 22 33")).findings == whole(bank, "11 22 33")


def test_sides_are_checked_in_bytes_and_in_streams() -> None:
    bank = only(Rule("r", "t.r", "ab", before="a-z", after="0-9"))
    assert [f.span for f in whole(bank, "éab xab ab1 ab")] == [(1, 3), (12, 14)]
    assert stream(bank, list("éab xab ab1 ab")).findings == whole(bank, "éab xab ab1 ab")


def test_holds_stay_within_the_width() -> None:
    held = stream(BANK, list("secre" * 50 + "<" * 50 + "1 " * 60 + "é" * 60)).held
    assert max(held) <= BANK.width + 1
    assert stream(only(RULES[0]), list("the quick brown fox " * 20)).held.count(0) > 300


@pytest.mark.parametrize(
    "odd", ["\ud800", "a\udfffsecret", "\u202esecret\u202c", "\u200b" * 99, "\x00" * 99, "é" * 999]
)
def test_odd_text_is_read(odd: str) -> None:
    assert stream(BANK, list(odd)).findings == whole(BANK, odd)


def test_places_are_characters_of_the_original() -> None:
    text = "😀é\ud800 secret"
    assert [f.span for f in whole(BANK, text) if f.label == "t.literal"] == [(4, 10)]


def test_empty_feeds_are_nothing() -> None:
    scan = BANK.open()
    for _ in range(5):
        assert scan.feed("", last=False).findings == ()
    assert scan.feed("secret", last=False).settled == 0
    assert scan.feed("", last=False).settled == 0
    assert [f.span for f in scan.feed("", last=True).findings] == [(0, 6)]


@pytest.mark.parametrize(
    ("unit", "size"),
    [("a", 10**6), ("secre ", 10**6), ("é", 10**6), ("<", 10**6), ("\n", 10**6), ("1", 10**5), ("1 ", 10**5)],
)
def test_long_texts(unit: str, size: int) -> None:
    text = (unit * size)[:size]
    report = BANK.open().feed(text, last=True)
    assert report.settled == len(text)


def test_no_rules_hold_nothing() -> None:
    bank = Bank([])
    assert bank.width == 0
    assert bank.open().feed("text", last=False).settled == 4


def test_errors_name_the_rule() -> None:
    with pytest.raises(PatternError, match=r"^broken: "):
        only(Rule("broken", "t.r", "a+"))


def test_two_segments_do_not_touch() -> None:
    one, two = BANK.open(), BANK.open()
    one.feed("sec", last=False)
    two.feed("ret", last=False)
    assert two.feed("", last=True).findings == ()
    assert [f.span for f in one.feed("ret", last=True).findings] == [(0, 6)]


def test_judges_see_the_value_alone() -> None:
    seen: list[str] = []

    def judge(value: str) -> float | None:
        seen.append(value)
        return even_sum(value)

    whole(only(Rule("r", "t.r", r"no: ([0-9]{2})x?", judge=judge)), "no: 13x")
    assert set(seen) == {"13"}


@settings(max_examples=150)
@given(text=texts(), more=texts(), places=CUTS)
def test_a_fork_goes_on_alone(text: str, more: str, places: list[int]) -> None:
    one = BANK.open()
    before = one.feed(text, last=False).findings
    other = one.fork()
    assert other.same(one)
    for piece in cut(more + "x", places):
        other.feed(piece, last=False)
    after = one.feed(more, last=True).findings
    assert sorted((*before, *after), key=key) == whole(BANK, text + more)


@settings(max_examples=300)
@given(first=texts(8), second=texts(8), common=texts(8), rest=texts(12))
def test_what_is_the_same_finds_the_same(first: str, second: str, common: str, rest: str) -> None:
    one, other = BANK.open(), BANK.open()
    for scan, text in ((one, first), (other, second)):
        scan.feed(text, last=False)
        scan.feed(common + " plain words in between ", last=False)
    if one.same(other):
        late = len(second) - len(first)
        found = [(f.label, f.span[0] + late, f.span[1] + late) for f in one.feed(rest, last=True).findings if f.span]
        assert found == [(f.label, *f.span) for f in other.feed(rest, last=True).findings if f.span]
