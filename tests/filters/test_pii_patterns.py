"""Personal data with a form: what is found wherever it stands, what is left alone, how little is held."""

from __future__ import annotations

import base64
import hashlib
import inspect
import random
import uuid

import pytest

from guardproxy import filters
from guardproxy.filters import pii_patterns
from guardproxy.filters.pii_patterns import EXAMPLES, LABELS
from guardproxy.types import ConfigError, Finding
from tests.text.corpus import stream, whole

BANK = pii_patterns.Filter("pii", pii_patterns.Config(use="pii_patterns")).bank
FOUND = [(text, label) for text, label in EXAMPLES.items() if label]


def said(text: str) -> list[tuple[str, str]]:
    """Labels and values in order; two rules may report the same."""
    return list(dict.fromkeys((f.label, text[slice(*f.span)]) for f in whole(BANK, text) if f.span))


@pytest.mark.parametrize(
    "behind", ["", " IBAN", "0", ".", "abc", "\n", " 0", "-1", ", and", "\u00a0x", "é", "/", "|", '"}']
)
@pytest.mark.parametrize(("text", "label"), FOUND, ids=[t for t, _ in FOUND])
def test_nothing_behind_hides_a_match(text: str, label: str, behind: str) -> None:
    found = whole(BANK, text + behind)
    assert {f.label for f in found} == {label}
    assert any(f.span and f.span[1] >= len(text) for f in found), "the whole value is covered"


@pytest.mark.parametrize("ahead", ["", " ", "\n", "(", '"', ":", "é ", "x: ", "= ", "\u00a0", "1, ", "- "])
@pytest.mark.parametrize(("text", "label"), FOUND, ids=[t for t, _ in FOUND])
def test_nothing_before_hides_a_match(text: str, label: str, ahead: str) -> None:
    assert {f.label for f in whole(BANK, ahead + text)} == {label}


@pytest.mark.parametrize("first", [t for t, _ in FOUND[:23]])
def test_one_value_does_not_hide_the_next(first: str) -> None:
    for second, label in FOUND:
        text = f"{first} {second}"
        assert any(f.label == label and f.span and f.span[1] == len(text) for f in whole(BANK, text)), text


def test_values_only_are_reported_not_the_words_before_them() -> None:
    assert said("My BSN number is 111222333.") == [("pii.national_id.nl", "111222333")]
    assert said('{"pesel": "44051401359"}') == [("pii.national_id.pl", "44051401359")]
    assert said("**Steuer-ID:** 86 095 742 719") == [("pii.national_id.de", "86 095 742 719")]
    assert said("call me at 415 555 0132 today") == [("pii.phone", "415 555 0132")]
    assert said("ping 8.8.8.8 works") == [("pii.ip", "8.8.8.8")]


@pytest.mark.parametrize("separator", [" ", "\u00a0", "-", ".", "\u2011", "\u202f"])
def test_separators_of_any_country(separator: str) -> None:
    assert said(separator.join(["4111"] * 1 + ["1111"] * 3)) == [
        ("pii.card", separator.join(["4111", "1111", "1111", "1111"]))
    ]
    assert said(separator.join(["DE89", "3704", "0044", "0532", "0130", "00"]))[0][0] == "pii.iban"


