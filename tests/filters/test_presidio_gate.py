"""The gate against Presidio itself: whatever it finds is read, plain text is not."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.filters import presidio
from guardproxy.filters._presidio_gate import BETWEEN, FEW_PHONE_DIGITS, HOT, HOT_WIDTH, NEAR, Gate
from guardproxy.filters._presidio_scan import FORMS, PresidioScan
from guardproxy.types import Report
from tests.filters.presidio import FORMS_OF, ROOT, Loop, needs_presidio, nothing, texts, windows_of


@needs_presidio
@pytest.mark.parametrize("language", ["en", "es", "it", "pl"])
def test_whatever_presidio_finds_is_in_a_window(loop: Loop, language: str) -> None:
    entities = FORMS_OF[language]
    every = loop.filter(entities=entities, languages=[language], score=0)
    gate = Gate(entities)

    @settings(max_examples=150)
    @given(texts())
    def check(text: str) -> None:
        read = windows_of(gate, text)
        (found,) = loop(every.read([(text.encode("utf-8", "replace").decode(), tuple(entities))]))
        for entity, start, end, _ in found:
            if entity == "PHONE_NUMBER" and sum(map(str.isdigit, text[start:end])) < FEW_PHONE_DIGITS:
                continue  # left alone on purpose
            # what is longer than windows share is only reached in parts
            end = min(end, start + FORMS.after)
            hot = HOT.search(text, start)
            assert hot is not None
            assert any(
                w.offset <= start
                and end <= w.offset + len(w.text)
                and w.start <= hot.start() < w.stop
                and entity in w.entities
                for w in read
            ), (entity, text[start:end])

    check()


@needs_presidio
@pytest.mark.parametrize("language", ["en", "es", "it", "pl"])
def test_every_text_that_an_expression_of_presidio_can_match_is_hot(loop: Loop, language: str) -> None:
    entities = FORMS_OF[language]
    patterns = loop.filter(entities=entities, languages=[language], score=0).pool.about["patterns"]
    assert set(patterns) | {"PHONE_NUMBER"} == set(entities), "an entity without an expression needs a proof of its own"
    gate = Gate(entities)
    for entity, expressions in patterns.items():
        for expression in expressions:
            _prove(gate, entity, re.compile(expression.replace("(?i)", ""), re.IGNORECASE | re.MULTILINE | re.DOTALL))


def _prove(gate: Gate, entity: str, expression: re.Pattern[str]) -> None:
    """Texts made from the expression itself are hot and of the entity's shape."""

    @settings(max_examples=25)
    @given(st.from_regex(expression))
    def check(text: str) -> None:
        found = expression.search(text)
        assert found is not None
        assert HOT.search(found.group())
        assert entity in gate.candidates(found.group())

    check()


def test_every_digit_that_presidio_knows_is_hot() -> None:
    regex = pytest.importorskip("regex", reason="NOT RUN: pip install 'guardproxy[pii]'")
    digit = regex.compile(r"\d")
    missed = [hex(c) for c in range(sys.maxunicode + 1) if digit.match(chr(c)) and not HOT.match(chr(c))]
    assert missed == []


@needs_presidio
def test_what_stands_between_digits_of_a_telephone_number_is_known() -> None:
    code = "from phonenumbers import phonenumberutil as u; print(ascii(u._VALID_PUNCTUATION))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    allowed = re.compile(f"[{ast.literal_eval(done.stdout)}]")
    missed = [chr(c) for c in range(sys.maxunicode + 1) if allowed.match(chr(c)) and not BETWEEN.match(chr(c))]
    assert missed == []


@pytest.mark.parametrize("text", ["hello world, how are you? fine: thanks (really) e.g. this; a-b-c x/y #tag"] * 2)
def test_plain_text_is_never_read_and_waits_for_a_word_at_most(text: str) -> None:
    gate = Gate(presidio.DEFAULT)
    scan = PresidioScan("p", gate, nothing)
    for at, character in enumerate(text):
        report = scan.feed(character, last=False)
        assert isinstance(report, Report)
        assert at + 1 - report.settled <= 10, text[report.settled : at + 1]


def test_numbers_wait_for_a_few_characters_more() -> None:
    gate = Gate(presidio.DEFAULT)
    scan = PresidioScan("p", gate, nothing)
    text = "in 2024 they sold 17 of 42 houses and then all of the 250 others"
    longest = 0
    for at, character in enumerate(text):
        report = scan.feed(character, last=False)
        assert isinstance(report, Report), "too short for anything: not read"
        longest = max(longest, at + 1 - report.settled)
    assert longest <= len("17 of 42") + NEAR + HOT_WIDTH + len("houses")


@given(st.text(max_size=50))
def test_a_named_entity_opens_the_gate(text: str) -> None:
    assert Gate(["PERSON", "US_SSN"]).candidates(text) == ("PERSON", "US_SSN")
