"""Which text could hold anything that Presidio finds by its form: character rules that cost microseconds.

Everything here is a *superset* of Presidio's own expressions, proved by tests against Presidio itself. Its expressions
are not used: their classes are Unicode's and change with its version, and telephone numbers have none. What they share is
simple enough: every form but three has a digit, and those three have `@` or hexadecimal groups between colons and dashes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

# Digits of Unicode 15 to 17 that Python 3.11 doesn't know, and Presidio's `regex` does.
_NEW_DIGITS = (
    "\U00010d40-\U00010d49\U000116d0-\U000116e3\U00011bf0-\U00011bf9\U00011de0-\U00011de9\U00011f50-\U00011f59"
    "\U00016130-\U00016139\U00016d70-\U00016d79\U0001ccf0-\U0001ccf9\U0001e4f0-\U0001e4f9\U0001e5f1-\U0001e5fa"
)
_DIGIT = rf"[\d{_NEW_DIGITS}]"
_HEX = "[0-9A-Fa-f]"
HOT = re.compile(rf"[\d{_NEW_DIGITS}@]|:{_HEX}{{0,4}}:|[-.]{_HEX}{{4}}[-.]|-{_HEX}{{2}}-")
"""Something that every match of every form has."""
HOT_WIDTH = 6
"""Characters of the longest match of HOT."""
TOKEN = 256
"""Characters before something hot that can be part of the same match: the local part of an address."""
_PART = r'[^\s"<>,;\\、。，；！？「」『』]'
"""A character that can stand beside something hot in the same match, besides spaces."""
REST = re.compile(rf"{_PART}*")
"""The rest of a word; of a reversed text, its beginning."""
_SPACE = "[ \u00a0\u2009\u202f-]?"

FEW_PHONE_DIGITS = 6
"""Digits of the shortest telephone number. Presidio takes some numbers of four and five (old German pagers) for ones: here
they are years, prices and the like. This is the one thing that it finds and we leave alone on purpose."""
BETWEEN = re.compile("[-xX\u2010-\u2015\u2212ー\uff0d-\uff0f \u00a0\u00ad\u200b\u2060\u3000()（）［］.\\[\\]/~⁓∼～]")
"""A character that may stand between the digits of a telephone number, at most four together."""
_PHONE = re.compile(rf"(?:{_DIGIT}{BETWEEN.pattern}{{0,4}}){{{FEW_PHONE_DIGITS - 1}}}{_DIGIT}")
_IBAN = re.compile(rf"[^\W\d_]{{2}}{_DIGIT}{{2}}")
NEAR, FAR = 8, 40
"""Characters without anything hot that a match may span: between groups of a telephone number, and where an account
number goes on in letters alone or a number has an extension."""


def _digits(count: int, between: str = _SPACE) -> re.Pattern[str]:
    return re.compile(rf"{_DIGIT}(?:{between}{_DIGIT}){{{count - 1}}}")


_ANY = re.compile("")
_NUMBER = re.compile(_DIGIT)


@dataclass(frozen=True, slots=True)
class Entity:
    """One of Presidio's entities."""

    label: str
    shape: re.Pattern[str] | None
    """What a text must have for Presidio to find it. None: only a language model finds it."""
    languages: tuple[str, ...] = ()
    """Languages whose recognisers know it; empty: all."""


_NINE = _digits(9, "[- .]?")

ENTITIES: Mapping[str, Entity] = {
    "EMAIL_ADDRESS": Entity("pii.email", re.compile("@")),
    "PHONE_NUMBER": Entity("pii.phone", _PHONE),
    "CREDIT_CARD": Entity("pii.card", _digits(13, "[- ]?"), ("en", "es", "it", "pl")),
    "IBAN_CODE": Entity("pii.iban", _IBAN),
    "IP_ADDRESS": Entity("pii.ip", re.compile(rf"{_DIGIT}(?:\.{_DIGIT}{{1,3}}){{3}}|:{_HEX}{{0,4}}:|80:%")),
    "MAC_ADDRESS": Entity("pii.mac_address", re.compile(rf"[:-]{_HEX}{{2}}[:-]|\.{_HEX}{{4}}\.")),
    "UUID": Entity("pii.uuid", re.compile(rf"-{_HEX}{{4}}-")),
    "CRYPTO": Entity("pii.crypto", re.compile(r"(?:[bB][cC]1|[13])\w{25}")),
    "DATE_TIME": Entity("pii.date_time", _NUMBER),
    "MEDICAL_LICENSE": Entity("pii.medical_license", _digits(7, "")),
    "US_SSN": Entity("pii.us_ssn", _NINE, ("en",)),
    "US_ITIN": Entity("pii.us_itin", _NINE, ("en",)),
    "US_PASSPORT": Entity("pii.us_passport", _digits(8, ""), ("en",)),
    "US_BANK_NUMBER": Entity("pii.us_bank_number", _digits(8, ""), ("en",)),
    "US_DRIVER_LICENSE": Entity("pii.us_driver_license", _NUMBER, ("en",)),
    "UK_NHS": Entity("pii.uk_nhs", _digits(10, "[- ]?"), ("en",)),
    "ES_NIF": Entity("pii.es_nif", _digits(7, ""), ("es",)),
    "ES_NIE": Entity("pii.es_nie", _digits(7, ""), ("es",)),
    "IT_DRIVER_LICENSE": Entity("pii.it_driver_license", _NUMBER, ("it",)),
    "IT_VAT_CODE": Entity("pii.it_vat_code", _digits(11, "[ _]?"), ("it",)),
    "IT_PASSPORT": Entity("pii.it_passport", _NUMBER, ("it",)),
    "IT_IDENTITY_CARD": Entity("pii.it_identity_card", _NUMBER, ("it",)),
    "PL_PESEL": Entity("pii.pl_pesel", _digits(11, ""), ("pl",)),
    "PERSON": Entity("pii.person", None),
    "LOCATION": Entity("pii.location", None),
    "ORGANIZATION": Entity("pii.organization", None),
    "NRP": Entity("pii.nrp", None),
}
"""What can be asked for. URL is not among them: it is no datum of a person, and its expression takes seconds on a few
thousand characters of `a.a.a.`."""


class Gate:
    """The rules for a set of entities."""

    def __init__(self, entities: Iterable[str]) -> None:
        self.entities = tuple(sorted(entities))
        self.named = any(ENTITIES[e].shape is None for e in self.entities)
        """Whether a language model reads: then every text is read, and nothing is asked here."""
        wanted = [(e, ENTITIES[e].shape or _ANY) for e in self.entities]
        self._shapes: list[tuple[str, Callable[[str], object]]] = [(e, shape.search) for e, shape in wanted]
        self._phone, self._iban = "PHONE_NUMBER" in self.entities, "IBAN_CODE" in self.entities

    def candidates(self, text: str) -> tuple[str, ...]:
        """The entities that Presidio might find in this text."""
        if self.named:
            return self.entities
        return tuple(entity for entity, search in self._shapes if search(text))

    def gap(self, island: str) -> int:
        """How many characters behind this text, none of them hot, can still be part of a match in it."""
        far = (self._iban and _IBAN.search(island)) or (self._phone and _PHONE.search(island))
        return FAR if far else NEAR
