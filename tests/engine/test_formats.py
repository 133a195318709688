"""Formats of JSON Schema, and what replacements look like."""

import re

import jsonschema
import pytest
import re2

from guardproxy.engine.formats import CHECKS, NEUTRAL, SHAPES, conjunction, pointer, re2_syntax

GOOD = {
    "email": ["a@b", "jane.doe+x@mail.example.com", "redacted@invalid"],
    "uri": ["https://a.example/x?y=1#z", "mailto:a@b", "urn:isbn:1"],
    "uri-reference": ["/a/b?c", "", "x"],
    "uuid": ["00000000-0000-0000-0000-000000000000"],
    "hostname": ["a", "a-b.example"],
    "ipv4": ["10.0.0.1"],
    "ipv6": ["::", "2001:db8::1"],
    "date": ["2026-02-28"],
    "date-time": ["2026-02-28T23:59:59Z", "2026-02-28t23:59:59.123+01:00"],
    "time": ["23:59:59Z"],
    "duration": ["P1D", "PT2H3M", "P3W"],
    "json-pointer": ["", "/a~0b/c"],
}
BAD = {
    "email": ["[pii.email]", "a b@c", "@b", "a@", "xxx"],
    "uri": ["[x", "no", "https://a b"],
    "uri-reference": ["[pii.email] x", "a b"],
    "uuid": ["[pii.x]", "0" * 36],
    "hostname": ["-a", "a..b", "a" * 300, "[x]"],
    "ipv4": ["1.2.3", "256.0.0.1", "xxx.x.x.x"],
    "ipv6": ["x", ":::"],
    "date": ["2026-02-30", "20260228", "2026-W01-1", "00000000"],
    "date-time": ["2026-02-28", "2026-02-28T25:00:00Z", "2026-02-28T23:59:59", "0000-00-00T00:00:00Z"],
    "time": ["23:59", "24:00:00Z"],
    "duration": ["P", "PT", "1D"],
    "json-pointer": ["a", "/~2"],
}


@pytest.mark.parametrize("name", GOOD)
def test_formats(name: str) -> None:
    holds = CHECKS[name]
    assert [v for v in GOOD[name] if not holds(v)] == []
    assert [v for v in BAD[name] if holds(v)] == []


@pytest.mark.parametrize("name", CHECKS)
def test_what_passes_here_passes_with_a_validator_of_others(name: str) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    for value in (*NEUTRAL, *(s for all_ in (GOOD, BAD) for some in all_.values() for s in some)):
        if CHECKS[name](value):
            checker.check(value, name)


def test_neutral_words_cover_the_formats() -> None:
    assert [name for name, holds in CHECKS.items() if not any(map(holds, NEUTRAL))] == []


def test_shapes_keep_the_length_and_nothing_that_was_said() -> None:
    for shape in SHAPES:
        made = shape("Jane.D0e-42 @é")
        assert len(made) == len("Jane.D0e-42 @é")
        assert "ane" not in made
        assert "42" not in made


@pytest.mark.parametrize(
    ("pattern", "value"), [(r"^\/a\u00e9$", "/aé"), (r"^\u{1F600}$", "😀"), (r"^\d\.\\$", "1.\\"), (r"^(?<y>\d)$", "1")]
)
def test_patterns_as_javascript_writes_them(pattern: str, value: str) -> None:
    assert re2.search(re2_syntax(pattern), value)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^(?=.*\d).{5,9}$", ["abcd1"], ["abcde", "1", "1234567890"]),
        (r"^(?=.*[)(])(?=.*\))(?!x)\S+$", ["a)", "()"], ["a(", "x)", "a) "]),
        (r"^(?!a|b)c?", ["c", ""], ["a", "bc"]),
        (r"^[(](?:x|y)$", ["(x"], ["x"]),
    ],
)
def test_patterns_that_look_ahead_at_their_start(pattern: str, good: list[str], bad: list[str]) -> None:
    def holds(text: str) -> bool:
        return all(bool(re2.search(one, text)) is wanted for one, wanted in conjunction(pattern))

    for text in (*good, *bad):
        assert holds(text) == bool(re.search(pattern, text)) == (text in good)


@pytest.mark.parametrize("pattern", ["^(?=a)b|c", "a(?=b)", "(?=a)", "^(?=a"])
def test_other_patterns_that_look_ahead_are_left_alone(pattern: str) -> None:
    assert conjunction(pattern) == [(pattern, True)]


def test_steps_of_a_pointer() -> None:
    assert pointer("a~1b~0c%20d") == "a/b~c d"