def test_exact_spans() -> None:
    text = "DE89 3704 0044 0532 0130 00 IBAN, 4111111111111111 0, alice@example.com. +49 151 23456789 Uhr"
    assert said(text) == [
        ("pii.iban", "DE89 3704 0044 0532 0130 00"),
        ("pii.card", "4111111111111111"),
        ("pii.email", "alice@example.com"),
        ("pii.phone", "+49 151 23456789"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "released 2026-11-22 17:03:11, epoch 1795368191250 and 1795368191",
        "pi is 3.141592653589793, e is 2.718281828459045",
        "ISBN 978-0-306-40615-7, ISBN 0-306-40615-2",
        "order 113-4829384-2938475 for $1,234,567.89 or 1 234 567,89 EUR",
        "48.856614, 2.352222; -33.8688197, 151.2092955; +48.856614",
        '127.0.0.1:8080 - - [22/Nov/2026:17:03:11 +0000] "GET / HTTP/1.1" 200 1043',
        "numpy==2.1.3, torch 2.13.0+cu128, 10.0.19041.1, 1.3.6.1.4.1.311.21.20, v1.2.3.4-rc.1",
        "550e8400-e29b-41d4-a716-446655440000",
        "std::dead::beef cafe::bad x[1::2] 00:1a:2b:3c:4d:5e 12:30:45",
        "@property def f(self): return a @ b.T",
        "call(12345678, 0x1234567)  # call 1000000 times",
        "@@ -1234,7 +1234,8 @@",
        "00 01 02 03 04 05 06 07 08 09 0a 0b",
        "backup-20261122-1703.tar.gz 20261122T170311Z",
        "the first 20 of 2024 were 1990 and 2001, see 3.2.10.1",
        "44051401359 111222333 86095742719 9434765919 4155550132",
    ],
)
def test_look_alikes(text: str) -> None:
    assert said(text) == []


def covered(text: str, found: list[Finding]) -> float:
    places: set[int] = set()
    for finding in found:
        if finding.span:
            places.update(range(*finding.span))
    return len(places) / len(text)


def hashes(random_: random.Random) -> str:
    lines = []
    for _ in range(1500):
        raw = random_.randbytes(random_.choice([16, 20, 32, 64]))
        as_uuid = str(uuid.UUID(bytes=raw[:16]))
        lines += [raw.hex(), raw.hex().upper(), base64.b64encode(raw).decode(), as_uuid, hashlib.sha1(raw).hexdigest()]
    return "\n".join(lines)


SOURCE = "".join(
    inspect.getsource(module)
    for module in (inspect, random, uuid, base64, pytest, __import__("argparse"), __import__("datetime"))
)


@pytest.mark.parametrize("text", [hashes(random.Random(7)), SOURCE], ids=["hashes", "source"])
def test_false_redaction_is_rare(text: str) -> None:
    assert covered(text, whole(BANK, text)) <= 0.001


PROSE = (
    "The committee met again on Tuesday to talk about the state of the library, and whether the reading room could stay "
    "open longer; nobody called for a vote. Her phone rang twice. From the host's address it was clear that the client, "
    "who had been on the road since nine, would not be there in time. It is said that 1,200 people came. "
)
GERMAN = (
    "Die Donaudampfschifffahrtsgesellschaft hat ihre Bestellung erst am Dienstag bestätigt; das Telefon klingelte. "
    "Über die Änderungen der Geschäftsbedingungen wurde lange gesprochen, und die Nummer ist noch unbekannt. "
)


@pytest.mark.parametrize(
    ("text", "most"),
    [(PROSE * 5, 24), (GERMAN * 8, 80), (SOURCE[:20_000], 80), (hashes(random.Random(8))[:20_000], 80)],
)
def test_little_is_held(text: str, most: int) -> None:
    held = sorted(stream(BANK, [text[at : at + 4] for at in range(0, len(text), 4)]).held)
    assert held[len(held) * 99 // 100] <= most


def test_only_and_skip() -> None:
    one = filters.build(
        "p", {"use": "pii_patterns", "only": ["pii.national_id.*", "pii.card"], "skip": ["pii.national_id.de"]}
    )
    labels = {rule.label for rule in one.rules}  # type: ignore[attr-defined]
    assert "pii.card" in labels and "pii.national_id.nl" in labels
    assert not labels & {"pii.email", "pii.national_id.de"}


def test_every_label_has_a_rule_and_an_example() -> None:
    every = pii_patterns.Filter("p", pii_patterns.Config(use="pii_patterns"))
    assert {rule.label for rule in every.rules} == set(LABELS) == {label for label in EXAMPLES.values() if label}


@pytest.mark.parametrize("options", [{"only": ["pii.name"]}, {"skip": ["pii"]}, {"only": "pii.card"}, {"entities": []}])
def test_wrong_options(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="filter 'p'"):
        filters.build("p", {"use": "pii_patterns", **options})
