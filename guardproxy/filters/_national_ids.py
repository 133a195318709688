"""Identity and tax numbers of people in the states of the European Union, with their check digits.

A table: which shape may stand alone, which needs a word like `PESEL` before it, and the check. Functions take the
compact value (upper case letters and digits only). Czech and Slovak numbers are one system and share the label `cz`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from guardproxy.filters._validators import luhn, mod_11_10, verhoeff, weighted

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def day(month: str | int, number: str | int) -> bool:
    """Whether a day of a month exists in some year."""
    month = int(month)
    return 1 <= month <= 12 and 1 <= int(number) <= _DAYS[month - 1]


def _digits(value: str, *lengths: int) -> bool:
    return value.isdigit() and len(value) in lengths


def austria(v: str) -> bool:
    """Sozialversicherungsnummer: three digits, a check digit, DDMMYY (months 13 to 15: overflow)."""
    born = day(v[6:8], v[4:6]) or v[6:8] in ("13", "14", "15")
    return _digits(v, 10) and v[0] != "0" and born and weighted(v, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(v[3])


def belgium(v: str) -> bool:
    """Rijksregisternummer: YYMMDD, a serial, 97 less the number modulo 97; a 2 goes before for births since 2000."""
    born = day(int(v[2:4]) % 20, v[4:6])
    return _digits(v, 11) and born and int(v[9:]) in (97 - int(v[:9]) % 97, 97 - int("2" + v[:9]) % 97)


def bulgaria(v: str) -> bool:
    """ЕГН: YYMMDD with 20 or 40 added to the month, a serial, a check digit."""
    born = day(int(v[2:4]) % 20, v[4:6]) and int(v[2:4]) < 53
    return _digits(v, 10) and born and weighted(v[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(v[9])


def croatia(v: str) -> bool:
    """OIB: ISO 7064 MOD 11,10."""
    return _digits(v, 11) and mod_11_10(v)


_TENS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)


def cyprus(v: str) -> bool:
    """Tax identification code: eight digits, every other one translated, and a letter."""
    if not re.fullmatch(r"\d{8}[A-Z]", v):
        return False
    total = sum(_TENS[int(c)] for c in v[0:8:2]) + sum(int(c) for c in v[1:8:2])
    return v[8] == chr(65 + total % 26)


def czechia(v: str) -> bool:
    """Rodné číslo since 1954: YYMMDD with 50, 20 or 70 added to the month, divisible by 11."""
    month = int(v[2:4]) % 50
    born = day(month - 20 if month > 20 else month, v[4:6])
    return _digits(v, 10) and born and (int(v) % 11 == 0 or (int(v[:9]) % 11 == 10 and v[9] == "0"))


def denmark(v: str) -> bool:
    """CPR: DDMMYY and a serial, modulo 11 (since 2007 not always, so that the word before it excuses the check)."""
    return denmark_named(v) and weighted(v, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def denmark_named(v: str) -> bool:
    """A CPR number's date."""
    return _digits(v, 10) and day(v[2:4], v[:2])


