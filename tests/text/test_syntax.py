"""What authors may write, what is refused and how it is said, and that truth, gate and prefix agree with Python."""

from __future__ import annotations

import re

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.text import PatternError, gates, syntax
from guardproxy.text.bank import Bank, Bound, Rule
from guardproxy.text.compiled import compile_gates
from tests.text.corpus import RULES, ascii_re, texts

REFUSED = [
    ("a+", "bound it: write {1,64} instead of + or *"),
    ("a*b", "bound it"),
    ("a{3,}", "bound it"),
    (".{0,9000}x{0,9000}", "16,384"),
    ("", "the empty text"),
    ("a?", "the empty text"),
    ("x|", "the empty text"),
    (r"\b", "the empty text"),
    ("(?=a)b", "look-ahead"),
    ("(?!a)b", "look-ahead"),
    ("(?<=a)b", "look-behind"),
    ("(?<!a)b", "look-behind"),
    (r"(a)\1", "back-reference"),
    ("(a)?(?(1)b|c)", "conditional"),
    ("(?>a)b", "atomic"),
    ("a?+b", "possessive"),
    ("a{0}b", "zero times"),
    (r"(?:\b){1,9}a", "empty each time"),
    (r"(?:\b)*a", "empty each time"),
    ("(?:a{0,100}b){1,150}", "multiply"),
    ("(?x: a b)", "only the flags"),
    ("(?u:a)", "only the flags"),
    ("[[a]]b", "not a regular expression"),
]


@pytest.mark.parametrize(("pattern", "said"), REFUSED)
def test_refused(pattern: str, said: str) -> None:
    with pytest.raises(PatternError, match=re.escape(said)):
        syntax.parse(pattern)


@pytest.mark.parametrize(("pattern", "position"), [("ab(c", 2), ("[a", 0), ("a{2}{3}", 4), ("(?P<n>a", 0), (r"a\q", 1)])
def test_bad_syntax_says_where(pattern: str, position: int) -> None:
    with pytest.raises(PatternError, match="not a regular expression") as caught:
        syntax.parse(pattern)
    assert caught.value.position == position


@pytest.mark.parametrize("pattern", ["(" * 5000 + "a" + ")" * 5000, "a{99999999999999999999}", "\\"])
def test_hostile_syntax_is_an_error_of_ours(pattern: str) -> None:
    with pytest.raises(PatternError):
        syntax.parse(pattern)


def test_width_is_in_characters() -> None:
    assert syntax.parse(r"a{2,5}é(?:bc|d)?").width == 8
    assert syntax.parse("(a)(?:b)(c)").groups == 2


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
@given(text=texts())
def test_truth_is_python(rule: Rule, text: str) -> None:
    """At every place, RE2 finds a match exactly where Python's `re` does: case folding beyond ASCII is RE2's own."""
    text = text.encode("utf-8", "replace").decode().rstrip("\n")
    if rule.ignore_case or "(?i" in rule.pattern:
        text = "".join(c for c in text if c.isascii())
    if rule.id == "fold_range":
        return  # Python's flag re.ASCII turns off what this rule is about; see the test of ranges below
    tree = syntax.parse(rule.pattern, ignore_case=rule.ignore_case)
    ours, data = re2.compile(syntax.truth(tree)), text.encode()
    python = ascii_re(rule)
    for at in range(len(text) + 1):
        offset = len(text[:at].encode())
        found = ours._regexp.Match(re2._re2.RE2.Anchor.ANCHOR_START, data, offset, len(data))[0] != (-1, -1)
        assert found == (python.match(text, at) is not None), (rule.id, text, at)


@pytest.mark.parametrize("rule", [r for r in RULES if r.id != "no_boundary"], ids=lambda r: r.id)
@given(data=st.data())
def test_every_prefix_of_a_match_is_held(rule: Rule, data: st.DataObject) -> None:
    match = data.draw(st.from_regex(ascii_re(rule), fullmatch=True)).encode("utf-8", "replace").decode()
    bank = Bank([Bound("f", rule)])
    for size in range(1, len(match) + 1):
        held = bank.open().feed(match[:size], last=False).settled
        assert held == 0, (match, size)
        assert bank.open().feed("\n" + match[:size], last=False).settled <= 1


