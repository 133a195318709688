"""Messages by language: the header, the choice, and the form in a file."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.languages import accepted, worded
from guardproxy.policy.schema import json_schema
from tests.policy.support import look

WORDS = (("de", "Nein."), ("en", "No."), ("fr-CA", "Non."), ("zh-Hant", "不"))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "No."),
        ("de", "Nein."),
        ("DE-at", "Nein."),
        ("de-CH-1996, en;q=0.5", "Nein."),
        ("en;q=0.5, de;q=0.9", "Nein."),
        ("de;q=0, en", "No."),
        ("de;q=0", "No."),
        ("it, de ; q = 0.3", "Nein."),
        ("it", "No."),
        ("*", "No."),
        ("fr", "Non."),
        ("fr-FR", "No."),
        ("zh-hant-tw", "不"),
        ("q=1;;,,,de-,\x00", "No."),
        ("de;q=9", "No."),
        ("x" * 2000 + ",de", "No."),
    ],
)
def test_the_client_gets_its_language(header: str, told: str) -> None:
    assert worded(WORDS, accepted(header)) == told


def test_without_english_the_first_is_told() -> None:
    assert worded((("de", "Nein."), ("fr", "Non.")), accepted("it")) == "Nein."
    assert worded("No.", accepted("de")) == "No."


@given(st.text(max_size=60), st.permutations(WORDS))
def test_every_header_gets_one_of_the_texts(header: str, words: list[tuple[str, str]]) -> None:
    assert worded(tuple(words), accepted(header)) in {text for _, text in WORDS}


@given(st.permutations(["de", "fr-CA", "zh-Hant", "it", "en"]))
def test_weights_decide_and_not_places(tags: list[str]) -> None:
    header = ", ".join(f"{tag};q=0.{tags.index(tag) + 1}" for tag in ("en", "de", "it", "zh-Hant", "fr-CA"))
    best = next(t for t in reversed(tags) if t != "it")
    assert worded(WORDS, accepted(header)) == dict(WORDS)[best]


POLICY = """
schema: guardproxy/v1
policy: several
filters: {pii: {use: pii_patterns}}
defaults: {message: %s}
rules:
  - {id: plain, when: pii.phone, then: block}
  - {id: stop, when: pii.email, then: block, message: {en: No., de: Nein.}}
"""


def test_rules_and_defaults_say_it_by_language(tmp_path: Path) -> None:
    policy = look(POLICY % "{de: Gesperrt., fr: Bloqué.}", tmp_path).policy
    assert policy is not None
    told = [policy.on_block(rule, ("de-at",))[0] for rule in ("stop", "plain", "defaults.failure")]
    assert told == ["Nein.", "Gesperrt.", "Gesperrt."]
    assert [policy.on_block(rule)[0] for rule in ("stop", "plain")] == ["No.", "Gesperrt."]


def test_the_digest_knows_which_language_is_first(tmp_path: Path) -> None:
    texts = ("{de: Gesperrt., fr: Bloqué.}", "{fr: Bloqué., de: Gesperrt.}", "Gesperrt.")
    policies = [look(POLICY % text, tmp_path).policy for text in texts]
    assert len({p.digest for p in policies if p is not None}) == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{}", "expected text, or texts by language"),
        ("5", "expected text in quotes, or texts by language"),
        ("[a]", "expected text, or texts by language"),
        ("{german: Nein.}", "'german' is no language tag"),
        ("{de_AT: Nein.}", "'de_AT' is no language tag"),
        ("{de: Nein., DE: Nicht.}", "the language 'DE' stands twice"),
        ("{de: ''}", "`de`: the text is empty"),
        ("{de: 5}", "`de`: expected text; put it in quotes"),
        ("'" + "x" * 2001 + "'", "the text is longer than 2,000 characters"),
    ],
)
def test_broken_messages_are_told(text: str, complaint: str, tmp_path: Path) -> None:
    [told] = look(POLICY % text, tmp_path).problems
    assert (told.code, told.line) == ("GP002", 5)
    assert complaint in told.message


@pytest.mark.parametrize("text", ["No.", {"en": "No.", "zh-Hant": "不"}])
def test_editors_know_what_may_stand_there(text: object) -> None:
    schema = json_schema()["$defs"]["RuleEntry"]["properties"]["message"]
    jsonschema.validate(text, schema)
    for wrong in ({}, {"de_AT": "x"}, {"de": ""}, 5, ""):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
