"""Patterns of every shape that the engine takes, texts that nearly match them, and the ways to cut a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from guardproxy.text import Rule
from guardproxy.text.bank import Bank
from guardproxy.types import Finding


def even_sum(value: str) -> float | None:
    return 0.5 if sum(int(c) for c in value if c.isdigit()) % 2 == 0 else None


RULES: tuple[Rule, ...] = (
    Rule("literal", "t.literal", r"secret"),
    Rule("group", "t.group", r"id=(\w{2,8})"),
    Rule("branches", "t.branches", r"abc|ab|b.d"),
    Rule("range", "t.range", r"[a-f0-9]{4,8}", before="A-Za-z0-9"),
    Rule("wide", "t.wide", r"straße|naïve\d?"),
    Rule("fold", "t.fold", r"kiss\d?", ignore_case=True),
    Rule("fold_inside", "t.fold_inside", r"(?i:sk[a-z]{1,3})x"),
    Rule("fold_range", "t.fold_range", "[\u0100-\u0200]y", ignore_case=True),
    Rule("fold_not", "t.fold_not", r"<[^ks]{1,4}>", ignore_case=True),
    Rule("negated", "t.negated", r"<[^>\n]{1,12}>"),
    Rule("optional", "t.optional", "\\d{2}[ \u00a0]?\\d{2}[ \u00a0]?\\d{2}", before="0-9"),
    Rule("boundary", "t.boundary", r"\bcat\b"),
    Rule("no_boundary", "t.no_boundary", r"\Bat\B"),
    Rule("start", "t.start", r"^ab\w"),
    Rule("end", "t.end", r"\w{2}d$"),
    Rule("lines", "t.lines", r"(?m)^#[^\n]{1,9}$"),
    Rule("dotall", "t.dotall", r"(?s)/\*.{0,12}\*/"),
    Rule("dot", "t.dot", r"/\*.{0,12}\*/"),
    Rule("lazy", "t.lazy", r"c.{0,6}?b"),
    Rule("nested", "t.nested", r"(?:[ab]{1,3}-){1,3}c"),
    Rule("spaces", "t.spaces", r"k\s{1,3}\S"),
    Rule("not_word", "t.not_word", r"\Wk\W"),
    Rule("not_digit", "t.not_digit", r"1\D{1,2}2"),
    Rule("after", "t.after", r"key\d{1,4}", before="A-Za-z", after="0-9a-z"),
    Rule("judged", "t.judged", r"\d(?:[ -]?\d){3,7}", before="0-9", judge=even_sum),
    Rule("judged_group", "t.judged_group", r"no ?:? ?(\d{2,6})", judge=even_sum),
    Rule("emoji", "t.emoji", r"[😀-😎]{1,3}!"),
)
PIECES = [
    *(
        "secret",
        "secre",
        "id=",
        "ab",
        "abc",
        "bad",
        "dead",
        "beef",
        "straße",
        "naïve",
        "kiss",
        "KISS",
        "\u212ai\u017fs",
    ),
    *(
        "skax",
        "SKabx",
        "\u017f\u212aax",
        "sy",
        "\u017fy",
        "\u0150y",
        "<",
        ">",
        "<é>",
        "12",
        "3",
        "0",
        " ",
        "\u00a0",
        "-",
    ),
    *(
        "cat",
        "bath",
        "\n",
        "#",
        "# x",
        "/*",
        "*/",
        "a-",
        "b-c",
        "k ",
        "k\x0b!",
        " k\t",
        "é",
        "ß",
        "\x85",
        "\u2028",
        "!",
    ),
    *(
        "1x2",
        "1éé2",
        "key12",
        "key9",
        "no:",
        "no ",
        "42",
        "7",
        "😀",
        "😎!",
        "\ud800",
        "\u200b",
        "\x00",
        ".",
        "c",
        "b",
        "d",
    ),
]


@dataclass(frozen=True, slots=True)
class Streamed:
    findings: list[Finding]
    held: list[int]


def texts(most: int = 30) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(PIECES), max_size=most).map("".join)


def cut(text: str, places: Sequence[int]) -> list[str]:
    """The text in pieces; places are taken modulo its length, so that every list of numbers is a cutting."""
    at = sorted({p % (len(text) + 1) for p in places})
    return [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]


def stream(bank: Bank, pieces: Sequence[str], *, last_with_text: bool = True) -> Streamed:
    """Feed the pieces and hold every report to the contract."""
    scan, findings, held = bank.open(), [], []
    fed = before = 0
    feeds = [(p, False) for p in pieces] + [("", True)]
    if last_with_text and pieces:
        feeds = [(p, False) for p in pieces[:-1]] + [(pieces[-1], True)]
    for piece, last in feeds:
        report = scan.feed(piece, last=last)
        fed += len(piece)
        assert before <= report.settled <= fed
        assert all(f.span is not None and before <= f.span[0] < f.span[1] <= fed for f in report.findings)
        assert report.settled == fed or not last
        before = report.settled
        findings += report.findings
        held.append(fed - report.settled)
    return Streamed(sorted(findings, key=key), held)


def whole(bank: Bank, text: str) -> list[Finding]:
    return sorted(bank.open().feed(text, last=True).findings, key=key)


def key(finding: Finding) -> tuple[tuple[int, int], str, str, float]:
    return finding.span or (-1, -1), finding.filter, finding.label, finding.score


def ascii_re(rule: Rule) -> re.Pattern[str]:
    return re.compile(rule.pattern, re.ASCII | (re.IGNORECASE if rule.ignore_case else 0))