@pytest.mark.parametrize("head", ["a", "at"])
def test_a_prefix_inside_a_word_is_held(head: str) -> None:
    """An assertion at the front is not decided by what follows it."""
    bank = Bank([Bound("f", Rule("r", "t.r", r"\Bat\B"))])
    assert bank.open().feed("  b" + head, last=False).settled == 3


@pytest.mark.parametrize("length", [1, 2, 3, 64, 1200, 4000])
def test_long_literals_are_held_whole(length: int) -> None:
    word = ("abcdefg" * 600)[:length]
    bank = Bank([Bound("f", Rule("long", "t.long", word))])
    assert bank.open().feed("- " + word, last=False).settled == 2
    assert [f.span for f in bank.open().feed("- " + word + " -", last=True).findings] == [(2, 2 + length)]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"a\Sb", "a\x0bb"),  # hyperscan and Python call the vertical tab a space, RE2 does not
        (r"\W1", "é1"),
        (r"\D1", "\u06631"),
        ("[^é]1", "ß1"),
    ],
)
def test_the_gate_sees_what_the_truth_sees(pattern: str, text: str) -> None:
    bank = Bank([Bound("f", Rule("r", "t.r", pattern))])
    found = bool(re.search(pattern, text, re.ASCII))
    assert bool(bank.open().feed(text, last=True).findings) == found
    hits: list[int] = []
    compiled = compile_gates([gates.gate(syntax.parse(pattern))])
    compiled.scanner(hits)(text.encode())
    assert not found or hits == [0] or compiled.ungated == (0,)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"[a-z]{1,9}@[a-z]{2,9}", rb"\x40(?:[a-z]){2,2}"),
        (r"[A-Z]{2}\d\d[A-Z]", rb"[\d][\d][A-Z]"),
        (r"(?:[a-z]|x)(\d{3})", rb"(?:(?:[\d]){3,3})"),
        (r"\d{4}-[a-z]{4}", rb"(?:[\d]){4,4}\x2d(?:[a-z]){4,4}"),
        (r"abc12", rb"abc12"),
        (r"[a-z]{4}[a-z0-9]{4}", rb"(?:[a-z]){4,4}(?:[a-z0-9]){4,4}"),
        (r"[a-z]{4}@", rb"(?:[a-z]){4,4}\x40"),
        (r"(?:tax|pin)[ :]{1,3}\d{9}", rb"(?:tax|pin)(?:[\x20\x3a]){1,3}(?:[\d]){9,9}"),
        (r"(?:1-)?[2-9]\d\d-\d{4}", rb"[2-9][\d][\d]\x2d(?:[\d]){4,4}"),
    ],
)
def test_a_gate_begins_where_text_seldom_does(pattern: str, expected: bytes) -> None:
    assert gates.gate(syntax.parse(pattern)) == (expected, False)


@pytest.mark.parametrize("text", ["\u212aiss", "ki\u017fs", "KI\u017f\u017f", "\u212aI\u017fS"])
def test_kelvin_and_long_s_fold(text: str) -> None:
    bank = Bank([Bound("f", Rule("r", "t.r", "kiss", ignore_case=True))])
    assert [f.span for f in bank.open().feed(f"a {text}", last=True).findings] == [(2, 6)]
    assert bank.open().feed(f"a {text[:3]}", last=False).settled == 2


@pytest.mark.parametrize(
    ("pattern", "text"), [("[\u0100-\u0200]x", "sx"), ("[\u2100-\u2200]x", "Kx"), ("\u017fx", "Sx")]
)
def test_ranges_beyond_ascii_fold_into_it(pattern: str, text: str) -> None:
    bank = Bank([Bound("f", Rule("r", "t.r", pattern, ignore_case=True))])
    assert bank.open().feed(text[0], last=False).settled == 0
    assert len(bank.open().feed(text, last=True).findings) == 1


@pytest.mark.parametrize("text", ["a\u212a1", "a\u017f1", "aK1"])
def test_the_gate_folds_classes_like_the_truth(text: str) -> None:
    bank = Bank([Bound("f", Rule("r", "t.r", r"a\w1", ignore_case=True))])
    assert bank.open().feed(text, last=True).findings