def estonia(v: str) -> bool:
    """Isikukood, and Lithuania's asmens kodas: century, YYMMDD, a serial, a check digit in two rounds."""
    if not _digits(v, 11) or v[0] not in "12345678" or not day(v[3:5], v[5:7]):
        return False
    check = weighted(v[:10], (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = weighted(v[:10], (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return check == int(v[10])


def finland(v: str) -> bool:
    """Henkilötunnus: DDMMYY, a serial and a character modulo 31 (the century sign is gone in the compact value)."""
    digits = v[:6] + v[-4:-1]
    born = _digits(digits, 9) and day(v[2:4], v[:2])
    return born and v[-1] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]


def france(v: str) -> bool:
    """Numéro de sécurité sociale (NIR): sex, year, month, department, commune, serial, key modulo 97."""
    if not re.fullmatch(r"[1-478]\d\d(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d\d|2[AB])\d{8}", v):
        return False
    number = v[:13].replace("A", "0").replace("B", "0")
    less = {"A": 1_000_000, "B": 2_000_000}.get(v[6], 0)
    return int(v[13:]) == 97 - (int(number) - less) % 97


def germany(v: str) -> bool:
    """Steuerliche Identifikationsnummer: one digit twice or thrice among the first ten, MOD 11,10."""
    if not _digits(v, 11) or v[0] == "0":
        return False
    repeated = [n for n in Counter(v[:10]).values() if n > 1]
    return len(repeated) == 1 and repeated[0] <= 3 and mod_11_10(v)


def greece(v: str) -> bool:
    """AMKA (DDMMYY, serial, Luhn) or AFM (nine digits, powers of two, modulo 11)."""
    if _digits(v, 11):
        return day(v[2:4], v[:2]) and luhn(v)
    return _digits(v, 9) and int(v) > 0 and weighted(v, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(v[8])


def hungary(v: str) -> bool:
    """TAJ: nine digits, weights 3 and 7, modulo 10; or the tax number: 8, days since 1867, modulo 11."""
    if _digits(v, 10):
        return v[0] == "8" and weighted(v[:9], range(1, 10)) % 11 == int(v[9])
    return _digits(v, 9) and int(v) > 0 and weighted(v[:8], (3, 7) * 4) % 10 == int(v[8])


def ireland(v: str) -> bool:
    """PPS number: seven digits, a letter modulo 23, and since 2013 a second letter that counts nine."""
    if not re.fullmatch(r"\d{7}[A-W][A-IW]?", v):
        return False
    second = " ABCDEFGHI".find(v[8]) if len(v) == 9 and v[8] != "W" else 0
    return v[7] == "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(v[:7], range(8, 1, -1)) + 9 * second) % 23]


_ITALY_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*_TENS, *_TENS, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def italy(v: str) -> bool:
    """Codice fiscale: sixteen characters, the last one modulo 26."""
    if len(v) != 16:
        return False
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in v[1:15:2])
    return v[15] == chr(65 + (sum(_ITALY_ODD[c] for c in v[0:15:2]) + even) % 26)


def latvia(v: str) -> bool:
    """Personas kods before 2017: DDMMYY, century, a serial, a check digit."""
    total = 1101 - weighted(v[:10], (1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return _digits(v, 11) and day(v[2:4], v[:2]) and v[6] in "012" and total % 11 % 10 == int(v[10])


def latvia_named(v: str) -> bool:
    """A personas kods, the newer ones without a date too."""
    return latvia(v) or (_digits(v, 11) and v[:2] in ("32", "33", "34", "35", "36", "37", "38", "39"))


def luxembourg(v: str) -> bool:
    """Matricule: YYYYMMDD, a serial, a Luhn digit over these and a Verhoeff digit over these."""
    born = day(v[4:6], v[6:8]) and "1880" < v[:4] < "2100"
    return _digits(v, 13) and born and luhn(v[:12]) and verhoeff(v[:11] + v[12])


def malta(v: str) -> bool:
    """Identity card number; it has no check digit."""
    return re.fullmatch(r"\d{3,7}[MGAPLHBZ]", v) is not None


def netherlands(v: str) -> bool:
    """Burgerservicenummer: the eleven test, the last digit counted negatively."""
    return _digits(v, 9) and int(v) > 0 and weighted(v, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def poland(v: str) -> bool:
    """PESEL: YYMMDD with the century in the month, a serial, a check digit."""
    born = day(int(v[2:4]) % 20, v[4:6])
    return _digits(v, 11) and born and weighted(v, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def portugal(v: str) -> bool:
    """NIF: nine digits, weights 9 to 2, modulo 11."""
    check = 11 - weighted(v[:8], range(9, 1, -1)) % 11
    return _digits(v, 9) and v[0] in "123568" and (0 if check > 9 else check) == int(v[8])


def romania(v: str) -> bool:
    """CNP: sex and century, YYMMDD, county, a serial, a check digit."""
    county = int(v[7:9])
    born = v[0] in "12345678" and day(v[3:5], v[5:7]) and (1 <= county <= 52 or county == 70)
    check = weighted(v[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return _digits(v, 13) and born and (1 if check == 10 else check) == int(v[12])


def slovenia(v: str) -> bool:
    """EMŠO: DDMMYYY, region, a serial, a check digit."""
    born = day(v[2:4], v[:2]) and v[4] in "09"
    check = -weighted(v[:12], (7, 6, 5, 4, 3, 2) * 2) % 11
    return _digits(v, 13) and born and check == int(v[12])


_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def spain(v: str) -> bool:
    """DNI (eight digits and a letter modulo 23) or NIE (X, Y or Z for the first digit)."""
    digits = str("XYZ".find(v[0])) + v[1:8] if v[0] in "XYZ" else v[:8]
    stamp = v[8:] == "T" and v[:2] in ("19", "20") and day(v[4:6], v[6:8])  # 20261122T170311Z
    return len(v) == 9 and digits.isdigit() and not stamp and v[8] == _LETTERS[int(digits) % 23]


def sweden_named(v: str) -> bool:
    """Personnummer: YYMMDD (the day plus 60 for those not registered), a serial, Luhn."""
    short = v[-10:]
    return _digits(v, 10, 12) and day(short[2:4], int(short[4:6]) % 60) and luhn(short)


def sweden(v: str) -> bool:
    """A personnummer that is not the stamp of a moment: 20261122-1703 reads as date and time of day."""
    stamp = len(v) == 12 and v[:4] > "1999" and v[8:10] < "24" and v[10:] < "60"
    return sweden_named(v) and not stamp


@dataclass(frozen=True, slots=True)
class NationalId:
    """One country's number. `alone` is a shape that needs no word before it; `named` one that does."""

    country: str
    valid: Callable[[str], bool]
    words: str
    """Alternatives of an expression, any case."""
    named: str
    alone: str = ""
    named_valid: Callable[[str], bool] | None = None
    """A weaker check where a word stands before the number; None means `valid`."""


_SEP = "[ .\\-/\u00a0\u2011\u202f]?"


def _n(count: int) -> str:
    """`count` digits with single separators allowed between them."""
    return rf"\d(?:{_SEP}\d){{{count - 1}}}"


# Both cases are spelt out: where case is ignored, the Kelvin sign and the long s are letters too, and searching costs more.
_LV, _AZ = "[0-9L-Vl-v]", "[A-Za-z]"
_FISCAL_CODE = f"{_AZ}{{6}}{_LV}{{2}}[A-EHLMPR-Ta-ehlmpr-t]{_LV}{{2}}{_AZ}{_LV}{{3}}{_AZ}"

NATIONAL_IDS: tuple[NationalId, ...] = (
    NationalId(
        "at",
        austria,
        "sozialversicherungsnummer|sv-?nummer|svnr|sv-?nr|versicherungsnummer",
        _n(10),
        r"\d{4}[ \u00a0]\d{6}",
    ),
    NationalId(
        "be",
        belgium,
        "rijksregisternummer|rijksregister|registre national|num[ée]ro national|insz|niss|nrn",
        _n(11),
        r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d",
    ),
    NationalId("bg", bulgaria, "егн|egn", _n(10)),
    NationalId("cy", cyprus, "tic|tax id(?:entification)?|αφμ|αφτ", r"\d{8}[A-Z]"),
    NationalId("cz", czechia, "rodn[ée] [čc][íi]slo|r\\.? ?[čc]", _n(10), r"\d{6}/\d{4}"),
    NationalId(
        "de",
        germany,
        "steuer-?id(?:entifikationsnummer)?|steuerliche identifikationsnummer|identifikationsnummer|id-?nr|tin"
        "|tax id(?:entification)?",
        _n(11),
        r"\d\d[ \u00a0]\d{3}[ \u00a0]\d{3}[ \u00a0]\d{3}",
    ),
    NationalId("dk", denmark, "cpr|cpr-?nummer|personnummer", _n(10), r"\d{6}[-\u2011]\d{4}", denmark_named),
    NationalId("ee", estonia, "isikukood|ik|personal code", _n(11)),
    NationalId("es", spain, "dni|nie|nif", r"(?:\d{8}|[XYZ][ -]?\d{7})[ -]?[A-Z]", r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]"),
    NationalId(
        "fi", finland, "hetu|henkil[öo]tunnus", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]"
    ),
    NationalId(
        "fr",
        france,
        "nir|s[ée]curit[ée] sociale|num[ée]ro de s[ée]cu|insee",
        rf"[1-478](?:{_SEP}\d){{5}}{_SEP}[0-9AB](?:{_SEP}\d){{8}}",
        r"[1-478][ \u00a0]\d\d[ \u00a0]\d\d[ \u00a0]\d[0-9AB][ \u00a0]\d{3}[ \u00a0]\d{3}[ \u00a0/-]?\d\d",
    ),
    NationalId("gr", greece, "amka|αμκα|afm|αφμ", rf"\d(?:{_SEP}\d){{8,10}}"),
    NationalId("hr", croatia, "oib", _n(11)),
    NationalId("hu", hungary, "taj|taj-?sz[áa]m|ad[óo]azonos[íi]t[óo]|ad[óo]sz[áa]m", rf"\d(?:{_SEP}\d){{8,9}}"),
    NationalId("ie", ireland, "pps|ppsn|pps no", r"\d{7}[ -]?[A-W][A-IW]?", r"\d{7}[A-W][A-IW]"),
    NationalId(
        "it",
        italy,
        "codice fiscale|cod\\.? ?fisc|cf",
        _FISCAL_CODE,
        _FISCAL_CODE,
    ),
    NationalId("lt", estonia, "asmens kod(?:as|o)|a\\.? ?k", _n(11)),
    NationalId("lu", luxembourg, "matricule|identifikatiounsnummer|cns", _n(13), r"\d{13}"),
    NationalId("lv", latvia, "personas kod[sa]|p\\.? ?k", _n(11), r"\d{6}-\d{5}", latvia_named),
    NationalId("mt", malta, "id card|identity card|karta tal-identit[àa]", r"\d{3,7}[MGAPLHBZ]"),
    NationalId("nl", netherlands, "bsn|burgerservicenummer|sofi-?nummer|sofi", _n(9)),
    NationalId("pl", poland, "pesel|nr pesel|numer pesel", _n(11)),
    NationalId("pt", portugal, "nif|contribuinte|n[úu]mero de contribuinte|n\\.?º contribuinte", _n(9)),
    NationalId("ro", romania, "cnp|cod numeric personal", _n(13)),
    NationalId(
        "se",
        sweden,
        "personnummer|person-?nr|pnr|samordningsnummer",
        r"(?:\d\d)?\d{6}[-+\u2011 ]?\d{4}",
        r"(?:\d\d)?\d{6}[-+\u2011]\d{4}",
        sweden_named,
    ),
    NationalId("si", slovenia, "em[šs]o|jmbg", _n(13)),
)
