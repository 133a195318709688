"""Finds personal data that has a form: addresses, telephone, card and account numbers, national ids, IP addresses.

Checksums are verified where the format has one; short numbers with a weak one count only after a word such as `BSN`.
Misses: names, postal addresses and whatever else has no form (that is a model's work), spelled-out digits, and numbers
of digits other than ASCII. A match has no right boundary, so that nothing that follows can hide it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import AfterValidator

from guardproxy.filters import _phone_numbers as phones
from guardproxy.filters import _validators as check
from guardproxy.filters._national_ids import NATIONAL_IDS, NationalId
from guardproxy.text import PatternFilter, Rule
from guardproxy.types import FilterConfig

LABELS = (
    "pii.email",
    "pii.phone",
    "pii.card",
    "pii.iban",
    "pii.us_ssn",
    "pii.us_itin",
    "pii.uk_nino",
    "pii.uk_nhs",
    "pii.ip",
    *(f"pii.national_id.{known.country}" for known in NATIONAL_IDS),
)

EXAMPLES: dict[str, str | None] = {
    "alice.o-neill+news@mail.example.co.uk": "pii.email",
    "o'brien@example.international": "pii.email",
    "jürgen@müller.example": "pii.email",
    "+49 151 23456789": "pii.phone",
    "+44 (0)20 7946 0958": "pii.phone",
    "+14155550132": "pii.phone",
    "(415) 555-0132": "pii.phone",
    "415.555.0132": "pii.phone",
    "desk: 415-555-0132 ext. 12": "pii.phone",
    "my card number is 501864667909": "pii.card",
    "07700 900123": "pii.phone",
    "Tel: 612 345 678": "pii.phone",
    "4111 1111 1111 1111": "pii.card",
    "5555-5555-5555-4444": "pii.card",
    "378282246310005": "pii.card",
    "DE89 3704 0044 0532 0130 00": "pii.iban",
    "GB82WEST12345698765432": "pii.iban",
    "NO93 8601 1117 947": "pii.iban",
    "078-05-1120": "pii.us_ssn",
    "SSN: 078051120": "pii.us_ssn",
    "912-70-1234": "pii.us_itin",
    "AB 12 34 56 C": "pii.uk_nino",
    "943 476 5919": "pii.uk_nhs",
    "NHS no. 9434765919": "pii.uk_nhs",
    "203.0.113.195": "pii.ip",
    "client 8.8.8.8": "pii.ip",
    "2001:db8::8a2e:370:7334": "pii.ip",
    "SV-Nummer 1237 010180": "pii.national_id.at",
    "85.07.30-033.28": "pii.national_id.be",
    "ЕГН 7523169263": "pii.national_id.bg",
    "TIC 10259033P": "pii.national_id.cy",
    "710319/2745": "pii.national_id.cz",
    "Steuer-ID: 86095742719": "pii.national_id.de",
    "CPR 211062-5629": "pii.national_id.dk",
    "isikukood 36805280109": "pii.national_id.ee",
    "12345678Z": "pii.national_id.es",
    "X1234567L": "pii.national_id.es",
    "131052-308T": "pii.national_id.fi",
    "2 55 08 14 168 025 38": "pii.national_id.fr",
    "AMKA: 01013099997": "pii.national_id.gr",
    "OIB 33392005961": "pii.national_id.hr",
    "TAJ: 111111110": "pii.national_id.hu",
    "1234567FA": "pii.national_id.ie",
    "RSSMRA85T10A562S": "pii.national_id.it",
    "asmens kodas 38703181745": "pii.national_id.lt",
    "1893120105732": "pii.national_id.lu",
    "210960-16245": "pii.national_id.lv",
    "identity card 123456M": "pii.national_id.mt",
    "My BSN number is 111222333": "pii.national_id.nl",
    "PESEL 44051401359": "pii.national_id.pl",
    "NIF 123456789": "pii.national_id.pt",
    "CNP 1630615123457": "pii.national_id.ro",
    "811218-9876": "pii.national_id.se",
    "EMŠO 0101006500006": "pii.national_id.si",
    "4111 1111 1111 1112": None,
    "GB00 WEST 1234 5698 7654 32": None,
    "icon@2x.png": None,
    "git@github.com": None,
    "lodash@4.17.21": None,
    "2026-11-22 17:03:11": None,
    "1795368191250": None,
    "978-0-306-40615-7": None,
    "version 1.2.3.4": None,
    "192.168.0.17": None,
    "xs[2001::2]": None,
    "48.856614, 2.3522219": None,
    "123e4567-e89b-12d3-a456-426614174000": None,
    "20261122T170311Z": None,
    "44051401359": None,
    "backup-20261122-1703": None,
    "4155550132": None,
}

_SEP = "[ .\\-\u00a0\u2009\u202f\u2010\u2011]"
_DASH = "[-\u2010\u2011]"
_GAP = r"[ \t\n:?#=.,\"'*_/|\\\u00a0-]"
_WORD = "A-Za-z0-9"
_FILLER = "numbers?|num|no|nr|nummer|numer|n[úu]mero|num[ée]ro|n°|nº|id|code|is|ist|lautet|est|es|är|er|to|jest"


def _after(words: str, value: str, filler: str = _FILLER) -> str:
    """An expression of `value` (reported alone) with one of `words` before it and little in between."""
    return f"(?:{words}){_GAP}{{1,6}}(?:(?:{filler}){_GAP}{{1,4}}){{0,3}}({value})"


def _score(valid: Callable[[str], bool], score: float) -> Callable[[str], float | None]:
    """A judge that gives `score` to values whose letters and digits are valid."""
    return lambda value: score if valid(check.compact(value)) else None


def _if(valid: Callable[[str], bool], score: float) -> Callable[[str], float | None]:
    """A judge that gives `score` to values that are valid as written."""
    return lambda value: score if valid(value) else None


# ------------------------------------------------------------------------------------------------ one group per kind

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
_EMAIL = (
    rf"[{_LETTER}0-9_][{_LETTER}0-9._%+'\-]{{0,63}}@(?:[{_LETTER}0-9\-]{{1,63}}\.){{1,6}}"
    r"(?:xn--[A-Za-z0-9\-]{2,40}|[A-Za-z]{2,24})"
)


def _person(address: str) -> bool:
    """Not a file for a screen of double density, nor the account that everybody clones from."""
    local, _, domain = address.partition("@")
    return local != "git" and domain[1:3] != "x."


_PHONE_WORDS = (
    "(?:tele)?phones?|telefono|telefone|telefoon|tel[ée]fono|t[ée]l[ée]phone|telefon(?:nummer)?|t[ée]l|mobiles?|mobil"
    "|mobilnummer|m[óo]vil|handy(?:nummer)?|rufnummer|cell(?:phone)?|fax|desk|calls?|dial|ring|reach(?:ed)?|answering|messages?|whatsapp|portable"
)
_PHONE_FILLER = f"{_FILLER}|me|us|him|her|at|on|to|under|unter|au"
_INTERNATIONAL = (
    "(?:\\+[1-9]|00[1-9]\\d{0,2}[ .\\-()/\u00a0\u2011])(?:[ .\\-()/\u00a0\u2009\u202f\u2011]{0,2}\\d){7,15}"
)
_NATIONAL = "\\+?\\(?\\d(?:[ .\\-()/\u00a0\u2009\u202f\u2011]{0,2}\\d){6,14}"
_EXTENSION = r"(?: ?(?:x|ext\.?) ?\d{1,6})?"
_NANP = (
    rf"(?:1{_SEP})?(?:\([2-9]\d\d\){_SEP}?[2-9]\d\d{_SEP}|[2-9]\d\d[-.\u2011][2-9]\d\d[-.\u2011])\d{{4}}{_EXTENSION}"
)
_DASHED = "[ \\-\u00a0\u2011]"
_UK = (
    rf"\(?0(?:2\d(?:\)?{_DASHED}|\))\d{{4}}{_DASHED}\d{{4}}|20\d{_DASHED}\d{{3}}{_DASHED}\d{{4}}|1(?:1\d|\d1)\)?{_DASHED}\d{{3}}{_DASHED}?\d{{4}}"
    rf"|1\d{{3}}\)?{_DASHED}\d{{5,6}}|7\d{{3}}{_DASHED}\d{{3}}{_DASHED}?\d{{3}}|[38]\d\d{_DASHED}\d{{3}}{_DASHED}?\d{{4}})"
)
_FRANCE = rf"0[67](?:{_SEP}\d\d){{4}}"
_GERMANY = "01[567]\\d[ /\\-\u00a0]\\d{3,4}[ \\-\u00a0]?\\d{3,5}"


def _nanp(value: str) -> bool:
    return phones.nanp(check.compact(phones.without_extension(value))[-10:])


def _contacts() -> Iterable[Rule]:
    email, phone = "pii.email", "pii.phone"
    yield Rule("email", email, _EMAIL, before=_WORD + "_", judge=_if(_person, 0.9))
    yield Rule("phone.international", phone, _INTERNATIONAL, before=_WORD + "+.", judge=_if(phones.international, 0.8))
    yield Rule("phone.nanp", phone, _NANP, before=_WORD + "+.", judge=_if(_nanp, 0.7))
    yield Rule("phone.uk", phone, _UK, score=0.7, before=_WORD + "+.")
    yield Rule("phone.fr", phone, _FRANCE, score=0.7, before=_WORD + "+.")
    yield Rule("phone.de", phone, _GERMANY, score=0.7, before=_WORD + "+.")
    named = _after(_PHONE_WORDS, _NATIONAL + _EXTENSION, _PHONE_FILLER)
    yield Rule("phone.named", phone, named, before=_WORD, ignore_case=True, judge=_if(phones.with_word, 0.8))


_CARD = (
    rf"\d{{4}}{_SEP}?\d{{4}}{_SEP}?\d{{4}}{_SEP}?\d{{4}}(?:{_SEP}?\d{{1,3}})?"
    rf"|3[47]\d\d{_SEP}?\d{{6}}{_SEP}?\d{{5}}|3[0689]\d\d{_SEP}?\d{{6}}{_SEP}?\d{{4}}"
)
_IBAN = rf"(?:{'|'.join(check.IBAN_ACCOUNTS)})\d\d(?:{_SEP}?[A-Z0-9]{{4}}){{2,7}}(?:{_SEP}?[A-Z0-9]{{1,3}})?"
_CARD_WORDS = "cards?|cc|visa|mastercard|amex|(?:kredit)?karten?(?:nummer)?|carte(?: bancaire)?|tarjeta|carta"
_CARD_NAMED = rf"\d(?:{_SEP}?\d){{11,18}}"


def _named_card(digits: str) -> bool:
    return len(set(digits)) > 1 and check.luhn(digits)


def _accounts() -> Iterable[Rule]:
    yield Rule("card", "pii.card", _CARD, before=_WORD + ".", judge=_score(check.card, 1.0))
    named = _after(_CARD_WORDS, _CARD_NAMED)
    yield Rule("card.named", "pii.card", named, before=_WORD, ignore_case=True, judge=_score(_named_card, 0.8))
    yield Rule("iban", "pii.iban", _IBAN, before=_WORD, ignore_case=True, judge=_score(check.iban, 1.0))


_SSN = rf"\d{{3}}{_DASH}\d\d{_DASH}\d{{4}}"
_SSN_NAMED = rf"\d{{3}}{_SEP}?\d\d{_SEP}?\d{{4}}"
_SSN_WORDS = "ssn|social security|soc\\.? sec\\.?|social"
_NINO = r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ \u00a0-]?\d\d){3}[ \u00a0-]?[A-D]"
_NHS = rf"\d{{3}}{_SEP}?\d{{3}}{_SEP}?\d{{4}}"


def _anglophone() -> Iterable[Rule]:
    ssn, itin, nhs = "pii.us_ssn", "pii.us_itin", "pii.uk_nhs"
    named = _after(_SSN_WORDS, _SSN_NAMED)
    yield Rule("us_ssn", ssn, _SSN, before=_WORD, judge=_score(check.us_ssn, 0.7))
    yield Rule("us_ssn.named", ssn, named, before=_WORD, ignore_case=True, judge=_score(check.us_ssn, 0.9))
    yield Rule("us_itin", itin, _SSN, before=_WORD, judge=_score(check.us_itin, 0.7))
    named = _after("itin|taxpayer|tax id", _SSN_NAMED)
    yield Rule("us_itin.named", itin, named, before=_WORD, ignore_case=True, judge=_score(check.us_itin, 0.9))
    yield Rule("uk_nino", "pii.uk_nino", _NINO, before=_WORD + "+/", judge=_score(check.uk_nino, 0.7))
    yield Rule(
        "uk_nhs", nhs, r"\d{3}[ \u00a0]\d{3}[ \u00a0]\d{4}", before=_WORD + ".+)", judge=_score(check.uk_nhs, 0.7)
    )
    named = _after("nhs|national health(?: service)?", _NHS)
    yield Rule("uk_nhs.named", nhs, named, before=_WORD, ignore_case=True, judge=_score(check.uk_nhs, 0.9))


_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_IPV6 = r"[23][0-9A-Fa-f]{3}(?::[0-9A-Fa-f]{0,4}){2,7}"
_IP_WORDS = "ip(?:v4)?|ip[ _-]?addr(?:ess)?|address|addr|hosts?|client|remote|ping|from"


def _ipv4_alone(value: str) -> bool:
    return check.ipv4(value) and not check.small_octets(value)


def _network() -> Iterable[Rule]:
    yield Rule("ipv4", "pii.ip", _IPV4, before=_WORD + "._-", judge=_if(_ipv4_alone, 0.7))
    named = _after(_IP_WORDS, _IPV4)
    yield Rule("ipv4.named", "pii.ip", named, before=_WORD, ignore_case=True, judge=_if(check.ipv4, 0.9))
    yield Rule("ipv6", "pii.ip", _IPV6, before=_WORD + "_.", judge=_if(check.ipv6, 0.9))


def _national(known: NationalId) -> Iterable[Rule]:
    label, name = f"pii.national_id.{known.country}", f"national_id.{known.country}"
    named = _after(known.words, known.named)
    valid = known.named_valid or known.valid
    yield Rule(f"{name}.named", label, named, before=_WORD, ignore_case=True, judge=_score(valid, 0.9))
    if known.alone:
        yield Rule(name, label, known.alone, before=_WORD + ".", judge=_score(known.valid, 0.8))


def _all_rules() -> tuple[Rule, ...]:
    national = (rule for known in NATIONAL_IDS for rule in _national(known))
    return (*_contacts(), *_accounts(), *_anglophone(), *_network(), *national)


# ------------------------------------------------------------------------------------------------ the filter


def _known(globs: frozenset[str]) -> frozenset[str]:
    """The labels that these name; `pii.national_id.*` means all below. Raises ValueError for one that names nothing."""
    out: set[str] = set()
    for glob in globs:
        found = [label for label in LABELS if label == glob or (glob.endswith(".*") and label.startswith(glob[:-1]))]
        if not found:
            near = difflib.get_close_matches(glob, LABELS, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else f"; the labels are {', '.join(LABELS)}"
            raise ValueError(f"there is no label {glob!r}{hint}")
        out.update(found)
    return frozenset(out)


Labels = Annotated[frozenset[str], AfterValidator(_known)]


class Config(FilterConfig):
    """Which kinds are looked for: `only` these, or all; less `skip`. A kind left out costs nothing."""

    only: Labels = frozenset()
    """Look for these labels alone; empty means all."""
    skip: Labels = frozenset()
    """Do not look for these labels."""


class Filter(PatternFilter):
    """The rules of the kinds that the configuration asks for."""

    def __init__(self, name: str, config: Config) -> None:
        wanted = (config.only or frozenset(LABELS)) - config.skip
        super().__init__(
            name, [rule for rule in _all_rules() if rule.label in wanted], hold=config.hold, views=config.views
        )
